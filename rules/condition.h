#ifndef YIJIE_RULES_CONDITION_H_
#define YIJIE_RULES_CONDITION_H_

#include <cstdint>

#include "rules/program.h"

namespace yijie::rules {

// Whether a single number satisfies the condition. Not for Test::kHeld.
bool HoldsFor(const Program& program, const Condition& condition, int64_t value);

}  // namespace yijie::rules

#endif  // YIJIE_RULES_CONDITION_H_
