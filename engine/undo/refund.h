#ifndef YIJIE_ENGINE_UNDO_REFUND_H_
#define YIJIE_ENGINE_UNDO_REFUND_H_

// Refund of some lines of a settled bill (部分退费): the settlement is undone and the lines that
// remain are settled again, as two versions of one commit (docs/undo.md).

#include <array>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/transactions.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {

// What a refund rests on.
struct RefundedClaim {
  const SettledRecord& original;
  const SettledRecord& first;  // with which the claim came in
  // The person before `first`: what remains is paid by the account of then.
  const Person& before;
  const std::vector<storage::PersonVersion>& later;  // than `original`, all of them
};

// The request passed its checks, the institution's time for an undo is not over, and its settlement
// stands. Everything else is an outcome; RESOURCE_EXHAUSTED if the person can have no further
// versions.
absl::StatusOr<Effect> Refund(const Reference& reference, const yijie::v1::RefundRequest& request,
                              const std::string& request_bytes, const RefundedClaim& refunded,
                              const Person& person, const Moment& now);

// An answer that moves nothing. `setl_id` names what is in the way, or what to name instead.
Effect RefuseRefund(yijie::v1::RefundOutcome outcome, absl::string_view reason,
                    const std::string& orig_setl_id, const std::string& setl_id);

// The claim without what is given back; its lines keep their order. Amounts of lines that lose
// quantity are quantity times price, half-up.
struct RemainingClaim {
  yijie::v1::RefundOutcome outcome = yijie::v1::REFUNDED;
  std::string reason;  // in Chinese, for other outcomes
  yijie::v1::Claim claim;
};
RemainingClaim WithoutLines(
    const yijie::v1::Claim& claim,
    const google::protobuf::RepeatedPtrField<yijie::v1::RefundLine>& refunded);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_UNDO_REFUND_H_
