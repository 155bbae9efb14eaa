#ifndef YIJIE_ENGINE_JOB_H_
#define YIJIE_ENGINE_JOB_H_

// One call on its way through the engine.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/digest.h"
#include "engine/budget/stage_times.h"
#include "engine/cross/cross_plan.h"
#include "engine/family/family_money.h"
#include "engine/moment.h"
#include "storage/store.h"

namespace yijie::store::v1 {
class DepartReply;
}  // namespace yijie::store::v1

namespace yijie::engine {

// The calls the lanes work on; engine/call.h says how.
enum class Call : uint8_t {
  kPreSettle,
  kSettle,
  kReverse,
  kReverseByMessage,
  kRefund,
  kUndoSettlement,
  kGetSettlement,
  kQueryMessage,
  kGetAccount,
  kCreditAccount,
  kListPostings,
  kChangeCard,
  kGetCards,
  kAmendPerson,
  kAdmit,
  kChangeStay,
  kCancelAdmission,
  kUploadFees,
  kCancelFees,
  kDischarge,
  kCancelDischarge,
  kSettleStay,
  kGetStay,
  kCreditByPolicy,
  kCheckCredit,
  kCloseAccountYear,
  kPayFromAccount,
  kFreezeAccount,
  kEndAccount,
  kReceiveIntoAccount,
  kOffsetDebt,
  kUndoAccountPosting,
  kGetAccountAsOf,
  kGetAccountStatement,
  kRegisterBankAccount,
  kReimburse,
  kApplyBenefit,
  kWithdrawClaim,
  kStopAllowance,
  kMakeDuePayouts,
  kPutPayoutsInFile,
  kApplyPayoutStatus,
  kReissuePayout,
  kInstructDues,
  kAmendAllowance,
  kGetPayouts,
  kChangeFamilyBond,
  kGetFamily,
  // Steps of family sharing, which the engine sends itself (engine/family/family_payments.h).
  kHoldFamily,
  kCloseHold,
  kRefundFamily,
  kEndRefund,
  kRepoint,
  // Steps of it (engine/newborn/repointing.h).
  kDepart,
  kCloseDeparture,
  // Messages of a place of care to the insured place (engine/cross/).
  kReserve,
  kConfirm,
  kReserveUndo,
  kConfirmUndo,
  kCancelReservation,
  kQueryReservation,
  kEvaluate,
  kRegister,
  kChangeRegistration,
  kCancelRegistration,
  kSupplyRegistrationPapers,
  kGetRegistrations,
  // Steps of the place of care, which the engine sends itself (engine/cross/cross_settlements.h).
  kBeginCross,
  kCancelCross,
  kEndCross,
  kCalls,  // their number
};
inline constexpr size_t kCalls = static_cast<size_t>(Call::kCalls);

// What goes back: a status, or the bytes of the response message.
struct Reply {
  absl::Status status;
  std::string bytes;
  // Until the engine gave the reply. The edge adds the time until it is handed to the network
  // (Stage::kReply). All zero if the call did not come so far.
  StageTimes timing = {};
  // With RESOURCE_EXHAUSTED and DEADLINE_EXCEEDED: when to send the call again; 0 if nothing is
  // known.
  std::chrono::milliseconds retry_after{0};
};

inline Reply ReplyOf(absl::StatusOr<std::string> bytes) {
  return bytes.ok() ? Reply{absl::OkStatus(), *std::move(bytes)} : Reply{bytes.status(), ""};
}

class Caller;

struct Job {
  Call call = Call::kSettle;
  std::shared_ptr<const google::protobuf::Message>
      request;  // of the call's type; passed validate.h
  Moment now;
  std::chrono::steady_clock::time_point arrived;
  // Of the caller, until the engine makes it the smaller of that and the budget. Nothing with an
  // effect begins after it.
  std::chrono::steady_clock::time_point deadline;

  // Whose lane the job goes to: the person it is about, or a message id for calls that name no
  // person.
  std::string lane_key;
  // Area where that person is insured, if the request says; of one insured elsewhere the lane is
  // that of the visitor (engine/cross/attempt.h).
  std::string insuplc_admdvs;

  // For calls with a message id; else `has_key` is false.
  bool has_key = false;
  storage::MessageKey key;
  std::string body;  // deterministic serialisation of the request
  Digest digest{};

  // A second message that must not be worked on meanwhile: the original of a 冲正, or the id of a
  // fence.
  bool has_other_key = false;
  storage::MessageKey other_key;

  // Which of the two this job holds in the message table.
  bool holds_key = false;
  bool holds_other_key = false;

  // What relatives' accounts were asked for; null before they were.
  std::shared_ptr<const FamilyMoney> family;
  // What the insured place answered; null before it was asked.
  std::shared_ptr<const CrossAnswer> cross;

  // What came of letting a bill leave its person (Repoint); null before that was asked for.
  std::shared_ptr<const absl::StatusOr<store::v1::DepartReply>> departed;

  // Called exactly once, from any thread. Must not block.
  std::function<void(Reply)> respond;

  // Who waits for the answer, and may have been answered at the deadline already. Null for steps
  // that the engine sends itself.
  std::shared_ptr<Caller> caller;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_JOB_H_
