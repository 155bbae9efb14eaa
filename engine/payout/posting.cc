#include "engine/payout/posting.h"

#include "base/check.h"

namespace yijie::engine {
namespace {

void Add(PayoutLedgerAccount account, const std::string& subject, Fen amount,
         std::vector<Posting>* journal) {
  if (amount != Fen(0)) journal->push_back({account, subject, amount});
}

std::vector<Posting> Balanced(std::vector<Posting> journal) {
  Fen sum;
  for (const Posting& line : journal) sum += line.amount;
  YIJIE_CHECK(sum == Fen(0), "a journal of a payout does not balance");
  return journal;
}

}  // namespace

std::vector<Posting> PostCreated(const yijie::v1::Payout& payout) {
  std::vector<Posting> journal;
  for (const yijie::v1::PayoutPart& part : payout.part()) {
    Add(PayoutLedgerAccount::kFundExpense, part.fund_pay_type(), Fen(part.amount_fen()), &journal);
  }
  Add(PayoutLedgerAccount::kBenefitPayable, payout.psn_no(), -Fen(payout.amount_fen()), &journal);
  for (const yijie::v1::PayoutDeduction& deduction : payout.deduction()) {
    Add(PayoutLedgerAccount::kPersonClearing, payout.psn_no(), -Fen(deduction.amount_fen()),
        &journal);
  }
  return Balanced(std::move(journal));
}

std::vector<Posting> PostInstructed(const yijie::v1::Payout& payout) {
  std::vector<Posting> journal;
  Add(PayoutLedgerAccount::kPersonClearing, payout.psn_no(), Fen(payout.amount_fen()), &journal);
  Add(PayoutLedgerAccount::kBenefitPayable, payout.psn_no(), -Fen(payout.amount_fen()), &journal);
  return Balanced(std::move(journal));
}

std::vector<Posting> Opposite(std::vector<Posting> journal) {
  for (Posting& line : journal) line.amount = -line.amount;
  return journal;
}

std::vector<Posting> PostPaid(const yijie::v1::Payout& payout) {
  std::vector<Posting> journal;
  Add(PayoutLedgerAccount::kBenefitPayable, payout.psn_no(), Fen(payout.amount_fen()), &journal);
  Add(PayoutLedgerAccount::kBank, payout.debtor_account(), -Fen(payout.amount_fen()), &journal);
  return Balanced(std::move(journal));
}

std::vector<Posting> PostOverpaid(const std::string& psn_no, const std::string& fund_pay_type,
                                  Fen amount) {
  std::vector<Posting> journal;
  Add(PayoutLedgerAccount::kPersonClearing, psn_no, amount, &journal);
  Add(PayoutLedgerAccount::kFundExpense, fund_pay_type, -amount, &journal);
  return Balanced(std::move(journal));
}

}  // namespace yijie::engine
