#ifndef YIJIE_ENGINE_FAMILY_FAMILY_TRANSACTIONS_H_
#define YIJIE_ENGINE_FAMILY_FAMILY_TRANSACTIONS_H_

// What the calls and steps of family sharing (个人账户共济) do to one person, as functions: no
// clock, no threads, no I/O but what is passed in. docs/family.md tells how the steps make a
// payment over two persons.

#include <string>

#include "absl/status/statusor.h"
#include "engine/booking.h"
#include "engine/moment.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "storage/store.h"
#include "yijie/store/v1/family.pb.h"
#include "yijie/v1/family.pb.h"

namespace yijie::engine {

// --- Bonds. `relative` is the relative's newest durable state; null: not looked for.

absl::StatusOr<Effect> ChangeFamilyBond(const Reference& reference,
                                        const yijie::v1::ChangeFamilyBondRequest& request,
                                        const std::string& request_bytes, const Person* relative,
                                        const Person& giver, const Moment& now);

// `rows`: those of kFamilyGiverTable about the person.
absl::StatusOr<yijie::v1::GetFamilyResponse> GetFamily(const Reference& reference,
                                                       const std::vector<storage::Row>& rows,
                                                       const Person& person, const Moment& now);

// --- Steps. Each is done at most once for its hold, however often it is sent; a step that finds
// nothing to do moves nobody.

// Takes what the giver's account may pay of what is wanted, into FAMILY_CLEARING. The reply is the
// store.v1.FamilyHold, without amounts if it may pay nothing.
absl::StatusOr<Effect> HoldForRelative(const Reference& reference,
                                       const store::v1::HoldFamilyStep& step, const Person& giver,
                                       const Moment& now);

// Puts back what the settlement did not use: it is over, and `used` is what its event says.
absl::StatusOr<Effect> CloseHold(const store::v1::FamilyHold& hold, Fen used, const Person& giver,
                                 const Moment& now);

// Puts back what a settlement used that is undone, into the sub-accounts it came from. `hold` is
// the one that was taken. The message id of the step keeps it from happening twice.
absl::StatusOr<Effect> RefundGiver(const store::v1::RefundFamilyStep& step,
                                   const std::string& request_bytes, const std::string& msgid,
                                   const store::v1::FamilyHold& hold, const Person& giver,
                                   const Moment& now);

// The giver has its money: the relative's settlement owes it no more.
absl::StatusOr<Effect> EndRefund(const store::v1::FamilyPart& part, const Person& person,
                                 const Moment& now);

// Id of the message under which a giver is refunded what `hold_version` paid.
std::string RefundMessageId(absl::string_view giver, int64_t hold_version);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_FAMILY_FAMILY_TRANSACTIONS_H_
