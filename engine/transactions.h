#ifndef YIJIE_ENGINE_TRANSACTIONS_H_
#define YIJIE_ENGINE_TRANSACTIONS_H_

// What the calls of SettlementService do to a person, as functions: (reference, request, person,
// now)
// -> reply and next state. No I/O, no clock, no threads; the lanes run them, and so can a
// simulator.

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/booking.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "yijie/store/v1/record.pb.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {

// A settlement and why it exists, from a PersonEvent that settled.
struct SettledRecord {
  int64_t version = 0;
  yijie::store::v1::PersonEvent event;
};

// The contract of all: the request passed the checks of validate.h, `request_bytes` is its
// deterministic serialisation, and `person` is at its newest version. Errors are gRPC statuses for
// the caller and change nothing.

// `added`, if it is asked for, gets what a Settle of the claim would add to the accumulators.
absl::StatusOr<yijie::v1::Settlement> PreSettle(
    const Reference& reference, const yijie::v1::PreSettleRequest& request, const Person& person,
    const Moment& now, std::vector<rules::AccumulatorEntry>* added = nullptr);

absl::StatusOr<Effect> Settle(const Reference& reference, const yijie::v1::SettleRequest& request,
                              const std::string& request_bytes, const Person& person,
                              const Moment& now);

// Changes what a settlement changes beside money and totals; its event and its reply are complete
// but for what this adds.
using SettlementChange = std::function<void(yijie::v1::Settlement*, Booking*)>;

// What every settlement by message comes to, whatever message brought the claim. `change` is called
// if it settles.
absl::StatusOr<Effect> SettleClaim(const Reference& reference,
                                   const yijie::v1::MessageHeader& header,
                                   const yijie::v1::Claim& claim, const std::string& request_bytes,
                                   const Person& person, const Moment& now,
                                   const SettlementChange& change);

// The answer to a Settle whose id was closed before it arrived, at `closed`.
std::string ReplyToClosedSettle(const yijie::v1::SettleRequest& request, const Moment& closed);

// Undoes `original`. `later` are the versions of the person after it, oldest first, all of them.
absl::StatusOr<Effect> Reverse(const yijie::v1::MessageHeader& header,
                               const std::string& request_bytes, const SettledRecord& original,
                               const std::vector<storage::PersonVersion>& later,
                               const Person& person, const Moment& now);

absl::StatusOr<Effect> Credit(const yijie::v1::CreditAccountRequest& request,
                              const std::string& request_bytes, const Person& person,
                              const Moment& now);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_TRANSACTIONS_H_
