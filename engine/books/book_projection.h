#ifndef YIJIE_ENGINE_BOOKS_BOOK_PROJECTION_H_
#define YIJIE_ENGINE_BOOKS_BOOK_PROJECTION_H_

// The books of all institutions, kept as rows of the store. Everything in them follows from the
// versions of persons; this takes every version in once, whenever the process ends.
//
//   table "book"         BookKey -> store::v1::BookEntry, one row a record
//   table "book_group"   BookGroupKey -> store::v1::BookGroupTotals
//   table "book_cursor"  "groups" -> sequence of the last committed group taken in, decimal
//
// Records, totals and cursor are written by one commit, so none is ever ahead of the others.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "base/periodic.h"
#include "engine/books/book_view.h"
#include "storage/store.h"
#include "yijie/store/v1/books.pb.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::engine {

inline constexpr absl::string_view kBookTable = "book";
inline constexpr absl::string_view kBookGroupTable = "book_group";
inline constexpr absl::string_view kBookCursorTable = "book_cursor";

// The records a version of a person makes: none if it neither settles nor undoes; one in the book
// of an institution; across areas (异地就医) one in the book of the pair of areas (PairCode), and
// at the place of care also one in that of its institution. DATA_LOSS if what is stored cannot be
// read.
absl::StatusOr<std::vector<yijie::store::v1::BookEntry>> EntriesOfVersion(
    storage::StoreReader& store, absl::string_view psn_no, const storage::PersonVersion& version);

// The same for a version that settles, which needs no other.
absl::StatusOr<std::vector<yijie::store::v1::BookEntry>> EntriesOfSettled(
    const storage::PersonVersion& version);

// Thread-safe.
class BookProjection {
 public:
  // `store` outlives it, and its tables named above have no other writer.
  explicit BookProjection(storage::Store& store) : store_(store) {}

  // Takes in whatever was committed before the call. After an error nothing of the batch that
  // failed is there, and the next call tries again.
  absl::Status CatchUp();

  // The same, and then `read` while the books stand still: what it reads is of one moment. `read`
  // calls no function of this object.
  absl::Status Read(const std::function<absl::Status()>& read);

 private:
  using Groups = std::map<std::string, GroupDigests>;  // by BookGroupKey
  // Totals kept in memory, beside those in the store; about 200 bytes each.
  static constexpr size_t kMaxCachedGroups = 50'000;
  // Of one commit. More, and its rows hold up the settlements behind them for milliseconds.
  static constexpr int kBatchPersons = 32;

  absl::Status CatchUpLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status TakeIn(const std::vector<storage::CommittedGroup>& groups)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<GroupDigests> LoadGroup(const std::string& key)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status LoadCursor() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remember(const Groups& changed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  storage::Store& store_;
  Mutex mutex_;
  std::optional<uint64_t> cursor_ ABSL_GUARDED_BY(mutex_);  // as stored; nothing: not known
  absl::flat_hash_map<std::string, GroupDigests> cache_ ABSL_GUARDED_BY(mutex_);
};

// Catches up from time to time, so that who asks has little to wait for. `projection` outlives what
// is returned.
std::unique_ptr<Periodic> KeepBooks(BookProjection& projection);

// The book of one institution as it is stored. Read it inside BookProjection::Read.
class StoredBook : public BookView {
 public:
  // `store` outlives it.
  StoredBook(storage::StoreReader& store, absl::string_view fixmedins_code)
      : store_(store), fixmedins_code_(fixmedins_code) {}

  absl::Status VisitGroups(
      absl::string_view first_day, absl::string_view last_day,
      const std::function<void(const BookGroup&, const GroupDigests&)>& visit) const override;
  absl::Status VisitRows(const BookGroup& group, BucketPrefix prefix,
                         const std::function<void(const IndexedRow&)>& visit) const override;

  // Records from one day to another, in the order of their keys; stops at the first error `visit`
  // returns.
  absl::Status VisitEntries(
      absl::string_view first_day, absl::string_view last_day,
      const std::function<absl::Status(const yijie::store::v1::BookEntry&)>& visit) const;

 private:
  storage::StoreReader& store_;
  const std::string fixmedins_code_;
};

// The stored records of all institutions.
absl::Status VisitAllEntries(
    storage::StoreReader& store,
    const std::function<absl::Status(const yijie::store::v1::BookEntry&)>& visit);

// The versions that were committed after the cursor of the books. DATA_LOSS if one is not there.
absl::Status VisitVersionsAfterBooks(
    storage::StoreReader& store,
    const std::function<absl::Status(absl::string_view psn_no, const storage::PersonVersion&)>&
        visit);

// First key after the records of `last_day`.
std::string EndOfBookDay(absl::string_view fixmedins_code, absl::string_view last_day);

// Folds all versions of all persons and compares the result with the stored totals, and these with
// the stored records. One line for each group that differs; none if all agree. For a store that
// nobody writes to. What was committed after the cursor counts as stored.
absl::StatusOr<std::vector<std::string>> CheckBooks(storage::StoreReader& store);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BOOKS_BOOK_PROJECTION_H_
