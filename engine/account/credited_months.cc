#include "engine/account/credited_months.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "engine/account/account_rules.h"
#include "rules/text_file.h"

namespace yijie::engine {
namespace {

using store::v1::MonthSpan;

constexpr int kMonths = 12;

void Append(int first, int last, CreditedMonths* spans) {
  if (first > last) return;
  MonthSpan* const span = spans->Add();
  span->set_first(first);
  span->set_last(last);
}

}  // namespace

std::optional<CreditPeriod> ParseCreditPeriod(absl::string_view text) {
  constexpr int kFirstYear = 1900;
  constexpr int kLastYear = 2198;  // the year after must be a year too
  const bool month = text.size() == 7 && text[4] == '-' && rules::IsAllDigits(text.substr(5), 2);
  if (!rules::IsAllDigits(text.substr(0, 4), 4) || !(month || text.size() == 4))
    return std::nullopt;
  CreditPeriod period;
  period.whole_year = !month;
  if (!absl::SimpleAtoi(text.substr(0, 4), &period.year) ||
      (month && !absl::SimpleAtoi(text.substr(5), &period.month))) {
    return std::nullopt;
  }
  if (period.year < kFirstYear || period.year > kLastYear) return std::nullopt;
  if (period.month < 1 || period.month > kMonths) return std::nullopt;
  return period;
}

Date FirstDayOf(const CreditPeriod& period, absl::string_view year_start) {
  return period.whole_year ? YearBeginsIn(year_start, period.year)
                           : Date::FromCivil(period.year, period.month, 1);
}

MonthSpan MonthsOf(const CreditPeriod& period, absl::string_view year_start) {
  const Date::Civil first = FirstDayOf(period, year_start).civil();
  MonthSpan months;
  months.set_first(first.year * kMonths + first.month - 1);
  months.set_last(months.first() + (period.whole_year ? kMonths - 1 : 0));
  return months;
}

bool AnyCredited(const CreditedMonths& credited, const MonthSpan& months) {
  return std::any_of(credited.begin(), credited.end(), [&months](const MonthSpan& span) {
    return span.first() <= months.last() && months.first() <= span.last();
  });
}

void AddMonths(const MonthSpan& months, CreditedMonths* credited) {
  int first = months.first();
  int last = months.last();
  CreditedMonths before;
  CreditedMonths after;
  for (const MonthSpan& span : *credited) {
    if (span.last() + 1 < first) {
      *before.Add() = span;
    } else if (last + 1 < span.first()) {
      *after.Add() = span;
    } else {  // they touch
      first = std::min(first, span.first());
      last = std::max(last, span.last());
    }
  }
  Append(first, last, &before);
  before.MergeFrom(after);
  credited->Swap(&before);
}

void RemoveMonths(const MonthSpan& months, CreditedMonths* credited) {
  CreditedMonths left;
  for (const MonthSpan& span : *credited) {
    Append(span.first(), std::min(span.last(), months.first() - 1), &left);
    Append(std::max(span.first(), months.last() + 1), span.last(), &left);
  }
  credited->Swap(&left);
}

}  // namespace yijie::engine
