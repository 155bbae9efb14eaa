#include "engine/payout/payout_transactions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
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

// --- Schedules

std::string NextMonth(const std::string& day) {
  constexpr int kMonthsOfYear = 12;
  const Date::Civil civil = StoredDay(day).civil();
  const bool last = civil.month == kMonthsOfYear;
  const Date next =
      Date::FromCivil(last ? civil.year + 1 : civil.year, last ? 1 : civil.month + 1, 1);
  return FormatDate(next).substr(0, 7);
}

// The month of death is paid; those after it are not.
void StopAtDeath(const std::string& death_date, v1::AllowanceSchedule* schedule) {
  if (death_date.empty()) return;
  auto& stops = *schedule->mutable_stop();
  stops.erase(
      std::remove_if(stops.begin(), stops.end(),
                     [](const v1::AllowanceStop& stop) { return stop.reason() == v1::DIED; }),
      stops.end());
  v1::AllowanceStop* stop = stops.Add();
  stop->set_reason(v1::DIED);
  stop->set_from_month(NextMonth(death_date));
}

// The payout that stands for a month as it was first instructed; nullptr if that is not one payout
// of just this amount.
v1::Payout* PayoutOfMonth(const std::string& schedule_id, const std::string& month, Fen amount,
                          PersonPayouts* payouts) {
  v1::Payout* found = nullptr;
  for (v1::Payout& payout : *payouts->mutable_payout()) {
    if (payout.source_id() != schedule_id || payout.source_item() != month ||
        payout.state() == v1::PAYOUT_CANCELLED) {
      continue;
    }
    if (found != nullptr) return nullptr;
    found = &payout;
  }
  return found != nullptr && Fen(found->gross_fen()) == amount ? found : nullptr;
}

bool IsMonthOnItsWay(const std::string& schedule_id, const std::string& month,
                     const PersonPayouts& payouts) {
  return std::any_of(payouts.payout().begin(), payouts.payout().end(),
                     [&](const v1::Payout& payout) {
                       return payout.source_id() == schedule_id && payout.source_item() == month &&
                              payout.state() == v1::PAYOUT_IN_FILE;
                     });
}

void NoteMonth(const std::string& month, Fen amount, v1::AllowanceSchedule* schedule) {
  for (v1::AllowanceMonth& noted : *schedule->mutable_month()) {
    if (noted.month() == month) noted.set_amount_fen((Fen(noted.amount_fen()) + amount).value());
  }
}

void TakeBackMonth(const std::string& psn_no, const MonthDue& month,
                   const v1::AllowanceSchedule& schedule, const Moment& now, PersonPayouts* payouts,
                   MonthsTakenBack* taken) {
  const Fen too_much = -month.amount;
  v1::Payout* payout = PayoutOfMonth(schedule.schedule_id(), month.month, too_much, payouts);
  if (payout != nullptr && IsCancellable(*payout)) {
    CancelAndOweAgain(payout, payouts);
    const std::vector<Posting> lines = Opposite(PostCreated(*payout));
    taken->journal.insert(taken->journal.end(), lines.begin(), lines.end());
    taken->cancelled.push_back(*payout);
    return;
  }
  v1::BenefitDebt debt;
  debt.set_debt_id(absl::StrCat(schedule.schedule_id(), "-", month.month));
  debt.set_since(FormatDate(now.day));
  debt.set_amount_fen(too_much.value());
  AddDebt(debt, payouts);
  const std::vector<Posting> lines = PostOverpaid(psn_no, schedule.fund_pay_type(), too_much);
  taken->journal.insert(taken->journal.end(), lines.begin(), lines.end());
  taken->debts.push_back(std::move(debt));
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

}  // namespace

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

absl::StatusOr<Effect> RegisterBankAccount(const v1::RegisterBankAccountRequest& request,
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
  return Book(PayoutEvent::BANK_ACCOUNT, "", request.header(), request_bytes, payouts, {}, response,
              v1::BANK_ACCOUNT_MATCHES, person, now);
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

absl::StatusOr<MonthsTakenBack> AdvanceAndTakeBack(const std::string& psn_no,
                                                   const std::string& through_month, int index,
                                                   const Moment& now, PersonPayouts* payouts,
                                                   std::vector<MonthDue>* due) {
  MonthsTakenBack taken;
  v1::AllowanceSchedule schedule = payouts->schedule(index);
  YIJIE_ASSIGN_OR_RETURN(const std::vector<MonthDue> months,
                         AdvanceSchedule(through_month, &schedule));
  for (const MonthDue& month : months) {
    if (month.amount > Fen(0)) {
      due->push_back(month);
    } else if (IsMonthOnItsWay(schedule.schedule_id(), month.month, *payouts)) {
      taken.pending = true;
      NoteMonth(month.month, -month.amount, &schedule);
    } else {
      TakeBackMonth(psn_no, month, schedule, now, payouts, &taken);
    }
  }
  *payouts->mutable_schedule(index) = std::move(schedule);
  return taken;
}

absl::StatusOr<Effect> MakeDuePayouts(const Reference& reference,
                                      const v1::MakeDuePayoutsRequest& request,
                                      const std::string& request_bytes, const Person& person,
                                      const Moment& now) {
  using Response = v1::MakeDuePayoutsResponse;
  PersonPayouts payouts = person.rest->payouts();
  if (payouts.schedule().empty())
    return Refuse<Response>(v1::PAYOUT_REPEATED, "没有按月发放的待遇");
  Response response;
  std::vector<Posting> journal;
  bool pending = false;
  std::vector<std::pair<int, MonthDue>> due;  // schedule, month
  for (int i = 0; i < payouts.schedule_size(); ++i) {
    StopAtDeath(person.facts->death_date(), payouts.mutable_schedule(i));
    std::vector<MonthDue> months;
    YIJIE_ASSIGN_OR_RETURN(const MonthsTakenBack taken,
                           AdvanceAndTakeBack(person.facts->psn_no(), request.through_month(), i,
                                              now, &payouts, &months));
    for (const v1::Payout& payout : taken.cancelled)
      *response.add_payout() = MaskedForOutput(payout);
    for (const v1::BenefitDebt& debt : taken.debts) *response.add_debt() = debt;
    journal.insert(journal.end(), taken.journal.begin(), taken.journal.end());
    pending = pending || taken.pending;
    for (MonthDue& month : months) due.emplace_back(i, std::move(month));
  }
  const bool changed = !due.empty() || response.payout_size() > 0 || response.debt_size() > 0;
  if (!changed) {
    return Refuse<Response>(
        pending ? v1::PAYOUT_PENDING : v1::PAYOUT_REPEATED,
        pending ? "有应追回的月份已提交银行，待回执后再办理" : "此前各月均已生成支付指令");
  }
  if (!due.empty()) {
    const Payee payee = PayeeOf(person, now.day);
    if (!payee.match.ok()) return Refuse<Response>(v1::PAYOUT_ACCOUNT_REFUSED, payee.match.reason);
    const std::string commit_id =
        MakeSettlementId(payouts.schedule(0).schedule_id().substr(0, 6), now.day,
                         person.facts->psn_no(), person.version + 1);
    PayoutTerms terms = TermsOf(reference, person, payee, commit_id, now);
    terms.debts.assign(payouts.debt().begin(), payouts.debt().end());
    for (const auto& [index, month] : due) {
      const v1::AllowanceSchedule& schedule = payouts.schedule(index);
      v1::PayoutPart part;
      part.set_fund_pay_type(schedule.fund_pay_type());
      part.set_amount_fen(month.amount.value());
      terms.due = std::max(month.due, now.day);
      absl::StatusOr<NewPayouts> made =
          MakePayout(schedule.kind(), absl::StrCat(schedule.label(), " ", month.month),
                     schedule.schedule_id(), month.month, part, terms);
      if (absl::IsFailedPrecondition(made.status()))
        return Refuse<Response>(v1::PAYOUT_NO_PAYER, "该基金没有支出户，不能发放");
      if (!made.ok()) return BadField("through_month", made.status().message());
      ++terms.made_before;
      terms.debts = std::move(made->debts);
      journal.insert(journal.end(), made->journal.begin(), made->journal.end());
      *response.add_payout() = MaskedForOutput(made->payouts[0]);
      *payouts.add_payout() = std::move(made->payouts[0]);
    }
    payouts.mutable_debt()->Assign(terms.debts.begin(), terms.debts.end());
  }
  response.set_outcome(v1::PAYOUT_DONE);
  if (pending) response.set_reason("有应追回的月份已提交银行，待回执后再办理");
  return Book(PayoutEvent::MONTHLY, "", request.header(), request_bytes, payouts, journal, response,
              v1::PAYOUT_DONE, person, now);
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
  return Book(PayoutEvent::BANK_STATUS, request.file_id(), request.header(), request_bytes, payouts,
              journal, response, response.outcome(), person, now);
}

absl::StatusOr<Effect> ReissuePayout(const v1::ReissuePayoutRequest& request,
                                     const std::string& request_bytes, const Person& person,
                                     const Moment& now) {
  using Response = v1::ReissuePayoutResponse;
  PersonPayouts payouts = person.rest->payouts();
  v1::Payout* payout = FindPayout(request.payout_id(), &payouts);
  if (payout == nullptr) return Refuse<Response>(v1::PAYOUT_UNKNOWN_ID, "该人员没有此支付指令");
  const Payee payee = PayeeOf(person, now.day);
  if (payee.account == nullptr)
    return Refuse<Response>(v1::PAYOUT_ACCOUNT_REFUSED, payee.match.reason);
  const PayoutStep step = Reissue(*payee.account, payee.match, payout);
  if (step.outcome != v1::PAYOUT_DONE) return Refuse<Response>(step.outcome, step.reason);
  Response response;
  response.set_outcome(v1::PAYOUT_DONE);
  *response.mutable_payout() = MaskedForOutput(*payout);
  return Book(PayoutEvent::REISSUED, "", request.header(), request_bytes, payouts, {}, response,
              v1::PAYOUT_DONE, person, now);
}

v1::GetPayoutsResponse GetPayouts(const Person& person) {
  const PersonPayouts& payouts = person.rest->payouts();
  v1::GetPayoutsResponse response;
  for (const v1::BankAccount& account : payouts.bank_account())
    *response.add_account() = Masked(account);
  for (const v1::Payout& payout : payouts.payout())
    *response.add_payout() = MaskedForOutput(payout);
  *response.mutable_schedule() = payouts.schedule();
  *response.mutable_debt() = payouts.debt();
  response.set_version(person.version);
  return response;
}

}  // namespace yijie::engine
