#ifndef YIJIE_ENGINE_BOOKS_BOOK_VIEW_H_
#define YIJIE_ENGINE_BOOKS_BOOK_VIEW_H_

// The book of one institution, as comparison reads it: on the centre's side over stored rows, on
// the institution's over a file held in memory.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "engine/books/set_digest.h"
#include "yijie/v1/books.pb.h"

namespace yijie::engine {

// Scheme and clearing class of a day: the smallest part of a book that has a digest of its own.
struct BookGroup {
  std::string clr_date;
  std::string insutype;
  std::string clr_type;

  friend bool operator<(const BookGroup& a, const BookGroup& b) {
    return std::tie(a.clr_date, a.insutype, a.clr_type) <
           std::tie(b.clr_date, b.insutype, b.clr_type);
  }
  friend bool operator==(const BookGroup& a, const BookGroup& b) {
    return std::tie(a.clr_date, a.insutype, a.clr_type) ==
           std::tie(b.clr_date, b.insutype, b.clr_type);
  }
};

// Refunds apart, so that each selection has its digest.
struct GroupDigests {
  SetDigest settlements;
  SetDigest refunds;
};

// Beginning of a bucket (BucketOf): `digits` hex digits, 0 to 4.
struct BucketPrefix {
  static constexpr int kMaxDigits = 4;

  int digits = 0;
  uint16_t value = 0;  // the digits, set to the left; the rest is 0

  static absl::StatusOr<BucketPrefix> Parse(absl::string_view hex);
  uint16_t last() const {  // greatest bucket that begins so
    return static_cast<uint16_t>(value | ((1u << 4 * (kMaxDigits - digits)) - 1));
  }
  // The digit of a bucket that comes after these, 0 to 15. There must be one.
  int NextDigit(uint16_t bucket) const { return bucket >> 4 * (kMaxDigits - 1 - digits) & 15; }
};

struct IndexedRow {
  v1::BookRow row;
  Digest hash{};        // HashOf its fields
  uint16_t bucket = 0;  // BucketOf its id
};

IndexedRow Indexed(v1::BookRow row);

// Both calls visit in ascending order and return OK, or why the book cannot be read; then what was
// visited is not all. A book does not change while it is read.
class BookView {
 public:
  virtual ~BookView() = default;

  // Groups that have records, with days from `first_day` to `last_day`.
  virtual absl::Status VisitGroups(
      absl::string_view first_day, absl::string_view last_day,
      const std::function<void(const BookGroup&, const GroupDigests&)>& visit) const = 0;

  // Records of a group whose bucket begins so, by bucket and setl_id.
  virtual absl::Status VisitRows(const BookGroup& group, BucketPrefix prefix,
                                 const std::function<void(const IndexedRow&)>& visit) const = 0;
};

// A book in memory.
class SortedBook : public BookView {
 public:
  // INVALID_ARGUMENT, with the number of the row from 0 and the field, if a row is not well-formed,
  // a setl_id is there twice, or amounts add up to more than kMaxBookSumFen.
  static absl::StatusOr<SortedBook> Make(std::vector<v1::BookRow> rows);

  absl::Status VisitGroups(
      absl::string_view first_day, absl::string_view last_day,
      const std::function<void(const BookGroup&, const GroupDigests&)>& visit) const override;
  absl::Status VisitRows(const BookGroup& group, BucketPrefix prefix,
                         const std::function<void(const IndexedRow&)>& visit) const override;

 private:
  struct Group {
    GroupDigests digests;
    std::vector<IndexedRow> rows;  // by bucket and setl_id
  };

  std::map<BookGroup, Group> groups_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BOOKS_BOOK_VIEW_H_
