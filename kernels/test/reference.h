/**
 * What a scan must find, as a plain loop over lanes that calls none of the shared functions: owns the expectation. Must know nothing of backends.
 * Products are summed up in the order of src/scan/js-backend.ts.
 */
#pragma once

#include <vector>

#include "book.h"

namespace plimsoll_test {

struct Expected {
  std::vector<uint32_t> nominees;
  std::vector<uint32_t> unpriced;
  double equity = 0.0;
  double equityMagnitude = 0.0;  // Σ|equity|, which rounding is relative to
  double maintenance = 0.0;
  std::vector<double> bandCount;
  std::vector<double> bandNotional;
  std::vector<double> lineSize;
  std::vector<double> lineCount;
};

Expected expectedOf(const Book& book, const Tick& tick);

}  // namespace plimsoll_test
