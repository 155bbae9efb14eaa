#include "engine/books/clearing_month.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace yijie::engine {

ClearingMonth ClearingMonth::Of(Date day) {
  const Date::Civil civil = day.civil();
  return ClearingMonth(civil.year * 12 + civil.month - 1);
}

absl::StatusOr<ClearingMonth> ClearingMonth::Parse(absl::string_view text) {
  const absl::StatusOr<Date> first = ParseDate(absl::StrCat(text, "-01"));
  if (!first.ok()) return absl::InvalidArgumentError("is not a month such as 2026-11");
  return Of(*first);
}

std::string ClearingMonth::Format() const {
  return absl::StrFormat("%04d-%02d", months_ / 12, months_ % 12 + 1);
}

ClearingMonth PeriodOfRecord(Date clr_date, std::optional<ClearingMonth> last_closed) {
  const ClearingMonth month = ClearingMonth::Of(clr_date);
  return last_closed.has_value() ? std::max(month, last_closed->Next()) : month;
}

}  // namespace yijie::engine
