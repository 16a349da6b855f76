/**
 * The row loops of each method of a shelf: lane sums in the order of src/scan/js-backend.ts, so that every backend rounds alike and nominates
 * the same portfolios. Compile without contraction to fused operations (-ffp-contract=off, --fmad=false).
 */
#pragma once

#include "plimsoll/bound.h"
#include "plimsoll/lane.h"
#include "plimsoll/layout.h"

namespace plimsoll {

/** Rows that are summed among themselves before they are added: all of a narrow lane, else eight, or six where eight does not divide. */
PLIMSOLL_HD constexpr uint32_t unrollOf(uint32_t width) { return width <= 8 ? width : (width % 8 == 0 ? 8 : 6); }

/** A lane's slack less nothing for rounding, and S = Σ|size·slope|. */
template <class Pack>
struct Sums {
  typename Pack::Real x;
  typename Pack::Real s;
};

/** How far ahead of its reading memory is asked for, in rows: 2 KiB of a column. Further or nearer was slower (docs/kernels.md). */
constexpr uint32_t kPrefetchRows = 512;

/** Rows `first` to `first + kCount − 1` of a lane that starts at `line`, `size`: every row adds size·slope to slack. */
template <class Pack, uint32_t kCount>
PLIMSOLL_HD inline void addLineRows(const uint32_t* line, const float* size, const double* slopes, Sums<Pack>& sums) {
  Pack::prefetch(line + kPrefetchRows);
  Pack::prefetch(size + kPrefetchRows);
  typename Pack::Real p = Pack::multiply(Pack::load(size), Pack::gather(slopes, line));
  typename Pack::Real total = p;
  typename Pack::Real magnitude = Pack::magnitude(p);
  for (uint32_t j = 1; j < kCount; j++) {
    Pack::prefetch(line + j * kLanes + kPrefetchRows);
    Pack::prefetch(size + j * kLanes + kPrefetchRows);
    p = Pack::multiply(Pack::load(size + j * kLanes), Pack::gather(slopes, line + j * kLanes));
    total = Pack::add(total, p);
    magnitude = Pack::add(magnitude, Pack::magnitude(p));
  }
  sums.x = Pack::add(sums.x, total);
  sums.s = Pack::add(sums.s, magnitude);
}

/** A `lines` lane whole, for a width known when this is compiled. */
template <class Pack, uint32_t kWidth>
PLIMSOLL_HD inline Sums<Pack> sumLines(const uint32_t* line, const float* size, const float* cash, const double* slopes, uint32_t width) {
  Sums<Pack> sums{Pack::load(cash), Pack::set(0.0)};
  if constexpr (kWidth != 0) {
    addLineRows<Pack, kWidth>(line, size, slopes, sums);
  } else if (width % 8 == 0) {
    for (uint32_t j = 0; j < width; j += 8) addLineRows<Pack, 8>(line + j * kLanes, size + j * kLanes, slopes, sums);
  } else {
    for (uint32_t j = 0; j < width; j += 6) addLineRows<Pack, 6>(line + j * kLanes, size + j * kLanes, slopes, sums);
  }
  return sums;
}

/** A tick's tables as pointers. */
struct Tables {
  const double* slopes;
  const double* pairs;
  const uint32_t* starts;
  const double* breaks;
  const double* gains;
  const double* constants;
  uint32_t firstClosing;
};

/**
 * A `groups` lane: a row adds to its group's equity e, or beside it to slack; a closing row puts a lower bound of e through its asset's
 * segments, a rising function, and the next group starts at 0.
 */
PLIMSOLL_HD inline Sums<Lane1> sumGroups(const uint32_t* line, const float* size, const float* cash, const Tables& tables, uint32_t width,
                                         double factor) {
  double x = *cash;
  double s = 0.0;
  double e = 0.0;
  for (uint32_t j = 0; j < width; j++) {
    const uint32_t l = line[j * kLanes];
    const double z = size[j * kLanes];
    const double p = z * tables.pairs[2 * static_cast<size_t>(l)];
    const double q = z * tables.pairs[2 * static_cast<size_t>(l) + 1];
    e += p;
    x += q;
    s += fabs(p) + fabs(q);
    if (l < tables.firstClosing) continue;
    const double low = e - s * factor;
    uint32_t k = tables.starts[l - tables.firstClosing];
    const uint32_t last = tables.starts[l - tables.firstClosing + 1] - 1;
    while (k < last && low >= tables.breaks[k + 1]) k++;
    x += tables.gains[k] * low + tables.constants[k];
    s += 4.0 * fabs(low);
    e = 0.0;
  }
  return {x, s};
}

}  // namespace plimsoll
