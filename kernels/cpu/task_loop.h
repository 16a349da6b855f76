/** The loop over a task's slices, for any pack: included by one source a variant, each compiled for its own processors. */
#pragma once

#include "cpu/task.h"
#include "plimsoll/radius.h"
#include "plimsoll/rows.h"
#include "plimsoll/statistics.h"

namespace plimsoll {
namespace {

/** What a task reads and writes, as pointers. */
struct Columns {
  const uint32_t* line;
  const float* size;
  const float* cash;
  const uint32_t* handle;
  const uint16_t* fixed;
  Tables tables;
  const double* speeds;
  double factor;
  uint32_t width;
};

/** A slice's lanes by bit. */
struct Flags {
  uint32_t nominated;
  uint32_t unpriced;
  uint32_t near;
};

Columns columnsOf(const ScanRequest& request, const Task& task) {
  const ChunkView& chunk = *task.chunk;
  const VectorsView& vectors = request.vectors;
  const size_t lane = static_cast<size_t>(task.firstSlice) * kLanes;
  return {at<uint32_t>(chunk.line) + lane * chunk.width,
          at<float>(chunk.size) + lane * chunk.width,
          at<float>(chunk.cash) + lane,
          at<uint32_t>(chunk.handle) + lane,
          chunk.fixed == 0 ? nullptr : at<uint16_t>(chunk.fixed) + lane,
          {at<double>(vectors.slopes), at<double>(vectors.pairs), at<uint32_t>(vectors.starts), at<double>(vectors.breaks),
           at<double>(vectors.gains), at<double>(vectors.constants), vectors.firstClosing},
          at<double>(request.near.speeds),
          boundFactor(chunk.width),
          chunk.width};
}

void moveOn(Columns& columns) {
  columns.line += columns.width * kLanes;
  columns.size += columns.width * kLanes;
  columns.cash += kLanes;
  columns.handle += kLanes;
  if (columns.fixed != nullptr) columns.fixed += kLanes;
}

/** Both methods leave each lane's slack in `slack`, for the statistics. */
template <class Pack, uint32_t kWidth, bool kNear, bool kStatistics>
Flags scanLines(const Columns& columns, double radius, double* slack) {
  Flags flags{0, 0, 0};
  for (uint32_t lane = 0; lane < kLanes; lane += Pack::kWidth) {
    // Of a copy of a few lanes of a wide shelf nearly all are: no one is nominated, and their rows need not be read.
    if (Pack::areEmpty(columns.cash + lane)) {
      if constexpr (kStatistics) Pack::store(slack + lane, Pack::set(HUGE_VAL));
      continue;
    }
    const uint32_t* line = columns.line + lane;
    const float* size = columns.size + lane;
    const Sums<Pack> sums =
        sumLines<Pack, kWidth>(line, size, columns.cash + lane, columns.tables.slopes, columns.width);
    flags.nominated |= Pack::notAbove(sums.x, threshold<Pack>(sums.s, columns.factor)) << lane;
    flags.unpriced |= Pack::isNaN(sums.x) << lane;
    if constexpr (kNear) {
      const typename Pack::Real speed = sumSpeeds<Pack>(line, size, columns.speeds, kWidth == 0 ? columns.width : kWidth);
      flags.near |= Pack::notAbove(sums.x, nearThreshold<Pack>(sums.s, columns.factor, speed, radius)) << lane;
    }
    if constexpr (kStatistics) Pack::store(slack + lane, sums.x);
  }
  return flags;
}

Flags scanGroups(const Columns& columns, double* slack) {
  Flags flags{0, 0, 0};
  for (uint32_t lane = 0; lane < kLanes; lane++) {
    const Sums<Lane1> sums = sumGroups(columns.line + lane, columns.size + lane, columns.cash + lane, columns.tables, columns.width,
                                       columns.factor);
    flags.nominated |= Lane1::notAbove(sums.x, threshold<Lane1>(sums.s, columns.factor)) << lane;
    flags.unpriced |= Lane1::isNaN(sums.x) << lane;
    slack[lane] = sums.x;
  }
  return flags;
}

uint32_t* append(uint32_t* to, uint32_t bits, const uint32_t* handles) {
  for (; bits != 0; bits &= bits - 1) *to++ = handles[__builtin_ctz(bits)];
  return to;
}

void addStanding(const Columns& columns, const StatisticsView& view, const double* slack, StatisticsPart& part) {
  for (uint32_t lane = 0; lane < kLanes; lane++) {
    if (!isCounted(columns.handle[lane], slack[lane])) continue;
    const uint32_t* line = columns.line + lane;
    const float* size = columns.size + lane;
    const double fixed = columns.fixed == nullptr ? 0.0 : -fromUpperHalf(columns.fixed[lane]);
    const Standing standing =
        standingOf(slack[lane], line, size, fixed, at<double>(view.needs), at<double>(view.notionals), columns.width);
    part.equity += standing.equity;
    part.maintenance += standing.maintenance;
    if (standing.maintenance > 0) {
      const uint32_t band = bandOf(standing.equity / standing.maintenance, at<double>(view.ends));
      part.bandCount[band] += 1.0;
      part.bandNotional[band] += standing.notional;
    }
    for (uint32_t j = 0; j < columns.width && line[j * kLanes] != kPaddingLine; j++) {
      part.lineSize[line[j * kLanes]] += fabs(static_cast<double>(size[j * kLanes]));
      part.lineCount[line[j * kLanes]] += 1.0;
    }
  }
}

template <class Pack, uint32_t kWidth, bool kNear, bool kStatistics, bool kGroups>
void scanSlices(const ScanRequest& request, Task& task, StatisticsPart* part) {
  Columns columns = columnsOf(request, task);
  const uint32_t* const handles = columns.handle;
  uint32_t* nominee = at<uint32_t>(request.nominees) + task.firstLane;
  uint32_t* unpriced = at<uint32_t>(request.unpriced) + task.firstLane;
  uint32_t* const firstNominee = nominee;
  uint32_t* const firstUnpriced = unpriced;
  uint32_t* nearSlot = kNear ? at<uint32_t>(request.near.slot) + task.firstLane : nullptr;
  uint32_t* const firstNear = nearSlot;
  alignas(64) double slack[kLanes];
  for (uint32_t slice = 0; slice < task.slices; slice++, moveOn(columns)) {
    const Flags flags = kGroups ? scanGroups(columns, slack)
                                : scanLines<Pack, kWidth, kNear, kStatistics>(columns, request.near.radius, slack);
    if (__builtin_expect(flags.nominated != 0, 0)) {
      nominee = append(nominee, flags.nominated & ~flags.unpriced, columns.handle);
      unpriced = append(unpriced, flags.unpriced, columns.handle);
    }
    if constexpr (kNear && !kGroups) {
      const uint32_t slot = task.chunk->slot + task.firstSlice * kLanes + static_cast<uint32_t>(columns.handle - handles);
      for (uint32_t bits = flags.near; bits != 0; bits &= bits - 1) *nearSlot++ = slot + static_cast<uint32_t>(__builtin_ctz(bits));
    }
    if constexpr (kStatistics) addStanding(columns, request.statistics, slack, *part);
  }
  task.nomineeCount = static_cast<uint32_t>(nominee - firstNominee);
  task.unpricedCount = static_cast<uint32_t>(unpriced - firstUnpriced);
  task.nearCount = static_cast<uint32_t>(nearSlot - firstNear);
}

template <class Pack, uint32_t kWidth, bool kGroups>
void scanWith(const ScanRequest& request, Task& task, StatisticsPart* part) {
  const bool near = request.near.wanted != 0;
  if (part != nullptr) {
    if (near) scanSlices<Pack, kWidth, true, true, kGroups>(request, task, part);
    else scanSlices<Pack, kWidth, false, true, kGroups>(request, task, part);
  } else {
    if (near) scanSlices<Pack, kWidth, true, false, kGroups>(request, task, part);
    else scanSlices<Pack, kWidth, false, false, kGroups>(request, task, part);
  }
}

template <class Pack>
void scanTask(const ScanRequest& request, Task& task, StatisticsPart* part) {
  if (task.chunk->method == kMethodGroups) return scanWith<Pack, 0, true>(request, task, part);
  switch (task.chunk->width) {
    case 1: return scanWith<Pack, 1, false>(request, task, part);
    case 2: return scanWith<Pack, 2, false>(request, task, part);
    case 3: return scanWith<Pack, 3, false>(request, task, part);
    case 4: return scanWith<Pack, 4, false>(request, task, part);
    case 6: return scanWith<Pack, 6, false>(request, task, part);
    case 8: return scanWith<Pack, 8, false>(request, task, part);
    default: return scanWith<Pack, 0, false>(request, task, part);
  }
}

}  // namespace
}  // namespace plimsoll
