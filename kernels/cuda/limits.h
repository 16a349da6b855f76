/** Sizes that are chosen and not given. The host build has small ones, so that small books fill them. Must know nothing else. */
#pragma once

#include <cstddef>
#include <cstdint>

namespace plimsoll {

#if defined(PLIMSOLL_HOST_RUNTIME)
constexpr size_t kStagingBytes = size_t{16} << 10;
constexpr uint32_t kResultRoom = 500;
constexpr uint32_t kTableStep = 8;
#else
/** Half of the staging ring: a transfer of it is over before the host has copied the next, and it counts little in the bytes a position takes. */
constexpr size_t kStagingBytes = size_t{256} << 10;
/** Handles of each list that pinned memory has room for; more take further rounds. 8 MiB a device. */
constexpr uint32_t kResultRoom = 1u << 20;
/** Tables have room for a multiple of this many entries, so that one more line is no new graph. */
constexpr uint32_t kTableStep = 1024;
#endif

/**
 * A chunk that grows gets an eighth more than it needs, at least so many slices, but no more than the next power of two, which is what a full
 * chunk of the store has. One that is new gets what it has: most are full already.
 */
constexpr uint32_t kSpareSlicesMin = 8;
constexpr uint32_t kSpareShare = 8;

/** A device may hold this much more than its share of the rows before chunks are dealt anew. */
constexpr double kImbalanceMax = 1.25;

}  // namespace plimsoll
