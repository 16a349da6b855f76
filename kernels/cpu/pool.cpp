/** See pool.h. */
#include "cpu/pool.h"

#include <algorithm>
#include <system_error>

namespace plimsoll {

Pool::Pool(uint32_t threads) {
  try {
    for (uint32_t thread = 1; thread < threads; thread++) workers_.emplace_back([this, thread] { serve(thread); });
  } catch (const std::system_error&) {
    // A limit on threads: those that came do the work.
  }
}

Pool::~Pool() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Pool::run(uint32_t pieces, uint32_t threads, const std::function<void(uint32_t, uint32_t)>& work) {
  const uint32_t helpers = std::min({threads, size(), pieces}) - (pieces == 0 ? 0u : 1u);
  if (pieces == 0) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    work_ = &work;
    pieces_ = pieces;
    invited_ = helpers;
    busy_ = helpers;
    next_.store(0, std::memory_order_relaxed);
    round_ += 1;
  }
  if (helpers > 0) wake_.notify_all();
  take(0);
  if (helpers == 0) return;
  std::unique_lock<std::mutex> lock(mutex_);
  done_.wait(lock, [this] { return busy_ == 0; });
}

void Pool::serve(uint32_t thread) {
  uint64_t seen = 0;
  for (;;) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [&] { return closing_ || (round_ != seen && thread <= invited_); });
      if (closing_) return;
      seen = round_;
    }
    take(thread);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      busy_ -= 1;
      if (busy_ > 0) continue;
    }
    done_.notify_one();
  }
}

void Pool::take(uint32_t thread) {
  for (;;) {
    const uint32_t piece = next_.fetch_add(1, std::memory_order_relaxed);
    if (piece >= pieces_) return;
    (*work_)(piece, thread);
  }
}

}  // namespace plimsoll
