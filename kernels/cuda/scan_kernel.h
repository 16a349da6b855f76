/**
 * The scan on a device: owns how a block goes over its slices and flags lanes. Arithmetic is that of plimsoll/rows.h; must know nothing of
 * where flagged lanes go.
 */
#pragma once

#include "cuda/plan.h"
#include "cuda/warp.h"
#include "plimsoll/rows.h"

namespace plimsoll {

/** Two such blocks on a multiprocessor leave 48 registers a thread, which is what the loops need without spilling; 768 threads spilled. */
constexpr uint32_t kScanThreads = 640;
constexpr uint32_t kScanWarps = kScanThreads / kLanes;

/** The slices of one chunk that a block reads. */
struct Run {
  DeviceChunk chunk;
  uint32_t firstSlice;  // in the chunk
  uint32_t endSlice;
  SliceFlags* flags;  // of the chunk's slice 0
};

/** Calls work(run) for each chunk that a block has slices of. */
template <class Work>
PLIMSOLL_DEVICE void forRuns(const DeviceChunk* chunks, const BlockRange& range, SliceFlags* flags, const Work& work) {
  uint32_t slice = range.firstSlice;
  for (uint32_t c = range.chunk; slice < range.endSlice; c++) {
    const DeviceChunk& chunk = chunks[c];
    const uint32_t chunkEnd = chunk.firstSlice + chunk.slices;
    const uint32_t end = chunkEnd < range.endSlice ? chunkEnd : range.endSlice;
    work(Run{chunk, slice - chunk.firstSlice, end - chunk.firstSlice, flags + chunk.firstSlice});
    slice = end;
  }
}

PLIMSOLL_DEVICE Tables tablesOf(const TickTables& tick) {
  return {tick.slopes, tick.pairs, tick.starts, tick.breaks, tick.gains, tick.constants, tick.header->firstClosing};
}

/** Writes a slice's flags, and counts them. */
PLIMSOLL_DEVICE void note(const Run& run, uint32_t slice, const PerLane<uint32_t>& nominated, const PerLane<uint32_t>& unpriced,
                          FlagCounts& found) {
  const SliceFlags flags{ballot(nominated), ballot(unpriced)};
  forLeader([&] { run.flags[slice] = flags; });
  found.nominated += bitCount(flags.nominated);
  found.unpriced += bitCount(flags.unpriced);
}

template <class Pack>
PLIMSOLL_DEVICE void flag(const Sums<Pack>& sums, double factor, uint32_t& nominated, uint32_t& unpriced) {
  unpriced = Pack::isNaN(sums.x);
  nominated = Pack::notAbove(sums.x, threshold<Pack>(sums.s, factor)) & ~unpriced;
}

/**
 * A warp's slices of a `lines` run from `slice` on, kAbreast at a time: the loads of one narrow slice are too few to hide the memory's latency.
 * Returns the first slice that is left.
 */
template <uint32_t kWidth, uint32_t kAbreast>
PLIMSOLL_DEVICE uint32_t scanAbreast(const Run& run, const double* slopes, uint32_t slice, FlagCounts& found) {
  const uint32_t width = kWidth == 0 ? run.chunk.width : kWidth;
  const double factor = boundFactor(width);
  for (; slice + (kAbreast - 1) * kScanWarps < run.endSlice; slice += kAbreast * kScanWarps) {
    PerLane<uint32_t> nominated[kAbreast];
    PerLane<uint32_t> unpriced[kAbreast];
    forLanes([&](uint32_t lane) {
      Sums<StreamedLane> sums[kAbreast];
      for (uint32_t k = 0; k < kAbreast; k++) {
        const size_t at = slice + k * kScanWarps;
        const size_t row = at * width * kLanes + lane;
        sums[k] = sumLines<StreamedLane, kWidth>(run.chunk.line + row, run.chunk.size + row, run.chunk.cash + at * kLanes + lane, slopes, width);
      }
      for (uint32_t k = 0; k < kAbreast; k++) flag(sums[k], factor, nominated[k][lane], unpriced[k][lane]);
    });
    for (uint32_t k = 0; k < kAbreast; k++) note(run, slice + k * kScanWarps, nominated[k], unpriced[k], found);
  }
  return slice;
}

template <uint32_t kWidth, uint32_t kAbreast>
PLIMSOLL_DEVICE void scanLines(const Run& run, const double* slopes, uint32_t slice, FlagCounts& found) {
  if constexpr (kAbreast > 1) slice = scanAbreast<kWidth, kAbreast>(run, slopes, slice, found);
  scanAbreast<kWidth, 1>(run, slopes, slice, found);
}

PLIMSOLL_DEVICE void scanGroups(const Run& run, const Tables& tables, uint32_t slice, FlagCounts& found) {
  const uint32_t width = run.chunk.width;
  const double factor = boundFactor(width);
  for (; slice < run.endSlice; slice += kScanWarps) {
    PerLane<uint32_t> nominated;
    PerLane<uint32_t> unpriced;
    forLanes([&](uint32_t lane) {
      const size_t at = slice;
      const size_t row = at * width * kLanes + lane;
      flag(sumGroups(run.chunk.line + row, run.chunk.size + row, run.chunk.cash + at * kLanes + lane, tables, width, factor), factor,
           nominated[lane], unpriced[lane]);
    });
    note(run, slice, nominated, unpriced, found);
  }
}

/** One warp's part of a run. `slopes` may be in shared memory. */
PLIMSOLL_DEVICE void scanRun(const Run& run, const double* slopes, const TickTables& tick, uint32_t warp, FlagCounts& found) {
  const uint32_t slice = run.firstSlice + warp;
  if (run.chunk.method == kMethodGroups) return scanGroups(run, tablesOf(tick), slice, found);
  switch (run.chunk.width) {
    case 1: return scanLines<1, 4>(run, slopes, slice, found);
    case 2: return scanLines<2, 2>(run, slopes, slice, found);
    case 3: return scanLines<3, 1>(run, slopes, slice, found);
    case 4: return scanLines<4, 1>(run, slopes, slice, found);
    case 6: return scanLines<6, 1>(run, slopes, slice, found);
    case 8: return scanLines<8, 1>(run, slopes, slice, found);
    default: return scanLines<0, 1>(run, slopes, slice, found);
  }
}

/** kShared: the slopes are copied into shared memory first, where 32 different lines cost a few cycles and not 32 cache lines. */
template <bool kShared>
struct ScanBody {
  using Arguments = ScanArguments;
  static constexpr uint32_t kThreads = kScanThreads;
  static constexpr uint32_t kBlocks = 2;
  /** Of what L1 and shared memory have together: the slopes of two blocks in the one, or of all in the other. */
  static constexpr int kCarveoutPercent = kShared ? 100 : 0;

  struct Shared {
    FlagCounts found;
  };

  static constexpr size_t sharedBytes(size_t lines) { return sizeof(Shared) + (kShared ? lines * sizeof(double) : 0); }

  static PLIMSOLL_DEVICE void run(const Block& block, const ScanArguments& arguments) {
    Shared& shared = *reinterpret_cast<Shared*>(block.shared());
    double* const copied = reinterpret_cast<double*>(block.shared() + sizeof(Shared));
    block.forThreads([&](uint32_t thread) {
      if (thread == 0) shared.found = {0, 0};
      if constexpr (kShared) {
        const uint32_t lines = arguments.tick.header->lines;
        for (uint32_t line = thread; line < lines; line += kThreads) copied[line] = arguments.tick.slopes[line];
      }
    });
    block.sync();
    block.forWarps([&](uint32_t warp) {
      FlagCounts found{0, 0};
      forRuns(arguments.chunks, arguments.ranges[block.index()], arguments.flags, [&](const Run& run) {
        if constexpr (kShared) scanRun(run, copied, arguments.tick, warp, found);
        else scanRun(run, arguments.tick.slopes, arguments.tick, warp, found);
      });
      forLeader([&] {
        addTo(&shared.found.nominated, found.nominated);
        addTo(&shared.found.unpriced, found.unpriced);
      });
    });
    block.sync();
    block.forThreads([&](uint32_t thread) {
      if (thread == 0) arguments.counts[block.index()] = shared.found;
    });
  }
};

}  // namespace plimsoll
