#ifndef YIJIE_ENGINE_INSURANCE_STATUS_H_
#define YIJIE_ENGINE_INSURANCE_STATUS_H_

#include "absl/strings/string_view.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {

// Insurance status (人员参保状态, psn_insu_stas) of a relation as it is recorded.
inline constexpr absl::string_view kInsuranceNormal = "1";
inline constexpr absl::string_view kInsuranceSuspended = "2";

inline bool IsNormal(const yijie::v1::Coverage& coverage) {
  return coverage.psn_insu_stas() == kInsuranceNormal;
}

inline bool IsSuspended(const yijie::v1::Coverage& coverage) {
  return coverage.psn_insu_stas() == kInsuranceSuspended;
}

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_INSURANCE_STATUS_H_
