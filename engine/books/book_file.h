#ifndef YIJIE_ENGINE_BOOKS_BOOK_FILE_H_
#define YIJIE_ENGINE_BOOKS_BOOK_FILE_H_

// The institution's own book as CSV: what 3202 (对明细账) would upload, one row a record.

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/fen.h"
#include "engine/load/cells.h"
#include "engine/load/input_file.h"
#include "engine/load/row_errors.h"
#include "yijie/v1/books.pb.h"

namespace yijie::engine {

// Help text: the columns and what they take.
extern const absl::string_view kBookColumnsHelp;

// The records of a file, in its order; ready for SortedBook::Make. Complete only if there are no
// errors.
std::vector<v1::BookRow> ParseBook(const InputFile& file, RowErrors& errors);

// Yuan of a cell: "1234.50" or, of a refund, "-1234.50"; at most `max` either way.
Fen SignedYuan(Cells& cells, size_t column, Fen max);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BOOKS_BOOK_FILE_H_
