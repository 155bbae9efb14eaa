#ifndef YIJIE_ENGINE_BOOKS_CLEARING_MONTH_H_
#define YIJIE_ENGINE_BOOKS_CLEARING_MONTH_H_

// A clearing period (清算年月): a calendar month, written "2026-11".

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/date.h"

namespace yijie::engine {

class ClearingMonth {
 public:
  // The month that `day` is in.
  static ClearingMonth Of(Date day);
  // INVALID_ARGUMENT unless "yyyy-MM" of a month within [kFirstDate, kLastDate].
  static absl::StatusOr<ClearingMonth> Parse(absl::string_view text);

  std::string Format() const;
  ClearingMonth Next() const { return ClearingMonth(months_ + 1); }

  friend bool operator==(ClearingMonth a, ClearingMonth b) { return a.months_ == b.months_; }
  friend bool operator<(ClearingMonth a, ClearingMonth b) { return a.months_ < b.months_; }

 private:
  explicit ClearingMonth(int months) : months_(months) {}
  int months_;  // since January of year 0
};

// The period a record made on `clr_date` belongs to, decided once, at its commit: the month of the
// day, or the first one open if that month is closed. `last_closed` is the institution's latest
// closed period; periods close in order.
ClearingMonth PeriodOfRecord(Date clr_date, std::optional<ClearingMonth> last_closed);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BOOKS_CLEARING_MONTH_H_
