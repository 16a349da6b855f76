/**
 * The one file that knows both Node and the kernels: Node-API functions over numbers and addresses. What is behind an address is written and
 * read by src/backends/request.ts; nothing here allocates for the host or calls back into it.
 */
#include <node_api.h>

#include <memory>

#include "cpu/bandwidth.h"
#include "cpu/scan.h"
#include "node/cuda_library.h"

namespace {

using plimsoll::CpuScanner;

/** Leaves an error behind for JavaScript; the value is not read. */
napi_value fail(napi_env env, const char* message) {
  napi_throw_error(env, nullptr, message);
  return nullptr;
}

/** Arguments of a call; those that are missing are undefined. */
template <size_t kCount>
struct Arguments {
  napi_value values[kCount];

  Arguments(napi_env env, napi_callback_info info) {
    size_t count = kCount;
    napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
  }
};

bool toUint32(napi_env env, napi_value value, uint32_t& number) { return napi_get_value_uint32(env, value, &number) == napi_ok; }

napi_value fromNumber(napi_env env, double number) {
  napi_value value = nullptr;
  napi_create_double(env, number, &value);
  return value;
}

/** Where a typed array's memory is, shared or not; null for anything else. */
void* memoryOf(napi_env env, napi_value view, size_t& bytes) {
  static constexpr size_t kBytes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, view, &type, &length, &data, nullptr, nullptr) != napi_ok) return nullptr;
  if (static_cast<size_t>(type) >= sizeof(kBytes) / sizeof(kBytes[0])) return nullptr;
  bytes = length * kBytes[type];
  return data;
}

/** addressOf(view): number. Addresses of this platform's processes are below 2^53. */
napi_value addressOf(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  size_t bytes = 0;
  const void* data = memoryOf(env, arguments.values[0], bytes);
  const uintptr_t address = reinterpret_cast<uintptr_t>(data);
  if (data == nullptr || address > (1ull << 53)) return fail(env, "addressOf: expected a typed array that is not empty");
  return fromNumber(env, static_cast<double>(address));
}

/** layout(): the ABI number, then sizes and offsets in the order of LAYOUT in src/backends/request.ts. */
napi_value layout(napi_env env, napi_callback_info) {
  using namespace plimsoll;
  const size_t numbers[] = {
      kAbi, kLanes, kBands,
      sizeof(ChunkView), offsetof(ChunkView, line), offsetof(ChunkView, size), offsetof(ChunkView, cash), offsetof(ChunkView, handle),
      offsetof(ChunkView, fixed), offsetof(ChunkView, width), offsetof(ChunkView, slices), offsetof(ChunkView, method),
      offsetof(ChunkView, shelf), offsetof(ChunkView, slot),
      sizeof(ScanRequest), offsetof(ScanRequest, chunks), offsetof(ScanRequest, nominees), offsetof(ScanRequest, unpriced),
      offsetof(ScanRequest, chunkCount), offsetof(ScanRequest, nomineeCount), offsetof(ScanRequest, unpricedCount),
      offsetof(ScanRequest, vectors), offsetof(ScanRequest, near), offsetof(ScanRequest, statistics),
      sizeof(VectorsView), offsetof(VectorsView, slopes), offsetof(VectorsView, pairs), offsetof(VectorsView, starts),
      offsetof(VectorsView, breaks), offsetof(VectorsView, gains), offsetof(VectorsView, constants), offsetof(VectorsView, lines),
      offsetof(VectorsView, firstClosing), offsetof(VectorsView, assets),
      sizeof(NearView), offsetof(NearView, speeds), offsetof(NearView, shelf), offsetof(NearView, slot), offsetof(NearView, radius),
      offsetof(NearView, wanted), offsetof(NearView, count),
      sizeof(StatisticsView), offsetof(StatisticsView, needs), offsetof(StatisticsView, notionals), offsetof(StatisticsView, ends),
      offsetof(StatisticsView, bandCount), offsetof(StatisticsView, bandNotional), offsetof(StatisticsView, lineSize),
      offsetof(StatisticsView, lineCount), offsetof(StatisticsView, equity), offsetof(StatisticsView, maintenance),
      offsetof(StatisticsView, wanted),
      sizeof(MarketView), offsetof(MarketView, lotValue), offsetof(MarketView, reference), offsetof(MarketView, firstLine),
      offsetof(MarketView, firstTier), offsetof(MarketView, tiers), offsetof(MarketView, flags),
      sizeof(RetierChunk), offsetof(RetierChunk, line), offsetof(RetierChunk, lots), offsetof(RetierChunk, cost),
      offsetof(RetierChunk, cash), offsetof(RetierChunk, handle), offsetof(RetierChunk, fixed), offsetof(RetierChunk, width),
      offsetof(RetierChunk, slices),
      sizeof(RetierRequest), offsetof(RetierRequest, chunks), offsetof(RetierRequest, stale), offsetof(RetierRequest, kinds),
      offsetof(RetierRequest, owners), offsetof(RetierRequest, markets), offsetof(RetierRequest, floors),
      offsetof(RetierRequest, rates), offsetof(RetierRequest, deductions), offsetof(RetierRequest, balances),
      offsetof(RetierRequest, left), offsetof(RetierRequest, changed), offsetof(RetierRequest, window),
      offsetof(RetierRequest, above), offsetof(RetierRequest, chunkCount), offsetof(RetierRequest, handleBits),
      offsetof(RetierRequest, leftCount)};
  napi_value list = nullptr;
  napi_create_array_with_length(env, sizeof(numbers) / sizeof(numbers[0]), &list);
  uint32_t index = 0;
  for (const size_t number : numbers) napi_set_element(env, list, index++, fromNumber(env, static_cast<double>(number)));
  return list;
}

CpuScanner* scannerOf(napi_env env, napi_value value) {
  void* data = nullptr;
  return napi_get_value_external(env, value, &data) == napi_ok ? static_cast<CpuScanner*>(data) : nullptr;
}

void deleteScanner(napi_env, void* data, void*) { delete static_cast<CpuScanner*>(data); }

/** cpuOpen(threads, variant): a scanner, whose threads end when it is collected. */
napi_value cpuOpen(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  uint32_t threads = 0;
  uint32_t variant = 0;
  if (!toUint32(env, arguments.values[0], threads) || !toUint32(env, arguments.values[1], variant) || variant > 3)
    return fail(env, "cpuOpen: expected a number of threads and a variant");
  auto scanner = std::make_unique<CpuScanner>(threads, static_cast<plimsoll::Variant>(variant));
  napi_value external = nullptr;
  if (napi_create_external(env, scanner.get(), deleteScanner, nullptr, &external) != napi_ok)
    return fail(env, "cpuOpen: Node made no handle");
  scanner.release();
  return external;
}

/** cpuThreads(scanner): number of threads that it has. */
napi_value cpuThreads(napi_env env, napi_callback_info info) {
  const CpuScanner* scanner = scannerOf(env, Arguments<1>(env, info).values[0]);
  return scanner == nullptr ? fail(env, "cpuThreads: expected a scanner") : fromNumber(env, scanner->threads());
}

/** cpuVariant(scanner): the number of the variant that it runs. */
napi_value cpuVariant(napi_env env, napi_callback_info info) {
  const CpuScanner* scanner = scannerOf(env, Arguments<1>(env, info).values[0]);
  return scanner == nullptr ? fail(env, "cpuVariant: expected a scanner")
                            : fromNumber(env, static_cast<double>(scanner->variant()));
}

/** cpuScan(scanner, request): fills the outputs of the ScanRequest in `request`, a Uint8Array. */
napi_value cpuScan(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  CpuScanner* scanner = scannerOf(env, arguments.values[0]);
  size_t bytes = 0;
  void* request = memoryOf(env, arguments.values[1], bytes);
  if (scanner == nullptr || request == nullptr || bytes != sizeof(plimsoll::ScanRequest))
    return fail(env, "cpuScan: expected a scanner and a request");
  try {
    scanner->scan(*static_cast<plimsoll::ScanRequest*>(request));
  } catch (const std::exception& error) {
    return fail(env, error.what());
  }
  return nullptr;
}

/** cpuRetier(scanner, request): carries out the RetierRequest in `request`, a Uint8Array. */
napi_value cpuRetier(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  CpuScanner* scanner = scannerOf(env, arguments.values[0]);
  size_t bytes = 0;
  void* request = memoryOf(env, arguments.values[1], bytes);
  if (scanner == nullptr || request == nullptr || bytes != sizeof(plimsoll::RetierRequest))
    return fail(env, "cpuRetier: expected a scanner and a request");
  try {
    scanner->retier(*static_cast<plimsoll::RetierRequest*>(request));
  } catch (const std::exception& error) {
    return fail(env, error.what());
  }
  return nullptr;
}

/** readBandwidth(threads): bytes a second that so many threads read from memory. For benchmarks; takes about a second. */
napi_value readBandwidth(napi_env env, napi_callback_info info) {
  uint32_t threads = 0;
  if (!toUint32(env, Arguments<1>(env, info).values[0], threads) || threads == 0)
    return fail(env, "readBandwidth: expected a number of threads");
  return fromNumber(env, plimsoll::readBytesPerSecond(threads));
}

std::string textOf(napi_env env, napi_value value) {
  char text[4096];
  size_t length = 0;
  return napi_get_value_string_utf8(env, value, text, sizeof text, &length) == napi_ok ? std::string(text, length) : std::string();
}

/** cudaProbe(path, probe): opens the library and fills the CudaProbe in `probe`, a Uint8Array. Throws why there is nothing to use. */
napi_value cudaProbe(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  size_t bytes = 0;
  void* probe = memoryOf(env, arguments.values[1], bytes);
  if (probe == nullptr || bytes != sizeof(plimsoll::CudaProbe)) return fail(env, "cudaProbe: expected a path and a probe");
  plimsoll::CudaLibrary library;
  std::string why;
  if (!plimsoll::openCudaLibrary(textOf(env, arguments.values[0]).c_str(), library, why)) return fail(env, why.c_str());
  if (library.probe(static_cast<plimsoll::CudaProbe*>(probe)) != plimsoll::kCudaOk) return fail(env, library.lastError().c_str());
  return nullptr;
}

void deleteSession(napi_env, void* data, void*) { delete static_cast<plimsoll::CudaSession*>(data); }

/** cudaOpen(path, devices): a session on the devices of the Uint32Array. Throws why it cannot be had. */
napi_value cudaOpen(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  size_t bytes = 0;
  const uint32_t* devices = static_cast<const uint32_t*>(memoryOf(env, arguments.values[1], bytes));
  if (devices == nullptr) return fail(env, "cudaOpen: expected a path and devices");
  auto session = std::make_unique<plimsoll::CudaSession>();
  std::string why;
  if (!plimsoll::openCudaLibrary(textOf(env, arguments.values[0]).c_str(), session->library, why)) return fail(env, why.c_str());
  const uint32_t count = static_cast<uint32_t>(bytes / sizeof(uint32_t));
  if (session->library.open(devices, count, &session->handle) != plimsoll::kCudaOk)
    return fail(env, session->library.lastError().c_str());
  napi_value external = nullptr;
  if (napi_create_external(env, session.get(), deleteSession, nullptr, &external) != napi_ok)
    return fail(env, "cudaOpen: Node made no handle");
  session.release();
  return external;
}

plimsoll::CudaSession* sessionOf(napi_env env, napi_value value) {
  void* data = nullptr;
  return napi_get_value_external(env, value, &data) == napi_ok ? static_cast<plimsoll::CudaSession*>(data) : nullptr;
}

/**
 * cudaScan(session, request, dirty, dirtyCount, cost): as cpuScan, after uploading the slices of `dirty` (two numbers each: shelf, slice).
 * Fills the CudaScanCost in `cost`. Throws what a device had to say; then the session is of no more use.
 */
napi_value cudaScan(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  plimsoll::CudaSession* session = sessionOf(env, arguments.values[0]);
  size_t bytes = 0;
  size_t dirtyBytes = 0;
  size_t costBytes = 0;
  void* request = memoryOf(env, arguments.values[1], bytes);
  const void* dirty = memoryOf(env, arguments.values[2], dirtyBytes);
  void* cost = memoryOf(env, arguments.values[4], costBytes);
  uint32_t count = 0;
  if (session == nullptr || session->handle == 0 || bytes != sizeof(plimsoll::ScanRequest) || costBytes != sizeof(plimsoll::CudaScanCost) ||
      !toUint32(env, arguments.values[3], count) || dirtyBytes < count * sizeof(plimsoll::DirtySlice))
    return fail(env, "cudaScan: expected an open session, a request, dirty slices and a cost");
  const int32_t status =
      session->library.scan(session->handle, static_cast<plimsoll::ScanRequest*>(request),
                            static_cast<const plimsoll::DirtySlice*>(dirty), count, static_cast<plimsoll::CudaScanCost*>(cost));
  return status == plimsoll::kCudaOk ? nullptr : fail(env, session->library.lastError().c_str());
}

/** cudaClose(session): gives the devices' memory back at once. */
napi_value cudaClose(napi_env env, napi_callback_info info) {
  plimsoll::CudaSession* session = sessionOf(env, Arguments<1>(env, info).values[0]);
  if (session == nullptr) return fail(env, "cudaClose: expected a session");
  if (session->handle != 0) session->library.close(session->handle);
  session->handle = 0;
  return nullptr;
}

}  // namespace

NAPI_MODULE_INIT() {
  const struct {
    const char* name;
    napi_callback function;
  } functions[] = {{"addressOf", addressOf}, {"layout", layout},         {"cpuOpen", cpuOpen},
                   {"cpuThreads", cpuThreads}, {"cpuVariant", cpuVariant}, {"cpuScan", cpuScan},         {"cpuRetier", cpuRetier},
                  
                   {"readBandwidth", readBandwidth}, {"cudaProbe", cudaProbe}, {"cudaOpen", cudaOpen},
                   {"cudaScan", cudaScan},     {"cudaClose", cudaClose}};
  for (const auto& [name, function] : functions) {
    napi_value value = nullptr;
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, function, nullptr, &value) != napi_ok ||
        napi_set_named_property(env, exports, name, value) != napi_ok)
      return fail(env, "plimsoll: Node took no function");
  }
  return exports;
}
