#include "engine/payout/allowances.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "engine/claim_input.h"
#include "engine/payout/payout_book.h"
#include "engine/payout/payout_state.h"
#include "engine/payout/payout_transactions.h"
#include "engine/stored_day.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using yijie::store::v1::PayoutEvent;
using yijie::store::v1::PersonPayouts;

constexpr size_t kSettlementIdChars = 30;
constexpr absl::string_view kPending = "有应追回的月份已提交银行，待回执后再办理";

// The month `step`, 1 or -1, after that of `day`.
std::string NeighbourMonth(const std::string& day, int step) {
  constexpr int kMonthsOfYear = 12;
  const Date::Civil civil = StoredDay(day).civil();
  const int month = civil.year * kMonthsOfYear + civil.month - 1 + step;
  return absl::StrFormat("%04d-%02d", month / kMonthsOfYear, month % kMonthsOfYear + 1);
}

// The month of death is paid; those after it are not. A dependant's allowance begins with it.
void StopAtDeath(const std::string& death_date, v1::AllowanceSchedule* schedule) {
  auto& stops = *schedule->mutable_stop();
  stops.erase(
      std::remove_if(stops.begin(), stops.end(),
                     [](const v1::AllowanceStop& stop) { return stop.reason() == v1::DIED; }),
      stops.end());
  if (death_date.empty() || schedule->payee().relation() == v1::DEPENDANT) return;
  v1::AllowanceStop* stop = stops.Add();
  stop->set_reason(v1::DIED);
  stop->set_from_month(NeighbourMonth(death_date, 1));
}

bool IsOfMonth(const v1::Payout& payout, const std::string& schedule_id, const std::string& month) {
  return payout.source_id() == schedule_id && payout.source_item() == month;
}

bool IsMonthOnItsWay(const std::string& schedule_id, const std::string& month,
                     const PersonPayouts& payouts) {
  return std::any_of(
      payouts.payout().begin(), payouts.payout().end(), [&](const v1::Payout& payout) {
        return IsOfMonth(payout, schedule_id, month) && payout.state() == v1::PAYOUT_IN_FILE;
      });
}

// The month is noted with `amount` more.
void NoteMonth(const std::string& month, Fen amount, v1::AllowanceSchedule* schedule) {
  for (v1::AllowanceMonth& noted : *schedule->mutable_month()) {
    if (noted.month() == month) noted.set_amount_fen((Fen(noted.amount_fen()) + amount).value());
  }
}

// `month.amount` is below 0. What is owed still of payouts that are cancelled is due again.
void TakeBackMonth(const std::string& psn_no, const MonthDue& month, int index, const Moment& now,
                   SettlingUp* out, std::vector<ScheduledMonth>* due) {
  const v1::AllowanceSchedule& schedule = out->after.schedule(index);
  Fen left = -month.amount;
  for (int i = out->after.payout_size() - 1; i >= 0 && left > Fen(0); --i) {
    v1::Payout* payout = out->after.mutable_payout(i);
    if (!IsOfMonth(*payout, schedule.schedule_id(), month.month) || !IsCancellable(*payout))
      continue;
    CancelAndOweAgain(payout, &out->after);
    const std::vector<Posting> lines = Opposite(PostCreated(*payout));
    out->journal.insert(out->journal.end(), lines.begin(), lines.end());
    out->cancelled.push_back(*payout);
    const Fen gross(payout->gross_fen());
    const Fen taken = std::min(left, gross);
    left -= taken;
    if (gross > taken) due->push_back({index, {month.month, gross - taken, false, month.due}});
  }
  if (left == Fen(0)) return;
  v1::BenefitDebt debt;
  debt.set_debt_id(absl::StrCat(schedule.schedule_id(), "-", month.month));
  debt.set_since(FormatDate(now.day));
  debt.set_amount_fen(left.value());
  debt.set_payee_certno(DebtorOf(schedule.payee()));
  AddDebt(debt, &out->after);
  const std::vector<Posting> lines = PostOverpaid(psn_no, schedule.fund_pay_type(), left);
  out->journal.insert(out->journal.end(), lines.begin(), lines.end());
  out->debts.push_back(std::move(debt));
}

// Who is paid by a schedule, and whether the account may be paid into.
struct SchedulePayee {
  Payee payee;
  std::optional<v1::Payee> other;
};

SchedulePayee PayeeOfSchedule(const v1::AllowanceSchedule& schedule, const Person& person,
                              const PersonPayouts& payouts, Date today) {
  SchedulePayee found;
  if (schedule.has_payee()) {
    found.other = schedule.payee();
    found.payee = {&schedule.payee().account(), MatchPayeeAccount(schedule.payee(), today)};
    return found;
  }
  found.payee.account = AccountOn(payouts, today);
  found.payee.match =
      MatchBankAccount(found.payee.account, *person.facts, nullptr, BankAccountPolicy(), today);
  return found;
}

// The schedules that a grant made, in the order of its benefits.
std::vector<int> SchedulesOfGrant(const std::string& claim_id, const PersonPayouts& payouts) {
  std::vector<int> found;
  for (int i = 0; i < payouts.schedule_size(); ++i) {
    if (payouts.schedule(i).schedule_id().substr(0, kSettlementIdChars) == claim_id)
      found.push_back(i);
  }
  return found;
}

// What the funds owe each month, benefit by benefit as SchedulesOf took them.
std::vector<int64_t> AmountsOf(const v1::Settlement& settlement) {
  std::vector<int64_t> amounts;
  for (const v1::BenefitPayment& benefit : settlement.benefit()) {
    if (!benefit.fund_pay_type().empty() && benefit.amount_fen() > 0)
      amounts.push_back(benefit.amount_fen());
  }
  return amounts;
}

// No fund owes it from the month on, until it does again.
void StopAmended(const std::string& from_month, v1::AllowanceSchedule* schedule) {
  v1::AllowanceStop* stop = schedule->add_stop();
  stop->set_reason(v1::AMENDED);
  stop->set_from_month(from_month);
}

void EndAmendedStops(const std::string& from_month, v1::AllowanceSchedule* schedule) {
  auto& stops = *schedule->mutable_stop();
  stops.erase(std::remove_if(stops.begin(), stops.end(),
                             [&](const v1::AllowanceStop& stop) {
                               return stop.reason() == v1::AMENDED &&
                                      stop.from_month() >= from_month;
                             }),
              stops.end());
  for (v1::AllowanceStop& stop : stops) {
    const bool reaches = stop.through_month().empty() || stop.through_month() >= from_month;
    if (stop.reason() == v1::AMENDED && reaches)
      stop.set_through_month(NeighbourMonth(absl::StrCat(from_month, "-01"), -1));
  }
}

// `amount` from `from_month` on, whatever was to come after.
void AmendRate(const std::string& from_month, int64_t amount,
               const google::protobuf::RepeatedPtrField<v1::GivenValue>& given,
               v1::AllowanceSchedule* schedule) {
  EndAmendedStops(from_month, schedule);
  auto& rates = *schedule->mutable_rate();
  rates.erase(std::remove_if(
                  rates.begin(), rates.end(),
                  [&](const v1::AllowanceRate& rate) { return rate.from_month() >= from_month; }),
              rates.end());
  v1::AllowanceRate* rate = rates.Add();
  rate->set_from_month(from_month);
  rate->set_amount_fen(amount);
  *rate->mutable_given() = given;
}

// The schedule has this amount from the month on already.
bool IsPaidFrom(const std::string& from_month, int64_t amount,
                const v1::AllowanceSchedule& schedule) {
  const v1::AllowanceRate& last = schedule.rate(schedule.rate_size() - 1);
  const bool stopped = std::any_of(
      schedule.stop().begin(), schedule.stop().end(), [](const v1::AllowanceStop& stop) {
        return stop.reason() == v1::AMENDED && stop.through_month().empty();
      });
  return !stopped && last.from_month() <= from_month && last.amount_fen() == amount;
}

// The grant comes out otherwise under other facts: the first rate changes, or nothing is owed.
void CorrectSchedules(const CorrectedAllowance& corrected, PersonPayouts* payouts) {
  const std::vector<int64_t> amounts =
      corrected.settlement == nullptr ? std::vector<int64_t>() : AmountsOf(*corrected.settlement);
  const std::vector<int> schedules = SchedulesOfGrant(corrected.claim_id, *payouts);
  for (size_t i = 0; i < schedules.size(); ++i) {
    v1::AllowanceSchedule* schedule = payouts->mutable_schedule(schedules[i]);
    EndAmendedStops(schedule->begin_month(), schedule);
    if (i < amounts.size()) {
      schedule->mutable_rate(0)->set_amount_fen(amounts[i]);
    } else {
      StopAmended(schedule->begin_month(), schedule);
    }
  }
}

// The grant with corrected numbers: those of the newest rate, over which those of the request go.
v1::Claim AmendedClaim(const v1::Claim& claim, const PersonPayouts& payouts,
                       const std::vector<int>& schedules,
                       const v1::AmendAllowanceRequest& request) {
  v1::Claim amended = claim;
  const auto set = [&](const v1::GivenValue& value) {
    for (v1::GivenValue& each : *amended.mutable_given()) {
      if (each.name() == value.name()) return each.set_value(value.value());
    }
    *amended.add_given() = value;
  };
  const auto& rates = payouts.schedule(schedules[0]).rate();
  for (const v1::GivenValue& value : rates[rates.size() - 1].given()) set(value);
  for (const v1::GivenValue& value : request.given()) set(value);
  return amended;
}

Effect RefuseAmendment(v1::PayoutOutcome outcome, std::string reason,
                       v1::AmendAllowanceResponse response) {
  response.set_outcome(outcome);
  response.set_reason(std::move(reason));
  return Answer(response.SerializeAsString(), outcome);
}

}  // namespace

absl::StatusOr<MonthsBrought> BringUpTo(const std::string& psn_no, const std::string& through_month,
                                        int index, const Moment& now, SettlingUp* out) {
  MonthsBrought brought;
  YIJIE_ASSIGN_OR_RETURN(const std::vector<MonthDue> months,
                         AdvanceSchedule(through_month, out->after.mutable_schedule(index)));
  for (const MonthDue& month : months) {
    v1::AllowanceSchedule* schedule = out->after.mutable_schedule(index);
    if (month.amount > Fen(0)) {
      brought.due.push_back({index, month});
    } else if (IsMonthOnItsWay(schedule->schedule_id(), month.month, out->after)) {
      brought.pending = true;
      NoteMonth(month.month, -month.amount, schedule);
    } else {
      TakeBackMonth(psn_no, month, index, now, out, &brought.due);
    }
  }
  return brought;
}

absl::StatusOr<MonthsBrought> BringAllUpTo(const Person& person, const std::string& through_month,
                                           const Moment& now, SettlingUp* out) {
  MonthsBrought all;
  for (int i = 0; i < out->after.schedule_size(); ++i) {
    v1::AllowanceSchedule* schedule = out->after.mutable_schedule(i);
    StopAtDeath(person.facts->death_date(), schedule);
    const bool instructed_only = through_month.empty();
    if (instructed_only && schedule->month().empty()) continue;
    YIJIE_ASSIGN_OR_RETURN(
        const MonthsBrought brought,
        BringUpTo(
            person.facts->psn_no(),
            instructed_only ? schedule->month(schedule->month_size() - 1).month() : through_month,
            i, now, out));
    all.due.insert(all.due.end(), brought.due.begin(), brought.due.end());
    all.pending = all.pending || brought.pending;
  }
  return all;
}

absl::StatusOr<MonthsPaid> PayMonths(const Reference& reference, const Person& person,
                                     const std::vector<ScheduledMonth>& months, const Moment& now,
                                     SettlingUp* out) {
  SettlingUp trial = *out;
  for (const ScheduledMonth& each : months) {
    const v1::AllowanceSchedule& schedule = trial.after.schedule(each.schedule);
    const SchedulePayee to = PayeeOfSchedule(schedule, person, trial.after, now.day);
    if (!to.payee.match.ok()) return MonthsPaid{v1::PAYOUT_ACCOUNT_REFUSED, to.payee.match.reason};
    PayoutTerms terms = TermsOf(reference, person, to.payee,
                                PayoutCommitId(schedule.schedule_id(), person, now), now);
    terms.other_payee = to.other;
    terms.debts.assign(trial.after.debt().begin(), trial.after.debt().end());
    terms.due = std::max(each.month.due, now.day);
    terms.made_before = static_cast<int>(trial.made.size());
    v1::PayoutPart part;
    part.set_fund_pay_type(schedule.fund_pay_type());
    part.set_amount_fen(each.month.amount.value());
    absl::StatusOr<NewPayouts> made = MakePayout(
        PayoutMoney::kFromExpense, schedule.kind(),
        absl::StrCat(schedule.label(), " ", each.month.month, each.month.first ? "" : " 补支"),
        schedule.schedule_id(), each.month.month, part, terms);
    if (absl::IsFailedPrecondition(made.status()))
      return MonthsPaid{v1::PAYOUT_NO_PAYER, "该基金没有支出户，不能发放"};
    YIJIE_RETURN_IF_ERROR(made.status());
    trial.journal.insert(trial.journal.end(), made->journal.begin(), made->journal.end());
    trial.after.mutable_debt()->Assign(made->debts.begin(), made->debts.end());
    trial.made.push_back(made->payouts[0]);
    *trial.after.add_payout() = std::move(made->payouts[0]);
  }
  *out = std::move(trial);
  return MonthsPaid{};
}

namespace {

// Pays what months instructed before are short of; what cannot be paid now is due later.
absl::StatusOr<bool> MakeUpFor(const Reference& reference, const Person& person, const Moment& now,
                               SettlingUp* out) {
  YIJIE_ASSIGN_OR_RETURN(const MonthsBrought brought, BringAllUpTo(person, "", now, out));
  if (brought.due.empty()) return brought.pending;
  const absl::StatusOr<MonthsPaid> paid = PayMonths(reference, person, brought.due, now, out);
  if (paid.ok() && paid->outcome == v1::PAYOUT_DONE) return brought.pending;
  for (const ScheduledMonth& each : brought.due)
    NoteMonth(each.month.month, -each.month.amount, out->after.mutable_schedule(each.schedule));
  return brought.pending;
}

}  // namespace

absl::Status SettleUpAllowances(const Reference& reference, const Person& person,
                                const std::vector<CorrectedAllowance>& corrected, const Moment& now,
                                SettlingUp* out) {
  if (out->after.schedule().empty()) return absl::OkStatus();
  for (const CorrectedAllowance& each : corrected) CorrectSchedules(each, &out->after);
  return MakeUpFor(reference, person, now, out).status();
}

absl::StatusOr<Effect> AmendAllowance(const Reference& reference,
                                      const v1::AmendAllowanceRequest& request,
                                      const std::string& request_bytes, const SettledRecord& grant,
                                      const v1::Claim& claim, const Person& person,
                                      const Moment& now) {
  v1::AmendAllowanceResponse response;
  const PersonPayouts& before = person.rest->payouts();
  const std::vector<int> schedules = SchedulesOfGrant(ClaimIdOf(grant.event.settled()), before);
  if (schedules.empty())
    return RefuseAmendment(v1::PAYOUT_UNKNOWN_ID, "该核定没有按月待遇", std::move(response));
  if (request.from_month() < before.schedule(schedules[0]).begin_month())
    return BadField("from_month", "before the first month of the allowance");
  const v1::Claim amended = AmendedClaim(claim, before, schedules, request);
  const yijie::store::v1::SettledEvent& settled = grant.event.settled();
  CounterMessage counter{grant.event.fixmedins_code(), request.header().msgid(), nullptr,
                         FiledClaim{settled.reduction_1e6(), true}};
  ClaimInput input;
  thread_local rules::Decision decision;
  YIJIE_RETURN_IF_ERROR(EvaluateClaim(reference, "setl_id", settled.bill_institution(), amended,
                                      &counter, person, MomentOf(grant.event.time_unix_ms()),
                                      &input, &decision, response.mutable_settlement()));
  if (response.settlement().outcome() != v1::SETTLED) {
    const std::string reason = response.settlement().reason();
    return RefuseAmendment(v1::PAYOUT_CLAIM_REFUSED, reason, std::move(response));
  }
  SettlingUp up;
  up.after = before;
  const std::vector<int64_t> amounts = AmountsOf(response.settlement());
  for (size_t i = 0; i < schedules.size(); ++i) {
    v1::AllowanceSchedule* schedule = up.after.mutable_schedule(schedules[i]);
    if (i < amounts.size()) {
      if (!IsPaidFrom(request.from_month(), amounts[i], *schedule))
        AmendRate(request.from_month(), amounts[i], amended.given(), schedule);
    } else {
      EndAmendedStops(request.from_month(), schedule);
      StopAmended(request.from_month(), schedule);
    }
    YIJIE_RETURN_IF_ERROR(CheckSchedule(*schedule));
  }
  YIJIE_ASSIGN_OR_RETURN(const bool pending, MakeUpFor(reference, person, now, &up));
  if (up.after.SerializeAsString() == before.SerializeAsString())
    return RefuseAmendment(v1::PAYOUT_REPEATED, "待遇标准没有变化", std::move(response));
  response.set_outcome(v1::PAYOUT_DONE);
  if (pending) response.set_reason(std::string(kPending));
  for (const int index : schedules) *response.add_schedule() = up.after.schedule(index);
  for (const v1::Payout& payout : up.cancelled) *response.add_payout() = MaskedForOutput(payout);
  for (const v1::Payout& payout : up.made) *response.add_payout() = MaskedForOutput(payout);
  for (const v1::BenefitDebt& debt : up.debts) *response.add_debt() = debt;
  return BookPayoutCall(PayoutEvent::RATE_AMENDED, request.header(), request_bytes, std::move(up),
                        response.SerializeAsString(), v1::PAYOUT_DONE, person, now);
}

}  // namespace yijie::engine
