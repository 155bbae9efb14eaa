#ifndef YIJIE_ENGINE_LOAD_OVERLAP_H_
#define YIJIE_ENGINE_LOAD_OVERLAP_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/load/cells.h"
#include "engine/load/row_errors.h"

namespace yijie::engine {

// The span of days a row is for.
struct DatedRow {
  int64_t line = 0;
  DaySpan days;
};

// Of rows that exclude each other: reports every row that shares a day with an earlier one, at
// `column`. `what` says what the rows have in common.
void ReportOverlaps(std::vector<DatedRow> rows, absl::string_view column, absl::string_view what,
                    RowErrors& errors);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOAD_OVERLAP_H_
