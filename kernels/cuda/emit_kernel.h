/**
 * From flags to lists of handles, in the order of chunk and lane: owns the ordered compaction. Must know nothing of how a lane came to be flagged.
 *
 * It is one pass of a stable radix sort whose digit is the block: counts by digit come with the scan, their prefix is summed up here, and within a
 * block order is kept by prefix sums over slices and popcounts over lanes. Compaction in any order with a radix sort of keys after it gives the
 * same list with four to six more passes over it; this one costs the same whether none or all are flagged, but for the writing.
 */
#pragma once

#include "cuda/plan.h"
#include "cuda/warp.h"

namespace plimsoll {

constexpr uint32_t kEmitThreads = 512;

struct EmitBody {
  using Arguments = EmitArguments;
  static constexpr uint32_t kThreads = kEmitThreads;
  static constexpr uint32_t kBlocks = 2;

  /** One tile of slices, a thread each. Two counts go in one word: both stay below 2^16, as 512 slices have 2^14 lanes. */
  struct Shared {
    const uint32_t* handles[kEmitThreads];  // of the slice's lane 0
    SliceFlags flags[kEmitThreads];
    uint32_t sums[2][kEmitThreads];
    FlagCounts before;  // flagged lanes of the blocks before this one
  };

  static constexpr size_t sharedBytes() { return sizeof(Shared); }
  static constexpr uint32_t kSecondShift = 16;
  static constexpr uint32_t kFirstMask = 0xffff;
  static_assert(kEmitThreads * kLanes < 1u << kSecondShift, "two counts must fit a word");

  static PLIMSOLL_DEVICE void countBefore(const Block& block, const EmitArguments& arguments, Shared& shared) {
    block.forThreads([&](uint32_t thread) {
      if (thread == 0) shared.before = {0, 0};
    });
    block.sync();
    block.forThreads([&](uint32_t thread) {
      FlagCounts part{0, 0};
      for (uint32_t earlier = thread; earlier < block.index(); earlier += kThreads) {
        part.nominated += arguments.counts[earlier].nominated;
        part.unpriced += arguments.counts[earlier].unpriced;
      }
      if (part.nominated != 0) addTo(&shared.before.nominated, part.nominated);
      if (part.unpriced != 0) addTo(&shared.before.unpriced, part.unpriced);
    });
    block.sync();
  }

  /** Inclusive sums of shared.sums[0] over the threads; returns which of the two has them. */
  static PLIMSOLL_DEVICE uint32_t sumUp(const Block& block, Shared& shared) {
    uint32_t from = 0;
    for (uint32_t distance = 1; distance < kThreads; distance *= 2) {
      block.forThreads([&](uint32_t thread) {
        shared.sums[1 - from][thread] = shared.sums[from][thread] + (thread >= distance ? shared.sums[from][thread - distance] : 0);
      });
      block.sync();
      from = 1 - from;
    }
    return from;
  }

  /** Each thread finds its slice. `chunk` is where this thread's last one was: slices only rise. */
  static PLIMSOLL_DEVICE void load(const EmitArguments& arguments, uint32_t slice, uint32_t end, uint32_t chunk, uint32_t thread,
                                   Shared& shared) {
    SliceFlags flags{0, 0};
    if (slice < end) flags = arguments.flags[slice];
    shared.flags[thread] = flags;
    shared.sums[0][thread] = bitCount(flags.nominated) | bitCount(flags.unpriced) << kSecondShift;
    if (shared.sums[0][thread] == 0) return;
    while (slice >= arguments.chunks[chunk].firstSlice + arguments.chunks[chunk].slices) chunk++;
    shared.handles[thread] = arguments.chunks[chunk].handle + static_cast<size_t>(slice - arguments.chunks[chunk].firstSlice) * kLanes;
  }

  /** Lanes in `bits` write beside each other: one transaction over the bus a slice. */
  static PLIMSOLL_DEVICE void write(uint32_t bits, const uint32_t* handles, uint32_t lane, uint32_t at, uint32_t* to,
                                    const EmitArguments& arguments) {
    if ((bits >> lane & 1u) == 0) return;
    const uint32_t index = at + bitCount(bits & ((1u << lane) - 1));
    // Below `from` the difference wraps around, far above any room.
    if (index - arguments.from < arguments.room) to[index - arguments.from] = handles[lane];
  }

  static PLIMSOLL_DEVICE void writeWarp(const EmitArguments& arguments, const Shared& shared, const uint32_t* sums, FlagCounts before,
                                        uint32_t warp) {
    for (uint32_t entry = warp * kLanes; entry < (warp + 1) * kLanes; entry++) {
      const SliceFlags flags = shared.flags[entry];
      if ((flags.nominated | flags.unpriced) == 0) continue;
      const uint32_t sum = sums[entry];
      const uint32_t nominee = before.nominated + (sum & kFirstMask) - bitCount(flags.nominated);
      const uint32_t unpriced = before.unpriced + (sum >> kSecondShift) - bitCount(flags.unpriced);
      forLanes([&](uint32_t lane) {
        write(flags.nominated, shared.handles[entry], lane, nominee, arguments.nominees, arguments);
        write(flags.unpriced, shared.handles[entry], lane, unpriced, arguments.unpriced, arguments);
      });
    }
  }

  static PLIMSOLL_DEVICE void run(const Block& block, const EmitArguments& arguments) {
    Shared& shared = *reinterpret_cast<Shared*>(block.shared());
    const FlagCounts own = arguments.counts[block.index()];
    const bool last = block.index() + 1 == block.count();
    if (own.nominated == 0 && own.unpriced == 0 && !last) return;
    countBefore(block, arguments, shared);
    FlagCounts before = shared.before;
    block.forThreads([&](uint32_t thread) {
      if (last && thread == 0) *arguments.total = {before.nominated + own.nominated, before.unpriced + own.unpriced};
    });
    if (own.nominated == 0 && own.unpriced == 0) return;
    const BlockRange range = arguments.ranges[block.index()];
    for (uint32_t slice = range.firstSlice; slice < range.endSlice; slice += kThreads) {
      block.forThreads([&](uint32_t thread) { load(arguments, slice + thread, range.endSlice, range.chunk, thread, shared); });
      block.sync();
      const uint32_t* const sums = shared.sums[sumUp(block, shared)];
      const uint32_t tile = sums[kThreads - 1];
      block.forWarps([&](uint32_t warp) { writeWarp(arguments, shared, sums, before, warp); });
      before.nominated += tile & kFirstMask;
      before.unpriced += tile >> kSecondShift;
      block.sync();
    }
  }
};

}  // namespace plimsoll
