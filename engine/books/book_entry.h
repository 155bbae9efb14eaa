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
#include "base/ratio.h"
#include "engine/books/clearing_month.h"
#include "yijie/store/v1/books.pb.h"
#include "yijie/v1/books.pb.h"
#include "yijie/v1/service.pb.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::engine {

// Of the agreement with the institution (定点协议); both are a matter of the area and have no
// national value.
struct ClearingTerms {
  // Share of what is paid that is held back as quality deposit (质量保证金), 0 to 1.
  Ratio quality_share;
  // Whether what the personal account pays is subject to it as well.
  bool account_is_subject = false;
};

// Clearing class (清算类别, clr_type) of a benefit kind (医疗类别, med_type). The two-digit codes
// are those of the national dictionary; for in-patient maternity there is none, and the class is
// that of a published provincial dictionary (Hunan: 99940 生育住院). Work injury is a scheme
// (insutype) and needs no class of its own. A kind without a class is 99 其他.
absl::string_view ClearingClass(absl::string_view med_type);

// In words, Chinese only; "" for a class that has no words here.
absl::string_view ClearingClassWords(absl::string_view clr_type);

// What a commit knows beside the settlement.
struct BookingFacts {
  ClearingTerms terms;
  ClearingMonth period;
};

// The record of a settlement (outcome SETTLED). The hold-back is rounded here, half-up, once for
// each settlement; sums over records are never rounded.
yijie::store::v1::BookEntry BookSettlement(const v1::Settlement& settlement,
                                           const BookingFacts& facts);

// The record of its undo: the negated amounts of `original`, whatever the terms are now.
yijie::store::v1::BookEntry BookReversal(const yijie::store::v1::BookEntry& original,
                                         const v1::Reversal& reversal, absl::string_view msgid,
                                         ClearingMonth period);

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
