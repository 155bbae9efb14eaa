#ifndef YIJIE_ENGINE_NEWBORN_ARRIVAL_H_
#define YIJIE_ENGINE_NEWBORN_ARRIVAL_H_

// The child at whom a re-pointed bill arrives (新生儿费用改挂). docs/newborn.md tells the protocol.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/booking.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "storage/store.h"
#include "yijie/store/v1/newborn.pb.h"
#include "yijie/v1/agency.pb.h"

namespace yijie::engine {

// Settles for `person`, the child, what left with `departure`, or admits it to the stay that did.
// The bill is judged as of the moment it came in, at its place among the claims of the child;
// settlements of the child that come out differently are corrected in the same commit. `history`
// are all versions of `person`. A claim that does not settle comes to an answer `if_refused` that
// moves nothing.
absl::StatusOr<Effect> Arrive(const Reference& reference, const yijie::v1::RepointRequest& request,
                              const std::string& request_bytes,
                              const store::v1::Departure& departure,
                              std::vector<storage::PersonVersion> history,
                              yijie::v1::RepointOutcome if_refused, const Person& person,
                              const Moment& now);

// An answer that moves nothing.
Effect RefuseRepoint(yijie::v1::RepointOutcome outcome, absl::string_view reason,
                     const std::string& later_setl_id = "");

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_NEWBORN_ARRIVAL_H_
