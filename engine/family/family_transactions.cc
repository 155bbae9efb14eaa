#include "engine/family/family_transactions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/account/year_turn.h"
#include "engine/claim_input.h"
#include "engine/entitlement.h"
#include "engine/family/family_givers.h"
#include "engine/family/family_state.h"
#include "engine/insurance_status.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using store::v1::FamilyHold;
using store::v1::FamilyOwed;
using store::v1::FamilyPart;
using store::v1::PersonFamily;

// --- Bonds

absl::string_view ReasonOf(v1::FamilyBondOutcome outcome) {
  switch (outcome) {
    case v1::FAMILY_BOND_EXISTS:
      return "该亲属已绑定，如需调整请办理变更";
    case v1::NO_SUCH_FAMILY_BOND:
      return "未与该亲属绑定共济";
    case v1::FAMILY_RELATION_NOT_PERMITTED:
      return "本统筹区不允许该亲属关系共济";
    case v1::FAMILY_NOT_INSURED:
      return "授权人须参加职工基本医疗保险，被授权亲属须参加基本医疗保险";
    case v1::TOO_MANY_FAMILY_BONDS:
      return "共济绑定人数已达上限";
    default:
      return "";
  }
}

bool HasAccount(const BenefitFacts& facts, Date day) {
  const v1::Coverage* coverage = FindCoverage(facts, "310", day);
  return coverage != nullptr && IsNormal(*coverage);
}

// Why the change is not made; FAMILY_BOND_DONE if it is.
v1::FamilyBondOutcome Refusal(const Reference& reference,
                              const v1::ChangeFamilyBondRequest& request, const Person* relative,
                              const Person& giver, const Moment& now) {
  const PersonFamily& family = giver.rest->family();
  const bool bound = FindBond(family, request.bond().relative_psn_no()) != nullptr;
  if (request.change() == v1::BIND && bound) return v1::FAMILY_BOND_EXISTS;
  if (request.change() != v1::BIND && !bound) return v1::NO_SUCH_FAMILY_BOND;
  if (request.change() == v1::END_BOND) return v1::FAMILY_BOND_DONE;
  const v1::AreaRules& rules = AreaRulesOfPerson(reference, *giver.facts, now.day);
  if (!IsPermitted(rules, request.bond().relation())) return v1::FAMILY_RELATION_NOT_PERMITTED;
  const BenefitFacts of_giver(*reference.areas, *giver.facts);
  const BenefitFacts of_relative(*reference.areas, *relative->facts);
  if (!HasAccount(of_giver, now.day) || !InBasicInsurance(of_relative, now.day))
    return v1::FAMILY_NOT_INSURED;
  if (!bound && family.bond_size() == kMaxFamilyBonds) return v1::TOO_MANY_FAMILY_BONDS;
  return v1::FAMILY_BOND_DONE;
}

void Apply(v1::FamilyBondChange change, const v1::FamilyBond& bond, PersonFamily* family) {
  auto& bonds = *family->mutable_bond();
  const auto found = std::find_if(bonds.begin(), bonds.end(), [&](const v1::FamilyBond& each) {
    return each.relative_psn_no() == bond.relative_psn_no();
  });
  if (change == v1::END_BOND) {
    bonds.erase(found);
  } else if (found == bonds.end()) {
    *bonds.Add() = bond;
  } else {
    *found = bond;
  }
}

// What the relative's side sees of the bond.
storage::RowWrite GiverRow(v1::FamilyBondChange change, const v1::FamilyBond& bond,
                           const std::string& giver) {
  storage::RowWrite row{std::string(kFamilyGiverTable),
                        FamilyGiverKey(bond.relative_psn_no(), giver), std::nullopt};
  if (change == v1::END_BOND) return row;
  store::v1::FamilyGiver value;
  value.set_rank(bond.rank());
  row.value = value.SerializeAsString();
  return row;
}

v1::ChangeFamilyBondResponse ResponseOf(v1::FamilyBondOutcome outcome, const Person& giver) {
  v1::ChangeFamilyBondResponse response;
  response.set_outcome(outcome);
  response.set_reason(std::string(ReasonOf(outcome)));
  *response.mutable_bond() = giver.rest->family().bond();
  response.set_version(giver.version);
  return response;
}

// --- Steps

// The message in whose name a step moves money.
v1::MessageHeader HeaderOf(const std::string& fixmedins_code, const std::string& msgid) {
  v1::MessageHeader header;
  header.set_fixmedins_code(fixmedins_code);
  header.set_msgid(msgid);
  return header;
}

Fen Sum(const SubMoney& money) { return money[0] + money[1]; }

Effect NothingToDo() { return Answer("", 0); }

// Money that a hold took, by the sub-accounts it goes back to: those where it would be now.
SubMoney WhereItIsNow(const SubMoney& taken, const FamilyHold& hold, const Person& giver) {
  const bool turned_since = SubAccountNow(rules::SubAccount::kCurrentYear, hold.version(), giver) !=
                            rules::SubAccount::kCurrentYear;
  return turned_since ? CarriedOver(taken) : taken;
}

}  // namespace

absl::StatusOr<Effect> ChangeFamilyBond(const Reference& reference,
                                        const v1::ChangeFamilyBondRequest& request,
                                        const std::string& request_bytes, const Person* relative,
                                        const Person& giver, const Moment& now) {
  const v1::FamilyBondOutcome outcome = Refusal(reference, request, relative, giver, now);
  if (outcome != v1::FAMILY_BOND_DONE)
    return Answer(ResponseOf(outcome, giver).SerializeAsString(), outcome);
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(giver, "psn_no"));
  Booking booking(giver, request.header(), request_bytes, now);
  booking.event().mutable_family()->mutable_bond_changed();
  PersonFamily family = giver.rest->family();
  Apply(request.change(), request.bond(), &family);
  SetFamily(std::move(family), &booking);
  booking.rows().push_back(GiverRow(request.change(), request.bond(), request.psn_no()));
  const std::string reply = ResponseOf(outcome, booking.next()).SerializeAsString();
  return std::move(booking).Finish(reply, outcome);
}

absl::StatusOr<v1::GetFamilyResponse> GetFamily(const Reference& reference,
                                                const std::vector<storage::Row>& rows,
                                                const Person& person, const Moment& now) {
  const PersonFamily& family = person.rest->family();
  const std::string year =
      BenefitYearOf(AreaRulesOfPerson(reference, *person.facts, now.day), now.day);
  v1::GetFamilyResponse response;
  response.set_psn_no(person.facts->psn_no());
  response.set_version(person.version);
  for (const v1::FamilyBond& bond : family.bond()) {
    v1::GetFamilyResponse::Bond* view = response.add_bond();
    *view->mutable_bond() = bond;
    view->set_paid_this_year_fen(FamilyTotalOf(family, bond.relative_psn_no(), year).value());
  }
  for (const FamilyHold& hold : family.hold()) {
    v1::GetFamilyResponse::Hold* view = response.add_hold();
    view->set_relative_psn_no(hold.member_psn_no());
    view->set_fixmedins_code(hold.fixmedins_code());
    view->set_msgid(hold.msgid());
    view->set_held_fen(Sum(TakenBy(hold)).value());
  }
  YIJIE_ASSIGN_OR_RETURN(const std::vector<RankedGiver> givers, GiversOf(rows));
  for (const RankedGiver& giver : givers) {
    v1::GetFamilyResponse::Giver* view = response.add_giver();
    view->set_psn_no(giver.psn_no);
    view->set_rank(giver.rank);
  }
  return response;
}

absl::StatusOr<Effect> HoldForRelative(const Reference& reference,
                                       const store::v1::HoldFamilyStep& step, const Person& giver,
                                       const Moment& now) {
  const SubMoney given =
      MayGive(reference, giver, step.member_psn_no(), Fen(step.wanted_fen()), now.day);
  if (Sum(given) == Fen()) return Answer(FamilyHold().SerializeAsString(), 0);
  Booking booking(giver, HeaderOf(step.fixmedins_code(), step.msgid()), "", now);
  FamilyHold& hold = *booking.event().mutable_family()->mutable_held();
  hold.set_version(booking.next().version);
  hold.set_member_psn_no(step.member_psn_no());
  hold.set_fixmedins_code(step.fixmedins_code());
  hold.set_transaction(step.transaction());
  hold.set_msgid(step.msgid());
  hold.set_current_year_fen(given[static_cast<size_t>(rules::SubAccount::kCurrentYear)].value());
  hold.set_past_years_fen(given[static_cast<size_t>(rules::SubAccount::kPastYears)].value());
  hold.set_year(BenefitYearOf(AreaRulesOfPerson(reference, *giver.facts, now.day), now.day));
  PersonFamily family = giver.rest->family();
  *family.add_hold() = hold;
  AddToFamilyTotal(hold.member_psn_no(), hold.year(), Sum(given), &family);
  MoveForFamily({-given[0], -given[1]}, hold.member_psn_no(), &booking);
  SetFamily(std::move(family), &booking);
  const std::string reply = hold.SerializeAsString();
  return std::move(booking).Finish(reply, 0);
}

absl::StatusOr<Effect> CloseHold(const FamilyHold& named, Fen used, const Person& giver,
                                 const Moment& now) {
  PersonFamily family = giver.rest->family();
  auto& holds = *family.mutable_hold();
  const auto found = std::find_if(holds.begin(), holds.end(), [&](const FamilyHold& each) {
    return each.version() == named.version();
  });
  if (found == holds.end()) return NothingToDo();
  const FamilyHold hold = *found;
  const SubMoney taken = TakenBy(hold);
  if (used < Fen() || used > Sum(taken))
    return absl::DataLossError("a settlement used more than a relative's account gave");
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(giver, "psn_no"));
  Booking booking(giver, HeaderOf(hold.fixmedins_code(), hold.msgid()), "", now);
  store::v1::FamilyHoldClosed& closed = *booking.event().mutable_family()->mutable_closed();
  closed.set_hold_version(hold.version());
  closed.set_used_fen(used.value());
  const SubMoney part = UsedOf(hold, used);
  const SubMoney back = {taken[0] - part[0], taken[1] - part[1]};
  holds.erase(found);
  AddToFamilyTotal(hold.member_psn_no(), hold.year(), -Sum(back), &family);
  MoveForFamily(WhereItIsNow(back, hold, giver), hold.member_psn_no(), &booking);
  SetFamily(std::move(family), &booking);
  return std::move(booking).Finish("", 0);
}

absl::StatusOr<Effect> RefundGiver(const store::v1::RefundFamilyStep& step,
                                   const std::string& request_bytes, const std::string& msgid,
                                   const FamilyHold& hold, const Person& giver, const Moment& now) {
  const Fen amount(step.owed().part().paid_fen());
  if (hold.member_psn_no() != step.member_psn_no() || amount <= Fen() ||
      amount > Sum(TakenBy(hold))) {
    return absl::DataLossError("what is owed to a giver is not what its account gave");
  }
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(giver, "psn_no"));
  Booking booking(giver, HeaderOf(hold.fixmedins_code(), msgid), request_bytes, now);
  store::v1::FamilyRefunded& refunded = *booking.event().mutable_family()->mutable_refunded();
  refunded.set_hold_version(hold.version());
  refunded.set_refunded_fen(amount.value());
  PersonFamily family = giver.rest->family();
  AddToFamilyTotal(hold.member_psn_no(), hold.year(), -amount, &family);
  MoveForFamily(WhereItIsNow(UsedOf(hold, amount), hold, giver), hold.member_psn_no(), &booking);
  SetFamily(std::move(family), &booking);
  return std::move(booking).Finish("", 0);
}

absl::StatusOr<Effect> EndRefund(const FamilyPart& part, const Person& person, const Moment& now) {
  PersonFamily family = person.rest->family();
  auto& owed = *family.mutable_owed();
  const auto found = std::find_if(owed.begin(), owed.end(), [&](const FamilyOwed& each) {
    return each.part().giver_psn_no() == part.giver_psn_no() &&
           each.part().hold_version() == part.hold_version();
  });
  if (found == owed.end()) return NothingToDo();
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(person, "psn_no"));
  Booking booking(
      person,
      HeaderOf(found->fixmedins_code(), RefundMessageId(part.giver_psn_no(), part.hold_version())),
      "", now);
  *booking.event().mutable_family()->mutable_refund_ended() = found->part();
  owed.erase(found);
  SetFamily(std::move(family), &booking);
  return std::move(booking).Finish("", 0);
}

std::string RefundMessageId(absl::string_view giver, int64_t hold_version) {
  return absl::StrCat(giver, ".", hold_version);
}

}  // namespace yijie::engine
