#ifndef YIJIE_ENGINE_REGISTRATION_CROSS_LIMITS_H_
#define YIJIE_ENGINE_REGISTRATION_CROSS_LIMITS_H_

// Bills that are not settled outside the insured area but have a route of their own: maternity,
// what an area names, and work injury beyond what is settled across provinces. Pure.

#include <string>

#include "absl/strings/string_view.h"
#include "base/date.h"
#include "yijie/store/v1/registration.pb.h"
#include "yijie/v1/area.pb.h"
#include "yijie/v1/claim.pb.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {

struct CrossLimitsQuestion {
  const yijie::v1::PersonFacts& person;
  const store::v1::PersonRegistrations& filed;
  const yijie::v1::AreaRules& rules;  // of the insured area, on the first day of care
  const yijie::v1::Claim& claim;
  absl::string_view insured_admdvs;
  absl::string_view care_admdvs;
  Date begndate;
  Date enddate;
};

// Why the bill is not settled where care was given, and the route it has, in Chinese; empty if
// nothing here stands in its way. Of a bill sent by its institution: one filed with the agency is
// on that route already.
std::string RouteOutsideArea(const CrossLimitsQuestion& question);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REGISTRATION_CROSS_LIMITS_H_
