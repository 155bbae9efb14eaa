#include "engine/load/csv.h"

#include <algorithm>
#include <limits>  // libfccp/csv.h needs it and does not include it

#define CSV_IO_NO_THREAD  // the file is in memory
#pragma GCC diagnostic push
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wstringop-truncation"  // gcc 12 misses that it ends the copy
#endif
#include <libfccp/csv.h>
#pragma GCC diagnostic pop

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/utf8.h"

namespace yijie::engine {
namespace {

// `column` of errors that concern no single cell.
constexpr absl::string_view kHeader = "header";
constexpr absl::string_view kRow = "row";

using CellTexts = std::vector<absl::string_view>;

// Splits a line in place. False if a double quote is left open. `line` is NUL-terminated.
//
// io::CSVReader is not used: it wants the number of columns at compile time, and its header errors
// print the cell, which in a file without a header is somebody's name.
bool SplitLine(char* line, CellTexts& cells) {
  using Quotes = io::double_quote_escape<',', '"'>;
  cells.clear();
  try {
    for (;;) {
      char* begin = line;
      char* end = begin + (Quotes::find_next_column_end(begin) - begin);
      const bool last = *end == '\0';
      line = end + 1;
      io::trim_chars<' ', '\t'>::trim(begin, end);
      Quotes::unescape(begin, end);
      cells.emplace_back(begin, static_cast<size_t>(end - begin));
      if (last) return true;
    }
  } catch (const io::error::escaped_string_not_closed&) {
    return false;
  }
}

bool IsSkipped(const char* line) {
  return io::single_and_empty_line_comment<'#'>::is_comment(line);
}

// For every cell of a row the index of its column. Empty if the header is wrong.
std::vector<size_t> ReadHeader(const CellTexts& header, int64_t line,
                               absl::Span<const absl::string_view> columns, RowErrors& errors) {
  const std::string expected = absl::StrJoin(columns, ",");
  std::vector<size_t> order;
  bool good = true;
  for (size_t i = 0; i < header.size(); ++i) {
    const auto found = std::find(columns.begin(), columns.end(), header[i]);
    const auto column = static_cast<size_t>(found - columns.begin());
    if (found == columns.end()) {
      errors.Add(line, kHeader, absl::StrCat("cell ", i + 1, " is not one of ", expected));
      good = false;
    } else if (std::find(order.begin(), order.end(), column) != order.end()) {
      errors.Add(line, kHeader, absl::StrCat(*found, " is there twice"));
      good = false;
    }
    order.push_back(column);
  }
  for (size_t column = 0; column < columns.size(); ++column) {
    if (std::find(order.begin(), order.end(), column) != order.end()) continue;
    errors.Add(line, kHeader, absl::StrCat(columns[column], " is missing"));
    good = false;
  }
  if (!good) order.clear();
  return order;
}

// Refuses cells that are not text.
bool AreText(const CsvRow& row, absl::Span<const absl::string_view> columns, RowErrors& errors) {
  bool good = true;
  for (size_t i = 0; i < row.cells.size(); ++i) {
    const absl::string_view cell = row.cells[i];
    if (!IsUtf8(cell)) {
      errors.Add(row.line, columns[i], "is not UTF-8 (is the file GBK?)");
      good = false;
    } else if (std::any_of(cell.begin(), cell.end(), [](char c) {
                 return absl::ascii_iscntrl(static_cast<unsigned char>(c));
               })) {
      errors.Add(row.line, columns[i], "has a control character");
      good = false;
    }
  }
  return good;
}

// Reads the lines after the header.
void ReadRows(io::LineReader& lines, const std::vector<size_t>& order,
              absl::Span<const absl::string_view> columns, RowErrors& errors,
              const std::function<void(const CsvRow&)>& visit) {
  CsvRow row;
  CellTexts cells;
  row.cells.resize(columns.size());
  while (char* const line = lines.next_line()) {
    if (IsSkipped(line)) continue;
    row.line = lines.get_file_line();
    if (!SplitLine(line, cells)) {
      errors.Add(row.line, kRow, "a double quote is not closed");
      continue;
    }
    if (cells.size() != order.size()) {
      errors.Add(row.line, kRow,
                 absl::StrCat("has ", cells.size(), " cells, the header has ", order.size()));
      continue;
    }
    for (size_t i = 0; i < cells.size(); ++i) row.cells[order[i]] = cells[i];
    if (AreText(row, columns, errors)) visit(row);
  }
}

}  // namespace

void ReadCsv(const InputFile& file, absl::Span<const absl::string_view> columns, RowErrors& errors,
             const std::function<void(const CsvRow&)>& visit) {
  // The reader takes a NUL for the end of the line and would drop what follows.
  const size_t nul = file.bytes.find('\0');
  if (nul != std::string::npos) {
    const auto line = 1 + std::count(file.bytes.begin(),
                                     file.bytes.begin() + static_cast<std::ptrdiff_t>(nul), '\n');
    errors.Add(line, kRow, "has a NUL byte: the file is not UTF-8 text (is it UTF-16?)");
    return;
  }
  io::LineReader lines(file.path, file.bytes.data(), file.bytes.data() + file.bytes.size());
  try {
    char* header = lines.next_line();
    while (header != nullptr && IsSkipped(header)) header = lines.next_line();
    CellTexts names;
    if (header == nullptr) {
      errors.Add(lines.get_file_line(), kHeader,
                 absl::StrCat("the file is empty; expected ", absl::StrJoin(columns, ",")));
      return;
    }
    if (!SplitLine(header, names)) {
      errors.Add(lines.get_file_line(), kHeader, "a double quote is not closed");
      return;
    }
    const std::vector<size_t> order = ReadHeader(names, lines.get_file_line(), columns, errors);
    if (!order.empty()) ReadRows(lines, order, columns, errors, visit);
  } catch (const io::error::line_length_limit_exceeded&) {
    errors.Add(lines.get_file_line(), kRow, "is longer than 16 MiB");
  }
}

}  // namespace yijie::engine
