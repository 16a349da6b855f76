/** See residence.h. */
#include "residence.h"

#include <algorithm>

namespace plimsoll_test {

namespace {

constexpr uint64_t kSeed = 20261126;
constexpr uint32_t kLines = 300;
constexpr uint32_t kAssets = 5;

Tick makePlainTick(uint64_t seed) {
  Random random(seed);
  return makeTick(random, kLines, kAssets, 0.0, false);
}

void breach(Book& book, size_t chunk, uint32_t lane) { book.chunks()[chunk]->cash[lane] = -3e38f; }

/** What changed and was not told is not seen: the book is on the device, and only what is dirty goes there. */
void testDirty(Tally& tally) {
  const Tick tick = makePlainTick(kSeed);
  Book book(kSeed, 8);
  Book asTold(kSeed, 8);
  for (Book* each : {&book, &asTold}) each->addShelf(4, plimsoll::kMethodLines, 1000, Kind::kNone, tick);
  Session session(tally, "dirty slices", {0});
  session.scan(book, asTold, tick, {}, false);
  breach(book, 0, 40);
  breach(book, 1, 3);
  breach(asTold, 1, 3);
  session.scan(book, asTold, tick, {{0, 8}}, false);
  tally.check(session.cost().uploadedSlices == 1, "expected one slice to be uploaded");
  session.scan(book, book, tick, {{0, 1}, {0, 1}, {0, 99}, {7, 25}}, false);
  tally.check(session.cost().uploadedSlices == 2, "expected no slice of another shelf to be uploaded");
}

/** Slices that were not asked for meanwhile are uploaded when they are asked for again, told or not. */
void testShorterChunk(Tally& tally) {
  const Tick tick = makePlainTick(kSeed + 1);
  Book book(kSeed + 1, 8);
  book.addShelf(3, plimsoll::kMethodLines, 256, Kind::kNone, tick);
  Session session(tally, "a chunk that is shorter for a while", {0});
  session.scan(book, book, tick, {}, false);
  book.chunks()[0]->view.slices = 4;
  session.scan(book, book, tick, {}, false);
  breach(book, 0, 200);
  session.scan(book, book, tick, {{0, 6}}, false);
  book.chunks()[0]->view.slices = 8;
  session.scan(book, book, tick, {}, false);
  tally.check(session.cost().uploadedSlices == 4, "expected the slices that came back to be uploaded");
}

/** More blocks, or tables that were not transferred before, with everything else where it was: what a graph of before would miss. */
void testLargerGraph(Tally& tally) {
  const Tick tick = makePlainTick(kSeed + 2);
  Book book(kSeed + 2, 64);
  for (uint32_t shelf = 0; shelf < 3; shelf++) book.addShelf(2, plimsoll::kMethodLines, 6 * kLanes, Kind::kOrdinary, tick);
  Session session(tally, "a larger graph", {0});
  session.scan(book, book, tick, {}, false);
  session.scan(book, book, tick, grow(book, 2, 6 * kLanes, tick), false);
  book.addShelf(3, plimsoll::kMethodGroups, 6 * kLanes, Kind::kOrdinary, tick);
  book.chunks().erase(book.chunks().begin());
  session.scan(book, book, tick, {}, false);
}

/** The same book under more lines, which may leave room for fewer blocks. */
void testMoreLines(Tally& tally) {
  Book book(kSeed + 3, 64);
  book.addShelf(2, plimsoll::kMethodLines, 9000, Kind::kOrdinary, makePlainTick(kSeed + 3));
  Session session(tally, "more lines", {0});
  for (const uint32_t lines : {kLines, 2 * kLines, 3 * kLines}) {
    Random random(lines);
    session.scan(book, book, makeTick(random, lines, kAssets, 0.0, false), {}, lines == 3 * kLines);
  }
}

/** Chunks stay on their device while the book grows, and results are in the request's order whatever that is. */
void testDealing(Tally& tally, uint32_t devices) {
  const Tick tick = makePlainTick(kSeed + 4);
  Book book(kSeed + 4, 4);
  book.addShelf(2, plimsoll::kMethodLines, 4000, Kind::kOrdinary, tick);
  book.addShelf(4, plimsoll::kMethodLines, 1000, Kind::kOrdinary, tick);
  Session session(tally, "chunks dealt to devices", devicesUpTo(devices));
  session.scan(book, book, tick, {}, false);
  const std::vector<plimsoll::DirtySlice> grown = grow(book, 0, 2000, tick);
  session.scan(book, book, tick, grown, false);
  tally.check(session.cost().uploadedSlices <= grown.size(), "expected no chunk to be moved where few were added");
  std::reverse(book.chunks().begin(), book.chunks().end());
  session.scan(book, book, tick, {}, false);
  std::swap(book.chunks().front(), book.chunks().back());
  session.scan(book, book, tick, {}, true);
  std::sort(book.chunks().begin(), book.chunks().end(), [](const auto& a, const auto& b) {
    return a->view.shelf != b->view.shelf ? a->view.shelf < b->view.shelf : a->view.slot < b->view.slot;
  });
  session.scan(book, book, tick, grow(book, 1, 9000, tick), true);
}

}  // namespace

std::vector<uint32_t> devicesUpTo(uint32_t count) {
  std::vector<uint32_t> devices;
  for (uint32_t i = 0; i < count; i++) devices.push_back(i);
  return devices;
}

std::vector<plimsoll::DirtySlice> everySlice(const Book& book) {
  std::vector<plimsoll::DirtySlice> all;
  for (const auto& chunk : book.chunks())
    for (uint32_t slice = 0; slice < chunk->view.slices; slice++) all.push_back({chunk->view.shelf, chunk->view.slot / kLanes + slice});
  return all;
}

std::vector<plimsoll::DirtySlice> grow(Book& book, uint32_t shelf, uint32_t lanes, const Tick& tick) {
  const uint32_t before = book.shelves()[shelf].lanes;
  book.grow(shelf, lanes, tick);
  std::vector<plimsoll::DirtySlice> dirty;
  for (uint32_t slice = before / kLanes; slice <= (before + lanes - 1) / kLanes; slice++) dirty.push_back({shelf, slice});
  return dirty;
}

void testResidence(Tally& tally, uint32_t devices) {
  testDirty(tally);
  testShorterChunk(tally);
  testLargerGraph(tally);
  testMoreLines(tally);
  testDealing(tally, 1);
  if (devices > 1) testDealing(tally, 2);
}

}  // namespace plimsoll_test
