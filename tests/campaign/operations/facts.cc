#include "tests/campaign/made_world.h"
#include "tests/campaign/operations.h"

// AmendPerson: enrolment, and facts that became known late.

namespace yijie::campaign {
namespace {

v1::Coverage* AddCoverage(v1::PersonFacts& facts, const std::string& insutype,
                          const std::string& psn_type, const std::string& admdvs,
                          const std::string& begndate) {
  v1::Coverage* coverage = facts.add_coverage();
  coverage->set_insutype(insutype);
  coverage->set_psn_type(psn_type);
  coverage->set_insuplc_admdvs(admdvs);
  coverage->set_begndate(begndate);
  coverage->set_psn_insu_stas("1");
  return coverage;
}

// One relation all the time, or another one from some day on.
void MakeCoverages(Making& making, v1::PersonFacts& facts) {
  Draws& draws = making.draws;
  const std::string area = draws.Percent(60) ? kMildArea : kStrictArea;
  const std::string scheme = draws.Percent(80) ? "310" : "390";
  const std::string type = scheme == "390" ? "15" : draws.Percent(85) ? "11" : "12";
  v1::Coverage* first = AddCoverage(facts, scheme, type, area, "2020-01-01");
  if (draws.Percent(55)) return;
  const int day = making.now.day_number - draws.Number(0, 120);
  first->set_enddate(IsoDay(day - 1));
  switch (draws.Below(7)) {
    case 0:  // ended
      return;
    case 1:  // suspended
      AddCoverage(facts, scheme, type, area, IsoDay(day))->set_psn_insu_stas("2");
      return;
    case 2:  // moved
      AddCoverage(facts, scheme, type, draws.Percent(80) ? kStrictArea : kAreaWithoutPolicies,
                  IsoDay(day));
      return;
    case 3:  // the other scheme
      AddCoverage(facts, scheme == "310" ? "390" : "310", scheme == "310" ? "15" : "11", area,
                  IsoDay(day));
      return;
    case 4:  // a gap
      AddCoverage(facts, scheme, type, area, IsoDay(day + 15));
      return;
    case 5:  // a veteran cadre
      AddCoverage(facts, scheme, draws.Percent(30) ? "13" : "12", area, IsoDay(day));
      return;
    default:  // retired
      AddCoverage(facts, scheme, scheme == "310" ? "12" : "16", area, IsoDay(day));
      return;
  }
}

std::shared_ptr<Message> MakeAmend(Making& making) {
  Draws& draws = making.draws;
  auto request = std::make_shared<v1::AmendPersonRequest>();
  *request->mutable_header() = making.HeaderOf(kAgency);
  v1::PersonFacts& facts = *request->mutable_facts();
  facts.set_psn_no(making.person.psn_no);
  facts.set_psn_name("test");
  facts.set_psn_cert_type("99");
  facts.set_certno("T" + making.person.psn_no);
  facts.set_gend("1");
  facts.set_brdy("1980-02-03");
  facts.set_cvlserv_flag(draws.Percent(10));
  if (making.person.known() && draws.Percent(35)) {
    *facts.mutable_coverage() = making.person.facts.coverage();
  } else {
    MakeCoverages(making, facts);
  }
  if (draws.Percent(35)) {
    v1::AssistanceSpan* span = facts.add_assistance();
    span->set_class_(draws.Percent(80) ? v1::DIBAO : v1::TEKUN);
    span->set_begndate(making.DayBack(150));
    if (draws.Percent(40)) span->set_enddate(IsoDay(making.now.day_number + draws.Number(0, 60)));
  }
  if (draws.Percent(6)) {
    v1::NetworkSuspension* suspension = facts.add_suspension();
    suspension->set_begndate(making.DayBack(40));
    suspension->set_reason("test");
    if (draws.Percent(80)) suspension->set_enddate(making.now.day);
  }
  if (draws.Percent(2)) facts.set_death_date(making.DayBack(30));
  return request;
}

Answer ExpectAmend(Model& model, const Message& message, const Now& now) {
  const auto& request = As<v1::AmendPersonRequest>(message);
  return model.Amend(model.Find(request.facts().psn_no()), request.facts(), now);
}

}  // namespace

std::vector<Kind> FactsKinds() {
  return {{"yijie.v1.AgencyService.AmendPerson", 50, MakeAmend, ExpectAmend, v1::AMEND_PERSON}};
}

}  // namespace yijie::campaign
