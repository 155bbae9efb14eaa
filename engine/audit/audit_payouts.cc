#include "engine/audit/audit_payouts.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using absl::int128;
using store::v1::JournalLine;
using store::v1::PersonEvent;
using store::v1::PersonPayouts;

bool IsOpen(const v1::Payout& payout) {
  return payout.state() != v1::PAYOUT_PAID && payout.state() != v1::PAYOUT_CANCELLED;
}

bool IsWaiting(const v1::Payout& payout) {
  constexpr int kMostAttempts = 99;
  return (payout.state() == v1::PAYOUT_CREATED || payout.state() == v1::PAYOUT_REISSUED) &&
         payout.amount_fen() > 0 && payout.attempt_size() < kMostAttempts;
}

bool MayBecome(v1::PayoutState before, v1::PayoutState after) {
  switch (before) {
    case v1::PAYOUT_CREATED:
    case v1::PAYOUT_REISSUED:
      return after == v1::PAYOUT_IN_FILE || after == v1::PAYOUT_CANCELLED;
    case v1::PAYOUT_IN_FILE:
      return after == v1::PAYOUT_PAID || after == v1::PAYOUT_RETURNED;
    case v1::PAYOUT_RETURNED:
      return after == v1::PAYOUT_REISSUED || after == v1::PAYOUT_CANCELLED;
    default:
      return false;
  }
}

// What of a payout never changes.
std::string FixedPart(const v1::Payout& payout) {
  v1::Payout fixed = payout;
  fixed.clear_state();
  fixed.clear_payee();
  fixed.clear_other_payee();  // CheckPayout
  fixed.clear_attempt();
  return fixed.SerializeAsString();
}

// The account that is paid is that of the payee named, and of nobody else.
bool IsOfOtherPayee(const v1::Payee& payee, const v1::BankAccount& account) {
  return account.holder() == v1::OTHER_PAYEE && account.acct_name() == payee.name() &&
         account.psn_cert_type() == payee.psn_cert_type() && account.certno() == payee.certno();
}

// A debt paid back out of the personal account: the only other act that changes debts.
bool IsDebtOffset(const PersonEvent& event) { return event.account().act() == v1::ACT_DEBT_OFFSET; }

// What only a payout event may change.
std::string PayoutPart(PersonPayouts payouts, const PersonEvent& event) {
  payouts.clear_offline_claim();
  if (IsDebtOffset(event)) payouts.clear_debt();
  return payouts.SerializeAsString();
}

// What only a settlement or an undo may change besides.
std::string ClaimPart(const PersonPayouts& payouts) {
  PersonPayouts claims;
  *claims.mutable_offline_claim() = payouts.offline_claim();
  return claims.SerializeAsString();
}

}  // namespace

void PayoutAudit::Check(const PersonEvent& event, const PersonPayouts& payouts) {
  ++version_;
  Fold(event);
  CheckMoves(event, payouts);
  CompareLedger();
  if (event.has_payout() || IsDebtOffset(event)) CompareDebts(payouts);
  CheckFiledOnce(payouts);
  last_ = payouts;
}

void PayoutAudit::Fold(const PersonEvent& event) {
  const bool settles = event.has_settled() && !event.settled().bill_institution().empty();
  if (settles) filed_.insert(version_);
  const bool filed = (settles && event.settled().corrects_version() == 0) || event.has_payout() ||
                     IsDebtOffset(event) || event.settled().settled_up() ||
                     event.reversed().settled_up() ||
                     (event.has_reversed() && !event.reversed().correction() &&
                      filed_.count(event.reversed().orig_version()) > 0);
  for (const JournalLine& line : event.journal()) {
    if (line.account() == store::v1::BENEFIT_PAYABLE) {
      payable_ += line.amount_fen();
      if (line.subject() != psn_no_) add_("a BENEFIT_PAYABLE line is of another person");
    }
    if (line.account() == store::v1::BANK) bank_[line.subject()] += line.amount_fen();
    if (line.account() == store::v1::PERSON_CLEARING && filed) clearing_ += line.amount_fen();
  }
}

void PayoutAudit::CheckMoves(const PersonEvent& event, const PersonPayouts& payouts) {
  const bool settles = event.has_settled() || event.has_reversed();
  if (!event.has_payout() && PayoutPart(payouts, event) != PayoutPart(last_, event))
    add_("payouts changed although no payout was worked on");
  if (!settles && !event.has_payout() && ClaimPart(payouts) != ClaimPart(last_))
    add_("claims filed with the agency changed although none was settled or undone");
  std::set<std::string> there;
  for (const v1::Payout& payout : payouts.payout()) {
    if (!there.insert(payout.payout_id()).second) add_("a payout is there twice");
    if (payout.psn_no() != psn_no_) add_("a payout is of another person");
    const auto [known, is_new] = seen_.try_emplace(payout.payout_id(), payout);
    if (is_new) {
      if (payout.state() != v1::PAYOUT_CREATED || !payout.attempt().empty())
        add_("a new payout is not as one is created");
    } else {
      CheckPayout(known->second, payout);
      known->second = payout;
    }
    CheckAttempts(payout);
    if (payout.has_other_payee() ? !IsOfOtherPayee(payout.other_payee(), payout.payee())
                                 : payout.payee().holder() == v1::OTHER_PAYEE) {
      add_("a payout goes to an account that is not its payee's");
    }
  }
  for (const v1::Payout& payout : last_.payout()) {
    if (there.count(payout.payout_id()) == 0 && IsOpen(payout))
      add_("a payout that is owed is gone from the state");
  }
}

void PayoutAudit::CheckPayout(const v1::Payout& before, const v1::Payout& after) {
  const auto add = [&](absl::string_view what) {
    add_(absl::StrCat("payout ", after.payout_id(), ": ", what));
  };
  if (FixedPart(before) != FixedPart(after)) add("what was instructed has changed");
  const bool to_heir = !before.has_other_payee() && after.other_payee().relation() == v1::HEIR &&
                       after.state() == v1::PAYOUT_REISSUED;
  if (!to_heir &&
      before.other_payee().SerializeAsString() != after.other_payee().SerializeAsString())
    add("another payee than before");
  if (before.state() != after.state() && !MayBecome(before.state(), after.state()))
    add(absl::StrCat("went from ", v1::PayoutState_Name(before.state()), " to ",
                     v1::PayoutState_Name(after.state())));
  const bool entered = after.state() == v1::PAYOUT_IN_FILE && before.state() != v1::PAYOUT_IN_FILE;
  if (after.attempt_size() != before.attempt_size() + (entered ? 1 : 0))
    add("its attempts are not those of its way");
}

void PayoutAudit::CheckAttempts(const v1::Payout& payout) {
  std::set<std::string> files;
  for (int i = 0; i < payout.attempt_size(); ++i) {
    const v1::PayoutAttempt& attempt = payout.attempt(i);
    if (!files.insert(attempt.file_id()).second)
      add_(absl::StrCat("payout ", payout.payout_id(), ": twice in one file"));
    if (i + 1 < payout.attempt_size() && attempt.state() != v1::ATTEMPT_RETURNED)
      add_(absl::StrCat("payout ", payout.payout_id(), ": sent again before it came back"));
  }
  const bool open = payout.attempt_size() > 0 &&
                    payout.attempt(payout.attempt_size() - 1).state() == v1::ATTEMPT_OPEN;
  if (open != (payout.state() == v1::PAYOUT_IN_FILE))
    add_(absl::StrCat("payout ", payout.payout_id(), ": its last attempt is not its state"));
}

void PayoutAudit::CompareLedger() {
  int128 open = 0;
  std::map<std::string, int128> paid;
  for (const auto& [id, payout] : seen_) {
    if (IsOpen(payout)) open += payout.amount_fen();
    if (payout.state() == v1::PAYOUT_PAID) paid[payout.debtor_account()] -= payout.amount_fen();
  }
  if (payable_ != -open) add_("BENEFIT_PAYABLE is not what is open of the payouts");
  if (bank_ != paid) add_("BANK is not what was paid of the payouts");
}

void PayoutAudit::CompareDebts(const PersonPayouts& payouts) {
  int128 debts = 0;
  for (const v1::BenefitDebt& debt : payouts.debt()) {
    debts += debt.amount_fen();
    if (debt.amount_fen() <= 0) add_("a debt is not above 0");
  }
  int128 dues = 0;
  for (const v1::BenefitDue& due : payouts.due()) {
    dues += due.amount_fen();
    if (due.amount_fen() <= 0) add_("what waits to be instructed is not above 0");
  }
  if (clearing_ != debts - dues)
    add_("PERSON_CLEARING is not the debts less what waits to be instructed");
}

void PayoutAudit::CheckFiledOnce(const PersonPayouts& payouts) {
  std::set<std::pair<std::string, std::string>> receipts;
  for (const store::v1::OfflineClaim& claim : payouts.offline_claim()) {
    if (claim.receipt_no().empty()) continue;
    if (!receipts.emplace(claim.fixmedins_code(), claim.receipt_no()).second)
      add_("one receipt was reimbursed twice");
  }
}

std::set<std::string> PayoutAudit::DueKeys() const {
  const absl::string_view zero("\0", 1);
  std::set<std::string> keys;
  for (const v1::Payout& payout : last_.payout()) {
    if (IsWaiting(payout))
      keys.insert(absl::StrCat(payout.due_date(), zero, psn_no_, zero, payout.payout_id()));
  }
  return keys;
}

}  // namespace yijie::engine
