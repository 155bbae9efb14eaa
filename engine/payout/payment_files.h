#ifndef YIJIE_ENGINE_PAYOUT_PAYMENT_FILES_H_
#define YIJIE_ENGINE_PAYOUT_PAYMENT_FILES_H_

// Payment files as a whole: which payouts go into which file is fixed by one commit, before any
// person's payout says that it is in it.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "engine/moment.h"
#include "engine/reference.h"
#include "storage/store.h"
#include "yijie/store/v1/payout.pb.h"
#include "yijie/v1/payout.pb.h"

namespace yijie::engine {

// The file as it was opened; nothing if there is none of this id. DATA_LOSS if it cannot be read.
absl::StatusOr<std::optional<yijie::v1::PaymentFile>> LoadPaymentFile(storage::StoreReader& store,
                                                                      absl::string_view file_id);

// The person's payouts in it; none if the person is no member.
absl::StatusOr<yijie::store::v1::PaymentFileMember> LoadPaymentFileMember(
    storage::StoreReader& store, absl::string_view file_id, absl::string_view psn_no);

// Answers PaymentFileService, without the network. Errors begin with the field. Thread-safe.
class PaymentFiles {
 public:
  using ReferenceFunction = std::function<std::shared_ptr<const Reference>()>;

  // `store` outlives it, and its tables of payment files have no other writer.
  PaymentFiles(storage::Store& store, ReferenceFunction reference)
      : store_(store), reference_(std::move(reference)) {}

  absl::StatusOr<yijie::v1::OpenPaymentFileResponse> Open(
      const yijie::v1::OpenPaymentFileRequest& request, const Moment& now);
  absl::StatusOr<yijie::v1::ListPaymentFileResponse> List(
      const yijie::v1::ListPaymentFileRequest& request);
  absl::StatusOr<yijie::v1::ClosePaymentFileResponse> Close(
      const yijie::v1::ClosePaymentFileRequest& request);
  absl::StatusOr<yijie::v1::ListAllowancesResponse> ListAllowances(
      const yijie::v1::ListAllowancesRequest& request);

 private:
  absl::StatusOr<yijie::v1::OpenPaymentFileResponse> OpenNew(
      const yijie::v1::OpenPaymentFileRequest& request, const Moment& now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  storage::Store& store_;
  const ReferenceFunction reference_;
  Mutex mutex_;  // one file is opened or closed at a time
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_PAYMENT_FILES_H_
