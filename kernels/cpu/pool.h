/** Threads that wait for work and share it by the piece. Knows nothing of what the work is. */
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace plimsoll {

class Pool {
 public:
  /** So many threads, the caller's among them. Where the system refuses one, there are fewer. */
  explicit Pool(uint32_t threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  uint32_t size() const { return static_cast<uint32_t>(workers_.size()) + 1; }

  /** Calls `work(piece, thread)` once for every piece below `pieces`, on up to `threads` threads, and returns when all are done. */
  void run(uint32_t pieces, uint32_t threads, const std::function<void(uint32_t, uint32_t)>& work);

 private:
  void serve(uint32_t thread);
  void take(uint32_t thread);

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  const std::function<void(uint32_t, uint32_t)>* work_ = nullptr;
  uint32_t pieces_ = 0;
  uint32_t invited_ = 0;  // workers of this round
  uint32_t busy_ = 0;
  uint64_t round_ = 0;
  bool closing_ = false;
  /** On a line of its own: every thread writes it. */
  alignas(64) std::atomic<uint32_t> next_{0};
};

}  // namespace plimsoll
