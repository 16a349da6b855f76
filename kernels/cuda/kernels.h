/** What the host may start on a stream. Owns the list; must know no kernel's inside. */
#pragma once

#include "cuda/plan.h"
#include "cuda/runtime.h"

namespace plimsoll {

/** Slices that a block takes at a time: more blocks than that asks for would idle. */
uint32_t scanWarpsPerBlock();

/** Bytes of shared memory that the scan wants for so many lines. */
size_t scanSharedBytes(uint64_t lines);

/** Blocks that run at once on a multiprocessor. sharedBytes 0: slopes stay in global memory. */
uint32_t scanBlocksPerMultiprocessor(size_t sharedBytes);

void launchScan(const ScanArguments& arguments, uint32_t blocks, size_t sharedBytes, cudaStream_t stream);
void launchStatisticsScan(const ScanArguments& arguments, uint32_t blocks, cudaStream_t stream);
void launchCollect(const CollectArguments& arguments, cudaStream_t stream);
/** With as many blocks as the scan had. */
void launchEmit(const EmitArguments& arguments, uint32_t blocks, cudaStream_t stream);
void launchScatter(const ScatterArguments& arguments, cudaStream_t stream);

}  // namespace plimsoll
