#include "engine/undo/undo_limits.h"

#include "absl/strings/str_cat.h"
#include "base/date.h"
#include "base/status_macros.h"
#include "engine/books/closed_period.h"
#include "engine/queries.h"
#include "engine/stored_day.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// Days after the settlement on which a 冲正 is still taken: a reply that got lost about midnight,
// and a settlement found by the comparison of books of the next day. A choice of ours: no source
// says.
constexpr int kDaysAfterByMessage = 1;

}  // namespace

absl::StatusOr<UndoLimit> CheckUndoLimit(const WorkContext& context, const SettledRecord& first,
                                         UndoBy by, const Moment& now) {
  if (by == UndoBy::kAgency) return UndoLimit();
  if (first.event.settled().has_repointed_from())
    return UndoLimit{v1::ONLY_BY_AGENCY, "该结算由经办机构改挂而来，须由经办机构办理"};
  const std::string& institution = first.event.fixmedins_code();
  YIJIE_ASSIGN_OR_RETURN(const bool closed,
                         IsPeriodClosed(context.store, institution, first.event.setlym()));
  if (closed) {
    return UndoLimit{v1::CLEARING_PERIOD_CLOSED,
                     absl::StrCat("清算期", first.event.setlym(), "已关闭，须由经办机构办理")};
  }
  const v1::ClearingRules& rules =
      context.reference.AreaOfInstitution(institution, now.day).clearing();
  if (rules.reversal_by_institution() == v1::ClearingRules::SAME_PERIOD) return UndoLimit();
  const int more = by == UndoBy::kInstitutionByMessage ? kDaysAfterByMessage : 0;
  const Date last(StoredDay(first.event.clr_date()).days() + more);
  if (now.day <= last) return UndoLimit();
  return UndoLimit{v1::ONLY_BY_AGENCY,
                   absl::StrCat("机构自行", more == 0 ? "撤销" : "冲正", "的期限为",
                                FormatDate(last), "，已过期限，须由经办机构办理")};
}

}  // namespace yijie::engine
