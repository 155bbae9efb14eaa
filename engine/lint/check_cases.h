#ifndef YIJIE_ENGINE_LINT_CHECK_CASES_H_
#define YIJIE_ENGINE_LINT_CHECK_CASES_H_

#include <string>
#include <vector>

#include "engine/lint/finding.h"
#include "rules/program.h"

namespace yijie::engine {

// Runs the cases beside the package and reports those that fail; then changes each figure of the
// package in turn and reports those whose change no case notices: nothing says that they are as the
// document prints them. `cases_file` need not exist.
void CheckCases(const rules::Program& program, const std::string& cases_file,
                std::vector<Finding>* findings);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LINT_CHECK_CASES_H_
