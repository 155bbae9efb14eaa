#include "engine/replay/claim_groups.h"

namespace yijie::engine {
namespace {

constexpr size_t kGroupDigits = 2;  // of person types and benefit kinds

// The coverage a claim is settled under, as engine/claim_input.cc chooses it; nullptr if there is
// none. ISO days compare as text.
const v1::Coverage* CoverageOn(const v1::PersonFacts& facts, const std::string& insutype,
                               const std::string& day) {
  const v1::Coverage* found = nullptr;
  for (const v1::Coverage& coverage : facts.coverage()) {
    const bool covers = coverage.insutype() == insutype && coverage.begndate() <= day &&
                        (coverage.enddate().empty() || day <= coverage.enddate());
    if (!covers) continue;
    if (coverage.psn_insu_stas() == "1") return &coverage;
    found = &coverage;
  }
  return found;
}

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
  const v1::Coverage* const coverage = CoverageOn(facts, claim.insutype(), claim.begndate());
  if (coverage != nullptr) {
    set(Dimension::kPersonType, coverage->psn_type().substr(0, kGroupDigits));
    set(Dimension::kArea, coverage->insuplc_admdvs());
  }
  const v1::Institution* const institution = reference.FindInstitution(fixmedins_code);
  if (institution != nullptr) set(Dimension::kHospitalLevel, HospitalLevelGroup(*institution));
  return groups;
}

}  // namespace yijie::engine
