#ifndef YIJIE_ENGINE_LINT_LINT_H_
#define YIJIE_ENGINE_LINT_LINT_H_

// `yijie policy lint`: what a package must not do and its compiler cannot see.

#include <functional>
#include <string>
#include <vector>

#include "engine/area/area_book.h"
#include "engine/lint/finding.h"
#include "rules/rule_book.h"

namespace yijie::engine {

// All findings against one package: rows, money, cases (`X.cases` beside `X.policy`), sources.
std::vector<Finding> LintPackage(const rules::Program& program);

// Findings against area rules: sources.
std::vector<Finding> LintAreas(const AreaBook& areas);

// Findings between packages: days between two versions on which there is none.
std::vector<Finding> LintSeams(const rules::RuleBook& book);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LINT_LINT_H_
