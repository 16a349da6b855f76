/** The `cpu` backend: a scan request done by threads with the widest registers that this processor has. */
#pragma once

#include <memory>
#include <vector>

#include "cpu/pool.h"
#include "cpu/task.h"

namespace plimsoll {

/** Which loop: `widest` takes what the processor has. */
enum class Variant : uint32_t { widest = 0, baseline = 1, avx2 = 2, avx512 = 3 };

class CpuScanner {
 public:
  /** A variant that the processor lacks is replaced by the widest that it has; `variant()` tells. */
  CpuScanner(uint32_t threads, Variant variant);

  uint32_t threads() const { return pool_.size(); }
  Variant variant() const { return variant_; }

  /** Blocks until the request's outputs are written. */
  void scan(ScanRequest& request);
  void retier(RetierRequest& request);

 private:
  void plan(const ScanRequest& request);
  void collect(ScanRequest& request);
  void collectStatistics(StatisticsView& view, uint32_t lines);
  std::vector<StatisticsPart*> partsFor(uint32_t lines);

  Pool pool_;
  Variant variant_;
  TaskFunction function_;
  std::vector<Task> tasks_;
  uint64_t rows_ = 0;  // of all tasks
  /** By thread; their columns by line in one block of doubles each. */
  std::vector<std::unique_ptr<StatisticsPart>> parts_;
  std::vector<std::vector<double>> partLines_;
};

}  // namespace plimsoll
