/** Puts portfolios of plain positions on their lines anew, by threads, in the store's own columns. */
#pragma once

#include "cpu/pool.h"
#include "plimsoll/layout.h"

namespace plimsoll {

/** Blocks until done. Portfolios with a row that is something else are left to the caller. */
void retier(Pool& pool, RetierRequest& request);

}  // namespace plimsoll
