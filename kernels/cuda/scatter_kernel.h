/** Staged slices to where they are resident: a warp each. Must know nothing of what the columns mean. */
#pragma once

#include "cuda/plan.h"
#include "cuda/warp.h"

namespace plimsoll {

struct ScatterBody {
  using Arguments = ScatterArguments;
  static constexpr uint32_t kThreads = 256;
  static constexpr uint32_t kBlocks = 1;
  static constexpr uint32_t kWarps = kThreads / kLanes;

  static PLIMSOLL_DEVICE void copySlice(const DeviceChunk& chunk, uint32_t slice, const uint8_t* staged, uint32_t lane) {
    const uint32_t rows = chunk.width * kLanes;
    const uint32_t* line = reinterpret_cast<const uint32_t*>(staged);
    const float* size = reinterpret_cast<const float*>(line + rows);
    const float* cash = size + rows;
    const uint32_t* handle = reinterpret_cast<const uint32_t*>(cash + kLanes);
    const uint16_t* fixed = reinterpret_cast<const uint16_t*>(handle + kLanes);
    const size_t row = static_cast<size_t>(slice) * rows;
    for (uint32_t i = lane; i < rows; i += kLanes) {
      chunk.line[row + i] = line[i];
      chunk.size[row + i] = size[i];
    }
    const size_t at = static_cast<size_t>(slice) * kLanes + lane;
    chunk.cash[at] = cash[lane];
    chunk.handle[at] = handle[lane];
    chunk.fixed[at] = fixed[lane];
  }

  static PLIMSOLL_DEVICE void run(const Block& block, const ScatterArguments& arguments) {
    block.forWarps([&](uint32_t warp) {
      for (uint64_t i = block.index() * uint64_t{kWarps} + warp; i < arguments.count; i += uint64_t{block.count()} * kWarps) {
        const StagedSlice staged = arguments.slices[i];
        forLanes([&](uint32_t lane) { copySlice(arguments.chunks[staged.chunk], staged.slice, arguments.staged + staged.offset, lane); });
      }
    });
  }
};

}  // namespace plimsoll
