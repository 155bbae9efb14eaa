#include "engine/payout/dues.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/check.h"
#include "base/status_macros.h"
#include "engine/payout/payout_book.h"
#include "engine/payout/payout_state.h"
#include "engine/payout/payout_transactions.h"
#include "engine/settlement_id.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using yijie::store::v1::PayoutEvent;
using yijie::store::v1::PersonEvent;
using yijie::store::v1::PersonPayouts;

// Fund code of personal accounts (职工基本医疗保险个人账户基金).
constexpr absl::string_view kAccountFund = "310200";
constexpr absl::string_view kSupplement = "补支";
constexpr size_t kAreaChars = 6;

// What each fund spends, on the bill and in benefits.
std::map<std::string, Fen> FundsOf(const v1::Settlement& settlement) {
  std::map<std::string, Fen> funds;
  for (const v1::FundPayment& payment : settlement.setldetail())
    funds[payment.fund_pay_type()] += Fen(payment.fund_payamt_fen());
  for (const v1::BenefitPayment& benefit : settlement.benefit()) {
    if (!benefit.fund_pay_type().empty())
      funds[benefit.fund_pay_type()] += Fen(benefit.amount_fen());
  }
  return funds;
}

// The fund that pays most of the claim, now or else before; it gives back what it had recovered.
std::string LargestFund(const v1::Settlement& after, const v1::Settlement& before) {
  std::map<std::string, Fen> funds = FundsOf(after);
  if (funds.empty()) funds = FundsOf(before);
  const auto largest = std::max_element(
      funds.begin(), funds.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return largest == funds.end() ? std::string(kAccountFund) : largest->first;
}

DueChange Supplement(const std::string& claim_id, absl::string_view fund_pay_type, Fen amount) {
  return {claim_id, v1::PAYOUT_SUPPLEMENT, std::string(kSupplement), std::string(fund_pay_type),
          amount};
}

v1::BenefitDue DueOf(const DueChange& change, const std::string& since) {
  v1::BenefitDue due;
  due.set_claim_id(change.claim_id);
  due.set_kind(change.kind);
  due.set_label(change.label);
  due.set_fund_pay_type(change.fund_pay_type);
  due.set_amount_fen(change.amount.value());
  due.set_since(since);
  return due;
}

// Of one claim, kind and fund one thing waits.
void AddDue(const v1::BenefitDue& due, PersonPayouts* payouts) {
  for (v1::BenefitDue& each : *payouts->mutable_due()) {
    if (each.claim_id() != due.claim_id() || each.kind() != due.kind() ||
        each.label() != due.label() || each.fund_pay_type() != due.fund_pay_type()) {
      continue;
    }
    each.set_amount_fen((Fen(each.amount_fen()) + Fen(due.amount_fen())).value());
    return;
  }
  *payouts->add_due() = due;
}

// Takes up to `amount` from what waits for the claim; gives what is left of it.
Fen TakeFromWaiting(const std::string& claim_id, Fen amount, PersonPayouts* payouts) {
  auto& dues = *payouts->mutable_due();
  for (v1::BenefitDue& due : dues) {
    if (due.claim_id() != claim_id) continue;
    const Fen taken = std::min(amount, Fen(due.amount_fen()));
    due.set_amount_fen((Fen(due.amount_fen()) - taken).value());
    amount -= taken;
  }
  dues.erase(std::remove_if(dues.begin(), dues.end(),
                            [](const v1::BenefitDue& due) { return due.amount_fen() == 0; }),
             dues.end());
  return amount;
}

// The first `left` of the parts of a payout wait again.
void WaitAgain(const v1::Payout& payout, Fen left, PersonPayouts* payouts) {
  for (const v1::PayoutPart& part : payout.part()) {
    const Fen again = std::min(left, Fen(part.amount_fen()));
    if (again == Fen(0)) continue;
    left -= again;
    AddDue(DueOf({payout.source_id(), payout.kind(), payout.label(), part.fund_pay_type(), again},
                 payout.due_date()),
           payouts);
  }
}

bool IsOfClaim(const v1::Payout& payout, const std::string& claim_id) {
  return payout.source_id() == claim_id && payout.source_item().empty() &&
         payout.state() != v1::PAYOUT_CANCELLED;
}

// Who owes what was paid of the claim.
std::string DebtorOfClaim(const std::string& claim_id, const PersonPayouts& payouts) {
  for (const v1::Payout& payout : payouts.payout()) {
    if (IsOfClaim(payout, claim_id)) return DebtorOf(payout.other_payee());
  }
  return "";
}

// Takes up to `amount` off what is owed of the claim; gives what is left of it.
Fen TakeFromDebt(const std::string& claim_id, Fen amount, PersonPayouts* payouts) {
  auto& debts = *payouts->mutable_debt();
  for (v1::BenefitDebt& debt : debts) {
    if (debt.debt_id() != claim_id) continue;
    const Fen taken = std::min(amount, Fen(debt.amount_fen()));
    debt.set_amount_fen((Fen(debt.amount_fen()) - taken).value());
    amount -= taken;
  }
  debts.erase(std::remove_if(debts.begin(), debts.end(),
                             [](const v1::BenefitDebt& debt) { return debt.amount_fen() == 0; }),
              debts.end());
  return amount;
}

// One sum for each claim and fund: what is taken and given again in one commit is not moved.
std::vector<DueChange> Netted(const std::vector<DueChange>& changes) {
  std::vector<DueChange> netted;
  for (const DueChange& change : changes) {
    const auto same = std::find_if(netted.begin(), netted.end(), [&](const DueChange& each) {
      return each.claim_id == change.claim_id && each.fund_pay_type == change.fund_pay_type &&
             each.kind == change.kind && each.label == change.label;
    });
    if (same == netted.end()) {
      netted.push_back(change);
    } else {
      same->amount += change.amount;
    }
  }
  return netted;
}

bool HasPayer(const std::string& fund_pay_type, const PayoutTerms& terms) {
  return std::any_of(terms.accounts.begin(), terms.accounts.end(),
                     [&](const v1::FundBankAccount& account) {
                       const auto& funds = account.fund_pay_type();
                       return std::find(funds.begin(), funds.end(), fund_pay_type) != funds.end();
                     });
}

}  // namespace

const std::string& ClaimIdOf(const store::v1::SettledEvent& settled) {
  return settled.claim_id().empty() ? settled.setl_id() : settled.claim_id();
}

bool BenefitsAreToldOnly(const store::v1::SettledEvent& settled) {
  return settled.benefits_told_only() ||
         (!settled.settled_up() && settled.bill_institution().empty());
}

Fen OwedToPerson(const PersonEvent& event) {
  Fen owed;
  for (const store::v1::JournalLine& line : event.journal()) {
    if (line.account() == store::v1::PERSON_CLEARING) owed -= Fen(line.amount_fen());
  }
  return owed;
}

std::vector<DueChange> DuesOfSettlement(const v1::Settlement& settlement) {
  std::vector<DueChange> changes;
  for (const v1::BenefitPayment& benefit : settlement.benefit()) {
    if (benefit.fund_pay_type().empty() || benefit.amount_fen() == 0) continue;
    changes.push_back({settlement.setl_id(), PayoutKindOf(settlement.med_type()), benefit.label(),
                       benefit.fund_pay_type(), Fen(benefit.amount_fen())});
  }
  return changes;
}

std::vector<DueChange> DuesOfUndo(const PersonEvent& original) {
  const Fen owed = OwedToPerson(original);
  if (owed == Fen(0)) return {};
  const store::v1::JournalLine* largest = nullptr;
  for (const store::v1::JournalLine& line : original.journal()) {
    if (line.account() == store::v1::FUND_EXPENSE &&
        (largest == nullptr || line.amount_fen() > largest->amount_fen()))
      largest = &line;
  }
  return {Supplement(ClaimIdOf(original.settled()),
                     largest == nullptr ? kAccountFund : absl::string_view(largest->subject()),
                     -owed)};
}

std::vector<DueChange> DuesOfCorrection(const std::string& claim_id, const v1::Settlement& before,
                                        const v1::Settlement* after, Fen owed) {
  if (owed == Fen(0)) return {};
  if (owed < Fen(0) || after == nullptr) return {Supplement(claim_id, kAccountFund, owed)};
  std::vector<DueChange> changes;
  const std::map<std::string, Fen> then = FundsOf(before);
  for (const auto& [fund, amount] : FundsOf(*after)) {
    const auto found = then.find(fund);
    const Fen more = amount - (found == then.end() ? Fen(0) : found->second);
    const Fen share = std::min(owed, std::max(more, Fen(0)));
    if (share == Fen(0)) continue;
    changes.push_back(Supplement(claim_id, fund, share));
    owed -= share;
  }
  const Fen account_more(
      std::max<int64_t>(after->amounts().acct_pay_fen() - before.amounts().acct_pay_fen(), 0));
  const Fen by_account = std::min(owed, account_more);
  if (by_account > Fen(0)) changes.push_back(Supplement(claim_id, kAccountFund, by_account));
  if (owed > by_account)
    changes.push_back(Supplement(claim_id, LargestFund(*after, before), owed - by_account));
  return changes;
}

Fen CancelOfClaim(const std::string& claim_id, Fen amount, SettlingUp* out) {
  for (int i = out->after.payout_size() - 1; i >= 0 && amount > Fen(0); --i) {
    v1::Payout* payout = out->after.mutable_payout(i);
    if (!IsOfClaim(*payout, claim_id) || !IsCancellable(*payout)) continue;
    CancelAndOweAgain(payout, &out->after);
    const std::vector<Posting> lines = Opposite(PostInstructed(*payout));
    out->journal.insert(out->journal.end(), lines.begin(), lines.end());
    out->cancelled.push_back(*payout);
    const Fen gross(payout->gross_fen());
    const Fen taken = std::min(amount, gross);
    amount -= taken;
    WaitAgain(*payout, gross - taken, &out->after);
  }
  return amount;
}

void MeetDebt(const v1::BenefitDebt& debt, SettlingUp* out) {
  const Fen amount(debt.amount_fen());
  const Fen met = amount - CancelOfClaim(debt.debt_id(), amount, out);
  auto& debts = *out->after.mutable_debt();
  const auto left = std::find_if(debts.begin(), debts.end(), [&debt](const v1::BenefitDebt& each) {
    return each.debt_id() == debt.debt_id() && each.payee_certno() == debt.payee_certno();
  });
  YIJIE_CHECK(left != debts.end(), "a debt that nobody owes");
  left->set_amount_fen((Fen(left->amount_fen()) - met).value());
  if (left->amount_fen() == 0) debts.erase(left);
}

void TakeBackDue(const std::string& claim_id, Fen amount, const Moment& now, SettlingUp* out) {
  amount = TakeFromWaiting(claim_id, amount, &out->after);
  amount = CancelOfClaim(claim_id, amount, out);
  if (amount == Fen(0)) return;
  v1::BenefitDebt debt;
  debt.set_debt_id(claim_id);
  debt.set_since(FormatDate(now.day));
  debt.set_amount_fen(amount.value());
  debt.set_payee_certno(DebtorOfClaim(claim_id, out->after));
  AddDebt(debt, &out->after);
  out->debts.push_back(std::move(debt));
}

void ApplyDueChanges(const std::vector<DueChange>& changes, const Moment& now, SettlingUp* out) {
  const std::vector<DueChange> netted = Netted(changes);
  for (const DueChange& change : netted) {
    if (change.amount < Fen(0)) TakeBackDue(change.claim_id, -change.amount, now, out);
  }
  for (const DueChange& change : netted) {
    if (change.amount <= Fen(0)) continue;
    DueChange left = change;
    left.amount = TakeFromDebt(change.claim_id, change.amount, &out->after);
    if (left.amount > Fen(0)) AddDue(DueOf(left, FormatDate(now.day)), &out->after);
  }
}

absl::Status InstructWaiting(PayoutTerms terms, SettlingUp* out) {
  PersonPayouts& after = out->after;
  std::vector<v1::BenefitDue> waiting(after.due().begin(), after.due().end());
  after.clear_due();
  for (v1::BenefitDue& due : waiting) {
    const bool room =
        terms.made_before < kMaxPayoutsOfCommit && after.payout_size() < kMaxPayoutsOfPerson;
    if (!room || !HasPayer(due.fund_pay_type(), terms)) {
      *after.add_due() = std::move(due);
      continue;
    }
    terms.debts.assign(after.debt().begin(), after.debt().end());
    v1::PayoutPart part;
    part.set_fund_pay_type(due.fund_pay_type());
    part.set_amount_fen(due.amount_fen());
    YIJIE_ASSIGN_OR_RETURN(NewPayouts made,
                           MakePayout(PayoutMoney::kFromClearing, due.kind(), due.label(),
                                      due.claim_id(), "", part, terms));
    ++terms.made_before;
    out->journal.insert(out->journal.end(), made.journal.begin(), made.journal.end());
    after.mutable_debt()->Assign(made.debts.begin(), made.debts.end());
    out->made.push_back(made.payouts[0]);
    *after.add_payout() = std::move(made.payouts[0]);
  }
  return absl::OkStatus();
}

std::string PayoutCommitId(const std::string& source, const Person& person, const Moment& now) {
  return MakeSettlementId(source.substr(0, kAreaChars), now.day, person.facts->psn_no(),
                          person.version + 1);
}

absl::Status InstructIfPayable(const Reference& reference, const Person& person, const Moment& now,
                               SettlingUp* out) {
  if (out->after.due().empty() || !person.facts->death_date().empty()) return absl::OkStatus();
  const v1::BankAccount* account = AccountOn(out->after, now.day);
  const BankAccountMatch match =
      MatchBankAccount(account, *person.facts, nullptr, BankAccountPolicy(), now.day);
  if (!match.ok()) return absl::OkStatus();
  const std::string commit_id = PayoutCommitId(out->after.due(0).claim_id(), person, now);
  PayoutTerms terms = TermsOf(reference, person, {account, match}, commit_id, now);
  terms.made_before = static_cast<int>(out->made.size());
  return InstructWaiting(std::move(terms), out);
}

absl::StatusOr<Effect> WithPayouts(const v1::MessageHeader& header, PayoutEvent::Kind kind,
                                   SettlingUp up, const Moment& now, Effect effect) {
  if (!effect.moves) return effect;
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(effect.next, "psn_no"));
  YIJIE_RETURN_IF_ERROR(CheckRoomForPayouts(up.after));
  if (effect.answered_by == 0) effect.answered_by = effect.next.version;
  effect.earlier.push_back({std::move(effect.next), std::move(effect.event)});
  const Person& before = effect.earlier.back().next;
  for (storage::RowWrite& row :
       PayoutRows(before.facts->psn_no(), before.rest->payouts(), up.after))
    effect.rows.push_back(std::move(row));
  Booking booking(before, header, "", now);
  Post(up.journal, &booking);
  BookPayouts(kind, std::move(up.after), now, &booking);
  BookedVersion last = std::move(booking).Finish("");
  effect.next = std::move(last.next);
  effect.event = std::move(last.event);
  return effect;
}

absl::StatusOr<Effect> SettleUp(const Reference& reference, const v1::MessageHeader& header,
                                const std::vector<DueChange>& changes, const Moment& now,
                                absl::StatusOr<Effect> effect) {
  if (!effect.ok() || !effect->moves || changes.empty()) return effect;
  SettlingUp up;
  up.after = effect->next.rest->payouts();
  ApplyDueChanges(changes, now, &up);
  YIJIE_RETURN_IF_ERROR(InstructIfPayable(reference, effect->next, now, &up));
  return WithPayouts(header, PayoutEvent::SETTLED_UP, std::move(up), now, *std::move(effect));
}

}  // namespace yijie::engine
