#include "engine/account/interest.h"

#include <algorithm>

#include "absl/numeric/int128.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "engine/account/account_history.h"
#include "engine/account/account_rules.h"
#include "engine/account/year_turn.h"
#include "engine/booking.h"
#include "engine/queries.h"
#include "engine/stored_day.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using absl::int128;
using store::v1::PersonEvent;

constexpr int64_t kWhole1e6 = 1'000'000;

int64_t DaysOfYear(v1::AccountRules::DayCount day_count) {
  constexpr int64_t kBankYear = 360;
  constexpr int64_t kCalendarYear = 365;
  return day_count == v1::AccountRules::ACTUAL_360 ? kBankYear : kCalendarYear;
}

int64_t RateOf(const v1::AccountRules& account, rules::SubAccount sub_account) {
  return sub_account == rules::SubAccount::kCurrentYear ? account.current_year_interest_1e6()
                                                        : account.past_years_interest_1e6();
}

int64_t FenDays(const BalanceSpan& span, size_t i) {
  const int64_t all_days = span.end.days() - span.begin.days();
  int128 sum = int128(span.opening[i].value()) * all_days;
  for (const BalanceSpan::Change& change : span.changes) {
    const int64_t days = span.end.days() - std::max(change.day, span.begin).days();
    if (days > 0) sum += int128(change.amount[i].value()) * days;
  }
  // A sub-balance is never below 0, but for money of a bulk load that a turn left where it was.
  sum = std::max(sum, int128(0));
  YIJIE_CHECK(absl::Int128High64(sum) == 0 && absl::Int128Low64(sum) <= INT64_MAX,
              "interest is to be borne by more money than an account can hold");
  return static_cast<int64_t>(sum);
}

int64_t RoundedHalfUp(int128 numerator, int64_t denominator) {
  return static_cast<int64_t>((2 * numerator + denominator) / (2 * int128(denominator)));
}

// The day from which a movement bears interest.
Date ValueDay(const PersonEvent& event) {
  if (event.account().act() == v1::ACT_INTEREST)
    return Date(StoredDay(event.account().interest().enddate()).days() + 1);
  return StoredDay(event.clr_date());
}

}  // namespace

v1::AccountInterest ComputeInterest(const BalanceSpan& span, const v1::AccountRules& account) {
  v1::AccountInterest interest;
  interest.set_begndate(FormatDate(span.begin));
  interest.set_enddate(FormatDate(Date(span.end.days() - 1)));
  interest.set_day_count(account.day_count());
  for (size_t i = 0; i < rules::kSubAccounts; ++i) {
    const auto sub_account = static_cast<rules::SubAccount>(i);
    const int64_t rate = RateOf(account, sub_account);
    if (rate == 0) continue;
    v1::InterestPart* const part = interest.add_part();
    part->set_sub_account(sub_account == rules::SubAccount::kCurrentYear ? v1::CURRENT_YEAR
                                                                         : v1::PAST_YEARS);
    part->set_fen_days(FenDays(span, i));
    part->set_rate_1e6(static_cast<int32_t>(rate));
    part->set_amount_fen(RoundedHalfUp(int128(part->fen_days()) * rate,
                                       kWhole1e6 * DaysOfYear(account.day_count())));
  }
  return interest;
}

absl::StatusOr<BalanceSpan> CollectBalances(const Reference& reference, storage::StoreReader& store,
                                            const Person& person, Date begin, Date end) {
  const std::string& psn_no = person.facts->psn_no();
  BalanceSpan span;
  span.begin = begin;
  span.end = end;
  YIJIE_ASSIGN_OR_RETURN(const auto before,
                         FindVersionAsOf(store, psn_no, person.version, StartOfDay(begin) - 1));
  if (before) {
    YIJIE_ASSIGN_OR_RETURN(const Person then, ParsePerson(*before));
    span.opening = then.account;
  }
  const v1::AreaRules& area = AccountAreaRules(reference, *person.facts, begin);
  const bool turns =
      area.account().year_rollover() && YearBegins(area.year_start(), begin) == begin;
  if (turns) span.opening = CarriedOver(span.opening);
  YIJIE_ASSIGN_OR_RETURN(const auto later,
                         LoadLater(store, psn_no, before ? before->version : 0, person.version));
  for (const storage::PersonVersion& version : later) {
    YIJIE_ASSIGN_OR_RETURN(const PersonEvent event, ParseEvent(version));
    const bool is_turn = event.account().act() == v1::ACT_YEAR_TURNED;
    if (turns && is_turn && event.account().period() == FormatDate(begin)) continue;
    BalanceSpan::Change change;
    change.day = ValueDay(event);
    change.amount = AccountPaid(event);
    for (Fen& amount : change.amount) amount = -amount;
    if (change.day < end) span.changes.push_back(change);
  }
  return span;
}

}  // namespace yijie::engine
