#include "engine/registration/cross_limits.h"

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/area/care_place.h"
#include "engine/registration/registered_care.h"
#include "engine/registration/registration_state.h"
#include "engine/stored_day.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using v1::InjuryRecognition;

constexpr char kMaternityRoute[] =
    "生育医疗费用不跨省直接结算：请先自费结清，凭票据到参保地经办机构报销";
constexpr char kInjuryRoute[] = "请先自费结清，凭票据到参保地工伤保险经办机构报销";

// Discharges from 2025-04-01 on (关于全面开展工伤保险跨省异地就医直接结算工作的通知).
constexpr Date kInjuryOutsideProvinceFrom(20179);
// Benefit kinds of work injury that are settled across provinces: in-patient care (21.., 421),
// medical and vocational rehabilitation in hospital (422, 423), assistive devices (425).
constexpr std::array<absl::string_view, 4> kInjuryOutsideProvince = {"421", "422", "423", "425"};

bool IsMaternity(const v1::Claim& claim) {
  return claim.insutype() == "510" || absl::StartsWith(claim.med_type(), "51") ||
         absl::StartsWith(claim.med_type(), "52") || claim.delivery().mode() != v1::DELIVERY_NONE;
}

bool IsRefused(const v1::CrossRules::Refusal& refusal, const v1::Claim& claim,
               rules::CarePlace place) {
  if (place == rules::CarePlace::kInProvince && refusal.scope() != v1::CrossRules::OUT_OF_CITY)
    return false;
  if (!refusal.insutype().empty() && refusal.insutype() != claim.insutype()) return false;
  if (refusal.med_type().empty()) return true;
  return std::any_of(
      refusal.med_type().begin(), refusal.med_type().end(),
      [&](const std::string& prefix) { return absl::StartsWith(claim.med_type(), prefix); });
}

bool IsRehabilitation(absl::string_view med_type) {
  return med_type == "422" || med_type == "423" || med_type == "2105";
}

bool IsConfirmed(const InjuryRecognition& injury, InjuryRecognition::ConfirmationKind kind,
                 Date day) {
  return std::any_of(injury.confirmation().begin(), injury.confirmation().end(),
                     [&](const InjuryRecognition::Confirmation& each) {
                       return each.kind() == kind && Covers(each, day);
                     });
}

bool IsSettledOutsideProvince(absl::string_view med_type) {
  return absl::StartsWith(med_type, "21") ||
         std::find(kInjuryOutsideProvince.begin(), kInjuryOutsideProvince.end(), med_type) !=
             kInjuryOutsideProvince.end();
}

// What is missing of the work injury that the bill is for; empty if nothing is.
std::string MissingConfirmation(const CrossLimitsQuestion& question) {
  const auto& injuries = question.person.injury();
  const auto injury =
      std::find_if(injuries.begin(), injuries.end(), [&](const InjuryRecognition& each) {
        return each.recognition_no() == question.claim.injury_no();
      });
  if (question.claim.injury_no().empty() || injury == injuries.end()) return "没有工伤认定";
  const std::string& med_type = question.claim.med_type();
  if (IsRehabilitation(med_type) &&
      !IsConfirmed(*injury, InjuryRecognition::REHABILITATION, question.begndate))
    return "没有工伤康复确认";
  if (med_type == "425" && !IsConfirmed(*injury, InjuryRecognition::DEVICE, question.begndate))
    return "没有辅助器具配置确认";
  return "";
}

bool IsRegisteredForInjury(const CrossLimitsQuestion& question) {
  const v1::RegistrationKind kind = RegistrationOf(
      {question.person, question.filed, question.rules.registration(), question.claim,
       question.insured_admdvs, question.care_admdvs, question.begndate, question.enddate});
  return kind == v1::LONG_TERM || kind == v1::REFERRAL;
}

// 工伤保险跨省异地就医: in-patient care, rehabilitation and devices, of recognised injuries without
// a third party, for who is registered.
std::string InjuryRoute(const CrossLimitsQuestion& question) {
  if (question.enddate < kInjuryOutsideProvinceFrom)
    return absl::StrCat("2025年4月1日前未全面开展工伤跨省异地就医直接结算，", kInjuryRoute);
  if (!IsSettledOutsideProvince(question.claim.med_type()))
    return absl::StrCat("工伤跨省异地就医只直接结算住院、康复和辅助器具配置，", kInjuryRoute);
  if (question.claim.rel_ttp_flag())
    return absl::StrCat("涉及第三人责任的工伤医疗费用不跨省直接结算，", kInjuryRoute);
  if (const std::string missing = MissingConfirmation(question); !missing.empty())
    return absl::StrCat("工伤跨省异地就医直接结算：", missing, "；确认后结算，或", kInjuryRoute);
  if (!IsRegisteredForInjury(question))
    return absl::StrCat("工伤跨省异地就医须先备案（长期居住、常驻或转诊）；未备案的，",
                        kInjuryRoute);
  return "";
}

}  // namespace

std::string RouteOutsideArea(const CrossLimitsQuestion& question) {
  const rules::CarePlace place = CarePlaceOf(question.insured_admdvs, question.care_admdvs);
  if (place == rules::CarePlace::kLocal) return "";
  const v1::CrossRules& across = question.rules.across();
  const bool outside_province = place == rules::CarePlace::kOutOfProvince;
  for (const v1::CrossRules::Refusal& refusal : across.refusal()) {
    if (IsRefused(refusal, question.claim, place)) return refusal.text();
  }
  if (outside_province && IsMaternity(question.claim) && !across.maternity_settled())
    return across.maternity_text().empty() ? kMaternityRoute : across.maternity_text();
  if (outside_province && question.claim.insutype() == kWorkInjuryScheme)
    return InjuryRoute(question);
  return "";
}

}  // namespace yijie::engine
