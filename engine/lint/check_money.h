#ifndef YIJIE_ENGINE_LINT_CHECK_MONEY_H_
#define YIJIE_ENGINE_LINT_CHECK_MONEY_H_

#include <vector>

#include "engine/lint/finding.h"
#include "engine/lint/sketch.h"

namespace yijie::engine {

// Asks the engine about claims of every kind the rows tell apart, over bills of many sizes:
// payments that fall as cost rises, points that pass 0 or 100 %, steps that pay for money already
// paid, running totals that pass their limit.
void CheckMoney(Workbench& bench, std::vector<Finding>* findings);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LINT_CHECK_MONEY_H_
