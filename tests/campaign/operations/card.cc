#include "tests/campaign/made_world.h"
#include "tests/campaign/operations.h"

// ChangeCard, GetCards. What a change does to a card is told by tests/card/card_model.h.

namespace yijie::campaign {
namespace {

void Change(Making& making, const std::string& card_no, v1::CardChange* change) {
  Draws& draws = making.draws;
  const v1::CardFunction function = draws.Percent(70) ? v1::SOCIAL_FUNCTION : v1::BANK_FUNCTION;
  const std::string new_card_no = draws.Percent(5) ? card_no : making.NewId("K");
  switch (draws.Below(12)) {
    case 0:
      change->mutable_issue()->set_card_no(new_card_no);
      change->mutable_issue()->set_card_sn("S" + new_card_no);
      return;
    case 1:
    case 2:
      change->mutable_activate()->set_card_no(card_no);
      change->mutable_activate()->set_function(function);
      return;
    case 3:
    case 4:
    case 5: {
      v1::ReportLoss* loss = change->mutable_report_loss();
      loss->set_card_no(card_no);
      loss->set_function(function);
      loss->set_kind(draws.Percent(75) ? v1::TEMPORARY_LOSS : v1::FORMAL_LOSS);
      return;
    }
    case 6:
      change->mutable_lift_loss()->set_card_no(card_no);
      change->mutable_lift_loss()->set_function(function);
      return;
    case 7:
      change->mutable_replace()->set_card_no(card_no);
      change->mutable_replace()->set_new_card_no(new_card_no);
      change->mutable_replace()->set_new_card_sn("S" + new_card_no);
      return;
    case 8:
      if (draws.Percent(30)) {
        change->mutable_cancel()->set_card_no(card_no);
        return;
      }
      [[fallthrough]];
    case 9:
      change->mutable_wrong_pin()->set_card_no(card_no);
      return;
    case 10:
      change->mutable_right_pin()->set_card_no(card_no);
      return;
    default:
      change->mutable_unlock_pin()->set_card_no(card_no);
      return;
  }
}

std::shared_ptr<Message> MakeChange(Making& making) {
  auto request = std::make_shared<v1::ChangeCardRequest>();
  *request->mutable_header() = making.HeaderOf(kAgency);
  request->set_psn_no(making.person.psn_no);
  const auto& cards = making.person.cards.cards();
  if (cards.empty()) {
    const std::string card_no = making.NewId("K");
    request->mutable_change()->mutable_issue()->set_card_no(card_no);
    request->mutable_change()->mutable_issue()->set_card_sn("S" + card_no);
  } else {
    Change(making, making.draws.Percent(85) ? cards.back().number : making.draws.Of(cards).number,
           request->mutable_change());
  }
  return request;
}

void View(const Person& person, const Now& now,
          google::protobuf::RepeatedPtrField<v1::CardView>* views) {
  for (const engine::CardModel::Card& card : person.cards.cards()) {
    v1::CardView& view = *views->Add();
    view.set_social(person.cards.Status(card, 0, now.day_number));
    view.set_bank(person.cards.Status(card, 1, now.day_number));
    view.set_replaced(card.replaced);
  }
}

Answer ExpectChange(Model& model, const Message& message, const Now& now) {
  const auto& request = As<v1::ChangeCardRequest>(message);
  Person& person = model.Find(request.psn_no());
  if (!person.known()) return Error(absl::StatusCode::kNotFound, "psn_no");
  person.cards.Follow(RulesOfPerson(person.facts, now.day).card());
  v1::ChangeCardResponse response;
  response.set_refusal(person.cards.Apply(request.change(), now.day_number));
  View(person, now, response.mutable_card());
  const bool done = response.refusal() == v1::CARD_NOT_REFUSED;
  if (done) ++person.version;
  if (!done) response.set_reason("refused");
  response.set_version(person.version);
  return Told(response, done ? person.version : 0);
}

std::shared_ptr<Message> MakeGetCards(Making& making) {
  auto request = std::make_shared<v1::GetCardsRequest>();
  request->set_psn_no(making.person.psn_no);
  return request;
}

Answer ExpectGetCards(Model& model, const Message& message, const Now& now) {
  const Person& person = model.Find(As<v1::GetCardsRequest>(message).psn_no());
  if (!person.known()) return Error(absl::StatusCode::kNotFound, "psn_no");
  v1::GetCardsResponse response;
  View(person, now, response.mutable_card());
  return Told(response);
}

}  // namespace

std::vector<Kind> CardKinds() {
  return {
      {"yijie.v1.AgencyService.ChangeCard", 70, MakeChange, ExpectChange, v1::CHANGE_CARD},
      {"yijie.v1.AgencyService.GetCards", 35, MakeGetCards, ExpectGetCards},
  };
}

}  // namespace yijie::campaign
