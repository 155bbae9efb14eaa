#ifndef YIJIE_ENGINE_REGISTRATION_REGISTERED_CARE_H_
#define YIJIE_ENGINE_REGISTRATION_REGISTERED_CARE_H_

// What registrations for care elsewhere (异地就医备案) are to a bill. Pure.

#include <string>

#include "absl/strings/string_view.h"
#include "base/date.h"
#include "yijie/store/v1/registration.pb.h"
#include "yijie/v1/area.pb.h"
#include "yijie/v1/claim.pb.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {

// A bill, where care was given, and what is known of its person when it is judged.
struct RegisteredCareQuestion {
  const yijie::v1::PersonFacts& person;
  const store::v1::PersonRegistrations& filed;
  const yijie::v1::RegistrationRules& rules;  // of the insured area, on the first day of care
  const yijie::v1::Claim& claim;
  absl::string_view insured_admdvs;
  absl::string_view care_admdvs;
  Date begndate;
  Date enddate;
  bool reimbursed = false;  // filed with the agency (手工报销)
};

// How care is registered that is not given in the insured area: of all that apply the kind with the
// best benefit, in the order LONG_TERM, REFERRAL, EMERGENCY, TEMPORARY. Emergency care counts as
// registered (医保发〔2022〕22号), and care that the area asks no registration for as LONG_TERM.
yijie::v1::RegistrationKind RegistrationOf(const RegisteredCareQuestion& question);

// Why care at home is not settled for who is registered elsewhere for long; empty if it is. Of
// hospitals only, and never of emergencies.
std::string WhyNotAtHome(const yijie::v1::RegistrationRules& rules,
                         const store::v1::PersonRegistrations& filed, Date day);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REGISTRATION_REGISTERED_CARE_H_
