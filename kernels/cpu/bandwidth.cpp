/** See bandwidth.h. Many chains of 64-bit words, which compilers turn into the widest loads that they may. */
#include "cpu/bandwidth.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "cpu/pool.h"

namespace plimsoll {
namespace {

constexpr size_t kWords = (256u << 20) / sizeof(uint64_t);
constexpr int kRuns = 9;
constexpr size_t kChains = 32;

#if defined(__x86_64__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
uint64_t readAll(const std::vector<uint64_t>& words) {
  uint64_t chains[kChains] = {};
  for (size_t i = 0; i < words.size(); i += kChains)
    for (size_t chain = 0; chain < kChains; chain++) chains[chain] |= words[i + chain];
  uint64_t all = 0;
  for (const uint64_t chain : chains) all |= chain;
  return all;
}

}  // namespace

double readBytesPerSecond(uint32_t threads) {
  Pool pool(threads);
  // One block a thread, written by it first so that its pages are its own; each has a word of its own to prove that it was read.
  std::vector<std::vector<uint64_t>> blocks(pool.size());
  std::vector<uint64_t> seen(pool.size());
  pool.run(pool.size(), pool.size(), [&](uint32_t piece, uint32_t) { blocks[piece].assign(kWords, piece + 1); });
  double best = 0;
  for (int run = 0; run < kRuns; run++) {
    const auto start = std::chrono::steady_clock::now();
    pool.run(pool.size(), pool.size(), [&](uint32_t piece, uint32_t) { seen[piece] = readAll(blocks[piece]); });
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(kWords * sizeof(uint64_t)) * pool.size() / seconds.count());
  }
  for (uint32_t piece = 0; piece < pool.size(); piece++)
    if (seen[piece] != piece + 1) return 0;
  return best;
}

}  // namespace plimsoll
