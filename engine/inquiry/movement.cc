#include "engine/inquiry/movement.h"

#include <algorithm>
#include <map>

#include "engine/booking.h"

namespace yijie::engine {
namespace {

using yijie::store::v1::JournalLine;
using yijie::store::v1::PersonEvent;

constexpr size_t kFirst = 0;
constexpr size_t kSecond = 1;
static_assert(rules::kSubAccounts == 2, "a carry-over goes from one sub-account to the other");

// A correction of a bill that neither fund nor institution has a part in faces the person alone.
bool IsBill(const PersonEvent& event) {
  if (event.has_settled() || event.has_reversed()) return true;
  return std::any_of(event.journal().begin(), event.journal().end(), [](const JournalLine& line) {
    return line.account() == yijie::store::v1::INSTITUTION_PAYABLE ||
           line.account() == yijie::store::v1::FUND_EXPENSE;
  });
}

v1::MovementKind KindOf(yijie::store::v1::LedgerAccount account) {
  switch (account) {
    case yijie::store::v1::ACCOUNT_FUNDING:
      return v1::MOVEMENT_CREDIT;
    case yijie::store::v1::INTEREST_EXPENSE:
      return v1::MOVEMENT_INTEREST;
    case yijie::store::v1::FAMILY_CLEARING:
      return v1::MOVEMENT_FAMILY;
    case yijie::store::v1::TRANSFER:
      return v1::MOVEMENT_TRANSFER;
    case yijie::store::v1::BENEFIT_PAYABLE:
    case yijie::store::v1::BANK:
    case yijie::store::v1::PERSON_CLEARING:
    case yijie::store::v1::PAYEE_PAYABLE:
    case yijie::store::v1::FUND_INCOME:
      return v1::MOVEMENT_WITHDRAWAL;
    default:
      return v1::MOVEMENT_OTHER;
  }
}

Fen Total(const AccountAmounts& amounts) { return amounts[kFirst] + amounts[kSecond]; }

// What the accounts on the other side gave, by kind; none that is 0.
std::map<v1::MovementKind, Fen> GivenByKind(const PersonEvent& event) {
  std::map<v1::MovementKind, Fen> given;
  for (const JournalLine& line : event.journal()) {
    if (line.account() != yijie::store::v1::PERSONAL_ACCOUNT)
      given[KindOf(line.account())] += Fen(line.amount_fen());
  }
  for (auto it = given.begin(); it != given.end();)
    it = it->second == Fen(0) ? given.erase(it) : std::next(it);
  return given;
}

// What goes from one sub-account to the other; zeroes if both moved the same way.
AccountAmounts CarryOver(const AccountAmounts& moved) {
  const bool up = moved[kFirst] < Fen(0) && moved[kSecond] > Fen(0);
  const bool down = moved[kFirst] > Fen(0) && moved[kSecond] < Fen(0);
  if (!up && !down) return {};
  const Fen carried =
      up ? std::min(-moved[kFirst], moved[kSecond]) : -std::min(moved[kFirst], -moved[kSecond]);
  return {-carried, carried};
}

// The parts of `moved`, whose sub-accounts moved the same way.
void AddParts(const PersonEvent& event, const AccountAmounts& moved,
              std::vector<MovementPart>* parts) {
  if (moved == AccountAmounts{}) return;
  if (IsBill(event)) {
    parts->push_back({Total(moved) < Fen(0) ? v1::MOVEMENT_PAYMENT : v1::MOVEMENT_REFUND, moved});
    return;
  }
  const std::map<v1::MovementKind, Fen> given = GivenByKind(event);
  if (given.size() == 1) {
    parts->push_back({given.begin()->first, moved});
    return;
  }
  if (moved[kFirst] != Fen(0) && moved[kSecond] != Fen(0)) {
    parts->push_back({v1::MOVEMENT_OTHER, moved});
    return;
  }
  const size_t sub = moved[kFirst] != Fen(0) ? kFirst : kSecond;
  for (const auto& [kind, amount] : given) {
    MovementPart part;
    part.kind = kind;
    part.amount[sub] = amount;
    parts->push_back(part);
  }
}

}  // namespace

std::vector<MovementPart> MovementsOf(const PersonEvent& event) {
  AccountAmounts moved{};
  const AccountAmounts paid = AccountPaid(event);
  for (size_t i = 0; i < moved.size(); ++i) moved[i] = -paid[i];
  std::vector<MovementPart> parts;
  const AccountAmounts carried = CarryOver(moved);
  if (carried != AccountAmounts{}) parts.push_back({v1::MOVEMENT_CARRY_OVER, carried});
  for (size_t i = 0; i < moved.size(); ++i) moved[i] -= carried[i];
  AddParts(event, moved, &parts);
  return parts;
}

void SetAmounts(const AccountAmounts& amounts,
                google::protobuf::RepeatedPtrField<v1::SubAccountAmount>* out) {
  for (const rules::SubAccount sub :
       {rules::SubAccount::kCurrentYear, rules::SubAccount::kPastYears}) {
    v1::SubAccountAmount* amount = out->Add();
    amount->set_sub_account(sub == rules::SubAccount::kCurrentYear ? v1::CURRENT_YEAR
                                                                   : v1::PAST_YEARS);
    amount->set_amount_fen(amounts[static_cast<size_t>(sub)].value());
  }
}

}  // namespace yijie::engine
