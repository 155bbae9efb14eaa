#ifndef YIJIE_RULES_ROW_INDEX_H_
#define YIJIE_RULES_ROW_INDEX_H_

#include "rules/program.h"

namespace yijie::rules {

// Whether an index can answer the condition: it asks an enum fact.
inline bool IsIndexed(const Condition& condition) {
  return condition.test == Condition::Test::kMask && condition.operand == Operand::kFact;
}

// Builds the indexes of all row lists of at most 64 rows from their conditions, in place of those
// there were. The compiler calls it last; whoever changes conditions afterwards has to call it
// again.
void IndexRows(Program& program);

}  // namespace yijie::rules

#endif  // YIJIE_RULES_ROW_INDEX_H_
