#ifndef YIJIE_ENGINE_PAYOUT_PAYEE_H_
#define YIJIE_ENGINE_PAYOUT_PAYEE_H_

// May somebody else than the insured be paid? Pure functions; thread-safe.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/date.h"
#include "yijie/v1/payout.pb.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {

// Benefits of a death (工伤保险条例 第三十九条), which are never the insured's own.
inline constexpr absl::string_view kDeathBenefit = "INJURY_DEATH";
inline constexpr absl::string_view kDependantAllowance = "INJURY_DEPENDANT";

// Of age (民法典 第十七条).
inline constexpr int kAdultYears = 18;

// Shape of a payee in a request. Errors begin with the field under `path`.
absl::Status CheckPayeeShape(absl::string_view path, const yijie::v1::Payee& payee, Date today);

struct PayeeMatch {
  // Everything that is wrong, in the order of the enum; empty if the payee may be paid.
  std::vector<yijie::v1::PayeeOutcome> wrong;
  std::string reason;  // in Chinese; numbers masked
  bool ok() const { return wrong.empty(); }
};

// `med_type`: the benefit; empty for what funds owe the person itself.
PayeeMatch MatchPayee(const yijie::v1::Payee& payee, const yijie::v1::PersonFacts& person,
                      absl::string_view med_type, Date today);

// Whether the benefit must name a payee, for it is not, or no more, paid to the insured.
bool NeedsPayee(absl::string_view med_type, const yijie::v1::PersonFacts& person);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_PAYEE_H_
