#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "tests/campaign/made_world.h"
#include "tests/campaign/model.h"

// What the funds owe the person after an undo, a correction or a refund, as docs/payouts.md tells
// it: what is given becomes payouts or waits, what is taken back is taken from what waits, from
// payouts that were not sent, and else is a debt.

namespace yijie::campaign {
namespace {

bool IsWithTheBank(const Payout& payout) {
  return payout.state == v1::PAYOUT_IN_FILE || payout.state == v1::PAYOUT_PAID;
}

// What is taken of `fen` out of the entries that `is_taken`; those of nothing are gone.
template <typename Entry, typename IsTaken>
int64_t TakeOut(std::vector<Entry>& entries, int64_t fen, const IsTaken& is_taken) {
  int64_t taken = 0;
  for (Entry& entry : entries) {
    if (!is_taken(entry)) continue;
    const int64_t part = std::min(fen - taken, entry.amount_fen());
    entry.set_amount_fen(entry.amount_fen() - part);
    taken += part;
  }
  entries.erase(std::remove_if(entries.begin(), entries.end(),
                               [](const Entry& entry) { return entry.amount_fen() == 0; }),
                entries.end());
  return taken;
}

int64_t TakeFromDues(Person& person, int64_t fen, const std::string& claim_id) {
  return TakeOut(person.dues, fen,
                 [&](const v1::BenefitDue& due) { return due.claim_id() == claim_id; });
}

int64_t TakeFromDebts(Person& person, int64_t fen, const std::string& claim_id) {
  return TakeOut(person.debts, fen,
                 [&](const v1::BenefitDebt& debt) { return debt.debt_id() == claim_id; });
}

// The fund that pays most; the personal accounts' if none pays.
std::string LargestFund(const std::map<std::string, int64_t>& funds) {
  std::string largest = kAccountFund;
  int64_t most = 0;
  for (const auto& [type, fen] : funds) {
    if (fen <= most) continue;
    largest = type;
    most = fen;
  }
  return largest;
}

v1::BenefitDebt DebtOf(const std::string& debt_id, const std::string& since, int64_t fen) {
  v1::BenefitDebt debt;
  debt.set_debt_id(debt_id);
  debt.set_since(since);
  debt.set_amount_fen(fen);
  return debt;
}

// An id that the engine gives, with another area, day and version. Versions are in base 32.
std::string IdLike(std::string id, const std::string& area, const std::string& day,
                   int64_t version) {
  constexpr char kDigits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  constexpr size_t kVersionChars = 5;
  id.replace(0, 12, area + day.substr(2, 2) + day.substr(5, 2) + day.substr(8, 2));
  for (size_t i = 0; i < kVersionChars; ++i, version /= 32)
    id[id.size() - 1 - i] = kDigits[version % 32];
  return id;
}

}  // namespace

int64_t OwedBy(const Settlement& settlement) {
  return settlement.cash_given - settlement.answer.amounts().psn_cash_pay_fen();
}

int64_t FirstOf(const Person& person, const Settlement& settlement) {
  size_t place = settlement.claim;
  while (person.claims[place].remainder_of) place = *person.claims[place].remainder_of;
  return person.claims[place].settlements.front();
}

std::vector<DueChange> ChangesOfUndo(const Person& person, const Settlement& original) {
  if (OwedBy(original) == 0) return {};
  return {{FirstOf(person, original), LargestFund(original.funds), -OwedBy(original)}};
}

std::vector<DueChange> ChangesOfCorrection(const Person& person, const Settlement& before,
                                           const Settlement* after, int64_t owed) {
  const int64_t claim = FirstOf(person, before);
  if (owed == 0) return {};
  if (owed < 0) return {{claim, "", owed}};
  std::vector<DueChange> changes;
  const auto give = [&](const std::string& fund, int64_t more) {
    const int64_t fen = std::min(owed, more);
    if (fen <= 0) return;
    owed -= fen;
    for (DueChange& each : changes) {
      if (each.fund != fund) continue;
      each.fen += fen;
      return;
    }
    changes.push_back({claim, fund, fen});
  };
  for (const auto& [fund, fen] : after->funds) {
    const auto then = before.funds.find(fund);
    give(fund, fen - (then == before.funds.end() ? 0 : then->second));
  }
  give(kAccountFund, after->paid.sum() - before.paid.sum());
  give(LargestFund(after->funds.empty() ? before.funds : after->funds), owed);
  return changes;
}

void Person::Owe(const v1::BenefitDebt& debt) {
  for (v1::BenefitDebt& each : debts) {
    if (each.debt_id() != debt.debt_id()) continue;
    each.set_amount_fen(each.amount_fen() + debt.amount_fen());
    return;
  }
  debts.push_back(debt);
  std::sort(debts.begin(), debts.end(), [](const v1::BenefitDebt& a, const v1::BenefitDebt& b) {
    return std::make_tuple(a.since(), a.debt_id()) < std::make_tuple(b.since(), b.debt_id());
  });
}

void Person::LetWait(const v1::BenefitDue& due) {
  for (v1::BenefitDue& each : dues) {
    v1::BenefitDue same = due;
    same.set_amount_fen(each.amount_fen());
    same.set_since(each.since());
    if (same.SerializeAsString() != each.SerializeAsString()) continue;
    each.set_amount_fen(each.amount_fen() + due.amount_fen());
    return;
  }
  dues.push_back(due);
}

int64_t Model::CancelUnsent(Person& person, int64_t claim, int64_t fen,
                            std::vector<Payout>* cancelled) {
  int64_t met = 0;
  for (auto payout = person.payouts.rbegin(); payout != person.payouts.rend(); ++payout) {
    const bool unsent = !IsWithTheBank(*payout) && payout->state != v1::PAYOUT_CANCELLED;
    if (met == fen || payout->source != claim || !unsent) continue;
    payout->state = v1::PAYOUT_CANCELLED;
    for (const v1::PayoutDeduction& deduction : payout->deductions)
      person.Owe(DebtOf(deduction.debt_id(), deduction.since(), deduction.amount_fen()));
    Post("PERSON_CLEARING", person.psn_no, -payout->amount);
    Post("BENEFIT_PAYABLE", person.psn_no, payout->amount);
    cancelled->push_back(*payout);
    const int64_t taken = std::min(fen - met, payout->gross);
    met += taken;
    int64_t left = payout->gross - taken;
    for (const v1::PayoutPart& part : payout->parts) {
      v1::BenefitDue due;
      due.set_claim_id(person.setl_ids.at(claim));
      due.set_kind(payout->kind);
      due.set_label(payout->label);
      due.set_fund_pay_type(part.fund_pay_type());
      due.set_amount_fen(std::min(left, part.amount_fen()));
      due.set_since(payout->made_on);
      if (due.amount_fen() > 0) person.LetWait(due);
      left -= due.amount_fen();
    }
  }
  return met;
}

SettledUp Model::SettleUp(Person& person, const std::vector<DueChange>& changes, const Now& now) {
  SettledUp told;
  for (const DueChange& change : changes) {
    if (change.fen >= 0) continue;
    const std::string& claim_id = person.setl_ids.at(change.claim);
    int64_t back = -change.fen;
    back -= TakeFromDues(person, back, claim_id);
    back -= CancelUnsent(person, change.claim, back, &told.cancelled);
    if (back == 0) continue;
    told.debts.push_back(DebtOf(claim_id, now.day, back));
    person.Owe(told.debts.back());
  }
  for (const DueChange& change : changes) {
    if (change.fen <= 0) continue;
    v1::BenefitDue due;
    due.set_claim_id(person.setl_ids.at(change.claim));
    due.set_kind(v1::PAYOUT_SUPPLEMENT);
    due.set_label("补支");
    due.set_fund_pay_type(change.fund);
    due.set_since(now.day);
    due.set_amount_fen(change.fen - TakeFromDebts(person, change.fen, due.claim_id()));
    if (due.amount_fen() > 0) person.LetWait(due);
  }
  ++person.version;
  InstructWaiting(person, now);
  return told;
}

bool Model::CanInstruct(const Person& person) {
  if (person.accounts.empty() || !person.facts.death_date().empty()) return false;
  return std::any_of(person.dues.begin(), person.dues.end(), [](const v1::BenefitDue& due) {
    return IsPaidByTheAgency(due.fund_pay_type());
  });
}

void Model::InstructWaiting(Person& person, const Now& now) {
  if (!CanInstruct(person)) return;
  const std::string& some_id = person.dues.front().claim_id();
  person.setl_ids[person.version] = IdLike(some_id, some_id.substr(0, 6), now.day, person.version);
  std::vector<v1::BenefitDue> left;
  int number = 0;
  for (const v1::BenefitDue& due : person.dues) {
    if (!IsPaidByTheAgency(due.fund_pay_type())) {
      left.push_back(due);
      continue;
    }
    Payout payout;
    for (const auto& [version, id] : person.setl_ids) {
      if (id == due.claim_id()) payout.source = version;
    }
    payout.kind = due.kind();
    payout.label = due.label();
    payout.commit = person.version;
    payout.number = ++number;
    v1::PayoutPart& part = payout.parts.emplace_back();
    part.set_fund_pay_type(due.fund_pay_type());
    part.set_amount_fen(due.amount_fen());
    Instruct(person, std::move(payout), now);
  }
  person.dues = std::move(left);
}

void Model::Instruct(Person& person, Payout payout, const Now& now) {
  for (const v1::PayoutPart& part : payout.parts) payout.gross += part.amount_fen();
  payout.amount = payout.gross;
  payout.made_on = now.day;
  payout.acct_no = person.accounts.back().acct_no();
  std::vector<v1::BenefitDebt> left;
  for (v1::BenefitDebt debt : person.debts) {  // oldest first
    v1::PayoutDeduction taken;
    taken.set_debt_id(debt.debt_id());
    taken.set_since(debt.since());
    taken.set_amount_fen(std::min(debt.amount_fen(), payout.amount));
    payout.amount -= taken.amount_fen();
    debt.set_amount_fen(debt.amount_fen() - taken.amount_fen());
    if (taken.amount_fen() > 0) payout.deductions.push_back(taken);
    if (debt.amount_fen() > 0) left.push_back(debt);
  }
  person.debts = left;
  Post("PERSON_CLEARING", person.psn_no, payout.amount);
  Post("BENEFIT_PAYABLE", person.psn_no, -payout.amount);
  person.payouts.push_back(std::move(payout));
}

void Model::MeetDebts(Person& person) {
  std::vector<Payout> cancelled;
  const std::vector<v1::BenefitDebt> debts = person.debts;
  for (const v1::BenefitDebt& debt : debts) {
    const auto back =
        std::find_if(person.payouts.begin(), person.payouts.end(), [&](const Payout& payout) {
          return payout.state == v1::PAYOUT_RETURNED &&
                 person.setl_ids.at(payout.source) == debt.debt_id();
        });
    if (back == person.payouts.end()) continue;
    const int64_t met = CancelUnsent(person, back->source, debt.amount_fen(), &cancelled);
    TakeFromDebts(person, met, debt.debt_id());
  }
  if (!cancelled.empty()) ++person.version;
}

}  // namespace yijie::campaign
