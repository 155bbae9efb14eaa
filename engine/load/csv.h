#ifndef YIJIE_ENGINE_LOAD_CSV_H_
#define YIJIE_ENGINE_LOAD_CSV_H_

// Rows of a CSV file: UTF-8, cells between commas, double quotes around cells that hold a comma or
// a double quote (written twice). Blanks around a cell do not count. Empty lines and lines that
// begin with # are skipped. A cell cannot hold a line break.

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/load/input_file.h"
#include "engine/load/row_errors.h"

namespace yijie::engine {

struct CsvRow {
  int64_t line = 0;                      // of the file, from 1
  std::vector<absl::string_view> cells;  // in the order of CsvColumns::names
};

// Columns of a kind of file. The header names them in any order; those from `required` on may be
// left out, and then their cells are empty in every row.
struct CsvColumns {
  absl::Span<const absl::string_view> names;
  size_t required = names.size();
};

// Reads the header and calls `visit` with every row. Rows that are no rows of this file (too many
// cells, not UTF-8, ...) go to `errors` instead, and reading goes on. Cells are valid during the
// call only.
void ReadCsv(const InputFile& file, const CsvColumns& columns, RowErrors& errors,
             const std::function<void(const CsvRow&)>& visit);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOAD_CSV_H_
