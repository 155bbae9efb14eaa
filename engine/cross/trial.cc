#include "engine/cross/trial.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/cross/cross_digest.h"
#include "engine/cross/cross_peer.h"
#include "engine/cross/sound_answer.h"
#include "engine/cross/visitor_bill.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

absl::Status NoTrial(absl::string_view why) {
  return absl::AbortedError(absl::StrCat(why, "; nothing is held, ask again"));
}

}  // namespace

absl::StatusOr<TrialPlan> PlanTrial(const Reference& reference, const v1::PreSettleRequest& request,
                                    const Moment& now) {
  const v1::Claim& claim = request.claim();
  YIJIE_ASSIGN_OR_RETURN(
      const v1::Institution* institution,
      InstitutionOfBill(reference, "fixmedins_code", request.fixmedins_code(), claim, now));
  TrialPlan plan;
  v1::PreSettleResponse refusal;
  if (RefuseWithoutAgreement(*institution, claim, refusal.mutable_settlement())) {
    DescribeBill(request.fixmedins_code(), claim, now, refusal.mutable_settlement());
    plan.refusal = refusal.SerializeAsString();
    return plan;
  }
  auto asked = std::make_shared<v1::EvaluateRequest>();
  asked->set_admdvs(reference.own_areas.front());
  FillBill(reference, *institution, claim, asked.get());
  Seal(asked.get());
  plan.request = std::move(asked);
  return plan;
}

absl::StatusOr<std::string> AnswerTrial(const v1::PreSettleRequest& request,
                                        const v1::EvaluateRequest& asked, const Reply& reply,
                                        const Moment& now) {
  if (IsRefusalForGood(reply.status)) {
    return absl::FailedPreconditionError(
        absl::StrCat("the way to the insured place refuses the bill: ", reply.status.message()));
  }
  if (!reply.status.ok()) {
    return NoTrial(absl::StrCat("the insured place did not answer: ", reply.status.message()));
  }
  v1::EvaluateResponse evaluated;
  if (!evaluated.ParseFromString(reply.bytes) || !CheckSeal(evaluated).ok() ||
      evaluated.request_digest() != asked.digest() || !IsSound(asked, evaluated)) {
    return NoTrial("the answer of the insured place is not sound");
  }
  v1::PreSettleResponse response;
  *response.mutable_settlement() = std::move(*evaluated.mutable_settlement());
  DescribeBill(request.fixmedins_code(), request.claim(), now, response.mutable_settlement());
  return response.SerializeAsString();
}

}  // namespace yijie::engine
