/**
 * Times the CUDA library on a device, once its answer has been verified: device time, marks in host memory to nominees in host memory, and the copy
 * bandwidth of the same run. Prints JSON. `--tiny` verifies a small book and prints no time. Must know nothing of how a scan is done.
 */
#include <algorithm>
#include <chrono>
#include <cstring>

#include "cuda/owned.h"
#include "session.h"

namespace plimsoll_test {
namespace {

constexpr uint64_t kSeed = 20261125;
/** 400 markets of 12 tiers and two sides. */
constexpr uint32_t kLines = 9600;
constexpr uint32_t kRowsPerChunk = 1u << 16;
constexpr uint32_t kWarmUpScans = 20;
constexpr uint32_t kTimedScans = 400;
constexpr uint32_t kDirtySlices = 1000;

/** Of the portfolios, how many stand on a shelf; some 4 positions each on average, as on a real venue. */
struct Share {
  uint32_t width;
  double portfolios;
};
constexpr Share kShares[] = {{1, 0.34}, {2, 0.22}, {3, 0.12}, {4, 0.09}, {6, 0.09}, {8, 0.05}, {12, 0.045}, {16, 0.02}, {24, 0.015}, {48, 0.01}};

struct Percentiles {
  double p50;
  double p99;
  double max;
};

Percentiles percentilesOf(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times[times.size() * 99 / 100], times.back()};
}

void print(const char* name, const Percentiles& times) {
  std::printf(",\"%s\":{\"p50\":%.1f,\"p99\":%.1f,\"max\":%.1f}", name, times.p50, times.p99, times.max);
}

/** Chunks of each width have some 2^16 rows, as the store's. */
Book makeBook(uint64_t positions, const Tick& tick) {
  double rowsAPortfolio = 0.0;
  for (const Share& share : kShares) rowsAPortfolio += share.portfolios * share.width * 0.9;
  Book book(kSeed, 0);
  for (const Share& share : kShares) {
    uint32_t slices = 1;
    while (slices * 2 * share.width * kLanes <= kRowsPerChunk) slices *= 2;
    book.setSlicesPerChunk(slices);
    const double lanes = static_cast<double>(positions) / rowsAPortfolio * share.portfolios;
    book.addShelf(share.width, plimsoll::kMethodLines, static_cast<uint32_t>(lanes), Kind::kFewBreached, tick);
  }
  return book;
}

struct Size {
  uint64_t positions = 0;
  uint64_t portfolios = 0;
  uint64_t bytes = 0;  // that a scan has to read
};

Size sizeOf(const Book& book) {
  Size size;
  for (const auto& chunk : book.chunks()) {
    const uint64_t lanes = uint64_t{chunk->view.slices} * kLanes;
    for (uint64_t row = 0; row < lanes * chunk->view.width; row++) size.positions += chunk->line[row] != plimsoll::kPaddingLine ? 1 : 0;
    for (uint64_t lane = 0; lane < lanes; lane++) size.portfolios += chunk->handle[lane] != plimsoll::kNoHandle ? 1 : 0;
    size.bytes += lanes * (chunk->view.width * (sizeof(uint32_t) + sizeof(float)) + sizeof(float));
  }
  return size;
}

/** Prices move a little, so that every tick is new in the caches of the host. */
void move(Tick& tick, Random& random) {
  for (double& slope : tick.slopes) slope *= 1.0 + random.between(-1e-6, 1e-6);
}

/** Read and written, by a copy within the device. */
double copyBytesPerSecond() {
  constexpr size_t kBytes = size_t{1} << 30;
  constexpr uint32_t kCopies = 20;
  plimsoll::check(cudaSetDevice(0), "choose a device");
  const plimsoll::Stream stream;
  const plimsoll::DeviceBuffer from(stream, kBytes);
  const plimsoll::DeviceBuffer to(stream, kBytes);
  const plimsoll::Event began;
  const plimsoll::Event ended;
  const auto copy = [&] {
    plimsoll::check(cudaMemcpyAsync(to.as<uint8_t>(), from.as<uint8_t>(), kBytes, cudaMemcpyDeviceToDevice, stream.get()), "copy");
  };
  copy();
  began.record(stream);
  for (uint32_t i = 0; i < kCopies; i++) copy();
  ended.record(stream);
  stream.wait();
  float milliseconds = 0.0f;
  plimsoll::check(cudaEventElapsedTime(&milliseconds, began.get(), ended.get()), "read a device's clock");
  return 2.0 * kBytes * kCopies / (1e-3 * static_cast<double>(milliseconds));
}

class Bench {
 public:
  Bench(Tally& tally, uint64_t positions)
      : random_(kSeed), tick_(makeTick(random_, kLines, 1, 0.0, false)), book_(makeBook(positions, tick_)), session_(tally, "bench", {0}) {}

  /** The whole answer, statistics included, before and after a change of prices. */
  void verify() {
    session_.scan(book_, book_, tick_, {}, true);
    move(tick_, random_);
    session_.scan(book_, book_, tick_, {}, false);
  }

  void run(double copyBytesPerSecond) {
    const Size size = sizeOf(book_);
    std::printf("{\"positions\":%llu,\"portfolios\":%llu,\"bytes\":%llu", static_cast<unsigned long long>(size.positions),
                static_cast<unsigned long long>(size.portfolios), static_cast<unsigned long long>(size.bytes));
    const double device = time("", {}, false);
    std::printf(",\"residentBytesPerPosition\":%.2f", static_cast<double>(session_.cost().residentBytes) / static_cast<double>(size.positions));
    std::printf(",\"readBytesPerSecond\":%.4g,\"shareOfCopyBandwidth\":%.3f", static_cast<double>(size.bytes) / (1e-6 * device),
                static_cast<double>(size.bytes) / (1e-6 * device) / copyBytesPerSecond);
    time("Statistics", {}, true);
    time("Dirty", someSlices(), false);
    std::printf("}\n");
  }

 private:
  std::vector<plimsoll::DirtySlice> someSlices() {
    std::vector<plimsoll::DirtySlice> dirty;
    for (uint32_t i = 0; i < kDirtySlices; i++) {
      const ChunkView& view = book_.chunks()[random_.below(static_cast<uint32_t>(book_.chunks().size()))]->view;
      dirty.push_back({view.shelf, view.slot / kLanes + random_.below(view.slices)});
    }
    return dirty;
  }

  /** Prints both times, in microseconds; returns the median on the device. */
  double time(const std::string& name, const std::vector<plimsoll::DirtySlice>& dirty, bool statistics) {
    std::vector<double> device;
    std::vector<double> host;
    for (uint32_t i = 0; i < kWarmUpScans + kTimedScans; i++) {
      move(tick_, random_);
      plimsoll::ScanRequest request = session_.requestOf(book_, tick_, statistics);
      const auto began = std::chrono::steady_clock::now();
      session_.scanUnverified(request, dirty);
      const auto ended = std::chrono::steady_clock::now();
      if (i < kWarmUpScans) continue;
      host.push_back(std::chrono::duration<double, std::micro>(ended - began).count());
      device.push_back(session_.cost().deviceMicroseconds);
    }
    print(("device" + name + "Microseconds").c_str(), percentilesOf(device));
    print(("hostToHost" + name + "Microseconds").c_str(), percentilesOf(host));
    return percentilesOf(device).p50;
  }

  Random random_;
  Tick tick_;
  Book book_;
  Session session_;
};

int runAll(bool tiny) {
  plimsoll::CudaProbe probe;
  if (plimsollCudaProbe(&probe) != plimsoll::kCudaOk) {
    std::fprintf(stderr, "bench: no GPU to measure: %s\n", errorText().c_str());
    return 2;
  }
  Tally tally;
  if (tiny) {
    Bench(tally, 20000).verify();
    std::printf("{\"suite\":\"cuda bench\",\"verified\":%s}\n", tally.failures == 0 ? "true" : "false");
    return tally.failures == 0 ? 0 : 1;
  }
  const double copied = copyBytesPerSecond();
  std::printf("{\"device\":\"%s\",\"driver\":%u,\"runtime\":%u,\"copyBytesPerSecond\":%.4g}\n", probe.devices[0].name, probe.driverVersion,
              probe.runtimeVersion, copied);
  for (const uint64_t positions : {uint64_t{10000000}, uint64_t{100000000}}) {
    Bench bench(tally, positions);
    bench.verify();
    if (tally.failures != 0) return 1;
    bench.run(copied);
    bench.verify();
  }
  return tally.failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace plimsoll_test

int main(int count, char** arguments) {
  try {
    return plimsoll_test::runAll(count > 1 && std::strcmp(arguments[1], "--tiny") == 0);
  } catch (const plimsoll::Failure& failure) {
    std::fprintf(stderr, "bench: %s\n", failure.what());
    return 1;
  }
}
