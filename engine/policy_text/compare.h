#ifndef YIJIE_ENGINE_POLICY_TEXT_COMPARE_H_
#define YIJIE_ENGINE_POLICY_TEXT_COMPARE_H_

#include <string>
#include <vector>

#include "engine/policy_text/document.h"
#include "engine/policy_text/sheet.h"

namespace yijie::engine {

struct ComparedPart {
  std::string heading;
  std::vector<Change> changes;  // at least one
};

struct Comparison {
  std::vector<ComparedPart> parts;  // empty: no difference
  // Some claim on a day that both versions cover may get another answer.
  bool answers_differ = false;
};

// What changed from one version to the next. Rows and steps are matched by their conditions and
// ids, not by position. The sheet of the newer version is made with the older as its elder.
Comparison Compare(const PackageSheet& older, const PackageSheet& newer);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_POLICY_TEXT_COMPARE_H_
