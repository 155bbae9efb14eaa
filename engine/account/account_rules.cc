#include "engine/account/account_rules.h"

#include "absl/strings/str_cat.h"
#include "engine/area/area_book.h"
#include "engine/stored_day.h"

namespace yijie::engine {

namespace v1 = yijie::v1;

const v1::Coverage* AccountCoverage(const BenefitFacts& facts, Date day) {
  if (const v1::Coverage* const found = FindCoverage(facts, kAccountScheme, day)) return found;
  const v1::Coverage* last = nullptr;
  for (const v1::Coverage& coverage : facts->coverage()) {
    if (coverage.insutype() != kAccountScheme || day < StoredDay(coverage.begndate())) continue;
    if (last == nullptr || last->begndate() < coverage.begndate()) last = &coverage;
  }
  return last;
}

const v1::AreaRules& AccountAreaRules(const Reference& reference, const v1::PersonFacts& facts,
                                      Date day) {
  const BenefitFacts benefit(*reference.areas, facts);
  return AccountAreaRules(reference, AccountCoverage(benefit, day), day);
}

const v1::AreaRules& AccountAreaRules(const Reference& reference, const v1::Coverage* coverage,
                                      Date day) {
  return coverage == nullptr ? AreaBook::Default()
                             : reference.areas->Find(coverage->insuplc_admdvs(), day);
}

Date YearBeginsIn(absl::string_view year_start, int year) {
  // Any year that is no leap year, as the area book has checked it.
  const Date::Civil day = StoredDay(absl::StrCat("2001-", year_start)).civil();
  return Date::FromCivil(year, day.month, day.day);
}

Date YearBegins(absl::string_view year_start, Date day) {
  const int year = day.civil().year;
  const Date begins = YearBeginsIn(year_start, year);
  return begins <= day ? begins : YearBeginsIn(year_start, year - 1);
}

Date NextYearBegins(absl::string_view year_start, Date day) {
  return YearBeginsIn(year_start, YearBegins(year_start, day).civil().year + 1);
}

const v1::AccountRules::Use* FindUse(const v1::AccountRules& rules,
                                     v1::AccountRules::Purpose purpose) {
  for (const v1::AccountRules::Use& use : rules.use()) {
    if (use.purpose() == purpose) return &use;
  }
  return nullptr;
}

bool IsFrozen(const store::v1::PersonAccount& account, Date day) {
  return account.has_freeze() && StoredDay(account.freeze().begndate()) <= day;
}

}  // namespace yijie::engine
