/** Starts a kernel body on a stream, on a device or as loops: owns the difference. Must know no body. */
#pragma once

#include "cuda/failure.h"
#include "cuda/warp.h"

namespace plimsoll {

#if defined(PLIMSOLL_HOST_RUNTIME)

template <class Body>
void launch(uint32_t blocks, size_t sharedBytes, cudaStream_t stream, const typename Body::Arguments& arguments) {
  hostEnqueue(stream, [=] {
    // Shared memory of a block is nobody's before it is written.
    std::vector<double> shared(sharedBytes / sizeof(double) + 1);
    for (uint32_t block = 0; block < blocks; block++) {
      std::memset(shared.data(), 0xcd, sharedBytes);
      Body::run(Block(block, blocks, Body::kThreads, reinterpret_cast<char*>(shared.data())), arguments);
    }
  });
  check(hostCall(), "launch a kernel");
}

/** As on a device, more shared memory makes fewer blocks fit. */
template <class Body>
uint32_t blocksPerMultiprocessor(size_t sharedBytes) {
  constexpr size_t kBytesOfAll = 2600;
  return sharedBytes > kBytesOfAll ? 1 : Body::kBlocks;
}

#else

template <class Body>
__global__ void __launch_bounds__(Body::kThreads, Body::kBlocks) kernelOf(const typename Body::Arguments arguments) {
  extern __shared__ double shared[];
  Body::run(Block(reinterpret_cast<char*>(shared)), arguments);
}

template <class Body>
void launch(uint32_t blocks, size_t sharedBytes, cudaStream_t stream, const typename Body::Arguments& arguments) {
  // Not by <<<>>>, whose failure is told apart from earlier ones by nobody.
  void* parameters[] = {const_cast<typename Body::Arguments*>(&arguments)};
  check(cudaLaunchKernel(kernelOf<Body>, dim3(blocks), dim3(Body::kThreads), parameters, sharedBytes, stream), "launch a kernel");
}

/** How many blocks of so much shared memory run at once on one multiprocessor; also lets the kernel have that much. */
template <class Body>
uint32_t blocksPerMultiprocessor(size_t sharedBytes) {
  int blocks = 0;
  check(cudaFuncSetAttribute(kernelOf<Body>, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(sharedBytes)),
        "give a kernel its shared memory");
  check(cudaFuncSetAttribute(kernelOf<Body>, cudaFuncAttributePreferredSharedMemoryCarveout, Body::kCarveoutPercent),
        "divide a multiprocessor's memory");
  check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernelOf<Body>, static_cast<int>(Body::kThreads), sharedBytes),
        "ask how many blocks fit");
  return blocks < 1 ? 1 : static_cast<uint32_t>(blocks);
}

#endif

}  // namespace plimsoll
