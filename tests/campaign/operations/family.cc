#include <algorithm>

#include "absl/strings/str_format.h"
#include "tests/campaign/made_world.h"
#include "tests/campaign/operations.h"

// ChangeFamilyBond, GetFamily. What relatives pay one another is told by model_family.cc.

namespace yijie::campaign {
namespace {

std::string SomeRelative(Making& making) {
  const int own = std::stoi(making.person.psn_no.substr(1));
  const int first = own - own % kFamilyNumbers + own % 2;
  int relative = own;
  while (relative == own) relative = first + 2 * making.draws.Below(kFamilyNumbers / 2);
  return absl::StrFormat("P%05d", relative);
}

std::shared_ptr<Message> MakeChangeBond(Making& making) {
  Draws& draws = making.draws;
  const bool shares =
      RulesOfPerson(making.person.facts, making.now.day).sharing().relation_size() > 0;
  if (!shares && draws.Percent(85)) return nullptr;
  auto request = std::make_shared<v1::ChangeFamilyBondRequest>();
  *request->mutable_header() = making.HeaderOf(kAgency);
  request->set_psn_no(making.person.psn_no);
  v1::FamilyBond& bond = *request->mutable_bond();
  const auto& bonds = making.person.bonds;
  const bool bound = !bonds.empty() && draws.Percent(50);
  bond.set_relative_psn_no(bound ? draws.Of(bonds).relative_psn_no() : SomeRelative(making));
  const int place = draws.Below(100);
  request->set_change(bound && place < 35  ? v1::END_BOND
                      : bound || place < 5 ? v1::CHANGE_BOND
                      : place < 8          ? v1::END_BOND
                                           : v1::BIND);
  if (request->change() == v1::END_BOND) return request;
  constexpr v1::Relation kRelations[] = {v1::SPOUSE, v1::PARENT, v1::CHILD, v1::SPOUSE,
                                         v1::SIBLING};
  bond.set_relation(kRelations[draws.Below(5)]);
  if (!draws.Percent(2)) bond.set_consent_no("C1");
  bond.set_begndate(making.DayBack(30));
  if (draws.Percent(30)) bond.set_enddate(IsoDay(making.now.day_number + draws.Number(0, 200)));
  if (draws.Percent(30)) bond.set_settlement_limit_fen(draws.Number(1, 60'000));
  if (draws.Percent(30)) bond.set_yearly_limit_fen(draws.Number(1, 90'000));
  bond.set_rank(draws.Number(1, 3));
  return request;
}

std::string MalformedChangeBond(const Message& message) {
  const auto& request = As<v1::ChangeFamilyBondRequest>(message);
  return request.change() != v1::END_BOND && request.bond().consent_no().empty() ? "bond.consent_no"
                                                                                 : "";
}

bool IsInsured(const v1::PersonFacts& facts, const char* insutype, const Now& now) {
  const v1::Coverage* coverage = CoverageOn(facts, insutype, now.day);
  return coverage != nullptr && coverage->psn_insu_stas() == "1";
}

v1::FamilyBondOutcome Refusal(const v1::ChangeFamilyBondRequest& request, bool bound,
                              const Person& giver, const Person& relative, const Now& now) {
  if (request.change() == v1::BIND && bound) return v1::FAMILY_BOND_EXISTS;
  if (request.change() != v1::BIND && !bound) return v1::NO_SUCH_FAMILY_BOND;
  if (request.change() == v1::END_BOND) return v1::FAMILY_BOND_DONE;
  const auto& relations = RulesOfPerson(giver.facts, now.day).sharing().relation();
  if (std::find(relations.begin(), relations.end(), request.bond().relation()) == relations.end())
    return v1::FAMILY_RELATION_NOT_PERMITTED;
  const bool insured =
      IsInsured(giver.facts, "310", now) &&
      (IsInsured(relative.facts, "310", now) || IsInsured(relative.facts, "390", now));
  return insured ? v1::FAMILY_BOND_DONE : v1::FAMILY_NOT_INSURED;
}

Answer ExpectChangeBond(Model& model, const Message& message, const Now& now) {
  const auto& request = As<v1::ChangeFamilyBondRequest>(message);
  Person& giver = model.Find(request.psn_no());
  if (!giver.known()) return Error(absl::StatusCode::kNotFound, "psn_no");
  Person& relative = model.Find(request.bond().relative_psn_no());
  if (request.change() != v1::END_BOND && !relative.known())
    return Error(absl::StatusCode::kNotFound, "bond.relative_psn_no");
  const auto bond = std::find_if(
      giver.bonds.begin(), giver.bonds.end(),
      [&](const v1::FamilyBond& each) { return each.relative_psn_no() == relative.psn_no; });
  v1::ChangeFamilyBondResponse response;
  response.set_outcome(Refusal(request, bond != giver.bonds.end(), giver, relative, now));
  if (response.outcome() != v1::FAMILY_BOND_DONE) {
    response.set_reason("refused");
  } else {
    ++giver.version;
    if (request.change() == v1::END_BOND) {
      giver.bonds.erase(bond);
    } else if (bond == giver.bonds.end()) {
      giver.bonds.push_back(request.bond());
      relative.asked_givers.insert(giver.psn_no);
    } else {
      *bond = request.bond();
    }
  }
  for (const v1::FamilyBond& each : giver.bonds) *response.add_bond() = each;
  response.set_version(giver.version);
  return Told(response, response.reason().empty() ? giver.version : 0);
}

std::shared_ptr<Message> MakeGetFamily(Making& making) {
  auto request = std::make_shared<v1::GetFamilyRequest>();
  request->set_psn_no(making.person.psn_no);
  return request;
}

Answer ExpectGetFamily(Model& model, const Message& message, const Now& now) {
  const Person& person = model.Find(As<v1::GetFamilyRequest>(message).psn_no());
  if (!person.known()) return Error(absl::StatusCode::kNotFound, "psn_no");
  v1::GetFamilyResponse response;
  response.set_psn_no(person.psn_no);
  response.set_version(person.version);
  for (const v1::FamilyBond& bond : person.bonds) {
    v1::GetFamilyResponse::Bond* shown = response.add_bond();
    *shown->mutable_bond() = bond;
    const auto paid = person.paid_for.find({bond.relative_psn_no(), now.day.substr(0, 4)});
    if (paid != person.paid_for.end()) shown->set_paid_this_year_fen(paid->second);
  }
  for (const auto& [rank, number] : model.GiversOf(person)) {
    v1::GetFamilyResponse::Giver* giver = response.add_giver();
    giver->set_psn_no(number);
    giver->set_rank(rank);
  }
  return Told(response);
}

}  // namespace

std::vector<Kind> FamilyKinds() {
  return {
      {"yijie.v1.FamilyService.ChangeFamilyBond", 60, MakeChangeBond, ExpectChangeBond,
       v1::CHANGE_FAMILY_BOND, MalformedChangeBond},
      {"yijie.v1.FamilyService.GetFamily", 20, MakeGetFamily, ExpectGetFamily},
  };
}

}  // namespace yijie::campaign
