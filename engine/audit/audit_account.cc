#include "engine/audit/audit_account.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "base/date.h"
#include "yijie/v1/account.pb.h"

namespace yijie::engine {
namespace {

using absl::int128;
using store::v1::JournalLine;
using store::v1::LedgerAccount;
using store::v1::PersonEvent;

// What an act posts beside the personal account, and whether money leaves that (1), comes into it
// (-1) or does not move (0).
struct ActRule {
  v1::AccountAct act;
  LedgerAccount counter;
  int direction;
};

constexpr std::array<ActRule, 12> kActRules = {{
    {v1::ACT_CREDITED, store::v1::ACCOUNT_FUNDING, -1},
    {v1::ACT_INTEREST, store::v1::INTEREST_EXPENSE, -1},
    {v1::ACT_PAID, store::v1::PAYEE_PAYABLE, 1},
    {v1::ACT_FROZEN, store::v1::LEDGER_ACCOUNT_UNSPECIFIED, 0},
    {v1::ACT_UNFROZEN, store::v1::LEDGER_ACCOUNT_UNSPECIFIED, 0},
    {v1::ACT_PAID_OUT, store::v1::PAYEE_PAYABLE, 1},
    {v1::ACT_INHERITED, store::v1::FAMILY_CLEARING, 1},
    {v1::ACT_TRANSFERRED_OUT, store::v1::TRANSFER, 1},
    {v1::ACT_TO_FUND, store::v1::FUND_INCOME, 1},
    {v1::ACT_INHERITANCE, store::v1::FAMILY_CLEARING, -1},
    {v1::ACT_TRANSFERRED_IN, store::v1::TRANSFER, -1},
    {v1::ACT_DEBT_OFFSET, store::v1::PERSON_CLEARING, 1},
}};

bool IsEnd(v1::AccountAct act) {
  return act == v1::ACT_PAID_OUT || act == v1::ACT_INHERITED || act == v1::ACT_TRANSFERRED_OUT ||
         act == v1::ACT_TO_FUND;
}

// What left the personal account by the journal.
int128 Paid(const PersonEvent& event) {
  int128 paid = 0;
  for (const JournalLine& line : event.journal()) {
    if (line.account() == store::v1::PERSONAL_ACCOUNT) paid += line.amount_fen();
  }
  return paid;
}

// Journal lines as values in an order of their own; this year's money as past years' if `carried`.
std::vector<std::tuple<int, std::string, int128>> Lines(const PersonEvent& event, bool carried) {
  std::map<std::pair<int, std::string>, int128> sums;
  for (const JournalLine& line : event.journal()) {
    const bool moves = carried && line.account() == store::v1::PERSONAL_ACCOUNT &&
                       line.subject() == v1::SubAccount_Name(v1::CURRENT_YEAR);
    sums[{line.account(), moves ? v1::SubAccount_Name(v1::PAST_YEARS) : line.subject()}] +=
        line.amount_fen();
  }
  std::vector<std::tuple<int, std::string, int128>> lines;
  for (const auto& [account, sum] : sums) {
    if (sum != 0) lines.emplace_back(account.first, account.second, sum);
  }
  return lines;
}

std::optional<int32_t> DayNumber(const std::string& text) {
  const auto day = ParseDate(text);
  if (!day.ok()) return std::nullopt;
  return day->days();
}

bool IsRoundedHalfUp(const v1::InterestPart& part, v1::AccountRules::DayCount day_count) {
  const int128 year = int128(1'000'000) * (day_count == v1::AccountRules::ACTUAL_360 ? 360 : 365);
  const int128 exact = int128(part.fen_days()) * part.rate_1e6();  // times `year`
  const int128 rounded = int128(part.amount_fen()) * year;
  return 2 * (exact - rounded) < year && 2 * (exact - rounded) >= -year;
}

}  // namespace

void AccountAudit::Check(const ReplyContext& context, const FindingSink& add) {
  const PersonEvent& event = context.event;
  if (event.has_account()) {
    const v1::AccountAct act = event.account().act();
    if (act == v1::ACT_YEAR_TURNED) {
      CheckTurn(context, add);
    } else {
      act == v1::ACT_UNDONE ? CheckUndo(context, add) : CheckJournal(context, add);
      v1::AccountResponse reply;
      if (!reply.ParseFromString(event.reply())) {
        add("the reply cannot be read");
      } else if (reply.outcome() != v1::ACCOUNT_DONE || reply.psn_no() != context.psn_no ||
                 reply.version() != context.version ||
                 reply.balc_before_fen() != context.balance_before ||
                 reply.balc_fen() != context.balance_after) {
        add("outcome, psn_no, version or balances in the reply are not those of the record");
      }
    }
    if (!event.delta().empty() && act != v1::ACT_CREDITED && act != v1::ACT_UNDONE)
      add("an act on the account changed accumulators");
    if (IsEnd(act) && context.balance_after != 0) add("an account that ended holds money");
    if (event.account().has_interest()) CheckInterest(event, add);
  }
  Remember(context);
}

void AccountAudit::CheckTurn(const ReplyContext& context, const FindingSink& add) {
  const PersonEvent& event = context.event;
  if (!event.msgid().empty() || !event.reply().empty()) add("a turn of the year has a message");
  if (Paid(event) != 0 || event.journal_size() > 2)
    add("a turn of the year moves other money than from this year's to past years'");
  for (const JournalLine& line : event.journal()) {
    const bool from_current = line.subject() == v1::SubAccount_Name(v1::CURRENT_YEAR);
    if (line.account() != store::v1::PERSONAL_ACCOUNT || from_current != (line.amount_fen() > 0))
      add("a turn of the year moves money the wrong way");
  }
  if (event.account().period() <= year_begins_) add("the year was turned before");
  // ISO days compare as text.
  if (event.account().period() > event.clr_date()) add("the year was turned before it began");
  year_begins_ = event.account().period();
  turned_version_ = context.version;
}

void AccountAudit::CheckUndo(const ReplyContext& context, const FindingSink& add) {
  const int64_t version = context.event.account().undoes_version();
  const auto original = undoable_.find(version);
  if (original == undoable_.end()) {
    add(absl::StrCat("undoes version ", version, ", which is no credit or payment before it"));
    return;
  }
  if (!undone_.insert(version).second) add(absl::StrCat("version ", version, " was undone before"));
  const bool carried = version < turned_version_;
  auto lines = Lines(original->second, carried);
  for (auto& [account, subject, amount] : lines) amount = -amount;
  if (lines != Lines(context.event, false))
    add("the journal does not negate that of the posting it undoes");
  const auto& before = original->second.delta();
  const auto& after = context.event.delta();
  const bool negated =
      std::equal(before.begin(), before.end(), after.begin(), after.end(),
                 [](const v1::AccumulatorValue& a, const v1::AccumulatorValue& b) {
                   return a.name() == b.name() && int128(a.value()) == -int128(b.value());
                 });
  if (!negated) add("the deltas do not negate those of the posting it undoes");
}

void AccountAudit::CheckJournal(const ReplyContext& context, const FindingSink& add) const {
  const PersonEvent& event = context.event;
  const v1::AccountAct act = event.account().act();
  const auto* const rule = std::find_if(kActRules.begin(), kActRules.end(),
                                        [act](const ActRule& each) { return each.act == act; });
  if (rule == kActRules.end()) {
    add("the act on the account is of no known kind");
    return;
  }
  if (rule->direction == 0 && !event.journal().empty())
    add("an act that moves nothing has a journal");
  for (const JournalLine& line : event.journal()) {
    const bool interest = IsEnd(act) && line.account() == store::v1::INTEREST_EXPENSE;
    if (line.account() != store::v1::PERSONAL_ACCOUNT && line.account() != rule->counter &&
        !interest) {
      add(absl::StrCat(LedgerAccount_Name(line.account()), " does not belong to this act"));
    }
    if (act == v1::ACT_DEBT_OFFSET && line.account() == store::v1::PERSON_CLEARING &&
        line.subject() != context.psn_no) {
      add("the debt of another person was offset");
    }
  }
  const int128 paid = Paid(event);
  if (paid * rule->direction < 0) add("the act moves money the wrong way");
}

void AccountAudit::CheckInterest(const PersonEvent& event, const FindingSink& add) const {
  const v1::AccountInterest& interest = event.account().interest();
  const auto first = DayNumber(interest.begndate());
  const auto last = DayNumber(interest.enddate());
  if (!first || !last || *last < *first) {
    add("interest for no span of days");
    return;
  }
  int128 booked = 0;
  for (const JournalLine& line : event.journal()) {
    if (line.account() == store::v1::INTEREST_EXPENSE) booked += line.amount_fen();
  }
  int128 fen_days = 0;
  for (const v1::InterestPart& part : interest.part()) {
    booked -= part.amount_fen();
    fen_days += part.fen_days();
    if (!IsRoundedHalfUp(part, interest.day_count()))
      add("interest is not the balances times the rate, rounded half up");
  }
  if (booked != 0) add("the journal does not book the interest that is told");
  int128 expected = 0;
  for (const Change& change : changes_) {
    if (change.day <= *last) expected += change.amount * (*last + 1 - std::max(change.day, *first));
  }
  // With a rate on one sub-account only, the days of the other are not told.
  const bool both = interest.part_size() == 2;
  if (both ? fen_days != expected : fen_days > expected)
    add("interest is on other balances than those of the journal");
}

void AccountAudit::Remember(const ReplyContext& context) {
  const PersonEvent& event = context.event;
  const v1::AccountAct act = event.account().act();
  Change change;
  const bool of_a_year = act == v1::ACT_INTEREST;
  const auto day = DayNumber(of_a_year ? event.account().interest().enddate() : event.clr_date());
  change.day = day.value_or(0) + (of_a_year ? 1 : 0);
  change.amount = -Paid(event);
  if (change.amount != 0) changes_.push_back(change);
  if (!event.has_credited() && act != v1::ACT_CREDITED && act != v1::ACT_PAID &&
      act != v1::ACT_TRANSFERRED_IN) {
    return;
  }
  PersonEvent& kept = undoable_[context.version];
  *kept.mutable_journal() = event.journal();
  *kept.mutable_delta() = event.delta();
}

void AccountAudit::CompareState(const store::v1::PersonState& state, const PersonEvent& event,
                                const FindingSink& add) {
  const store::v1::PersonAccount& account = state.account();
  std::string bytes = account.SerializeAsString();
  if (!event.has_account() && bytes != account_)
    add("the state of the account changed although nothing was done to it");
  account_ = std::move(bytes);
  if (account.year_begins() != year_begins_ || account.turned_version() != turned_version_)
    add("year_begins or turned_version is not that of the last turn of the year");
  year_begins_ = account.year_begins();
  turned_version_ = account.turned_version();
  if (std::set<int64_t>(account.undone().begin(), account.undone().end()) != undone_ ||
      account.undone_size() != static_cast<int>(undone_.size())) {
    add("the list of undone postings is not the fold of the undoings");
  }
  undone_ = {account.undone().begin(), account.undone().end()};
  const v1::AccountAct act = event.account().act();
  if (act == v1::ACT_FROZEN && !account.has_freeze()) add("a frozen account is not frozen");
  if (act == v1::ACT_UNFROZEN && account.has_freeze()) add("a freeze that was lifted stands");
  if (IsEnd(act) && !account.ended()) add("an account that was ended has not ended");
}

}  // namespace yijie::engine
