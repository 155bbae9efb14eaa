#include "engine/replay/stored_history.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/replay/stopwatch.h"
#include "yijie/store/v1/record.pb.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {
namespace {

using store::v1::PersonEvent;

// Messages keep their memory from event to event.
class StoredReplay {
 public:
  StoredReplay(const Reference& draft, Stopwatch& watch) : replay_(draft), watch_(watch) {}

  absl::Status Play(const StoredPerson& person, size_t most_losers, BatchResult* result);

 private:
  absl::Status PlayVersion(const storage::PersonVersion& version);
  absl::Status PlayFacts(const storage::PersonVersion& version);
  absl::Status PlayCredit();
  absl::Status PlaySettlement(int64_t version);

  PersonReplay replay_;
  Stopwatch& watch_;
  PersonEvent event_;
  store::v1::PersonState state_;
  v1::SettleRequest request_;
  v1::SettleResponse reply_;
};

absl::Status StoredReplay::Play(const StoredPerson& person, size_t most_losers,
                                BatchResult* result) {
  replay_.Begin(person.psn_no);
  int64_t expected = 1;
  for (const storage::PersonVersion& version : person.versions) {
    absl::Status status = version.version == expected
                              ? PlayVersion(version)
                              : absl::DataLossError("versions before it are missing");
    if (!status.ok()) {
      return absl::Status(status.code(), absl::StrCat("version ", version.version,
                                                      " of a person: ", status.message(),
                                                      "; run `yijie ledger audit`"));
    }
    ++expected;
  }
  watch_.Settling();
  replay_.Finish(most_losers, result);
  watch_.ReadingHistory();
  return absl::OkStatus();
}

absl::Status StoredReplay::PlayVersion(const storage::PersonVersion& version) {
  if (!event_.ParseFromString(version.event)) {
    return absl::DataLossError("the event cannot be read");
  }
  switch (event_.what_case()) {
    case PersonEvent::kFactsLoaded:
      return PlayFacts(version);
    case PersonEvent::kCredited:
      return PlayCredit();
    case PersonEvent::kSettled:
      return PlaySettlement(version.version);
    case PersonEvent::kReversed:
      replay_.Reverse(event_.reversed().orig_version());
      return absl::OkStatus();
    case PersonEvent::WHAT_NOT_SET:
      break;
  }
  return absl::DataLossError("the event is of no known kind");
}

absl::Status StoredReplay::PlayFacts(const storage::PersonVersion& version) {
  if (!state_.ParseFromString(version.state)) {
    return absl::DataLossError("the state cannot be read");
  }
  auto facts = std::make_shared<v1::PersonFacts>();
  facts->Swap(state_.mutable_facts());
  replay_.SetFacts(std::move(facts));
  return absl::OkStatus();
}

absl::Status StoredReplay::PlayCredit() {
  for (const store::v1::JournalLine& line : event_.journal()) {
    if (line.account() != store::v1::PERSONAL_ACCOUNT) continue;
    v1::SubAccount sub_account = v1::SUB_ACCOUNT_UNSPECIFIED;
    if (!v1::SubAccount_Parse(line.subject(), &sub_account) ||
        sub_account == v1::SUB_ACCOUNT_UNSPECIFIED) {
      return absl::DataLossError("a credit names no sub-account");
    }
    // The account is a liability: a credit of the journal is negative.
    replay_.Credit(sub_account == v1::PAST_YEARS ? rules::SubAccount::kPastYears
                                                 : rules::SubAccount::kCurrentYear,
                   Fen(-line.amount_fen()));
  }
  return absl::OkStatus();
}

absl::Status StoredReplay::PlaySettlement(int64_t version) {
  if (!request_.ParseFromString(event_.request()) || !reply_.ParseFromString(event_.reply())) {
    return absl::DataLossError("the request or the reply of a settlement cannot be read");
  }
  ClaimResult stored = StoredResult(event_.settled(), reply_.settlement());
  watch_.Settling();
  replay_.Settle(version, request_.header().fixmedins_code(), request_.claim(), std::move(stored));
  watch_.ReadingHistory();
  return absl::OkStatus();
}

}  // namespace

absl::Status ReplayStoredPersons(const std::vector<StoredPerson>& persons, const Reference& draft,
                                 size_t most_losers, BatchResult* result) {
  Stopwatch watch(&result->report);
  StoredReplay replay(draft, watch);
  for (const StoredPerson& person : persons) {
    YIJIE_RETURN_IF_ERROR(replay.Play(person, most_losers, result));
  }
  return absl::OkStatus();
}

}  // namespace yijie::engine
