/** See faults.h: on the host's loops. Owns the failures that are ordered. */
#include "cuda/host_runtime.h"
#include "faults.h"

namespace plimsoll_test {

using plimsoll::hostRuntime;

namespace {

/** A short life with growth, statistics and dirty slices; returns the first answer that is not kCudaOk. */
int32_t shortLife(Tally& tally) {
  Random random(11);
  const Tick tick = makeTick(random, 40, 3, 0.0, false);
  Book book(12, 4);
  book.addShelf(2, plimsoll::kMethodLines, 300, Kind::kAll, tick);
  book.addShelf(3, plimsoll::kMethodGroups, 40, Kind::kOrdinary, tick);
  const uint32_t devices[] = {0, 1};
  plimsoll::Address handle = 0;
  int32_t status = plimsollCudaOpen(devices, 2, &handle);
  tally.check((status == plimsoll::kCudaOk) == (handle != 0), "expected a handle exactly where open() succeeds");
  std::vector<uint32_t> list(4096);
  std::vector<double> sums(4096);
  const auto address = [](const void* memory) { return static_cast<plimsoll::Address>(reinterpret_cast<uintptr_t>(memory)); };
  for (uint32_t round = 0; round < 3 && status == plimsoll::kCudaOk; round++) {
    std::vector<ChunkView> views;
    for (const auto& chunk : book.chunks()) views.push_back(chunk->view);
    plimsoll::ScanRequest request{};
    request.chunks = address(views.data());
    request.nominees = address(list.data());
    request.unpriced = address(list.data() + 2048);
    request.chunkCount = static_cast<uint32_t>(views.size());
    request.vectors = {address(tick.slopes.data()), address(tick.pairs.data()), address(tick.starts.data()), address(tick.breaks.data()),
                       address(tick.gains.data()),  address(tick.constants.data()), tick.lines(), tick.firstClosing, tick.assets(), 0};
    request.statistics = {address(tick.needs.data()), address(tick.notionals.data()), address(tick.ends.data()), address(sums.data()),
                          address(sums.data() + 64), address(sums.data() + 128), address(sums.data() + 256), 0.0, 0.0, round == 1 ? 1u : 0u, 0};
    const plimsoll::DirtySlice dirty{0, 1};
    status = plimsollCudaScan(handle, &request, &dirty, 1, nullptr);
    book.grow(0, 200, tick);
  }
  tally.check(plimsollCudaClose(handle) == plimsoll::kCudaOk, "expected close() to succeed after any failure");
  return status;
}

long callsToOpen() {
  const long before = hostRuntime().calls;
  const uint32_t devices[] = {0, 1};
  plimsoll::Address handle = 0;
  plimsollCudaOpen(devices, 2, &handle);
  const long calls = hostRuntime().calls - before;
  plimsollCudaClose(handle);
  return calls;
}

/** Ticks and changed rows do not build a graph anew; what they do not fit into does, once a kind of scan. */
void testGraphs(Tally& tally) {
  Random random(13);
  Tick tick = makeTick(random, 40, 3, 0.0, false);
  Book book(14, 4);
  book.addShelf(2, plimsoll::kMethodLines, 300, Kind::kAll, tick);
  Session session(tally, "graphs", {0});
  hostRuntime().graphs = 0;
  for (uint32_t round = 0; round < 10; round++) {
    session.scan(book, book, tick, {{0, round % 3}}, round % 2 == 1);
    tick = makeTick(random, 40 + round % 2, 3, 0.0, false);
  }
  tally.check(hostRuntime().graphs == 2, "expected 2 graphs for ten ticks, was " + std::to_string(hostRuntime().graphs));
  book.grow(0, 3000, tick);
  session.scan(book, book, tick, {{0, 9}}, false);
  tally.check(hostRuntime().graphs == 3, "expected another graph for a larger book, was " + std::to_string(hostRuntime().graphs));
}

}  // namespace

const char* runtimeName() { return "host loops"; }

uint32_t largeLanes() { return 12000; }

/** Slopes in global memory, and in shared memory. */
uint32_t variants() { return 2; }

void prepare(uint32_t variant) {
  hostRuntime().devices = 3;
  hostRuntime().sharedBytesMax = variant == 0 ? 0 : size_t{64} << 10;
}

void testFaults(Tally& tally) {
  testGraphs(tally);
  hostRuntime().calls = 0;
  tally.check(shortLife(tally) == plimsoll::kCudaOk, "expected a life without failures to succeed");
  const long calls = hostRuntime().calls;
  const long callsOfOpen = callsToOpen();
  const struct {
    cudaError_t fault;
    int32_t status;
  } cases[] = {{cudaErrorMemoryAllocation, plimsoll::kCudaOutOfMemory},
               {cudaErrorLaunchFailure, plimsoll::kCudaLostDevice},
               {cudaErrorNoDevice, plimsoll::kCudaNoDriver},
               {cudaErrorInsufficientDriver, plimsoll::kCudaNoDriver},
               {cudaErrorNoKernelImageForDevice, plimsoll::kCudaUnsupported}};
  for (const auto& each : cases) {
    for (long call = 0; call < calls; call++) {
      hostRuntime().fault = each.fault;
      hostRuntime().callsUntilFault = call;
      hostRuntime().resets = 0;
      const int32_t status = shortLife(tally);
      // The last calls are made while closing, where a failure is nobody's to answer for.
      tally.check(status == each.status || (status == plimsoll::kCudaOk && call + 4 >= calls),
                  "expected status " + std::to_string(each.status) + " where call " + std::to_string(call) + " fails, was " + std::to_string(status));
      hostRuntime().callsUntilFault = -1;
      const bool scanned = call >= callsOfOpen;
      tally.check(status != plimsoll::kCudaLostDevice || !scanned || hostRuntime().resets == 2,
                  "expected the contexts of both devices to be given up after a lost device");
      tally.check(hostRuntime().memory.empty(), "expected all memory to be given back after call " + std::to_string(call) + " failed");
    }
  }
  hostRuntime().devices = 0;
  plimsoll::CudaProbe probe;
  tally.check(plimsollCudaProbe(&probe) == plimsoll::kCudaNoDriver && probe.count == 0, "expected no driver where there is no device");
  prepare(0);
}

}  // namespace plimsoll_test
