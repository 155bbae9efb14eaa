#ifndef YIJIE_ENGINE_FAMILY_FAMILY_STATE_H_
#define YIJIE_ENGINE_FAMILY_FAMILY_STATE_H_

// The family sharing (个人账户共济) in a person's state: bonds, open holds, totals, owed refunds.
// docs/family.md tells the protocol.

#include <array>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/date.h"
#include "engine/arrears.h"
#include "engine/booking.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "storage/store.h"
#include "yijie/store/v1/family.pb.h"
#include "yijie/v1/area.pb.h"
#include "yijie/v1/family.pb.h"

namespace yijie::engine {

// Rows of persons with something to be carried out, by psn_no: written by commits of that person
// only, there as long as its state has open holds or owed refunds.
inline constexpr absl::string_view kFamilyOpenTable = "family_open";
// Rows `person 00 giver` (store.v1.FamilyGiver): written by commits of the giver only.
inline constexpr absl::string_view kFamilyGiverTable = "family_giver";

inline constexpr int kMaxFamilyBonds = 20;

std::string FamilyGiverKey(absl::string_view member, absl::string_view giver);

// Money by sub-account.
using SubMoney = std::array<Fen, rules::kSubAccounts>;

// What a hold took, and the part of it that paying `used` uses up: in the order it was taken, this
// year's money first.
SubMoney TakenBy(const store::v1::FamilyHold& hold);
SubMoney UsedOf(const store::v1::FamilyHold& hold, Fen used);

// First day of the benefit year around `day`, ISO.
std::string BenefitYearOf(const yijie::v1::AreaRules& rules, Date day);

// Whether the area lets accounts pay for relatives of that kind.
bool IsPermitted(const yijie::v1::AreaRules& rules, yijie::v1::Relation relation);

// nullptr if the relative is not bound.
const yijie::v1::FamilyBond* FindBond(const store::v1::PersonFamily& family,
                                      absl::string_view relative);

// What the giver paid in a year for `relative`; for all if it is empty.
Fen FamilyTotalOf(const store::v1::PersonFamily& family, absl::string_view relative,
                  absl::string_view year);
void AddToFamilyTotal(absl::string_view relative, absl::string_view year, Fen amount,
                      store::v1::PersonFamily* family);

// What `giver`'s account may pay now of `wanted`, by sub-account: all 0 if nothing.
SubMoney MayGive(const Reference& reference, const Person& giver, absl::string_view relative,
                 Fen wanted, Date today);

// Whether the person is in basic insurance (310 or 390) on the day, with normal status.
bool InBasicInsurance(const BenefitFacts& facts, Date day);

// The state to come has this family; the row of kFamilyOpenTable follows it.
void SetFamily(store::v1::PersonFamily family, Booking* booking);

// Puts the money into the account (negative: out of it) against FAMILY_CLEARING of `member`.
void MoveForFamily(const SubMoney& into, absl::string_view member, Booking* booking);

// The parts that a settlement's givers are owed when it is undone; none if it has no family money.
std::vector<store::v1::FamilyOwed> OwedFor(const store::v1::PersonEvent& settled);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_FAMILY_FAMILY_STATE_H_
