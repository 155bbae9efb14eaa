#include "base/date.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "base/utf8.h"

namespace yijie {
namespace {

// Years counted from March, so that a leap day is the last day of its year, in eras of 400 years
// that are all alike. absl::CivilDay gives the same days but costs 50 ns where this costs 3, and
// every claim needs some.
constexpr int kDaysOfEra = 146'097;
constexpr int kYearsOfEra = 400;
constexpr int kEpochFromEra = 719'468;  // 1970-01-01 counted from 0000-03-01

// The digits [begin, begin + count) as a number; -1 if one of them is not a digit.
int Digits(absl::string_view text, size_t begin, size_t count) {
  int value = 0;
  for (const char c : text.substr(begin, count)) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

// Writes a number, not negative, over the digits [begin, begin + count).
void PutDigits(int value, size_t begin, size_t count, std::string* text) {
  for (size_t i = begin + count; i-- > begin; value /= 10)
    (*text)[i] = static_cast<char>('0' + value % 10);
}

// Quotes no more than the beginning: the longest message that fits into the status of a call is
// shorter than what may come as a day.
absl::Status Bad(absl::string_view text, absl::string_view what) {
  constexpr size_t kMostQuoted = 20;
  const absl::string_view quoted = text.substr(0, kMostQuoted);
  return absl::InvalidArgumentError(absl::StrCat("\"", quoted.substr(0, Utf8Prefix(quoted)),
                                                 quoted == text ? "\" " : "...\" ", what));
}

}  // namespace

Date Date::FromCivil(int year, int month, int day) {
  const int from_march = month > 2 ? month - 3 : month + 9;
  const int march_year = month > 2 ? year : year - 1;
  const int era = march_year / kYearsOfEra;
  const int year_of_era = march_year % kYearsOfEra;
  const int day_of_year = (153 * from_march + 2) / 5 + day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return Date(era * kDaysOfEra + day_of_era - kEpochFromEra);
}

Date::Civil Date::civil() const {
  const int from_era = days_ + kEpochFromEra;
  const int era = from_era / kDaysOfEra;
  const int day_of_era = from_era % kDaysOfEra;
  const int year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int from_march = (5 * day_of_year + 2) / 153;
  const int month = from_march < 10 ? from_march + 3 : from_march - 9;
  return {era * kYearsOfEra + year_of_era + (month <= 2 ? 1 : 0), month,
          day_of_year - (153 * from_march + 2) / 5 + 1};
}

absl::StatusOr<Date> ParseDate(absl::string_view text) {
  const bool shaped = text.size() == 10 && text[4] == '-' && text[7] == '-';
  const int year = shaped ? Digits(text, 0, 4) : -1;
  const int month = shaped ? Digits(text, 5, 2) : -1;
  const int day = shaped ? Digits(text, 8, 2) : -1;
  if (year < 0 || month < 0 || day < 0) {
    return Bad(text, "is not a day such as 2026-11-21");
  }
  const absl::CivilDay civil(year, month, day);
  if (civil.month() != month || civil.day() != day) {
    return Bad(text, "is not a day of the calendar");
  }
  const Date date = Date::FromCivil(year, month, day);
  if (date < kFirstDate || date > kLastDate) {
    return Bad(text, "is outside 1900 to 2199");
  }
  return date;
}

std::string FormatDate(Date date) {
  const Date::Civil civil = date.civil();
  std::string text = "0000-00-00";
  PutDigits(civil.year, 0, 4, &text);
  PutDigits(civil.month, 5, 2, &text);
  PutDigits(civil.day, 8, 2, &text);
  return text;
}

Date AddMonths(Date date, int months) {
  constexpr int kMonthsOfYear = 12;
  const Date::Civil civil = date.civil();
  const int month = civil.year * kMonthsOfYear + civil.month - 1 + months;
  const auto first_of = [](int m) {
    return Date::FromCivil(m / kMonthsOfYear, m % kMonthsOfYear + 1, 1);
  };
  const Date wanted(first_of(month).days() + civil.day - 1);
  return std::min(wanted, Date(first_of(month + 1).days() - 1));
}

int WholeYears(Date born, Date on) {
  const Date::Civil b = born.civil();
  const Date::Civil o = on.civil();
  const bool before_birthday = o.month < b.month || (o.month == b.month && o.day < b.day);
  return o.year - b.year - (before_birthday ? 1 : 0);
}

}  // namespace yijie
