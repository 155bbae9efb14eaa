#ifndef YIJIE_ENGINE_CROSS_TRIAL_H_
#define YIJIE_ENGINE_CROSS_TRIAL_H_

// A trial (预结算) of a visitor's bill at the place of care (就医地): the insured place evaluates
// it and holds nothing. As functions, without clock, threads or I/O.

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/job.h"
#include "engine/moment.h"
#include "engine/reference.h"
#include "yijie/v1/cross.pb.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {

struct TrialPlan {
  // What to ask the insured place; null if the place of care refuses by itself.
  std::shared_ptr<const yijie::v1::EvaluateRequest> request;
  std::string refusal;  // bytes of the PreSettleResponse then
};

absl::StatusOr<TrialPlan> PlanTrial(const Reference& reference,
                                    const yijie::v1::PreSettleRequest& request, const Moment& now);

// The PreSettleResponse that follows from the insured place's reply to `asked`. ABORTED if that is
// no answer, or is not sound.
absl::StatusOr<std::string> AnswerTrial(const yijie::v1::PreSettleRequest& request,
                                        const yijie::v1::EvaluateRequest& asked, const Reply& reply,
                                        const Moment& now);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CROSS_TRIAL_H_
