#include "engine/payout/allowance_schedule.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr int kLastPayDay = 28;  // every month has it
constexpr int kMonthsOfYear = 12;

// Months since year 0.
absl::StatusOr<int> ParseMonth(absl::string_view path, absl::string_view text) {
  const absl::StatusOr<Date> first = ParseDate(absl::StrCat(text, "-01"));
  if (!first.ok())
    return absl::InvalidArgumentError(absl::StrCat(path, ": not a month such as 2026-03"));
  const Date::Civil civil = first->civil();
  return civil.year * kMonthsOfYear + civil.month - 1;
}

std::string FormatMonth(int month) {
  return absl::StrFormat("%04d-%02d", month / kMonthsOfYear, month % kMonthsOfYear + 1);
}

struct Span {
  int first;
  int last;  // inclusive
};

// The schedule with months as numbers.
struct Terms {
  Span entitled{0, 0};
  std::map<int, Fen> rates;  // by first month
  std::vector<Span> stops;
  std::map<int, Fen> instructed;
};

absl::StatusOr<int> ParseEnd(absl::string_view path, const std::string& text, int first) {
  if (text.empty()) return first + kMaxAllowanceMonths - 1;
  YIJIE_ASSIGN_OR_RETURN(const int last, ParseMonth(path, text));
  if (last < first || last - first >= kMaxAllowanceMonths)
    return absl::InvalidArgumentError(absl::StrCat(path, ": before its first month, or too late"));
  return last;
}

absl::Status ReadRates(const v1::AllowanceSchedule& schedule, Terms* terms) {
  int before = -1;
  for (const v1::AllowanceRate& rate : schedule.rate()) {
    YIJIE_ASSIGN_OR_RETURN(const int month, ParseMonth("rate.from_month", rate.from_month()));
    if (month <= before) return absl::InvalidArgumentError("rate: not in order of from_month");
    if (rate.amount_fen() <= 0 || rate.amount_fen() > kMaxClaimFen)
      return absl::InvalidArgumentError("rate.amount_fen: not above 0, or too much");
    terms->rates[month] = Fen(rate.amount_fen());
    before = month;
  }
  if (terms->rates.empty() || terms->rates.begin()->first > terms->entitled.first)
    return absl::InvalidArgumentError("rate: none for begin_month");
  return absl::OkStatus();
}

absl::StatusOr<Terms> ReadTerms(const v1::AllowanceSchedule& schedule) {
  Terms terms;
  YIJIE_ASSIGN_OR_RETURN(terms.entitled.first, ParseMonth("begin_month", schedule.begin_month()));
  YIJIE_ASSIGN_OR_RETURN(terms.entitled.last,
                         ParseEnd("end_month", schedule.end_month(), terms.entitled.first));
  YIJIE_RETURN_IF_ERROR(ReadRates(schedule, &terms));
  for (const v1::AllowanceStop& stop : schedule.stop()) {
    if (stop.reason() == v1::ALLOWANCE_STOP_REASON_UNSPECIFIED)
      return absl::InvalidArgumentError("stop.reason: missing");
    Span span{0, 0};
    YIJIE_ASSIGN_OR_RETURN(span.first, ParseMonth("stop.from_month", stop.from_month()));
    YIJIE_ASSIGN_OR_RETURN(span.last,
                           ParseEnd("stop.through_month", stop.through_month(), span.first));
    // An open end is open however long the allowance runs.
    if (stop.through_month().empty()) span.last = std::max(span.last, terms.entitled.last);
    terms.stops.push_back(span);
  }
  for (const v1::AllowanceMonth& month : schedule.month()) {
    YIJIE_ASSIGN_OR_RETURN(const int at, ParseMonth("month.month", month.month()));
    terms.instructed[at] = Fen(month.amount_fen());
  }
  if (schedule.pay_day() < 1 || schedule.pay_day() > kLastPayDay)
    return absl::InvalidArgumentError("pay_day: 1 to 28");
  return terms;
}

Fen EntitledTo(const Terms& terms, int month) {
  if (month < terms.entitled.first || month > terms.entitled.last) return Fen(0);
  for (const Span& stop : terms.stops) {
    if (month >= stop.first && month <= stop.last) return Fen(0);
  }
  return std::prev(terms.rates.upper_bound(month))->second;
}

}  // namespace

absl::Status CheckSchedule(const v1::AllowanceSchedule& schedule) {
  return ReadTerms(schedule).status();
}

absl::StatusOr<std::vector<MonthDue>> AdvanceSchedule(const std::string& through_month,
                                                      v1::AllowanceSchedule* schedule) {
  YIJIE_ASSIGN_OR_RETURN(Terms terms, ReadTerms(*schedule));
  YIJIE_ASSIGN_OR_RETURN(const int through, ParseMonth("through_month", through_month));
  std::map<int, Fen> owed;  // every month to look at
  for (const auto& [month, amount] : terms.instructed) owed[month] = EntitledTo(terms, month);
  for (int month = terms.entitled.first; month <= std::min(through, terms.entitled.last); ++month)
    owed[month] = EntitledTo(terms, month);
  std::vector<MonthDue> due;
  for (const auto& [month, amount] : owed) {
    const auto before = terms.instructed.find(month);
    const bool first = before == terms.instructed.end();
    const Fen missing = amount - (first ? Fen(0) : before->second);
    if (missing == Fen(0)) continue;
    const Date pay_day =
        Date::FromCivil(month / kMonthsOfYear, month % kMonthsOfYear + 1, schedule->pay_day());
    due.push_back({FormatMonth(month), missing, first, pay_day});
    terms.instructed[month] = amount;
  }
  schedule->clear_month();
  for (const auto& [month, amount] : terms.instructed) {
    v1::AllowanceMonth* noted = schedule->add_month();
    noted->set_month(FormatMonth(month));
    noted->set_amount_fen(amount.value());
  }
  return due;
}

}  // namespace yijie::engine
