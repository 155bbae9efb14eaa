#include "engine/books/closed_period.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace yijie::engine {

std::string ClosedPeriodKey(absl::string_view fixmedins_code, absl::string_view setlym) {
  return absl::StrCat(fixmedins_code, absl::string_view("\0", 1), setlym);
}

absl::StatusOr<bool> IsPeriodClosed(storage::StoreReader& store, absl::string_view fixmedins_code,
                                    absl::string_view setlym) {
  YIJIE_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                         store.GetRow(kClosedPeriods, ClosedPeriodKey(fixmedins_code, setlym)));
  return row.has_value();
}

}  // namespace yijie::engine
