#ifndef YIJIE_ENGINE_LINT_NARROW_H_
#define YIJIE_ENGINE_LINT_NARROW_H_

// The few rows of a large package that can matter to one claim: lint asks the engine about the same
// claim with many bills, and would else have it look at thousands of rows for each.

#include "rules/decision.h"
#include "rules/program.h"

namespace yijie::engine {

// Whether the conditions may hold for a claim with these facts. False only if a fact excludes it
// that stays as it is while the claim is evaluated.
bool MayHold(const rules::Program& program, rules::Slice when, const rules::Facts& facts);

// A package with its lists of rows cut to what can matter. Rows keep their numbers.
class NarrowProgram {
 public:
  explicit NarrowProgram(const rules::Program& whole) : whole_(whole), narrow_(whole) {}

  // Gives a claim with these facts the answer that the whole package gives. Valid until the next
  // call.
  const rules::Program& For(const rules::Facts& facts);

 private:
  bool SameAsBefore(const rules::Facts& facts) const;

  const rules::Program& whole_;
  rules::Program narrow_;
  rules::Facts facts_;  // that `narrow_` was cut for
  bool cut_ = false;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LINT_NARROW_H_
