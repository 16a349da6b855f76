/**
 * Blocks and warps, written once for a device and for host loops: owns what a lane, a warp and a block can do together. Must know nothing of
 * scans. On a device each of 32 threads holds one lane's value; on the host one loop goes over the 32 lanes, so that what lies between two
 * ballots, or between two block.sync(), is the same text in both.
 */
#pragma once

#include "cuda/runtime.h"
#include "plimsoll/lane.h"

namespace plimsoll {

#if defined(PLIMSOLL_HOST_RUNTIME)

template <typename T>
class PerLane {
 public:
  T& operator[](uint32_t lane) { return values_[lane]; }
  const T& operator[](uint32_t lane) const { return values_[lane]; }

 private:
  T values_[kLanes] = {};
};

template <class Work>
void forLanes(const Work& work) {
  for (uint32_t lane = 0; lane < kLanes; lane++) work(lane);
}

template <class Work>
void forLeader(const Work& work) {
  work();
}

inline uint32_t ballot(const PerLane<uint32_t>& flags) {
  uint32_t bits = 0;
  for (uint32_t lane = 0; lane < kLanes; lane++) bits |= (flags[lane] != 0 ? 1u : 0u) << lane;
  return bits;
}

inline double sumOf(const PerLane<double>& values) {
  double sum = 0.0;
  for (uint32_t lane = 0; lane < kLanes; lane++) sum += values[lane];
  return sum;
}

inline uint32_t bitCount(uint32_t bits) { return static_cast<uint32_t>(__builtin_popcount(bits)); }

template <typename T>
void addTo(T* sum, T value) {
  *sum += value;
}

class Block {
 public:
  Block(uint32_t index, uint32_t count, uint32_t threads, char* shared) : index_(index), count_(count), threads_(threads), shared_(shared) {}
  uint32_t index() const { return index_; }
  uint32_t count() const { return count_; }
  char* shared() const { return shared_; }
  template <class Work>
  void forThreads(const Work& work) const {
    for (uint32_t thread = 0; thread < threads_; thread++) work(thread);
  }
  template <class Work>
  void forWarps(const Work& work) const {
    for (uint32_t warp = 0; warp < threads_ / kLanes; warp++) work(warp);
  }
  void sync() const {}

 private:
  uint32_t index_;
  uint32_t count_;
  uint32_t threads_;
  char* shared_;
};

/** A lane as the host reads it. */
using StreamedLane = Lane1;

#elif defined(__CUDACC__)

template <typename T>
class PerLane {
 public:
  PLIMSOLL_DEVICE T& operator[](uint32_t) { return value_; }
  PLIMSOLL_DEVICE const T& operator[](uint32_t) const { return value_; }

 private:
  T value_ = {};
};

template <class Work>
PLIMSOLL_DEVICE void forLanes(const Work& work) {
  work(threadIdx.x % kLanes);
}

/** One lane of the warp does it. */
template <class Work>
PLIMSOLL_DEVICE void forLeader(const Work& work) {
  if (threadIdx.x % kLanes == 0) work();
}

PLIMSOLL_DEVICE uint32_t ballot(const PerLane<uint32_t>& flags) { return __ballot_sync(0xffffffffu, flags[0] != 0); }

/** In every lane. */
PLIMSOLL_DEVICE double sumOf(const PerLane<double>& values) {
  double sum = values[0];
  for (uint32_t distance = kLanes / 2; distance != 0; distance /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, static_cast<int>(distance));
  return sum;
}

PLIMSOLL_DEVICE uint32_t bitCount(uint32_t bits) { return static_cast<uint32_t>(__popc(bits)); }

template <typename T>
PLIMSOLL_DEVICE void addTo(T* sum, T value) {
  atomicAdd(sum, value);
}

class Block {
 public:
  PLIMSOLL_DEVICE explicit Block(char* shared) : shared_(shared) {}
  PLIMSOLL_DEVICE uint32_t index() const { return blockIdx.x; }
  PLIMSOLL_DEVICE uint32_t count() const { return gridDim.x; }
  PLIMSOLL_DEVICE char* shared() const { return shared_; }
  template <class Work>
  PLIMSOLL_DEVICE void forThreads(const Work& work) const {
    work(threadIdx.x);
  }
  template <class Work>
  PLIMSOLL_DEVICE void forWarps(const Work& work) const {
    work(threadIdx.x / kLanes);
  }
  PLIMSOLL_DEVICE void sync() const { __syncthreads(); }

 private:
  char* shared_;
};

/** Rows are read once a tick: they must not push the tables out of the caches. */
struct StreamedLane : Lane1 {
  static PLIMSOLL_DEVICE Real load(const float* from) { return static_cast<double>(__ldcs(from)); }
  static PLIMSOLL_DEVICE Real gather(const double* table, const uint32_t* index) { return table[__ldcs(index)]; }
};

#endif

}  // namespace plimsoll
