#include "engine/arrears.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/insurance_status.h"
#include "engine/stored_day.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

Date NextDay(Date day) { return Date(day.days() + 1); }
Date DayBefore(Date day) { return Date(day.days() - 1); }

Date FirstOfMonth(Date day, int months_later) {
  return AddMonths(Date(day.days() - day.civil().day + 1), months_later);
}

// The days of a relation in arrears without benefits: from `first` to the day before `end`.
struct Gap {
  Date first;
  Date end;
};

// First day with benefits again; `never` if there is none, not after `gap` if it is closed as if it
// had never been.
Date EndOfGap(const v1::Coverage& coverage, const v1::ArrearsRules& rules, Date gap, Date never) {
  if (coverage.repaid_on().empty()) return never;
  const Date repaid = StoredDay(coverage.repaid_on());
  const Date unpaid_from = StoredDay(coverage.begndate());
  const auto late = [&] { return repaid > AddMonths(unpaid_from, rules.back_pay_months()); };
  switch (rules.regime()) {
    case v1::ArrearsRules::GAP_REIMBURSED_IF_PAID_IN_TIME: {
      const Date ordered =
          coverage.pay_order_on().empty() ? unpaid_from : StoredDay(coverage.pay_order_on());
      return repaid.days() <= ordered.days() + rules.order_days()
                 ? gap
                 : FirstOfMonth(repaid, rules.restored_in_month());
    }
    case v1::ArrearsRules::CONTINUOUS_IF_PAID_IN_TIME:
      return late() ? never : gap;
    case v1::ArrearsRules::RESTORED_NEXT_DAY:
      return coverage.flexible_employment() && late()
                 ? AddMonths(NextDay(repaid), rules.waiting_months())
                 : NextDay(repaid);
    case v1::ArrearsRules::RESTORED_WHEN_PAID:
      return repaid;
    default:
      return never;
  }
}

Gap GapOf(const v1::Coverage& coverage, const v1::ArrearsRules& rules, Date never) {
  Gap gap;
  gap.first = StoredDay(coverage.begndate());
  if (rules.suspended_from_month() > 0)
    gap.first = std::max(gap.first, FirstOfMonth(gap.first, rules.suspended_from_month()));
  gap.end = std::max(EndOfGap(coverage, rules, gap.first, never), gap.first);
  return gap;
}

// A part of `coverage`, if it has any day. `last` is the last day there is, for an open end.
void AddPart(const v1::Coverage& coverage, absl::string_view status, Date first, Date last,
             std::vector<v1::Coverage>* parts) {
  if (last < first) return;
  v1::Coverage& part = parts->emplace_back(coverage);
  part.set_psn_insu_stas(std::string(status));
  part.set_begndate(FormatDate(first));
  if (last < kLastDate) part.set_enddate(FormatDate(last));
}

std::vector<v1::Coverage> PartsOf(const v1::Coverage& coverage, const v1::ArrearsRules& rules) {
  const Date begin = StoredDay(coverage.begndate());
  const Date last = coverage.enddate().empty() ? kLastDate : StoredDay(coverage.enddate());
  const Date never = NextDay(last);
  const Gap gap = GapOf(coverage, rules, never);
  std::vector<v1::Coverage> parts;
  if (gap.first >= gap.end) {
    AddPart(coverage, kInsuranceNormal, begin, last, &parts);
    return parts;
  }
  AddPart(coverage, kInsuranceNormal, begin, std::min(DayBefore(gap.first), last), &parts);
  AddPart(coverage, kInsuranceSuspended, gap.first, std::min(DayBefore(gap.end), last), &parts);
  AddPart(coverage, kInsuranceNormal, gap.end, last, &parts);
  return parts;
}

// Nothing if no relation comes out differently.
std::optional<v1::PersonFacts> Restored(const v1::PersonFacts& facts, const AreaBook& areas) {
  const auto& stored = facts.coverage();
  if (std::none_of(stored.begin(), stored.end(), IsSuspended)) return std::nullopt;
  std::vector<v1::Coverage> coverages;
  bool changed = false;
  for (const v1::Coverage& coverage : facts.coverage()) {
    const v1::ArrearsRules& rules =
        IsSuspended(coverage)
            ? areas.Find(coverage.insuplc_admdvs(), StoredDay(coverage.begndate())).arrears()
            : v1::ArrearsRules::default_instance();
    if (rules.regime() == v1::ArrearsRules::STATUS_ONLY) {
      coverages.push_back(coverage);
      continue;
    }
    const std::vector<v1::Coverage> parts = PartsOf(coverage, rules);
    coverages.insert(coverages.end(), parts.begin(), parts.end());
    changed = true;
  }
  if (!changed) return std::nullopt;
  v1::PersonFacts effective = facts;
  effective.clear_coverage();
  for (v1::Coverage& coverage : coverages) *effective.add_coverage() = std::move(coverage);
  return effective;
}

}  // namespace

BenefitFacts::BenefitFacts(const AreaBook& areas, const v1::PersonFacts& stored)
    : stored_(stored), restored_(Restored(stored, areas)) {}

const v1::Coverage* FindCoverage(const BenefitFacts& facts, absl::string_view insutype, Date day) {
  const v1::Coverage* found = nullptr;
  for (const v1::Coverage& coverage : facts->coverage()) {
    if (coverage.insutype() != insutype || !Covers(coverage, day)) continue;
    if (IsNormal(coverage)) return &coverage;
    found = &coverage;
  }
  return found;
}

}  // namespace yijie::engine
