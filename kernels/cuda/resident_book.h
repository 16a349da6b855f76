/**
 * The part of a book that is resident on one device: owns its chunks there, their growth and what of them is to be uploaded. Must know neither
 * ticks nor results.
 */
#pragma once

#include <vector>

#include "cuda/owned.h"
#include "cuda/plan.h"
#include "cuda/uploader.h"

namespace plimsoll {

class ResidentBook {
 public:
  explicit ResidentBook(const Stream& stream);

  /** The chunks from now on, in this order; those that stay keep what is uploaded of them. */
  void setChunks(const std::vector<ChunkView>& views);

  /** A slice that changed, by chunk and slice in it; there may be no such slice. */
  void markDirty(uint32_t chunk, uint32_t slice);

  /** Enqueues the plan if it is new, and all uploads. */
  void upload(uint32_t lines);

  /** Divides the slices among so many blocks, by what they have to read. */
  void divide(uint32_t blocks);

  const DeviceChunk* chunks() const { return reinterpret_cast<const DeviceChunk*>(planOnDevice_.as<uint8_t>()); }
  const BlockRange* ranges() const { return reinterpret_cast<const BlockRange*>(planOnDevice_.as<uint8_t>() + chunkBytes()); }
  uint32_t slices() const { return slices_; }
  uint32_t blocks() const { return static_cast<uint32_t>(ranges_.size()); }
  bool hasGroups() const { return hasGroups_; }
  size_t deviceBytes() const;
  Uploader& uploader() { return uploader_; }

 private:
  struct Chunk {
    ChunkView view;
    DeviceBuffer memory;
    uint32_t capacity;  // slices
    uint32_t uploaded;  // slices
  };
  struct Change {
    uint32_t chunk;
    uint32_t slice;
  };

  Chunk keptOrNew(const ChunkView& view, std::vector<Chunk>& before, size_t likely);
  void grow(Chunk& chunk, uint32_t slices);
  size_t chunkBytes() const { return chunks_.size() * sizeof(DeviceChunk); }
  void uploadPlan();

  const Stream& stream_;
  Uploader uploader_;
  std::vector<Chunk> chunks_;
  std::vector<DeviceChunk> plan_;
  std::vector<BlockRange> ranges_;
  std::vector<Change> dirty_;
  PinnedBuffer planOnHost_;
  DeviceBuffer planOnDevice_;
  bool planIsNew_ = false;
  bool hasPending_ = false;
  bool hasGroups_ = false;
  uint32_t slices_ = 0;
};

}  // namespace plimsoll
