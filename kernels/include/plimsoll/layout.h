/**
 * What crosses the border between TypeScript and native code: one request, by address, in memory that the host owns. Knows neither Node nor
 * CUDA. src/backends/request.ts writes these structs and compares every size and offset when a library is loaded.
 */
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__CUDACC__)
#define PLIMSOLL_HD __host__ __device__
#else
#define PLIMSOLL_HD
#endif

namespace plimsoll {

/** Grows with every change of what is in this file, or of what a function of it means. */
constexpr uint32_t kAbi = 2;

/** Portfolios of a slice. Row j of lane l of slice s stands at (s·width + j)·32 + l; a lane's own columns at s·32 + l. */
constexpr uint32_t kLanes = 32;

/** The reserved line of padding: slope 0, size 0. */
constexpr uint32_t kPaddingLine = 0;

/** In the handle column: no portfolio. Its cash is +∞. */
constexpr uint32_t kNoHandle = 0xffffffffu;

/** Margin-ratio bands of the statistics: one more than their ends. */
constexpr uint32_t kBands = 64;

/** How a shelf's rows are summed up (src/store/shelf.ts). */
enum Method : uint32_t { kMethodLines = 0, kMethodGroups = 1 };

/** An address in the host's memory, as a number. */
using Address = uint64_t;

/** Filter columns of a chunk of slices. Row and lane columns are aligned to 64 bytes. */
struct ChunkView {
  Address line;    // uint32 a row: index into the slopes
  Address size;    // float32 a row: lots, or what else the line is a slope of
  Address cash;    // float32 a lane: constant part of slack, valuation asset
  Address handle;  // uint32 a lane
  Address fixed;   // uint16 a lane: upper half of a float32, constant part of the maintenance (less is more); 0: no column
  uint32_t width;  // rows a lane
  uint32_t slices; // that are to be read
  uint32_t method; // Method
  uint32_t shelf;  // its index, which nears are told by
  uint32_t slot;   // of lane 0 on its shelf
  uint32_t pad;
};

/** The tick (see Vectors in src/scan/backend.ts): float64 throughout, in the valuation asset. NaN: no price. */
struct VectorsView {
  Address slopes;     // by line: what one of `size` adds to slack
  Address pairs;      // by line, two each: to its group's equity, and to slack beside it
  Address starts;     // uint32 by asset, and one more: first segment of its closing
  Address breaks;     // by segment: equity from which it holds (of an asset's first: not read)
  Address gains;      // by segment
  Address constants;  // by segment
  uint32_t lines;
  uint32_t firstClosing; // lines from here on end a group: asset a's is firstClosing + a
  uint32_t assets;
  uint32_t pad;
};

/** Which portfolios could be breached within a distance of the tick; see radius.h. */
struct NearView {
  Address speeds; // by line: slack that one of `size` loses at most per unit of distance; ≥ 0
  Address shelf;  // out: uint32 a near lane
  Address slot;   // out: uint32 a near lane
  double radius;
  uint32_t wanted; // 0: no other field is read
  uint32_t count;  // out
};

/** Sums over all priced portfolios; see statistics.h. Float64. */
struct StatisticsView {
  Address needs;     // by line: maintenance that one of |size| needs on its tier, deduction aside; 0 where a row needs none
  Address notionals; // by line: notional of one of |size|; 0 where a row is no position
  Address ends;      // kBands − 1 rising ends of the bands of equity / maintenance; the last band is open
  Address bandCount; // out: float64 a band: portfolios with a maintenance above 0
  Address bandNotional; // out: float64 a band
  Address lineSize;  // out: by line: Σ|size| of priced portfolios
  Address lineCount; // out: by line: rows
  double equity;      // out
  double maintenance; // out
  uint32_t wanted;    // 0: no other field is read
  uint32_t pad;
};

/** One scan. `nominees` and `unpriced` have room for every lane of the chunks. */
struct ScanRequest {
  Address chunks;   // ChunkView each
  Address nominees; // out: uint32 handles, by chunk and lane
  Address unpriced; // out: likewise
  uint32_t chunkCount;
  uint32_t nomineeCount;  // out
  uint32_t unpricedCount; // out
  uint32_t pad;
  VectorsView vectors;
  NearView near;
  StatisticsView statistics;
};

/** In MarketView.flags. Alone: it settles in a valuation asset that is plain, and every position has its own requirement. */
enum MarketFlag : uint32_t { kMarketOnEntry = 1, kMarketStepped = 2, kMarketInverse = 4, kMarketAlone = 8 };

/** In the kind column of lines (ROW in src/scan/lines.ts). */
constexpr uint8_t kRowPosition = 1;

/** What re-tiering knows of a market; its tiers are `tiers` entries of the columns by tier from `firstTier` on. */
struct MarketView {
  double lotValue;   // lot · contractSize
  double reference;  // valuation that its rows are assigned at, settle asset; NaN before the first mark
  uint32_t firstLine;
  uint32_t firstTier;
  uint32_t tiers;
  uint32_t flags;
};

/** A chunk with its exact columns. */
struct RetierChunk {
  Address line;    // in and out
  Address lots;    // float64 a row
  Address cost;    // four 32-bit words a row: entry cost in lots × 10^-18
  Address cash;    // out
  Address handle;
  Address fixed;   // out
  uint32_t width;
  uint32_t slices;
};

/** Puts every portfolio that has a row on a stale line on its lines anew; see tiers.h. */
struct RetierRequest {
  Address chunks;      // RetierChunk each
  Address stale;       // uint8 by line
  Address kinds;       // uint8 by line
  Address owners;      // uint32 by line: market of a position
  Address markets;     // MarketView each
  Address floors;      // float64 by tier, and so the next two
  Address rates;
  Address deductions;
  Address balances;    // Address by chunk of handles: four 32-bit words a handle, 10^-18 of the valuation asset
  Address left;        // out: uint32 handles that are not plain; room for every lane
  Address changed;     // out: uint8 a slice, in the order of chunks
  double window;       // ρ, a little widened
  double above;        // 1 + 10^-12
  uint32_t chunkCount;
  uint32_t handleBits; // of a handle within its chunk
  uint32_t leftCount;  // out
  uint32_t pad;
};

static_assert(sizeof(Address) >= sizeof(void*), "an address must fit");
static_assert(sizeof(ChunkView) == 64 && alignof(ChunkView) == 8 && offsetof(ChunkView, width) == 40, "layout of ChunkView");
static_assert(sizeof(VectorsView) == 64 && alignof(VectorsView) == 8 && offsetof(VectorsView, lines) == 48, "layout of VectorsView");
static_assert(sizeof(NearView) == 40 && alignof(NearView) == 8 && offsetof(NearView, wanted) == 32, "layout of NearView");
static_assert(sizeof(StatisticsView) == 80 && offsetof(StatisticsView, equity) == 56 && offsetof(StatisticsView, wanted) == 72,
              "layout of StatisticsView");
static_assert(sizeof(ScanRequest) == 224 && offsetof(ScanRequest, vectors) == 40 && offsetof(ScanRequest, near) == 104 &&
                  offsetof(ScanRequest, statistics) == 144,
              "layout of ScanRequest");

static_assert(sizeof(MarketView) == 32 && offsetof(MarketView, firstLine) == 16, "layout of MarketView");
static_assert(sizeof(RetierChunk) == 56 && offsetof(RetierChunk, width) == 48, "layout of RetierChunk");
static_assert(sizeof(RetierRequest) == 120 && offsetof(RetierRequest, window) == 88 && offsetof(RetierRequest, chunkCount) == 104,
              "layout of RetierRequest");

template <typename T>
T* at(Address address) {
  return reinterpret_cast<T*>(static_cast<uintptr_t>(address));
}

}  // namespace plimsoll
