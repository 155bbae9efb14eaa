#ifndef YIJIE_ENGINE_STAY_STAY_STATE_H_
#define YIJIE_ENGINE_STAY_STAY_STATE_H_

// The stays (住院) in a person's state, and what they mean for claims and reversals.

#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "base/date.h"
#include "engine/booking.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "yijie/store/v1/stay.pb.h"
#include "yijie/v1/area.pb.h"
#include "yijie/v1/claim.pb.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::engine {

// Days of a stay, ISO; an empty `enddate` is open. ISO days compare as text.
struct StayDays {
  std::string begndate;
  std::string enddate;
};

// The person whose version `batch.version()` uploaded a batch of a stay of `psn_no`.
const std::string& UploadedFor(const store::v1::FeeBatch& batch, const std::string& psn_no);

// Whether two stays share more than the day on which one ends and the other begins: that is a
// transfer.
bool Overlap(const StayDays& a, const StayDays& b);

// Index of the institution's stay; -1 if there is none.
int FindStay(const store::v1::PersonStays& stays, absl::string_view fixmedins_code,
             absl::string_view mdtrt_id);

// A stay of the person, other than that of index `but`, that overlaps `days`; nullptr if none does.
const store::v1::Stay* FindOverlapping(const store::v1::PersonStays& stays, const StayDays& days,
                                       int but);

// Removes the stays that were settled for good more than two years before `today`.
void DropOldStays(Date today, store::v1::PersonStays* stays);

// The settlement of the last part of the stay that came after the part which the settlement of
// `version` is; 0 if there is none. `first_of` tells which version settled the part of a settlement
// first: a correction replaces a settlement and leaves the order of the parts.
int64_t LaterPartOfStay(int64_t version, const store::v1::PersonStays& stays,
                        const std::function<int64_t(int64_t version)>& first_of);

// The fees that the settlement of `version` took are open again. Nothing if it took none.
void ReopenStay(int64_t version, Booking* booking);

// The fees that the settlement of `version` took are those of the version to come, which replaces
// it. Nothing if it took none.
void MoveFeesToReplacement(int64_t version, Booking* booking);

// What the person's area says about stays on the day of the claim.
const yijie::v1::StayRules& StayRulesFor(const Reference& reference, absl::string_view admdvs,
                                         absl::string_view begndate);

// An out-patient claim or a purchase on a day of a stay of the person: true, with outcome and
// reason in `out`, if the area refuses it; else it is flagged in `out` where the area asks for
// that.
bool RefusedDuringStay(const AreaBook::Around& area, const Person& person,
                       const yijie::v1::Claim& claim, yijie::v1::Settlement* out);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_STAY_STAY_STATE_H_
