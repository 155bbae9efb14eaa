#include "rules/running_totals.h"

#include <algorithm>

namespace yijie::rules {
namespace {

constexpr int kMonthsOfYear = 12;

// The latest day not after `day` that lies whole multiples of `months` after `year_start`; the last
// day of a month that has no such day.
Date PartOfYear(Date year_start, Date day, int months) {
  const Date::Civil first = year_start.civil();
  Date start = year_start;
  for (int passed = months; passed < kMonthsOfYear; passed += months) {
    const int month = first.month - 1 + passed;
    const int year = first.year + month / kMonthsOfYear;
    const int month_after = (month + 1) % kMonthsOfYear + 1;
    const int year_after = first.year + (month + 1) / kMonthsOfYear;
    const Date begin = Date::FromCivil(year, month % kMonthsOfYear + 1, 1);
    const Date next(
        std::min(begin.days() + first.day, Date::FromCivil(year_after, month_after, 1).days()) - 1);
    if (next > day) break;
    start = next;
  }
  return start;
}

// `year` is the benefit year that `day` lies in.
Date StartOf(Period period, Date day, Date year) {
  constexpr int kQuarterMonths = 3;
  constexpr int kHalfYearMonths = 6;
  switch (period) {
    case Period::kDay:
      return day;
    case Period::kMonth:
      return Date(day.days() - day.civil().day + 1);
    case Period::kYear:
      return year;
    case Period::kQuarter:
      return PartOfYear(year, day, kQuarterMonths);
    case Period::kHalfYear:
      return PartOfYear(year, day, kHalfYearMonths);
    case Period::kLife:
      return kFirstDate;
  }
  return day;
}

// `period` may lie before the first day there is; records cannot say so.
AccumulatorKey KeyOf(const AccumulatorSpec& spec, const Input& input, Date period) {
  AccumulatorKey key;
  key.insutype = input.insutype;
  key.name = spec.name;
  key.period = std::max(period, kFirstDate);
  if (spec.per_institution) key.institution = input.institution;
  if (spec.per_dise_codg) key.dise_codg = input.dise_codg;
  if (spec.per_hosp_lv) key.hosp_lv = static_cast<int32_t>(input.facts[Fact::kHospLv]);
  return key;
}

}  // namespace

AccumulatorKey KeyFor(const Program& program, const AccumulatorSpec& spec, const Input& input) {
  return KeyOf(spec, input,
               StartOf(spec.period, input.enddate, BenefitYearStart(program, input.enddate)));
}

Date BenefitYearStart(const Program& program, Date day) {
  const int year = day.civil().year;
  const Date start = Date::FromCivil(year, program.benefit_year_month, program.benefit_year_day);
  if (start <= day) return start;
  return Date::FromCivil(year - 1, program.benefit_year_month, program.benefit_year_day);
}

Date NextBenefitYearStart(const Program& program, Date day) {
  return Date::FromCivil(BenefitYearStart(program, day).civil().year + 1,
                         program.benefit_year_month, program.benefit_year_day);
}

Date RunningTotals::PeriodStart(Period period) {
  const auto index = static_cast<size_t>(period);
  if ((periods_known_ >> index & 1) == 0) {
    period_start_[index] = StartOf(period, enddate_, year_);
    periods_known_ = static_cast<uint8_t>(periods_known_ | 1U << index);
  }
  return period_start_[index];
}

void RunningTotals::LoadFirst(uint16_t accumulator) {
  RunningTotal& total = decision_.totals[accumulator];
  const AccumulatorSpec& spec = program_.accumulators[accumulator];
  total.key = KeyOf(spec, input_, PeriodStart(spec.period));
  total.before = 0;
  total.added = 0;
  for (const AccumulatorEntry& entry : input_.accumulators) {
    if (entry.key == total.key) total.before += entry.value;
  }
  for (const AccumulatorEntry& entry : decision_.deltas) {
    if (entry.key == total.key) total.before += entry.value;
  }
  loaded_ |= uint64_t{1} << accumulator;
}

void RunningTotals::Finish() {
  const size_t earlier = decision_.deltas.size();
  for (uint16_t i = 0; i < program_.accumulators.size(); ++i) {
    if ((loaded_ >> i & 1) == 0) continue;
    const RunningTotal& total = decision_.totals[i];
    bool merged = false;
    for (size_t j = 0; j < earlier && !merged; ++j) {
      merged = decision_.deltas[j].key == total.key;
      if (merged) decision_.deltas[j].value += total.added;
    }
    if (!merged) decision_.deltas.push_back({total.key, total.added});
  }
}

}  // namespace yijie::rules
