#ifndef YIJIE_STORAGE_VISIT_ROWS_H_
#define YIJIE_STORAGE_VISIT_ROWS_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "storage/store.h"

namespace yijie::storage {

// Calls `visit` for each row of `table` with first <= key < end (as StoreReader::ScanRows), in key
// order; stops at the first error. Reads a page at a time: rows that are written meanwhile may be
// seen or not.
absl::Status VisitRows(StoreReader& store, absl::string_view table, std::string first,
                       absl::string_view end, const std::function<absl::Status(const Row&)>& visit);

// The same for all rows of `table`.
inline absl::Status VisitRows(StoreReader& store, absl::string_view table,
                              const std::function<absl::Status(const Row&)>& visit) {
  return VisitRows(store, table, "", "", visit);
}

// The same, but an error of a visit does not keep the rows after it from being visited; the first
// one is the result.
absl::Status VisitEveryRow(StoreReader& store, absl::string_view table, std::string first,
                           const std::function<absl::Status(const Row&)>& visit);

}  // namespace yijie::storage

#endif  // YIJIE_STORAGE_VISIT_ROWS_H_
