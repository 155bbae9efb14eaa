#include "engine/entitlement.h"

#include "absl/strings/str_cat.h"
#include "base/date.h"
#include "engine/area/care_place.h"
#include "engine/arrears.h"
#include "engine/card/card_state.h"
#include "engine/card/credential.h"
#include "engine/insurance_status.h"
#include "engine/registration/cross_limits.h"
#include "engine/registration/registered_care.h"
#include "engine/registration/registration_state.h"
#include "engine/stored_day.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

Entitlement CheckAlive(const EntitlementQuestion& question) {
  const std::string& death_date = question.person.death_date();
  if (death_date.empty() || question.claim.begndate() <= death_date) return {};
  return {v1::PERSON_DECEASED,
          absl::StrCat("参保人已于", death_date, "死亡，不能结算此后开始的就医")};
}

// Care that began while it was suspended cannot be settled over the network later either.
Entitlement CheckNetwork(const EntitlementQuestion& question) {
  if (question.counter != nullptr && question.counter->filed) return {};
  // Not paid by the funds of 医疗保障基金使用监督管理条例, so its suspensions do not touch it.
  if (question.claim.insutype() == kWorkInjuryScheme) return {};
  const std::string today = FormatDate(question.now.day);
  for (const v1::NetworkSuspension& suspension : question.person.suspension()) {
    if (!Covers(suspension, today) && !Covers(suspension, question.claim.begndate())) continue;
    const std::string until =
        suspension.enddate().empty() ? std::string("起") : absl::StrCat("至", suspension.enddate());
    return {v1::NETWORK_SUSPENDED,
            absl::StrCat("自", suspension.begndate(), until, "暂停联网结算，请持票据到经办机构报销",
                         suspension.reason().empty() ? "" : "：", suspension.reason())};
  }
  return {};
}

Entitlement CheckShown(const EntitlementQuestion& question, const v1::AreaRules& rules) {
  if (question.counter == nullptr || question.counter->filed) return {};
  CredentialUse use;
  use.insutype = question.claim.insutype();
  use.fixmedins_code = question.counter->fixmedins_code;
  use.msgid = question.counter->msgid;
  use.now_ms = question.now.unix_ms;
  const v1::CardRefusal refusal =
      CheckCredential({question.person, question.cards}, question.counter->credential, rules.card(),
                      use, question.reference.pin_proofs.get());
  if (refusal == v1::CARD_NOT_REFUSED) return {};
  return {v1::CREDENTIAL_REFUSED, std::string(ReasonText(refusal))};
}

Entitlement CheckRoute(const v1::AreaRules& rules, const v1::Coverage& coverage) {
  const v1::Route* route = FindRoute(rules, coverage.insutype(), coverage.psn_type());
  return route == nullptr ? Entitlement() : Entitlement{v1::OTHER_ROUTE, route->text()};
}

// Of a bill that its institution sent: the agency is the route.
Entitlement CheckPlace(const EntitlementQuestion& question, const v1::AreaRules& area) {
  const bool filed = question.counter != nullptr && question.counter->filed;
  if (filed || question.institution == nullptr || question.registrations == nullptr) return {};
  const v1::Claim& claim = question.claim;
  const std::string& insured = question.coverage->insuplc_admdvs();
  const Date begndate = StoredDay(claim.begndate());
  std::string route =
      RouteOutsideArea({question.person, *question.registrations, area, claim, insured,
                        question.institution->admdvs(), begndate,
                        claim.enddate().empty() ? begndate : StoredDay(claim.enddate())});
  const bool at_home =
      CarePlaceOf(insured, question.institution->admdvs()) == rules::CarePlace::kLocal;
  if (at_home && question.institution->kind() == v1::HOSPITAL && !claim.emergency() &&
      claim.insutype() != kWorkInjuryScheme) {
    route = WhyNotAtHome(area.registration(), *question.registrations, begndate);
  }
  return route.empty() ? Entitlement() : Entitlement{v1::OTHER_ROUTE, std::move(route)};
}

}  // namespace

Entitlement CheckEntitlement(const EntitlementQuestion& question) {
  if (Entitlement alive = CheckAlive(question); alive.outcome != v1::SETTLED) return alive;
  if (Entitlement network = CheckNetwork(question); network.outcome != v1::SETTLED) return network;
  if (Entitlement shown = CheckShown(question, question.area.On(question.now.day));
      shown.outcome != v1::SETTLED) {
    return shown;
  }
  if (question.coverage == nullptr) return {};
  const v1::AreaRules& rules = question.area.On(StoredDay(question.claim.begndate()));
  if (Entitlement route = CheckRoute(rules, *question.coverage); route.outcome != v1::SETTLED)
    return route;
  return CheckPlace(question, rules);
}

const v1::AreaRules& AreaRulesOfPerson(const Reference& reference, const v1::PersonFacts& person,
                                       Date day) {
  const BenefitFacts facts(*reference.areas, person);
  const v1::Coverage* found = nullptr;
  for (const v1::Coverage& coverage : facts->coverage()) {
    const bool begun = StoredDay(coverage.begndate()) <= day;
    if (!begun || (!coverage.enddate().empty() && StoredDay(coverage.enddate()) < day)) continue;
    const bool normal = IsNormal(coverage);
    if (found == nullptr || normal) found = &coverage;
    if (normal) break;
  }
  return found == nullptr ? AreaBook::Default()
                          : reference.areas->Find(found->insuplc_admdvs(), day);
}

}  // namespace yijie::engine
