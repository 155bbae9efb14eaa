#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "tests/campaign/made_world.h"
#include "tests/campaign/model.h"

// Bills that persons paid and filed with the agency (手工报销), and what the bank pays for them, as
// docs/payouts.md tells it.

namespace yijie::campaign {
namespace {

// A month later, or the last day of that month.
std::string MonthsLater(const std::string& day, int months) {
  constexpr int kMonths = 12;
  const int sum = std::stoi(day.substr(0, 4)) * kMonths + std::stoi(day.substr(5, 2)) - 1 + months;
  const auto first_of = [](int month) {
    const std::string number = std::to_string(month % kMonths + 1);
    return std::to_string(month / kMonths) + (number.size() == 1 ? "-0" : "-") + number + "-01";
  };
  const int last = DayNumber(first_of(sum + 1)) - 1;
  return IsoDay(std::min(DayNumber(first_of(sum)) + std::stoi(day.substr(8)) - 1, last));
}

v1::OfflineOutcome RefusalBefore(const Person& person, const v1::ReimburseRequest& request,
                                 const std::string& last_day, const Now& now) {
  constexpr int kPapers = 4;
  if (request.paper_size() < kPapers) return v1::OFFLINE_PAPERS_MISSING;
  if (!last_day.empty() && now.day > last_day) return v1::OFFLINE_TOO_LATE;
  bool settled = false;
  for (const SettledClaim& claim : person.claims) {
    const Settlement& newest = person.settlements.at(claim.settlements.back());
    const bool same_visit = claim.institution == request.fixmedins_code() &&
                            claim.claim.mdtrt_id() == request.claim().mdtrt_id();
    if (!claim.filed) {
      settled = settled || (same_visit && newest.undone_by == 0);
      continue;
    }
    const bool same_receipt =
        claim.institution == request.fixmedins_code() && claim.receipt_no == request.receipt_no();
    if (newest.undone_by == 0 && (same_visit || same_receipt)) return v1::OFFLINE_REIMBURSED_BEFORE;
  }
  return settled ? v1::OFFLINE_SETTLED_DIRECTLY : v1::OFFLINE_DONE;
}

}  // namespace

v1::Payout ViewOf(const Payout& payout) {
  v1::Payout view;
  view.set_kind(payout.kind);
  view.set_label(payout.label);
  view.set_source_id(Person::IdOf(payout.source));
  for (const v1::PayoutPart& part : payout.parts) *view.add_part() = part;
  for (const v1::PayoutDeduction& deduction : payout.deductions) *view.add_deduction() = deduction;
  view.set_gross_fen(payout.gross);
  view.set_amount_fen(payout.amount);
  view.set_state(payout.state);
  return view;
}

std::string Person::PayoutId(const Payout& payout) const {
  return absl::StrFormat("%s%02d", setl_ids.at(payout.commit), payout.number);
}

Answer Model::Reimburse(Person& person, const v1::ReimburseRequest& request, const Now& now) {
  const v1::Claim& claim = request.claim();
  const v1::Coverage* coverage = CoverageOn(person.facts, claim.insutype(), claim.begndate());
  const int months = RulesOfArea(coverage == nullptr ? "" : coverage->insuplc_admdvs())
                         .reimbursement()
                         .filing_deadline_months();
  v1::ReimburseResponse response;
  if (months > 0) response.set_last_filing_day(MonthsLater(LastDay(claim), months));
  const auto refuse = [&](v1::OfflineOutcome outcome) {
    response.set_outcome(outcome);
    response.set_reason("refused");
    return Told(response);
  };
  const v1::OfflineOutcome refusal =
      RefusalBefore(person, request, response.last_filing_day(), now);
  if (refusal != v1::OFFLINE_DONE) return refuse(refusal);
  v1::Settlement shown;
  const Bill bill = Judge({claim,
                           request.fixmedins_code(),
                           person.facts,
                           person.purse,
                           person.totals,
                           &person,
                           {},
                           now,
                           true},
                          &shown);
  shown.set_medins_setl_id(request.header().msgid());
  shown.set_version(person.version);
  if (bill.outcome != v1::SETTLED) {
    *response.mutable_settlement() = shown;
    return refuse(v1::OFFLINE_CLAIM_REFUSED);
  }
  const bool owed = bill.amounts.fund_pay_sumamt_fen() > 0;
  if (owed && person.accounts.empty()) return refuse(v1::OFFLINE_ACCOUNT_REFUSED);
  Settlement settlement;
  settlement.version = ++person.version;
  settlement.claim = person.claims.size();
  settlement.owner = request.header().fixmedins_code();
  settlement.funds = bill.funds;
  settlement.touched = bill.touched;
  settlement.cash_given = bill.amounts.medfee_sumamt_fen();
  shown.set_version(person.version);
  shown.set_setl_id(Person::IdOf(person.version));
  shown.set_setlym(now.day.substr(0, 7));
  *response.mutable_settlement() = shown;
  settlement.answer = shown;
  settlement.answer.clear_line();
  person.claims.push_back({claim,
                           request.fixmedins_code(),
                           request.header().msgid(),
                           now,
                           person.purse,
                           person.stays,
                           person.version,
                           {person.version},
                           false,
                           std::nullopt,
                           true,
                           request.receipt_no()});
  AddTo(person.totals, bill.touched);
  PostSettlement(person, settlement, now);
  person.movements.push_back({Movement::kClaim, {}, settlement.claim, 0});
  const int64_t answered_by = person.version;
  if (owed) {
    ++person.version;
    Payout payout;
    payout.source = payout.commit = answered_by;
    payout.label = "医疗费用手工报销";
    for (const auto& [type, fen] : settlement.funds) {
      v1::PayoutPart& part = payout.parts.emplace_back();
      part.set_fund_pay_type(type);
      part.set_amount_fen(fen);
    }
    Instruct(person, std::move(payout), now);
    *response.add_payout() = ViewOf(person.payouts.back());
  }
  person.settlements[answered_by] = std::move(settlement);
  response.set_outcome(v1::OFFLINE_DONE);
  return Told(response, answered_by);
}

Answer Model::Withdraw(Person& person, const v1::WithdrawClaimRequest& request, const Now& now) {
  const Settlement* found =
      person.FindSettlement(request.header().fixmedins_code(), request.setl_id());
  if (found == nullptr) return Error(absl::StatusCode::kNotFound, "setl_id");
  Settlement& original = person.settlements.at(person.claims[found->claim].settlements.back());
  v1::WithdrawClaimResponse response;
  v1::Reversal& reversal = *response.mutable_reversal();
  reversal.set_balc_before_fen(person.purse.sum());
  const int64_t later = original.undone_by != 0 ? 0 : LastDependent(person, original);
  if (original.undone_by != 0 || later != 0) {
    reversal.set_outcome(later == 0 ? v1::ALREADY_REVERSED : v1::LATER_SETTLEMENT_EXISTS);
    reversal.set_reason("refused");
    reversal.set_setl_id(Person::IdOf(later));
    reversal.set_orig_setl_id(Person::IdOf(original.version));
    reversal.set_balc_fen(person.purse.sum());
    reversal.set_version(person.version);
    reversal.set_setl_time(now.time);
    response.set_outcome(v1::WITHDRAW_REFUSED);
    response.set_reason("refused");
    return Told(response);
  }
  const int64_t first = FirstOf(person, original);
  const bool pending =
      std::any_of(person.payouts.begin(), person.payouts.end(), [&](const Payout& payout) {
        return payout.source == first && payout.state == v1::PAYOUT_IN_FILE;
      });
  if (pending) {
    response.clear_reversal();
    response.set_outcome(v1::WITHDRAW_PENDING);
    response.set_reason("refused");
    return Told(response);
  }
  const int64_t answered_by = ++person.version;
  TakeBack(person, original, now);
  person.movements.push_back({Movement::kUndo, {}, original.claim, 0});
  TellUndo(person, original, now, &reversal);
  reversal.clear_cash_paid_fen();
  response.set_outcome(v1::WITHDRAWN);
  const SettledUp told = SettleUp(person, ChangesOfUndo(person, original), now);
  for (const Payout& payout : told.cancelled) *response.add_payout() = ViewOf(payout);
  for (const v1::BenefitDebt& debt : told.debts) *response.add_debt() = debt;
  return Told(response, answered_by);
}

}  // namespace yijie::campaign
