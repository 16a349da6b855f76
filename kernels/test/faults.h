/** What differs between a test on the host's loops and one on a device. */
#pragma once

#include "session.h"

namespace plimsoll_test {

const char* runtimeName();

/** Lanes on the narrowest shelf of a large book: more than a grid takes at once. */
uint32_t largeLanes();

/** Ways of scanning that a machine can be made to take. */
uint32_t variants();
void prepare(uint32_t variant);

/** Every call of the runtime made to fail once, where failures can be ordered. */
void testFaults(Tally& tally);

}  // namespace plimsoll_test
