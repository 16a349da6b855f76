/** See scan.h. */
#include "cpu/scan.h"

#include <algorithm>
#include <cstring>

#include "cpu/retier.h"
#include "plimsoll/statistics.h"

namespace plimsoll {
namespace {

/** Rows of a task, about: 128 KiB of columns, some 8 µs, so that threads end together and hardly meet. */
constexpr uint32_t kTaskRows = 1 << 14;
/** Rows from which a second thread is worth its waking, some 50 µs. */
constexpr uint64_t kThreadRows = 1 << 17;

bool has(Variant variant) {
#if defined(__x86_64__)
  if (variant == Variant::avx512)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (variant == Variant::avx2) return __builtin_cpu_supports("avx2");
#endif
  return variant == Variant::baseline;
}

Variant choose(Variant wanted) {
  if (wanted != Variant::widest && has(wanted)) return wanted;
  for (const Variant variant : {Variant::avx512, Variant::avx2})
    if (has(variant)) return variant;
  return Variant::baseline;
}

TaskFunction functionOf(Variant variant) {
#if defined(__x86_64__)
  if (variant == Variant::avx512) return scanTaskAvx512;
  if (variant == Variant::avx2) return scanTaskAvx2;
#endif
  return scanTaskBaseline;
}

/** Moves a task's outputs up to those before it; returns where they end. */
uint32_t close(uint32_t* column, uint32_t end, uint32_t first, uint32_t count) {
  if (count > 0 && end != first) std::memmove(column + end, column + first, count * sizeof(uint32_t));
  return end + count;
}

}  // namespace

CpuScanner::CpuScanner(uint32_t threads, Variant variant)
    : pool_(std::max(threads, 1u)), variant_(choose(variant)), function_(functionOf(variant_)) {}

void CpuScanner::plan(const ScanRequest& request) {
  tasks_.clear();
  rows_ = 0;
  uint32_t firstLane = 0;
  const ChunkView* chunks = at<ChunkView>(request.chunks);
  for (uint32_t c = 0; c < request.chunkCount; c++) {
    const ChunkView& chunk = chunks[c];
    const uint32_t most = std::max(1u, kTaskRows / (chunk.width * kLanes));
    for (uint32_t first = 0; first < chunk.slices; first += most) {
      const uint32_t slices = std::min(most, chunk.slices - first);
      tasks_.push_back({&chunk, first, slices, firstLane, 0, 0, 0});
      firstLane += slices * kLanes;
      rows_ += static_cast<uint64_t>(slices) * kLanes * chunk.width;
    }
  }
}

std::vector<StatisticsPart*> CpuScanner::partsFor(uint32_t lines) {
  std::vector<StatisticsPart*> parts;
  for (uint32_t thread = 0; thread < pool_.size(); thread++) {
    if (thread == parts_.size()) {
      parts_.push_back(std::make_unique<StatisticsPart>());
      partLines_.emplace_back();
    }
    *parts_[thread] = {};
    partLines_[thread].assign(2 * static_cast<size_t>(lines), 0.0);
    parts_[thread]->lineSize = partLines_[thread].data();
    parts_[thread]->lineCount = partLines_[thread].data() + lines;
    parts.push_back(parts_[thread].get());
  }
  return parts;
}

void CpuScanner::scan(ScanRequest& request) {
  plan(request);
  const bool statistics = request.statistics.wanted != 0;
  const std::vector<StatisticsPart*> parts = statistics ? partsFor(request.vectors.lines) : std::vector<StatisticsPart*>();
  const uint32_t threads = rows_ < kThreadRows ? 1 : pool_.size();
  pool_.run(static_cast<uint32_t>(tasks_.size()), threads, [&](uint32_t piece, uint32_t thread) {
    // Counts are written once, at the end of a task: what is beside it in the list is not disturbed meanwhile.
    Task task = tasks_[piece];
    function_(request, task, statistics ? parts[thread] : nullptr);
    tasks_[piece] = task;
  });
  collect(request);
  if (statistics) collectStatistics(request.statistics, request.vectors.lines);
}

void CpuScanner::retier(RetierRequest& request) { plimsoll::retier(pool_, request); }

void CpuScanner::collect(ScanRequest& request) {
  uint32_t nominees = 0;
  uint32_t unpriced = 0;
  uint32_t near = 0;
  const bool wantsNear = request.near.wanted != 0;
  for (const Task& task : tasks_) {
    nominees = close(at<uint32_t>(request.nominees), nominees, task.firstLane, task.nomineeCount);
    unpriced = close(at<uint32_t>(request.unpriced), unpriced, task.firstLane, task.unpricedCount);
    if (!wantsNear) continue;
    std::fill_n(at<uint32_t>(request.near.shelf) + near, task.nearCount, task.chunk->shelf);
    near = close(at<uint32_t>(request.near.slot), near, task.firstLane, task.nearCount);
  }
  request.nomineeCount = nominees;
  request.unpricedCount = unpriced;
  if (wantsNear) request.near.count = near;
}

void CpuScanner::collectStatistics(StatisticsView& view, uint32_t lines) {
  clearStatistics(view, lines);
  for (const std::unique_ptr<StatisticsPart>& part : parts_) {
    view.equity += part->equity;
    view.maintenance += part->maintenance;
    for (uint32_t band = 0; band < kBands; band++) {
      at<double>(view.bandCount)[band] += part->bandCount[band];
      at<double>(view.bandNotional)[band] += part->bandNotional[band];
    }
    for (uint32_t line = 0; line < lines; line++) {
      at<double>(view.lineSize)[line] += part->lineSize[line];
      at<double>(view.lineCount)[line] += part->lineCount[line];
    }
  }
}

}  // namespace plimsoll
