/** What of a book is uploaded, and when: cases of their own, and what other cases need to tell a handle of changes. */
#pragma once

#include "session.h"

namespace plimsoll_test {

std::vector<uint32_t> devicesUpTo(uint32_t count);

/** As if all of the book had changed. */
std::vector<plimsoll::DirtySlice> everySlice(const Book& book);

/** More lanes on a shelf; returns the slices that they are in. */
std::vector<plimsoll::DirtySlice> grow(Book& book, uint32_t shelf, uint32_t lanes, const Tick& tick);

/** On one device, and on two where there are as many. */
void testResidence(Tally& tally, uint32_t devices);

}  // namespace plimsoll_test
