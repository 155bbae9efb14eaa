#include "engine/cross/visitor_bill.h"

#include "absl/strings/str_cat.h"
#include "base/date.h"
#include "engine/stored_day.h"
#include "engine/validate.h"

namespace yijie::engine {

namespace v1 = yijie::v1;

absl::StatusOr<const v1::Institution*> InstitutionOfBill(const Reference& reference,
                                                         absl::string_view field,
                                                         const std::string& fixmedins_code,
                                                         const v1::Claim& claim,
                                                         const Moment& now) {
  const v1::Institution* institution = reference.FindInstitution(fixmedins_code);
  if (institution == nullptr)
    return absl::NotFoundError(absl::StrCat(field, ": no such institution"));
  const std::string& last_day = claim.enddate().empty() ? claim.begndate() : claim.enddate();
  if (last_day > FormatDate(now.day)) {
    return BadField(claim.enddate().empty() ? "claim.begndate" : "claim.enddate",
                    absl::StrCat(last_day, " has not come yet"));
  }
  return institution;
}

bool RefuseWithoutAgreement(const v1::Institution& institution, const v1::Claim& claim,
                            v1::Settlement* out) {
  const std::string& day = claim.begndate();
  if (Covers(institution, day)) return false;
  out->set_outcome(v1::INSTITUTION_NOT_IN_FORCE);
  out->set_reason(absl::StrCat("定点医药机构服务协议在", day, "未生效或已终止"));
  return true;
}

void DescribeBill(const std::string& fixmedins_code, const v1::Claim& claim, const Moment& now,
                  v1::Settlement* out) {
  out->set_psn_no(claim.psn_no());
  out->set_insutype(claim.insutype());
  out->set_med_type(claim.med_type());
  out->set_mdtrt_id(claim.mdtrt_id());
  out->set_fixmedins_code(fixmedins_code);
  out->set_insuplc_admdvs(claim.insuplc_admdvs());
  out->set_setl_time(now.rfc3339);
  out->set_clr_date(FormatDate(now.day));
}

}  // namespace yijie::engine
