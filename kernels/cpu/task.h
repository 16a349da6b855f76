/** A piece of a scan that one thread does, and the variants of the loop that does it. Knows neither threads nor Node. */
#pragma once

#include "plimsoll/layout.h"

namespace plimsoll {

/** Some slices of one chunk. Its outputs are its own: they start where the lanes before it would end. */
struct Task {
  const ChunkView* chunk;
  uint32_t firstSlice;
  uint32_t slices;
  uint32_t firstLane;  // among all lanes of the request
  uint32_t nomineeCount;
  uint32_t unpricedCount;
  uint32_t nearCount;
};

/** One thread's share of the statistics. */
struct alignas(64) StatisticsPart {
  double equity;
  double maintenance;
  double bandCount[kBands];
  double bandNotional[kBands];
  double* lineSize;
  double* lineCount;
};

/** Scans a task; `part` is null unless the request wants statistics. */
using TaskFunction = void (*)(const ScanRequest& request, Task& task, StatisticsPart* part);

void scanTaskBaseline(const ScanRequest& request, Task& task, StatisticsPart* part);
#if defined(__x86_64__)
void scanTaskAvx2(const ScanRequest& request, Task& task, StatisticsPart* part);
void scanTaskAvx512(const ScanRequest& request, Task& task, StatisticsPart* part);
#endif

}  // namespace plimsoll
