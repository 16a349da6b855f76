/** The scan's loop for AVX-512 (F, DQ, VL). */
#include "cpu/pack_avx512.h"
#include "cpu/task_loop.h"

namespace plimsoll {

void scanTaskAvx512(const ScanRequest& request, Task& task, StatisticsPart* part) { scanTask<PackAvx512>(request, task, part); }

}  // namespace plimsoll
