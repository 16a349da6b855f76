/**
 * The safe radius: how far a tick may go before a portfolio can be breached. Distances are of slopes: ticks t and u are max |t − u|/speed
 * apart over all lines, so that a portfolio's slack differs by at most distance · Σ|size|·speed (docs/exactness.md).
 */
#pragma once

#include "plimsoll/bound.h"
#include "plimsoll/lane.h"

namespace plimsoll {

/** Σ|size|·speed of a `lines` lane. */
template <class Pack>
PLIMSOLL_HD inline typename Pack::Real sumSpeeds(const uint32_t* line, const float* size, const double* speeds, uint32_t width) {
  typename Pack::Real total = Pack::set(0.0);
  for (uint32_t j = 0; j < width; j++)
    total = Pack::add(total, Pack::multiply(Pack::magnitude(Pack::load(size + j * kLanes)), Pack::gather(speeds, line + j * kLanes)));
  return total;
}

/** What slack must exceed to be proven above 0 at every tick within `radius`. */
template <class Pack>
PLIMSOLL_HD inline typename Pack::Real nearThreshold(typename Pack::Real s, double factor, typename Pack::Real speed, double radius) {
  return Pack::add(threshold<Pack>(s, factor), Pack::multiply(speed, Pack::set(radius)));
}

}  // namespace plimsoll
