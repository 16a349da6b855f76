/** One open handle of the CUDA library over one book: owns the request's memory and the comparison with what is expected. */
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "cuda/library.h"
#include "reference.h"

namespace plimsoll_test {

/** What was compared so far, and what did not agree. */
struct Tally {
  uint64_t checks = 0;
  uint64_t failures = 0;
  uint64_t scans = 0;
  uint64_t lanes = 0;
  uint64_t nominees = 0;
  uint64_t unpriced = 0;
  bool canary = false;  // the next nominee expected is made wrong

  void check(bool holds, const std::string& what) {
    checks++;
    if (holds) return;
    failures++;
    if (failures <= 20) std::fprintf(stderr, "parity: %s\n", what.c_str());
  }
};

class Session {
 public:
  Session(Tally& tally, std::string name, const std::vector<uint32_t>& devices);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /** Scans the book's chunks and compares with what is expected of `seen`: the book itself, or it as it was last told to be. */
  void scan(const Book& book, const Book& seen, const Tick& tick, const std::vector<plimsoll::DirtySlice>& dirty, bool statistics);

  /** A scan that must give `status`; the handle is of no more use then. */
  void scanFails(const Book& book, const Tick& tick, int32_t status, bool near);

  /** A request into memory of the session, and its scan, for whoever measures. */
  plimsoll::ScanRequest requestOf(const Book& book, const Tick& tick, bool statistics);
  void scanUnverified(plimsoll::ScanRequest& request, const std::vector<plimsoll::DirtySlice>& dirty);

  const plimsoll::CudaScanCost& cost() const { return cost_; }

 private:
  void compareLists(const plimsoll::ScanRequest& request, Expected expected);
  void compareStatistics(const plimsoll::StatisticsView& view, const Expected& expected);

  Tally& tally_;
  std::string name_;
  plimsoll::Address handle_ = 0;
  plimsoll::CudaScanCost cost_{};
  std::vector<ChunkView> views_;
  std::vector<uint32_t> nominees_;
  std::vector<uint32_t> unpriced_;
  std::vector<double> bandCount_;
  std::vector<double> bandNotional_;
  std::vector<double> lineSize_;
  std::vector<double> lineCount_;
};

std::string errorText();

}  // namespace plimsoll_test
