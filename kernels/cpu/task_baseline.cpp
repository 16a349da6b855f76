/** The scan's loop for any processor. */
#include "plimsoll/lane.h"
#include "cpu/task_loop.h"

namespace plimsoll {

void scanTaskBaseline(const ScanRequest& request, Task& task, StatisticsPart* part) { scanTask<Lane1>(request, task, part); }

}  // namespace plimsoll
