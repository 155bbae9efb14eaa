#ifndef YIJIE_ENGINE_LOAD_ACCOUNT_FILE_H_
#define YIJIE_ENGINE_LOAD_ACCOUNT_FILE_H_

// Credits of personal accounts (划入) as CSV: one row a credit.

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/load/input_file.h"
#include "engine/load/row_errors.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {

// Help text: the columns and what they take.
extern const absl::string_view kAccountColumnsHelp;

struct AccountRow {
  int64_t line = 0;
  v1::CreditAccountRequest request;  // as the agency would have sent it
};

// For errors that only the store can tell.
inline constexpr absl::string_view kVoucherNoColumn = "voucher_no";
inline constexpr absl::string_view kPsnNoColumn = "psn_no";
inline constexpr absl::string_view kAmountColumn = "amount";

// The credits of a file, in its order. Complete only if there are no errors.
std::vector<AccountRow> ParseAccounts(const InputFile& file, RowErrors& errors);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOAD_ACCOUNT_FILE_H_
