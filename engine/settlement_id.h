#ifndef YIJIE_ENGINE_SETTLEMENT_ID_H_
#define YIJIE_ENGINE_SETTLEMENT_ID_H_

// Settlement ids (结算ID), 30 characters as in the national interface:
//   insured area (6) + yyMMdd of the commit (6) + hash of the person number (13) + version of the
//   commit (5)
// The version makes an id unique for its person and leads straight to the record, so no index of
// ids is kept.

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "base/date.h"

namespace yijie::engine {

// Most commits one person can have: 5 digits in base 32.
inline constexpr int64_t kMaxVersion = (int64_t{1} << 25) - 1;

std::string MakeSettlementId(absl::string_view admdvs, Date day, absl::string_view psn_no,
                             int64_t version);

// The insured area: the first six characters.
inline std::string AreaOfSettlementId(absl::string_view setl_id) {
  return std::string(setl_id.substr(0, 6));
}

// The version of the commit, if the id is well-formed and of this person.
std::optional<int64_t> VersionOfSettlementId(absl::string_view setl_id, absl::string_view psn_no);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_SETTLEMENT_ID_H_
