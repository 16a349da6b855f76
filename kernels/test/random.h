/** Numbers made from a seed, the same on every machine. Must know nothing of books. */
#pragma once

#include <cmath>
#include <cstdint>

namespace plimsoll_test {

/** splitmix64. */
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t bits() {
    state_ += 0x9e3779b97f4a7c15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  uint32_t below(uint32_t end) { return static_cast<uint32_t>((bits() >> 32) * end >> 32); }
  bool chance(double share) { return unit() < share; }
  double unit() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  double between(double low, double high) { return low + (high - low) * unit(); }
  /** Of either sign, over many orders of magnitude. */
  double wide(int exponentMin, int exponentMax) {
    const double magnitude = std::ldexp(1.0 + unit(), exponentMin + static_cast<int>(below(static_cast<uint32_t>(exponentMax - exponentMin))));
    return chance(0.5) ? magnitude : -magnitude;
  }

 private:
  uint64_t state_;
};

}  // namespace plimsoll_test
