#ifndef YIJIE_ENGINE_PAYOUT_PAYOUT_STATE_H_
#define YIJIE_ENGINE_PAYOUT_PAYOUT_STATE_H_

// Life of one payout (支付指令) as a pure state machine:
//
//   CREATED --PutInFile--> IN_FILE --bank--> PAID
//      |                      \----bank--> RETURNED --Reissue--> REISSUED --PutInFile--> IN_FILE
//      \--Cancel--> CANCELLED; so may RETURNED and REISSUED be: the bank did not pay
//
// A payout is in at most one undecided file; what the bank tells is applied once for each
// (file, EndToEndId) and may be told again; what contradicts is refused. So no more than its amount
// is ever paid. Every function either changes the payout and answers PAYOUT_DONE, or leaves it as
// it was. Thread-compatible.

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "base/date.h"
#include "base/fen.h"
#include "engine/payout/bank_account.h"
#include "yijie/v1/payout.pb.h"

namespace yijie::engine {

// Two digits in the ids.
inline constexpr int kMaxPayoutsOfCommit = 99;
inline constexpr int kMaxPayoutAttempts = 99;

// 32 characters: the id of the commit that makes the payout (30 characters, as MakeSettlementId
// gives) and `index`, from 1.
std::string MakePayoutId(absl::string_view commit_id, int index);

// 35 characters, the most that ISO 20022 allows. `attempt` is from 1.
std::string MakeEndToEndId(absl::string_view payout_id, int attempt);

// The payout of such an id; what is no such id gives one that no payout has.
absl::string_view PayoutOfEndToEndId(absl::string_view end_to_end_id);

// A state in Chinese, for clerks.
absl::string_view PayoutStateWords(yijie::v1::PayoutState state);

struct PayoutStep {
  yijie::v1::PayoutOutcome outcome = yijie::v1::PAYOUT_DONE;
  std::string reason;  // in Chinese, for refusals
};

// May go into a file on `day`: created or re-issued, due, and with something to pay.
bool IsPayable(const yijie::v1::Payout& payout, Date day);

// Opens the next attempt. `payment_info_id` is the block of the file that holds it.
PayoutStep PutInFile(absl::string_view file_id, absl::string_view payment_info_id,
                     yijie::v1::Payout* payout);

enum class BankDecision { kPending, kPaid, kReturned };

// What the bank tells of one attempt.
struct BankStatus {
  std::string file_id;
  std::string end_to_end_id;
  BankDecision decision = BankDecision::kPending;
  std::optional<Fen> amount;  // if the bank tells it
  std::string reason_code;    // of a return
  std::string day;            // ISO day of the status file
};
PayoutStep ApplyBankStatus(const BankStatus& status, yijie::v1::Payout* payout);

// Lets a returned payout be paid again, into `account`, of which `match` tells whether it belongs
// to the person. An account that is the same as the one returned must have been confirmed on the
// day of the return or later.
PayoutStep Reissue(const yijie::v1::BankAccount& account, const BankAccountMatch& match,
                   yijie::v1::Payout* payout);

PayoutStep Cancel(yijie::v1::Payout* payout);

// Stops the process if an identity of Payout (payout.proto) is broken.
void AssertPayout(const yijie::v1::Payout& payout);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_PAYOUT_STATE_H_
