#include "engine/queries.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/settlement_id.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using yijie::store::v1::JournalLine;
using yijie::store::v1::PersonEvent;
using yijie::store::v1::PersonState;
using yijie::store::v1::Verdict;

constexpr int kDefaultPage = 100;
// Versions read at once where a whole history is wanted.
constexpr int kHistoryPage = 256;
// Versions read at once where those of one commit are wanted.
constexpr int kCommitPage = 8;

absl::Status NoSuchSettlement() {
  return absl::NotFoundError("setl_id: no such settlement of this person");
}

// What replaces a settlement.
enum class Replacement {
  kCorrection,          // of all its lines
  kCorrectionOrRefund,  // a refund of lines leaves a settlement of the others
};

// The settlement that `event` came in the place of; 0 if none.
int64_t ReplacedBy(const yijie::store::v1::SettledEvent& event, Replacement by) {
  if (by == Replacement::kCorrectionOrRefund && event.has_remainder_of())
    return event.remainder_of().version();
  return event.corrects_version();
}

absl::StatusOr<PersonEvent> LoadEvent(storage::StoreReader& store, absl::string_view psn_no,
                                      int64_t version) {
  YIJIE_ASSIGN_OR_RETURN(const auto record, store.LoadVersion(psn_no, version));
  if (!record) return absl::DataLossError("an event of a person cannot be read");
  return ParseEvent(*record);
}

absl::Status SetReply(v1::Transaction transaction, const std::string& bytes,
                      v1::QueryMessageResponse* response) {
  bool parsed = false;
  switch (transaction) {
    case v1::SETTLE:
    case v1::SETTLE_STAY:
      parsed = response->mutable_settle()->ParseFromString(bytes);
      break;
    case v1::REVERSE:
      parsed = response->mutable_reverse()->ParseFromString(bytes);
      break;
    case v1::REVERSE_BY_MESSAGE:
      parsed = response->mutable_reverse_by_message()->ParseFromString(bytes);
      break;
    default:
      response->set_other_reply(bytes);
      parsed = true;
      break;
  }
  return parsed ? absl::OkStatus() : absl::DataLossError("a stored reply cannot be read");
}

// The settlement that came in the place of that of `version`, in the commit of `undo`; nothing if
// none did.
absl::StatusOr<std::optional<SettledRecord>> ReplacementOf(storage::StoreReader& store,
                                                           absl::string_view psn_no,
                                                           int64_t version,
                                                           const SettledRecord& undo,
                                                           Replacement by) {
  const auto& reversed = undo.event.reversed();
  const bool may_follow = by == Replacement::kCorrectionOrRefund && reversed.refund();
  if (!reversed.correction() && !may_follow) return std::nullopt;
  for (int64_t after = undo.version;;) {
    YIJIE_ASSIGN_OR_RETURN(const auto page, store.LoadHistory(psn_no, after, kCommitPage));
    for (const storage::PersonVersion& next : page) {
      YIJIE_ASSIGN_OR_RETURN(PersonEvent event, ParseEvent(next));
      if (event.time_unix_ms() != undo.event.time_unix_ms()) return std::nullopt;  // a later commit
      if (event.has_settled() && ReplacedBy(event.settled(), by) == version)
        return SettledRecord{next.version, std::move(event)};
      after = next.version;
    }
    if (page.empty()) return std::nullopt;
  }
}

// Where a claim has come to since one of its settlements.
struct NewestOf {
  std::optional<SettledRecord> replacement;  // the last one; nothing: it was not replaced
  std::optional<PersonEvent> undo;           // of the last one; nothing: it stands
};

absl::StatusOr<NewestOf> FollowClaim(storage::StoreReader& store, absl::string_view psn_no,
                                     int64_t version, const Person& person, Replacement by) {
  NewestOf newest;
  while (const int64_t undone_by = person.ReversedBy(version)) {
    SettledRecord undo{undone_by, {}};
    YIJIE_ASSIGN_OR_RETURN(undo.event, LoadEvent(store, psn_no, undone_by));
    YIJIE_ASSIGN_OR_RETURN(std::optional<SettledRecord> next,
                           ReplacementOf(store, psn_no, version, undo, by));
    if (!next) {
      newest.undo = std::move(undo.event);
      break;
    }
    version = next->version;
    newest.replacement = std::move(next);
  }
  return newest;
}

// What stands of the bill that the settlement of `version` settled.
template <typename Response>
absl::Status TellWhatStands(storage::StoreReader& store, const std::string& psn_no, int64_t version,
                            const Person& person, Response* response) {
  YIJIE_ASSIGN_OR_RETURN(const NewestOf newest, FollowClaim(store, psn_no, version, person,
                                                            Replacement::kCorrectionOrRefund));
  if (newest.undo) {
    // Re-pointed to a newborn the bill stands there; what a correction took back is between agency
    // and person, and the institution is paid.
    const auto& reversed = newest.undo->reversed();
    response->set_reversed(!reversed.repointed() && !reversed.correction());
  } else if (newest.replacement) {
    response->set_replaced_by_setl_id(newest.replacement->event.settled().setl_id());
  }
  return absl::OkStatus();
}

// The posting a record stands for; nothing for a version that is no movement (facts loaded).
std::optional<v1::Posting> PostingOf(const storage::PersonVersion& version,
                                     const PersonEvent& event, const PersonState& state) {
  v1::Posting posting;
  switch (event.what_case()) {
    case PersonEvent::kSettled:
      posting.set_kind(v1::POSTING_SETTLEMENT);
      posting.set_reference(event.settled().setl_id());
      break;
    case PersonEvent::kReversed:
      posting.set_kind(v1::POSTING_REVERSAL);
      posting.set_reference(event.reversed().setl_id());
      break;
    case PersonEvent::kCredited:
      posting.set_kind(v1::POSTING_CREDIT);
      posting.set_reference(event.msgid());
      break;
    case PersonEvent::kAccount:
      posting.set_kind(v1::POSTING_ACCOUNT);
      posting.set_reference(event.msgid());
      break;
    case PersonEvent::kFamily:
      if (event.journal().empty()) return std::nullopt;
      posting.set_kind(v1::POSTING_FAMILY);
      posting.set_reference(event.msgid());
      break;
    case PersonEvent::kCross:
      if (event.journal().empty()) return std::nullopt;
      posting.set_kind(v1::POSTING_CROSS);
      posting.set_reference(event.msgid());
      break;
    case PersonEvent::kFactsLoaded:
    case PersonEvent::kFactsAmended:
    case PersonEvent::kCardChanged:
    case PersonEvent::kNewborn:
    case PersonEvent::kStay:
    case PersonEvent::kPayout:
    case PersonEvent::kRegistration:
    case PersonEvent::WHAT_NOT_SET:
      return std::nullopt;
  }
  Fen amount;
  for (const JournalLine& line : event.journal()) {
    if (line.account() == yijie::store::v1::PERSONAL_ACCOUNT) amount -= Fen(line.amount_fen());
  }
  Fen balance;
  for (const v1::SubBalance& sub : state.sub_balance()) balance += Fen(sub.balc_fen());
  posting.set_version(version.version);
  posting.set_post_time(MomentOf(event.time_unix_ms()).rfc3339);
  posting.set_amount_fen(amount.value());
  posting.set_balc_fen(balance.value());
  return posting;
}

}  // namespace

absl::StatusOr<std::optional<StoredAnswer>> FindAnswer(storage::StoreReader& store,
                                                       const storage::MessageKey& key) {
  YIJIE_ASSIGN_OR_RETURN(const auto entry, store.FindMessage(key));
  if (!entry) return std::nullopt;
  StoredAnswer answer;
  if (entry->psn_no.empty()) {
    Verdict verdict;
    if (!verdict.ParseFromString(entry->verdict))
      return absl::DataLossError("a stored verdict cannot be read");
    answer.closed = verdict.closed();
    answer.time_unix_ms = verdict.time_unix_ms();
    answer.request = std::move(*verdict.mutable_request());
    answer.reply = std::move(*verdict.mutable_reply());
    return answer;
  }
  YIJIE_ASSIGN_OR_RETURN(PersonEvent event, LoadEvent(store, entry->psn_no, entry->version));
  answer.psn_no = entry->psn_no;
  answer.version = entry->version;
  answer.settled = event.has_settled();
  answer.time_unix_ms = event.time_unix_ms();
  answer.request = std::move(*event.mutable_request());
  answer.reply = std::move(*event.mutable_reply());
  return answer;
}

absl::StatusOr<SettledRecord> LoadSettled(storage::StoreReader& store, absl::string_view psn_no,
                                          int64_t version, absl::string_view setl_id,
                                          absl::string_view institution) {
  YIJIE_ASSIGN_OR_RETURN(const auto record, store.LoadVersion(psn_no, version));
  if (!record) return NoSuchSettlement();
  SettledRecord settled;
  settled.version = version;
  YIJIE_ASSIGN_OR_RETURN(settled.event, ParseEvent(*record));
  const bool right = settled.event.has_settled() && settled.event.fixmedins_code() == institution &&
                     (setl_id.empty() || settled.event.settled().setl_id() == setl_id);
  if (!right) return NoSuchSettlement();
  return settled;
}

absl::StatusOr<v1::Claim> StoredClaim(const PersonEvent& event) {
  if (event.settled().has_claim()) return event.settled().claim();
  v1::SettleRequest request;
  if (!request.ParseFromString(event.request()))
    return absl::DataLossError("a stored request cannot be read");
  return std::move(*request.mutable_claim());
}

absl::StatusOr<std::string> InstitutionOfSettlement(storage::StoreReader& store,
                                                    absl::string_view psn_no,
                                                    absl::string_view setl_id) {
  const std::optional<int64_t> version = VersionOfSettlementId(setl_id, psn_no);
  if (!version) return std::string();
  YIJIE_ASSIGN_OR_RETURN(const auto record, store.LoadVersion(psn_no, *version));
  if (!record) return std::string();
  YIJIE_ASSIGN_OR_RETURN(const PersonEvent event, ParseEvent(*record));
  return event.settled().setl_id() == setl_id ? event.fixmedins_code() : std::string();
}

absl::StatusOr<std::vector<storage::PersonVersion>> LoadLater(storage::StoreReader& store,
                                                              absl::string_view psn_no,
                                                              int64_t version, int64_t newest) {
  std::vector<storage::PersonVersion> later;
  for (int64_t after = version; after < newest; after = later.back().version) {
    YIJIE_ASSIGN_OR_RETURN(std::vector<storage::PersonVersion> page,
                           store.LoadHistory(psn_no, after, kHistoryPage));
    if (page.empty())
      return absl::DataLossError("the history of a person ends before its newest version");
    for (storage::PersonVersion& next : page) later.push_back(std::move(next));
  }
  return later;
}

absl::StatusOr<SettledRecord> FirstOfClaim(storage::StoreReader& store, absl::string_view psn_no,
                                           const SettledRecord& record) {
  SettledRecord first = record;
  while (const int64_t replaced =
             ReplacedBy(first.event.settled(), Replacement::kCorrectionOrRefund)) {
    if (replaced >= first.version) return absl::DataLossError("a settlement replaces a later one");
    YIJIE_ASSIGN_OR_RETURN(const auto version, store.LoadVersion(psn_no, replaced));
    if (!version) return absl::DataLossError("what a settlement replaces is not there");
    first.version = replaced;
    YIJIE_ASSIGN_OR_RETURN(first.event, ParseEvent(*version));
    if (!first.event.has_settled())
      return absl::DataLossError("what a settlement replaces is no settlement");
  }
  return first;
}

absl::StatusOr<SettledRecord> NewestOfClaim(storage::StoreReader& store, absl::string_view psn_no,
                                            SettledRecord record, const Person& person) {
  YIJIE_ASSIGN_OR_RETURN(NewestOf newest, FollowClaim(store, psn_no, record.version, person,
                                                      Replacement::kCorrection));
  return newest.replacement ? *std::move(newest.replacement) : std::move(record);
}

absl::StatusOr<v1::GetSettlementResponse> GetSettlement(storage::StoreReader& store,
                                                        const v1::GetSettlementRequest& request,
                                                        const std::string& psn_no,
                                                        const Person& person) {
  const std::optional<int64_t> version = VersionOfSettlementId(request.setl_id(), psn_no);
  if (!version) return NoSuchSettlement();
  YIJIE_ASSIGN_OR_RETURN(
      const SettledRecord record,
      LoadSettled(store, psn_no, *version, request.setl_id(), request.fixmedins_code()));
  v1::GetSettlementResponse response;
  YIJIE_ASSIGN_OR_RETURN(*response.mutable_settlement(), StoredSettlement(record.event));
  const int64_t by = person.ReversedBy(record.version);
  if (by == 0) return response;
  YIJIE_ASSIGN_OR_RETURN(const PersonEvent reversal, LoadEvent(store, psn_no, by));
  response.set_reversed_by_setl_id(reversal.reversed().setl_id());
  YIJIE_RETURN_IF_ERROR(TellWhatStands(store, psn_no, record.version, person, &response));
  return response;
}

absl::StatusOr<v1::QueryMessageResponse> QueryMessage(storage::StoreReader& store,
                                                      const v1::QueryMessageRequest& request) {
  const storage::MessageKey key{request.fixmedins_code(),
                                static_cast<uint8_t>(request.transaction()), request.msgid()};
  YIJIE_ASSIGN_OR_RETURN(const std::optional<StoredAnswer> answer, FindAnswer(store, key));
  v1::QueryMessageResponse response;
  response.set_state(v1::NEVER_SEEN);
  if (!answer) return response;
  response.set_state(answer->closed ? v1::CLOSED : v1::ANSWERED);
  if (answer->closed) return response;
  YIJIE_RETURN_IF_ERROR(SetReply(request.transaction(), answer->reply, &response));
  if (!answer->settled) return response;
  YIJIE_ASSIGN_OR_RETURN(const auto newest, store.LoadLatest(answer->psn_no));
  if (!newest) return absl::DataLossError("a person with records has no state");
  YIJIE_ASSIGN_OR_RETURN(const Person person, ParsePerson(*newest));
  YIJIE_RETURN_IF_ERROR(TellWhatStands(store, answer->psn_no, answer->version, person, &response));
  return response;
}

v1::GetAccountResponse GetAccount(const Person& person) {
  v1::GetAccountResponse response;
  response.set_psn_no(person.facts->psn_no());
  response.set_balc_fen(person.balance().value());
  response.set_version(person.version);
  for (const rules::SubAccount sub :
       {rules::SubAccount::kCurrentYear, rules::SubAccount::kPastYears}) {
    v1::SubBalance* balance = response.add_sub_balance();
    balance->set_sub_account(sub == rules::SubAccount::kCurrentYear ? v1::CURRENT_YEAR
                                                                    : v1::PAST_YEARS);
    balance->set_balc_fen(person.account[static_cast<size_t>(sub)].value());
  }
  return response;
}

absl::StatusOr<v1::ListPostingsResponse> ListPostings(storage::StoreReader& store,
                                                      const v1::ListPostingsRequest& request) {
  const int page = request.page_size() == 0 ? kDefaultPage : request.page_size();
  v1::ListPostingsResponse response;
  int64_t after = request.after_version();
  while (true) {
    YIJIE_ASSIGN_OR_RETURN(const auto versions,
                           store.LoadHistory(request.psn_no(), after, kHistoryPage));
    for (const storage::PersonVersion& version : versions) {
      PersonEvent event;
      PersonState state;
      if (!event.ParseFromString(version.event) || !state.ParseFromString(version.state)) {
        return absl::DataLossError("a record of a person cannot be read");
      }
      std::optional<v1::Posting> posting = PostingOf(version, event, state);
      if (!posting) continue;
      if (response.posting_size() == page) {
        response.set_more(true);
        return response;
      }
      *response.add_posting() = *std::move(posting);
    }
    if (versions.size() < kHistoryPage) return response;
    after = versions.back().version;
  }
}

}  // namespace yijie::engine
