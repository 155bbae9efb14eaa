#include "engine/replay/stored_history.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/replay/stopwatch.h"
#include "engine/transactions.h"
#include "yijie/store/v1/record.pb.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {
namespace {

using store::v1::PersonEvent;

bool Parse(absl::string_view bytes, google::protobuf::MessageLite* message) {
  return message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

// Messages keep their memory from event to event.
class StoredReplay {
 public:
  StoredReplay(const Reference& draft, Stopwatch& watch) : replay_(draft), watch_(watch) {}

  void Begin(absl::string_view psn_no);
  absl::Status Play(int64_t version, absl::string_view state, absl::string_view event);
  void Finish(size_t most_losers, BatchResult* result);

 private:
  absl::Status PlayVersion(int64_t version, absl::string_view state, absl::string_view event);
  absl::Status PlayFacts(absl::string_view state);
  absl::Status PlayAccount(absl::string_view state);
  absl::Status PlayRegistrations(absl::string_view state);
  absl::Status PlayCredit();
  absl::Status PlaySettlement(int64_t version);

  PersonReplay replay_;
  Stopwatch& watch_;
  int64_t last_version_ = 0;
  PersonEvent event_;
  store::v1::PersonState state_;
  v1::SettleRequest request_;
  v1::SettleResponse reply_;
};

void StoredReplay::Begin(absl::string_view psn_no) {
  replay_.Begin(psn_no);
  last_version_ = 0;
}

absl::Status StoredReplay::Play(int64_t version, absl::string_view state, absl::string_view event) {
  const bool is_next = version == last_version_ + 1;
  last_version_ = version;
  const absl::Status status = is_next ? PlayVersion(version, state, event)
                                      : absl::DataLossError("versions before it are missing");
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat("version ", version, " of a person: ",
                                                  status.message(), "; run `yijie ledger audit`"));
}

void StoredReplay::Finish(size_t most_losers, BatchResult* result) {
  watch_.Settling();
  replay_.Finish(most_losers, result);
  watch_.ReadingHistory();
}

absl::Status StoredReplay::PlayVersion(int64_t version, absl::string_view state,
                                       absl::string_view event) {
  if (!Parse(event, &event_)) return absl::DataLossError("the event cannot be read");
  switch (event_.what_case()) {
    case PersonEvent::kFactsLoaded:
    case PersonEvent::kFactsAmended:
      return PlayFacts(state);
    case PersonEvent::kCredited:
    case PersonEvent::kFamily:
    case PersonEvent::kCross:
      return PlayCredit();
    case PersonEvent::kSettled:
      return PlaySettlement(version);
    case PersonEvent::kReversed:
      replay_.Reverse(event_.reversed().orig_version());
      return absl::OkStatus();
    case PersonEvent::kAccount:
      return PlayAccount(state);
    case PersonEvent::kRegistration:
      return PlayRegistrations(state);
    case PersonEvent::kCardChanged:
    case PersonEvent::kNewborn:
    case PersonEvent::kStay:
    case PersonEvent::kPayout:
      return absl::OkStatus();
    case PersonEvent::WHAT_NOT_SET:
      break;
  }
  return absl::DataLossError("the event is of no known kind");
}

absl::Status StoredReplay::PlayFacts(absl::string_view state) {
  if (!Parse(state, &state_)) return absl::DataLossError("the state cannot be read");
  auto facts = std::make_shared<v1::PersonFacts>();
  facts->Swap(state_.mutable_facts());
  replay_.SetFacts(std::move(facts));
  return absl::OkStatus();
}

absl::Status StoredReplay::PlayRegistrations(absl::string_view state) {
  if (!Parse(state, &state_)) return absl::DataLossError("the state cannot be read");
  replay_.SetRegistrations(state_.registrations());
  return absl::OkStatus();
}

absl::Status StoredReplay::PlayAccount(absl::string_view state) {
  if (!Parse(state, &state_)) return absl::DataLossError("the state cannot be read");
  replay_.SetAccount(state_.account());
  if (event_.account().act() != v1::ACT_YEAR_TURNED) return PlayCredit();
  replay_.TurnYear();
  return absl::OkStatus();
}

absl::Status StoredReplay::PlayCredit() {
  for (const store::v1::JournalLine& line : event_.journal()) {
    if (line.account() != store::v1::PERSONAL_ACCOUNT) continue;
    v1::SubAccount sub_account = v1::SUB_ACCOUNT_UNSPECIFIED;
    if (!v1::SubAccount_Parse(line.subject(), &sub_account) ||
        sub_account == v1::SUB_ACCOUNT_UNSPECIFIED) {
      return absl::DataLossError("a movement of the account names no sub-account");
    }
    // The account is a liability: a credit of the journal is negative.
    replay_.Credit(sub_account == v1::PAST_YEARS ? rules::SubAccount::kPastYears
                                                 : rules::SubAccount::kCurrentYear,
                   Fen(-line.amount_fen()));
  }
  return absl::OkStatus();
}

absl::Status StoredReplay::PlaySettlement(int64_t version) {
  const bool has_claim = event_.settled().has_claim();
  if ((!has_claim && !request_.ParseFromString(event_.request())) ||
      !reply_.ParseFromString(event_.reply())) {
    return absl::DataLossError("the request or the reply of a settlement cannot be read");
  }
  ClaimResult stored = StoredResult(event_.settled(), reply_.settlement());
  watch_.Settling();
  const std::string& filed_from = event_.settled().bill_institution();
  replay_.Settle(version, filed_from.empty() ? event_.fixmedins_code() : filed_from,
                 has_claim ? event_.settled().claim() : request_.claim(),
                 MomentOf(ClaimCameAt(event_)).day, std::move(stored));
  watch_.ReadingHistory();
  return absl::OkStatus();
}

}  // namespace

void StoredBatch::Add(absl::string_view psn_no, const storage::PersonVersion& version) {
  if (persons_.empty() || persons_.back().psn_no != psn_no) {
    persons_.push_back({std::string(psn_no), versions_.size()});
  }
  Version& added = versions_.emplace_back();
  added.number = version.version;
  added.state = bytes_.size();
  bytes_ += version.state;
  added.event = bytes_.size();
  bytes_ += version.event;
  added.end = bytes_.size();
}

absl::Status StoredBatch::Replay(const Reference& draft, size_t most_losers,
                                 BatchResult* result) const {
  Stopwatch watch(&result->report);
  StoredReplay replay(draft, watch);
  const absl::string_view bytes = bytes_;
  for (size_t i = 0; i < persons_.size(); ++i) {
    replay.Begin(persons_[i].psn_no);
    const size_t end = i + 1 < persons_.size() ? persons_[i + 1].first : versions_.size();
    for (size_t v = persons_[i].first; v < end; ++v) {
      const Version& version = versions_[v];
      YIJIE_RETURN_IF_ERROR(replay.Play(version.number,
                                        bytes.substr(version.state, version.event - version.state),
                                        bytes.substr(version.event, version.end - version.event)));
    }
    replay.Finish(most_losers, result);
  }
  return absl::OkStatus();
}

}  // namespace yijie::engine
