#ifndef YIJIE_ENGINE_LINT_FINDING_H_
#define YIJIE_ENGINE_LINT_FINDING_H_

// What `yijie policy lint` has to say against a package.

#include <optional>
#include <string>
#include <vector>

#include "rules/program.h"
#include "yijie/v1/policy.pb.h"

namespace yijie::engine {

enum class FindingKind : uint8_t {
  kNoRow,       // a claim without an answer
  kTwoRows,     // a claim with two answers
  kDeadRow,     // a row that no claim can match
  kIdleTest,    // a condition that never decides
  kNoBound,     // a claim for which a limit says nothing
  kSeam,        // days between two versions without any
  kRatio,       // points or factors that pass 0 % or 100 %
  kOverdrawn,   // a step that pays for money already paid
  kCapPassed,   // a running total beyond its limit
  kFalls,       // more cost, less payment
  kUnpinned,    // a figure that no case tests
  kCase,        // a case that fails
  kWeakSource,  // a figure from a source of grade D
};

// Name in reports and in `--only`: "no-row".
const char* KindName(FindingKind kind);

struct Finding {
  FindingKind kind = FindingKind::kNoRow;
  std::string file;
  int line = 0;
  std::string text;  // in Chinese
  // A claim on which the engine misbehaves, and what it answered. Not there where no claim can show
  // it, as for a row that no claim matches.
  std::optional<yijie::v1::PolicyCase> example;
  std::string answer;
};

// One against a line of the package's file, without an example.
Finding MakeFinding(const rules::Program& program, FindingKind kind, int line, std::string text);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LINT_FINDING_H_
