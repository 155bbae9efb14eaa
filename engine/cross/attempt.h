#ifndef YIJIE_ENGINE_CROSS_ATTEMPT_H_
#define YIJIE_ENGINE_CROSS_ATTEMPT_H_

// What the place of care (就医地) does to a visitor: a person insured elsewhere, kept as a person
// of the store under "psn_no@insuplc_admdvs". As functions, without clock, threads or I/O.
// docs/cross.md tells the protocol.

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/booking.h"
#include "engine/cross/cross_plan.h"
#include "engine/moment.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "engine/transactions.h"
#include "yijie/store/v1/cross.pb.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {

// Rows of visitors with attempts that the insured place may not know the end of, by key of the
// visitor: written by commits of that visitor only.
inline constexpr absl::string_view kCrossOpenTable = "cross_open";

// Attempts of one visitor at once; more are refused, not applied.
inline constexpr int kMaxOpenAttempts = 16;

std::string VisitorKey(absl::string_view psn_no, absl::string_view insuplc_admdvs);
bool IsVisitor(absl::string_view key);

// --- Messages of institutions. With `answer` null they come to a refusal, or to a CrossPlan that
// says what to ask; then again with the answer.

absl::StatusOr<Effect> SettleAcross(const Reference& reference,
                                    const yijie::v1::SettleRequest& request,
                                    const std::string& request_bytes, const Person& visitor,
                                    const Moment& now, const CrossAnswer* answer);

// `original` stands, and the institution or agency of `header` may undo it; `transaction` is that
// of its message.
absl::StatusOr<Effect> UndoAcross(const Reference& reference,
                                  const yijie::v1::MessageHeader& header,
                                  yijie::v1::Transaction transaction,
                                  const std::string& request_bytes, const SettledRecord& original,
                                  const Person& visitor, const Moment& now,
                                  absl::string_view agency_reason, const CrossAnswer* answer);

// --- Steps. Each is done at most once, however often it is sent. The reply is the CrossAttempt, of
// one that is gone an empty one.

absl::StatusOr<Effect> BeginAttempt(const store::v1::CrossAttempt& attempt, const Person& visitor,
                                    const Moment& now);
absl::StatusOr<Effect> CancelAttempt(absl::string_view resv_id, const Person& visitor,
                                     const Moment& now);
absl::StatusOr<Effect> EndAttempt(absl::string_view resv_id, const Person& visitor,
                                  const Moment& now);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CROSS_ATTEMPT_H_
