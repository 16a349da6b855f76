/** Sixteen lanes in two AVX-512 registers. Only for sources that are compiled for AVX-512F, DQ and VL. */
#pragma once

#include <immintrin.h>

#include "plimsoll/layout.h"

namespace plimsoll {

struct PackAvx512 {
  static constexpr uint32_t kWidth = 16;
  struct Real {
    __m512d low;
    __m512d high;
  };

  static Real set(double value) { return {_mm512_set1_pd(value), _mm512_set1_pd(value)}; }
  /** Whether all of the lanes at these constants are empty: +∞. */
  static bool areEmpty(const float* cash) {
    return _mm512_cmp_ps_mask(_mm512_loadu_ps(cash), _mm512_set1_ps(__builtin_inff()), _CMP_EQ_OQ) == 0xffff;
  }
  static Real load(const float* from) {
    return {_mm512_cvtps_pd(_mm256_loadu_ps(from)), _mm512_cvtps_pd(_mm256_loadu_ps(from + 8))};
  }
  static Real gather(const double* table, const uint32_t* index) {
    // Line ids are below 2^29 (LINES_MAX in src/scan/lines.ts): the signed index of the instruction holds them.
    return {_mm512_i32gather_pd(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(index)), table, 8),
            _mm512_i32gather_pd(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(index + 8)), table, 8)};
  }
  static Real add(Real a, Real b) { return {_mm512_add_pd(a.low, b.low), _mm512_add_pd(a.high, b.high)}; }
  static Real multiply(Real a, Real b) { return {_mm512_mul_pd(a.low, b.low), _mm512_mul_pd(a.high, b.high)}; }
  static Real magnitude(Real a) { return {_mm512_abs_pd(a.low), _mm512_abs_pd(a.high)}; }
  static uint32_t notAbove(Real a, Real b) {
    return static_cast<uint32_t>(_mm512_cmp_pd_mask(a.low, b.low, _CMP_NGT_UQ)) |
           static_cast<uint32_t>(_mm512_cmp_pd_mask(a.high, b.high, _CMP_NGT_UQ)) << 8;
  }
  static uint32_t isNaN(Real a) {
    return static_cast<uint32_t>(_mm512_cmp_pd_mask(a.low, a.low, _CMP_UNORD_Q)) |
           static_cast<uint32_t>(_mm512_cmp_pd_mask(a.high, a.high, _CMP_UNORD_Q)) << 8;
  }
  static void store(double* to, Real a) {
    _mm512_storeu_pd(to, a.low);
    _mm512_storeu_pd(to + 8, a.high);
  }
  static void prefetch(const void* address) { _mm_prefetch(static_cast<const char*>(address), _MM_HINT_T0); }
};

}  // namespace plimsoll
