#ifndef YIJIE_ENGINE_CALL_H_
#define YIJIE_ENGINE_CALL_H_

// How each call is worked on. A call is a row of a table: how its request is checked, and the
// function that answers it. Lanes, server and metrics know calls only by their rows, so a new call
// is a new row and its function.

#include <optional>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/booking.h"
#include "engine/job.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "storage/store.h"
#include "yijie/v1/message.pb.h"

namespace yijie::engine {

// What the function of a call may look at beside the job and the person.
struct WorkContext {
  const Reference& reference;
  storage::StoreReader& store;  // durable records only
  // Where a call that reads says that it refuses what it was asked for; may be null.
  std::optional<RefusedRight>* refused = nullptr;
};

struct CallSpec {
  Call call = Call::kCalls;
  const google::protobuf::Message* request = nullptr;  // default instance
  const char* method = nullptr;                        // "yijie.v1.SettlementService.Settle"
  // Checks what can be checked without a person, and sets `lane_key`, and `other_key` if a second
  // message is concerned. INVALID_ARGUMENT names the field.
  absl::Status (*prepare)(const google::protobuf::Message& request, Job* job) = nullptr;
  // Calls that change something have message ids, kept apart by this number; 0 for those that read.
  v1::Transaction transaction = v1::TRANSACTION_UNSPECIFIED;
  const char* person_field = nullptr;  // where the request names the person `lane_key`
  const google::protobuf::EnumDescriptor* outcomes = nullptr;  // of the reply, for metrics

  // Exactly one of these two, or none for QueryMessage.
  //
  // What the message does to the person. Errors are gRPC statuses for the caller and change
  // nothing.
  absl::StatusOr<Effect> (*transact)(const Job& job, const WorkContext& context,
                                     const Person& person) = nullptr;
  // The serialised response. `person` is at its newest durable version.
  absl::StatusOr<std::string> (*query)(const Job& job, const WorkContext& context,
                                       const Person& person) = nullptr;

  // `transact` reads the person's records: it waits until all of them are durable.
  bool reads_history = false;
  // A step that the engine sends itself: not offered to clients, and without a message id unless it
  // must happen once only.
  bool internal = false;
  // A message of another area's engine, taken at the port for peers only.
  bool of_peers = false;
  // What it comes to counts on running totals or settlements of the person: it is refused, not
  // applied, while a place of care holds a reservation.
  bool counts_on_totals = false;
  // The person need not exist yet: `transact` then gets one at version 0 that has its number only.
  bool may_create = false;
};

const CallSpec& SpecOf(Call call);
// "Settle", ...
absl::string_view CallName(Call call);
// All rows, in the order of `Call`.
absl::Span<const CallSpec* const> AllCalls();

// The request of a job.
template <typename Request>
const Request& RequestOf(const Job& job) {
  return static_cast<const Request&>(*job.request);
}

// --- For those who write rows

template <typename Request, absl::Status (*kPrepare)(const Request&, Job*)>
absl::Status PrepareAs(const google::protobuf::Message& request, Job* job) {
  return kPrepare(static_cast<const Request&>(request), job);
}

// A call that reads.
template <typename Request, absl::Status (*kPrepare)(const Request&, Job*)>
CallSpec Reading(Call call, const char* method, const char* person_field,
                 decltype(CallSpec::query) query) {
  CallSpec spec;
  spec.call = call;
  spec.request = &Request::default_instance();
  spec.method = method;
  spec.prepare = PrepareAs<Request, kPrepare>;
  spec.person_field = person_field;
  spec.query = query;
  return spec;
}

// A call that changes a person. Its request has a MessageHeader `header`.
template <typename Request, absl::Status (*kPrepare)(const Request&, Job*)>
CallSpec Changing(Call call, const char* method, const char* person_field,
                  v1::Transaction transaction, const google::protobuf::EnumDescriptor* outcomes,
                  decltype(CallSpec::transact) transact) {
  CallSpec spec = Reading<Request, kPrepare>(call, method, person_field, nullptr);
  spec.transaction = transaction;
  spec.outcomes = outcomes;
  spec.transact = transact;
  return spec;
}

inline CallSpec CountingOnTotals(CallSpec spec) {
  spec.counts_on_totals = true;
  return spec;
}

// A step that the engine sends itself. It has a `psn_no`.
template <typename Step>
CallSpec StepOf(Call call, const char* method, decltype(CallSpec::transact) transact) {
  CallSpec spec;
  spec.call = call;
  spec.request = &Step::default_instance();
  spec.method = method;
  spec.person_field = "psn_no";
  spec.transact = transact;
  spec.internal = true;
  return spec;
}

// --- The rows, by service

std::vector<CallSpec> SettlementCalls();
std::vector<CallSpec> AgencyCalls();
std::vector<CallSpec> CorrectionCalls();
std::vector<CallSpec> StayCalls();
std::vector<CallSpec> AccountCalls();
std::vector<CallSpec> PayoutCalls();
std::vector<CallSpec> FamilyCalls();
std::vector<CallSpec> UndoCalls();
std::vector<CallSpec> CrossCalls();
std::vector<CallSpec> NewbornCalls();
std::vector<CallSpec> RegistrationCalls();

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CALL_H_
