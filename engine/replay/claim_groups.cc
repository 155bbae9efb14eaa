#include "engine/replay/claim_groups.h"

#include "base/check.h"
#include "base/date.h"
#include "engine/arrears.h"

namespace yijie::engine {
namespace {

constexpr size_t kGroupDigits = 2;  // of person types and benefit kinds

}  // namespace

std::string HospitalLevelGroup(const v1::Institution& institution) {
  if (institution.kind() == v1::PHARMACY) return "PHARMACY";
  return v1::HospitalLevel_Name(institution.hosp_lv());
}

ClaimGroups GroupsOf(const Reference& reference, const v1::PersonFacts& facts,
                     absl::string_view fixmedins_code, const v1::Claim& claim) {
  ClaimGroups groups;
  const auto set = [&groups](Dimension dimension, std::string key) {
    groups[static_cast<size_t>(dimension)] = std::move(key);
  };
  set(Dimension::kScheme, claim.insutype());
  set(Dimension::kBenefitKind, claim.med_type().substr(0, kGroupDigits));
  const absl::StatusOr<Date> begndate = ParseDate(claim.begndate());
  YIJIE_CHECK(begndate.ok(), "a validated claim has no first day");
  const BenefitFacts benefit(*reference.areas, facts);
  const v1::Coverage* const coverage = FindCoverage(benefit, claim.insutype(), *begndate);
  if (coverage != nullptr) {
    set(Dimension::kPersonType, coverage->psn_type().substr(0, kGroupDigits));
    set(Dimension::kArea, coverage->insuplc_admdvs());
  }
  const v1::Institution* const institution = reference.FindInstitution(fixmedins_code);
  if (institution != nullptr) set(Dimension::kHospitalLevel, HospitalLevelGroup(*institution));
  return groups;
}

}  // namespace yijie::engine
