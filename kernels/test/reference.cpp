/** See reference.h. */
#include "reference.h"

#include <cmath>
#include <cstring>

namespace plimsoll_test {

namespace {

struct Value {
  double x;
  double s;
};

Value valueOfLines(const Chunk& chunk, size_t lane, const Tick& tick) {
  const uint32_t width = chunk.view.width;
  const size_t first = lane / 32 * width * 32 + lane % 32;
  uint32_t together = 6;
  if (width <= 8) together = width;
  else if (width % 8 == 0) together = 8;
  Value value{chunk.cash[lane], 0.0};
  for (uint32_t start = 0; start < width; start += together) {
    double sum = 0.0;
    double magnitudes = 0.0;
    for (uint32_t j = start; j < start + together; j++) {
      const double product = static_cast<double>(chunk.size[first + 32 * j]) * tick.slopes[chunk.line[first + 32 * j]];
      // Not from 0: −0 + 0 would be 0.
      sum = j == start ? product : sum + product;
      magnitudes = j == start ? std::fabs(product) : magnitudes + std::fabs(product);
    }
    value.x += sum;
    value.s += magnitudes;
  }
  return value;
}

Value valueOfGroups(const Chunk& chunk, size_t lane, const Tick& tick, double relative) {
  const uint32_t width = chunk.view.width;
  const size_t first = lane / 32 * width * 32 + lane % 32;
  Value value{chunk.cash[lane], 0.0};
  double equity = 0.0;
  for (uint32_t j = 0; j < width; j++) {
    const uint32_t line = chunk.line[first + 32 * j];
    const double size = chunk.size[first + 32 * j];
    const double toEquity = size * tick.pairs[2 * line];
    const double beside = size * tick.pairs[2 * line + 1];
    equity += toEquity;
    value.x += beside;
    value.s += std::fabs(toEquity) + std::fabs(beside);
    if (line < tick.firstClosing) continue;
    const uint32_t asset = line - tick.firstClosing;
    const double low = equity - value.s * relative;
    uint32_t segment = tick.starts[asset];
    for (uint32_t k = segment + 1; k < tick.starts[asset + 1] && low >= tick.breaks[k]; k++) segment = k;
    value.x += tick.gains[segment] * low + tick.constants[segment];
    value.s += 4 * std::fabs(low);
    equity = 0.0;
  }
  return value;
}

void addStatistics(const Chunk& chunk, size_t lane, double slack, const Tick& tick, Expected& expected) {
  const uint32_t width = chunk.view.width;
  const size_t first = lane / 32 * width * 32 + lane % 32;
  double maintenance = 0.0;
  double notional = 0.0;
  if (chunk.view.fixed != 0) {
    const uint32_t bits = static_cast<uint32_t>(chunk.fixed[lane]) * 65536u;
    float less = 0.0f;
    std::memcpy(&less, &bits, sizeof less);
    maintenance = -static_cast<double>(less);
  }
  for (uint32_t j = 0; j < width; j++) {
    const uint32_t line = chunk.line[first + 32 * j];
    if (line == 0) break;
    const double size = std::fabs(static_cast<double>(chunk.size[first + 32 * j]));
    maintenance += size * tick.needs[line];
    notional += size * tick.notionals[line];
    expected.lineSize[line] += size;
    expected.lineCount[line] += 1;
  }
  const double equity = slack + maintenance;
  expected.equity += equity;
  expected.equityMagnitude += std::fabs(equity);
  expected.maintenance += maintenance;
  if (!(maintenance > 0)) return;
  size_t band = 0;
  while (band < tick.ends.size() && !(equity / maintenance < tick.ends[band])) band++;
  expected.bandCount[band] += 1;
  expected.bandNotional[band] += notional;
}

}  // namespace

Expected expectedOf(const Book& book, const Tick& tick) {
  Expected expected;
  expected.bandCount.assign(64, 0.0);
  expected.bandNotional.assign(64, 0.0);
  expected.lineSize.assign(tick.lines(), 0.0);
  expected.lineCount.assign(tick.lines(), 0.0);
  for (const auto& chunk : book.chunks()) {
    const double relative = std::pow(2.0, -24) * (1 + std::pow(2.0, -10)) + (8.0 * chunk->view.width + 64) * std::pow(2.0, -53);
    const bool groups = chunk->view.method == plimsoll::kMethodGroups;
    for (size_t lane = 0; lane < size_t{chunk->view.slices} * 32; lane++) {
      const Value value = groups ? valueOfGroups(*chunk, lane, tick, relative) : valueOfLines(*chunk, lane, tick);
      if (std::isnan(value.x)) expected.unpriced.push_back(chunk->handle[lane]);
      else if (!(value.x > value.s * relative + std::pow(2.0, -760))) expected.nominees.push_back(chunk->handle[lane]);
      if (chunk->handle[lane] != plimsoll::kNoHandle && std::isfinite(value.x)) addStatistics(*chunk, lane, value.x, tick, expected);
    }
  }
  return expected;
}

}  // namespace plimsoll_test
