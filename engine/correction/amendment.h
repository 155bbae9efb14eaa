#ifndef YIJIE_ENGINE_CORRECTION_AMENDMENT_H_
#define YIJIE_ENGINE_CORRECTION_AMENDMENT_H_

// Books facts that became known, and the corrections (更正) that follow from them, as one commit:
// the facts, the undo of every settlement that comes out differently, newest first, and what its
// claim comes to now, oldest first.
//
// Institutions keep the cash they took and are owed what the claim leaves. What a person paid too
// much or too little goes to PERSON_CLEARING, and the last version of the commit settles that up:
// payouts, or a debt (engine/payout/dues.h); allowances of each month likewise. If a claim is
// refused now, the institution keeps what it was owed, paid and held back, and the person owes it.
// What a correction leaves to an institution is held back from by the terms of today.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/booking.h"
#include "engine/correction/replay_history.h"
#include "yijie/v1/agency.pb.h"

namespace yijie::engine {

// Most settlements that one message may correct.
inline constexpr size_t kMaxCorrections = 1'000;

// `replayed` are the claims of `person` under the facts of `request`. RESOURCE_EXHAUSTED if too
// many settlements are to be corrected or the person has no room for the versions.
absl::StatusOr<Effect> BookAmendment(const Reference& reference,
                                     const yijie::v1::AmendPersonRequest& request,
                                     const std::string& request_bytes,
                                     const std::vector<ReplayedClaim>& replayed,
                                     const Person& person, const Moment& now);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CORRECTION_AMENDMENT_H_
