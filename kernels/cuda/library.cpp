/** See library.h: turns exceptions into codes and texts. Must know nothing of how a scan is done. */
#include "cuda/library.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "cuda/scanner.h"

namespace plimsoll {

namespace {

/** A fixed buffer, as it must be written even where memory has run out. */
thread_local char lastText[512];

/** Cut to its room, always with an end of 0; returns the length. */
uint32_t copyText(char* into, size_t room, const char* text) {
  const size_t length = std::min(std::strlen(text), room - 1);
  std::memcpy(into, text, length);
  into[length] = 0;
  return static_cast<uint32_t>(length);
}

int32_t report(CudaStatus status, const char* text) {
  copyText(lastText, sizeof lastText, text);
  return status;
}

template <class Work>
int32_t guarded(const Work& work) {
  try {
    work();
    return kCudaOk;
  } catch (const Failure& failure) {
    return report(failure.status(), failure.what());
  } catch (const std::bad_alloc&) {
    return report(kCudaOutOfMemory, "out of memory on the host");
  } catch (const std::exception& other) {
    return report(kCudaLostDevice, other.what());
  }
}

struct Handle {
  std::vector<uint32_t> devices;
  std::unique_ptr<Scanner> scanner;
  bool failed = false;
  bool lost = false;
};

std::atomic<uint32_t> handlesOpen{0};

/** An error of a kernel stays with the process's context on a device: every later call gives it again. */
void giveUpContexts(const std::vector<uint32_t>& devices) {
  for (const uint32_t device : devices) {
    if (cudaSetDevice(static_cast<int>(device)) == cudaSuccess) static_cast<void>(cudaDeviceReset());
  }
}

/** The oldest that the library has code for: 8.0, and what is compatible with it. */
constexpr uint32_t kMajorMin = 8;

void describe(uint32_t index, CudaDevice& device) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, static_cast<int>(index)), "describe a device");
  copyText(device.name, sizeof device.name, properties.name);
  device.memoryBytes = properties.totalGlobalMem;
  device.major = static_cast<uint32_t>(properties.major);
  device.minor = static_cast<uint32_t>(properties.minor);
  device.multiprocessors = static_cast<uint32_t>(properties.multiProcessorCount);
  device.usable = device.major >= kMajorMin ? 1 : 0;
}

uint32_t deviceCount() {
  int count = 0;
  check(cudaGetDeviceCount(&count), "look for devices");
  if (count <= 0) throw Failure(kCudaNoDriver, "look for devices: there is none");
  return static_cast<uint32_t>(count);
}

void requireUsable(const uint32_t* devices, uint32_t count) {
  const uint32_t there = deviceCount();
  for (uint32_t i = 0; i < count; i++) {
    require(devices[i] < there, "expected a device below " + std::to_string(there) + ", was " + std::to_string(devices[i]));
    require(std::find(devices, devices + i, devices[i]) == devices + i, "expected each device once, was " + std::to_string(devices[i]) + " twice");
    CudaDevice device{};
    describe(devices[i], device);
    if (device.usable == 0) throw Failure(kCudaUnsupported, "expected compute capability 8.0 or later, was " + std::string(device.name));
  }
}

}  // namespace

}  // namespace plimsoll

using namespace plimsoll;

uint32_t plimsollCudaAbi() { return kAbi; }

int32_t plimsollCudaProbe(CudaProbe* probe) {
  std::memset(probe, 0, sizeof *probe);
  return guarded([&] {
    int version = 0;
    if (cudaDriverGetVersion(&version) == cudaSuccess) probe->driverVersion = static_cast<uint32_t>(version);
    if (cudaRuntimeGetVersion(&version) == cudaSuccess) probe->runtimeVersion = static_cast<uint32_t>(version);
    const uint32_t count = std::min(deviceCount(), kCudaDevicesMax);
    for (uint32_t i = 0; i < count; i++) describe(i, probe->devices[i]);
    probe->count = count;
  });
}

int32_t plimsollCudaOpen(const uint32_t* devices, uint32_t count, Address* handle) {
  *handle = 0;
  return guarded([&] {
    requireUsable(devices, count);
    auto opened = std::make_unique<Handle>();
    opened->devices.assign(devices, devices + count);
    opened->scanner = std::make_unique<Scanner>(devices, count);
    handlesOpen++;
    *handle = reinterpret_cast<uintptr_t>(opened.release());
  });
}

int32_t plimsollCudaScan(Address handle, ScanRequest* request, const DirtySlice* dirty, uint32_t dirtyCount, CudaScanCost* cost) {
  const int32_t status = guarded([&] {
    require(handle != 0 && !at<Handle>(handle)->failed, "expected a handle that has not failed");
    CudaScanCost spent{};
    at<Handle>(handle)->scanner->scan(*request, dirty, dirtyCount, spent);
    if (cost != nullptr) *cost = spent;
  });
  // Whatever it was: dirty slices that were handed over are told only once.
  if (handle != 0 && status != kCudaOk) at<Handle>(handle)->failed = true;
  if (handle != 0 && status == kCudaLostDevice) at<Handle>(handle)->lost = true;
  return status;
}

int32_t plimsollCudaClose(Address handle) {
  return guarded([&] {
    if (handle == 0) return;
    const std::unique_ptr<Handle> closed(at<Handle>(handle));
    closed->scanner.reset();
    if (--handlesOpen == 0 && closed->lost) giveUpContexts(closed->devices);
  });
}

uint32_t plimsollCudaErrorText(char* into, uint32_t capacity) {
  return capacity == 0 ? 0 : copyText(into, capacity, lastText);
}
