#ifndef YIJIE_ENGINE_PAYOUT_PAYMENT_FILE_H_
#define YIJIE_ENGINE_PAYOUT_PAYMENT_FILE_H_

// Payment file to the bank: ISO 20022 pain.001.001.09, CustomerCreditTransferInitiationV09, in CNY.
// The bytes depend on the arguments alone.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/date.h"
#include "yijie/v1/payout.pb.h"

namespace yijie::engine {

// So that the status file about it stays within kMaxStatusFileBytes.
inline constexpr size_t kMaxPayoutsOfFile = 20'000;

struct PaymentFileHeader {
  // MsgId, unique for ever: 1 to 30 of [0-9A-Za-z-].
  std::string file_id;
  std::string created_at;      // RFC 3339, as MomentOf gives it
  std::string initiator_name;  // the agency, 1 to 140 characters
  Date day;                    // nothing is to be executed before
  Date through;                // payouts due later are refused; not before `day`
};

// Puts all of `payouts` into one file and returns it. Blocks are by account of the agency and day
// of execution: the due day, or the day of the file if that is later. Within a block payouts stand
// in the order of their ids. After an error no payout has changed.
//   INVALID_ARGUMENT     the header, or no payouts, or too many
//   FAILED_PRECONDITION  a payout that is not payable or whose account of the agency is not in
//                        `accounts`, an account or name that the format cannot carry
absl::StatusOr<std::string> MakePaymentFile(const PaymentFileHeader& header,
                                            const std::vector<yijie::v1::FundBankAccount>& accounts,
                                            std::vector<yijie::v1::Payout>* payouts);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_PAYMENT_FILE_H_
