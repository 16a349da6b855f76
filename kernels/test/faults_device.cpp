/** See faults.h: on a device. A device cannot be told to fail. */
#include "faults.h"

namespace plimsoll_test {

const char* runtimeName() { return "device"; }

uint32_t largeLanes() { return 400000; }

uint32_t variants() { return 1; }

void prepare(uint32_t) {}

void testFaults(Tally&) {}

}  // namespace plimsoll_test
