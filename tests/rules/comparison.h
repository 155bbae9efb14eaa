#ifndef YIJIE_TESTS_RULES_COMPARISON_H_
#define YIJIE_TESTS_RULES_COMPARISON_H_

// The compiled program and the slow interpreter side by side.

#include <cstdint>
#include <map>
#include <string>

#include "rules/decision.h"
#include "rules/program.h"
#include "tests/rules/random_claim.h"
#include "tests/rules/slow_interpreter.h"
#include "yijie/v1/policy.pb.h"

namespace yijie::rules {

// The claim as the slow interpreter reads it; its totals and account are not set.
slow::Claim SlowClaimOf(const Input& input);

// Where the two differ; empty if nowhere.
std::string Difference(const Program& program, const v1::Package& package, const Input& input,
                       const Decision& decision, const slow::Claim& slow_claim,
                       const slow::Answer& answer);

// Runs one to six claims of one person through both, totals and account going on in each for
// itself. Says where they differ. `verdicts` counts what became of the claims, by slow::Answer.
std::string CompareHistory(const Program& program, const v1::Package& package, Random& random,
                           std::map<std::string, int64_t>* verdicts);

}  // namespace yijie::rules

#endif  // YIJIE_TESTS_RULES_COMPARISON_H_
