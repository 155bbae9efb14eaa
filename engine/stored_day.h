#ifndef YIJIE_ENGINE_STORED_DAY_H_
#define YIJIE_ENGINE_STORED_DAY_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/check.h"
#include "base/date.h"

namespace yijie::engine {

// A day of a record or of a validated request, which is one: ends the process otherwise.
inline Date StoredDay(absl::string_view text) {
  const absl::StatusOr<Date> day = ParseDate(text);
  YIJIE_CHECK(day.ok(), "a stored or validated day is not a day");
  return *day;
}

// Whether a record with begndate and enddate, which are days of it, counts on `day`. Without
// enddate it has no end.
template <typename Record>
bool Covers(const Record& record, Date day) {
  return StoredDay(record.begndate()) <= day &&
         (record.enddate().empty() || day <= StoredDay(record.enddate()));
}

// The same of an ISO day: these compare as text.
template <typename Record>
bool Covers(const Record& record, absl::string_view day) {
  return record.begndate() <= day && (record.enddate().empty() || day <= record.enddate());
}

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_STORED_DAY_H_
