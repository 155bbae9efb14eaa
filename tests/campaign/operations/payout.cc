#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/campaign/made_world.h"
#include "tests/campaign/operations.h"

// RegisterBankAccount, Reimburse, WithdrawClaim, ApplyPayoutStatus, ReissuePayout, GetPayouts.
// Bills and withdrawals are told by model_payout.cc, payment files by payment_run.cc.

namespace yijie::campaign {
namespace {

std::shared_ptr<Message> MakeRegister(Making& making) {
  Draws& draws = making.draws;
  if (!making.person.accounts.empty() && draws.Percent(60)) return nullptr;
  auto request = std::make_shared<v1::RegisterBankAccountRequest>();
  *request->mutable_header() = making.HeaderOf(kAgency);
  request->set_psn_no(making.person.psn_no);
  v1::BankAccount& account = *request->mutable_account();
  account.set_holder(v1::SELF);
  account.set_acct_no(absl::StrCat(6'200'000'000 + ++making.counter));
  account.set_acct_name(draws.Percent(5) ? "other" : "test");
  account.set_psn_cert_type("99");
  account.set_certno("T" + making.person.psn_no);
  account.set_bank_code("999100000014");
  account.set_begndate(making.DayBack(30));
  account.set_confirmed_on(making.now.day);
  return request;
}

Answer ExpectRegister(Model& model, const Message& message, const Now& now) {
  const auto& request = As<v1::RegisterBankAccountRequest>(message);
  Person& person = model.Find(request.psn_no());
  if (!person.known()) return Error(absl::StatusCode::kNotFound, "psn_no");
  const v1::BankAccount& account = request.account();
  auto& accounts = person.accounts;
  v1::RegisterBankAccountResponse response;
  response.set_version(person.version);
  response.set_reason("refused");
  if (account.acct_name() != "test") {
    response.add_outcome(v1::NAME_MISMATCH);
    return Told(response);
  }
  if (!accounts.empty() && account.begndate() < accounts.back().begndate()) {
    response.add_outcome(v1::ACCOUNT_OUT_OF_ORDER);
    return Told(response);
  }
  if (!accounts.empty() && account.begndate() == accounts.back().begndate()) {
    accounts.pop_back();
  } else if (!accounts.empty()) {
    accounts.back().set_enddate(IsoDay(DayNumber(account.begndate()) - 1));
  }
  accounts.push_back(account);
  response.add_outcome(v1::BANK_ACCOUNT_MATCHES);
  response.clear_reason();
  const int64_t answered_by = ++person.version;
  response.set_version(answered_by);
  if (Model::CanInstruct(person)) {
    ++person.version;
    model.InstructWaiting(person, now);
  }
  return Told(response, answered_by);
}

std::shared_ptr<Message> MakeReimburse(Making& making) {
  Draws& draws = making.draws;
  if (making.person.accounts.empty() && draws.Percent(70)) return nullptr;
  auto request = std::make_shared<v1::ReimburseRequest>();
  *request->mutable_header() = making.HeaderOf(kAgency);
  request->set_fixmedins_code(Institutions()[static_cast<size_t>(draws.Below(4))].fixmedins_code());
  v1::Claim& claim = *request->mutable_claim();
  claim = MakeClaim(making, request->fixmedins_code());
  claim.set_acct_used_flag(v1::ACCT_NOT_USED);
  if (claim.enddate() > making.now.day) {
    claim.set_enddate(making.now.day);
    for (v1::FeeLine& line : *claim.mutable_fee_line()) line.clear_fee_ocur_date();
  }
  request->set_receipt_no(making.NewId("r"));
  const auto& claims = making.person.claims;
  if (!claims.empty() && draws.Percent(10)) {
    const SettledClaim& other = draws.Of(claims);
    request->set_fixmedins_code(other.institution);
    claim.set_mdtrt_id(other.claim.mdtrt_id());
    if (other.filed && draws.Percent(50)) request->set_receipt_no(other.receipt_no);
  }
  for (const auto paper :
       {v1::ReimbursementRules::RECEIPT, v1::ReimbursementRules::FEE_LIST,
        v1::ReimbursementRules::DIAGNOSIS, v1::ReimbursementRules::MEDICAL_RECORD}) {
    if (!draws.Percent(1)) request->add_paper(paper);
  }
  return request;
}

std::string MalformedReimburse(const Message& message) {
  const v1::Claim& claim = As<v1::ReimburseRequest>(message).claim();
  return claim.medfee_sumamt_fen() == SumOf(claim.fee_line()) ? "" : "claim.medfee_sumamt_fen";
}

Answer ExpectReimburse(Model& model, const Message& message, const Now& now) {
  const auto& request = As<v1::ReimburseRequest>(message);
  Person& person = model.Find(request.claim().psn_no());
  if (!person.known()) return Error(absl::StatusCode::kNotFound, "claim.psn_no");
  return model.Reimburse(person, request, now);
}

std::shared_ptr<Message> MakeWithdraw(Making& making) {
  std::vector<int64_t> versions;
  for (const auto& [version, settlement] : making.person.settlements) {
    if (settlement.owner == kAgency) versions.push_back(version);
  }
  if (versions.empty()) return nullptr;
  auto request = std::make_shared<v1::WithdrawClaimRequest>();
  *request->mutable_header() = making.HeaderOf(kAgency);
  request->set_psn_no(making.person.psn_no);
  request->set_setl_id(making.person.setl_ids.at(making.draws.Of(versions)));
  return request;
}

Answer ExpectWithdraw(Model& model, const Message& message, const Now& now) {
  const auto& request = As<v1::WithdrawClaimRequest>(message);
  return model.Withdraw(model.Find(request.psn_no()), request, now);
}

// A payout that was in a file, mostly one that the bank has not decided.
std::shared_ptr<Message> MakeStatus(Making& making) {
  Draws& draws = making.draws;
  std::vector<const Payout*> sent;
  for (const Payout& payout : making.person.payouts) {
    if (payout.state == v1::PAYOUT_IN_FILE || (!payout.attempts.empty() && draws.Percent(10)))
      sent.push_back(&payout);
  }
  if (sent.empty()) return nullptr;
  const Payout& payout = *draws.Of(sent);
  const int attempt = static_cast<int>(payout.attempts.size());
  auto request = std::make_shared<v1::ApplyPayoutStatusRequest>();
  *request->mutable_header() = making.HeaderOf(kAgency);
  request->set_psn_no(making.person.psn_no);
  request->set_file_id(draws.Percent(3) ? "F" : payout.attempts.back().file);
  request->set_day(making.now.day);
  v1::PayoutStatusRow* row = request->add_row();
  row->set_end_to_end_id(
      absl::StrCat(making.person.PayoutId(payout), attempt < 10 ? "-0" : "-", attempt));
  row->set_state(draws.Percent(10)   ? v1::ATTEMPT_OPEN
                 : draws.Percent(65) ? v1::ATTEMPT_PAID
                                     : v1::ATTEMPT_RETURNED);
  if (draws.Percent(50)) row->set_amount_fen(payout.amount + (draws.Percent(10) ? 1 : 0));
  if (row->state() == v1::ATTEMPT_RETURNED) row->set_reason_code("AC01");
  return request;
}

v1::PayoutOutcome StatusOf(const v1::PayoutStatusRow& row, const std::string& file,
                           const Payout& payout) {
  const Payout::Attempt& attempt = payout.attempts.back();
  if (attempt.file != file) return v1::PAYOUT_UNKNOWN_ID;
  if (row.has_amount_fen() && row.amount_fen() != payout.amount) return v1::PAYOUT_AMOUNT_MISMATCH;
  if (row.state() == v1::ATTEMPT_OPEN) return v1::PAYOUT_PENDING;
  if (row.state() == attempt.state) return v1::PAYOUT_REPEATED;
  return attempt.state == v1::ATTEMPT_OPEN ? v1::PAYOUT_DONE : v1::PAYOUT_STATUS_CONFLICT;
}

Answer ExpectStatus(Model& model, const Message& message, const Now& /*now*/) {
  const auto& request = As<v1::ApplyPayoutStatusRequest>(message);
  Person& person = model.Find(request.psn_no());
  const v1::PayoutStatusRow& row = request.row(0);
  v1::ApplyPayoutStatusResponse response;
  for (Payout& payout : person.payouts) {
    if (person.PayoutId(payout) != row.end_to_end_id().substr(0, 32)) continue;
    const v1::PayoutOutcome outcome = StatusOf(row, request.file_id(), payout);
    response.set_outcome(outcome);
    response.set_repeated_rows(outcome == v1::PAYOUT_REPEATED ? 1 : 0);
    response.set_pending(outcome == v1::PAYOUT_PENDING ? 1 : 0);
    if (outcome != v1::PAYOUT_DONE && response.repeated_rows() + response.pending() == 0) {
      v1::StatusFileDefect* defect = response.add_defect();
      defect->set_path("row[0]");
      defect->set_outcome(outcome);
      defect->set_reason("refused");
    }
    if (outcome != v1::PAYOUT_DONE) return Told(response);
    const bool paid = row.state() == v1::ATTEMPT_PAID;
    payout.attempts.back().state = row.state();
    payout.attempts.back().decided_on = request.day();
    payout.state = paid ? v1::PAYOUT_PAID : v1::PAYOUT_RETURNED;
    if (paid) {
      model.Post("BENEFIT_PAYABLE", person.psn_no, payout.amount);
      model.Post("BANK", kPayer, -payout.amount);
    }
    response.set_paid(paid ? 1 : 0);
    response.set_returned(paid ? 0 : 1);
    const int64_t answered_by = ++person.version;
    model.MeetDebts(person);
    return Told(response, answered_by);
  }
  return Error(absl::StatusCode::kInternal, "a payout of nobody");
}

std::shared_ptr<Message> MakeReissue(Making& making) {
  std::vector<const Payout*> some;
  for (const Payout& payout : making.person.payouts) {
    if (payout.state == v1::PAYOUT_RETURNED || making.draws.Percent(10)) some.push_back(&payout);
  }
  if (some.empty()) return nullptr;
  auto request = std::make_shared<v1::ReissuePayoutRequest>();
  *request->mutable_header() = making.HeaderOf(kAgency);
  request->set_psn_no(making.person.psn_no);
  request->set_payout_id(making.person.PayoutId(*making.draws.Of(some)));
  return request;
}

Answer ExpectReissue(Model& model, const Message& message, const Now& /*now*/) {
  const auto& request = As<v1::ReissuePayoutRequest>(message);
  Person& person = model.Find(request.psn_no());
  v1::ReissuePayoutResponse response;
  for (Payout& payout : person.payouts) {
    if (person.PayoutId(payout) != request.payout_id()) continue;
    const v1::BankAccount& account = person.accounts.back();
    const Payout::Attempt* last = payout.attempts.empty() ? nullptr : &payout.attempts.back();
    if (payout.state != v1::PAYOUT_RETURNED) {
      response.set_outcome(v1::PAYOUT_WRONG_STATE);
    } else if (account.acct_no() == last->acct_no && account.confirmed_on() < last->decided_on) {
      response.set_outcome(v1::PAYOUT_ACCOUNT_UNCHANGED);
    } else {
      payout.state = v1::PAYOUT_REISSUED;
      payout.acct_no = account.acct_no();
      response.set_outcome(v1::PAYOUT_DONE);
      *response.mutable_payout() = ViewOf(payout);
      return Told(response, ++person.version);
    }
    response.set_reason("refused");
    return Told(response);
  }
  return Error(absl::StatusCode::kInternal, "a payout of nobody");
}

std::shared_ptr<Message> MakeGetPayouts(Making& making) {
  auto request = std::make_shared<v1::GetPayoutsRequest>();
  request->set_psn_no(making.person.psn_no);
  return request;
}

Answer ExpectGetPayouts(Model& model, const Message& message, const Now& /*now*/) {
  const Person& person = model.Find(As<v1::GetPayoutsRequest>(message).psn_no());
  if (!person.known()) return Error(absl::StatusCode::kNotFound, "psn_no");
  v1::GetPayoutsResponse response;
  response.set_version(person.version);
  for (const v1::BankAccount& account : person.accounts) *response.add_account() = account;
  for (const Payout& payout : person.payouts) *response.add_payout() = ViewOf(payout);
  for (const v1::BenefitDebt& debt : person.debts) *response.add_debt() = debt;
  for (const v1::BenefitDue& due : person.dues) *response.add_due() = due;
  return Told(response);
}

}  // namespace

std::vector<Kind> PayoutKinds() {
  return {
      {"yijie.v1.PayoutService.RegisterBankAccount", 30, MakeRegister, ExpectRegister,
       v1::REGISTER_BANK_ACCOUNT},
      {"yijie.v1.PayoutService.Reimburse", 60, MakeReimburse, ExpectReimburse, v1::REIMBURSE,
       MalformedReimburse},
      {"yijie.v1.PayoutService.WithdrawClaim", 12, MakeWithdraw, ExpectWithdraw,
       v1::WITHDRAW_CLAIM},
      {"yijie.v1.PayoutService.ApplyPayoutStatus", 60, MakeStatus, ExpectStatus,
       v1::APPLY_PAYOUT_STATUS},
      {"yijie.v1.PayoutService.ReissuePayout", 25, MakeReissue, ExpectReissue, v1::REISSUE_PAYOUT},
      {"yijie.v1.PayoutService.GetPayouts", 20, MakeGetPayouts, ExpectGetPayouts},
  };
}

}  // namespace yijie::campaign
