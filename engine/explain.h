#ifndef YIJIE_ENGINE_EXPLAIN_H_
#define YIJIE_ENGINE_EXPLAIN_H_

// A decision in words and fields: what the caller of Settle reads.

#include <string>

#include "rules/decision.h"
#include "rules/program.h"
#include "yijie/v1/claim.pb.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::engine {

// Amounts, funds, lines and explanation of a decision that settled.
void Describe(const rules::Program& program, const rules::Decision& decision,
              const rules::Input& input, const yijie::v1::Claim& claim, yijie::v1::Settlement* out);

// The explanation alone: each step of the decision with its source.
void DescribeExplanation(const rules::Program& program, const rules::Decision& decision,
                         yijie::v1::Explanation* out);

// Outcome and reason of a decision that did not.
void DescribeRefusal(const rules::Program& program, const rules::Decision& decision,
                     yijie::v1::Settlement* out);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_EXPLAIN_H_
