#ifndef YIJIE_ENGINE_LOAD_CELLS_H_
#define YIJIE_ENGINE_LOAD_CELLS_H_

// One row of a file, cell by cell, as what the cells mean. A cell that is wrong is noted in the
// errors and read as some valid value, so that a row reports all its bad cells; look at ok() when
// the row is read.

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/date.h"
#include "base/fen.h"
#include "base/ratio.h"
#include "engine/load/csv.h"
#include "engine/load/row_errors.h"

namespace google::protobuf {
class EnumDescriptor;
}

namespace yijie::engine {

// Both ends inclusive; an open end is kLastDate.
struct DaySpan {
  Date begin = kFirstDate;
  Date end = kLastDate;
};

class Cells {
 public:
  // The arguments outlive this object.
  Cells(const CsvRow& row, absl::Span<const absl::string_view> columns, RowErrors& errors)
      : row_(row), columns_(columns), errors_(errors) {}

  bool ok() const { return ok_; }
  int64_t line() const { return row_.line; }
  bool IsEmpty(size_t column) const { return row_.cells[column].empty(); }
  void Refuse(size_t column, absl::string_view what);

  // Text of 1 to `max_bytes` bytes.
  std::string Text(size_t column, size_t max_bytes);
  // The same; may be empty.
  std::string OptionalText(size_t column, size_t max_bytes);
  // 1 to `max` of [0-9A-Za-z].
  std::string Alphanumeric(size_t column, size_t max);
  // `min` to `max` digits.
  std::string Digits(size_t column, size_t min, size_t max);
  // 1 to `max` printable ASCII characters.
  std::string Printable(size_t column, size_t max);
  // One of `allowed`.
  std::string OneOf(size_t column, absl::Span<const absl::string_view> allowed);
  // Number of the enum value named in the cell. An empty cell is value 0, and value 0 is refused
  // if its name ends with _UNSPECIFIED.
  int EnumNumber(size_t column, const google::protobuf::EnumDescriptor& values);

  // 0 to `most`.
  int32_t Count(size_t column, int32_t most);
  // Greater than 0.
  Fen Yuan(size_t column, Fen max);
  Ratio Percent(size_t column);
  Date Day(size_t column);
  // First and last day of a span; the cell of the last may be empty.
  DaySpan Days(size_t begin_column, size_t end_column);

 private:
  absl::string_view Get(size_t column) const { return row_.cells[column]; }

  const CsvRow& row_;
  const absl::Span<const absl::string_view> columns_;
  RowErrors& errors_;
  bool ok_ = true;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOAD_CELLS_H_
