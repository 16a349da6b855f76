/**
 * The CUDA library against a plain loop, on books from fixed seeds: on a device, or on the host's loops where it is built so. `--canary` makes one
 * expected handle wrong, so that the suite must fail; `--short` is for a slow checker of memory. Owns the list of cases; must know nothing of how
 * a scan is done.
 */
#include <algorithm>
#include <cstring>
#include <iterator>

#include "faults.h"
#include "residence.h"
#include "session.h"

namespace plimsoll_test {
namespace {

constexpr uint64_t kSeed = 20261124;
constexpr uint32_t kWidths[] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48};
constexpr uint32_t kGroupWidths[] = {2, 3, 4, 6, 8, 12, 16, 24, 48};
constexpr uint32_t kLaneCounts[] = {0, 1, 31, 32, 33, 255, 256, 257};
constexpr Kind kKinds[] = {Kind::kOrdinary, Kind::kNone,     Kind::kAll,     Kind::kEverySecond,
                           Kind::kTies,     Kind::kUnpriced, Kind::kSpecial, Kind::kHedged};
constexpr uint32_t kLines = 300;
constexpr uint32_t kAssets = 5;
/** Of a large book, where there is no time for one. */
constexpr uint32_t kShortLanes = 5000;

Tick tickFor(Random& random, Kind kind) {
  return makeTick(random, kLines, kAssets, kind == Kind::kUnpriced ? 0.1 : 0.0, kind == Kind::kSpecial);
}

/** Every width, count of lanes and kind on a shelf of its own, all seen by one handle one after the other: each book replaces the last. */
void testShelves(Tally& tally, uint32_t method) {
  Random random(kSeed + method);
  Session session(tally, method == plimsoll::kMethodLines ? "shelves of lines" : "shelves of groups", {0});
  const uint32_t* const widths = method == plimsoll::kMethodLines ? kWidths : kGroupWidths;
  const size_t count = method == plimsoll::kMethodLines ? std::size(kWidths) : std::size(kGroupWidths);
  for (size_t w = 0; w < count; w++) {
    for (const uint32_t lanes : kLaneCounts) {
      for (const Kind kind : kKinds) {
        const Tick tick = tickFor(random, kind);
        Book book(random.bits(), 4);
        book.addShelf(widths[w], method, lanes, kind, tick);
        session.scan(book, book, tick, everySlice(book), random.chance(0.3));
      }
    }
  }
}

/** Books of many shelves, larger than a grid, over one device and several. */
void testLargeBooks(Tally& tally, uint32_t devices, uint32_t lanes) {
  for (const Kind kind : kKinds) {
    Random random(kSeed + 100 * devices + static_cast<uint64_t>(kind));
    const Tick tick = tickFor(random, kind);
    Book book(random.bits(), 32);
    for (const uint32_t width : kWidths) book.addShelf(width, plimsoll::kMethodLines, lanes / width + random.below(300), kind, tick);
    for (const uint32_t width : kGroupWidths) book.addShelf(width, plimsoll::kMethodGroups, lanes / width / 4 + random.below(300), kind, tick);
    Session session(tally, "large book, kind " + std::to_string(static_cast<int>(kind)) + ", devices " + std::to_string(devices),
                    devicesUpTo(devices));
    session.scan(book, book, tick, {}, false);
    session.scan(book, book, tick, {}, true);
    const Tick next = tickFor(random, kind);
    session.scan(book, book, next, {}, true);
    session.scan(book, book, next, {}, false);
    tally.check(session.cost().uploadedSlices == 0, "expected nothing to be uploaded where nothing changed");
  }
}

/** Some lanes made anew; their slices by shelf, each once. */
std::vector<plimsoll::DirtySlice> change(Book& book, const Tick& tick) {
  std::vector<plimsoll::DirtySlice> dirty;
  for (const auto& chunk : book.chunks()) {
    const Kind kind = book.shelves()[chunk->view.shelf].kind;
    for (uint32_t slice = 0; slice < chunk->view.slices; slice++) {
      if (!book.random().chance(0.1)) continue;
      for (uint32_t i = 0; i < 4; i++) {
        const uint32_t lane = slice * kLanes + book.random().below(kLanes);
        if (book.random().chance(0.2)) book.empty(*chunk, lane);
        else book.fill(*chunk, lane, kind, tick);
      }
      dirty.push_back({chunk->view.shelf, chunk->view.slot / kLanes + slice});
    }
  }
  return dirty;
}

/** A book that lives: rows change, shelves and tables grow, chunks come and go, between scans of one handle. */
void testLife(Tally& tally, uint32_t devices) {
  Random random(kSeed + 7 * devices);
  uint32_t lines = kLines;
  Tick tick = makeTick(random, lines, kAssets, 0.0, false);
  Book book(random.bits(), 16);
  for (const uint32_t width : kWidths) book.addShelf(width, plimsoll::kMethodLines, random.below(700), Kind::kOrdinary, tick);
  for (const uint32_t width : kGroupWidths) book.addShelf(width, plimsoll::kMethodGroups, random.below(300), Kind::kTies, tick);
  Session session(tally, "life, devices " + std::to_string(devices), devicesUpTo(devices));
  std::unique_ptr<Chunk> away;
  size_t awayAt = 0;
  std::vector<plimsoll::DirtySlice> grown;
  for (uint32_t round = 0; round < 40; round++) {
    std::vector<plimsoll::DirtySlice> dirty = change(book, tick);
    dirty.insert(dirty.end(), grown.begin(), grown.end());
    grown.clear();
    session.scan(book, book, tick, dirty, round % 5 == 0);
    const bool returned = away != nullptr;
    if (returned) book.chunks().insert(book.chunks().begin() + static_cast<std::ptrdiff_t>(awayAt), std::move(away));
    if (round % 3 == 0) grown = grow(book, random.below(static_cast<uint32_t>(book.shelves().size())), 1 + random.below(900), tick);
    if (round % 7 == 3) lines += 1 + random.below(40);
    if (!returned && round % 4 == 2) {
      awayAt = random.below(static_cast<uint32_t>(book.chunks().size()));
      away = std::move(book.chunks()[awayAt]);
      book.chunks().erase(book.chunks().begin() + static_cast<std::ptrdiff_t>(awayAt));
      session.scan(book, book, tick, grown, false);
      continue;
    }
    // New lines come before the closings, which move up with them: rows on closings are told anew.
    if (lines != tick.lines()) {
      const uint32_t before = tick.firstClosing;
      const uint32_t more = lines - tick.lines();
      tick = makeTick(random, lines, kAssets, 0.0, false);
      for (const auto& chunk : book.chunks())
        for (uint32_t& line : chunk->line) line += line >= before ? more : 0;
      session.scan(book, book, tick, everySlice(book), false);
    } else {
      tick = makeTick(random, lines, kAssets, round % 6 == 0 ? 0.01 : 0.0, false);
    }
  }
}

void testBadRequests(Tally& tally) {
  Random random(kSeed + 5);
  const Tick tick = makeTick(random, kLines, kAssets, 0.0, false);
  const auto refused = [&](const char* name, bool near, const auto& spoil) {
    Book book(kSeed, 4);
    book.addShelf(4, plimsoll::kMethodLines, 100, Kind::kOrdinary, tick);
    spoil(*book.chunks()[0]);
    Session session(tally, name, {0});
    session.scanFails(book, tick, plimsoll::kCudaBadRequest, near);
  };
  refused("near lists", true, [](Chunk&) {});
  refused("a width of 5", false, [](Chunk& chunk) { chunk.view.width = 5; });
  refused("an unknown method", false, [](Chunk& chunk) { chunk.view.method = 2; });
  refused("a column missing", false, [](Chunk& chunk) { chunk.view.cash = 0; });
  refused("a slot within a slice", false, [](Chunk& chunk) { chunk.view.slot = 7; });
  refused("a line beyond the tick's", false, [](Chunk& chunk) { chunk.line[77] = kLines; });
  plimsoll::Address handle = 1;
  const uint32_t twice[] = {0, 0};
  tally.check(plimsollCudaOpen(twice, 2, &handle) == plimsoll::kCudaBadRequest && handle == 0, "a device twice");
  const uint32_t none[] = {99};
  tally.check(plimsollCudaOpen(none, 1, &handle) == plimsoll::kCudaBadRequest && handle == 0, "an unknown device");
  tally.check(plimsollCudaOpen(nullptr, 0, &handle) == plimsoll::kCudaBadRequest && handle == 0, "no device");
  tally.check(plimsollCudaScan(0, nullptr, nullptr, 0, nullptr) == plimsoll::kCudaBadRequest, "no handle");
  tally.check(plimsollCudaClose(0) == plimsoll::kCudaOk, "closing nothing");
  tally.check(plimsollCudaAbi() == plimsoll::kAbi, "the ABI's number");
}

int runAll(bool canary, bool isShort) {
  prepare(0);
  plimsoll::CudaProbe probe;
  if (const int32_t status = plimsollCudaProbe(&probe); status != plimsoll::kCudaOk) {
    std::fprintf(stderr, "parity: no GPU to test on: %s\n", errorText().c_str());
    return 2;
  }
  Tally tally;
  tally.canary = canary;
  testShelves(tally, plimsoll::kMethodLines);
  testShelves(tally, plimsoll::kMethodGroups);
  testBadRequests(tally);
  for (uint32_t variant = 0; variant < variants(); variant++) {
    prepare(variant);
    testResidence(tally, probe.count);
    for (uint32_t devices = 1; devices <= std::min(probe.count, 3u); devices++) {
      testLargeBooks(tally, devices, isShort ? kShortLanes : largeLanes());
      testLife(tally, devices);
    }
  }
  testFaults(tally);
  std::printf("{\"suite\":\"cuda parity\",\"runtime\":\"%s\",\"seed\":%llu,\"devices\":%u,\"scans\":%llu,\"lanes\":%llu,\"nominees\":%llu,"
              "\"unpriced\":%llu,\"checks\":%llu,\"failures\":%llu}\n",
              runtimeName(), static_cast<unsigned long long>(kSeed), std::min(probe.count, 3u), static_cast<unsigned long long>(tally.scans),
              static_cast<unsigned long long>(tally.lanes), static_cast<unsigned long long>(tally.nominees),
              static_cast<unsigned long long>(tally.unpriced), static_cast<unsigned long long>(tally.checks),
              static_cast<unsigned long long>(tally.failures));
  return tally.failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace plimsoll_test

int main(int count, char** arguments) {
  const auto has = [&](const char* option) { return count > 1 && std::strcmp(arguments[1], option) == 0; };
  return plimsoll_test::runAll(has("--canary"), has("--short"));
}
