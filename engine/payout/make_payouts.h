#ifndef YIJIE_ENGINE_PAYOUT_MAKE_PAYOUTS_H_
#define YIJIE_ENGINE_PAYOUT_MAKE_PAYOUTS_H_

// From what a policy gives a person to instructions to pay it. Pure functions; thread-safe.

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/date.h"
#include "base/fen.h"
#include "engine/payout/posting.h"
#include "yijie/v1/payout.pb.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::engine {

// An over-payment is taken back from what the person gets later (社会保险经办条例 第四十六条), the
// oldest debt first.
struct DebtDeduction {
  std::vector<yijie::v1::PayoutDeduction> deductions;
  Fen net;                                   // gross less deductions, not below 0
  std::vector<yijie::v1::BenefitDebt> left;  // debts afterwards, oldest first, those above 0
};
DebtDeduction DeductDebts(std::vector<yijie::v1::BenefitDebt> debts, Fen gross);

// What payouts of one commit have in common.
struct PayoutTerms {
  std::string psn_no;
  std::string commit_id;  // 30 characters, as MakeSettlementId gives; payouts are numbered under it
  yijie::v1::BankAccount payee;  // matches the person, or `other_payee`
  std::optional<yijie::v1::Payee> other_payee;
  Date due;
  std::vector<yijie::v1::FundBankAccount> accounts;  // of the agency; one for each fund
  std::vector<yijie::v1::BenefitDebt> debts;         // of the person
  int made_before = 0;                               // payouts of the commit that are made already
};

struct NewPayouts {
  std::vector<yijie::v1::Payout> payouts;     // CREATED
  std::vector<Posting> journal;               // of all of them
  std::vector<yijie::v1::BenefitDebt> debts;  // afterwards
};

// Who owes what was paid too much to `payee`: its certificate number if the money was the payee's
// own, empty if it was the insured's. A debt is taken only from payouts to whoever owes it.
std::string DebtorOf(const yijie::v1::Payee& payee);

// A benefit that is paid each month, by a schedule.
bool IsMonthly(const std::string& med_type);

// Kind of what a settlement of this benefit kind (med_type) pays apart from a bill.
yijie::v1::PayoutKind PayoutKindOf(const std::string& med_type);

// For a settlement that put what the funds owe the person to person clearing (PostInstructed):
// one payout for each benefit that a fund pays; none for what the employer owes. With `reimburse`,
// also what the funds pay of a bill that the person has paid already (手工报销): one payout for
// each account of the agency, with its funds as parts.
//   INVALID_ARGUMENT     not settled, another person's, a monthly allowance (AdvanceSchedule says
//                        what is due of it), a negative amount, or more than
//                        kMaxPayoutsOfCommit payouts
//   FAILED_PRECONDITION  a fund that no account of the agency pays for, or several do
absl::StatusOr<NewPayouts> MakePayouts(const yijie::v1::Settlement& settlement, bool reimburse,
                                       const PayoutTerms& terms);

// Where the money of a payout stands in the ledger.
enum class PayoutMoney {
  kFromExpense,   // nowhere yet, the expense is posted with it (PostCreated): a month of an
                  // allowance
  kFromClearing,  // a settlement has put it to person clearing (PostInstructed)
};

// One payout of one fund. Errors as above.
absl::StatusOr<NewPayouts> MakePayout(PayoutMoney money, yijie::v1::PayoutKind kind,
                                      const std::string& label, const std::string& source_id,
                                      const std::string& source_item,
                                      const yijie::v1::PayoutPart& part, const PayoutTerms& terms);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_MAKE_PAYOUTS_H_
