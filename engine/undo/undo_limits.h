#ifndef YIJIE_ENGINE_UNDO_UNDO_LIMITS_H_
#define YIJIE_ENGINE_UNDO_UNDO_LIMITS_H_

// Who may undo a settlement, and until when (docs/undo.md).

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/call.h"
#include "engine/moment.h"
#include "engine/transactions.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {

enum class UndoBy {
  kInstitution,           // that knows the settlement: 撤销, 部分退费
  kInstitutionByMessage,  // that does not know whether there is one: 冲正
  kAgency,
};

struct UndoLimit {
  // REVERSED: it may be undone. Else CLEARING_PERIOD_CLOSED or ONLY_BY_AGENCY.
  yijie::v1::ReverseOutcome outcome = yijie::v1::REVERSED;
  std::string reason;  // in Chinese
};

// Whether the institution's time for an undo at `now` is over. `first` is the first settlement of
// the claim: a correction by the agency or a refund gives no new time.
absl::StatusOr<UndoLimit> CheckUndoLimit(const WorkContext& context, const SettledRecord& first,
                                         UndoBy by, const Moment& now);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_UNDO_UNDO_LIMITS_H_
