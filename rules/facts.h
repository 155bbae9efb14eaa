#ifndef YIJIE_RULES_FACTS_H_
#define YIJIE_RULES_FACTS_H_

// What policy tables may ask about a claim: the fixed vocabulary behind the cells of `When`
// (proto/yijie/v1/policy.proto). Every fact is one integer: the number of an enum value, a count,
// days since 1970, a Symbol, or 0 and 1.

#include <array>
#include <cstdint>

namespace yijie::rules {

enum class Fact : uint8_t {
  kKind,
  kHospLv,
  kHospGrade,
  kHospPlace,
  kPriceClass,
  kCarePlace,
  kRegistration,
  kPsnType,
  kAge,
  kAssistance,
  kCvlserv,
  kMedType,  // Symbol of the code under which the package lists the claim's benefit kind
  kDiseCodg,
  kEmergency,
  kThirdParty,
  kInjury,
  kDelivery,
  kFetusCnt,
  kGesoWeeks,
  kStayDays,
  kBegndate,
  kEnddate,
  kFixmedinsCode,
  kCareAdmdvs,  // the six digits as a number
  kBrdy,
  kAgeDays,
  kRetireDate,  // kNoDay if there is none
  kWorkDate,
  kInsuredDays,
  kInsuredMonths,
  kGapMonths,
  kMissedYears,
  kRepairedYears,
  kPaidAgeDays,
  kPremiumTier,
  kContributionRate,  // millionths
  kTransfer,
  kStayPart,
  kCrossesYear,
  kAdvance,
  kVbac,
  kAnalgesia,
  // Of the line at hand; meaningful in the classify step only.
  kChrgitmLv,
  kItemKind,
  kPric,  // unit price, fen, rounded down
  kMedListCodg,
  kUnrelated,
  kCount,
};
inline constexpr size_t kFactCount = static_cast<size_t>(Fact::kCount);

// Enum facts that have no protobuf enum.
enum class CarePlace : uint8_t { kLocal, kInProvince, kOutOfProvince };
enum class PersonType : uint8_t { kOther, kInService, kRetired, kStudentChild, kResident };
enum class StayPart : uint8_t { kWhole, kFirst, kLater };
enum class Injury : uint8_t { kNone, kNotRecognised, kRecognised };

// kGapMonths of a person who was never covered before.
inline constexpr int64_t kNoGap = 9'999;

// A day that is not known: in no interval of days.
inline constexpr int64_t kNoDay = INT64_MIN;

class Facts {
 public:
  int64_t operator[](Fact fact) const { return values_[static_cast<size_t>(fact)]; }
  void Set(Fact fact, int64_t value) { values_[static_cast<size_t>(fact)] = value; }
  template <typename Enum>
  void SetEnum(Fact fact, Enum value) {
    Set(fact, static_cast<int64_t>(value));
  }

 private:
  std::array<int64_t, kFactCount> values_{};
};

}  // namespace yijie::rules

#endif  // YIJIE_RULES_FACTS_H_
