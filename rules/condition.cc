#include "rules/condition.h"

#include <algorithm>

#include "base/check.h"

namespace yijie::rules {

bool HoldsFor(const Program& program, const Condition& condition, int64_t value) {
  bool holds = false;
  switch (condition.test) {
    case Condition::Test::kMask:
      holds = value >= 0 && value < 64 && ((condition.mask >> value) & 1) != 0;
      break;
    case Condition::Test::kIntervals:
      for (uint32_t i = condition.values.begin; i < condition.values.end && !holds; ++i)
        holds = program.intervals[i].low <= value && value <= program.intervals[i].high;
      break;
    case Condition::Test::kSymbols:
      holds = std::binary_search(program.symbols.begin() + condition.values.begin,
                                 program.symbols.begin() + condition.values.end,
                                 static_cast<Symbol>(value));
      break;
    case Condition::Test::kHeld:
      YIJIE_CHECK(false, "rights are no single number");
  }
  return holds != condition.negated;
}

}  // namespace yijie::rules
