#include "engine/books/book_projection.h"

#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "engine/books/book_entry.h"
#include "engine/books/booked_reply.h"
#include "engine/books/clearing_class.h"
#include "engine/books/pair_code.h"
#include "engine/person.h"
#include "storage/hand_over.h"
#include "storage/visit_rows.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {
namespace {

using storage::RowWrite;
using yijie::store::v1::BookEntry;
using yijie::store::v1::BookGroupTotals;
using yijie::store::v1::CrossPart;
using yijie::store::v1::PersonEvent;

constexpr absl::string_view kCursorKey = "groups";
constexpr int kGroupsAtOnce = 1'000;
constexpr absl::string_view kZero("\0", 1);

absl::StatusOr<ClearingMonth> PeriodOf(const PersonEvent& event) {
  const absl::StatusOr<ClearingMonth> period = ClearingMonth::Parse(event.setlym());
  if (period.ok()) return period;
  return absl::DataLossError("an event of a person has no clearing period");
}

// Claims filed with the agency are paid to the person: they are in no institution's book.
bool IsFiledWithAgency(const PersonEvent& event) {
  return !event.settled().bill_institution().empty();
}

// Debits are positive in the journal; what is owed is a credit.
// `benefits` are beside the bill, and no matter of the institution.
BookedShares SharesOf(const PersonEvent& event, Fen benefits) {
  BookedShares shares;
  shares.psn_clearing = -benefits;
  for (const yijie::store::v1::JournalLine& line : event.journal()) {
    const Fen credit(-line.amount_fen());
    if (line.account() == yijie::store::v1::INSTITUTION_PAYABLE) shares.payable += credit;
    if (line.account() == yijie::store::v1::QUALITY_DEPOSIT) shares.quality_deposit += credit;
    if (line.account() == yijie::store::v1::PERSON_CLEARING) shares.psn_clearing += credit;
  }
  return shares;
}

// Benefits in the journal of `settled`, an event of an institution, or of its undo.
template <typename Reply>
Fen BenefitsPosted(const yijie::store::v1::SettledEvent& settled, const Reply& reply) {
  Fen posted;
  if (!settled.settled_up() || settled.benefits_told_only()) return posted;
  for (const v1::BenefitPayment& benefit : reply.benefit()) {
    if (!benefit.fund_pay_type().empty()) posted += Fen(benefit.amount_fen());
  }
  return posted;
}

absl::StatusOr<BookEntry> EntryOfSettlement(const PersonEvent& event) {
  thread_local v1::Settlement settlement;  // keeps its room: every settlement comes by here
  if (!ParseBookedReply(event.reply(), &settlement) ||
      settlement.setl_id() != event.settled().setl_id() || settlement.outcome() != v1::SETTLED) {
    return absl::DataLossError("the stored reply of a settlement cannot be read");
  }
  YIJIE_ASSIGN_OR_RETURN(const ClearingMonth period, PeriodOf(event));
  if (settlement.clr_type().empty()) {  // made before the class was told
    const absl::string_view clr_type = ClearingClass(settlement.med_type(), "", "");
    settlement.set_clr_type(clr_type.data(), clr_type.size());
  }
  return BookSettlement(settlement,
                        {SharesOf(event, BenefitsPosted(event.settled(), settlement)), period});
}

// What the insured place owes the place of care, as any of the three sides has it.
Fen OwedAcross(const PersonEvent& event, const CrossPart& part) {
  const bool owes = part.at_insured_place() || part.at_gateway();
  Fen owed;
  for (const yijie::store::v1::JournalLine& line : event.journal()) {
    if (owes && line.account() == yijie::store::v1::CROSS_PAYABLE) owed -= Fen(line.amount_fen());
    if (!owes && line.account() == yijie::store::v1::CROSS_RECEIVABLE)
      owed += Fen(line.amount_fen());
  }
  return owed;
}

// The record in the book of the pair: of all sides it has the id of the place of care.
absl::StatusOr<BookEntry> PairEntryOfSettlement(const PersonEvent& event) {
  const CrossPart& part = event.settled().cross();
  YIJIE_ASSIGN_OR_RETURN(BookEntry entry, EntryOfSettlement(event));
  entry.set_fixmedins_code(PairCode(part));
  entry.set_setl_id(part.setl_id());
  entry.set_clr_date(event.clr_date());
  entry.mutable_amounts()->clear_quality_deposit_fen();
  entry.mutable_amounts()->set_payable_fen(OwedAcross(event, part).value());
  return entry;
}

BookEntry EntryOfUndo(const BookEntry& original, const std::string& setl_id, int64_t version,
                      const PersonEvent& event, const BookingFacts& facts) {
  v1::Reversal reversal;
  reversal.set_setl_id(setl_id);
  reversal.set_version(version);
  reversal.set_clr_date(event.clr_date());
  return BookReversal(original, reversal, event.msgid(), facts);
}

bool IsInBookOfInstitution(const PersonEvent& settled) {
  const CrossPart& part = settled.settled().cross();
  return !IsFiledWithAgency(settled) && !part.at_insured_place() && !part.at_gateway();
}

absl::StatusOr<std::vector<BookEntry>> EntriesOfSettlement(const PersonEvent& event) {
  std::vector<BookEntry> entries;
  if (IsInBookOfInstitution(event)) {
    YIJIE_ASSIGN_OR_RETURN(entries.emplace_back(), EntryOfSettlement(event));
  }
  if (event.settled().has_cross()) {
    YIJIE_ASSIGN_OR_RETURN(entries.emplace_back(), PairEntryOfSettlement(event));
  }
  return entries;
}

absl::StatusOr<std::vector<BookEntry>> EntriesOfReversal(storage::StoreReader& store,
                                                         absl::string_view psn_no, int64_t version,
                                                         const PersonEvent& event) {
  YIJIE_ASSIGN_OR_RETURN(const std::optional<storage::PersonVersion> original,
                         store.LoadVersion(psn_no, event.reversed().orig_version()));
  if (!original.has_value()) return absl::DataLossError("what a reversal undid is not there");
  YIJIE_ASSIGN_OR_RETURN(const PersonEvent settled, ParseEvent(*original));
  if (!settled.has_settled()) return absl::DataLossError("what a reversal undid is no settlement");
  YIJIE_ASSIGN_OR_RETURN(const ClearingMonth period, PeriodOf(event));
  std::vector<BookEntry> entries;
  if (IsInBookOfInstitution(settled)) {
    YIJIE_ASSIGN_OR_RETURN(const BookEntry entry, EntryOfSettlement(settled));
    v1::ReverseResponse reply;
    if (!reply.ParseFromString(event.reply()))
      return absl::DataLossError("the stored reply of an undo cannot be read");
    const Fen benefits = BenefitsPosted(settled.settled(), reply.reversal());
    entries.push_back(EntryOfUndo(entry, event.reversed().setl_id(), version, event,
                                  {SharesOf(event, benefits), period}));
  }
  if (settled.settled().has_cross()) {
    const CrossPart& part = event.reversed().cross();
    YIJIE_ASSIGN_OR_RETURN(const BookEntry entry, PairEntryOfSettlement(settled));
    BookedShares shares;
    shares.payable = OwedAcross(event, part);
    entries.push_back(EntryOfUndo(entry, part.setl_id(), version, event, {shares, period}));
  }
  return entries;
}

void AddTo(const BookEntry& entry, GroupDigests* digests) {
  const bool refund = entry.kind() == yijie::store::v1::BOOK_REVERSAL;
  (refund ? digests->refunds : digests->settlements).Add(FieldsOf(entry));
}

std::string GroupKeyOf(const BookEntry& entry) {
  return BookGroupKey(entry.fixmedins_code(), entry.clr_date(), entry.insutype(), entry.clr_type());
}

absl::StatusOr<GroupDigests> ParseGroup(const std::string& value) {
  BookGroupTotals totals;
  if (!totals.ParseFromString(value)) return absl::DataLossError("totals of a book are not totals");
  GroupDigests digests;
  YIJIE_ASSIGN_OR_RETURN(digests.settlements, SetDigest::FromTotals(totals.settlements()));
  YIJIE_ASSIGN_OR_RETURN(digests.refunds, SetDigest::FromTotals(totals.refunds()));
  return digests;
}

std::string SerializeGroup(const GroupDigests& digests) {
  BookGroupTotals totals;
  *totals.mutable_settlements() = digests.settlements.ToTotals();
  *totals.mutable_refunds() = digests.refunds.ToTotals();
  return totals.SerializeAsString();
}

absl::StatusOr<uint64_t> StoredCursor(storage::StoreReader& store) {
  YIJIE_ASSIGN_OR_RETURN(const std::optional<std::string> text,
                         store.GetRow(kBookCursorTable, kCursorKey));
  uint64_t cursor = 0;
  if (text.has_value() && !absl::SimpleAtoi(*text, &cursor)) {
    return absl::DataLossError("the cursor of the books is not a number");
  }
  return cursor;
}

RowWrite WriteOf(absl::string_view table, absl::string_view key, std::string value) {
  return {std::string(table), std::string(key), std::move(value)};
}

absl::StatusOr<BookEntry> ParseEntry(const std::string& value) {
  BookEntry entry;
  if (entry.ParseFromString(value)) return entry;
  return absl::DataLossError("a record of a book cannot be read");
}

// First key after all that begin with `prefix` and two bytes of a bucket up to `last`.
std::string EndOfBuckets(const std::string& prefix, uint16_t last) {
  std::string end = prefix;
  if (last == 0xffff) {
    end.back() = '\1';  // the prefix ends with a zero byte
    return end;
  }
  const auto next = static_cast<uint16_t>(last + 1);
  end += static_cast<char>(next >> 8);
  end += static_cast<char>(next & 0xff);
  return end;
}

absl::Status AddVersionTo(storage::StoreReader& store, absl::string_view psn_no,
                          const storage::PersonVersion& version,
                          std::map<std::string, GroupDigests>* groups) {
  YIJIE_ASSIGN_OR_RETURN(const std::vector<BookEntry> entries,
                         EntriesOfVersion(store, psn_no, version));
  for (const BookEntry& entry : entries) AddTo(entry, &(*groups)[GroupKeyOf(entry)]);
  return absl::OkStatus();
}

bool SameGroup(const GroupDigests& a, const GroupDigests& b) {
  return a.settlements == b.settlements && a.refunds == b.refunds;
}

void Compare(const std::map<std::string, GroupDigests>& a,
             const std::map<std::string, GroupDigests>& b, absl::string_view what,
             std::vector<std::string>* differences) {
  const auto name = [&](absl::string_view key) {
    return absl::StrCat(absl::StrJoin(absl::StrSplit(key, kZero, absl::SkipEmpty()), " "), ": ",
                        what);
  };
  for (const auto& [key, digests] : a) {
    const auto found = b.find(key);
    if (found == b.end() || !SameGroup(digests, found->second)) differences->push_back(name(key));
  }
  for (const auto& [key, digests] : b) {
    if (a.count(key) == 0) differences->push_back(name(key));
  }
}

}  // namespace

absl::StatusOr<std::vector<BookEntry>> EntriesOfVersion(storage::StoreReader& store,
                                                        absl::string_view psn_no,
                                                        const storage::PersonVersion& version) {
  YIJIE_ASSIGN_OR_RETURN(const PersonEvent event, ParseEvent(version));
  if (event.has_settled()) return EntriesOfSettlement(event);
  if (event.has_reversed()) return EntriesOfReversal(store, psn_no, version.version, event);
  return std::vector<BookEntry>();
}

absl::StatusOr<std::vector<BookEntry>> EntriesOfSettled(const storage::PersonVersion& version) {
  YIJIE_ASSIGN_OR_RETURN(const PersonEvent event, ParseEvent(version));
  return EntriesOfSettlement(event);
}

absl::Status BookProjection::CatchUp() {
  const MutexLock lock(mutex_);
  return CatchUpLocked();
}

absl::Status BookProjection::Read(const std::function<absl::Status()>& read) {
  const MutexLock lock(mutex_);
  YIJIE_RETURN_IF_ERROR(CatchUpLocked());
  return read();
}

absl::Status BookProjection::CatchUpLocked() {
  YIJIE_RETURN_IF_ERROR(LoadCursor());
  // What is committed from here on is for the next call: under load there is always more, some of
  // it in the very write that takes a batch in.
  const uint64_t newest = store_.Position();
  do {
    YIJIE_ASSIGN_OR_RETURN(const std::vector<storage::CommittedGroup> groups,
                           store_.ScanGroups(*cursor_, kBatchPersons));
    if (groups.empty()) return absl::OkStatus();
    YIJIE_RETURN_IF_ERROR(TakeIn(groups));
  } while (*cursor_ < newest || newest == 0);
  return absl::OkStatus();
}

absl::Status BookProjection::LoadCursor() {
  if (cursor_.has_value()) return absl::OkStatus();
  YIJIE_ASSIGN_OR_RETURN(cursor_, StoredCursor(store_));
  return absl::OkStatus();
}

absl::StatusOr<GroupDigests> BookProjection::LoadGroup(const std::string& key) {
  const auto found = cache_.find(key);
  if (found != cache_.end()) return found->second;
  YIJIE_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                         store_.GetRow(kBookGroupTable, key));
  return value.has_value() ? ParseGroup(*value) : GroupDigests();
}

void BookProjection::Remember(const Groups& changed) {
  if (cache_.size() + changed.size() > kMaxCachedGroups) cache_.clear();
  for (const auto& [key, digests] : changed) cache_[key] = digests;
}

absl::Status BookProjection::TakeIn(const std::vector<storage::CommittedGroup>& groups) {
  std::vector<RowWrite> rows;
  Groups changed;
  for (const storage::CommittedGroup& group : groups) {
    for (const storage::CommittedPerson& person : group.persons) {
      YIJIE_ASSIGN_OR_RETURN(const std::optional<storage::PersonVersion> version,
                             store_.LoadVersion(person.psn_no, person.version));
      if (!version.has_value()) return absl::DataLossError("a committed version is not there");
      YIJIE_ASSIGN_OR_RETURN(const std::vector<BookEntry> entries,
                             EntriesOfVersion(store_, person.psn_no, *version));
      for (const BookEntry& entry : entries) {
        const std::string key = GroupKeyOf(entry);
        if (changed.count(key) == 0) {
          YIJIE_ASSIGN_OR_RETURN(changed[key], LoadGroup(key));
        }
        AddTo(entry, &changed[key]);
        rows.push_back(WriteOf(kBookTable, BookKey(entry), entry.SerializeAsString()));
      }
    }
  }
  for (const auto& [key, digests] : changed) {
    rows.push_back(WriteOf(kBookGroupTable, key, SerializeGroup(digests)));
  }
  const uint64_t cursor = groups.back().sequence;
  rows.push_back(WriteOf(kBookCursorTable, kCursorKey, absl::StrCat(cursor)));
  // Whether the rows are there is not known after an error: what is in the store counts.
  cursor_.reset();
  if (const absl::Status status = storage::WriteRows(store_, std::move(rows)); !status.ok()) {
    cache_.clear();
    return status;
  }
  cursor_ = cursor;
  Remember(changed);
  return absl::OkStatus();
}

std::unique_ptr<Periodic> KeepBooks(BookProjection& projection) {
  constexpr std::chrono::milliseconds kPause(200);
  return std::make_unique<Periodic>("books", kPause, [&projection, failed = false]() mutable {
    const absl::Status status = projection.CatchUp();
    if (!status.ok() && !failed) {
      LogLine("books_behind").Text("reason", status.message());
    } else if (status.ok() && failed) {
      LogLine("books_caught_up");
    }
    failed = !status.ok();
  });
}

absl::Status StoredBook::VisitGroups(
    absl::string_view first_day, absl::string_view last_day,
    const std::function<void(const BookGroup&, const GroupDigests&)>& visit) const {
  return storage::VisitRows(
      store_, kBookGroupTable, BookDayKey(fixmedins_code_, first_day),
      EndOfBookDay(fixmedins_code_, last_day), [&](const storage::Row& row) -> absl::Status {
        const std::vector<std::string> parts = absl::StrSplit(row.key, kZero);
        if (parts.size() != 5) return absl::DataLossError("a key of the books cannot be read");
        YIJIE_ASSIGN_OR_RETURN(const GroupDigests digests, ParseGroup(row.value));
        visit({parts[1], parts[2], parts[3]}, digests);
        return absl::OkStatus();
      });
}

absl::Status StoredBook::VisitRows(const BookGroup& group, BucketPrefix prefix,
                                   const std::function<void(const IndexedRow&)>& visit) const {
  const std::string key =
      BookGroupKey(fixmedins_code_, group.clr_date, group.insutype, group.clr_type);
  std::string first = key;
  first += static_cast<char>(prefix.value >> 8);
  first += static_cast<char>(prefix.value & 0xff);
  return storage::VisitRows(store_, kBookTable, first, EndOfBuckets(key, prefix.last()),
                            [&](const storage::Row& row) -> absl::Status {
                              YIJIE_ASSIGN_OR_RETURN(const BookEntry entry, ParseEntry(row.value));
                              visit(Indexed(RowOf(entry)));
                              return absl::OkStatus();
                            });
}

absl::Status StoredBook::VisitEntries(
    absl::string_view first_day, absl::string_view last_day,
    const std::function<absl::Status(const BookEntry&)>& visit) const {
  return storage::VisitRows(store_, kBookTable, BookDayKey(fixmedins_code_, first_day),
                            EndOfBookDay(fixmedins_code_, last_day),
                            [&](const storage::Row& row) -> absl::Status {
                              YIJIE_ASSIGN_OR_RETURN(const BookEntry entry, ParseEntry(row.value));
                              return visit(entry);
                            });
}

std::string EndOfBookDay(absl::string_view fixmedins_code, absl::string_view last_day) {
  std::string end = BookDayKey(fixmedins_code, last_day);
  end.back() = '\1';
  return end;
}

absl::Status VisitAllEntries(storage::StoreReader& store,
                             const std::function<absl::Status(const BookEntry&)>& visit) {
  return storage::VisitRows(store, kBookTable, [&](const storage::Row& row) -> absl::Status {
    YIJIE_ASSIGN_OR_RETURN(const BookEntry entry, ParseEntry(row.value));
    return visit(entry);
  });
}

absl::Status VisitVersionsAfterBooks(
    storage::StoreReader& store,
    const std::function<absl::Status(absl::string_view, const storage::PersonVersion&)>& visit) {
  YIJIE_ASSIGN_OR_RETURN(uint64_t cursor, StoredCursor(store));
  while (true) {
    YIJIE_ASSIGN_OR_RETURN(const std::vector<storage::CommittedGroup> groups,
                           store.ScanGroups(cursor, kGroupsAtOnce));
    if (groups.empty()) return absl::OkStatus();
    for (const storage::CommittedGroup& group : groups) {
      for (const storage::CommittedPerson& person : group.persons) {
        YIJIE_ASSIGN_OR_RETURN(const std::optional<storage::PersonVersion> version,
                               store.LoadVersion(person.psn_no, person.version));
        if (!version.has_value()) return absl::DataLossError("a committed version is not there");
        YIJIE_RETURN_IF_ERROR(visit(person.psn_no, *version));
      }
    }
    cursor = groups.back().sequence;
  }
}

absl::StatusOr<std::vector<std::string>> CheckBooks(storage::StoreReader& store) {
  std::map<std::string, GroupDigests> folded, totals, records;
  YIJIE_RETURN_IF_ERROR(
      store.ForEachVersion([&](absl::string_view psn_no, const storage::PersonVersion& version) {
        return AddVersionTo(store, psn_no, version, &folded);
      }));
  YIJIE_RETURN_IF_ERROR(
      storage::VisitRows(store, kBookGroupTable, [&](const storage::Row& row) -> absl::Status {
        YIJIE_ASSIGN_OR_RETURN(totals[row.key], ParseGroup(row.value));
        return absl::OkStatus();
      }));
  YIJIE_RETURN_IF_ERROR(VisitAllEntries(store, [&](const BookEntry& entry) {
    AddTo(entry, &records[GroupKeyOf(entry)]);
    return absl::OkStatus();
  }));
  std::vector<std::string> differences;
  Compare(totals, records, "the totals are not those of the records", &differences);
  YIJIE_RETURN_IF_ERROR(VisitVersionsAfterBooks(
      store, [&](absl::string_view psn_no, const storage::PersonVersion& version) {
        return AddVersionTo(store, psn_no, version, &totals);
      }));
  Compare(folded, totals, "the history of the persons comes to something else", &differences);
  return differences;
}

}  // namespace yijie::engine
