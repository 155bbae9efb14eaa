#ifndef YIJIE_ENGINE_BOOKS_BOOK_ENTRY_H_
#define YIJIE_ENGINE_BOOKS_BOOK_ENTRY_H_

// Records of the book between the centre and an institution: how a settlement becomes one, and
// where it stands.

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/fen.h"
#include "engine/books/clearing_month.h"
#include "yijie/store/v1/books.pb.h"
#include "yijie/v1/books.pb.h"
#include "yijie/v1/service.pb.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::engine {

// Where the money of a record goes that funds and accounts pay. Of an undo: with the signs of the
// undo.
struct BookedShares {
  Fen payable;          // to the institution
  Fen quality_deposit;  // held back from it
  Fen psn_clearing;     // to the person, who had paid it in cash; below 0: owed by the person
};

// What a commit knows beside the reply.
struct BookingFacts {
  BookedShares shares;
  ClearingMonth period;
};

// All amounts and payments of funds lie within what a claim may come to, so that sums of them are
// safe.
bool AreAmountsInRange(const v1::Settlement& settlement);

// INVALID_ARGUMENT that begins with the field unless the record of a settlement with this class,
// these amounts and payments of funds would pass CheckBookEntry, whatever ids, days and shares it
// gets. For settlements that another party worked out.
absl::Status CheckBookable(const v1::Settlement& settlement);

// The record of a settlement (outcome SETTLED).
yijie::store::v1::BookEntry BookSettlement(const v1::Settlement& settlement,
                                           const BookingFacts& facts);

// The record of its undo: the negated amounts of `original`, and the shares that were taken back.
yijie::store::v1::BookEntry BookReversal(const yijie::store::v1::BookEntry& original,
                                         const v1::Reversal& reversal, absl::string_view msgid,
                                         const BookingFacts& facts);

// INVALID_ARGUMENT that begins with the field unless ids, days and kind are well-formed, amounts
// are in range and the identities of v1::ClearingAmounts hold.
absl::Status CheckBookEntry(const yijie::store::v1::BookEntry& entry);

// The same for a row as it comes from the other side.
absl::Status CheckBookRow(const v1::BookRow& row);

// The record as both sides know it.
v1::BookRow RowOf(const yijie::store::v1::BookEntry& entry);

// First 2 bytes of SHA-256 of the settlement id. Ids share their beginnings (area, day); this
// spreads them, so that every prefix of it halves the records.
uint16_t BucketOf(absl::string_view setl_id);

// Where a record stands. Byte order is: institution, clearing day, scheme, class, bucket,
// settlement id. So each node of the digest tree (v1::BookNode) is one range of keys.
std::string BookKey(const yijie::store::v1::BookEntry& entry);

// First key of the records of an institution on `clr_date`, and those of a scheme and class of it.
std::string BookDayKey(absl::string_view fixmedins_code, absl::string_view clr_date);
std::string BookGroupKey(absl::string_view fixmedins_code, absl::string_view clr_date,
                         absl::string_view insutype, absl::string_view clr_type);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BOOKS_BOOK_ENTRY_H_
