/** How fast this machine reads memory: what a scan is measured against. Knows nothing of scans. */
#pragma once

#include <cstdint>

namespace plimsoll {

/** Best of several sequential reads by so many threads of 256 MiB each, larger than any cache. */
double readBytesPerSecond(uint32_t threads);

}  // namespace plimsoll
