/** What kernels are given: plain structs of addresses on a device and of counts. Must know neither who fills them in nor how they are used. */
#pragma once

#include <type_traits>

#include "plimsoll/layout.h"

namespace plimsoll {

/** A chunk where it is resident. */
struct DeviceChunk {
  uint32_t* line;
  float* size;
  float* cash;
  uint32_t* handle;
  uint16_t* fixed;
  uint32_t width;
  uint32_t method;
  uint32_t slices;
  uint32_t firstSlice;  // among all slices of the device, in the order of the request
};

/** The slices of one block, among all of the device; `chunk` holds the first. */
struct BlockRange {
  uint32_t chunk;
  uint32_t firstSlice;
  uint32_t endSlice;
  uint32_t pad;
};

/** A slice's lanes, by bit. No lane is both. */
struct SliceFlags {
  uint32_t nominated;
  uint32_t unpriced;
};

struct FlagCounts {
  uint32_t nominated;
  uint32_t unpriced;
};

/** A slice in staging memory: rows' lines and sizes, lanes' cash, handles and fixed, one after the other. */
struct StagedSlice {
  uint32_t chunk;
  uint32_t slice;   // in its chunk
  uint64_t offset;  // of its first line, in bytes
};

/** The tick on a device. What differs from tick to tick lies in memory, so that the graph's arguments do not. */
struct TickHeader {
  uint32_t lines;
  uint32_t firstClosing;
};

struct TickTables {
  const TickHeader* header;
  const double* slopes;
  const double* pairs;
  const uint32_t* starts;
  const double* breaks;
  const double* gains;
  const double* constants;
  const double* needs;
  const double* notionals;
  const double* ends;
};

/** What statistics are summed up in, on the device. */
struct StatisticsSums {
  double equity;
  double maintenance;
  double bandNotional[kBands];
  uint32_t bandCount[kBands];
};

/** Copies of the sums by line: blocks spread over them, since rows crowd on the lines of few markets. */
constexpr uint32_t kLineCopies = 8;

struct LineSums {
  double* size;     // kLineCopies times `stride`
  uint32_t* count;  // likewise
  uint64_t stride;  // lines that there is room for
};

struct ScanArguments {
  TickTables tick;
  const DeviceChunk* chunks;
  const BlockRange* ranges;
  SliceFlags* flags;
  FlagCounts* counts;  // by block
  StatisticsSums* sums;
  LineSums lines;
};

/** Where results go: pinned memory of the host. Of each list those from `from` on, as many as there is room for. */
struct EmitArguments {
  const DeviceChunk* chunks;
  const BlockRange* ranges;
  const SliceFlags* flags;
  const FlagCounts* counts;
  FlagCounts* total;
  uint32_t* nominees;
  uint32_t* unpriced;
  uint32_t from;
  uint32_t room;
};

/** Sums by line of all copies, and the rest, into pinned memory. */
struct CollectArguments {
  const TickHeader* header;
  const StatisticsSums* sums;
  LineSums lines;
  StatisticsSums* sumsOut;
  double* sizeOut;
  double* countOut;
};

struct ScatterArguments {
  const DeviceChunk* chunks;
  const StagedSlice* slices;
  const uint8_t* staged;
  uint64_t count;
};

/** Bytes of a staged slice. */
PLIMSOLL_HD constexpr uint64_t stagedBytes(uint32_t width) { return kLanes * (8ull * width + 4 + 4 + 2); }

// Arguments are compared byte by byte to see whether a graph still holds: there must be no padding in them.
static_assert(std::has_unique_object_representations_v<ScanArguments> && std::has_unique_object_representations_v<EmitArguments> &&
                  std::has_unique_object_representations_v<CollectArguments>,
              "arguments without padding");
static_assert(sizeof(DeviceChunk) == 56 && sizeof(BlockRange) == 16 && sizeof(StagedSlice) == 16, "layout of a plan");

}  // namespace plimsoll
