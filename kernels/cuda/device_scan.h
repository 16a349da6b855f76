/**
 * Scans on one device: owns its stream, the graph of a tick and the pinned memory that results come back in. Must know nothing of other devices.
 */
#pragma once

#include "cuda/plan.h"
#include "cuda/resident_book.h"
#include "cuda/tick_block.h"

namespace plimsoll {

/** Where the next device's results go on. */
struct Collected {
  uint32_t nominees;
  uint32_t unpriced;
};

class DeviceScan {
 public:
  explicit DeviceScan(uint32_t device);
  ~DeviceScan();
  DeviceScan(const DeviceScan&) = delete;
  DeviceScan& operator=(const DeviceScan&) = delete;

  void setChunks(const std::vector<ChunkView>& views);
  void markDirty(uint32_t chunk, uint32_t slice) { book_.markDirty(chunk, slice); }

  /** Enqueues everything; nothing of the request is read after it returns. */
  void begin(const ScanRequest& request);

  /** Waits, appends what was found to the request's lists and adds to its statistics and to the cost. */
  void finish(ScanRequest& request, Collected& collected, CudaScanCost& cost);

 private:
  /** Sets the device before any other member is made. */
  struct Selected {
    explicit Selected(uint32_t device);
    void select() const;
    uint32_t device;
  };
  struct Graph {
    ScanArguments scan{};
    EmitArguments emit{};
    CollectArguments collect{};
    size_t transferBytes = 0;
    size_t sharedBytes = 0;
    uint32_t blocks = 0;
    bool built = false;
    GraphExecutable executable;
  };

  void chooseGrid();
  void makeRoom(const ScanRequest& request);
  EmitArguments emitArguments(uint32_t from) const;
  void launchTick(bool statistics);
  void enqueueTick(const Graph& graph, bool statistics) const;
  void copyLists(ScanRequest& request, Collected& collected);
  void addStatistics(StatisticsView& view, uint32_t lines) const;
  size_t deviceBytes() const;

  Selected selected_;
  uint32_t multiprocessors_ = 0;
  size_t sharedBytesMax_ = 0;
  Stream stream_;
  Event began_;
  Event ended_;
  TickBlock tick_;
  ResidentBook book_;
  DeviceBuffer flags_;
  DeviceBuffer counts_;
  DeviceBuffer sums_;  // StatisticsSums, then sizes and counts by line
  LineSums lineSums_{};
  PinnedBuffer results_;     // counts, then both lists
  PinnedBuffer statistics_;  // StatisticsSums, then sizes and counts by line
  Graph graphs_[2];          // without and with statistics
  uint32_t blocks_ = 0;      // that run at once
  size_t sharedBytes_ = 0;
  uint64_t gridLines_ = 0;  // for which the two were chosen
};

}  // namespace plimsoll
