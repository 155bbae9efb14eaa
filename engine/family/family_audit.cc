#include "engine/family/family_audit.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace yijie::engine {
namespace {

using store::v1::FamilyEvent;
using store::v1::FamilyHold;
using store::v1::FamilyPart;
using store::v1::JournalLine;
using store::v1::PersonEvent;
using store::v1::PersonFamily;

std::string MessageOf(const std::string& fixmedins_code, const std::string& msgid) {
  return absl::StrCat(fixmedins_code, "/", msgid);
}

std::string BondsOf(const PersonFamily& family) {
  PersonFamily bonds;
  *bonds.mutable_bond() = family.bond();
  return bonds.SerializeAsString();
}

int64_t Taken(const FamilyHold& hold) { return hold.current_year_fen() + hold.past_years_fen(); }

// This year's money was taken first, so it is used first.
int64_t CurrentOf(const FamilyHold& hold, int64_t used) {
  return std::min(used, hold.current_year_fen());
}

}  // namespace

void FamilyAudit::Add(absl::string_view psn_no, int64_t version,
                      const store::v1::PersonState& state, const PersonEvent& event) {
  if (person_.psn_no != psn_no) Begin(psn_no);
  version_ = version;
  if (event.account().act() == v1::ACT_YEAR_TURNED) person_.turned_version = version;
  if (event.has_settled()) FoldSettled(event);
  if (event.has_reversed()) FoldReversed(event);
  if (event.has_family()) FoldFamily(event);
  CompareState(state.family(), event.has_family() && event.family().has_bond_changed());
  person_.newest = state.family();
}

void FamilyAudit::Begin(absl::string_view psn_no) {
  EndPerson();
  person_ = Folded();
  person_.psn_no = std::string(psn_no);
}

void FamilyAudit::EndPerson() {
  const PersonFamily& family = person_.newest;
  if (family.hold_size() + family.owed_size() > 0) open_persons_.insert(person_.psn_no);
  for (const v1::FamilyBond& bond : family.bond())
    giver_keys_.insert(absl::StrCat(bond.relative_psn_no(), std::string(1, '\0'), person_.psn_no));
}

void FamilyAudit::FoldSettled(const PersonEvent& event) {
  for (const FamilyPart& part : event.settled().family()) {
    person_.parts[version_].push_back(part);
    Payment& payment = payments_[{part.giver_psn_no(), part.hold_version()}];
    ++payment.uses;
    payment.part += part.paid_fen();
    const std::string message = MessageOf(event.fixmedins_code(), event.msgid());
    const bool first = payment.member.empty();
    if (first) payment.member = person_.psn_no;
    if (payment.message.empty()) payment.message = message;
    if (payment.member != person_.psn_no || payment.message != message)
      Found("uses money that was held for another person or message");
    if (part.paid_fen() <= 0) Found("a relative's part is not above 0");
  }
}

void FamilyAudit::FoldReversed(const PersonEvent& event) {
  const auto parts = person_.parts.find(event.reversed().orig_version());
  if (parts == person_.parts.end()) return;
  for (const FamilyPart& part : parts->second) {
    const PaymentKey key(part.giver_psn_no(), part.hold_version());
    payments_[key].undone = true;
    person_.owed.insert(key);
  }
}

void FamilyAudit::FoldFamily(const PersonEvent& event) {
  switch (event.family().what_case()) {
    case FamilyEvent::kBondChanged:
      if (!event.journal().empty()) Found("a change of a bond moved money");
      return;
    case FamilyEvent::kHeld:
      return FoldHeld(event);
    case FamilyEvent::kClosed:
      return FoldClosed(event);
    case FamilyEvent::kRefunded:
      return FoldRefunded(event);
    case FamilyEvent::kRefundEnded:
      return FoldRefundEnded(event);
    case FamilyEvent::WHAT_NOT_SET:
      Found("the family event is of no known kind");
      return;
  }
}

void FamilyAudit::FoldHeld(const PersonEvent& event) {
  const FamilyHold& hold = event.family().held();
  const int64_t taken = Taken(hold);
  if (hold.version() != version_) Found("a hold has another name than its version");
  if (hold.current_year_fen() < 0 || hold.past_years_fen() < 0 || taken == 0)
    Found("a hold takes nothing or less");
  CheckMoved(event, version_, hold.member_psn_no(), -hold.current_year_fen(),
             -hold.past_years_fen());
  person_.taken[version_] = hold;
  person_.open.insert(version_);
  person_.total[{hold.member_psn_no(), hold.year()}] += taken;
  Payment& payment = payments_[{person_.psn_no, version_}];
  const std::string message = MessageOf(hold.fixmedins_code(), hold.msgid());
  if (payment.uses > 0 && (payment.member != hold.member_psn_no() || payment.message != message))
    Found("was used by another person or message than it was held for");
  payment.held = true;
  payment.member = hold.member_psn_no();
  payment.message = message;
  payment.taken = taken;
}

void FamilyAudit::FoldClosed(const PersonEvent& event) {
  const store::v1::FamilyHoldClosed& closed = event.family().closed();
  if (person_.open.erase(closed.hold_version()) == 0)
    return Found("closes a hold that is not open");
  const FamilyHold& hold = person_.taken[closed.hold_version()];
  const int64_t used = closed.used_fen();
  const int64_t current = CurrentOf(hold, used);
  if (used < 0 || used > Taken(hold)) Found("more was used than was held");
  CheckMoved(event, closed.hold_version(), hold.member_psn_no(), hold.current_year_fen() - current,
             hold.past_years_fen() - (used - current));
  person_.total[{hold.member_psn_no(), hold.year()}] -= Taken(hold) - used;
  Payment& payment = payments_[{person_.psn_no, closed.hold_version()}];
  payment.closed = true;
  payment.used = used;
}

void FamilyAudit::FoldRefunded(const PersonEvent& event) {
  const store::v1::FamilyRefunded& refunded = event.family().refunded();
  const auto found = person_.taken.find(refunded.hold_version());
  if (found == person_.taken.end()) return Found("refunds what was never held");
  const FamilyHold& hold = found->second;
  const int64_t current = CurrentOf(hold, refunded.refunded_fen());
  CheckMoved(event, refunded.hold_version(), hold.member_psn_no(), current,
             refunded.refunded_fen() - current);
  person_.total[{hold.member_psn_no(), hold.year()}] -= refunded.refunded_fen();
  Payment& payment = payments_[{person_.psn_no, refunded.hold_version()}];
  ++payment.refunds;
  payment.refunded += refunded.refunded_fen();
}

void FamilyAudit::FoldRefundEnded(const PersonEvent& event) {
  const FamilyPart& part = event.family().refund_ended();
  const PaymentKey key(part.giver_psn_no(), part.hold_version());
  if (person_.owed.erase(key) == 0) Found("ends a refund that was not owed");
  if (!event.journal().empty()) Found("the end of a refund moved money");
  payments_[key].ended = true;
}

// The account of the giver gets `current` and `past` (negative: gives) against FAMILY_CLEARING.
void FamilyAudit::CheckMoved(const PersonEvent& event, int64_t hold_version,
                             const std::string& member, int64_t current, int64_t past) {
  // Money of a year that has turned since comes back as past years'.
  const bool turned_since = hold_version < person_.turned_version;
  if (turned_since) past += std::exchange(current, 0);
  std::map<std::pair<int, std::string>, int64_t> expected;
  expected[{store::v1::PERSONAL_ACCOUNT, "CURRENT_YEAR"}] -= current;
  expected[{store::v1::PERSONAL_ACCOUNT, "PAST_YEARS"}] -= past;
  expected[{store::v1::FAMILY_CLEARING, member}] += current + past;
  for (const JournalLine& line : event.journal())
    expected[{line.account(), line.subject()}] -= line.amount_fen();
  const bool same = std::all_of(expected.begin(), expected.end(),
                                [](const auto& entry) { return entry.second == 0; });
  if (!same) Found("the journal is not what the step of family sharing says");
}

void FamilyAudit::CompareState(const PersonFamily& family, bool bonds_may_change) {
  std::set<int64_t> open;
  for (const FamilyHold& hold : family.hold()) {
    open.insert(hold.version());
    if (hold.SerializeAsString() != person_.taken[hold.version()].SerializeAsString())
      Found("an open hold is not the one that was taken");
  }
  if (open != person_.open) Found("open holds are not the fold of the events");
  std::map<std::pair<std::string, std::string>, int64_t> total;
  for (const store::v1::FamilyTotal& each : family.total())
    total[{each.member_psn_no(), each.year()}] += each.fen();
  for (auto it = person_.total.begin(); it != person_.total.end();)
    it = it->second == 0 ? person_.total.erase(it) : std::next(it);
  if (total != person_.total) Found("totals paid for relatives are not the fold of the events");
  std::set<PaymentKey> owed;
  for (const store::v1::FamilyOwed& each : family.owed())
    owed.emplace(each.part().giver_psn_no(), each.part().hold_version());
  if (owed != person_.owed) Found("owed refunds are not the fold of the events");
  std::string bonds = BondsOf(family);
  if (!bonds_may_change && bonds != person_.bonds)
    Found("family bonds changed although no change was asked for");
  person_.bonds = std::move(bonds);
  // Folds on from what the state says, so that one defect is one finding.
  person_.open = std::move(open);
  person_.total = std::move(total);
  person_.owed = std::move(owed);
}

void FamilyAudit::CheckPayment(const PaymentKey& key, const Payment& payment) {
  const auto found = [&](absl::string_view what) { report_.Add(key.first, key.second, what); };
  if (!payment.held) return found("a settlement or refund names a hold that does not exist");
  if (payment.uses > 1) found("was used by more than one settlement");
  if (payment.part > payment.taken) found("a settlement used more than was held");
  if (payment.closed && payment.used != payment.part)
    found("was closed with another amount than the settlement used");
  if (!payment.closed) ++report_.open_holds;
  if (payment.refunds > 1) found("was refunded more than once");
  if (payment.refunds > 0 && (!payment.undone || payment.refunded != payment.part))
    found("was refunded although its settlement stands, or by another amount than it had used");
  if (payment.ended && payment.refunds == 0) found("its refund is ended and was never made");
  if (payment.undone && payment.refunds == 0) ++report_.open_refunds;
  if (payment.part > 0) ++report_.family_payments;
}

absl::Status FamilyAudit::Finish(storage::StoreReader& store) {
  Begin("");
  for (const auto& [key, payment] : payments_) CheckPayment(key, payment);
  YIJIE_ASSIGN_OR_RETURN(const std::set<std::string> open, RowKeys(store, "family_open"));
  if (open != open_persons_)
    report_.Add("", 0, "the rows of open family steps are not those the states have");
  YIJIE_ASSIGN_OR_RETURN(const std::set<std::string> givers, RowKeys(store, "family_giver"));
  if (givers != giver_keys_) report_.Add("", 0, "the rows of family givers are not the bonds");
  return absl::OkStatus();
}

}  // namespace yijie::engine
