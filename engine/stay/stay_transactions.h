#ifndef YIJIE_ENGINE_STAY_STAY_TRANSACTIONS_H_
#define YIJIE_ENGINE_STAY_STAY_TRANSACTIONS_H_

// What the calls of StayService do to a person, as functions: no I/O, no clock, no threads. The
// contract is that of engine/transactions.h.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/booking.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "yijie/store/v1/stay.pb.h"
#include "yijie/v1/stay.pb.h"

namespace yijie::engine {

// The requests that uploaded the batches of a stay, in the order of `Stay.batch`.
using UploadedBatches = std::vector<yijie::v1::UploadFeesRequest>;

absl::StatusOr<Effect> Admit(const Reference& reference, const yijie::v1::AdmitRequest& request,
                             const std::string& request_bytes, const Person& person,
                             const Moment& now);

absl::StatusOr<Effect> ChangeStay(const Reference& reference,
                                  const yijie::v1::ChangeStayRequest& request,
                                  const std::string& request_bytes, const UploadedBatches& uploaded,
                                  const Person& person, const Moment& now);

absl::StatusOr<Effect> CancelAdmission(const yijie::v1::StayRequest& request,
                                       const std::string& request_bytes, const Person& person,
                                       const Moment& now);

absl::StatusOr<Effect> UploadFees(const yijie::v1::UploadFeesRequest& request,
                                  const std::string& request_bytes, const UploadedBatches& uploaded,
                                  const Person& person, const Moment& now);

absl::StatusOr<Effect> CancelFees(const yijie::v1::CancelFeesRequest& request,
                                  const std::string& request_bytes, const Person& person,
                                  const Moment& now);

absl::StatusOr<Effect> Discharge(const yijie::v1::DischargeRequest& request,
                                 const std::string& request_bytes, const UploadedBatches& uploaded,
                                 const Person& person, const Moment& now);

absl::StatusOr<Effect> CancelDischarge(const Reference& reference,
                                       const yijie::v1::StayRequest& request,
                                       const std::string& request_bytes, const Person& person,
                                       const Moment& now);

// Settles the open batches, all of them or those up to `until`. A stay that is not ready for it is
// refused with CLAIM_INCOMPLETE; one that the institution does not have is NOT_FOUND.
absl::StatusOr<Effect> SettleStay(const Reference& reference,
                                  const yijie::v1::SettleStayRequest& request,
                                  const std::string& request_bytes, const UploadedBatches& uploaded,
                                  const Person& person, const Moment& now,
                                  const FamilyMoney* family = nullptr);

// The answer to a SettleStay whose id was closed before it arrived, at `closed`.
std::string ReplyToClosedSettleStay(const yijie::v1::SettleStayRequest& request,
                                    const Moment& closed);

yijie::v1::StayResponse GetStay(const yijie::v1::GetStayRequest& request, const Person& person);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_STAY_STAY_TRANSACTIONS_H_
