/** See device_scan.h. */
#include "cuda/device_scan.h"

#include <algorithm>
#include <cstring>

#include "cuda/kernels.h"
#include "cuda/limits.h"

namespace plimsoll {

namespace {

/** Counts stand before the lists, in a cache line's room of their own. */
constexpr size_t kCountBytes = 256;

uint32_t attributeOf(cudaDeviceAttr attribute, uint32_t device) {
  int value = 0;
  check(cudaDeviceGetAttribute(&value, attribute, static_cast<int>(device)), "ask a device for what it has");
  return static_cast<uint32_t>(value);
}

template <typename T>
bool same(const T& a, const T& b) {
  static_assert(std::has_unique_object_representations_v<T>, "compared byte by byte");
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}

/** Sums by line follow StatisticsSums: sizes, then counts. */
size_t sumsBytes(uint64_t lines, uint32_t copies, size_t countBytes) {
  return sizeof(StatisticsSums) + lines * copies * (sizeof(double) + countBytes);
}

}  // namespace

DeviceScan::Selected::Selected(uint32_t index) : device(index) { select(); }

void DeviceScan::Selected::select() const { check(cudaSetDevice(static_cast<int>(device)), "choose a device"); }

DeviceScan::DeviceScan(uint32_t device)
    : selected_(device),
      multiprocessors_(attributeOf(cudaDevAttrMultiProcessorCount, device)),
      sharedBytesMax_(attributeOf(cudaDevAttrMaxSharedMemoryPerBlockOptin, device)),
      tick_(stream_),
      book_(stream_),
      flags_(stream_, 0),
      counts_(stream_, 0),
      sums_(stream_, 0) {
  if (attributeOf(cudaDevAttrMemoryPoolsSupported, device) == 0)
    throw Failure(kCudaUnsupported, "expected a device with memory pools, was one without (a virtual GPU?)");
  results_.ensure(kCountBytes + 2 * sizeof(uint32_t) * kResultRoom);
}

DeviceScan::~DeviceScan() {
  // Members are given back on their own device, and pinned memory only when nothing is under way any more. The device may be lost: nothing is asked.
  static_cast<void>(cudaSetDevice(static_cast<int>(selected_.device)));
  static_cast<void>(cudaStreamSynchronize(stream_.get()));
}

void DeviceScan::setChunks(const std::vector<ChunkView>& views) {
  selected_.select();
  book_.setChunks(views);
}

void DeviceScan::begin(const ScanRequest& request) {
  selected_.select();
  const bool statistics = request.statistics.wanted != 0;
  tick_.write(request, book_.hasGroups());
  chooseGrid();
  makeRoom(request);
  book_.upload(request.vectors.lines);
  launchTick(statistics);
}

/** As many blocks as run at once, so that each reads one stretch of the book and the slopes are copied into shared memory once a block. */
void DeviceScan::chooseGrid() {
  if (gridLines_ != tick_.lineRoom()) {
    const size_t wanted = scanSharedBytes(tick_.lineRoom());
    sharedBytes_ = wanted <= sharedBytesMax_ ? wanted : 0;
    blocks_ = multiprocessors_ * scanBlocksPerMultiprocessor(sharedBytes_);
    gridLines_ = tick_.lineRoom();
  }
  const uint32_t busy = (book_.slices() + scanWarpsPerBlock() - 1) / scanWarpsPerBlock();
  book_.divide(std::max(1u, std::min(blocks_, busy)));
}

void DeviceScan::makeRoom(const ScanRequest& request) {
  const size_t flagBytes = std::max(1u, book_.slices()) * sizeof(SliceFlags);
  if (flagBytes > flags_.bytes()) flags_.ensure(roomyBytes(flagBytes));
  counts_.ensure(blocks_ * sizeof(FlagCounts));
  if (request.statistics.wanted == 0) return;
  const uint64_t lines = tick_.lineRoom();
  sums_.ensure(sumsBytes(lines, kLineCopies, sizeof(uint32_t)));
  statistics_.ensure(sumsBytes(lines, 1, sizeof(double)));
  double* const sizes = reinterpret_cast<double*>(sums_.as<StatisticsSums>() + 1);
  lineSums_ = {sizes, reinterpret_cast<uint32_t*>(sizes + kLineCopies * lines), lines};
}

EmitArguments DeviceScan::emitArguments(uint32_t from) const {
  uint32_t* const nominees = reinterpret_cast<uint32_t*>(results_.as<uint8_t>() + kCountBytes);
  return {book_.chunks(),    book_.ranges(),         flags_.as<SliceFlags>(), counts_.as<FlagCounts>(), results_.as<FlagCounts>(),
          nominees,          nominees + kResultRoom, from,                    kResultRoom};
}

/** The graph of before where all of its arguments still hold: ticks, marks and changed rows do not touch them. */
void DeviceScan::launchTick(bool statistics) {
  Graph& graph = graphs_[statistics ? 1 : 0];
  ScanArguments scan{tick_.tables(), book_.chunks(), book_.ranges(), flags_.as<SliceFlags>(), counts_.as<FlagCounts>(), nullptr, {}};
  CollectArguments collect{};
  if (statistics) {
    scan.sums = sums_.as<StatisticsSums>();
    scan.lines = lineSums_;
    double* const sizes = reinterpret_cast<double*>(statistics_.as<StatisticsSums>() + 1);
    collect = {tick_.tables().header, scan.sums, lineSums_, statistics_.as<StatisticsSums>(), sizes, sizes + lineSums_.stride};
  }
  const EmitArguments emit = emitArguments(0);
  const bool holds = graph.built && same(graph.scan, scan) && same(graph.emit, emit) && same(graph.collect, collect) &&
                     graph.transferBytes == tick_.transferBytes() && graph.sharedBytes == sharedBytes_ && graph.blocks == book_.blocks();
  if (!holds) {
    graph.scan = scan;
    graph.emit = emit;
    graph.collect = collect;
    graph.transferBytes = tick_.transferBytes();
    graph.sharedBytes = sharedBytes_;
    graph.blocks = book_.blocks();
    graph.built = false;
    graph.executable.capture(stream_, [&] { enqueueTick(graph, statistics); });
    graph.built = true;
  }
  graph.executable.launch(stream_);
}

void DeviceScan::enqueueTick(const Graph& graph, bool statistics) const {
  // Within the graph, so that the time on the device is not that of the launch.
  began_.capture(stream_);
  tick_.upload();
  if (statistics) {
    check(cudaMemsetAsync(sums_.as<uint8_t>(), 0, sumsBytes(lineSums_.stride, kLineCopies, sizeof(uint32_t)), stream_.get()),
          "clear the statistics");
    launchStatisticsScan(graph.scan, graph.blocks, stream_.get());
    launchCollect(graph.collect, stream_.get());
  } else {
    launchScan(graph.scan, graph.blocks, graph.sharedBytes, stream_.get());
  }
  launchEmit(graph.emit, graph.blocks, stream_.get());
  ended_.capture(stream_);
}

void DeviceScan::finish(ScanRequest& request, Collected& collected, CudaScanCost& cost) {
  selected_.select();
  stream_.wait();
  copyLists(request, collected);
  if (request.statistics.wanted != 0) addStatistics(request.statistics, request.vectors.lines);
  // What was found is whole by now: a clock that cannot be read fails no scan.
  float milliseconds = 0.0f;
  if (cudaEventElapsedTime(&milliseconds, began_.get(), ended_.get()) != cudaSuccess) milliseconds = 0.0f;
  cost.deviceMicroseconds = std::max(cost.deviceMicroseconds, 1e3 * static_cast<double>(milliseconds));
  cost.uploadedBytes += book_.uploader().bytes();
  cost.uploadedSlices += book_.uploader().slices();
  cost.residentBytes += deviceBytes();
  book_.uploader().resetCounts();
}

/** Where more were flagged than there is room for, the flags are still on the device, and further rounds of the last kernel give the rest. */
void DeviceScan::copyLists(ScanRequest& request, Collected& collected) {
  const FlagCounts total = *results_.as<FlagCounts>();
  // Of a device that fails unseen, before the host's own memory is written by it.
  const uint64_t lanes = uint64_t{book_.slices()} * kLanes;
  require(total.nominated <= lanes && total.unpriced <= lanes, "expected no more lanes flagged than there are");
  const uint32_t longest = std::max(total.nominated, total.unpriced);
  const EmitArguments lists = emitArguments(0);
  const auto copy = [&](Address list, uint32_t& count, const uint32_t* found, uint32_t end, uint32_t from) {
    if (from >= end) return;
    const uint32_t part = std::min(kResultRoom, end - from);
    std::memcpy(at<uint32_t>(list) + count, found, part * sizeof(uint32_t));
    count += part;
  };
  for (uint64_t from = 0; from < longest; from += kResultRoom) {
    const uint32_t first = static_cast<uint32_t>(from);
    if (first != 0) {
      launchEmit(emitArguments(first), book_.blocks(), stream_.get());
      ended_.record(stream_);
      stream_.wait();
    }
    copy(request.nominees, collected.nominees, lists.nominees, total.nominated, first);
    copy(request.unpriced, collected.unpriced, lists.unpriced, total.unpriced, first);
  }
}

void DeviceScan::addStatistics(StatisticsView& view, uint32_t lines) const {
  const StatisticsSums& sums = *statistics_.as<StatisticsSums>();
  const double* const sizes = reinterpret_cast<const double*>(&sums + 1);
  const double* const counts = sizes + lineSums_.stride;
  view.equity += sums.equity;
  view.maintenance += sums.maintenance;
  for (uint32_t band = 0; band < kBands; band++) {
    at<double>(view.bandCount)[band] += sums.bandCount[band];
    at<double>(view.bandNotional)[band] += sums.bandNotional[band];
  }
  for (uint32_t line = 0; line < lines; line++) {
    at<double>(view.lineSize)[line] += sizes[line];
    at<double>(view.lineCount)[line] += counts[line];
  }
}

size_t DeviceScan::deviceBytes() const {
  return tick_.deviceBytes() + book_.deviceBytes() + flags_.bytes() + counts_.bytes() + sums_.bytes();
}

}  // namespace plimsoll
