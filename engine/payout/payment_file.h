#ifndef YIJIE_ENGINE_PAYOUT_PAYMENT_FILE_H_
#define YIJIE_ENGINE_PAYOUT_PAYMENT_FILE_H_

// Payment file to the bank: ISO 20022 pain.001.001.09, CustomerCreditTransferInitiationV09, in CNY.
// A file is first fixed (v1::PaymentFile), then payouts are put into it one after the other, and
// only then it is written: the bytes depend on the arguments alone. Pure functions; thread-safe.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "yijie/v1/payout.pb.h"

namespace yijie::engine {

// So that the status file about it stays within kMaxStatusFileBytes.
inline constexpr size_t kMaxPayoutsOfFile = 20'000;

// Ids, days in order, and accounts that a file can carry, no two of which pay for one fund. Errors
// begin with the field.
absl::Status CheckFileId(absl::string_view path, absl::string_view file_id);
absl::Status CheckPayers(const yijie::v1::PayerAccounts& payers);

// Opens the attempt of `payout` that is in `file`. False, and nothing changed, if the payout is not
// payable through the day of the file, its account of the agency is none of the file's, or
// something of it cannot stand in a file.
bool PutInPaymentFile(const yijie::v1::PaymentFile& file, yijie::v1::Payout* payout);

// What of `payout` is in the file, whatever became of it since; nothing if it is not.
std::vector<yijie::v1::FileTransfer> TransfersOf(const yijie::v1::Payout& payout,
                                                 absl::string_view file_id);

// One block for each account of the agency; within it transfers stand in the order of their ids.
// Everything is executed on the day of the file. INVALID_ARGUMENT names what is wrong: no
// transfers, too many, one twice, or one that the file cannot hold.
absl::StatusOr<std::string> WritePaymentFile(const yijie::v1::PaymentFile& file,
                                             std::vector<yijie::v1::FileTransfer> transfers);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_PAYMENT_FILE_H_
