#ifndef YIJIE_ENGINE_REPLAY_CLAIM_GROUPS_H_
#define YIJIE_ENGINE_REPLAY_CLAIM_GROUPS_H_

#include "engine/reference.h"
#include "engine/replay/report.h"
#include "yijie/v1/claim.pb.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {

// The groups a claim belongs to, whatever a policy says of it: by the coverage on the first day,
// the institution and the claim. Person types and benefit kinds by their first two digits. What is
// not known is "".
ClaimGroups GroupsOf(const Reference& reference, const v1::PersonFacts& facts,
                     absl::string_view fixmedins_code, const v1::Claim& claim);

// Level of an institution as a group: the name of its v1::HospitalLevel, or "PHARMACY".
std::string HospitalLevelGroup(const v1::Institution& institution);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REPLAY_CLAIM_GROUPS_H_
