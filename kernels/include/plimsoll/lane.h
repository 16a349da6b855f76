/** One lane's arithmetic: what a CUDA thread and the plain host loop run. The wide ones are in kernels/cpu/. */
#pragma once

#include <cmath>

#include "plimsoll/layout.h"

namespace plimsoll {

/** A pack of one lane. Every pack offers these; functors are written over them, so that all round alike. */
struct Lane1 {
  static constexpr uint32_t kWidth = 1;
  using Real = double;

  static PLIMSOLL_HD Real set(double value) { return value; }
  /** Whether all of the lanes at these constants are empty: +∞. */
  static PLIMSOLL_HD bool areEmpty(const float* cash) { return *cash == HUGE_VALF; }
  static PLIMSOLL_HD Real load(const float* from) { return static_cast<double>(*from); }
  static PLIMSOLL_HD Real gather(const double* table, const uint32_t* index) { return table[*index]; }
  static PLIMSOLL_HD Real add(Real a, Real b) { return a + b; }
  static PLIMSOLL_HD Real multiply(Real a, Real b) { return a * b; }
  static PLIMSOLL_HD Real magnitude(Real a) { return fabs(a); }
  /** By lane, a bit: !(a > b), true where either is NaN. */
  static PLIMSOLL_HD uint32_t notAbove(Real a, Real b) { return a > b ? 0u : 1u; }
  static PLIMSOLL_HD uint32_t isNaN(Real a) { return a != a ? 1u : 0u; }
  static PLIMSOLL_HD void store(double* to, Real a) { *to = a; }
  static PLIMSOLL_HD void prefetch(const void*) {}
};

}  // namespace plimsoll
