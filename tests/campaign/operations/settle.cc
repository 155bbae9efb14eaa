#include "tests/campaign/made_world.h"
#include "tests/campaign/operations.h"

// Settle, PreSettle, GetSettlement.

namespace yijie::campaign {
namespace {

std::string MalformedClaim(const v1::Claim& claim) {
  return claim.medfee_sumamt_fen() == SumOf(claim.fee_line()) ? "" : "claim.medfee_sumamt_fen";
}

std::shared_ptr<Message> MakeSettle(Making& making) {
  auto request = std::make_shared<v1::SettleRequest>();
  *request->mutable_header() = making.Header();
  if (!making.person.never_arrived.empty() && making.draws.Percent(4)) {  // it arrives at last
    const auto& [institution, msgid] = making.draws.Of(making.person.never_arrived);
    request->mutable_header()->set_fixmedins_code(institution);
    request->mutable_header()->set_msgid(msgid);
  }
  *request->mutable_claim() = MakeClaim(making, request->header().fixmedins_code());
  bool shown = false;
  v1::Credential credential;
  MakeCredential(making, &credential, &shown);
  if (shown) *request->mutable_credential() = credential;
  return request;
}

Answer ExpectSettle(Model& model, const Message& message, const Now& now) {
  const auto& request = As<v1::SettleRequest>(message);
  Person& person = model.Find(request.claim().psn_no());
  if (!person.known()) return Error(absl::StatusCode::kNotFound, "claim.psn_no");
  return model.SettleClaim(person, request.header(), request.claim(),
                           {true, request.has_credential() ? &request.credential() : nullptr}, now);
}

std::string MalformedSettle(const Message& message) {
  return MalformedClaim(As<v1::SettleRequest>(message).claim());
}

Answer ClosedSettle(const Message& message, const Now& closed_at) {
  const auto& request = As<v1::SettleRequest>(message);
  return ClosedSettlement(request.header(), request.claim(), closed_at);
}

std::shared_ptr<Message> MakePreSettle(Making& making) {
  auto request = std::make_shared<v1::PreSettleRequest>();
  request->set_fixmedins_code(making.SomeInstitution());
  *request->mutable_claim() = MakeClaim(making, request->fixmedins_code());
  return request;
}

Answer ExpectPreSettle(Model& model, const Message& message, const Now& now) {
  const auto& request = As<v1::PreSettleRequest>(message);
  const Person& person = model.Find(request.claim().psn_no());
  if (!person.known()) return Error(absl::StatusCode::kNotFound, "claim.psn_no");
  if (FindInstitution(request.fixmedins_code()) == nullptr)
    return Error(absl::StatusCode::kNotFound, "fixmedins_code");
  const v1::Claim& claim = request.claim();
  if (LastDay(claim) > now.day) {
    return Error(absl::StatusCode::kInvalidArgument,
                 claim.enddate().empty() ? "claim.begndate" : "claim.enddate");
  }
  v1::PreSettleResponse response;
  Model::Judge({claim,
                request.fixmedins_code(),
                person.facts,
                person.purse,
                person.totals,
                &person,
                {},
                now},
               response.mutable_settlement());
  response.mutable_settlement()->set_version(person.version);
  return Told(response);
}

std::string MalformedPreSettle(const Message& message) {
  return MalformedClaim(As<v1::PreSettleRequest>(message).claim());
}

std::shared_ptr<Message> MakeGetSettlement(Making& making) {
  if (making.person.settlements.empty()) return nullptr;
  auto place = making.person.settlements.begin();
  std::advance(place, making.draws.Below(static_cast<int>(making.person.settlements.size())));
  auto request = std::make_shared<v1::GetSettlementRequest>();
  request->set_psn_no(making.person.psn_no);
  request->set_setl_id(making.person.setl_ids.at(place->first));
  request->set_fixmedins_code(making.draws.Percent(95) ? place->second.owner
                                                       : making.SomeInstitution());
  return request;
}

// Lines and explanation are not asked for again: the reply that told them was compared.
Answer ExpectGetSettlement(Model& model, const Message& message, const Now& /*now*/) {
  const auto& request = As<v1::GetSettlementRequest>(message);
  const Person& person = model.Find(request.psn_no());
  for (const auto& [version, settlement] : person.settlements) {
    if (person.setl_ids.at(version) != request.setl_id()) continue;
    if (settlement.owner != request.fixmedins_code()) break;
    v1::GetSettlementResponse response;
    *response.mutable_settlement() = settlement.answer;
    response.set_reversed_by_setl_id(Person::IdOf(settlement.undone_by));
    const Settlement& newest = NewestOfBill(person, settlement);
    response.set_reversed(IsReversed(person, newest));
    if (newest.undone_by == 0 && newest.version != version)
      response.set_replaced_by_setl_id(Person::IdOf(newest.version));
    return Told(response);
  }
  return Error(absl::StatusCode::kNotFound, "setl_id");
}

}  // namespace

v1::Claim MakeClaim(Making& making, const std::string& institution) {
  Draws& draws = making.draws;
  v1::Claim claim;
  claim.set_psn_no(making.person.psn_no);
  const bool pharmacy = institution[0] == 'P';
  const std::string kind = pharmacy            ? "41"
                           : draws.Percent(35) ? "21"
                           : draws.Percent(2)  ? "14"
                           : draws.Percent(3)  ? "2102"
                                               : "11";
  claim.set_med_type(kind);
  claim.set_mdtrt_id(making.NewId("v"));
  const int back = draws.Percent(70) ? 3 : 80;
  claim.set_begndate(making.DayBack(back));
  if (kind[0] == '2') {
    const int days = making.now.day_number - DayNumber(claim.begndate());
    claim.set_enddate(IsoDay(DayNumber(claim.begndate()) + draws.Number(0, days + 1)));
    if (draws.Percent(90) && claim.enddate() > making.now.day) claim.set_enddate(making.now.day);
  }
  const v1::Coverage* employee = CoverageOn(making.person.facts, "310", claim.begndate());
  const bool switched = draws.Percent(5);
  claim.set_insutype((employee != nullptr) != switched ? "310" : "390");
  claim.set_acct_used_flag(SomeAccountUse(making));
  claim.set_rel_ttp_flag(draws.Percent(2));
  *claim.mutable_fee_line() = MakeLines(making, 4, 1, draws.Percent(50) ? LastDay(claim) : "");
  claim.set_medfee_sumamt_fen(SumOf(claim.fee_line()) + (draws.Percent(1) ? 1 : 0));
  return claim;
}

std::vector<Kind> SettleKinds() {
  return {
      {"yijie.v1.SettlementService.Settle", 300, MakeSettle, ExpectSettle, v1::SETTLE,
       MalformedSettle, ClosedSettle},
      {"yijie.v1.SettlementService.PreSettle", 25, MakePreSettle, ExpectPreSettle,
       v1::TRANSACTION_UNSPECIFIED, MalformedPreSettle},
      {"yijie.v1.SettlementService.GetSettlement", 30, MakeGetSettlement, ExpectGetSettlement},
  };
}

}  // namespace yijie::campaign
