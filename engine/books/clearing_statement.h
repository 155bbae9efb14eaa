#ifndef YIJIE_ENGINE_BOOKS_CLEARING_STATEMENT_H_
#define YIJIE_ENGINE_BOOKS_CLEARING_STATEMENT_H_

// The monthly clearing statement (月度清算单): what the records of a period add up to.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/books/clearing_month.h"
#include "yijie/store/v1/books.pb.h"
#include "yijie/v1/books.pb.h"

namespace yijie::engine {

// Adds up the records of `period` among `entries`, which are all of one institution and may come in
// any order; records of other periods are left out. Nothing is rounded: hold-backs were, at commit.
//
// INVALID_ARGUMENT, with the setl_id and the field, if an entry is malformed, of another
// institution, or there twice. Amounts beyond kMaxBookSumFen are refused likewise.
absl::StatusOr<v1::ClearingStatement> MakeClearingStatement(
    absl::string_view fixmedins_code, ClearingMonth period,
    const std::vector<yijie::store::v1::BookEntry>& entries);

// The statement for people, in Chinese. Equal statements, equal bytes.
std::string ClearingStatementAsText(const v1::ClearingStatement& statement);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BOOKS_CLEARING_STATEMENT_H_
