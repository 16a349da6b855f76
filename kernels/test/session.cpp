/** See session.h. */
#include "session.h"

#include <algorithm>
#include <cmath>

namespace plimsoll_test {

namespace {

constexpr double kTolerance = 1e-12;

template <typename T>
plimsoll::Address addressOf(const std::vector<T>& column) {
  return static_cast<plimsoll::Address>(reinterpret_cast<uintptr_t>(column.data()));
}

bool close(double got, double wanted, double magnitude) {
  if (std::isnan(got) || std::isnan(wanted)) return std::isnan(got) && std::isnan(wanted);
  return got == wanted || std::fabs(got - wanted) <= kTolerance * magnitude;
}

}  // namespace

std::string errorText() {
  char text[512];
  plimsollCudaErrorText(text, sizeof text);
  return text;
}

Session::Session(Tally& tally, std::string name, const std::vector<uint32_t>& devices) : tally_(tally), name_(std::move(name)) {
  const int32_t status = plimsollCudaOpen(devices.data(), static_cast<uint32_t>(devices.size()), &handle_);
  tally_.check(status == plimsoll::kCudaOk && handle_ != 0, name_ + ": open: " + errorText());
}

Session::~Session() {
  if (handle_ != 0) tally_.check(plimsollCudaClose(handle_) == plimsoll::kCudaOk, name_ + ": close");
}

plimsoll::ScanRequest Session::requestOf(const Book& book, const Tick& tick, bool statistics) {
  views_.clear();
  size_t lanes = 0;
  for (const auto& chunk : book.chunks()) {
    views_.push_back(chunk->view);
    lanes += size_t{chunk->view.slices} * kLanes;
  }
  nominees_.assign(lanes, 0xdeadbeef);
  unpriced_.assign(lanes, 0xdeadbeef);
  bandCount_.assign(plimsoll::kBands, -1.0);
  bandNotional_.assign(plimsoll::kBands, -1.0);
  lineSize_.assign(tick.lines(), -1.0);
  lineCount_.assign(tick.lines(), -1.0);
  plimsoll::ScanRequest request{};
  request.chunks = addressOf(views_);
  request.nominees = addressOf(nominees_);
  request.unpriced = addressOf(unpriced_);
  request.chunkCount = static_cast<uint32_t>(views_.size());
  request.vectors = {addressOf(tick.slopes), addressOf(tick.pairs), addressOf(tick.starts),   addressOf(tick.breaks), addressOf(tick.gains),
                     addressOf(tick.constants), tick.lines(),       tick.firstClosing, tick.assets(),          0};
  request.statistics = {addressOf(tick.needs), addressOf(tick.notionals), addressOf(tick.ends), addressOf(bandCount_), addressOf(bandNotional_),
                        addressOf(lineSize_),  addressOf(lineCount_),     0.0,                  0.0,                   statistics ? 1u : 0u,
                        0};
  tally_.lanes += lanes;
  return request;
}

void Session::scan(const Book& book, const Book& seen, const Tick& tick, const std::vector<plimsoll::DirtySlice>& dirty, bool statistics) {
  if (handle_ == 0) return;
  plimsoll::ScanRequest request = requestOf(book, tick, statistics);
  tally_.scans++;
  const int32_t status = plimsollCudaScan(handle_, &request, dirty.data(), static_cast<uint32_t>(dirty.size()), &cost_);
  tally_.check(status == plimsoll::kCudaOk, name_ + ": scan: " + errorText());
  if (status != plimsoll::kCudaOk) return;
  const Expected expected = expectedOf(seen, tick);
  compareLists(request, expected);
  if (statistics) compareStatistics(request.statistics, expected);
}

void Session::scanUnverified(plimsoll::ScanRequest& request, const std::vector<plimsoll::DirtySlice>& dirty) {
  const int32_t status = plimsollCudaScan(handle_, &request, dirty.data(), static_cast<uint32_t>(dirty.size()), &cost_);
  tally_.check(status == plimsoll::kCudaOk, name_ + ": scan: " + errorText());
}

void Session::compareLists(const plimsoll::ScanRequest& request, Expected expected) {
  if (tally_.canary && !expected.nominees.empty()) {
    expected.nominees[expected.nominees.size() / 2] ^= 1u;
    tally_.canary = false;
  }
  nominees_.resize(std::min<size_t>(request.nomineeCount, nominees_.size()));
  unpriced_.resize(std::min<size_t>(request.unpricedCount, unpriced_.size()));
  tally_.nominees += nominees_.size();
  tally_.unpriced += unpriced_.size();
  const auto differ = [&](const char* list, size_t got, size_t wanted) {
    return name_ + ": " + list + " differ: " + std::to_string(got) + " for " + std::to_string(wanted);
  };
  tally_.check(nominees_ == expected.nominees, differ("nominees", request.nomineeCount, expected.nominees.size()));
  tally_.check(unpriced_ == expected.unpriced, differ("unpriced", request.unpricedCount, expected.unpriced.size()));
}

void Session::compareStatistics(const plimsoll::StatisticsView& view, const Expected& expected) {
  tally_.check(close(view.equity, expected.equity, expected.equityMagnitude + std::fabs(expected.maintenance)), name_ + ": equity");
  tally_.check(close(view.maintenance, expected.maintenance, std::fabs(expected.maintenance)), name_ + ": maintenance");
  tally_.check(bandCount_ == expected.bandCount, name_ + ": portfolios by band");
  tally_.check(lineCount_ == expected.lineCount, name_ + ": rows by line");
  for (uint32_t band = 0; band < plimsoll::kBands; band++)
    tally_.check(close(bandNotional_[band], expected.bandNotional[band], expected.bandNotional[band]),
                 name_ + ": notional of band " + std::to_string(band));
  for (size_t line = 0; line < lineSize_.size(); line++)
    tally_.check(close(lineSize_[line], expected.lineSize[line], expected.lineSize[line]), name_ + ": size on line " + std::to_string(line));
}

void Session::scanFails(const Book& book, const Tick& tick, int32_t status, bool near) {
  if (handle_ == 0) return;
  plimsoll::ScanRequest request = requestOf(book, tick, false);
  request.near.wanted = near ? 1 : 0;
  const auto scan = [&] { return plimsollCudaScan(handle_, &request, nullptr, 0, nullptr); };
  const int32_t got = scan();
  tally_.check(got == status, name_ + ": expected status " + std::to_string(status) + ", was " + std::to_string(got) + ": " + errorText());
  request.near.wanted = 0;
  tally_.check(scan() == plimsoll::kCudaBadRequest, name_ + ": expected a handle that failed to stay failed");
}

}  // namespace plimsoll_test
