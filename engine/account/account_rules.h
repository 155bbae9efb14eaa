#ifndef YIJIE_ENGINE_ACCOUNT_ACCOUNT_RULES_H_
#define YIJIE_ENGINE_ACCOUNT_ACCOUNT_RULES_H_

// Which area rules a personal account follows, its years, and what it may pay. Pure; for any
// thread.

#include <string>

#include "absl/strings/string_view.h"
#include "base/date.h"
#include "engine/arrears.h"
#include "engine/reference.h"
#include "yijie/store/v1/account.pb.h"
#include "yijie/v1/area.pb.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {

// The scheme that has accounts: employee medical insurance.
inline constexpr absl::string_view kAccountScheme = "310";

// The relation whose area keeps the account on `day`: the one in force, else the last that had
// begun, since an account stays with its area until it is transferred; nullptr if there was none.
const yijie::v1::Coverage* AccountCoverage(const BenefitFacts& facts, Date day);

// The rules of that area on `day`; AreaBook::Default() without a relation.
const yijie::v1::AreaRules& AccountAreaRules(const Reference& reference,
                                             const yijie::v1::PersonFacts& facts, Date day);
// Where the relation is known; may be null.
const yijie::v1::AreaRules& AccountAreaRules(const Reference& reference,
                                             const yijie::v1::Coverage* coverage, Date day);

// First day of the account year that begins in calendar year `year`. `year_start` is that of area
// rules: "07-01".
Date YearBeginsIn(absl::string_view year_start, int year);
// First day of the account year that holds `day`, and of the one after.
Date YearBegins(absl::string_view year_start, Date day);
Date NextYearBegins(absl::string_view year_start, Date day);

// The use, if the area permits it; else nullptr.
const yijie::v1::AccountRules::Use* FindUse(const yijie::v1::AccountRules& rules,
                                            yijie::v1::AccountRules::Purpose purpose);

bool IsFrozen(const yijie::store::v1::PersonAccount& account, Date day);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_ACCOUNT_ACCOUNT_RULES_H_
