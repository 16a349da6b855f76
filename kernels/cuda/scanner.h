/**
 * A book over the devices of one host: owns which device has which chunk, and the order of what they find. Must know nothing of streams and
 * kernels.
 */
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "cuda/device_scan.h"

namespace plimsoll {

class Scanner {
 public:
  Scanner(const uint32_t* devices, uint32_t count);

  void scan(ScanRequest& request, const DirtySlice* dirty, uint32_t dirtyCount, CudaScanCost& cost);

 private:
  /** Where a chunk is. */
  struct Place {
    uint64_t firstSlice;  // on its shelf, whose index is in the upper half
    uint32_t device;
    uint32_t index;  // among the device's chunks
  };

  void assign(const ChunkView* chunks, uint32_t count);
  std::vector<uint32_t> ownersOf(const ChunkView* chunks, uint32_t count) const;
  std::vector<uint32_t> dealtAnew(const ChunkView* chunks, uint32_t count) const;
  bool isEven(const std::vector<uint32_t>& owners, const ChunkView* chunks) const;
  void markDirty(const DirtySlice& dirty);

  std::vector<std::unique_ptr<DeviceScan>> devices_;
  std::vector<ChunkView> chunks_;  // of the last request
  std::vector<Place> places_;      // by firstSlice
  std::unordered_map<uint64_t, uint32_t> owners_;
};

}  // namespace plimsoll
