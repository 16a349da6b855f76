/**
 * The part of CUDA's runtime that the library uses, on the host, so that its sources can be tested without a GPU: owns streams that do their
 * work as late as CUDA allows (when somebody waits), graphs, and failures on order. Must know nothing of scans.
 */
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <set>
#include <vector>

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInitializationError = 3,
  cudaErrorStubLibrary = 34,
  cudaErrorInsufficientDriver = 35,
  cudaErrorInvalidDeviceFunction = 98,
  cudaErrorNoDevice = 100,
  cudaErrorNoKernelImageForDevice = 209,
  cudaErrorUnsupportedPtxVersion = 222,
  cudaErrorLaunchFailure = 719,
  cudaErrorSystemNotReady = 802,
  cudaErrorSystemDriverMismatch = 803,
  cudaErrorCompatNotSupportedOnDevice = 804,
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToDevice = 3 };
enum cudaDeviceAttr {
  cudaDevAttrMultiProcessorCount,
  cudaDevAttrMaxSharedMemoryPerBlockOptin,
  cudaDevAttrMemoryPoolsSupported,
};
enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal };
constexpr unsigned cudaStreamNonBlocking = 1;
constexpr unsigned cudaEventRecordExternal = 1;
constexpr unsigned cudaHostAllocPortable = 1;
constexpr unsigned cudaHostAllocMapped = 2;

struct cudaDeviceProp {
  char name[256];
  size_t totalGlobalMem;
  int major;
  int minor;
  int multiProcessorCount;
};

namespace plimsoll {

using HostWork = std::function<void()>;

struct HostGraph {
  std::vector<HostWork> work;
};

struct HostStream {
  int device;
  std::deque<HostWork> waiting;
  HostGraph* capturing;
};

struct HostEvent {
  HostStream* stream;
  bool reached;
};

/** What the tests set, and what they look at afterwards. */
struct HostRuntime {
  int devices = 1;
  int device = 0;
  size_t sharedBytesMax = 0;
  long callsUntilFault = -1;  // −1: never
  cudaError_t fault = cudaErrorLaunchFailure;
  long calls = 0;
  long graphs = 0;  // built
  long resets = 0;
  std::multiset<const void*> memory;
};

inline HostRuntime& hostRuntime() {
  static HostRuntime runtime;
  return runtime;
}

/** Every call that may fail on a device asks here first. */
inline cudaError_t hostCall() {
  HostRuntime& runtime = hostRuntime();
  runtime.calls++;
  return runtime.callsUntilFault >= 0 && runtime.callsUntilFault-- == 0 ? runtime.fault : cudaSuccess;
}

inline void hostEnqueue(HostStream* stream, HostWork work) {
  if (stream->capturing != nullptr) stream->capturing->work.push_back(std::move(work));
  else stream->waiting.push_back(std::move(work));
}

inline void hostRunUntil(HostStream* stream, const bool* reached) {
  while (!stream->waiting.empty() && !(reached != nullptr && *reached)) {
    const HostWork work = std::move(stream->waiting.front());
    stream->waiting.pop_front();
    work();
  }
}

template <typename T>
cudaError_t hostAllocate(T** memory, size_t bytes) {
  if (const cudaError_t error = hostCall()) return error;
  // Filled with what is nobody's data: what a kernel forgets to write must not be 0 by chance.
  *memory = static_cast<T*>(std::aligned_alloc(512, (bytes + 511) / 512 * 512));
  std::memset(static_cast<void*>(*memory), 0xcd, bytes);
  hostRuntime().memory.insert(*memory);
  return cudaSuccess;
}

inline void hostRelease(void* memory) {
  hostRuntime().memory.erase(hostRuntime().memory.find(memory));
  std::free(memory);
}

}  // namespace plimsoll

using cudaStream_t = plimsoll::HostStream*;
using cudaEvent_t = plimsoll::HostEvent*;
using cudaGraph_t = plimsoll::HostGraph*;
using cudaGraphExec_t = plimsoll::HostGraph*;

inline const char* cudaGetErrorString(cudaError_t error) { return error == cudaSuccess ? "no error" : "a failure on order"; }
inline cudaError_t cudaGetDeviceCount(int* count) {
  *count = plimsoll::hostRuntime().devices;
  return *count == 0 ? cudaErrorNoDevice : plimsoll::hostCall();
}
inline cudaError_t cudaDriverGetVersion(int* version) { return *version = 13000, plimsoll::hostCall(); }
inline cudaError_t cudaRuntimeGetVersion(int* version) { return *version = 13000, plimsoll::hostCall(); }
inline cudaError_t cudaSetDevice(int device) {
  plimsoll::hostRuntime().device = device;
  return device < plimsoll::hostRuntime().devices ? plimsoll::hostCall() : cudaErrorInvalidValue;
}
inline cudaError_t cudaDeviceReset() { return plimsoll::hostRuntime().resets++, cudaSuccess; }
inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {"host loops", size_t{1} << 30, 9, 0, 5};
  return plimsoll::hostCall();
}
/** Five processors: few slices are more than a grid, and there are more blocks than copies of sums (kLineCopies). */
inline cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  if (attribute == cudaDevAttrMultiProcessorCount) *value = 5;
  else if (attribute == cudaDevAttrMaxSharedMemoryPerBlockOptin) *value = static_cast<int>(plimsoll::hostRuntime().sharedBytesMax);
  else *value = 1;
  return plimsoll::hostCall();
}

inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  if (const cudaError_t error = plimsoll::hostCall()) return error;
  *stream = new plimsoll::HostStream{plimsoll::hostRuntime().device, {}, nullptr};
  return cudaSuccess;
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  plimsoll::hostRunUntil(stream, nullptr);
  return plimsoll::hostCall();
}
inline cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  plimsoll::hostRunUntil(stream, nullptr);
  delete stream;
  return cudaSuccess;
}
inline cudaError_t cudaEventCreate(cudaEvent_t* event) {
  if (const cudaError_t error = plimsoll::hostCall()) return error;
  *event = new plimsoll::HostEvent{nullptr, true};
  return cudaSuccess;
}
inline cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (const cudaError_t error = plimsoll::hostCall()) return error;
  event->stream = stream;
  event->reached = false;
  plimsoll::hostEnqueue(stream, [event] { event->reached = true; });
  return cudaSuccess;
}
inline cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream, unsigned) { return cudaEventRecord(event, stream); }
inline cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (!event->reached) plimsoll::hostRunUntil(event->stream, &event->reached);
  return plimsoll::hostCall();
}
/** No time is measured here, so none can be mistaken for a device's. */
inline cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t, cudaEvent_t) { return *milliseconds = 0.0f, cudaSuccess; }
inline cudaError_t cudaEventDestroy(cudaEvent_t event) {
  if (!event->reached) plimsoll::hostRunUntil(event->stream, &event->reached);
  delete event;
  return cudaSuccess;
}

inline cudaError_t cudaMallocAsync(void** memory, size_t bytes, cudaStream_t) { return plimsoll::hostAllocate(memory, bytes); }
inline cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream) {
  plimsoll::hostEnqueue(stream, [memory] { plimsoll::hostRelease(memory); });
  return cudaSuccess;
}
inline cudaError_t cudaHostAlloc(void** memory, size_t bytes, unsigned) { return plimsoll::hostAllocate(memory, bytes); }
inline cudaError_t cudaFreeHost(void* memory) { return plimsoll::hostRelease(memory), cudaSuccess; }
inline cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  plimsoll::hostEnqueue(stream, [=] { std::memcpy(to, from, bytes); });
  return plimsoll::hostCall();
}
inline cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  plimsoll::hostEnqueue(stream, [=] { std::memset(to, value, bytes); });
  return plimsoll::hostCall();
}

inline cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  if (const cudaError_t error = plimsoll::hostCall()) return error;
  stream->capturing = new plimsoll::HostGraph;
  return cudaSuccess;
}
inline cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = stream->capturing;
  stream->capturing = nullptr;
  return plimsoll::hostCall();
}
inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  if (const cudaError_t error = plimsoll::hostCall()) return error;
  plimsoll::hostRuntime().graphs++;
  *executable = new plimsoll::HostGraph(*graph);
  return cudaSuccess;
}
inline cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  for (const plimsoll::HostWork& work : executable->work) plimsoll::hostEnqueue(stream, work);
  return plimsoll::hostCall();
}
inline cudaError_t cudaGraphDestroy(cudaGraph_t graph) { return delete graph, cudaSuccess; }
inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) { return delete executable, cudaSuccess; }
