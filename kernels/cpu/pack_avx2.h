/** Eight lanes in two AVX2 registers. Only for sources that are compiled for AVX2. */
#pragma once

#include <immintrin.h>

#include "plimsoll/layout.h"

namespace plimsoll {

struct PackAvx2 {
  static constexpr uint32_t kWidth = 8;
  struct Real {
    __m256d low;
    __m256d high;
  };

  static Real set(double value) { return {_mm256_set1_pd(value), _mm256_set1_pd(value)}; }
  /** Whether all of the lanes at these constants are empty: +∞. */
  static bool areEmpty(const float* cash) {
    return _mm256_movemask_ps(_mm256_cmp_ps(_mm256_loadu_ps(cash), _mm256_set1_ps(__builtin_inff()), _CMP_EQ_OQ)) == 0xff;
  }
  static Real load(const float* from) { return {_mm256_cvtps_pd(_mm_loadu_ps(from)), _mm256_cvtps_pd(_mm_loadu_ps(from + 4))}; }
  /** Single loads: AVX2's own gather is slower on the processors that have nothing better (docs/kernels.md). */
  static Real gather(const double* table, const uint32_t* index) {
    return {_mm256_set_pd(table[index[3]], table[index[2]], table[index[1]], table[index[0]]),
            _mm256_set_pd(table[index[7]], table[index[6]], table[index[5]], table[index[4]])};
  }
  static Real add(Real a, Real b) { return {_mm256_add_pd(a.low, b.low), _mm256_add_pd(a.high, b.high)}; }
  static Real multiply(Real a, Real b) { return {_mm256_mul_pd(a.low, b.low), _mm256_mul_pd(a.high, b.high)}; }
  static Real magnitude(Real a) {
    const __m256d sign = _mm256_set1_pd(-0.0);
    return {_mm256_andnot_pd(sign, a.low), _mm256_andnot_pd(sign, a.high)};
  }
  static uint32_t notAbove(Real a, Real b) {
    return static_cast<uint32_t>(_mm256_movemask_pd(_mm256_cmp_pd(a.low, b.low, _CMP_NGT_UQ))) |
           static_cast<uint32_t>(_mm256_movemask_pd(_mm256_cmp_pd(a.high, b.high, _CMP_NGT_UQ))) << 4;
  }
  static uint32_t isNaN(Real a) {
    return static_cast<uint32_t>(_mm256_movemask_pd(_mm256_cmp_pd(a.low, a.low, _CMP_UNORD_Q))) |
           static_cast<uint32_t>(_mm256_movemask_pd(_mm256_cmp_pd(a.high, a.high, _CMP_UNORD_Q))) << 4;
  }
  static void store(double* to, Real a) {
    _mm256_storeu_pd(to, a.low);
    _mm256_storeu_pd(to + 4, a.high);
  }
  static void prefetch(const void* address) { _mm_prefetch(static_cast<const char*>(address), _MM_HINT_T0); }
};

}  // namespace plimsoll
