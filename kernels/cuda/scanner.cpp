/** See scanner.h. */
#include "cuda/scanner.h"

#include <algorithm>
#include <cstring>

#include "cuda/limits.h"
#include "plimsoll/statistics.h"

namespace plimsoll {

namespace {

uint64_t onShelf(uint32_t shelf, uint32_t slice) { return uint64_t{shelf} << 32 | slice; }
uint64_t keyOf(const ChunkView& chunk) { return onShelf(chunk.shelf, chunk.slot / kLanes); }
uint64_t rowsOf(const ChunkView& chunk) { return uint64_t{chunk.slices} * chunk.width * kLanes; }

/** A shelf's width must be one that the row loops take: see unrollOf in plimsoll/rows.h. */
bool isWidth(const ChunkView& chunk) {
  if (chunk.width == 0) return false;
  if (chunk.method == kMethodGroups) return true;
  return chunk.width <= 8 ? chunk.width != 5 && chunk.width != 7 : chunk.width % 8 == 0 || chunk.width % 6 == 0;
}

void requireRequest(const ScanRequest& request) {
  const VectorsView& vectors = request.vectors;
  require(request.near.wanted == 0, "expected a scan without near lists, which are not for this backend");
  require(vectors.slopes != 0 && vectors.lines > 0, "expected slopes of one line at least");
  uint64_t lanes = 0;
  for (uint32_t c = 0; c < request.chunkCount; c++) {
    const ChunkView& chunk = at<ChunkView>(request.chunks)[c];
    const std::string where = "for chunk " + std::to_string(c) + ", was ";
    require(chunk.method == kMethodLines || chunk.method == kMethodGroups, "expected a known method " + where + std::to_string(chunk.method));
    require(isWidth(chunk), "expected a shelf's width " + where + std::to_string(chunk.width));
    require(chunk.slot % kLanes == 0, "expected a slot at the start of a slice " + where + std::to_string(chunk.slot));
    require(chunk.line != 0 && chunk.size != 0 && chunk.cash != 0 && chunk.handle != 0, "expected all columns " + where + "one without");
    require(chunk.method == kMethodLines || (vectors.pairs != 0 && vectors.starts != 0), "expected tables of groups " + where + "none");
    lanes += uint64_t{chunk.slices} * kLanes;
  }
  require(lanes <= UINT32_MAX, "expected fewer than 2^32 lanes, was " + std::to_string(lanes));
}

}  // namespace

Scanner::Scanner(const uint32_t* devices, uint32_t count) {
  require(count > 0 && count <= kCudaDevicesMax, "expected 1 to " + std::to_string(kCudaDevicesMax) + " devices, was " + std::to_string(count));
  for (uint32_t i = 0; i < count; i++) devices_.push_back(std::make_unique<DeviceScan>(devices[i]));
}

void Scanner::scan(ScanRequest& request, const DirtySlice* dirty, uint32_t dirtyCount, CudaScanCost& cost) {
  requireRequest(request);
  assign(at<ChunkView>(request.chunks), request.chunkCount);
  for (uint32_t i = 0; i < dirtyCount; i++) markDirty(dirty[i]);
  if (request.statistics.wanted != 0) clearStatistics(request.statistics, request.vectors.lines);
  for (const auto& device : devices_) device->begin(request);
  Collected collected{0, 0};
  for (const auto& device : devices_) device->finish(request, collected, cost);
  request.nomineeCount = collected.nominees;
  request.unpricedCount = collected.unpriced;
}

/** From tick to tick the same chunks are asked for: then nothing is to be done. */
void Scanner::assign(const ChunkView* chunks, uint32_t count) {
  if (count != 0 && chunks_.size() == count && std::memcmp(chunks_.data(), chunks, count * sizeof(ChunkView)) == 0) return;
  std::vector<uint32_t> owners = ownersOf(chunks, count);
  if (!isEven(owners, chunks)) owners = dealtAnew(chunks, count);
  std::vector<std::vector<ChunkView>> views(devices_.size());
  places_.clear();
  owners_.clear();
  for (uint32_t c = 0; c < count; c++) {
    std::vector<ChunkView>& own = views[owners[c]];
    places_.push_back({keyOf(chunks[c]), owners[c], static_cast<uint32_t>(own.size())});
    owners_[keyOf(chunks[c])] = owners[c];
    own.push_back(chunks[c]);
  }
  std::sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) { return a.firstSlice < b.firstSlice; });
  for (size_t device = 0; device < devices_.size(); device++) devices_[device]->setChunks(views[device]);
  chunks_.assign(chunks, chunks + count);
}

/** Chunks stay where they are; one that is new goes where its neighbour is. Each device then has one stretch of the request's order. */
std::vector<uint32_t> Scanner::ownersOf(const ChunkView* chunks, uint32_t count) const {
  std::vector<uint32_t> owners(count, 0);
  uint32_t last = 0;
  for (uint32_t c = 0; c < count; c++) {
    const auto known = owners_.find(keyOf(chunks[c]));
    if (known != owners_.end()) last = known->second;
    owners[c] = last;
  }
  return owners;
}

/** Whether devices have stretches in order, none of them far beyond its share. */
bool Scanner::isEven(const std::vector<uint32_t>& owners, const ChunkView* chunks) const {
  if (!std::is_sorted(owners.begin(), owners.end())) return false;
  std::vector<uint64_t> rows(devices_.size(), 0);
  uint64_t total = 0;
  uint64_t largest = 0;
  for (size_t c = 0; c < owners.size(); c++) {
    rows[owners[c]] += rowsOf(chunks[c]);
    total += rowsOf(chunks[c]);
    largest = std::max(largest, rowsOf(chunks[c]));
  }
  const double share = static_cast<double>(total) / static_cast<double>(devices_.size());
  // Whole chunks are dealt, so that one may always be too many.
  return static_cast<double>(*std::max_element(rows.begin(), rows.end())) <= kImbalanceMax * share + static_cast<double>(largest);
}

std::vector<uint32_t> Scanner::dealtAnew(const ChunkView* chunks, uint32_t count) const {
  uint64_t total = 0;
  for (uint32_t c = 0; c < count; c++) total += rowsOf(chunks[c]);
  std::vector<uint32_t> owners(count, 0);
  uint64_t before = 0;
  for (uint32_t c = 0; c < count; c++) {
    const uint64_t middle = before + rowsOf(chunks[c]) / 2;
    before += rowsOf(chunks[c]);
    const double share = total == 0 ? 0.0 : static_cast<double>(middle) / static_cast<double>(total);
    owners[c] = std::min(static_cast<uint32_t>(share * static_cast<double>(devices_.size())), static_cast<uint32_t>(devices_.size()) - 1);
  }
  return owners;
}

void Scanner::markDirty(const DirtySlice& dirty) {
  const uint64_t slice = onShelf(dirty.shelf, dirty.slice);
  const auto isBefore = [](uint64_t wanted, const Place& place) { return wanted < place.firstSlice; };
  const auto after = std::upper_bound(places_.begin(), places_.end(), slice, isBefore);
  if (after == places_.begin()) return;
  const Place& place = *(after - 1);
  if (slice >> 32 != place.firstSlice >> 32) return;
  devices_[place.device]->markDirty(place.index, static_cast<uint32_t>(slice - place.firstSlice));
}

}  // namespace plimsoll
