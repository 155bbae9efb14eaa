#include "engine/account/year_turn.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "engine/account/account_history.h"
#include "engine/account/account_rules.h"
#include "engine/stored_day.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr auto kCurrent = static_cast<size_t>(rules::SubAccount::kCurrentYear);
constexpr auto kPast = static_cast<size_t>(rules::SubAccount::kPastYears);

bool WasTurnedTo(const store::v1::PersonAccount& account, Date year_begins) {
  return !account.year_begins().empty() && year_begins <= StoredDay(account.year_begins());
}

}  // namespace

TurnOutlook ForeseeTurn(const Reference& reference, const Person& person, Date today) {
  TurnOutlook outlook;
  const std::string& year_start = AccountAreaRules(reference, *person.facts, today).year_start();
  const Date begins = YearBegins(year_start, today);
  outlook.settled_until = NextYearBegins(year_start, today);
  if (WasTurnedTo(person.rest->account(), begins)) return outlook;
  // That day's rules say whether the money is carried over, also if others are in force today.
  if (AccountAreaRules(reference, *person.facts, begins).account().year_rollover())
    outlook.due = begins;
  return outlook;
}

absl::StatusOr<std::optional<YearTurn>> FindTurn(storage::StoreReader& store, const Person& person,
                                                 Date year_begins) {
  YIJIE_ASSIGN_OR_RETURN(
      const auto before,
      FindVersionAsOf(store, person.facts->psn_no(), person.version, StartOfDay(year_begins) - 1));
  if (!before) return std::nullopt;
  YIJIE_ASSIGN_OR_RETURN(const Person then, ParsePerson(*before));
  return YearTurn{year_begins, std::min(then.account[kCurrent], person.account[kCurrent])};
}

std::array<Fen, rules::kSubAccounts> CarriedOver(std::array<Fen, rules::kSubAccounts> amounts) {
  amounts[kPast] += std::exchange(amounts[kCurrent], Fen(0));
  return amounts;
}

BookedVersion BookTurn(const YearTurn& turn, const Person& person, const Moment& now) {
  Booking booking(person, v1::MessageHeader(), "", now);
  booking.TakeFrom(rules::SubAccount::kCurrentYear, turn.carried);
  booking.TakeFrom(rules::SubAccount::kPastYears, -turn.carried);
  store::v1::PersonAccount& account = *booking.state().mutable_account();
  account.set_year_begins(FormatDate(turn.year_begins));
  account.set_turned_version(booking.next().version);
  store::v1::AccountEvent& event = *booking.event().mutable_account();
  event.set_act(v1::ACT_YEAR_TURNED);
  event.set_period(account.year_begins());
  return std::move(booking).Finish("");
}

void ViewAfter(const YearTurn& turn, Person* person) {
  person->account[kCurrent] -= turn.carried;
  person->account[kPast] += turn.carried;
}

absl::Status ViewAsTurned(const Reference& reference, storage::StoreReader& store, Date today,
                          Person* person) {
  const TurnOutlook outlook = ForeseeTurn(reference, *person, today);
  if (!outlook.due) return absl::OkStatus();
  YIJIE_ASSIGN_OR_RETURN(const auto turn, FindTurn(store, *person, *outlook.due));
  if (turn) ViewAfter(*turn, person);
  return absl::OkStatus();
}

rules::SubAccount SubAccountNow(rules::SubAccount sub_account, int64_t version,
                                const Person& person) {
  return version < person.rest->account().turned_version() ? rules::SubAccount::kPastYears
                                                           : sub_account;
}

absl::StatusOr<std::optional<storage::PersonVersion>> ReaderWithVersion::LoadLatest(
    absl::string_view psn_no) {
  if (psn_no == psn_no_) return version_;
  return store_.LoadLatest(psn_no);
}

absl::StatusOr<std::optional<storage::PersonVersion>> ReaderWithVersion::LoadVersion(
    absl::string_view psn_no, int64_t version) {
  if (psn_no == psn_no_ && version == version_.version) return version_;
  return store_.LoadVersion(psn_no, version);
}

absl::StatusOr<std::vector<storage::PersonVersion>> ReaderWithVersion::LoadHistory(
    absl::string_view psn_no, int64_t after_version, int limit) {
  YIJIE_ASSIGN_OR_RETURN(std::vector<storage::PersonVersion> versions,
                         store_.LoadHistory(psn_no, after_version, limit));
  const bool all = static_cast<int>(versions.size()) < limit;
  if (psn_no == psn_no_ && all && after_version < version_.version) versions.push_back(version_);
  return versions;
}

absl::StatusOr<std::optional<storage::MessageEntry>> ReaderWithVersion::FindMessage(
    const storage::MessageKey& key) {
  return store_.FindMessage(key);
}

absl::StatusOr<std::optional<std::string>> ReaderWithVersion::GetTable(absl::string_view name) {
  return store_.GetTable(name);
}

absl::StatusOr<std::vector<storage::Row>> ReaderWithVersion::ScanRows(absl::string_view table,
                                                                      absl::string_view first,
                                                                      absl::string_view end,
                                                                      int limit) {
  return store_.ScanRows(table, first, end, limit);
}

absl::StatusOr<std::optional<std::string>> ReaderWithVersion::GetRow(absl::string_view table,
                                                                     absl::string_view key) {
  return store_.GetRow(table, key);
}

absl::StatusOr<std::vector<storage::CommittedGroup>> ReaderWithVersion::ScanGroups(
    uint64_t after_sequence, int limit) {
  return store_.ScanGroups(after_sequence, limit);
}

absl::Status ReaderWithVersion::ForEachVersion(
    const std::function<absl::Status(absl::string_view, const storage::PersonVersion&)>& visit) {
  return store_.ForEachVersion(visit);
}

absl::Status ReaderWithVersion::ForEachMessage(
    const std::function<absl::Status(const storage::MessageKey&, const storage::MessageEntry&)>&
        visit) {
  return store_.ForEachMessage(visit);
}

}  // namespace yijie::engine
