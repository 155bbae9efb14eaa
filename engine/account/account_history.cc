#include "engine/account/account_history.h"

#include <utility>

#include "base/status_macros.h"
#include "engine/account/account_rules.h"
#include "engine/account/year_turn.h"
#include "engine/booking.h"
#include "engine/moment.h"
#include "engine/stored_day.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using store::v1::PersonEvent;

constexpr int64_t kMillisOfDay = 86'400'000;
constexpr int64_t kUtcOffsetMillis = 8 * 3'600'000;
constexpr int kDefaultPage = 100;
constexpr int kHistoryPage = 256;
// Versions whose times may be out of order: those that waited together for a commit.
constexpr int kOutOfOrder = 64;

absl::StatusOr<storage::PersonVersion> LoadSure(storage::StoreReader& store,
                                                absl::string_view psn_no, int64_t version) {
  YIJIE_ASSIGN_OR_RETURN(auto record, store.LoadVersion(psn_no, version));
  if (!record) return absl::DataLossError("a version of a person is missing");
  return *std::move(record);
}

absl::StatusOr<int64_t> TimeOf(const storage::PersonVersion& version) {
  YIJIE_ASSIGN_OR_RETURN(const PersonEvent event, ParseEvent(version));
  return event.time_unix_ms();
}

v1::AccountAct ActOf(const PersonEvent& event) {
  if (event.has_account()) return event.account().act();
  if (event.has_credited()) return v1::ACT_CREDIT;
  if (event.has_settled()) return v1::ACT_SETTLEMENT;
  if (event.has_reversed()) return v1::ACT_REVERSAL;
  return v1::ACT_OTHER;
}

std::string ReferenceOf(const PersonEvent& event) {
  if (event.has_settled()) return event.settled().setl_id();
  if (event.has_reversed()) return event.reversed().setl_id();
  return event.msgid();
}

// A movement, or a change of what the account may do; nothing for a version that is neither.
absl::StatusOr<std::optional<v1::StatementLine>> LineOf(const storage::PersonVersion& version) {
  YIJIE_ASSIGN_OR_RETURN(const PersonEvent event, ParseEvent(version));
  const auto paid = AccountPaid(event);
  if (!event.has_account() && paid[0] == Fen(0) && paid[1] == Fen(0)) return std::nullopt;
  YIJIE_ASSIGN_OR_RETURN(const Person person, ParsePerson(version));
  v1::StatementLine line;
  line.set_version(version.version);
  line.set_act(ActOf(event));
  line.set_post_time(MomentOf(event.time_unix_ms()).rfc3339);
  line.set_reference(ReferenceOf(event));
  line.set_current_year_fen((-paid[0]).value());
  line.set_past_years_fen((-paid[1]).value());
  line.set_balc_fen(person.balance().value());
  return line;
}

// The person at the end of an instant; without records one that is known by number only.
absl::StatusOr<Person> PersonAsOf(storage::StoreReader& store, const Person& newest,
                                  int64_t unix_ms) {
  YIJIE_ASSIGN_OR_RETURN(const auto found,
                         FindVersionAsOf(store, newest.facts->psn_no(), newest.version, unix_ms));
  if (!found) return NewPerson(newest.facts->psn_no());
  return ParsePerson(*found);
}

}  // namespace

int64_t StartOfDay(Date day) { return day.days() * kMillisOfDay - kUtcOffsetMillis; }

absl::StatusOr<std::optional<storage::PersonVersion>> FindVersionAsOf(storage::StoreReader& store,
                                                                      absl::string_view psn_no,
                                                                      int64_t newest,
                                                                      int64_t unix_ms) {
  int64_t low = 0;  // 0, or a version at or before the instant
  int64_t high = newest + 1;
  std::optional<storage::PersonVersion> found;
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    YIJIE_ASSIGN_OR_RETURN(storage::PersonVersion version, LoadSure(store, psn_no, middle));
    YIJIE_ASSIGN_OR_RETURN(const int64_t time, TimeOf(version));
    if (time <= unix_ms) {
      low = middle;
      found = std::move(version);
    } else {
      high = middle;
    }
  }
  if (low == newest) return found;
  YIJIE_ASSIGN_OR_RETURN(std::vector<storage::PersonVersion> next,
                         store.LoadHistory(psn_no, low, kOutOfOrder));
  for (storage::PersonVersion& version : next) {
    if (version.version > newest) break;
    YIJIE_ASSIGN_OR_RETURN(const int64_t time, TimeOf(version));
    if (time <= unix_ms) found = std::move(version);
  }
  return found;
}

absl::StatusOr<v1::GetAccountAsOfResponse> GetAccountAsOf(const Reference& reference,
                                                          storage::StoreReader& store,
                                                          const v1::GetAccountAsOfRequest& request,
                                                          int64_t unix_ms, const Person& person) {
  v1::GetAccountAsOfResponse response;
  response.set_psn_no(request.psn_no());
  YIJIE_ASSIGN_OR_RETURN(Person then, PersonAsOf(store, person, unix_ms));
  const Date day = MomentOf(unix_ms).day;
  if (then.version > 0) {
    YIJIE_ASSIGN_OR_RETURN(const storage::PersonVersion record,
                           LoadSure(store, request.psn_no(), then.version));
    YIJIE_ASSIGN_OR_RETURN(const int64_t time, TimeOf(record));
    response.set_version_time(MomentOf(time).rfc3339);
    YIJIE_RETURN_IF_ERROR(ViewAsTurned(reference, store, day, &then));
  }
  response.set_version(then.version);
  response.set_balc_fen(then.balance().value());
  AddSubBalances(then, response.mutable_sub_balance());
  response.set_frozen(IsFrozen(then.rest->account(), day));
  response.set_ended(then.rest->account().ended());
  return response;
}

absl::StatusOr<v1::GetAccountStatementResponse> GetAccountStatement(
    storage::StoreReader& store, const v1::GetAccountStatementRequest& request,
    const Person& person) {
  const int64_t before = StartOfDay(StoredDay(request.begndate())) - 1;
  const Date last = StoredDay(request.enddate());
  YIJIE_ASSIGN_OR_RETURN(const Person opening, PersonAsOf(store, person, before));
  YIJIE_ASSIGN_OR_RETURN(const Person closing,
                         PersonAsOf(store, person, StartOfDay(last) + kMillisOfDay - 1));
  v1::GetAccountStatementResponse response;
  AddSubBalances(opening, response.mutable_opening());
  AddSubBalances(closing, response.mutable_closing());
  const int page = request.page_size() == 0 ? kDefaultPage : request.page_size();
  int64_t after = std::max(opening.version, request.after_version());
  while (after < closing.version) {
    YIJIE_ASSIGN_OR_RETURN(const auto versions,
                           store.LoadHistory(request.psn_no(), after, kHistoryPage));
    if (versions.empty()) return absl::DataLossError("a version of a person is missing");
    for (const storage::PersonVersion& version : versions) {
      if (version.version > closing.version) return response;
      YIJIE_ASSIGN_OR_RETURN(auto line, LineOf(version));
      if (!line) continue;
      if (response.line_size() == page) {
        response.set_more(true);
        return response;
      }
      *response.add_line() = *std::move(line);
    }
    after = versions.back().version;
  }
  return response;
}

void AddSubBalances(const Person& person, google::protobuf::RepeatedPtrField<v1::SubBalance>* out) {
  for (size_t i = 0; i < rules::kSubAccounts; ++i) {
    v1::SubBalance* const balance = out->Add();
    balance->set_sub_account(static_cast<rules::SubAccount>(i) == rules::SubAccount::kCurrentYear
                                 ? v1::CURRENT_YEAR
                                 : v1::PAST_YEARS);
    balance->set_balc_fen(person.account[i].value());
  }
}

}  // namespace yijie::engine
