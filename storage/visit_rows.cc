#include "storage/visit_rows.h"

#include <utility>
#include <vector>

#include "base/status_macros.h"

namespace yijie::storage {

absl::Status VisitRows(StoreReader& store, absl::string_view table, std::string first,
                       absl::string_view end,
                       const std::function<absl::Status(const Row&)>& visit) {
  constexpr int kPage = 1'000;
  while (true) {
    YIJIE_ASSIGN_OR_RETURN(const std::vector<Row> rows, store.ScanRows(table, first, end, kPage));
    for (const Row& row : rows) YIJIE_RETURN_IF_ERROR(visit(row));
    if (rows.size() < static_cast<size_t>(kPage)) return absl::OkStatus();
    first = rows.back().key + '\0';  // the first key after it
  }
}

absl::Status VisitEveryRow(StoreReader& store, absl::string_view table, std::string first,
                           const std::function<absl::Status(const Row&)>& visit) {
  absl::Status failed;
  absl::Status status = VisitRows(store, table, std::move(first), "", [&](const Row& row) {
    failed.Update(visit(row));
    return absl::OkStatus();
  });
  status.Update(failed);
  return status;
}

}  // namespace yijie::storage
