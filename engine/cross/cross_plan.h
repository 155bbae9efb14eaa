#ifndef YIJIE_ENGINE_CROSS_CROSS_PLAN_H_
#define YIJIE_ENGINE_CROSS_CROSS_PLAN_H_

// What goes with a job whose person is insured elsewhere (异地就医).

#include <memory>

#include "absl/status/status.h"
#include "yijie/store/v1/cross.pb.h"
#include "yijie/v1/cross.pb.h"

namespace yijie::engine {

// What the insured place is to be asked before a message can be booked.
struct CrossPlan {
  store::v1::CrossAttempt attempt;  // without version and resv_id
  // One of them, without id and digest; the other is null.
  std::shared_ptr<yijie::v1::ReserveRequest> reserve;
  std::shared_ptr<yijie::v1::ReserveUndoRequest> undo;
};

// What it answered.
struct CrossAnswer {
  // An error: the message is not applied, and nothing below means anything.
  absl::Status status;
  store::v1::CrossAttempt attempt;
  yijie::v1::ReserveResponse reserved;
  yijie::v1::ReserveUndoResponse undo;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CROSS_CROSS_PLAN_H_
