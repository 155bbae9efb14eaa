#ifndef YIJIE_ENGINE_ACCOUNT_BULK_FILE_H_
#define YIJIE_ENGINE_ACCOUNT_BULK_FILE_H_

// Files of the agency for many accounts at once: credits by policy and years to close, as CSV, and
// how they are worked off. The message id of a row follows from the row, so a file that was
// interrupted is finished by running it again.

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/fen.h"
#include "engine/load/input_file.h"
#include "engine/load/row_errors.h"
#include "yijie/v1/account.pb.h"

namespace yijie::engine {

// Help texts: the columns and what they take.
extern const absl::string_view kCreditColumnsHelp;
extern const absl::string_view kCloseYearColumnsHelp;

template <typename Request>
struct BulkRow {
  int64_t line = 0;
  Request request;
};
using CreditRow = BulkRow<yijie::v1::CreditByPolicyRequest>;
using CloseYearRow = BulkRow<yijie::v1::CloseAccountYearRequest>;

// The rows of a file, in its order. Complete only if there are no errors.
std::vector<CreditRow> ParseCredits(const InputFile& file, RowErrors& errors);
std::vector<CloseYearRow> ParseYearsToClose(const InputFile& file, RowErrors& errors);

struct BulkResult {
  int64_t done = 0;
  int64_t done_before = 0;
  Fen amount;  // of those done now
};

// Sends a request to the engine. Errors are gRPC statuses.
template <typename Request>
using AskAccount =
    std::function<absl::StatusOr<yijie::v1::AccountResponse>(const Request& request)>;
// Called as rows are done. `total` does not change between calls.
using BulkProgress = std::function<void(int64_t done, int64_t total)>;

// Checks all rows, and credits them if none is bad.
//   INVALID_ARGUMENT  rows are bad: all are listed. Nothing was credited, unless the text says that
//                     the persons changed between the check and the credit
//   another error     the engine cannot be asked: run the file again
absl::StatusOr<BulkResult> CreditAll(const InputFile& file,
                                     const AskAccount<yijie::v1::CreditByPolicyRequest>& check,
                                     const AskAccount<yijie::v1::CreditByPolicyRequest>& credit,
                                     const BulkProgress& progress);

// Closes the years of all rows; a year that another message closed is done before, and a row that
// was sent before is told as it was answered then. Rows that are refused are listed, the others are
// done. Errors as above.
absl::StatusOr<BulkResult> CloseAll(const InputFile& file,
                                    const AskAccount<yijie::v1::CloseAccountYearRequest>& close,
                                    const BulkProgress& progress);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_ACCOUNT_BULK_FILE_H_
