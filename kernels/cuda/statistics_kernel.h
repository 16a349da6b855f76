/** The scan that also sums up statistics, and what adds its copies up: at most once a second, so that it is written to be short. */
#pragma once

#include "cuda/scan_kernel.h"
#include "plimsoll/statistics.h"

namespace plimsoll {

/** Slack of one lane, rounded as the scan without statistics rounds it. */
PLIMSOLL_DEVICE Sums<Lane1> sumsOf(const DeviceChunk& chunk, const uint32_t* line, const float* size, const float* cash, const Tables& tables,
                                   double factor) {
  if (chunk.method == kMethodGroups) return sumGroups(line, size, cash, tables, chunk.width, factor);
  switch (chunk.width) {
    case 1: return sumLines<Lane1, 1>(line, size, cash, tables.slopes, 1);
    case 2: return sumLines<Lane1, 2>(line, size, cash, tables.slopes, 2);
    case 3: return sumLines<Lane1, 3>(line, size, cash, tables.slopes, 3);
    case 4: return sumLines<Lane1, 4>(line, size, cash, tables.slopes, 4);
    case 6: return sumLines<Lane1, 6>(line, size, cash, tables.slopes, 6);
    case 8: return sumLines<Lane1, 8>(line, size, cash, tables.slopes, 8);
    default: return sumLines<Lane1, 0>(line, size, cash, tables.slopes, chunk.width);
  }
}

/** The lanes of one portfolio each add to their bands in shared memory, and to one of the copies of the sums by line. */
struct StatisticsScanBody {
  using Arguments = ScanArguments;
  static constexpr uint32_t kThreads = kScanThreads;
  static constexpr uint32_t kBlocks = 1;

  struct Shared {
    StatisticsSums sums;
    FlagCounts found;
  };

  static constexpr size_t sharedBytes() { return sizeof(Shared); }

  static PLIMSOLL_DEVICE void addLane(const DeviceChunk& chunk, size_t lane, size_t row, double slack, const ScanArguments& arguments,
                                      uint32_t copy, StatisticsSums& bands, double& equity, double& maintenance) {
    const TickTables& tick = arguments.tick;
    const Standing standing = standingOf(slack, chunk.line + row, chunk.size + row, -fromUpperHalf(chunk.fixed[lane]), tick.needs,
                                         tick.notionals, chunk.width);
    equity += standing.equity;
    maintenance += standing.maintenance;
    if (standing.maintenance > 0) {
      const uint32_t band = bandOf(standing.equity / standing.maintenance, tick.ends);
      addTo(&bands.bandCount[band], 1u);
      addTo(&bands.bandNotional[band], standing.notional);
    }
    for (uint32_t j = 0; j < chunk.width && chunk.line[row + j * kLanes] != kPaddingLine; j++) {
      const uint64_t to = copy * arguments.lines.stride + chunk.line[row + j * kLanes];
      addTo(&arguments.lines.size[to], fabs(static_cast<double>(chunk.size[row + j * kLanes])));
      addTo(&arguments.lines.count[to], 1u);
    }
  }

  static PLIMSOLL_DEVICE void scan(const Run& run, const ScanArguments& arguments, uint32_t warp, uint32_t copy, Shared& shared,
                                   FlagCounts& found) {
    const DeviceChunk& chunk = run.chunk;
    const Tables tables = tablesOf(arguments.tick);
    const double factor = boundFactor(chunk.width);
    PerLane<double> equity;
    PerLane<double> maintenance;
    for (uint32_t slice = run.firstSlice + warp; slice < run.endSlice; slice += kScanWarps) {
      PerLane<uint32_t> nominated;
      PerLane<uint32_t> unpriced;
      forLanes([&](uint32_t l) {
        const size_t lane = static_cast<size_t>(slice) * kLanes + l;
        const size_t row = static_cast<size_t>(slice) * chunk.width * kLanes + l;
        const Sums<Lane1> sums = sumsOf(chunk, chunk.line + row, chunk.size + row, chunk.cash + lane, tables, factor);
        flag(sums, factor, nominated[l], unpriced[l]);
        if (!isCounted(chunk.handle[lane], sums.x)) return;
        addLane(chunk, lane, row, sums.x, arguments, copy, shared.sums, equity[l], maintenance[l]);
      });
      note(run, slice, nominated, unpriced, found);
    }
    const double equitySum = sumOf(equity);
    const double maintenanceSum = sumOf(maintenance);
    forLeader([&] {
      addTo(&shared.sums.equity, equitySum);
      addTo(&shared.sums.maintenance, maintenanceSum);
    });
  }

  static PLIMSOLL_DEVICE void run(const Block& block, const ScanArguments& arguments) {
    Shared& shared = *reinterpret_cast<Shared*>(block.shared());
    block.forThreads([&](uint32_t thread) {
      for (uint32_t band = thread; band < kBands; band += kThreads) {
        shared.sums.bandCount[band] = 0;
        shared.sums.bandNotional[band] = 0.0;
      }
      if (thread != 0) return;
      shared.sums.equity = 0.0;
      shared.sums.maintenance = 0.0;
      shared.found = {0, 0};
    });
    block.sync();
    block.forWarps([&](uint32_t warp) {
      FlagCounts found{0, 0};
      forRuns(arguments.chunks, arguments.ranges[block.index()], arguments.flags,
              [&](const Run& run) { scan(run, arguments, warp, block.index() % kLineCopies, shared, found); });
      forLeader([&] {
        addTo(&shared.found.nominated, found.nominated);
        addTo(&shared.found.unpriced, found.unpriced);
      });
    });
    block.sync();
    block.forThreads([&](uint32_t thread) {
      for (uint32_t band = thread; band < kBands; band += kThreads) {
        addTo(&arguments.sums->bandCount[band], shared.sums.bandCount[band]);
        addTo(&arguments.sums->bandNotional[band], shared.sums.bandNotional[band]);
      }
      if (thread != 0) return;
      addTo(&arguments.sums->equity, shared.sums.equity);
      addTo(&arguments.sums->maintenance, shared.sums.maintenance);
      arguments.counts[block.index()] = shared.found;
    });
  }
};

/** A thread a line; block 0 takes what is not by line along. */
struct CollectBody {
  using Arguments = CollectArguments;
  static constexpr uint32_t kThreads = 256;
  static constexpr uint32_t kBlocks = 1;

  static PLIMSOLL_DEVICE void run(const Block& block, const CollectArguments& arguments) {
    const uint32_t lines = arguments.header->lines;
    block.forThreads([&](uint32_t thread) {
      if (block.index() == 0 && thread == 0) *arguments.sumsOut = *arguments.sums;
      for (uint32_t line = block.index() * kThreads + thread; line < lines; line += block.count() * kThreads) {
        double size = 0.0;
        double count = 0.0;
        for (uint32_t copy = 0; copy < kLineCopies; copy++) {
          size += arguments.lines.size[copy * arguments.lines.stride + line];
          count += arguments.lines.count[copy * arguments.lines.stride + line];
        }
        arguments.sizeOut[line] = size;
        arguments.countOut[line] = count;
      }
    });
  }
};

}  // namespace plimsoll
