/** The only file that nvcc compiles for a device: the kernels' instances and their launches. Must know nothing of books and requests. */
#include "cuda/kernels.h"

#include <algorithm>

#include "cuda/emit_kernel.h"
#include "cuda/launch.h"
#include "cuda/scan_kernel.h"
#include "cuda/scatter_kernel.h"
#include "cuda/statistics_kernel.h"

namespace plimsoll {

namespace {

/** A line a thread is soon done; more blocks than this queue behind each other for nothing. */
constexpr uint32_t kCollectBlocks = 64;
constexpr uint64_t kScatterBlocksMax = 1024;

}  // namespace

uint32_t scanWarpsPerBlock() { return kScanWarps; }

size_t scanSharedBytes(uint64_t lines) { return ScanBody<true>::sharedBytes(lines); }

uint32_t scanBlocksPerMultiprocessor(size_t sharedBytes) {
  if (sharedBytes == 0) return blocksPerMultiprocessor<ScanBody<false>>(ScanBody<false>::sharedBytes(0));
  return blocksPerMultiprocessor<ScanBody<true>>(sharedBytes);
}

void launchScan(const ScanArguments& arguments, uint32_t blocks, size_t sharedBytes, cudaStream_t stream) {
  if (sharedBytes == 0) launch<ScanBody<false>>(blocks, ScanBody<false>::sharedBytes(0), stream, arguments);
  else launch<ScanBody<true>>(blocks, sharedBytes, stream, arguments);
}

void launchStatisticsScan(const ScanArguments& arguments, uint32_t blocks, cudaStream_t stream) {
  launch<StatisticsScanBody>(blocks, StatisticsScanBody::sharedBytes(), stream, arguments);
}

void launchCollect(const CollectArguments& arguments, cudaStream_t stream) {
  launch<CollectBody>(kCollectBlocks, 0, stream, arguments);
}

void launchEmit(const EmitArguments& arguments, uint32_t blocks, cudaStream_t stream) {
  launch<EmitBody>(blocks, EmitBody::sharedBytes(), stream, arguments);
}

void launchScatter(const ScatterArguments& arguments, cudaStream_t stream) {
  const uint64_t blocks = (arguments.count + ScatterBody::kWarps - 1) / ScatterBody::kWarps;
  launch<ScatterBody>(static_cast<uint32_t>(std::min(blocks, kScatterBlocksMax)), 0, stream, arguments);
}

}  // namespace plimsoll
