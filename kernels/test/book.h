/** A book in host memory as the store lays it out, made from a seed. Must know neither how it is scanned nor what is found in it. */
#pragma once

#include <memory>
#include <vector>

#include "plimsoll/layout.h"
#include "random.h"

namespace plimsoll_test {

using plimsoll::ChunkView;
using plimsoll::kLanes;

/** What lanes are made to be. */
enum class Kind { kOrdinary, kNone, kAll, kEverySecond, kTies, kUnpriced, kSpecial, kHedged, kFewBreached };

/** A tick's tables. Lines from `firstClosing` on end groups. */
struct Tick {
  std::vector<double> slopes;
  std::vector<double> pairs;
  std::vector<uint32_t> starts;
  std::vector<double> breaks;
  std::vector<double> gains;
  std::vector<double> constants;
  std::vector<double> needs;
  std::vector<double> notionals;
  std::vector<double> ends;
  uint32_t firstClosing;

  uint32_t lines() const { return static_cast<uint32_t>(slopes.size()); }
  uint32_t assets() const { return static_cast<uint32_t>(starts.size()) - 1; }
};

struct Chunk {
  std::vector<uint32_t> line;
  std::vector<float> size;
  std::vector<float> cash;
  std::vector<uint32_t> handle;
  std::vector<uint16_t> fixed;
  ChunkView view;
};

struct Shelf {
  uint32_t width;
  uint32_t method;
  uint32_t lanes;  // given out so far
  Kind kind;
};

/** Chunks stand by shelf and slot, and never move. */
class Book {
 public:
  Book(uint64_t seed, uint32_t slicesPerChunk) : random_(seed), slicesPerChunk_(slicesPerChunk) {}

  /** Of chunks from now on. */
  void setSlicesPerChunk(uint32_t slices) { slicesPerChunk_ = slices; }
  void addShelf(uint32_t width, uint32_t method, uint32_t lanes, Kind kind, const Tick& tick);
  /** More lanes on a shelf, chunks as they are needed. */
  void grow(uint32_t shelf, uint32_t lanes, const Tick& tick);
  /** One lane made anew. */
  void fill(Chunk& chunk, uint32_t lane, Kind kind, const Tick& tick);
  void empty(Chunk& chunk, uint32_t lane);

  std::vector<std::unique_ptr<Chunk>>& chunks() { return chunks_; }
  const std::vector<std::unique_ptr<Chunk>>& chunks() const { return chunks_; }
  const std::vector<Shelf>& shelves() const { return shelves_; }
  Random& random() { return random_; }

 private:
  Chunk& chunkOf(uint32_t shelf, uint32_t lane);
  void fillRow(Chunk& chunk, size_t row, bool last, Kind kind, const Tick& tick);

  Random random_;
  uint32_t slicesPerChunk_;
  uint32_t handles_ = 0;
  Chunk* last_ = nullptr;  // that a lane was looked for in: books grow lane by lane
  std::vector<Shelf> shelves_;
  std::vector<std::unique_ptr<Chunk>> chunks_;
};

/** `unpriced`: this share of the lines has no price. */
Tick makeTick(Random& random, uint32_t lines, uint32_t assets, double unpriced, bool special);

}  // namespace plimsoll_test
