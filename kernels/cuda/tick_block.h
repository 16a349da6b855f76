/** A tick's tables in one block of pinned memory and its twin on the device: owns their layout. Must know neither chunks nor kernels. */
#pragma once

#include "cuda/owned.h"
#include "cuda/plan.h"

namespace plimsoll {

class TickBlock {
 public:
  explicit TickBlock(const Stream& stream);

  /** Copies what will be read of the request into pinned memory. The stream is idle. */
  void write(const ScanRequest& request, bool groups);

  /** Enqueues the transfer of what write() copied. */
  void upload() const;

  const TickTables& tables() const { return tables_; }
  /** Lines, and bytes of a transfer: both only change in steps. */
  uint64_t lineRoom() const { return lines_; }
  size_t transferBytes() const { return transferBytes_; }
  size_t deviceBytes() const { return device_.bytes(); }

 private:
  void makeRoom(uint64_t lines, uint64_t assets, uint64_t segments);

  const Stream& stream_;
  PinnedBuffer host_;
  DeviceBuffer device_;
  TickTables tables_{};
  uint64_t lines_ = 0;
  uint64_t assets_ = 0;
  uint64_t segments_ = 0;
  size_t linesEnd_ = 0;   // bytes that `lines` shelves read
  size_t groupsEnd_ = 0;  // and `groups` shelves
  size_t transferBytes_ = 0;
};

}  // namespace plimsoll
