/** The CUDA library opened with dlopen: its functions, or why it cannot be had. Knows its C border, neither CUDA nor Node. */
#pragma once

#include <string>

#include "cuda/library.h"

namespace plimsoll {

/** Functions of kernels/cuda/library.h. A library that was opened stays: its driver's threads may outlive any wish to unload it. */
struct CudaLibrary {
  decltype(&plimsollCudaAbi) abi = nullptr;
  decltype(&plimsollCudaProbe) probe = nullptr;
  decltype(&plimsollCudaOpen) open = nullptr;
  decltype(&plimsollCudaScan) scan = nullptr;
  decltype(&plimsollCudaClose) close = nullptr;
  decltype(&plimsollCudaErrorText) errorText = nullptr;

  /** What this thread's last call that failed has to say. */
  std::string lastError() const;
};

/** Opens a library; on failure returns false and says why. */
bool openCudaLibrary(const char* path, CudaLibrary& library, std::string& why);

/** A book on devices, and the library that put it there. */
struct CudaSession {
  CudaLibrary library;
  Address handle = 0;

  ~CudaSession();
};

}  // namespace plimsoll
