#ifndef YIJIE_ENGINE_LINT_CHECK_ROWS_H_
#define YIJIE_ENGINE_LINT_CHECK_ROWS_H_

#include <vector>

#include "engine/lint/finding.h"
#include "engine/lint/sketch.h"

namespace yijie::engine {

// Claims without a row and with two, limits that say nothing, rows that no claim matches,
// conditions that never decide. Decided over all claims the declared facts allow (row_space.h);
// gaps and overlaps are reported with a claim on which the engine really has no answer.
void CheckRows(Workbench& bench, std::vector<Finding>* findings);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LINT_CHECK_ROWS_H_
