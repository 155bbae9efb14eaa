#ifndef YIJIE_ENGINE_REGISTRATION_REGISTRATION_TRANSACTIONS_H_
#define YIJIE_ENGINE_REGISTRATION_REGISTRATION_TRANSACTIONS_H_

// What the calls of RegistrationService do to a person, as functions. No I/O, no clock. The
// requests passed their checks, `request_bytes` is their deterministic serialisation, and `person`
// is at its newest version. Errors are gRPC statuses for the caller and change nothing.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/booking.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "storage/store.h"
#include "yijie/v1/registration.pb.h"

namespace yijie::engine {

// `history` are all versions of the person, asked for only if the registration begins before today.
absl::StatusOr<Effect> Register(const Reference& reference,
                                const yijie::v1::RegisterRequest& request,
                                const std::string& request_bytes,
                                const std::vector<storage::PersonVersion>& history,
                                const Person& person, const Moment& now);

absl::StatusOr<Effect> ChangeRegistration(const Reference& reference,
                                          const yijie::v1::ChangeRegistrationRequest& request,
                                          const std::string& request_bytes, const Person& person,
                                          const Moment& now);

absl::StatusOr<Effect> CancelRegistration(const Reference& reference,
                                          const yijie::v1::CancelRegistrationRequest& request,
                                          const std::string& request_bytes, const Person& person,
                                          const Moment& now);

absl::StatusOr<Effect> SupplyRegistrationPapers(
    const yijie::v1::SupplyRegistrationPapersRequest& request, const std::string& request_bytes,
    const Person& person, const Moment& now);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REGISTRATION_REGISTRATION_TRANSACTIONS_H_
