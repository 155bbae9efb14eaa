#include "tests/campaign/made_world.h"
#include "tests/campaign/operations.h"

// CreditAccount, GetAccount.

namespace yijie::campaign {
namespace {

std::shared_ptr<Message> MakeCredit(Making& making) {
  auto request = std::make_shared<v1::CreditAccountRequest>();
  *request->mutable_header() = making.HeaderOf(kAgency);
  request->set_psn_no(making.person.psn_no);
  request->set_sub_account(making.draws.Percent(60) ? v1::CURRENT_YEAR : v1::PAST_YEARS);
  request->set_amount_fen(making.draws.Percent(2) ? 0 : making.draws.Number(1, 120'000));
  return request;
}

std::string MalformedCredit(const Message& message) {
  return As<v1::CreditAccountRequest>(message).amount_fen() < 1 ? "amount_fen" : "";
}

Answer ExpectCredit(Model& model, const Message& message, const Now& now) {
  const auto& request = As<v1::CreditAccountRequest>(message);
  Person& person = model.Find(request.psn_no());
  if (!person.known()) return Error(absl::StatusCode::kNotFound, "psn_no");
  Purse credit;
  credit.fen[request.sub_account() == v1::CURRENT_YEAR ? 0 : 1] = request.amount_fen();
  v1::CreditAccountResponse response;
  response.set_psn_no(person.psn_no);
  response.set_balc_before_fen(person.purse.sum());
  person.purse.Add(credit);
  person.movements.push_back({Movement::kCredit, credit, 0, 0});
  model.Post("ACCOUNT_FUNDING", request.header().fixmedins_code(), request.amount_fen());
  response.set_balc_fen(person.purse.sum());
  response.set_version(++person.version);
  response.set_post_time(now.time);
  return Told(response, person.version);
}

std::shared_ptr<Message> MakeGetAccount(Making& making) {
  auto request = std::make_shared<v1::GetAccountRequest>();
  request->set_psn_no(making.person.psn_no);
  return request;
}

Answer ExpectGetAccount(Model& model, const Message& message, const Now& /*now*/) {
  const Person& person = model.Find(As<v1::GetAccountRequest>(message).psn_no());
  if (!person.known()) return Error(absl::StatusCode::kNotFound, "psn_no");
  v1::GetAccountResponse response;
  response.set_psn_no(person.psn_no);
  response.set_balc_fen(person.purse.sum());
  response.set_version(person.version);
  for (const v1::SubAccount sub : {v1::CURRENT_YEAR, v1::PAST_YEARS}) {
    v1::SubBalance* balance = response.add_sub_balance();
    balance->set_sub_account(sub);
    balance->set_balc_fen(person.purse.fen[sub == v1::CURRENT_YEAR ? 0 : 1]);
  }
  return Told(response);
}

}  // namespace

std::vector<Kind> AccountKinds() {
  return {
      {"yijie.v1.SettlementService.CreditAccount", 80, MakeCredit, ExpectCredit, v1::CREDIT_ACCOUNT,
       MalformedCredit},
      {"yijie.v1.SettlementService.GetAccount", 30, MakeGetAccount, ExpectGetAccount},
  };
}

}  // namespace yijie::campaign
