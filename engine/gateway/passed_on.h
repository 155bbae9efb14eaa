#ifndef YIJIE_ENGINE_GATEWAY_PASSED_ON_H_
#define YIJIE_ENGINE_GATEWAY_PASSED_ON_H_

// What a gateway writes down of what it passed on: the same records as an insured place keeps, so
// that books, reconciliation and audit work on them as they are.
//
// Each confirmed settlement is a "person" of the store under "resv_id@area of the place of care",
// with at most two versions: 1 settled, 2 undone. The journal owes what funds and accounts paid
// from the insured place to the place of care; the reply is that of the insured place. Functions,
// without clock, threads or I/O.

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/moment.h"
#include "storage/store.h"
#include "yijie/v1/cross.pb.h"

namespace yijie::engine {

std::string PassedOnKey(absl::string_view resv_id, absl::string_view care_admdvs);

// The commit of an answered Confirm. DATA_LOSS if the answer is not one to the request, or does not
// add up.
absl::StatusOr<storage::Commit> LogConfirm(const v1::ConfirmRequest& request,
                                           const std::string& reply, const Moment& now);

// The same for an undo of what `settled`, version 1 of the original, is.
absl::StatusOr<storage::Commit> LogConfirmUndo(const v1::ConfirmUndoRequest& request,
                                               const std::string& reply,
                                               const storage::PersonVersion& settled,
                                               const Moment& now);

// Whether a version says what `commit` would say. DATA_LOSS names what differs.
absl::Status CheckLoggedAlike(const storage::PersonVersion& logged, const storage::Commit& commit);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_GATEWAY_PASSED_ON_H_
