#ifndef YIJIE_ENGINE_PAYOUT_POSTING_H_
#define YIJIE_ENGINE_PAYOUT_POSTING_H_

// What payouts do to the ledger.

#include <string>
#include <vector>

#include "base/fen.h"
#include "yijie/v1/payout.pb.h"

namespace yijie::engine {

enum class PayoutLedgerAccount {
  kFundExpense,     // subject: fund code
  kBenefitPayable,  // liability toward a person; subject: person number
  kPersonClearing,  // what a person owes; subject: person number
  kBank,            // subject: id of the agency's account
};

// Debits are positive, credits negative.
struct Posting {
  PayoutLedgerAccount account;
  std::string subject;
  Fen amount;
};

// Each list adds up to 0; no line of 0.

// Dr fund expense (each part), Cr benefit payable (what is paid), Cr person clearing (deducted).
std::vector<Posting> PostCreated(const yijie::v1::Payout& payout);
// Dr person clearing, Cr benefit payable: what is paid of money that a settlement has put to person
// clearing; what is deducted stays there, against the debt.
std::vector<Posting> PostInstructed(const yijie::v1::Payout& payout);
// The opposite of a journal.
std::vector<Posting> Opposite(std::vector<Posting> journal);
// Dr benefit payable, Cr bank. A return posts nothing: the money is owed still.
std::vector<Posting> PostPaid(const yijie::v1::Payout& payout);
// Dr person clearing, Cr fund expense: `amount` was paid for nothing and is owed by the person.
std::vector<Posting> PostOverpaid(const std::string& psn_no, const std::string& fund_pay_type,
                                  Fen amount);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_POSTING_H_
