#include "engine/load/overlap.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace yijie::engine {

void ReportOverlaps(std::vector<DatedRow> rows, absl::string_view column, absl::string_view what,
                    RowErrors& errors) {
  std::sort(rows.begin(), rows.end(), [](const DatedRow& a, const DatedRow& b) {
    return std::make_tuple(a.days.begin.days(), a.line) <
           std::make_tuple(b.days.begin.days(), b.line);
  });
  const DatedRow* latest = nullptr;  // of the rows seen, the one that ends last
  for (const DatedRow& row : rows) {
    if (latest != nullptr && row.days.begin <= latest->days.end) {
      errors.Add(
          std::max(row.line, latest->line), column,
          absl::StrCat("shares days with line ", std::min(row.line, latest->line), ", ", what));
    }
    if (latest == nullptr || latest->days.end < row.days.end) latest = &row;
  }
}

}  // namespace yijie::engine
