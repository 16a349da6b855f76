/** See book.h. */
#include "book.h"

#include <algorithm>
#include <limits>

namespace plimsoll_test {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNoPrice = std::numeric_limits<double>::quiet_NaN();

/** What arithmetic treats apart. */
double specialOf(Random& random) {
  const double list[] = {0.0, -0.0, kInfinity, -kInfinity, 0x1p-1074, -0x1p-1060, 0x1p-149, 0x1p1000, -0x1p-760, 1.0};
  return list[random.below(10)];
}

float specialSizeOf(Random& random) {
  const float list[] = {0.0f, -0.0f, 0x1p-149f, -0x1p-140f, 0x1p127f, 1.0f};
  return list[random.below(6)];
}

/** Σ size·slope of a lane, to set cash against; its own rounding does not matter. */
double worthOf(const Chunk& chunk, size_t row, const Tick& tick, double& gross) {
  double worth = 0.0;
  gross = 0.0;
  for (uint32_t j = 0; j < chunk.view.width; j++) {
    const double p = static_cast<double>(chunk.size[row + j * kLanes]) * tick.slopes[chunk.line[row + j * kLanes]];
    worth += p;
    gross += std::fabs(p);
  }
  return worth;
}

float cashOf(Kind kind, uint32_t lane, double worth, double gross, Random& random) {
  const auto nearby = [&] {
    const float exact = static_cast<float>(-worth);
    const int steps = static_cast<int>(random.below(7)) - 3;
    float cash = exact;
    for (int i = 0; i < std::abs(steps); i++) cash = std::nextafter(cash, steps < 0 ? -3e38f : 3e38f);
    return cash;
  };
  switch (kind) {
    case Kind::kNone: return static_cast<float>(gross * 2 - worth + 1.0);
    case Kind::kAll: return static_cast<float>(-gross * 2 - 1.0);
    case Kind::kEverySecond: return static_cast<float>(lane % 2 == 0 ? -gross * 2 - 1.0 : gross * 2 - worth + 1.0);
    case Kind::kTies:
    case Kind::kHedged: return nearby();
    case Kind::kSpecial: return random.chance(0.3) ? static_cast<float>(specialOf(random)) : nearby();
    case Kind::kFewBreached: return static_cast<float>(gross * random.between(-0.002, 0.6) - worth);
    default: return static_cast<float>(gross * random.between(-0.05, 0.6) - worth);
  }
}

}  // namespace

void Book::addShelf(uint32_t width, uint32_t method, uint32_t lanes, Kind kind, const Tick& tick) {
  shelves_.push_back({width, method, 0, kind});
  grow(static_cast<uint32_t>(shelves_.size()) - 1, lanes, tick);
}

void Book::grow(uint32_t shelf, uint32_t lanes, const Tick& tick) {
  for (uint32_t i = 0; i < lanes; i++) {
    const uint32_t slot = shelves_[shelf].lanes++;
    Chunk& chunk = chunkOf(shelf, slot);
    const uint32_t lane = slot - chunk.view.slot;
    chunk.view.slices = lane / kLanes + 1;
    fill(chunk, lane, shelves_[shelf].kind, tick);
    if (random_.chance(0.03)) empty(chunk, lane);
  }
}

Chunk& Book::chunkOf(uint32_t shelf, uint32_t slot) {
  const uint32_t lanes = slicesPerChunk_ * kLanes;
  const uint32_t first = slot / lanes * lanes;
  if (last_ != nullptr && last_->view.shelf == shelf && last_->view.slot == first) return *last_;
  auto place = std::find_if(chunks_.begin(), chunks_.end(), [&](const auto& chunk) {
    return chunk->view.shelf > shelf || (chunk->view.shelf == shelf && chunk->view.slot >= first);
  });
  if (place != chunks_.end() && (*place)->view.shelf == shelf && (*place)->view.slot == first) return *(last_ = place->get());
  const Shelf& owner = shelves_[shelf];
  auto chunk = std::make_unique<Chunk>();
  chunk->line.assign(size_t{lanes} * owner.width, plimsoll::kPaddingLine);
  chunk->size.assign(size_t{lanes} * owner.width, 0.0f);
  chunk->cash.assign(lanes, std::numeric_limits<float>::infinity());
  chunk->handle.assign(lanes, plimsoll::kNoHandle);
  chunk->fixed.assign(lanes, 0);
  const auto address = [](const auto& column) { return static_cast<plimsoll::Address>(reinterpret_cast<uintptr_t>(column.data())); };
  const bool hasFixed = shelf % 2 == 0;
  chunk->view = {address(chunk->line), address(chunk->size), address(chunk->cash), address(chunk->handle), hasFixed ? address(chunk->fixed) : 0,
                 owner.width,          0,                    owner.method,         shelf,                  first,
                 0};
  return *(last_ = chunks_.insert(place, std::move(chunk))->get());
}

void Book::fillRow(Chunk& chunk, size_t row, bool last, Kind kind, const Tick& tick) {
  const bool groups = chunk.view.method == plimsoll::kMethodGroups;
  const uint32_t closings = tick.lines() - tick.firstClosing;
  // Skewed as markets are: most rows on the first few lines.
  const double skewed = random_.unit();
  const uint32_t end = groups ? tick.firstClosing : tick.lines();
  chunk.line[row] = 1 + static_cast<uint32_t>(skewed * skewed * skewed * (end - 1));
  chunk.size[row] = static_cast<float>(random_.wide(-3, 20));
  if (groups && (last || random_.chance(0.2))) chunk.line[row] = tick.firstClosing + random_.below(closings);
  if (kind == Kind::kSpecial && random_.chance(0.2)) chunk.size[row] = specialSizeOf(random_);
  if (kind == Kind::kHedged && !last) {
    // The row after it is its opposite but for the last digits.
    chunk.size[row + kLanes] = -chunk.size[row] * (random_.chance(0.5) ? 1.0f : 1.0f + 0x1p-23f);
    chunk.line[row + kLanes] = chunk.line[row];
  }
}

void Book::fill(Chunk& chunk, uint32_t lane, Kind kind, const Tick& tick) {
  const uint32_t width = chunk.view.width;
  const size_t first = size_t{lane / kLanes} * width * kLanes + lane % kLanes;
  const uint32_t rows = random_.chance(0.8) ? width : 1 + random_.below(width);
  const uint32_t step = kind == Kind::kHedged ? 2 : 1;
  for (uint32_t j = 0; j < width; j++) {
    chunk.line[first + j * kLanes] = plimsoll::kPaddingLine;
    chunk.size[first + j * kLanes] = 0.0f;
  }
  for (uint32_t j = 0; j < rows; j += step) {
    const bool last = j + step >= rows && j + 1 >= rows;
    fillRow(chunk, first + j * kLanes, last, j + 1 < width ? kind : Kind::kOrdinary, tick);
  }
  double gross = 0.0;
  const double worth = worthOf(chunk, first, tick, gross);
  chunk.cash[lane] = cashOf(kind, lane, worth, gross, random_);
  if (kind == Kind::kTies && random_.chance(0.2)) {
    for (uint32_t j = 0; j < width; j++) chunk.size[first + j * kLanes] = 0.0f;
    const float list[] = {0.0f, -0.0f, 0x1p-149f, -0x1p-149f};
    chunk.cash[lane] = list[random_.below(4)];
  }
  chunk.handle[lane] = handles_++;
  chunk.fixed[lane] = random_.chance(0.3) ? static_cast<uint16_t>(0x4000 + random_.below(0x300)) : 0;
}

void Book::empty(Chunk& chunk, uint32_t lane) {
  const size_t first = size_t{lane / kLanes} * chunk.view.width * kLanes + lane % kLanes;
  for (uint32_t j = 0; j < chunk.view.width; j++) {
    chunk.line[first + j * kLanes] = plimsoll::kPaddingLine;
    chunk.size[first + j * kLanes] = 0.0f;
  }
  chunk.cash[lane] = std::numeric_limits<float>::infinity();
  chunk.handle[lane] = plimsoll::kNoHandle;
  chunk.fixed[lane] = 0;
}

Tick makeTick(Random& random, uint32_t lines, uint32_t assets, double unpriced, bool special) {
  Tick tick;
  tick.firstClosing = lines - assets;
  for (uint32_t line = 0; line < lines; line++) {
    double slope = random.wide(-12, 16);
    if (special && random.chance(0.2)) slope = specialOf(random);
    if (random.chance(unpriced)) slope = kNoPrice;
    if (line == plimsoll::kPaddingLine) slope = 0.0;
    const bool position = line != plimsoll::kPaddingLine && line < tick.firstClosing;
    const double share = random.between(-0.1, 1.1);
    tick.slopes.push_back(slope);
    tick.pairs.push_back(line >= tick.firstClosing ? random.between(0.5, 2.0) : slope * share);
    tick.pairs.push_back(line >= tick.firstClosing ? 0.0 : slope * (1.0 - share));
    tick.needs.push_back(position ? std::fabs(random.wide(-16, 8)) : 0.0);
    tick.notionals.push_back(position ? std::fabs(random.wide(-12, 16)) : 0.0);
  }
  tick.starts.push_back(0);
  for (uint32_t asset = 0; asset < assets; asset++) {
    const uint32_t segments = 1 + random.below(5);
    std::vector<double> breaks;
    for (uint32_t k = 0; k < segments; k++) breaks.push_back(random.wide(-2, 22));
    std::sort(breaks.begin(), breaks.end());
    breaks[0] = -kInfinity;
    for (uint32_t k = 0; k < segments; k++) {
      tick.breaks.push_back(breaks[k]);
      tick.gains.push_back(random.between(0.0, 1.4));
      tick.constants.push_back(random.wide(-2, 18));
    }
    tick.starts.push_back(static_cast<uint32_t>(tick.breaks.size()));
  }
  for (uint32_t band = 0; band + 1 < plimsoll::kBands; band++) tick.ends.push_back(-1.0 + 0.1 * band);
  return tick;
}

}  // namespace plimsoll_test
