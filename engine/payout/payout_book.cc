#include "engine/payout/payout_book.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "engine/payout/make_payouts.h"
#include "engine/payout/payout_state.h"
#include "engine/stored_day.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using yijie::store::v1::PersonPayouts;

constexpr absl::string_view kZero("\0", 1);
constexpr int kDaysKept = 731;

store::v1::LedgerAccount AccountOf(PayoutLedgerAccount account) {
  switch (account) {
    case PayoutLedgerAccount::kFundExpense:
      return store::v1::FUND_EXPENSE;
    case PayoutLedgerAccount::kBenefitPayable:
      return store::v1::BENEFIT_PAYABLE;
    case PayoutLedgerAccount::kPersonClearing:
      return store::v1::PERSON_CLEARING;
    case PayoutLedgerAccount::kBank:
      return store::v1::BANK;
  }
  return store::v1::LEDGER_ACCOUNT_UNSPECIFIED;
}

// May go into a file once it is due.
bool IsWaiting(const v1::Payout& payout) { return IsPayable(payout, kLastDate); }

// The day a payout came to its end; empty if it has not.
std::string EndedOn(const v1::Payout& payout) {
  if (payout.state() != v1::PAYOUT_PAID && payout.state() != v1::PAYOUT_CANCELLED) return "";
  return payout.attempt().empty() ? payout.due_date()
                                  : payout.attempt(payout.attempt_size() - 1).decided_on();
}

std::set<std::string> DueKeys(const PersonPayouts& payouts) {
  std::set<std::string> keys;
  for (const v1::Payout& payout : payouts.payout()) {
    if (IsWaiting(payout)) keys.insert(PayoutDueKey(payout));
  }
  return keys;
}

}  // namespace

const v1::BankAccount* AccountOn(const PersonPayouts& payouts, Date day) {
  for (const v1::BankAccount& account : payouts.bank_account()) {
    if (Covers(account, day)) return &account;
  }
  return nullptr;
}

bool AddAccount(const v1::BankAccount& account, PersonPayouts* payouts) {
  auto& accounts = *payouts->mutable_bank_account();
  if (!accounts.empty()) {
    v1::BankAccount& last = accounts[accounts.size() - 1];
    if (account.begndate() < last.begndate()) return false;
    if (account.begndate() == last.begndate()) {
      last = account;
      return true;
    }
    if (last.enddate().empty() || last.enddate() >= account.begndate())
      last.set_enddate(FormatDate(Date(StoredDay(account.begndate()).days() - 1)));
  }
  *accounts.Add() = account;
  if (accounts.size() > kMaxBankAccounts) accounts.DeleteSubrange(0, 1);
  return true;
}

bool IsCancellable(const v1::Payout& payout) {
  return payout.state() == v1::PAYOUT_CREATED || payout.state() == v1::PAYOUT_RETURNED ||
         payout.state() == v1::PAYOUT_REISSUED;
}

void CancelAndOweAgain(v1::Payout* payout, PersonPayouts* payouts) {
  YIJIE_CHECK(Cancel(payout).outcome == v1::PAYOUT_DONE, "a payout cannot be cancelled");
  for (const v1::PayoutDeduction& deduction : payout->deduction()) {
    v1::BenefitDebt debt;
    debt.set_debt_id(deduction.debt_id());
    debt.set_since(deduction.since());
    debt.set_amount_fen(deduction.amount_fen());
    debt.set_payee_certno(DebtorOf(payout->other_payee()));
    AddDebt(debt, payouts);
  }
}

void AddDebt(const v1::BenefitDebt& debt, PersonPayouts* payouts) {
  auto& debts = *payouts->mutable_debt();
  const auto same = std::find_if(debts.begin(), debts.end(), [&debt](const v1::BenefitDebt& each) {
    return each.debt_id() == debt.debt_id() && each.payee_certno() == debt.payee_certno();
  });
  if (same == debts.end()) {
    *debts.Add() = debt;
  } else {
    same->set_amount_fen((Fen(same->amount_fen()) + Fen(debt.amount_fen())).value());
  }
  std::sort(debts.begin(), debts.end(), [](const v1::BenefitDebt& a, const v1::BenefitDebt& b) {
    return std::tie(a.since(), a.debt_id()) < std::tie(b.since(), b.debt_id());
  });
}

absl::Status CheckRoomForPayouts(const PersonPayouts& payouts) {
  const bool room = payouts.payout_size() <= kMaxPayoutsOfPerson &&
                    payouts.schedule_size() <= kMaxSchedulesOfPerson &&
                    payouts.offline_claim_size() <= kMaxOfflineClaimsOfPerson;
  return room ? absl::OkStatus()
              : absl::ResourceExhaustedError("psn_no: the person has too many payouts");
}

void DropOldPayouts(Date today, PersonPayouts* payouts) {
  const std::string oldest = FormatDate(Date(today.days() - kDaysKept));
  auto& list = *payouts->mutable_payout();
  const auto kept = std::remove_if(list.begin(), list.end(), [&oldest](const v1::Payout& payout) {
    const std::string ended = EndedOn(payout);
    return !ended.empty() && ended < oldest;
  });
  list.erase(kept, list.end());
}

std::vector<storage::RowWrite> PayoutRows(const std::string& psn_no, const PersonPayouts& before,
                                          const PersonPayouts& after) {
  std::vector<storage::RowWrite> rows;
  const std::set<std::string> was = DueKeys(before);
  const std::set<std::string> is = DueKeys(after);
  for (const std::string& key : was) {
    if (is.count(key) == 0) rows.push_back({std::string(kPayoutDueTable), key, std::nullopt});
  }
  for (const std::string& key : is) {
    if (was.count(key) == 0) rows.push_back({std::string(kPayoutDueTable), key, ""});
  }
  if (before.schedule().empty() != after.schedule().empty()) {
    std::optional<std::string> value;
    if (!after.schedule().empty()) value = "";
    rows.push_back({std::string(kAllowanceTable), psn_no, std::move(value)});
  }
  return rows;
}

std::string PayoutDueKey(const v1::Payout& payout) {
  return absl::StrCat(payout.due_date(), kZero, payout.psn_no(), kZero, payout.payout_id());
}

std::optional<std::pair<std::string, std::string>> ReadPayoutDueKey(absl::string_view key) {
  const std::vector<std::string> parts = absl::StrSplit(key, '\0');
  if (parts.size() != 3) return std::nullopt;
  return std::make_pair(parts[1], parts[2]);
}

void Post(const std::vector<Posting>& journal, Booking* booking) {
  for (const Posting& line : journal)
    booking->Post(AccountOf(line.account), line.subject, line.amount);
}

}  // namespace yijie::engine
