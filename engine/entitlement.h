#ifndef YIJIE_ENGINE_ENTITLEMENT_H_
#define YIJIE_ENGINE_ENTITLEMENT_H_

// Whether a person may have a claim settled here at all, before coverage and policies are asked.
// Pure.

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/moment.h"
#include "engine/reference.h"
#include "yijie/store/v1/card.pb.h"
#include "yijie/store/v1/registration.pb.h"
#include "yijie/v1/card.pb.h"
#include "yijie/v1/claim.pb.h"
#include "yijie/v1/person.pb.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::engine {

// Anything but SETTLED is a refusal; `reason` is in Chinese and names no number of a credential.
struct Entitlement {
  yijie::v1::Outcome outcome = yijie::v1::SETTLED;
  std::string reason;
};

// A claim filed with the agency (手工报销、待遇申领): no credential is asked for, and a suspension
// of networked settlement does not count.
struct FiledClaim {
  // What funds pay of a bill is less by so many millionths (零报下浮).
  int32_t reduction_1e6 = 0;
  bool paid_by_schedule = false;  // the benefits are amounts of a month
};

// A message at whose counter the person was asked for a credential, or at the agency's, where none
// is asked for.
struct CounterMessage {
  absl::string_view fixmedins_code;
  absl::string_view msgid;
  const yijie::v1::Credential* credential = nullptr;  // passed ValidateCredential; null: none shown
  std::optional<FiledClaim> filed;
};

// The claim passed CheckClaim. All are as they are at `now`, on the state that is committed on.
struct EntitlementQuestion {
  const Reference& reference;
  const yijie::v1::PersonFacts& person;
  const yijie::store::v1::PersonCards& cards;
  const yijie::v1::Claim& claim;
  const Moment& now;
  const CounterMessage* counter = nullptr;  // null for queries, which ask for no credential
  // The coverage that counts on the first day of care (null: none), and the rules of its area.
  const yijie::v1::Coverage* coverage = nullptr;
  AreaBook::Around area;
  // Where care was given, and the registrations for care elsewhere (异地就医备案) known then. Null:
  // neither is asked about.
  const yijie::v1::Institution* institution = nullptr;
  const store::v1::PersonRegistrations* registrations = nullptr;
};

// The first that applies of PERSON_DECEASED, NETWORK_SUSPENDED, CREDENTIAL_REFUSED and OTHER_ROUTE:
// the order of v1::Outcome. The area is that of the coverage on the first day of care; credentials
// go by its rules of today, routes by those of that day: of categories of persons, of kinds of care
// outside the area, and of who is registered elsewhere for long.
Entitlement CheckEntitlement(const EntitlementQuestion& question);

// Area whose card rules a person's cards follow on `day`: of a normal coverage before any other, in
// the order of the facts; the defaults of AreaBook if there is none.
const yijie::v1::AreaRules& AreaRulesOfPerson(const Reference& reference,
                                              const yijie::v1::PersonFacts& person, Date day);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_ENTITLEMENT_H_
