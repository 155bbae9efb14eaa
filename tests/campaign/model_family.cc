#include <algorithm>

#include "tests/campaign/made_world.h"
#include "tests/campaign/model.h"

// What relatives' accounts pay (家庭共济), as docs/family.md tells it.

namespace yijie::campaign {
namespace {

bool HasNormal(const v1::PersonFacts& facts, const std::string& insutype, const std::string& day) {
  const v1::Coverage* coverage = CoverageOn(facts, insutype, day);
  return coverage != nullptr && coverage->psn_insu_stas() == "1";
}

// What the giver's account pays for the relative, of `wanted` fen.
Purse MayGive(const Person& giver, const std::string& relative, int64_t wanted, const Now& now) {
  const v1::AreaRules& rules = RulesOfPerson(giver.facts, now.day);
  const std::string year = now.day.substr(0, 4);
  int64_t amount = 0;
  for (const v1::FamilyBond& bond : giver.bonds) {
    const auto& relations = rules.sharing().relation();
    if (bond.relative_psn_no() != relative || !Covers(bond, now.day) ||
        std::find(relations.begin(), relations.end(), bond.relation()) == relations.end() ||
        !giver.facts.death_date().empty() || !HasNormal(giver.facts, "310", now.day))
      continue;
    int64_t paid = 0;
    int64_t paid_for_all = 0;
    for (const auto& [whom, fen] : giver.paid_for) {
      if (whom.second != year) continue;
      paid_for_all += fen;
      if (whom.first == relative) paid += fen;
    }
    amount = wanted;
    if (bond.settlement_limit_fen() > 0) amount = std::min(amount, bond.settlement_limit_fen());
    if (bond.yearly_limit_fen() > 0) amount = std::min(amount, bond.yearly_limit_fen() - paid);
    if (rules.sharing().yearly_limit_fen() > 0)
      amount = std::min(amount, rules.sharing().yearly_limit_fen() - paid_for_all);
    amount = std::max<int64_t>(amount, 0);
  }
  Purse given;
  given.fen[0] = std::min(amount, giver.purse.fen[0]);
  given.fen[1] = std::min(amount - given.fen[0], giver.purse.fen[1]);
  return given;
}

Purse Negative(const Purse& purse) { return {{-purse.fen[0], -purse.fen[1]}}; }

}  // namespace

Model::Givers Model::GiversOf(const Person& person) {
  Givers givers;
  for (const std::string& number : person.asked_givers) {
    for (const v1::FamilyBond& bond : Find(number).bonds) {
      if (bond.relative_psn_no() == person.psn_no) givers.emplace(bond.rank(), number);
    }
  }
  return givers;
}

std::vector<FamilyPart> Model::PayFromFamily(const Person& person, int64_t most, const Now& now) {
  std::vector<FamilyPart> parts;
  const auto accounts = static_cast<size_t>(
      RulesOfPerson(person.facts, now.day).sharing().max_accounts_per_settlement());
  for (const auto& [rank, number] : GiversOf(person)) {
    if (most == 0 || (accounts > 0 && parts.size() == accounts)) break;
    Person& giver = Find(number);
    YearTurn turn(giver, now);
    const Purse given = MayGive(giver, person.psn_no, most, now);
    if (given.sum() == 0) {
      turn.TakeBack();
      continue;
    }
    parts.push_back({number, ++giver.version, given, now.day.substr(0, 4)});
    ++giver.version;  // the hold is closed
    giver.purse.Add(given, -1);
    giver.purse_after[now.day_number] = giver.purse;
    giver.movements.push_back({Movement::kCredit, Negative(given), 0, 0});
    giver.paid_for[{person.psn_no, parts.back().year}] += given.sum();
    Post("FAMILY_CLEARING", person.psn_no, -given.sum());
    most -= given.sum();
  }
  return parts;
}

void Model::RepayFamily(Person& person, const Settlement& settlement, const Now& now) {
  for (const FamilyPart& part : settlement.family) {
    Person& giver = Find(part.giver);
    const YearTurn turn(giver, now);
    const Purse back = part.version < giver.turned_version ? part.taken.CarriedOver() : part.taken;
    ++giver.version;
    giver.purse.Add(back);
    giver.purse_after[now.day_number] = giver.purse;
    giver.movements.push_back({Movement::kCredit, back, 0, 0});
    giver.paid_for[{person.psn_no, part.year}] -= back.sum();
    Post("FAMILY_CLEARING", person.psn_no, back.sum());
    ++person.version;  // nothing is owed any more
  }
}

}  // namespace yijie::campaign
