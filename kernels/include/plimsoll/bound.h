/** Slack's rounding bound, and who is nominated. Derived in docs/exactness.md; src/scan/js-backend.ts has the same numbers. */
#pragma once

#include "plimsoll/layout.h"

namespace plimsoll {

/** 2^-24·(1 + 2^-10) + (8·width + 64)·2^-53: relative to S = Σ|size·slope|. */
PLIMSOLL_HD inline double boundFactor(uint32_t width) {
  return 0x1p-24 * (1.0 + 0x1p-10) + (8.0 * width + 64.0) * 0x1p-53;
}

/** Below this a product may have lost digits to underflow. */
constexpr double kBoundAbsolute = 0x1p-760;

/** What slack must exceed to be proven above 0. */
template <class Pack>
PLIMSOLL_HD inline typename Pack::Real threshold(typename Pack::Real s, double factor) {
  return Pack::add(Pack::multiply(s, Pack::set(factor)), Pack::set(kBoundAbsolute));
}

}  // namespace plimsoll
