#include "engine/audit/audit_person.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/local_time.h"

namespace yijie::engine {
namespace {

using absl::int128;
using store::v1::JournalLine;
using store::v1::PersonEvent;
using store::v1::PersonState;
using store::v1::ReversedSettlement;

using LineTuple = std::tuple<int, std::string, int128>;
using DeltaTuple = std::tuple<std::string, std::string, std::string, std::string, int128>;

// Journal lines as values, in an order of their own, each multiplied by `sign`.
std::vector<LineTuple> Lines(const PersonEvent& event, int sign) {
  std::vector<LineTuple> lines;
  for (const JournalLine& line : event.journal()) {
    lines.emplace_back(line.account(), line.subject(), int128(line.amount_fen()) * sign);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

// The lines as they are once the account year was turned: this year's money is past years'.
std::vector<LineTuple> Carried(std::vector<LineTuple> lines) {
  for (auto& [account, subject, amount] : lines) {
    if (account == store::v1::PERSONAL_ACCOUNT &&
        subject == v1::SubAccount_Name(v1::CURRENT_YEAR)) {
      subject = v1::SubAccount_Name(v1::PAST_YEARS);
    }
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

// The lines of the correction of a settlement whose claim is refused now: its opposite, but the
// institution keeps what it was owed and what was held back from it, and the person owes both.
std::vector<LineTuple> LinesOfRefusal(const PersonEvent& settled, const std::string& psn_no) {
  std::vector<LineTuple> lines = Lines(settled, -1);
  int128 owed = 0;
  for (const JournalLine& line : settled.journal()) {
    const bool kept = line.account() == store::v1::INSTITUTION_PAYABLE ||
                      line.account() == store::v1::QUALITY_DEPOSIT;
    if (!kept) continue;
    owed -= line.amount_fen();
    lines.emplace_back(line.account(), settled.fixmedins_code(), int128(line.amount_fen()));
  }
  if (owed != 0) lines.emplace_back(store::v1::PERSON_CLEARING, psn_no, owed);
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<DeltaTuple> Deltas(const PersonEvent& event, int sign) {
  std::vector<DeltaTuple> deltas;
  for (const v1::AccumulatorValue& delta : event.delta()) {
    deltas.emplace_back(delta.insutype(), delta.name(), delta.period(), delta.key(),
                        int128(delta.value()) * sign);
  }
  std::sort(deltas.begin(), deltas.end());
  return deltas;
}

}  // namespace

std::optional<PersonEvent> PersonAudit::Check(const storage::PersonVersion& version) {
  CheckVersion(version.version);
  PersonState state;
  PersonEvent event;
  const bool state_read = state.ParseFromString(version.state);
  const bool event_read = event.ParseFromString(version.event);
  if (!state_read) Add("the state cannot be read");
  if (!event_read) Add("the event cannot be read");
  if (event_read) {
    // Across areas the clearing day is that of the place of care.
    const auto is_elsewhere = [](const store::v1::CrossPart& part) {
      return part.at_insured_place() || part.at_gateway();
    };
    const bool day_of_other =
        is_elsewhere(event.settled().cross()) || is_elsewhere(event.reversed().cross());
    if (!day_of_other && event.clr_date() != FormatLocalDay(event.time_unix_ms())) {
      Add("clr_date is not the local day of the event");
    }
    const int128 balance_before = Balance();
    FoldJournal(event);
    FoldDeltas(event);
    CheckKind(event, balance_before);
    account_.Check({psn_no_, version_, event, balance_before, Balance()},
                   [this](absl::string_view what) { Add(what); });
  }
  if (state_read && event_read) {
    // Of a visitor (异地就医), and of what a gateway logs, nothing but the name is known.
    const bool named_only = event.cross().has_began() || event.settled().cross().at_gateway();
    const bool first_of_visitor = named_only && version_ == 1;
    CompareFacts(state, event.has_facts_loaded() || event.has_facts_amended() || first_of_visitor);
    CompareCards(state, event.has_card_changed());
    CompareBalances(state);
    CompareAccumulators(state);
    CompareReversed(state);
    account_.CompareState(state, event, [this](absl::string_view what) { Add(what); });
    payouts_.Check(event, state.payouts());
    registrations_.Check(event, state, [this](absl::string_view what) { Add(what); });
  }
  if (state_read) AdoptState(state);
  if (!event_read) return std::nullopt;
  return event;
}

void PersonAudit::CheckVersion(int64_t version) {
  const int64_t before = std::exchange(version_, version);
  if (version != before + 1) {
    Add(absl::StrCat("follows version ", before, ": versions are missing"));
  }
}

void PersonAudit::FoldJournal(const PersonEvent& event) {
  int128 sum = 0;
  for (const JournalLine& line : event.journal()) {
    sum += line.amount_fen();
    if (line.account() != store::v1::PERSONAL_ACCOUNT) continue;
    v1::SubAccount sub_account = v1::SUB_ACCOUNT_UNSPECIFIED;
    if (!v1::SubAccount_Parse(line.subject(), &sub_account) ||
        sub_account == v1::SUB_ACCOUNT_UNSPECIFIED) {
      Add("a PERSONAL_ACCOUNT line of the journal names no sub-account");
      continue;
    }
    balances_[sub_account] -= line.amount_fen();  // a credit raises what is owed to the person
  }
  if (sum != 0) Add("the lines of the journal do not add up to 0");
}

void PersonAudit::FoldDeltas(const PersonEvent& event) {
  for (const v1::AccumulatorValue& delta : event.delta()) {
    const AccumulatorKey key(delta.insutype(), delta.name(), delta.period(), delta.key());
    int128& value = accumulators_[key];
    value += delta.value();
    if (value == 0) accumulators_.erase(key);
  }
}

void PersonAudit::CheckKind(const PersonEvent& event, int128 balance_before) {
  const ReplyContext context{psn_no_, version_, event, balance_before, Balance()};
  const FindingSink add = [this](absl::string_view what) { Add(what); };
  CheckRemainder(event);
  switch (event.what_case()) {
    case PersonEvent::kFactsLoaded:
    case PersonEvent::kFactsAmended:
    case PersonEvent::kCardChanged:
    case PersonEvent::kNewborn:
    case PersonEvent::kRegistration:
    case PersonEvent::kStay:
      if (!event.journal().empty() || !event.delta().empty())
        Add("an event that is no settlement, undo or credit moved money");
      break;
    case PersonEvent::kAccount:
      break;  // AccountAudit
    case PersonEvent::kPayout:
      if (!event.delta().empty()) Add("a payout changed accumulators");
      break;
    case PersonEvent::kFamily:
      if (!event.delta().empty()) Add("a step of family sharing changed accumulators");
      break;
    case PersonEvent::kCross:
      if (!event.delta().empty()) Add("a step across areas changed accumulators");
      break;
    case PersonEvent::kCredited:
      if (!event.delta().empty()) Add("a credit changed accumulators");
      CheckCreditReply(context, add);
      break;
    case PersonEvent::kSettled: {
      CheckSettlementId(event.settled().setl_id());
      Settlement& settlement = settlements_[version_];
      settlement.event = event;
      settlement.event.clear_request();
      settlement.event.clear_reply();
      CheckSettleReply(context, add, settlement.money);
      break;
    }
    case PersonEvent::kReversed:
      CheckSettlementId(event.reversed().setl_id());
      CheckReversal(event, balance_before);
      break;
    case PersonEvent::WHAT_NOT_SET:
      Add("the event is of no known kind");
      break;
  }
}

void PersonAudit::CheckReversal(const PersonEvent& event, int128 balance_before) {
  const int64_t orig_version = event.reversed().orig_version();
  const auto original = settlements_.find(orig_version);
  if (original == settlements_.end()) {
    Add(absl::StrCat("reverses version ", orig_version, ", which is no settlement before it"));
    return;
  }
  const auto [reversal, is_first] = reversed_by_.emplace(orig_version, version_);
  if (!is_first) {
    Add(absl::StrCat("reverses version ", orig_version, ", which version ", reversal->second,
                     " reversed before"));
  }
  const PersonEvent& settled = original->second.event;
  if (event.reversed().orig_setl_id() != settled.settled().setl_id()) {
    Add("orig_setl_id is not the id of the settlement that is reversed");
  }
  if (event.fixmedins_code() != settled.fixmedins_code() && !event.reversed().by_agency()) {
    Add("reverses a settlement of another institution");
  }
  const std::vector<LineTuple> lines = Lines(event, 1);
  const auto expect = [&](std::vector<LineTuple> then) {
    return lines == (orig_version < account_.turned_version() ? Carried(std::move(then)) : then);
  };
  const bool refused = event.reversed().correction() && expect(LinesOfRefusal(settled, psn_no_));
  if (!refused && !expect(Lines(settled, -1))) {
    Add("the journal does not negate that of the settlement");
  }
  if (Deltas(event, 1) != Deltas(settled, -1)) {
    Add("the deltas do not negate those of the settlement");
  }
  if (event.reversed().by_agency() == event.reversed().agency_reason().empty())
    Add("an undo by the agency has no reason, or another has one");
  if (event.reversed().refund()) refund_of_ = orig_version;
  CheckReversalReply({psn_no_, version_, event, balance_before, Balance()}, original->second.money,
                     [this](absl::string_view what) { Add(what); });
}

// A refund of lines is two versions: the undo of the settlement, then the lines that remain.
void PersonAudit::CheckRemainder(const PersonEvent& event) {
  const int64_t undone = std::exchange(refund_of_, 0);
  const int64_t of = event.settled().remainder_of().version();
  if (of != undone)
    Add("an undo for a refund of lines and the lines that remain do not follow one another");
  const auto original = settlements_.find(of);
  if (of != 0 && original != settlements_.end() &&
      original->second.event.fixmedins_code() != event.fixmedins_code()) {
    Add("lines were given back to another institution");
  }
}

void PersonAudit::CheckSettlementId(const std::string& setl_id) {
  if (setl_id.empty()) {
    Add("has no settlement id");
    return;
  }
  const auto [found, is_new] = setl_ids_.emplace(setl_id, version_);
  if (!is_new) {
    Add(absl::StrCat("has the settlement id of version ", found->second));
  }
}

void PersonAudit::CompareFacts(const PersonState& state, bool may_change) {
  if (state.facts().psn_no() != psn_no_) Add("psn_no of the facts is not that of the person");
  if (!may_change && state.facts().SerializeAsString() != facts_) {
    Add("facts changed although none were loaded");
  }
}

void PersonAudit::CompareCards(const PersonState& state, bool may_change) {
  if (!may_change && state.cards().SerializeAsString() != cards_) {
    Add("cards changed although no change of a card was asked for");
  }
}

void PersonAudit::CompareBalances(const PersonState& state) {
  SubBalances expected = balances_;
  bool twice = false;
  SubBalances found;
  for (const v1::SubBalance& sub : state.sub_balance()) {
    twice = !found.emplace(sub.sub_account(), sub.balc_fen()).second || twice;
    expected.try_emplace(sub.sub_account(), 0);  // a balance of 0 may be written or left out
    if (sub.balc_fen() < 0) Add("a sub-balance is negative");
  }
  for (const auto& [sub_account, balance] : expected) found.try_emplace(sub_account, 0);
  if (twice) Add("a sub-balance is there twice");
  if (found != expected) Add("sub-balances are not the fold of the journal");
}

void PersonAudit::CompareAccumulators(const PersonState& state) {
  Accumulators found;
  bool ordered = true;
  bool has_zero = false;
  const AccumulatorKey* last = nullptr;
  for (const v1::AccumulatorValue& value : state.accumulator()) {
    has_zero = has_zero || value.value() == 0;
    const AccumulatorKey key(value.insutype(), value.name(), value.period(), value.key());
    ordered = ordered && (last == nullptr || *last < key);
    last = &found.insert_or_assign(key, value.value()).first->first;
  }
  if (!ordered) Add("accumulators are not in order, or one is there twice");
  if (has_zero) Add("an accumulator of 0 is kept");
  for (auto it = found.begin(); it != found.end();) it = it->second == 0 ? found.erase(it) : ++it;
  if (found != accumulators_) Add("accumulators are not the fold of the deltas");
}

void PersonAudit::CompareReversed(const PersonState& state) {
  std::map<int64_t, int64_t> found;
  bool twice = false;
  for (const ReversedSettlement& entry : state.reversed()) {
    twice = !found.emplace(entry.version(), entry.reversed_by_version()).second || twice;
  }
  if (twice || found != reversed_by_) {
    Add("the list of reversed settlements is not the fold of the reversals");
  }
}

void PersonAudit::AdoptState(const PersonState& state) {
  facts_ = state.facts().SerializeAsString();
  cards_ = state.cards().SerializeAsString();
  balances_.clear();
  for (const v1::SubBalance& sub : state.sub_balance()) {
    balances_[sub.sub_account()] += sub.balc_fen();
  }
  accumulators_.clear();
  for (const v1::AccumulatorValue& value : state.accumulator()) {
    if (value.value() == 0) continue;
    accumulators_.insert_or_assign(
        AccumulatorKey(value.insutype(), value.name(), value.period(), value.key()), value.value());
  }
  reversed_by_.clear();
  for (const ReversedSettlement& entry : state.reversed()) {
    reversed_by_.emplace(entry.version(), entry.reversed_by_version());
  }
}

int128 PersonAudit::Balance() const {
  int128 sum = 0;
  for (const auto& [sub_account, balance] : balances_) sum += balance;
  return sum;
}

}  // namespace yijie::engine
