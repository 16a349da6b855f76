/**
 * Slices from the host's columns to a device: owns the pinned staging ring. Must know neither which slices changed nor how the book is laid out
 * beyond one chunk.
 */
#pragma once

#include <vector>

#include "cuda/owned.h"
#include "cuda/plan.h"

namespace plimsoll {

/**
 * The host's columns are not pinned, and a copy from such memory waits. So slices are copied into one half of a pinned ring while the device
 * copies from the other: one transfer and one scatter kernel a half, whatever the number of slices in it.
 */
class Uploader {
 public:
  explicit Uploader(const Stream& stream);

  /** `slice` of a chunk; it becomes resident at `chunkIndex` of the plan. Throws where a row has a line that the tick has not. */
  void add(const ChunkView& chunk, uint32_t chunkIndex, uint32_t slice, uint32_t lines, const DeviceChunk* plan);

  /** Starts what is still waiting. */
  void flush(const DeviceChunk* plan);

  uint64_t bytes() const { return bytes_; }
  uint32_t slices() const { return slices_; }
  size_t deviceBytes() const;
  void resetCounts();

 private:
  struct Half {
    explicit Half(const Stream& stream);
    PinnedBuffer host;
    DeviceBuffer device;
    Event copied;
  };

  void makeRoom(size_t bytes, const DeviceChunk* plan);

  const Stream& stream_;
  Half halves_[2];
  uint32_t current_ = 0;
  size_t used_ = 0;
  std::vector<StagedSlice> staged_;
  uint64_t bytes_ = 0;
  uint32_t slices_ = 0;
};

}  // namespace plimsoll
