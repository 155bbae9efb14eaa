#include "engine/family/family_state.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "engine/account/account_rules.h"
#include "engine/claim_input.h"
#include "engine/entitlement.h"
#include "engine/insurance_status.h"
#include "engine/settlement_id.h"
#include "engine/stored_day.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using store::v1::FamilyHold;
using store::v1::FamilyOwed;
using store::v1::FamilyTotal;
using store::v1::PersonFamily;

constexpr auto kCurrent = static_cast<size_t>(rules::SubAccount::kCurrentYear);
constexpr auto kPast = static_cast<size_t>(rules::SubAccount::kPastYears);

// Versions a giver must have left, so that whatever it gave can still be returned and refunded.
constexpr int64_t kVersionsKept = 10'000;

bool HasOpen(const PersonFamily& family) { return family.hold_size() + family.owed_size() > 0; }

// Only employees have accounts; a frozen pool leaves the account usable where the area says so.
bool AccountIsUsable(const Reference& reference, const v1::AreaRules& rules, const Person& owner,
                     Date today) {
  const BenefitFacts facts(*reference.areas, *owner.facts);
  const store::v1::PersonAccount& account = owner.rest->account();
  if (!facts->death_date().empty() || account.ended() || IsFrozen(account, today)) return false;
  const v1::Coverage* coverage = FindCoverage(facts, "310", today);
  if (coverage == nullptr) return false;
  if (IsNormal(*coverage)) return true;
  return IsSuspended(*coverage) && rules.account().frozen_pool_account_usable();
}

// `amount`, but not above what `limit` leaves after `spent`; no limit if it is 0.
Fen Within(Fen amount, int64_t limit, Fen spent) {
  return limit == 0 ? amount : std::min(amount, Fen(limit) - spent);
}

}  // namespace

std::string FamilyGiverKey(absl::string_view member, absl::string_view giver) {
  constexpr absl::string_view kEnd("\0", 1);  // no person number holds a zero byte
  return absl::StrCat(member, kEnd, giver);
}

SubMoney TakenBy(const FamilyHold& hold) {
  SubMoney taken{};
  taken[kCurrent] = Fen(hold.current_year_fen());
  taken[kPast] = Fen(hold.past_years_fen());
  return taken;
}

SubMoney UsedOf(const FamilyHold& hold, Fen used) {
  const SubMoney taken = TakenBy(hold);
  SubMoney part{};
  part[kCurrent] = std::min(used, taken[kCurrent]);
  part[kPast] = used - part[kCurrent];
  return part;
}

std::string BenefitYearOf(const v1::AreaRules& rules, Date day) {
  return FormatDate(YearBegins(rules.year_start(), day));
}

bool IsPermitted(const v1::AreaRules& rules, v1::Relation relation) {
  return absl::c_linear_search(rules.sharing().relation(), static_cast<int>(relation));
}

const v1::FamilyBond* FindBond(const PersonFamily& family, absl::string_view relative) {
  for (const v1::FamilyBond& bond : family.bond()) {
    if (bond.relative_psn_no() == relative) return &bond;
  }
  return nullptr;
}

Fen FamilyTotalOf(const PersonFamily& family, absl::string_view relative, absl::string_view year) {
  Fen sum;
  for (const FamilyTotal& total : family.total()) {
    if (total.year() != year) continue;
    if (relative.empty() || total.member_psn_no() == relative) sum += Fen(total.fen());
  }
  return sum;
}

void AddToFamilyTotal(absl::string_view relative, absl::string_view year, Fen amount,
                      PersonFamily* family) {
  auto& totals = *family->mutable_total();
  auto found = std::find_if(totals.begin(), totals.end(), [&](const FamilyTotal& total) {
    return total.member_psn_no() == relative && total.year() == year;
  });
  if (found == totals.end()) {
    FamilyTotal* added = totals.Add();
    added->set_member_psn_no(std::string(relative));
    added->set_year(std::string(year));
    found = totals.end() - 1;
  }
  found->set_fen((Fen(found->fen()) + amount).value());
  if (found->fen() == 0) totals.erase(found);
}

SubMoney MayGive(const Reference& reference, const Person& giver, absl::string_view relative,
                 Fen wanted, Date today) {
  const v1::AreaRules& rules = AreaRulesOfPerson(reference, *giver.facts, today);
  const PersonFamily& family = giver.rest->family();
  const v1::FamilyBond* bond = FindBond(family, relative);
  const v1::AccountRules::Use* use = FindUse(rules.account(), v1::AccountRules::FAMILY_SHARE);
  if (bond == nullptr || use == nullptr || !Covers(*bond, today) ||
      !IsPermitted(rules, bond->relation()) || !AccountIsUsable(reference, rules, giver, today) ||
      giver.version > kMaxVersion - kVersionsKept) {
    return {};
  }
  const std::string year = BenefitYearOf(rules, today);
  Fen amount = Within(wanted, bond->settlement_limit_fen(), Fen());
  amount = Within(amount, bond->yearly_limit_fen(), FamilyTotalOf(family, relative, year));
  amount = Within(amount, rules.sharing().yearly_limit_fen(), FamilyTotalOf(family, "", year));
  SubMoney given{};
  if (amount <= Fen(0)) return given;
  const bool past_years_only = rules.sharing().past_years_only() || use->past_years_only();
  if (!past_years_only) given[kCurrent] = std::min(amount, giver.account[kCurrent]);
  given[kPast] = std::min(amount - given[kCurrent], giver.account[kPast]);
  return given;
}

bool InBasicInsurance(const BenefitFacts& facts, Date day) {
  for (const absl::string_view scheme : {"310", "390"}) {
    const v1::Coverage* coverage = FindCoverage(facts, scheme, day);
    if (coverage != nullptr && IsNormal(*coverage)) return true;
  }
  return false;
}

void SetFamily(PersonFamily family, Booking* booking) {
  const std::string& psn_no = booking->next().facts->psn_no();
  const bool was_open = HasOpen(booking->next().rest->family());
  const bool is_open = HasOpen(family);
  if (was_open != is_open) {
    storage::RowWrite row{std::string(kFamilyOpenTable), psn_no, std::nullopt};
    if (is_open) row.value = "";
    booking->rows().push_back(std::move(row));
  }
  *booking->state().mutable_family() = std::move(family);
}

void MoveForFamily(const SubMoney& into, absl::string_view member, Booking* booking) {
  Fen sum;
  for (size_t i = 0; i < into.size(); ++i) {
    booking->TakeFrom(static_cast<rules::SubAccount>(i), -into[i]);
    sum += into[i];
  }
  booking->Post(store::v1::FAMILY_CLEARING, member, sum);
}

std::vector<FamilyOwed> OwedFor(const store::v1::PersonEvent& settled) {
  std::vector<FamilyOwed> owed;
  for (const store::v1::FamilyPart& part : settled.settled().family()) {
    FamilyOwed& each = owed.emplace_back();
    *each.mutable_part() = part;
    each.set_fixmedins_code(settled.fixmedins_code());
  }
  return owed;
}

}  // namespace yijie::engine
