#ifndef YIJIE_ENGINE_ACCOUNT_CREDITED_MONTHS_H_
#define YIJIE_ENGINE_ACCOUNT_CREDITED_MONTHS_H_

// The months for which an account was credited by policy, as spans in PersonAccount: sorted, apart
// by at least a month. Pure.

#include <optional>

#include "absl/strings/string_view.h"
#include "base/date.h"
#include "yijie/store/v1/account.pb.h"

namespace yijie::engine {

using CreditedMonths = google::protobuf::RepeatedPtrField<yijie::store::v1::MonthSpan>;

// What a credit is for: a month, or an account year.
struct CreditPeriod {
  bool whole_year = false;
  int year = 0;
  int month = 1;  // of a month's credit
};

// "2026-05" or "2026"; nothing if it is neither. Years 1900 to 2198.
std::optional<CreditPeriod> ParseCreditPeriod(absl::string_view text);

Date FirstDayOf(const CreditPeriod& period, absl::string_view year_start);
yijie::store::v1::MonthSpan MonthsOf(const CreditPeriod& period, absl::string_view year_start);

bool AnyCredited(const CreditedMonths& credited, const yijie::store::v1::MonthSpan& months);
// None of `months` is credited.
void AddMonths(const yijie::store::v1::MonthSpan& months, CreditedMonths* credited);
// All of `months` are credited.
void RemoveMonths(const yijie::store::v1::MonthSpan& months, CreditedMonths* credited);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_ACCOUNT_CREDITED_MONTHS_H_
