#ifndef YIJIE_ENGINE_BOOKS_SET_DIGEST_H_
#define YIJIE_ENGINE_BOOKS_SET_DIGEST_H_

// Digest of a set of records of a book, kept up to date record by record.
//
// Holds the number of records, the sum of each money column, and the sum modulo 2^256 of the
// SHA-256 of every record. Adding and removing take the same short time however many records there
// are; the order does not matter; digests of disjoint sets merge into that of their union.
//
// What equal digests mean. Two books that differ by accident (a lost answer, a changed amount, a
// record entered twice) have equal digests with a probability of about 2^-256, or 2^-128 where the
// sum is cut to 16 bytes. A sum of hashes is NOT safe against somebody who may choose many ids and
// amounts at will in order to make two different books look equal: that is the generalized birthday
// problem (Wagner, CRYPTO 2002), about 2^32 work for 256 bits. Ids are given by the centre, and
// both sides want to find their differences, so an accident is what there is to detect; against
// forgery stand the signed statement and the journal, not this sum. For the construction see AdHash
// (Bellare, Micciancio, EUROCRYPT 1997) and MSet-Add-Hash (Clarke and others, ASIACRYPT 2003).

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "base/fen.h"
#include "yijie/store/v1/books.pb.h"
#include "yijie/v1/books.pb.h"

namespace yijie::engine {

// Fields that both sides know and that are compared. Views: whatever they look at outlives them.
struct ComparedFields {
  absl::string_view setl_id;  // texts up to 255 bytes each
  absl::string_view psn_no;
  absl::string_view clr_date;
  absl::string_view insutype;
  absl::string_view clr_type;
  bool refund = false;
  Fen medfee;
  Fen fund;
  Fen account;
  Fen cash;
};

ComparedFields FieldsOf(const v1::BookRow& row);
ComparedFields FieldsOf(const yijie::store::v1::BookEntry& entry);

// SHA-256 of the canonical bytes: for each text its length in one byte and its bytes; the refund
// flag in one byte; the amounts in fen, 8 bytes each, two's complement, most significant first.
Digest HashOf(const ComparedFields& fields);

// A value. Not thread-safe. An overflow of a sum stops the process; see kMaxBookSumFen.
class SetDigest {
 public:
  static constexpr size_t kBytes = 32;
  static constexpr size_t kShortBytes = 16;

  void Add(const ComparedFields& fields) { Add(fields, HashOf(fields)); }
  void Remove(const ComparedFields& fields) { Remove(fields, HashOf(fields)); }
  // For a hash that is at hand.
  void Add(const ComparedFields& fields, const Digest& hash);
  void Remove(const ComparedFields& fields, const Digest& hash);
  void Merge(const SetDigest& other);

  int64_t count() const { return count_; }
  // Most significant byte first; the short form is the end of the long one.
  std::string Bytes() const;
  std::string ShortBytes() const { return Bytes().substr(kBytes - kShortBytes); }

  v1::BookTotals ToTotals() const;
  // What ToTotals was given. INVALID_ARGUMENT, with the field, if the digest has not 32 bytes or
  // the count is negative.
  static absl::StatusOr<SetDigest> FromTotals(const v1::BookTotals& totals);

  friend bool operator==(const SetDigest& a, const SetDigest& b) {
    return a.count_ == b.count_ && a.medfee_ == b.medfee_ && a.fund_ == b.fund_ &&
           a.account_ == b.account_ && a.cash_ == b.cash_ && a.sum_ == b.sum_;
  }
  friend bool operator!=(const SetDigest& a, const SetDigest& b) { return !(a == b); }

 private:
  using Sum = std::array<uint64_t, 4>;  // least significant first

  static Sum SumOf(const uint8_t* bytes);
  void AddSum(const Sum& other);
  void SubtractSum(const Sum& other);

  int64_t count_ = 0;
  Fen medfee_, fund_, account_, cash_;
  Sum sum_ = {};
};

// Most that the amounts of one money column may add up to, signs left aside: a million thousand
// million yuan. Whoever fills a digest from outside refuses more, so sums stay inside int64.
inline constexpr int64_t kMaxBookSumFen = 100'000'000'000'000'000;

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BOOKS_SET_DIGEST_H_
