/** See uploader.h. */
#include "cuda/uploader.h"

#include <algorithm>
#include <cstring>

#include "cuda/kernels.h"
#include "cuda/limits.h"

namespace plimsoll {

namespace {

template <typename T>
uint8_t* append(uint8_t* to, Address column, size_t first, size_t count) {
  std::memcpy(to, at<T>(column) + first, count * sizeof(T));
  return to + count * sizeof(T);
}

void stage(const ChunkView& chunk, uint32_t slice, uint8_t* to) {
  const size_t rows = size_t{chunk.width} * kLanes;
  const size_t lane = size_t{slice} * kLanes;
  to = append<uint32_t>(to, chunk.line, slice * rows, rows);
  to = append<float>(to, chunk.size, slice * rows, rows);
  to = append<float>(to, chunk.cash, lane, kLanes);
  to = append<uint32_t>(to, chunk.handle, lane, kLanes);
  if (chunk.fixed != 0) append<uint16_t>(to, chunk.fixed, lane, kLanes);
  else std::memset(to, 0, kLanes * sizeof(uint16_t));
}

}  // namespace

Uploader::Half::Half(const Stream& stream) : device(stream, 0) {}

Uploader::Uploader(const Stream& stream) : stream_(stream), halves_{Half(stream), Half(stream)} {}

void Uploader::add(const ChunkView& chunk, uint32_t chunkIndex, uint32_t slice, uint32_t lines, const DeviceChunk* plan) {
  const uint64_t bytes = stagedBytes(chunk.width);
  makeRoom(bytes, plan);
  uint8_t* const to = halves_[current_].host.as<uint8_t>() + used_;
  stage(chunk, slice, to);
  // Looked for here and not on the device, where it would be somebody else's memory.
  const uint32_t* const line = reinterpret_cast<const uint32_t*>(to);
  const uint32_t last = *std::max_element(line, line + size_t{chunk.width} * kLanes);
  require(last < lines, "expected lines below " + std::to_string(lines) + " in slice " + std::to_string(slice) + " of a chunk, was " +
                            std::to_string(last));
  staged_.push_back({chunkIndex, slice, used_});
  used_ += bytes;
  bytes_ += bytes;
  slices_++;
}

/** Of the current half for one more slice; a wide slice may be longer than the half was. */
void Uploader::makeRoom(size_t bytes, const DeviceChunk* plan) {
  const size_t needed = used_ + bytes + (staged_.size() + 1) * sizeof(StagedSlice);
  if (used_ != 0 && needed > kStagingBytes) flush(plan);
  if (used_ != 0) return;
  Half& half = halves_[current_];
  half.copied.wait();
  const size_t room = std::max(kStagingBytes, bytes + sizeof(StagedSlice));
  half.host.ensure(room);
  half.device.ensure(room);
}

void Uploader::flush(const DeviceChunk* plan) {
  if (used_ == 0) return;
  const Half& half = halves_[current_];
  const size_t list = staged_.size() * sizeof(StagedSlice);
  std::memcpy(half.host.as<uint8_t>() + used_, staged_.data(), list);
  check(cudaMemcpyAsync(half.device.as<uint8_t>(), half.host.as<uint8_t>(), used_ + list, cudaMemcpyHostToDevice, stream_.get()),
        "upload slices");
  half.copied.record(stream_);
  const uint8_t* const data = half.device.as<uint8_t>();
  launchScatter({plan, reinterpret_cast<const StagedSlice*>(data + used_), data, staged_.size()}, stream_.get());
  staged_.clear();
  used_ = 0;
  current_ = 1 - current_;
}

size_t Uploader::deviceBytes() const { return halves_[0].device.bytes() + halves_[1].device.bytes(); }

void Uploader::resetCounts() {
  bytes_ = 0;
  slices_ = 0;
}

}  // namespace plimsoll
