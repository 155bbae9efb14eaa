#include "engine/lint/finding.h"

#include <utility>

namespace yijie::engine {

const char* KindName(FindingKind kind) {
  switch (kind) {
    case FindingKind::kNoRow:
      return "no-row";
    case FindingKind::kTwoRows:
      return "two-rows";
    case FindingKind::kDeadRow:
      return "dead-row";
    case FindingKind::kIdleTest:
      return "idle-condition";
    case FindingKind::kNoBound:
      return "no-bound";
    case FindingKind::kSeam:
      return "seam";
    case FindingKind::kRatio:
      return "ratio";
    case FindingKind::kOverdrawn:
      return "overdrawn";
    case FindingKind::kCapPassed:
      return "cap-passed";
    case FindingKind::kFalls:
      return "falls";
    case FindingKind::kUnpinned:
      return "unpinned";
    case FindingKind::kCase:
      return "case";
    case FindingKind::kWeakSource:
      return "weak-source";
  }
  return "";
}

Finding MakeFinding(const rules::Program& program, FindingKind kind, int line, std::string text) {
  Finding finding;
  finding.kind = kind;
  finding.file = program.file;
  finding.line = line;
  finding.text = std::move(text);
  return finding;
}

}  // namespace yijie::engine
