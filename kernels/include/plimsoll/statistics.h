/** A portfolio's part in the statistics of a full scan: for pictures and metrics, in float64. Decides nothing. */
#pragma once

#include <algorithm>

#include "plimsoll/lane.h"
#include "plimsoll/layout.h"

namespace plimsoll {

/** Upper half of a float32, back. */
PLIMSOLL_HD inline double fromUpperHalf(uint16_t half) {
  union {
    uint32_t bits;
    float value;
  } word;
  word.bits = static_cast<uint32_t>(half) << 16;
  return word.value;
}

/** Whether a lane is in the sums: a portfolio with prices, and within what floats hold (a constant below float32's range is −∞). */
PLIMSOLL_HD inline bool isCounted(uint32_t handle, double slack) { return handle != kNoHandle && slack - slack == 0.0; }

/** The band of a margin ratio: the first whose end is above it, the last (open) where none is. */
PLIMSOLL_HD inline uint32_t bandOf(double ratio, const double* ends) {
  uint32_t low = 0;
  uint32_t high = kBands - 1;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (ratio < ends[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Makes the outputs ready for a scan's sums. */
inline void clearStatistics(StatisticsView& view, uint32_t lines) {
  view.equity = 0.0;
  view.maintenance = 0.0;
  std::fill_n(at<double>(view.bandCount), kBands, 0.0);
  std::fill_n(at<double>(view.bandNotional), kBands, 0.0);
  std::fill_n(at<double>(view.lineSize), lines, 0.0);
  std::fill_n(at<double>(view.lineCount), lines, 0.0);
}

/** What one lane adds. */
struct Standing {
  double equity;
  double maintenance;
  double notional;
};

/**
 * maintenance = Σ|size|·need + fixed on the rows' lines, which is above the exact one where a window reaches into the next tier; equity = slack +
 * maintenance, whatever the line.
 */
PLIMSOLL_HD inline Standing standingOf(double slack, const uint32_t* line, const float* size, double fixed, const double* needs,
                                       const double* notionals, uint32_t width) {
  double maintenance = fixed;
  double notional = 0.0;
  // A portfolio's rows come first, then padding.
  for (uint32_t j = 0; j < width && line[j * kLanes] != kPaddingLine; j++) {
    const double z = fabs(static_cast<double>(size[j * kLanes]));
    maintenance += z * needs[line[j * kLanes]];
    notional += z * notionals[line[j * kLanes]];
  }
  return {slack + maintenance, maintenance, notional};
}

}  // namespace plimsoll
