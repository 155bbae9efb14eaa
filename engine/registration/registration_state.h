#ifndef YIJIE_ENGINE_REGISTRATION_REGISTRATION_STATE_H_
#define YIJIE_ENGINE_REGISTRATION_REGISTRATION_STATE_H_

// Registrations for care elsewhere (异地就医备案) as they are kept: where and when one is valid,
// and what was known of it at a moment of the past. Pure.

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "base/date.h"
#include "yijie/store/v1/registration.pb.h"

namespace yijie::engine {

// Scheme of work injury; all others are medical care.
inline constexpr absl::string_view kWorkInjuryScheme = "410";

// A city of the province, or all of a municipality (直辖市), by the code of any part of it: xxyy99,
// xx9900. Six digits.
std::string RegisteredPlace(absl::string_view admdvs);
// Whether `admdvs` names a whole province, or the nation, that is no municipality.
bool IsWiderThanACity(absl::string_view admdvs);
// Whether care in `care_admdvs` is care in the city of `registered_admdvs`.
bool IsSamePlace(absl::string_view registered_admdvs, absl::string_view care_admdvs);

// The last day on which it is valid; before its first day if it is void.
Date LastValidDay(const yijie::v1::FiledRegistration& filed);
bool IsValidOn(const yijie::v1::FiledRegistration& filed, Date day);

// Adds and replaces what the event has, by number.
void FoldRegistrations(const store::v1::RegistrationEvent& event,
                       store::v1::PersonRegistrations* registrations);

// What was known at `unix_ms`.
store::v1::PersonRegistrations RegistrationsKnown(
    const store::v1::PersonRegistrations& registrations, int64_t unix_ms);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REGISTRATION_REGISTRATION_STATE_H_
