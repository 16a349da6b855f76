/**
 * Re-tiering: which line a row lies on, and the constants that go with it, in float64: src/scan/windows.ts and fold.ts, operation by operation, so
 * that a book re-tiered here is the same to the last bit. The derivation is in docs/exactness.md.
 */
#pragma once

#include <cmath>

#include "plimsoll/layout.h"

namespace plimsoll {

/** 10^-18, the unit of amounts, and float64's unit roundoff. */
constexpr double kExactUnit = 1e-18;
constexpr double kRoundoff = 0x1p-53;

/** A market's requirement table, closing fee inside the rates. */
struct TierTable {
  const double* floors;
  const double* rates;
  const double* deductions;
  uint32_t tiers;
};

/** Index of the tier that holds at a notional. */
PLIMSOLL_HD inline uint32_t tierOf(const TierTable& table, double notional) {
  uint32_t tier = 0;
  while (tier + 1 < table.tiers && table.floors[tier + 1] <= notional) tier++;
  return tier;
}

PLIMSOLL_HD inline double requirementOf(const TierTable& table, double notional) {
  const uint32_t tier = tierOf(table, notional);
  return table.rates[tier] * notional - table.deductions[tier];
}

/** A row's line in block 0, what slack gains beside slope·size, and the magnitudes that this was computed from. */
struct RowTerm {
  uint32_t line;
  double constant;
  double magnitude;
};

PLIMSOLL_HD inline uint32_t lineOf(const MarketView& market, uint32_t tier, double lots) {
  return market.firstLine + 2 * tier + (lots < 0 ? 1 : 0);
}

/** A requirement on the worth at entry does not move: −f is a constant. */
PLIMSOLL_HD inline RowTerm assignOnEntry(const MarketView& market, const TierTable& table, double lots, double entry, double above) {
  const double notional = fabs(entry) * above;
  const uint32_t tier = tierOf(table, notional);
  return {lineOf(market, 0, lots), -requirementOf(table, notional), notional * table.rates[tier] + table.deductions[tier]};
}

/** The tangent of the tier at the window's low end less its guard at the high end; of a stepped table the dearest rate. */
PLIMSOLL_HD inline RowTerm assignOnMark(const MarketView& market, const TierTable& table, double lots, double window, double above) {
  const double notional = fabs(lots * market.reference);
  const double high = notional * (1 + window) * above;
  const bool stepped = (market.flags & kMarketStepped) != 0;
  const uint32_t tier = stepped ? tierOf(table, high) : tierOf(table, notional / (1 + window));
  if (stepped || !(notional > 0)) return {lineOf(market, tier, lots), 0.0, 0.0};
  const double guard = requirementOf(table, high) - (table.rates[tier] * high - table.deductions[tier]);
  const uint32_t last = table.tiers - 1;
  return {lineOf(market, tier, lots), table.deductions[tier] - (guard > 0 ? guard : 0.0),
          2 * (high * table.rates[last] + table.deductions[last])};
}

/** Signed worth at entry in the settle asset; `cost` is lots × price in 10^-18. */
PLIMSOLL_HD inline double entryOf(const MarketView& market, double lots, double cost) {
  const double worth = cost * kExactUnit;
  if ((market.flags & kMarketInverse) != 0) return (-market.lotValue * lots * lots) / worth;
  return worth * market.lotValue;
}

/** Two 64-bit limbs, little-endian, as a float64 within 2^-51. */
PLIMSOLL_HD inline double limbsToNumber(const uint32_t* words) {
  const double upper = static_cast<double>(static_cast<int32_t>(words[3])) * 0x1p32 + static_cast<double>(words[2]);
  return (upper * 0x1p32 + static_cast<double>(words[1])) * 0x1p32 + static_cast<double>(words[0]);
}

/** Bound on the rounding of a sum of so many terms and of what they were computed from. */
PLIMSOLL_HD inline double roundingOf(uint32_t terms, double magnitude) { return (2.0 * terms + 24.0) * kRoundoff * magnitude; }

/** The largest float32 that is not above x. */
PLIMSOLL_HD inline float floorToFloat(double x) {
  union {
    float value;
    int32_t bits;
  } word;
  word.value = static_cast<float>(x);
  if (static_cast<double>(word.value) <= x) return word.value;
  if (word.value == 0) return -0x1p-149f;
  word.bits += word.value > 0 ? -1 : 1;
  return word.value;
}

/** The upper half of a float32, to nearest. */
PLIMSOLL_HD inline uint16_t toUpperHalf(double value) {
  union {
    float value;
    uint32_t bits;
  } word;
  word.value = static_cast<float>(value);
  return static_cast<uint16_t>((word.bits + 0x8000u) >> 16);
}

}  // namespace plimsoll
