#include "engine/inquiry/changes.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "engine/booking.h"
#include "engine/moment.h"
#include "engine/person.h"
#include "engine/transactions.h"
#include "engine/validate.h"
#include "storage/hand_over.h"

namespace yijie::engine {
namespace {

using yijie::store::v1::PersonEvent;
using yijie::store::v1::PersonState;

constexpr absl::string_view kCursorTable = "change_cursor";
constexpr int kMaxChanges = 100;     // in one message
constexpr int kMaxLookedAt = 1'000;  // versions, for one message
constexpr int kMaxPersons = 100;     // of a filter
constexpr size_t kMaxConsumerBytes = 50;

v1::ChangeKind KindOf(const PersonEvent& event) {
  switch (event.what_case()) {
    case PersonEvent::kSettled:
      return v1::CHANGE_SETTLED;
    case PersonEvent::kReversed:
      return v1::CHANGE_REVERSED;
    case PersonEvent::kCredited:
      return v1::CHANGE_CREDITED;
    case PersonEvent::kFactsLoaded:
    case PersonEvent::kFactsAmended:
      return v1::CHANGE_OF_FACTS;
    case PersonEvent::kCardChanged:
      return v1::CHANGE_OF_CARD;
    case PersonEvent::kStay:
      return v1::CHANGE_OF_STAY;
    default:
      return v1::CHANGE_OTHER;
  }
}

void SetBill(const v1::Amounts& amounts, v1::ChangeEvent* change) {
  change->set_medfee_sumamt_fen(amounts.medfee_sumamt_fen());
  change->set_fund_pay_sumamt_fen(amounts.fund_pay_sumamt_fen());
  change->set_psn_cash_pay_fen(amounts.psn_cash_pay_fen());
}

absl::Status SetSettlement(const PersonEvent& event, v1::ChangeEvent* change) {
  YIJIE_ASSIGN_OR_RETURN(const v1::Settlement settlement, StoredSettlement(event));
  change->set_setl_id(event.settled().setl_id());
  change->set_orig_setl_id(settlement.corrects_setl_id());
  change->set_correction(event.settled().corrects_version() != 0);
  change->set_mdtrt_id(settlement.mdtrt_id());
  SetBill(settlement.amounts(), change);
  return absl::OkStatus();
}

absl::Status SetReversal(const PersonEvent& event, v1::ChangeEvent* change) {
  v1::ReverseResponse reply;  // both undo calls answer with a Reversal in field 1
  if (!reply.ParseFromString(event.reply()))
    return absl::DataLossError("a stored reply cannot be read");
  change->set_setl_id(event.reversed().setl_id());
  change->set_orig_setl_id(event.reversed().orig_setl_id());
  change->set_correction(event.reversed().correction());
  SetBill(reply.reversal().amounts(), change);
  return absl::OkStatus();
}

absl::Status SetAccount(const storage::PersonVersion& version, const PersonEvent& event,
                        v1::ChangeEvent* change) {
  Fen paid, balance;
  for (const Fen amount : AccountPaid(event)) paid += amount;
  PersonState state;
  if (!state.ParseFromString(version.state))
    return absl::DataLossError("the state of a person cannot be read");
  for (const v1::SubBalance& sub : state.sub_balance()) balance += Fen(sub.balc_fen());
  change->set_account_fen((-paid).value());
  change->set_balc_fen(balance.value());
  return absl::OkStatus();
}

absl::StatusOr<v1::ChangeEvent> ChangeOf(const std::string& psn_no,
                                         const storage::PersonVersion& version) {
  YIJIE_ASSIGN_OR_RETURN(const PersonEvent event, ParseEvent(version));
  v1::ChangeEvent change;
  change.set_psn_no(psn_no);
  change.set_version(version.version);
  change.set_kind(KindOf(event));
  change.set_time(MomentOf(event.time_unix_ms()).rfc3339);
  change.set_fixmedins_code(event.fixmedins_code());
  if (event.has_settled()) YIJIE_RETURN_IF_ERROR(SetSettlement(event, &change));
  if (event.has_reversed()) YIJIE_RETURN_IF_ERROR(SetReversal(event, &change));
  if (event.has_stay()) change.set_mdtrt_id(event.stay().mdtrt_id());
  YIJIE_RETURN_IF_ERROR(SetAccount(version, event, &change));
  return change;
}

// The group of the cursor and those after it, `limit` persons or more.
absl::StatusOr<std::vector<storage::CommittedGroup>> GroupsFrom(storage::StoreReader& store,
                                                                const ChangeCursor& cursor,
                                                                int limit) {
  return store.ScanGroups(cursor.sequence == 0 ? 0 : cursor.sequence - 1, limit);
}

}  // namespace

std::string FormatCursor(const ChangeCursor& cursor) {
  if (cursor == ChangeCursor{}) return "";
  return absl::StrCat(cursor.sequence, ".", cursor.done);
}

absl::StatusOr<ChangeCursor> ParseCursor(absl::string_view path, absl::string_view text) {
  ChangeCursor cursor;
  if (text.empty()) return cursor;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  const bool well_formed = parts.size() == 2 && absl::SimpleAtoi(parts[0], &cursor.sequence) &&
                           absl::SimpleAtoi(parts[1], &cursor.done) && cursor.sequence > 0 &&
                           cursor.done > 0;
  // The one way to write it, too: no signs, blanks or leading zeroes.
  if (well_formed && FormatCursor(cursor) == text) return cursor;
  return BadField(path, "is not a cursor of this service");
}

absl::Status CheckCursor(storage::StoreReader& store, absl::string_view path,
                         const ChangeCursor& cursor) {
  if (cursor == ChangeCursor{}) return absl::OkStatus();
  YIJIE_ASSIGN_OR_RETURN(const auto groups, GroupsFrom(store, cursor, 1));
  const bool there = !groups.empty() && groups[0].sequence == cursor.sequence &&
                     cursor.done <= groups[0].persons.size();
  return there ? absl::OkStatus() : BadField(path, "this store has no such change");
}

absl::StatusOr<ChangeCursor> NewestCursor(storage::StoreReader& store) {
  // Whether a group is above `sequence`.
  const auto has_later = [&](uint64_t sequence) -> absl::StatusOr<bool> {
    YIJIE_ASSIGN_OR_RETURN(const auto groups, store.ScanGroups(sequence, 1));
    return !groups.empty();
  };
  uint64_t low = 0;  // a group is above it, or it is 0
  uint64_t high = 1;
  while (true) {
    YIJIE_ASSIGN_OR_RETURN(const bool later, has_later(high));
    if (!later) break;
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const uint64_t middle = low + (high - low) / 2;
    YIJIE_ASSIGN_OR_RETURN(const bool later, has_later(middle));
    (later ? low : high) = middle;
  }
  YIJIE_ASSIGN_OR_RETURN(const auto groups, store.ScanGroups(low, 1));
  if (groups.empty()) return ChangeCursor{};
  return ChangeCursor{groups[0].sequence, static_cast<uint32_t>(groups[0].persons.size())};
}

absl::StatusOr<ChangeSelection> ChangeSelection::Make(const v1::ChangeFilter& filter) {
  ChangeSelection selection;
  if (filter.psn_no_size() > kMaxPersons)
    return BadField("filter.psn_no", absl::StrCat("more than ", kMaxPersons));
  for (int i = 0; i < filter.psn_no_size(); ++i) {
    YIJIE_RETURN_IF_ERROR(CheckPersonNo(absl::StrCat("filter.psn_no[", i, "]"), filter.psn_no(i)));
    selection.persons_.insert(filter.psn_no(i));
  }
  if (!filter.fixmedins_code().empty()) {
    YIJIE_RETURN_IF_ERROR(CheckInstitutionCode("filter.fixmedins_code", filter.fixmedins_code()));
    selection.fixmedins_code_ = filter.fixmedins_code();
  }
  for (int i = 0; i < filter.kind_size(); ++i) {
    const int kind = filter.kind(i);
    if (!v1::ChangeKind_IsValid(kind) || kind == v1::CHANGE_KIND_UNSPECIFIED)
      return BadField(absl::StrCat("filter.kind[", i, "]"), absl::StrCat("unknown value ", kind));
    selection.kinds_.insert(kind);
  }
  return selection;
}

bool ChangeSelection::HasPerson(const std::string& psn_no) const {
  return persons_.empty() || persons_.contains(psn_no);
}

bool ChangeSelection::Holds(const v1::ChangeEvent& change) const {
  return HasPerson(change.psn_no()) &&
         (fixmedins_code_.empty() || change.fixmedins_code() == fixmedins_code_) &&
         (kinds_.empty() || kinds_.contains(change.kind()));
}

absl::StatusOr<v1::WatchChangesResponse> NextChanges(storage::StoreReader& store,
                                                     const ChangeSelection& selection,
                                                     ChangeCursor* cursor) {
  v1::WatchChangesResponse response;
  // What is done of the first group must not use up the number.
  YIJIE_ASSIGN_OR_RETURN(const auto groups,
                         GroupsFrom(store, *cursor, kMaxLookedAt + static_cast<int>(cursor->done)));
  int looked_at = 0;
  for (const storage::CommittedGroup& group : groups) {
    const uint32_t begin = group.sequence == cursor->sequence ? cursor->done : 0;
    for (uint32_t i = begin; i < group.persons.size(); ++i) {
      if (looked_at++ == kMaxLookedAt || response.change_size() == kMaxChanges) {
        response.set_cursor(FormatCursor(*cursor));
        return response;
      }
      const storage::CommittedPerson& person = group.persons[i];
      if (selection.HasPerson(person.psn_no)) {
        YIJIE_ASSIGN_OR_RETURN(const auto version,
                               store.LoadVersion(person.psn_no, person.version));
        if (!version) return absl::DataLossError("a committed version is not there");
        YIJIE_ASSIGN_OR_RETURN(v1::ChangeEvent change, ChangeOf(person.psn_no, *version));
        change.set_cursor(FormatCursor({group.sequence, i + 1}));
        if (selection.Holds(change)) *response.add_change() = std::move(change);
      }
      *cursor = {group.sequence, i + 1};
    }
  }
  response.set_cursor(FormatCursor(*cursor));
  // Whole groups come until there are as many persons as asked for.
  response.set_caught_up(looked_at < kMaxLookedAt);
  return response;
}

absl::Status CheckConsumer(absl::string_view path, absl::string_view consumer) {
  const bool good = !consumer.empty() && consumer.size() <= kMaxConsumerBytes &&
                    std::all_of(consumer.begin(), consumer.end(), [](char c) {
                      return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' ||
                             c == '_' || c == '-';
                    });
  if (good) return absl::OkStatus();
  return BadField(path, absl::StrCat("needs 1 to ", kMaxConsumerBytes, " of [0-9A-Za-z._-]"));
}

absl::StatusOr<ChangeCursor> ConsumerCursors::Load(absl::string_view consumer) {
  const MutexLock lock(mutex_);
  return LoadLocked(consumer);
}

absl::StatusOr<ChangeCursor> ConsumerCursors::LoadLocked(absl::string_view consumer) {
  YIJIE_ASSIGN_OR_RETURN(const auto row, store_.GetRow(kCursorTable, consumer));
  if (!row) return ChangeCursor{};
  absl::StatusOr<ChangeCursor> cursor = ParseCursor("consumer", *row);
  if (!cursor.ok()) return absl::DataLossError("the cursor of a consumer cannot be read");
  return cursor;
}

absl::Status ConsumerCursors::CheckRoom() {
  YIJIE_ASSIGN_OR_RETURN(const auto rows, store_.ScanRows(kCursorTable, "", "", kMaxConsumers));
  if (rows.size() < static_cast<size_t>(kMaxConsumers)) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("consumer: there are ", kMaxConsumers, " consumers, and no room for another"));
}

absl::StatusOr<ChangeCursor> ConsumerCursors::Acknowledge(const std::string& consumer,
                                                          const ChangeCursor& cursor) {
  const MutexLock lock(mutex_);
  YIJIE_ASSIGN_OR_RETURN(const ChangeCursor kept, LoadLocked(consumer));
  if (!(kept < cursor)) return kept;
  if (kept == ChangeCursor{}) YIJIE_RETURN_IF_ERROR(CheckRoom());
  YIJIE_RETURN_IF_ERROR(
      storage::WriteRows(store_, {{std::string(kCursorTable), consumer, FormatCursor(cursor)}}));
  return cursor;
}

}  // namespace yijie::engine
