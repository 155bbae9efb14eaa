#include "base/date.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"

namespace yijie {
namespace {

constexpr absl::CivilDay kEpoch(1970, 1, 1);

// The digits [begin, begin + count) as a number; -1 if one of them is not a digit.
int Digits(absl::string_view text, size_t begin, size_t count) {
  int value = 0;
  for (const char c : text.substr(begin, count)) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

Date Date::FromCivil(int year, int month, int day) {
  return Date(static_cast<int32_t>(absl::CivilDay(year, month, day) - kEpoch));
}

Date::Civil Date::civil() const {
  const absl::CivilDay day = kEpoch + days_;
  return {static_cast<int>(day.year()), day.month(), day.day()};
}

absl::StatusOr<Date> ParseDate(absl::string_view text) {
  const bool shaped = text.size() == 10 && text[4] == '-' && text[7] == '-';
  const int year = shaped ? Digits(text, 0, 4) : -1;
  const int month = shaped ? Digits(text, 5, 2) : -1;
  const int day = shaped ? Digits(text, 8, 2) : -1;
  if (year < 0 || month < 0 || day < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not a day such as 2026-11-21"));
  }
  const absl::CivilDay civil(year, month, day);
  if (civil.month() != month || civil.day() != day) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is not a day of the calendar"));
  }
  const Date date(static_cast<int32_t>(civil - kEpoch));
  if (date < kFirstDate || date > kLastDate) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is outside 1900 to 2199"));
  }
  return date;
}

std::string FormatDate(Date date) {
  const Date::Civil civil = date.civil();
  return absl::StrFormat("%04d-%02d-%02d", civil.year, civil.month, civil.day);
}

int WholeYears(Date born, Date on) {
  const Date::Civil b = born.civil();
  const Date::Civil o = on.civil();
  const bool before_birthday = o.month < b.month || (o.month == b.month && o.day < b.day);
  return o.year - b.year - (before_birthday ? 1 : 0);
}

}  // namespace yijie
