/** CUDA's handles and memory with an owner each, given back in the reverse order of construction. Must know nothing of scans. */
#pragma once

#include <utility>

#include "cuda/failure.h"

namespace plimsoll {

// Giving back never throws and never asks: after a lost device every call fails, and there is nothing left to do about it.

class Stream {
 public:
  Stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "create a stream"); }
  ~Stream() { cudaStreamDestroy(stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  cudaStream_t get() const { return stream_; }
  void wait() const { check(cudaStreamSynchronize(stream_), "wait for the device"); }

 private:
  cudaStream_t stream_ = nullptr;
};

class Event {
 public:
  Event() { check(cudaEventCreate(&event_), "create an event"); }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  cudaEvent_t get() const { return event_; }
  void record(const Stream& stream) const { check(cudaEventRecord(event_, stream.get()), "record an event"); }
  /** In a graph: recorded at each of its launches, for the clock alone. */
  void capture(const Stream& stream) const {
    check(cudaEventRecordWithFlags(event_, stream.get(), cudaEventRecordExternal), "record an event in a graph");
  }
  void wait() const { check(cudaEventSynchronize(event_), "wait for the device"); }

 private:
  cudaEvent_t event_ = nullptr;
};

/** Memory of the device, taken and given back in the order of a stream: growth waits for nothing. */
class DeviceBuffer {
 public:
  DeviceBuffer(const Stream& stream, size_t bytes) : stream_(&stream), bytes_(bytes) {
    if (bytes != 0) check(cudaMallocAsync(&memory_, bytes, stream.get()), "allocate device memory");
  }
  ~DeviceBuffer() {
    if (memory_ != nullptr) cudaFreeAsync(memory_, stream_->get());
  }
  DeviceBuffer(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(const DeviceBuffer&) = delete;
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : stream_(other.stream_), memory_(std::exchange(other.memory_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    std::swap(stream_, other.stream_);
    std::swap(memory_, other.memory_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }

  size_t bytes() const { return bytes_; }
  template <typename T>
  T* as() const {
    return static_cast<T*>(memory_);
  }

  /** Room for as many bytes, contents lost. */
  void ensure(size_t bytes) {
    if (bytes > bytes_) *this = DeviceBuffer(*stream_, bytes);
  }

 private:
  const Stream* stream_;
  void* memory_ = nullptr;
  size_t bytes_;
};

/** For what grows by and by: a half more, so that growth is rare. */
inline size_t roomyBytes(size_t bytes) { return bytes + bytes / 2; }

/** Memory of the host that devices copy from and kernels write to. Whoever makes it grow has waited for the stream. */
class PinnedBuffer {
 public:
  PinnedBuffer() = default;
  ~PinnedBuffer() {
    if (memory_ != nullptr) cudaFreeHost(memory_);
  }
  PinnedBuffer(const PinnedBuffer&) = delete;
  PinnedBuffer& operator=(const PinnedBuffer&) = delete;

  size_t bytes() const { return bytes_; }
  template <typename T>
  T* as() const {
    return static_cast<T*>(memory_);
  }

  void ensure(size_t bytes) {
    if (bytes <= bytes_) return;
    void* grown = nullptr;
    check(cudaHostAlloc(&grown, bytes, cudaHostAllocPortable | cudaHostAllocMapped), "allocate pinned memory");
    if (memory_ != nullptr) cudaFreeHost(memory_);
    memory_ = grown;
    bytes_ = bytes;
  }

 private:
  void* memory_ = nullptr;
  size_t bytes_ = 0;
};

/** What was captured between its two ends, ready to be launched as one. */
class GraphExecutable {
 public:
  GraphExecutable() = default;
  ~GraphExecutable() { release(); }
  GraphExecutable(const GraphExecutable&) = delete;
  GraphExecutable& operator=(const GraphExecutable&) = delete;

  /** `work` enqueues on the stream. */
  template <class Work>
  void capture(const Stream& stream, const Work& work) {
    release();
    check(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal), "begin a graph");
    cudaGraph_t graph = nullptr;
    try {
      work();
    } catch (...) {
      // A stream that is left capturing could not even be destroyed in peace.
      cudaStreamEndCapture(stream.get(), &graph);
      if (graph != nullptr) cudaGraphDestroy(graph);
      throw;
    }
    const cudaError_t ended = cudaStreamEndCapture(stream.get(), &graph);
    const cudaError_t instantiated = ended == cudaSuccess ? cudaGraphInstantiate(&executable_, graph, 0) : ended;
    if (graph != nullptr) cudaGraphDestroy(graph);
    check(instantiated, "build a graph");
  }

  void launch(const Stream& stream) const { check(cudaGraphLaunch(executable_, stream.get()), "launch a graph"); }

 private:
  void release() {
    if (executable_ != nullptr) cudaGraphExecDestroy(executable_);
    executable_ = nullptr;
  }

  cudaGraphExec_t executable_ = nullptr;
};

}  // namespace plimsoll
