/** See retier.h. */
#include "cpu/retier.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "plimsoll/tiers.h"

namespace plimsoll {
namespace {

/** Rows of a piece: what one thread takes at a time. */
constexpr uint32_t kPieceRows = 1 << 14;

struct Piece {
  const RetierChunk* chunk;
  uint32_t firstSlice;
  uint32_t slices;
  uint32_t firstLane;  // among all lanes of the request
  uint32_t leftCount;
};

/** A lane's rows, its own columns, and what it is folded from. */
struct Lane {
  uint32_t* line;
  const double* lots;
  const uint32_t* cost;  // four words a row
  const uint32_t* balance;
};

bool hasStale(const uint8_t* stale, const uint32_t* line, uint32_t width) {
  uint8_t any = 0;
  for (uint32_t j = 0; j < width; j++) any |= stale[line[j * kLanes]];
  return any != 0;
}

TierTable tableOf(const RetierRequest& request, const MarketView& market) {
  return {at<double>(request.floors) + market.firstTier, at<double>(request.rates) + market.firstTier,
          at<double>(request.deductions) + market.firstTier, market.tiers};
}

/** Whether all rows are positions that settle in the valuation asset. Counts them. */
bool isPlain(const RetierRequest& request, const Lane& lane, uint32_t width, uint32_t& rows) {
  for (rows = 0; rows < width && lane.line[rows * kLanes] != kPaddingLine; rows++) {
    const uint32_t line = lane.line[rows * kLanes];
    if (at<uint8_t>(request.kinds)[line] != kRowPosition) return false;
    if ((at<MarketView>(request.markets)[at<uint32_t>(request.owners)[line]].flags & kMarketAlone) == 0) return false;
  }
  return true;
}

/** The constants of a lane; its rows are put on their lines. */
struct Folded {
  float cash;
  uint16_t fixed;
};

Folded fold(const RetierRequest& request, const Lane& lane, uint32_t rows) {
  const double balance = limbsToNumber(lane.balance) * kExactUnit;
  double sum = balance;
  double magnitude = std::fabs(balance);
  double fixed = 0.0;
  for (uint32_t j = 0; j < rows; j++) {
    uint32_t& line = lane.line[j * kLanes];
    const MarketView& market = at<MarketView>(request.markets)[at<uint32_t>(request.owners)[line]];
    const TierTable table = tableOf(request, market);
    const double lots = lane.lots[j * kLanes];
    const double entry = entryOf(market, lots, limbsToNumber(lane.cost + 4 * static_cast<size_t>(j) * kLanes));
    const RowTerm term = (market.flags & kMarketOnEntry) != 0 ? assignOnEntry(market, table, lots, entry, request.above)
                                                             : assignOnMark(market, table, lots, request.window, request.above);
    line = term.line;
    sum += term.constant - entry;
    fixed += term.constant;
    magnitude += std::fabs(entry) + term.magnitude;
  }
  return {floorToFloat(sum - roundingOf(rows, magnitude)), toUpperHalf(fixed)};
}

void retierPiece(const RetierRequest& request, Piece& piece) {
  const RetierChunk& chunk = *piece.chunk;
  const uint32_t width = chunk.width;
  const uint8_t* stale = at<uint8_t>(request.stale);
  uint32_t* left = at<uint32_t>(request.left) + piece.firstLane;
  uint8_t* changed = at<uint8_t>(request.changed) + piece.firstLane / kLanes;
  for (uint32_t slice = 0; slice < piece.slices; slice++) {
    const size_t firstLane = static_cast<size_t>(piece.firstSlice + slice) * kLanes;
    uint8_t any = 0;
    for (uint32_t l = 0; l < kLanes; l++) {
      const size_t row = firstLane * width + l;
      const Lane lane{at<uint32_t>(chunk.line) + row, at<double>(chunk.lots) + row, at<uint32_t>(chunk.cost) + 4 * row, nullptr};
      if (!hasStale(stale, lane.line, width)) continue;
      const uint32_t handle = at<uint32_t>(chunk.handle)[firstLane + l];
      uint32_t rows = 0;
      if (!isPlain(request, lane, width, rows)) {
        left[piece.leftCount++] = handle;
        continue;
      }
      const Address balances = at<Address>(request.balances)[handle >> request.handleBits];
      const uint32_t* balance = at<uint32_t>(balances) + 4 * static_cast<size_t>(handle & ((1u << request.handleBits) - 1));
      const Folded folded = fold(request, {lane.line, lane.lots, lane.cost, balance}, rows);
      at<float>(chunk.cash)[firstLane + l] = folded.cash;
      at<uint16_t>(chunk.fixed)[firstLane + l] = folded.fixed;
      any = 1;
    }
    changed[slice] = any;
  }
}

std::vector<Piece> piecesOf(const RetierRequest& request) {
  std::vector<Piece> pieces;
  uint32_t firstLane = 0;
  for (uint32_t c = 0; c < request.chunkCount; c++) {
    const RetierChunk& chunk = at<RetierChunk>(request.chunks)[c];
    const uint32_t most = std::max(1u, kPieceRows / (chunk.width * kLanes));
    for (uint32_t first = 0; first < chunk.slices; first += most) {
      const uint32_t slices = std::min(most, chunk.slices - first);
      pieces.push_back({&chunk, first, slices, firstLane, 0});
      firstLane += slices * kLanes;
    }
  }
  return pieces;
}

}  // namespace

void retier(Pool& pool, RetierRequest& request) {
  std::vector<Piece> pieces = piecesOf(request);
  pool.run(static_cast<uint32_t>(pieces.size()), pool.size(), [&](uint32_t index, uint32_t) {
    Piece piece = pieces[index];
    retierPiece(request, piece);
    pieces[index] = piece;
  });
  uint32_t* left = at<uint32_t>(request.left);
  uint32_t count = 0;
  for (const Piece& piece : pieces) {
    if (piece.leftCount > 0) std::memmove(left + count, left + piece.firstLane, piece.leftCount * sizeof(uint32_t));
    count += piece.leftCount;
  }
  request.leftCount = count;
}

}  // namespace plimsoll
