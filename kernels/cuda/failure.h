/** How a failure travels inside the library: as an exception that library.cpp turns into a code. Must know no kernel. */
#pragma once

#include <stdexcept>
#include <string>

#include "cuda/library.h"
#include "cuda/runtime.h"

namespace plimsoll {

class Failure : public std::runtime_error {
 public:
  Failure(CudaStatus status, const std::string& text) : std::runtime_error(text), status_(status) {}
  CudaStatus status() const { return status_; }

 private:
  CudaStatus status_;
};

/** 35 (driver too old, or none), 100 (no device) and a driver that is not ready mean the same to a caller: this machine scans elsewhere. */
inline CudaStatus statusOf(cudaError_t error) {
  switch (static_cast<int>(error)) {
    case cudaSuccess: return kCudaOk;
    case cudaErrorMemoryAllocation: return kCudaOutOfMemory;
    case cudaErrorInsufficientDriver:
    case cudaErrorNoDevice:
    case cudaErrorStubLibrary:
    case cudaErrorInitializationError:
    case cudaErrorSystemNotReady:
    case cudaErrorCompatNotSupportedOnDevice:
    case cudaErrorSystemDriverMismatch: return kCudaNoDriver;
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorInvalidDeviceFunction:
    case cudaErrorUnsupportedPtxVersion: return kCudaUnsupported;
    default: return kCudaLostDevice;
  }
}

inline void check(cudaError_t error, const char* doing) {
  if (error == cudaSuccess) return;
  throw Failure(statusOf(error), std::string(doing) + ": " + cudaGetErrorString(error) + " (CUDA error " +
                                     std::to_string(static_cast<int>(error)) + ")");
}

inline void require(bool holds, const std::string& expected) {
  if (!holds) throw Failure(kCudaBadRequest, expected);
}

}  // namespace plimsoll
