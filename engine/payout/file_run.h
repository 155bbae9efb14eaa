#ifndef YIJIE_ENGINE_PAYOUT_FILE_RUN_H_
#define YIJIE_ENGINE_PAYOUT_FILE_RUN_H_

// What `yijie payout` does over all persons: one call for each, under message ids that follow from
// the file. So a run that was cut off anywhere is run again, and goes on where it was.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/fen.h"
#include "yijie/v1/payout.pb.h"

namespace yijie::engine {

// The calls of PayoutService and PaymentFileService that a run makes.
class PayoutGateway {
 public:
  virtual ~PayoutGateway() = default;
  virtual absl::StatusOr<yijie::v1::OpenPaymentFileResponse> Open(
      const yijie::v1::OpenPaymentFileRequest& request) = 0;
  virtual absl::StatusOr<yijie::v1::ListPaymentFileResponse> List(
      const yijie::v1::ListPaymentFileRequest& request) = 0;
  virtual absl::StatusOr<yijie::v1::ClosePaymentFileResponse> Close(
      const yijie::v1::ClosePaymentFileRequest& request) = 0;
  virtual absl::StatusOr<yijie::v1::ListAllowancesResponse> ListAllowances(
      const yijie::v1::ListAllowancesRequest& request) = 0;
  virtual absl::StatusOr<yijie::v1::PutPayoutsInFileResponse> Put(
      const yijie::v1::PutPayoutsInFileRequest& request) = 0;
  virtual absl::StatusOr<yijie::v1::ApplyPayoutStatusResponse> Apply(
      const yijie::v1::ApplyPayoutStatusRequest& request) = 0;
  virtual absl::StatusOr<yijie::v1::MakeDuePayoutsResponse> MakeDue(
      const yijie::v1::MakeDuePayoutsRequest& request) = 0;
  virtual absl::StatusOr<yijie::v1::GetPayoutsResponse> Get(
      const yijie::v1::GetPayoutsRequest& request) = 0;
};

// Persons done, of how many; 0: not known.
using RunProgress = std::function<void(int64_t done, int64_t total)>;

struct PaymentExport {
  std::string other_file_id;  // this one must be finished first; nothing was done
  std::string bytes;          // of the pain.001; empty if nothing is due
  int64_t transfers = 0;
  Fen amount;
};
// `through_date` as OpenPaymentFileRequest says. The same file again gives the same bytes.
absl::StatusOr<PaymentExport> ExportPayments(const std::string& agency, const std::string& file_id,
                                             const std::string& through_date,
                                             const RunProgress& progress, PayoutGateway& gateway);

struct PaymentImport {
  std::vector<yijie::v1::StatusFileDefect> defects;  // if any, nothing was applied
  int64_t paid = 0;
  int64_t returned = 0;
  int64_t pending = 0;
  int64_t repeated = 0;
};
// `bytes`: a pain.002. All rows are compared with the payouts before the first is applied. ABORTED
// if a payout changed meanwhile: run it again.
absl::StatusOr<PaymentImport> ImportStatuses(const std::string& agency, absl::string_view bytes,
                                             const RunProgress& progress, PayoutGateway& gateway);

struct MonthlyRun {
  int64_t persons = 0;
  int64_t payouts = 0;               // made; those cancelled are not counted
  Fen amount;                        // of them
  std::vector<std::string> refused;  // "person: reason"
};
// `run` tells runs apart: up to 12 of [0-9A-Za-z-].
absl::StatusOr<MonthlyRun> RunMonthly(const std::string& agency, const std::string& month,
                                      const std::string& run, const RunProgress& progress,
                                      PayoutGateway& gateway);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_FILE_RUN_H_
