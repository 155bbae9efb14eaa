#include "engine/lint/example.h"

#include "absl/strings/str_cat.h"
#include "base/date.h"
#include "base/fen.h"
#include "base/ratio.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

void AddPerson(const v1::PolicyCase& example, std::string* out) {
  const v1::PersonFacts& person = example.person();
  const v1::Coverage& coverage = person.coverage(0);
  absl::StrAppend(out, "；人员类别", coverage.psn_type(), "，", person.brdy(), "出生，",
                  coverage.begndate(), "起参保");
  if (coverage.contribution_rate_1e6() != 0)
    absl::StrAppend(out, "，缴费比例", FormatPercent(Ratio(coverage.contribution_rate_1e6())));
  if (coverage.premium_tier() != 0) absl::StrAppend(out, "，缴费档次", coverage.premium_tier());
  if (person.cvlserv_flag()) absl::StrAppend(out, "，公务员");
  if (!person.retire_date().empty()) absl::StrAppend(out, "，", person.retire_date(), "退休");
  for (const v1::AssistanceSpan& span : person.assistance())
    absl::StrAppend(out, "，", v1::AssistanceClass_Name(span.class_()));
  for (const v1::Registration& registration : person.registration())
    absl::StrAppend(out, "，备案", v1::RegistrationKind_Name(registration.kind()));
  for (const v1::Right& right : person.right()) absl::StrAppend(out, "，待遇", right.code());
}

void AddInstitution(const v1::Institution& institution, std::string* out) {
  absl::StrAppend(out, "；机构", institution.admdvs(), "，",
                  v1::InstitutionKind_Name(institution.kind()), "，",
                  v1::HospitalLevel_Name(institution.hosp_lv()));
  if (institution.hosp_place() != v1::PLACE_NONE)
    absl::StrAppend(out, "，", v1::HospitalPlace_Name(institution.hosp_place()));
  if (institution.hosp_grade() != v1::GRADE_NONE)
    absl::StrAppend(out, "，", v1::HospitalGrade_Name(institution.hosp_grade()));
  if (institution.price_class() != 0) absl::StrAppend(out, "，收费类别", institution.price_class());
}

void AddClaim(const v1::Claim& claim, std::string* out) {
  if (!claim.dise_codg().empty()) absl::StrAppend(out, "，病种", claim.dise_codg());
  if (claim.emergency()) absl::StrAppend(out, "，急诊");
  if (claim.rel_ttp_flag()) absl::StrAppend(out, "，涉及第三方");
  if (!claim.injury_no().empty()) absl::StrAppend(out, "，工伤");
  if (claim.transfer() != v1::NO_TRANSFER)
    absl::StrAppend(out, "，转院", v1::TransferKind_Name(claim.transfer()));
  if (claim.stay_part() != v1::WHOLE_STAY)
    absl::StrAppend(out, "，", v1::StayPart_Name(claim.stay_part()));
  if (claim.delivery().mode() != v1::DELIVERY_NONE) {
    absl::StrAppend(out, "，", v1::DeliveryMode_Name(claim.delivery().mode()), "，胎儿数",
                    claim.delivery().fetus_cnt(), "，孕周", claim.delivery().geso_weeks());
  }
  for (const v1::GivenValue& given : claim.given())
    absl::StrAppend(out, "，", given.name(), "=", given.value());
}

}  // namespace

std::string DescribeExample(const v1::PolicyCase& example) {
  const v1::Claim& claim = example.claim();
  std::string out =
      absl::StrCat(claim.begndate(), "至", claim.enddate(), "，医疗类别", claim.med_type(),
                   "，费用", FormatYuan(Fen(claim.medfee_sumamt_fen())), "元");
  AddClaim(claim, &out);
  AddInstitution(example.institution(), &out);
  AddPerson(example, &out);
  for (const v1::AccumulatorValue& total : example.before())
    absl::StrAppend(&out, "；此前 ", total.name(), "=", total.value());
  if (example.acct_current_fen() + example.acct_past_fen() > 0) {
    absl::StrAppend(&out, "；账户余额",
                    FormatYuan(Fen(example.acct_current_fen() + example.acct_past_fen())), "元");
  }
  return out;
}

}  // namespace yijie::engine
