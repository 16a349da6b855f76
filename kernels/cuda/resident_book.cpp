/** See resident_book.h. */
#include "cuda/resident_book.h"

#include <algorithm>

#include "cuda/limits.h"

namespace plimsoll {

namespace {

/** Columns follow each other in a chunk's memory, each aligned to 64 bytes; the first four to 128, a warp's transaction. */
DeviceChunk columnsOf(const DeviceBuffer& memory, const ChunkView& view, uint32_t capacity) {
  const size_t lanes = size_t{capacity} * kLanes;
  const size_t rows = lanes * view.width;
  DeviceChunk chunk{};
  chunk.line = memory.as<uint32_t>();
  chunk.size = reinterpret_cast<float*>(chunk.line + rows);
  chunk.cash = chunk.size + rows;
  chunk.handle = reinterpret_cast<uint32_t*>(chunk.cash + lanes);
  chunk.fixed = reinterpret_cast<uint16_t*>(chunk.handle + lanes);
  chunk.width = view.width;
  chunk.method = view.method;
  return chunk;
}

/** What the scan reads of a slice. Of a `groups` row it also reads twice the tables, from further away. */
uint64_t weightOf(const ChunkView& view) {
  const uint64_t rows = uint64_t{view.width} * kLanes * 8;
  return (view.method == kMethodGroups ? 2 * rows : rows) + kLanes * 4;
}

bool sameMemory(const ChunkView& a, const ChunkView& b) {
  return a.shelf == b.shelf && a.slot == b.slot && a.width == b.width && a.method == b.method && a.line == b.line && a.size == b.size &&
         a.cash == b.cash && a.handle == b.handle && a.fixed == b.fixed;
}

}  // namespace

ResidentBook::ResidentBook(const Stream& stream) : stream_(stream), uploader_(stream), planOnDevice_(stream, 0) {}

void ResidentBook::setChunks(const std::vector<ChunkView>& views) {
  std::vector<Chunk> before = std::move(chunks_);
  chunks_.clear();
  plan_.clear();
  slices_ = 0;
  hasGroups_ = false;
  size_t likely = 0;
  for (const ChunkView& view : views) {
    Chunk chunk = keptOrNew(view, before, likely);
    likely++;
    // What was uploaded beyond a chunk's present end may change before it grows again.
    chunk.uploaded = std::min(chunk.uploaded, view.slices);
    if (view.slices > chunk.capacity) grow(chunk, view.slices);
    chunk.view = view;
    hasPending_ = hasPending_ || chunk.uploaded < view.slices;
    hasGroups_ = hasGroups_ || view.method == kMethodGroups;
    DeviceChunk planned = columnsOf(chunk.memory, view, chunk.capacity);
    planned.slices = view.slices;
    planned.firstSlice = slices_;
    slices_ += view.slices;
    plan_.push_back(planned);
    chunks_.push_back(std::move(chunk));
  }
  ranges_.clear();
  planIsNew_ = true;
}

/** Order seldom changes: chunks are looked for from where the last one stood. A kept chunk leaves a hole without memory behind. */
ResidentBook::Chunk ResidentBook::keptOrNew(const ChunkView& view, std::vector<Chunk>& before, size_t likely) {
  for (size_t step = 0; step < before.size(); step++) {
    Chunk& chunk = before[(likely + before.size() - step % before.size()) % before.size()];
    if (chunk.capacity == 0 || !sameMemory(chunk.view, view)) continue;
    Chunk kept = std::move(chunk);
    chunk.capacity = 0;
    return kept;
  }
  return {view, DeviceBuffer(stream_, 0), 0, 0};
}

void ResidentBook::grow(Chunk& chunk, uint32_t slices) {
  uint32_t powerOfTwo = 1;
  while (powerOfTwo < slices) powerOfTwo *= 2;
  const uint32_t spare = std::max(kSpareSlicesMin, slices / kSpareShare);
  const uint32_t capacity = chunk.capacity == 0 ? slices : std::min(slices + spare, powerOfTwo);
  const uint32_t width = chunk.view.width;
  DeviceBuffer grown(stream_, capacity * stagedBytes(width));
  if (chunk.uploaded != 0) {
    const DeviceChunk from = columnsOf(chunk.memory, chunk.view, chunk.capacity);
    const DeviceChunk to = columnsOf(grown, chunk.view, capacity);
    const size_t lanes = size_t{chunk.uploaded} * kLanes;
    const auto copy = [&](void* into, const void* out, size_t bytes) {
      check(cudaMemcpyAsync(into, out, bytes, cudaMemcpyDeviceToDevice, stream_.get()), "move a chunk that grows");
    };
    copy(to.line, from.line, lanes * width * sizeof(uint32_t));
    copy(to.size, from.size, lanes * width * sizeof(float));
    copy(to.cash, from.cash, lanes * sizeof(float));
    copy(to.handle, from.handle, lanes * sizeof(uint32_t));
    copy(to.fixed, from.fixed, lanes * sizeof(uint16_t));
  }
  chunk.memory = std::move(grown);
  chunk.capacity = capacity;
}

void ResidentBook::markDirty(uint32_t chunk, uint32_t slice) {
  // What was never uploaded will be, without being told.
  if (slice < chunks_[chunk].uploaded) dirty_.push_back({chunk, slice});
}

void ResidentBook::upload(uint32_t lines) {
  if (planIsNew_) uploadPlan();
  if (dirty_.empty() && !hasPending_) return;
  for (const Change& change : dirty_) uploader_.add(chunks_[change.chunk].view, change.chunk, change.slice, lines, chunks());
  dirty_.clear();
  for (uint32_t c = 0; hasPending_ && c < chunks_.size(); c++) {
    Chunk& chunk = chunks_[c];
    for (uint32_t slice = chunk.uploaded; slice < chunk.view.slices; slice++) uploader_.add(chunk.view, c, slice, lines, chunks());
    chunk.uploaded = chunk.view.slices;
  }
  hasPending_ = false;
  uploader_.flush(chunks());
}

void ResidentBook::divide(uint32_t blocks) {
  if (ranges_.size() == blocks) return;
  uint64_t total = 0;
  for (const Chunk& chunk : chunks_) total += chunk.view.slices * weightOf(chunk.view);
  ranges_.clear();
  uint64_t before = 0;  // weight of the chunks before c
  uint32_t c = 0;
  for (uint32_t block = 0; block < blocks; block++) {
    const uint64_t start = static_cast<uint64_t>(static_cast<double>(total) * block / blocks);
    while (c < chunks_.size() && before + chunks_[c].view.slices * weightOf(chunks_[c].view) <= start) {
      before += chunks_[c].view.slices * weightOf(chunks_[c].view);
      c++;
    }
    const uint32_t first = c == chunks_.size() ? slices_ : plan_[c].firstSlice + static_cast<uint32_t>((start - before) / weightOf(chunks_[c].view));
    if (block != 0) ranges_.back().endSlice = first;
    ranges_.push_back({c, first, slices_, 0});
  }
  planIsNew_ = true;
}

/** The stream is idle: the last scan was waited for. */
void ResidentBook::uploadPlan() {
  const size_t bytes = chunkBytes() + ranges_.size() * sizeof(BlockRange);
  if (bytes > planOnHost_.bytes()) {
    planOnHost_.ensure(roomyBytes(bytes));
    planOnDevice_.ensure(roomyBytes(bytes));
  }
  std::copy(plan_.begin(), plan_.end(), planOnHost_.as<DeviceChunk>());
  std::copy(ranges_.begin(), ranges_.end(), reinterpret_cast<BlockRange*>(planOnHost_.as<uint8_t>() + chunkBytes()));
  check(cudaMemcpyAsync(planOnDevice_.as<uint8_t>(), planOnHost_.as<uint8_t>(), bytes, cudaMemcpyHostToDevice, stream_.get()),
        "upload the plan");
  planIsNew_ = false;
}

size_t ResidentBook::deviceBytes() const {
  size_t bytes = planOnDevice_.bytes() + uploader_.deviceBytes();
  for (const Chunk& chunk : chunks_) bytes += chunk.memory.bytes();
  return bytes;
}

}  // namespace plimsoll
