#ifndef YIJIE_ENGINE_POLICY_CASES_H_
#define YIJIE_ENGINE_POLICY_CASES_H_

// Cases of policy packages: a claim, a person and what must come out (`*.cases` beside the
// `*.policy` they test).

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/claim_input.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "engine/transactions.h"
#include "rules/rule_book.h"
#include "yijie/v1/policy.pb.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::engine {

// The cases of a file. An error names the file and the place in it.
absl::StatusOr<yijie::v1::PolicyCases> ReadCases(const std::string& cases_file);

// A case ready to be evaluated, again and again. Points into itself.
struct OpenCase {
  yijie::v1::PolicyCase text;
  Reference reference;
  Person person;
  Moment received;
  ClaimInput input;
};
absl::StatusOr<std::unique_ptr<const OpenCase>> OpenPolicyCase(
    std::shared_ptr<const rules::RuleBook> policies, const yijie::v1::PolicyCase& policy_case);

// Evaluates one case through the same code as PreSettle, without a store. The case's institution,
// catalogue, person and account are all there is; "today" is the last day of the claim. `added`, if
// it is asked for, gets what the claim adds to the accumulators.
absl::StatusOr<yijie::v1::Settlement> EvaluateCase(
    std::shared_ptr<const rules::RuleBook> policies, const yijie::v1::PolicyCase& policy_case,
    std::vector<rules::AccumulatorEntry>* added = nullptr);

struct CaseResult {
  std::string name;
  std::vector<std::string> differences;  // empty: passed
};

CaseResult RunCase(const std::shared_ptr<const rules::RuleBook>& policies,
                   const yijie::v1::PolicyCase& policy_case);

// Runs the cases of `cases_file` against the package of the same stem beside it. An error names the
// file and the place in it.
absl::StatusOr<std::vector<CaseResult>> RunCases(const std::string& cases_file);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_POLICY_CASES_H_
