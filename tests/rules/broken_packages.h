#ifndef YIJIE_TESTS_RULES_BROKEN_PACKAGES_H_
#define YIJIE_TESTS_RULES_BROKEN_PACKAGES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace yijie::rules {

// One way to break kGoodPackage. `from` occurs in it exactly once; `to` takes its place.
struct BrokenPackage {
  absl::string_view name;
  absl::string_view from;
  // '@' marks where the defect must be reported and is itself left out. Without a mark: 1:1.
  absl::string_view to;
  absl::string_view message;  // part of the report
};

// One defect each. Every defect that rules/compile.cc can name is in some row.
const std::vector<BrokenPackage>& BrokenPackages();

// `package` broken as the row says, the mark removed; `place` becomes "line:column".
std::string Break(const BrokenPackage& row, std::string* place);

}  // namespace yijie::rules

#endif  // YIJIE_TESTS_RULES_BROKEN_PACKAGES_H_
