#ifndef YIJIE_RULES_CELL_H_
#define YIJIE_RULES_CELL_H_

// Reads the cells of `When`: the text between the quotes. See proto/yijie/v1/policy.proto for the
// forms.

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rules/program.h"

namespace yijie::rules {

// Names of an enum fact, in the order of their numbers; numbers without a name are empty.
using EnumNames = std::vector<absl::string_view>;

// What a cell came to: exactly the test part of a Condition, with the values still apart.
struct Cell {
  Condition::Test test = Condition::Test::kMask;
  bool negated = false;
  uint64_t mask = 0;
  std::vector<Interval> intervals;
  std::vector<Symbol> symbols;  // sorted
};

// "LEVEL_1, LEVEL_2" or "not(LEVEL_3)".
absl::StatusOr<Cell> ParseEnumCell(absl::string_view text, const EnumNames& names);

// "21, 2101" or "not(21)".
absl::StatusOr<Cell> ParseCodeCell(absl::string_view text);

// "[15..60)", "3", "[0..5], [60..)", with `parse` reading one bound.
absl::StatusOr<Cell> ParseIntervalCell(
    absl::string_view text, const std::function<absl::StatusOr<int64_t>(absl::string_view)>& parse);

}  // namespace yijie::rules

#endif  // YIJIE_RULES_CELL_H_
