#include "engine/stay/stay_state.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/stored_day.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using yijie::store::v1::FeeBatch;
using yijie::store::v1::PersonStays;
using yijie::store::v1::Stay;

constexpr int kYearsKept = 2;
constexpr char kOutPatient = '1';  // benefit kinds 11 to 19
constexpr char kPurchase[] = "41";

// The same day of an earlier year; 28 February for 29 February.
Date YearsBefore(Date day, int years) {
  const Date::Civil civil = day.civil();
  const bool leap_day = civil.month == 2 && civil.day == 29;
  return Date::FromCivil(civil.year - years, civil.month, leap_day ? 28 : civil.day);
}

bool TookFees(const Stay& stay, int64_t version) {
  return std::any_of(stay.batch().begin(), stay.batch().end(), [version](const FeeBatch& batch) {
    return batch.settled_version() == version;
  });
}

// The stay that some day of the claim lies in; the day of discharge is one of its days.
const Stay* StayAround(const PersonStays& stays, const v1::Claim& claim) {
  const std::string& last = claim.enddate().empty() ? claim.begndate() : claim.enddate();
  for (const Stay& stay : stays.stay()) {
    if (stay.begndate() <= last && (stay.enddate().empty() || claim.begndate() <= stay.enddate()))
      return &stay;
  }
  return nullptr;
}

// To be changed; nullptr if the settlement of `version` took no fees of a stay.
Stay* StayThatTook(int64_t version, Booking* booking) {
  const PersonStays& stays = booking->next().rest->stays();
  const auto found = std::find_if(stays.stay().begin(), stays.stay().end(),
                                  [version](const Stay& stay) { return TookFees(stay, version); });
  if (found == stays.stay().end()) return nullptr;
  const int index = static_cast<int>(found - stays.stay().begin());
  return booking->state().mutable_stays()->mutable_stay(index);
}

}  // namespace

const std::string& UploadedFor(const FeeBatch& batch, const std::string& psn_no) {
  return batch.uploaded_for_psn_no().empty() ? psn_no : batch.uploaded_for_psn_no();
}

bool Overlap(const StayDays& a, const StayDays& b) {
  const auto begins_before_end = [](const StayDays& x, const StayDays& y) {
    return y.enddate.empty() || x.begndate < y.enddate;
  };
  return begins_before_end(a, b) && begins_before_end(b, a);
}

int FindStay(const PersonStays& stays, absl::string_view fixmedins_code,
             absl::string_view mdtrt_id) {
  for (int i = 0; i < stays.stay_size(); ++i) {
    if (stays.stay(i).mdtrt_id() == mdtrt_id && stays.stay(i).fixmedins_code() == fixmedins_code)
      return i;
  }
  return -1;
}

const Stay* FindOverlapping(const PersonStays& stays, const StayDays& days, int but) {
  for (int i = 0; i < stays.stay_size(); ++i) {
    const Stay& stay = stays.stay(i);
    if (i != but && Overlap({stay.begndate(), stay.enddate()}, days)) return &stay;
  }
  return nullptr;
}

void DropOldStays(Date today, PersonStays* stays) {
  const std::string oldest = FormatDate(YearsBefore(today, kYearsKept));
  auto* list = stays->mutable_stay();
  list->erase(std::remove_if(list->begin(), list->end(),
                             [&oldest](const Stay& stay) {
                               return stay.status() == store::v1::STAY_SETTLED &&
                                      stay.settled_on() < oldest;
                             }),
              list->end());
}

int64_t LaterPartOfStay(int64_t version, const PersonStays& stays,
                        const std::function<int64_t(int64_t version)>& first_of) {
  for (const Stay& stay : stays.stay()) {
    if (!TookFees(stay, version)) continue;
    int64_t last = version;
    for (const FeeBatch& batch : stay.batch()) {
      const int64_t other = batch.settled_version();
      if (other != 0 && first_of(other) > first_of(last)) last = other;
    }
    return last == version ? 0 : last;
  }
  return 0;
}

void MoveFeesToReplacement(int64_t version, Booking* booking) {
  Stay* stay = StayThatTook(version, booking);
  if (stay == nullptr) return;
  for (FeeBatch& batch : *stay->mutable_batch()) {
    if (batch.settled_version() == version) batch.set_settled_version(booking->next().version);
  }
}

void ReopenStay(int64_t version, Booking* booking) {
  Stay* stay = StayThatTook(version, booking);
  if (stay == nullptr) return;
  for (FeeBatch& batch : *stay->mutable_batch()) {
    if (batch.settled_version() == version) batch.clear_settled_version();
  }
  stay->set_status(stay->enddate().empty() ? store::v1::IN_STAY : store::v1::DISCHARGED);
  stay->clear_settled_on();
}

const v1::StayRules& StayRulesFor(const Reference& reference, absl::string_view admdvs,
                                  absl::string_view begndate) {
  return reference.areas->Find(admdvs, StoredDay(begndate)).stay();
}

bool RefusedDuringStay(const AreaBook::Around& area, const Person& person, const v1::Claim& claim,
                       v1::Settlement* out) {
  const bool out_patient = claim.med_type().front() == kOutPatient;
  const bool purchase = claim.med_type().compare(0, 2, kPurchase) == 0;
  if (!out_patient && !purchase) return false;
  const Stay* stay = StayAround(person.rest->stays(), claim);
  if (stay == nullptr) return false;
  const v1::StayRules& rules = area.On(StoredDay(claim.begndate())).stay();
  const v1::StayRules::Handling handling =
      purchase ? rules.purchase_during_stay() : rules.outpatient_during_stay();
  if (handling == v1::StayRules::ALLOW) return false;
  const std::string what = absl::StrCat("参保人自", stay->begndate(), "起住院，住院期间发生",
                                        purchase ? "购药" : "门诊", "费用");
  if (handling == v1::StayRules::REFUSE) {
    out->set_outcome(v1::IN_HOSPITAL);
    out->set_reason(absl::StrCat(what, "，不予结算"));
    return true;
  }
  v1::SettlementFlag* flag = out->add_flag();
  flag->set_code(purchase ? "PURCHASE_DURING_STAY" : "OUTPATIENT_DURING_STAY");
  flag->set_text(absl::StrCat(what, "，待核查"));
  return false;
}

}  // namespace yijie::engine
