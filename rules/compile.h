#ifndef YIJIE_RULES_COMPILE_H_
#define YIJIE_RULES_COMPILE_H_

#include "rules/place.h"
#include "rules/program.h"
#include "yijie/v1/policy.pb.h"

namespace yijie::rules {

// Turns a parsed package into `program`, everything but `file`, `text` and `hash`. What is wrong
// goes to `defects`; with any defect the program must not be used.
void CompileInto(const yijie::v1::Package& package, const Place& place, Defects& defects,
                 Program& program);

}  // namespace yijie::rules

#endif  // YIJIE_RULES_COMPILE_H_
