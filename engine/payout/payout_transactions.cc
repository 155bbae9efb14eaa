#include "engine/payout/payout_transactions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/payout/allowances.h"
#include "engine/payout/payee.h"
#include "engine/payout/payment_file.h"
#include "engine/payout/payout_book.h"
#include "engine/payout/payout_state.h"
#include "engine/settlement_id.h"
#include "engine/stored_day.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using yijie::store::v1::PayoutEvent;
using yijie::store::v1::PersonPayouts;

constexpr int kMaxStops = 100;

v1::BankAccount Masked(const v1::BankAccount& account) {
  v1::Payout carrier;
  *carrier.mutable_payee() = account;
  return MaskedForOutput(std::move(carrier)).payee();
}

v1::Payout* FindPayout(absl::string_view payout_id, PersonPayouts* payouts) {
  for (v1::Payout& payout : *payouts->mutable_payout()) {
    if (payout.payout_id() == payout_id) return &payout;
  }
  return nullptr;
}

// The version in which the payouts of `person` are `after`, whose journal is `journal`.
template <typename Response>
absl::StatusOr<Effect> Book(PayoutEvent::Kind kind, const std::string& file_id,
                            const v1::MessageHeader& header, const std::string& request_bytes,
                            const PersonPayouts& after, const std::vector<Posting>& journal,
                            const Response& response, int outcome, const Person& person,
                            const Moment& now) {
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(person, "psn_no"));
  YIJIE_RETURN_IF_ERROR(CheckRoomForPayouts(after));
  Booking booking(person, header, request_bytes, now);
  Post(journal, &booking);
  BookPayouts(kind, after, now, &booking);
  booking.event().mutable_payout()->set_file_id(file_id);
  const PersonPayouts& before = person.rest->payouts();
  std::vector<storage::RowWrite> rows =
      PayoutRows(person.facts->psn_no(), before, booking.state().payouts());
  Effect effect = std::move(booking).Finish(response.SerializeAsString(), outcome);
  effect.rows = std::move(rows);
  return effect;
}

template <typename Response>
Effect Refuse(v1::PayoutOutcome outcome, std::string reason) {
  Response response;
  response.set_outcome(outcome);
  response.set_reason(std::move(reason));
  return Answer(response.SerializeAsString(), outcome);
}

// --- Status

BankStatus StatusOf(const v1::PayoutStatusRow& row, const v1::ApplyPayoutStatusRequest& request) {
  BankStatus status;
  status.file_id = request.file_id();
  status.end_to_end_id = row.end_to_end_id();
  status.decision = row.state() == v1::ATTEMPT_PAID       ? BankDecision::kPaid
                    : row.state() == v1::ATTEMPT_RETURNED ? BankDecision::kReturned
                                                          : BankDecision::kPending;
  if (row.has_amount_fen()) status.amount = Fen(row.amount_fen());
  status.reason_code = row.reason_code();
  status.day = request.day();
  return status;
}

// One row of the bank. `journal` gets what it books.
void ApplyRow(int index, const v1::PayoutStatusRow& row,
              const v1::ApplyPayoutStatusRequest& request, PersonPayouts* payouts,
              std::vector<Posting>* journal, v1::ApplyPayoutStatusResponse* response) {
  v1::Payout* payout = FindPayout(PayoutOfEndToEndId(row.end_to_end_id()), payouts);
  const PayoutStep step = payout == nullptr
                              ? PayoutStep{v1::PAYOUT_UNKNOWN_ID, "该人员没有此支付指令"}
                              : ApplyBankStatus(StatusOf(row, request), payout);
  switch (step.outcome) {
    case v1::PAYOUT_DONE:
      if (row.state() == v1::ATTEMPT_PAID) {
        const std::vector<Posting> lines = PostPaid(*payout);
        journal->insert(journal->end(), lines.begin(), lines.end());
        return response->set_paid(response->paid() + 1);
      }
      return response->set_returned(response->returned() + 1);
    case v1::PAYOUT_PENDING:
      return response->set_pending(response->pending() + 1);
    case v1::PAYOUT_REPEATED:
      return response->set_repeated_rows(response->repeated_rows() + 1);
    default:
      break;
  }
  v1::StatusFileDefect* defect = response->add_defect();
  defect->set_path(absl::StrCat("row[", index, "]"));
  defect->set_outcome(step.outcome);
  defect->set_reason(step.reason);
}

// Why the payout cannot go to whom the request names, in Chinese; empty if it can.
std::string WrongPayee(const v1::ReissuePayoutRequest& request, const v1::Payout& payout,
                       const Person& person, const Moment& now) {
  if (!request.has_payee())
    return payout.has_other_payee() ? "该支付指令另有收款人，须提供收款人的账户" : "";
  const v1::Payee& payee = request.payee();
  if (!payout.has_other_payee()) {
    if (payee.relation() != v1::HEIR) return "支付给参保人本人的款项只能改由继承人领取";
    return MatchPayee(payee, *person.facts, "", now.day).reason;
  }
  const v1::Payee& named = payout.other_payee();
  const bool same = payee.relation() == named.relation() && payee.name() == named.name() &&
                    payee.psn_cert_type() == named.psn_cert_type() &&
                    payee.certno() == named.certno();
  return same ? "" : "与支付指令的收款人不符";
}

// Debts of claims whose payouts have come back are met with these.
void MeetDebts(SettlingUp* up) {
  const std::vector<v1::BenefitDebt> debts(up->after.debt().begin(), up->after.debt().end());
  for (const v1::BenefitDebt& debt : debts) {
    const bool is_back = std::any_of(
        up->after.payout().begin(), up->after.payout().end(), [&](const v1::Payout& payout) {
          return payout.source_id() == debt.debt_id() && payout.state() == v1::PAYOUT_RETURNED;
        });
    if (is_back) MeetDebt(debt, up);
  }
}

}  // namespace

absl::StatusOr<Effect> BookPayoutCall(PayoutEvent::Kind kind, const v1::MessageHeader& header,
                                      const std::string& request_bytes, SettlingUp up,
                                      std::string reply, int outcome, const Person& person,
                                      const Moment& now) {
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(person, "psn_no"));
  YIJIE_RETURN_IF_ERROR(CheckRoomForPayouts(up.after));
  Booking booking(person, header, request_bytes, now);
  Post(up.journal, &booking);
  BookPayouts(kind, std::move(up.after), now, &booking);
  std::vector<storage::RowWrite> rows =
      PayoutRows(person.facts->psn_no(), person.rest->payouts(), booking.state().payouts());
  Effect effect = std::move(booking).Finish(std::move(reply), outcome);
  effect.rows = std::move(rows);
  return effect;
}

void BookPayouts(PayoutEvent::Kind kind, PersonPayouts payouts, const Moment& now,
                 Booking* booking) {
  DropOldPayouts(now.day, &payouts);
  booking->event().mutable_payout()->set_kind(kind);
  *booking->state().mutable_payouts() = std::move(payouts);
}

Payee PayeeOf(const Person& person, Date today) {
  Payee payee;
  payee.account = AccountOn(person.rest->payouts(), today);
  payee.match = MatchBankAccount(payee.account, *person.facts, nullptr, BankAccountPolicy(), today);
  return payee;
}

PayoutTerms TermsOf(const Reference& reference, const Person& person, const Payee& payee,
                    const std::string& commit_id, const Moment& now) {
  PayoutTerms terms;
  terms.psn_no = person.facts->psn_no();
  terms.commit_id = commit_id;
  terms.payee = *payee.account;
  terms.due = now.day;
  if (reference.payers != nullptr) {
    terms.accounts.assign(reference.payers->account().begin(), reference.payers->account().end());
  }
  terms.debts.assign(person.rest->payouts().debt().begin(), person.rest->payouts().debt().end());
  return terms;
}

absl::StatusOr<Effect> RegisterBankAccount(const Reference& reference,
                                           const v1::RegisterBankAccountRequest& request,
                                           const std::string& request_bytes, const Person& person,
                                           const Moment& now) {
  const v1::BankAccount& account = request.account();
  const Date on = std::max(now.day, StoredDay(account.begndate()));
  const BankAccountMatch match =
      MatchBankAccount(&account, *person.facts, nullptr, BankAccountPolicy(), on);
  PersonPayouts payouts = person.rest->payouts();
  v1::RegisterBankAccountResponse response;
  response.mutable_outcome()->Add(match.wrong.begin(), match.wrong.end());
  response.set_reason(match.reason);
  if (match.ok() && !AddAccount(account, &payouts)) {
    response.add_outcome(v1::ACCOUNT_OUT_OF_ORDER);
    response.set_reason("已登记更晚生效的账户，起始日期不能早于它");
  }
  if (!response.outcome().empty()) {
    response.set_version(person.version);
    return Answer(response.SerializeAsString(), response.outcome(0));
  }
  response.add_outcome(v1::BANK_ACCOUNT_MATCHES);
  response.set_version(person.version + 1);
  YIJIE_ASSIGN_OR_RETURN(
      Effect effect, Book(PayoutEvent::BANK_ACCOUNT, "", request.header(), request_bytes, payouts,
                          {}, response, v1::BANK_ACCOUNT_MATCHES, person, now));
  // What waited for an account is instructed now.
  SettlingUp up;
  up.after = effect.next.rest->payouts();
  YIJIE_RETURN_IF_ERROR(InstructIfPayable(reference, effect.next, now, &up));
  if (up.made.empty()) return effect;
  return WithPayouts(request.header(), PayoutEvent::SETTLED_UP, std::move(up), now,
                     std::move(effect));
}

absl::StatusOr<Effect> StopAllowance(const v1::StopAllowanceRequest& request,
                                     const std::string& request_bytes, const Person& person,
                                     const Moment& now) {
  using Response = v1::StopAllowanceResponse;
  PersonPayouts payouts = person.rest->payouts();
  const auto schedule =
      std::find_if(payouts.mutable_schedule()->begin(), payouts.mutable_schedule()->end(),
                   [&](const v1::AllowanceSchedule& each) {
                     return each.schedule_id() == request.schedule_id();
                   });
  if (schedule == payouts.mutable_schedule()->end())
    return Refuse<Response>(v1::PAYOUT_UNKNOWN_ID, "该人员没有此按月待遇");
  const std::string stop = request.stop().SerializeAsString();
  for (const v1::AllowanceStop& each : schedule->stop()) {
    if (each.SerializeAsString() == stop)
      return Refuse<Response>(v1::PAYOUT_REPEATED, "此前已登记相同的停发");
  }
  if (schedule->stop_size() >= kMaxStops)
    return absl::ResourceExhaustedError("schedule_id: the allowance was stopped too often");
  *schedule->add_stop() = request.stop();
  YIJIE_RETURN_IF_ERROR(CheckSchedule(*schedule));
  Response response;
  response.set_outcome(v1::PAYOUT_DONE);
  *response.mutable_schedule() = *schedule;
  return Book(PayoutEvent::STOPPED, "", request.header(), request_bytes, payouts, {}, response,
              v1::PAYOUT_DONE, person, now);
}

absl::StatusOr<Effect> MakeDuePayouts(const Reference& reference,
                                      const v1::MakeDuePayoutsRequest& request,
                                      const std::string& request_bytes, const Person& person,
                                      const Moment& now) {
  using Response = v1::MakeDuePayoutsResponse;
  SettlingUp up;
  up.after = person.rest->payouts();
  if (up.after.schedule().empty())
    return Refuse<Response>(v1::PAYOUT_REPEATED, "没有按月发放的待遇");
  YIJIE_ASSIGN_OR_RETURN(const MonthsBrought brought,
                         BringAllUpTo(person, request.through_month(), now, &up));
  if (brought.due.empty() && up.cancelled.empty() && up.debts.empty()) {
    return Refuse<Response>(
        brought.pending ? v1::PAYOUT_PENDING : v1::PAYOUT_REPEATED,
        brought.pending ? "有应追回的月份已提交银行，待回执后再办理" : "此前各月均已生成支付指令");
  }
  const absl::StatusOr<MonthsPaid> paid = PayMonths(reference, person, brought.due, now, &up);
  if (!paid.ok()) return BadField("through_month", paid.status().message());
  if (paid->outcome != v1::PAYOUT_DONE) return Refuse<Response>(paid->outcome, paid->reason);
  Response response;
  response.set_outcome(v1::PAYOUT_DONE);
  if (brought.pending) response.set_reason("有应追回的月份已提交银行，待回执后再办理");
  for (const v1::Payout& payout : up.cancelled) *response.add_payout() = MaskedForOutput(payout);
  for (const v1::BenefitDebt& debt : up.debts) *response.add_debt() = MaskedForOutput(debt);
  for (const v1::Payout& payout : up.made) *response.add_payout() = MaskedForOutput(payout);
  return BookPayoutCall(PayoutEvent::MONTHLY, request.header(), request_bytes, std::move(up),
                        response.SerializeAsString(), v1::PAYOUT_DONE, person, now);
}

absl::StatusOr<Effect> PutPayoutsInFile(const v1::PaymentFile& file,
                                        const std::vector<std::string>& payout_ids,
                                        const v1::PutPayoutsInFileRequest& request,
                                        const std::string& request_bytes, const Person& person,
                                        const Moment& now) {
  PersonPayouts payouts = person.rest->payouts();
  bool changed = false;
  if (!file.closed()) {
    for (const std::string& payout_id : payout_ids) {
      v1::Payout* payout = FindPayout(payout_id, &payouts);
      if (payout != nullptr && PutInPaymentFile(file, payout)) changed = true;
    }
  }
  v1::PutPayoutsInFileResponse response;
  for (const v1::Payout& payout : payouts.payout()) {
    for (v1::FileTransfer& transfer : TransfersOf(payout, file.file_id()))
      *response.add_transfer() = std::move(transfer);
  }
  if (!changed) return Answer(response.SerializeAsString(), 0);
  return Book(PayoutEvent::IN_FILE, file.file_id(), request.header(), request_bytes, payouts, {},
              response, 0, person, now);
}

absl::StatusOr<Effect> ApplyPayoutStatus(const v1::ApplyPayoutStatusRequest& request,
                                         const std::string& request_bytes, const Person& person,
                                         const Moment& now) {
  PersonPayouts payouts = person.rest->payouts();
  v1::ApplyPayoutStatusResponse response;
  std::vector<Posting> journal;
  for (int i = 0; i < request.row_size(); ++i)
    ApplyRow(i, request.row(i), request, &payouts, &journal, &response);
  if (!response.defect().empty()) {
    v1::ApplyPayoutStatusResponse refused;
    *refused.mutable_defect() = response.defect();
    refused.set_outcome(response.defect(0).outcome());
    return Answer(refused.SerializeAsString(), refused.outcome());
  }
  const bool changed = response.paid() + response.returned() > 0;
  response.set_outcome(changed                   ? v1::PAYOUT_DONE
                       : response.pending() == 0 ? v1::PAYOUT_REPEATED
                                                 : v1::PAYOUT_PENDING);
  if (!changed) return Answer(response.SerializeAsString(), response.outcome());
  YIJIE_ASSIGN_OR_RETURN(Effect effect, Book(PayoutEvent::BANK_STATUS, request.file_id(),
                                             request.header(), request_bytes, payouts, journal,
                                             response, response.outcome(), person, now));
  // A claim may have been undone while the bank had its money: what came back meets the debt.
  SettlingUp up;
  up.after = effect.next.rest->payouts();
  MeetDebts(&up);
  if (up.cancelled.empty()) return effect;
  return WithPayouts(request.header(), PayoutEvent::SETTLED_UP, std::move(up), now,
                     std::move(effect));
}

absl::StatusOr<Effect> ReissuePayout(const v1::ReissuePayoutRequest& request,
                                     const std::string& request_bytes, const Person& person,
                                     const Moment& now) {
  using Response = v1::ReissuePayoutResponse;
  PersonPayouts payouts = person.rest->payouts();
  v1::Payout* payout = FindPayout(request.payout_id(), &payouts);
  if (payout == nullptr) return Refuse<Response>(v1::PAYOUT_UNKNOWN_ID, "该人员没有此支付指令");
  const std::string not_theirs = WrongPayee(request, *payout, person, now);
  if (!not_theirs.empty()) return Refuse<Response>(v1::PAYOUT_PAYEE_REFUSED, not_theirs);
  const v1::Payee other = request.payee();
  const Payee payee = request.has_payee()
                          ? Payee{&other.account(), MatchPayeeAccount(other, now.day)}
                          : PayeeOf(person, now.day);
  if (payee.account == nullptr)
    return Refuse<Response>(v1::PAYOUT_ACCOUNT_REFUSED, payee.match.reason);
  const PayoutStep step = Reissue(*payee.account, payee.match, payout);
  if (step.outcome != v1::PAYOUT_DONE) return Refuse<Response>(step.outcome, step.reason);
  if (request.has_payee() && !payout->has_other_payee()) {
    *payout->mutable_other_payee() = other;
    payout->mutable_other_payee()->clear_account();
  }
  Response response;
  response.set_outcome(v1::PAYOUT_DONE);
  *response.mutable_payout() = MaskedForOutput(*payout);
  return Book(PayoutEvent::REISSUED, "", request.header(), request_bytes, payouts, {}, response,
              v1::PAYOUT_DONE, person, now);
}

absl::StatusOr<Effect> InstructDues(const Reference& reference,
                                    const v1::InstructDuesRequest& request,
                                    const std::string& request_bytes, const Person& person,
                                    const Moment& now) {
  v1::InstructDuesResponse response;
  const auto refuse = [&response](v1::PayoutOutcome outcome, std::string reason) {
    response.set_outcome(outcome);
    response.set_reason(std::move(reason));
    return Answer(response.SerializeAsString(), outcome);
  };
  SettlingUp up;
  up.after = person.rest->payouts();
  if (up.after.due().empty()) return refuse(v1::PAYOUT_REPEATED, "没有待指令的款项");
  Payee payee = PayeeOf(person, now.day);
  if (request.has_payee()) {
    const PayeeMatch match = MatchPayee(request.payee(), *person.facts, "", now.day);
    response.mutable_payee_outcome()->Add(match.wrong.begin(), match.wrong.end());
    if (!match.ok()) return refuse(v1::PAYOUT_PAYEE_REFUSED, match.reason);
    payee = {&request.payee().account(), MatchPayeeAccount(request.payee(), now.day)};
  } else if (!person.facts->death_date().empty()) {
    return refuse(v1::PAYOUT_PAYEE_REFUSED, "参保人已死亡，须由继承人领取");
  }
  if (!payee.match.ok()) return refuse(v1::PAYOUT_ACCOUNT_REFUSED, payee.match.reason);
  PayoutTerms terms = TermsOf(reference, person, payee,
                              PayoutCommitId(up.after.due(0).claim_id(), person, now), now);
  if (request.has_payee()) terms.other_payee = request.payee();
  YIJIE_RETURN_IF_ERROR(InstructWaiting(std::move(terms), &up));
  if (up.made.empty()) return refuse(v1::PAYOUT_NO_PAYER, "该基金没有支出户，不能支付");
  response.set_outcome(v1::PAYOUT_DONE);
  for (const v1::Payout& payout : up.made) *response.add_payout() = MaskedForOutput(payout);
  return BookPayoutCall(PayoutEvent::DUES_INSTRUCTED, request.header(), request_bytes,
                        std::move(up), response.SerializeAsString(), v1::PAYOUT_DONE, person, now);
}

v1::GetPayoutsResponse GetPayouts(const Person& person) {
  const PersonPayouts& payouts = person.rest->payouts();
  v1::GetPayoutsResponse response;
  for (const v1::BankAccount& account : payouts.bank_account())
    *response.add_account() = Masked(account);
  for (const v1::Payout& payout : payouts.payout())
    *response.add_payout() = MaskedForOutput(payout);
  for (const v1::AllowanceSchedule& schedule : payouts.schedule())
    *response.add_schedule() = MaskedForOutput(schedule);
  for (const v1::BenefitDebt& debt : payouts.debt()) *response.add_debt() = MaskedForOutput(debt);
  *response.mutable_due() = payouts.due();
  response.set_version(person.version);
  return response;
}

}  // namespace yijie::engine
