#include "engine/registration/registered_care.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "engine/area/care_place.h"
#include "engine/registration/registration_state.h"
#include "engine/stored_day.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using store::v1::StoredRegistration;

// The better benefit first.
constexpr std::array<v1::RegistrationKind, 5> kByBenefit = {
    v1::LONG_TERM, v1::REFERRAL, v1::EMERGENCY, v1::TEMPORARY, v1::NOT_REGISTERED};

v1::RegistrationKind Better(v1::RegistrationKind a, v1::RegistrationKind b) {
  return *std::find_if(kByBenefit.begin(), kByBenefit.end(),
                       [&](v1::RegistrationKind kind) { return kind == a || kind == b; });
}

// Of the facts that were loaded, those valid on the first day.
v1::RegistrationKind LoadedKind(const RegisteredCareQuestion& question) {
  v1::RegistrationKind best = v1::NOT_REGISTERED;
  for (const v1::Registration& loaded : question.person.registration()) {
    if (IsSamePlace(loaded.admdvs(), question.care_admdvs) && Covers(loaded, question.begndate))
      best = Better(best, loaded.kind());
  }
  return best;
}

// A stay that began while it was valid is registered to its discharge. One that is filed while the
// person is there, or before the bill is settled, is for the whole stay.
bool IsInTime(const RegisteredCareQuestion& question, const v1::FiledRegistration& filed) {
  const bool late_counts = question.rules.late_filing() == v1::RegistrationRules::BEFORE_SETTLEMENT;
  const Date filed_on = StoredDay(filed.filed_on());
  if (question.reimbursed && filed_on > question.enddate &&
      !question.rules.late_counts_when_reimbursed())
    return false;
  const bool late = filed_on > question.begndate;
  if (late && (filed.work_injury() || !late_counts)) return false;
  if (IsValidOn(filed, question.begndate)) return true;
  const Date begins = StoredDay(filed.begndate());
  return late && question.begndate < begins && begins <= question.enddate &&
         begins <= LastValidDay(filed);
}

v1::RegistrationKind FiledKind(const RegisteredCareQuestion& question) {
  const bool work_injury = question.claim.insutype() == kWorkInjuryScheme;
  v1::RegistrationKind best = v1::NOT_REGISTERED;
  for (const StoredRegistration& stored : question.filed.registration()) {
    const v1::FiledRegistration& filed = stored.filed();
    if (filed.work_injury() == work_injury && IsSamePlace(filed.admdvs(), question.care_admdvs) &&
        IsInTime(question, filed))
      best = Better(best, filed.kind());
  }
  return best;
}

// Whether the area asks for no registration there.
bool IsExempt(const RegisteredCareQuestion& question) {
  if (question.claim.insutype() == kWorkInjuryScheme) return false;
  return IsRegistrationExempt(question.rules, question.insured_admdvs, question.care_admdvs);
}

}  // namespace

v1::RegistrationKind RegistrationOf(const RegisteredCareQuestion& question) {
  v1::RegistrationKind best = Better(LoadedKind(question), FiledKind(question));
  if (IsExempt(question)) best = Better(best, v1::LONG_TERM);
  const bool emergency = question.claim.emergency() && !question.rules.emergency_must_be_filed();
  return emergency ? Better(best, v1::EMERGENCY) : best;
}

std::string WhyNotAtHome(const v1::RegistrationRules& rules,
                         const store::v1::PersonRegistrations& filed, Date day) {
  if (rules.home_care() == v1::RegistrationRules::ALWAYS) return "";
  const bool never = rules.home_care() == v1::RegistrationRules::NEVER;
  for (const StoredRegistration& stored : filed.registration()) {
    const v1::FiledRegistration& each = stored.filed();
    if (each.kind() != v1::LONG_TERM || each.work_injury() || !IsValidOn(each, day)) continue;
    if (never) {
      return absl::StrCat("已备案长期在", each.admdvs(),
                          "异地就医，备案有效期内参保地就医不直接结算：变更或撤销备案后结算");
    }
    if (each.papers_owed()) {
      return absl::StrCat(
          "长期异地就医备案（", each.admdvs(),
          "）为承诺办理，材料未补齐前参保地就医不直接结算：补齐材料或撤销备案后结算");
    }
  }
  return "";
}

}  // namespace yijie::engine
