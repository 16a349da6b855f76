/** The scan's loop for AVX2. */
#include "cpu/pack_avx2.h"
#include "cpu/task_loop.h"

namespace plimsoll {

void scanTaskAvx2(const ScanRequest& request, Task& task, StatisticsPart* part) { scanTask<PackAvx2>(request, task, part); }

}  // namespace plimsoll
