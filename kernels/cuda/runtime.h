/** Which runtime the library is built on: CUDA's, or the host's loops of host_runtime.h. Owns that choice, must know nothing else. */
#pragma once

#if defined(PLIMSOLL_HOST_RUNTIME)
#include "cuda/host_runtime.h"
#define PLIMSOLL_DEVICE inline
#else
#include <cuda_runtime.h>
#define PLIMSOLL_DEVICE __device__ __forceinline__
#endif
