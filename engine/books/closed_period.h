#ifndef YIJIE_ENGINE_BOOKS_CLOSED_PERIOD_H_
#define YIJIE_ENGINE_BOOKS_CLOSED_PERIOD_H_

// Clearing periods (清算期) that were closed: rows of a table of the store. Once the agency has
// closed a month of an institution, the institution cannot undo a settlement of that month by
// itself.

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/store.h"

namespace yijie::engine {

// Values: store::v1::ClosedPeriod.
inline constexpr absl::string_view kClosedPeriods = "period";

// `setlym`: "2026-11".
std::string ClosedPeriodKey(absl::string_view fixmedins_code, absl::string_view setlym);

absl::StatusOr<bool> IsPeriodClosed(storage::StoreReader& store, absl::string_view fixmedins_code,
                                    absl::string_view setlym);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BOOKS_CLOSED_PERIOD_H_
