/** See tick_block.h. */
#include "cuda/tick_block.h"

#include <algorithm>
#include <cstring>

#include "cuda/limits.h"

namespace plimsoll {

namespace {

constexpr size_t kAlignment = 256;

uint64_t stepped(uint64_t entries) { return (entries / kTableStep + 1) * kTableStep; }

template <typename T>
void place(const T*& table, const uint8_t* block, size_t& end, uint64_t entries) {
  table = reinterpret_cast<const T*>(block + end);
  end += (entries * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
}

/** To where `table` has its twin in pinned memory. */
template <typename T>
void fill(const T* table, const uint8_t* device, uint8_t* host, Address from, uint64_t entries) {
  std::memcpy(host + (reinterpret_cast<const uint8_t*>(table) - device), at<T>(from), entries * sizeof(T));
}

}  // namespace

TickBlock::TickBlock(const Stream& stream) : stream_(stream), device_(stream, 0) {}

/** What a scan reads most often comes first, so that each kind of scan transfers a prefix. */
void TickBlock::makeRoom(uint64_t lines, uint64_t assets, uint64_t segments) {
  if (lines <= lines_ && assets <= assets_ && segments <= segments_) return;
  lines_ = std::max(lines_, stepped(lines));
  assets_ = std::max(assets_, stepped(assets));
  segments_ = std::max(segments_, stepped(segments));
  const auto layOut = [&](const uint8_t* block) {
    size_t end = 0;
    place(tables_.header, block, end, 1);
    place(tables_.slopes, block, end, lines_);
    linesEnd_ = end;
    place(tables_.pairs, block, end, 2 * lines_);
    place(tables_.starts, block, end, assets_ + 1);
    place(tables_.breaks, block, end, segments_);
    place(tables_.gains, block, end, segments_);
    place(tables_.constants, block, end, segments_);
    groupsEnd_ = end;
    place(tables_.needs, block, end, lines_);
    place(tables_.notionals, block, end, lines_);
    place(tables_.ends, block, end, kBands - 1);
    return end;
  };
  const size_t bytes = layOut(nullptr);
  host_.ensure(bytes);
  std::memset(host_.as<uint8_t>(), 0, bytes);
  device_.ensure(bytes);
  layOut(device_.as<uint8_t>());
}

void TickBlock::write(const ScanRequest& request, bool groups) {
  const VectorsView& vectors = request.vectors;
  const uint32_t segments = groups ? at<uint32_t>(vectors.starts)[vectors.assets] : 0;
  makeRoom(vectors.lines, vectors.assets, segments);
  const uint8_t* const device = device_.as<uint8_t>();
  uint8_t* const host = host_.as<uint8_t>();
  *reinterpret_cast<TickHeader*>(host) = {vectors.lines, vectors.firstClosing};
  fill(tables_.slopes, device, host, vectors.slopes, vectors.lines);
  transferBytes_ = linesEnd_;
  if (groups) {
    fill(tables_.pairs, device, host, vectors.pairs, 2 * uint64_t{vectors.lines});
    fill(tables_.starts, device, host, vectors.starts, uint64_t{vectors.assets} + 1);
    fill(tables_.breaks, device, host, vectors.breaks, segments);
    fill(tables_.gains, device, host, vectors.gains, segments);
    fill(tables_.constants, device, host, vectors.constants, segments);
    transferBytes_ = groupsEnd_;
  }
  if (request.statistics.wanted == 0) return;
  fill(tables_.needs, device, host, request.statistics.needs, vectors.lines);
  fill(tables_.notionals, device, host, request.statistics.notionals, vectors.lines);
  fill(tables_.ends, device, host, request.statistics.ends, kBands - 1);
  transferBytes_ = static_cast<size_t>(reinterpret_cast<const uint8_t*>(tables_.ends + kBands - 1) - device);
}

void TickBlock::upload() const {
  check(cudaMemcpyAsync(device_.as<uint8_t>(), host_.as<uint8_t>(), transferBytes_, cudaMemcpyHostToDevice, stream_.get()),
        "upload the tick");
}

}  // namespace plimsoll
