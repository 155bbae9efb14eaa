#ifndef YIJIE_ENGINE_PAYOUT_OFFLINE_CLAIMS_H_
#define YIJIE_ENGINE_PAYOUT_OFFLINE_CLAIMS_H_

// Claims filed with the agency (手工报销、待遇申领): settled by the same evaluator as bills at the
// counter, paid to the person's bank account. Functions without I/O, clock or threads.
//
// A claim makes two versions in one commit. The first settles: what the funds owe goes to
// PERSON_CLEARING. The second instructs it: PERSON_CLEARING to BENEFIT_PAYABLE, less debts.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/booking.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "engine/transactions.h"
#include "storage/store.h"
#include "yijie/v1/payout.pb.h"

namespace yijie::engine {

// The contract of all: the request passed the checks of its call, `request_bytes` is its
// deterministic serialisation, and `person` is at its newest version.

// `settled_directly`: the visit was settled at the counter and that stands.
absl::StatusOr<Effect> Reimburse(const Reference& reference,
                                 const yijie::v1::ReimburseRequest& request,
                                 const std::string& request_bytes, bool settled_directly,
                                 const Person& person, const Moment& now);

absl::StatusOr<Effect> ApplyBenefit(const Reference& reference,
                                    const yijie::v1::ApplyBenefitRequest& request,
                                    const std::string& request_bytes, const Person& person,
                                    const Moment& now);

// `original` is a settlement of one of the two above; `later` are the versions after it, or, where
// it is a correction, all.
absl::StatusOr<Effect> WithdrawClaim(const Reference& reference,
                                     const yijie::v1::WithdrawClaimRequest& request,
                                     const std::string& request_bytes,
                                     const SettledRecord& original,
                                     const std::vector<storage::PersonVersion>& later,
                                     const Person& person, const Moment& now);

// The claim may be filed again.
void DropOfflineClaim(const std::string& claim_id, const Person& person,
                      store::v1::PersonPayouts* payouts);

// Whether `versions`, the history of `person`, hold a settlement of this visit at the counter that
// stands. DATA_LOSS if a record cannot be read.
absl::StatusOr<bool> WasSettledDirectly(const std::vector<storage::PersonVersion>& versions,
                                        const Person& person, const std::string& fixmedins_code,
                                        const std::string& mdtrt_id);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_OFFLINE_CLAIMS_H_
