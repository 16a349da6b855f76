/** The C border of the CUDA library, which a host opens with dlopen: owns names and codes, must know neither Node nor how a scan is done. */
#pragma once

#include "plimsoll/layout.h"

namespace plimsoll {

/** What every function but the first and the last returns. */
enum CudaStatus : int32_t {
  kCudaOk = 0,
  kCudaNoDriver = 1,     // no driver, one that is too old, or no device
  kCudaOutOfMemory = 2,  // of a device, or pinned on the host
  kCudaLostDevice = 3,   // it failed; another process or a reset may have it
  kCudaBadRequest = 4,   // the caller's mistake
  kCudaUnsupported = 5,  // a device that this library has no code for
};

constexpr uint32_t kCudaDevicesMax = 16;

struct CudaDevice {
  char name[64];
  uint64_t memoryBytes;
  uint32_t major;  // compute capability
  uint32_t minor;
  uint32_t multiprocessors;
  uint32_t usable;  // 1: open() takes it
};

/** Versions are as CUDA writes them: 13000 is 13.0. A driver of 0 is none. */
struct CudaProbe {
  uint32_t count;
  uint32_t driverVersion;
  uint32_t runtimeVersion;
  uint32_t pad;
  CudaDevice devices[kCudaDevicesMax];
};

/** A slice whose lanes or rows changed since the last scan, by index on its shelf. */
struct DirtySlice {
  uint32_t shelf;
  uint32_t slice;
};

/** What a scan took. */
struct CudaScanCost {
  double deviceMicroseconds;  // from the copy of the tick to the last result, uploads aside; of several devices the slowest; 0: not known
  uint64_t uploadedBytes;     // of the book, not of the tick
  uint64_t residentBytes;     // on all devices, of everything the handle holds there
  uint32_t uploadedSlices;
  uint32_t pad;
};

static_assert(sizeof(CudaDevice) == 88 && offsetof(CudaDevice, memoryBytes) == 64, "layout of CudaDevice");
static_assert(sizeof(CudaProbe) == 16 + kCudaDevicesMax * 88, "layout of CudaProbe");
static_assert(sizeof(DirtySlice) == 8, "layout of DirtySlice");
static_assert(sizeof(CudaScanCost) == 32 && offsetof(CudaScanCost, uploadedSlices) == 24, "layout of CudaScanCost");

}  // namespace plimsoll

// The only names that the library shows.
#pragma GCC visibility push(default)
extern "C" {

/** kAbi of the headers it was built with. Nothing else may be called where it is not the caller's. */
uint32_t plimsollCudaAbi();

/** Fills the probe in; kCudaNoDriver leaves count 0. */
int32_t plimsollCudaProbe(plimsoll::CudaProbe* probe);

/** `devices` by index of the probe, each once. On success *handle is not 0. */
int32_t plimsollCudaOpen(const uint32_t* devices, uint32_t count, plimsoll::Address* handle);

/**
 * One scan, done when it returns. Chunks are known by (shelf, slot) and their columns' addresses: what is new or has grown is uploaded, and so are
 * the dirty slices; a chunk that is not asked for is forgotten, and dirty slices of it are passed over. So a handle is for one book. After
 * any other answer than kCudaOk it can only be closed. One thread at a time. `cost` may be null.
 */
int32_t plimsollCudaScan(plimsoll::Address handle, plimsoll::ScanRequest* request, const plimsoll::DirtySlice* dirty, uint32_t dirtyCount,
                         plimsoll::CudaScanCost* cost);

/**
 * Gives everything back, whatever state the devices are in. After a lost device, the last handle to be closed also gives up this process's
 * context on it, so that open() may succeed again; CUDA promises that only to a new process.
 */
int32_t plimsollCudaClose(plimsoll::Address handle);

/** Copies the text of this thread's last failure, cut to `capacity` with its end of 0; returns its length. */
uint32_t plimsollCudaErrorText(char* into, uint32_t capacity);
}
#pragma GCC visibility pop
