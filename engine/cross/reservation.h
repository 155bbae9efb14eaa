#ifndef YIJIE_ENGINE_CROSS_RESERVATION_H_
#define YIJIE_ENGINE_CROSS_RESERVATION_H_

// What the insured place (参保地) does to a person when a place of care asks: as functions, without
// clock, threads or I/O but what is passed in. docs/cross.md tells the protocol.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/booking.h"
#include "engine/moment.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "engine/transactions.h"
#include "storage/store.h"
#include "yijie/v1/cross.pb.h"

namespace yijie::engine {

// Whether a place of care holds something of the person.
bool HasReservation(const Person& person);
// RESOURCE_EXHAUSTED, "not applied", naming the reservation: what counts on running totals waits
// until it ends.
absl::Status CheckNotReserved(const Person& person);

// `person` at version 0 is not known here.
absl::StatusOr<Effect> Reserve(const Reference& reference, const yijie::v1::ReserveRequest& request,
                               const std::string& request_bytes, const Person& person,
                               const Moment& now);

// What Reserve would come to now (预结算); holds nothing.
absl::StatusOr<yijie::v1::EvaluateResponse> Evaluate(const Reference& reference,
                                                     const yijie::v1::EvaluateRequest& request,
                                                     const Person& person, const Moment& now);

absl::StatusOr<Effect> Confirm(const Reference& reference, const yijie::v1::ConfirmRequest& request,
                               const std::string& request_bytes, const Person& person,
                               const Moment& now);

// `original` is the settlement that was confirmed, `later` the versions after it.
absl::StatusOr<Effect> ReserveUndo(const yijie::v1::ReserveUndoRequest& request,
                                   const std::string& request_bytes, const SettledRecord& original,
                                   const std::vector<storage::PersonVersion>& later,
                                   const Person& person, const Moment& now);
// There is no such settlement of that place of care.
Effect RefuseUndo(const yijie::v1::ReserveUndoRequest& request);

// `original` is the settlement of the reservation; not looked at if there is none.
absl::StatusOr<Effect> ConfirmUndo(const Reference& reference,
                                   const yijie::v1::ConfirmUndoRequest& request,
                                   const std::string& request_bytes, const SettledRecord& original,
                                   const Person& person, const Moment& now);

// Frees what is held under the id; nothing if nothing is.
std::optional<Effect> Release(const yijie::v1::CancelReservationRequest& request,
                              const std::string& request_bytes, const Person& person,
                              const Moment& now);
// Nothing is held and nothing ever will be: `closes` is the id of the Reserve that never came, if
// it never came.
Effect NothingReserved(const yijie::v1::CancelReservationRequest& request,
                       std::vector<storage::MessageKey> closes);

// The answer to a Reserve that was cancelled before it came.
std::string ReplyToClosedReserve(const yijie::v1::ReserveRequest& request);
std::string ReplyToClosedReserveUndo(const yijie::v1::ReserveUndoRequest& request);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CROSS_RESERVATION_H_
