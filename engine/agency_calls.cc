#include "base/status_macros.h"
#include "engine/call.h"
#include "engine/card/card_state.h"
#include "engine/card/credential.h"
#include "engine/entitlement.h"
#include "engine/validate.h"
#include "yijie/v1/agency.pb.h"

// The calls of AgencyService: checks of their requests, and what answers them.

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

absl::Status Prepare(const v1::ChangeCardRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  return ValidateCardChange("change", request.change());
}

absl::Status Prepare(const v1::GetCardsRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  return CheckPersonNo("psn_no", request.psn_no());
}

template <typename Response>
void AddViews(const store::v1::PersonCards& cards, const Moment& now, Response* response) {
  for (const store::v1::CardState& card : cards.card())
    *response->add_card() = ViewOf(card, now.unix_ms);
}

absl::StatusOr<Effect> WorkChangeCard(const Job& job, const WorkContext& context,
                                      const Person& person) {
  const auto& request = RequestOf<v1::ChangeCardRequest>(job);
  const v1::CardRules& rules =
      AreaRulesOfPerson(context.reference, *person.facts, job.now.day).card();
  const CardDecision decision =
      ApplyCardChange(rules, person.rest->cards(), request.change(), job.now.unix_ms);
  v1::ChangeCardResponse response;
  response.set_refusal(decision.refusal);
  AddViews(decision.cards, job.now, &response);
  if (decision.refusal != v1::CARD_NOT_REFUSED) {
    response.set_reason(std::string(ReasonText(decision.refusal)));
    response.set_version(person.version);
    return Answer(response.SerializeAsString(), decision.refusal);
  }
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(person, "psn_no"));
  Booking booking(person, request.header(), job.body, job.now);
  *booking.state().mutable_cards() = decision.cards;
  booking.event().mutable_card_changed();
  response.set_version(booking.next().version);
  return std::move(booking).Finish(response.SerializeAsString(), v1::CARD_NOT_REFUSED);
}

absl::StatusOr<std::string> WorkGetCards(const Job& job, const WorkContext& /*context*/,
                                         const Person& person) {
  v1::GetCardsResponse response;
  AddViews(person.rest->cards(), job.now, &response);
  return response.SerializeAsString();
}

}  // namespace

std::vector<CallSpec> AgencyCalls() {
  return {
      Changing<v1::ChangeCardRequest, Prepare>(
          Call::kChangeCard, "yijie.v1.AgencyService.ChangeCard", "psn_no", v1::CHANGE_CARD,
          v1::CardRefusal_descriptor(), WorkChangeCard),
      Reading<v1::GetCardsRequest, Prepare>(Call::kGetCards, "yijie.v1.AgencyService.GetCards",
                                            "psn_no", WorkGetCards),
  };
}

}  // namespace yijie::engine
