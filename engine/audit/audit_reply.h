#ifndef YIJIE_ENGINE_AUDIT_AUDIT_REPLY_H_
#define YIJIE_ENGINE_AUDIT_AUDIT_REPLY_H_

// The part of the audit that looks at one reply: is it right in itself, and does it say what the
// event and the state say?

#include <functional>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"
#include "yijie/store/v1/record.pb.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::engine {

// What a reply must agree with.
struct ReplyContext {
  absl::string_view psn_no;
  int64_t version = 0;
  const store::v1::PersonEvent& event;
  absl::int128 balance_before;  // of the personal account, fen
  absl::int128 balance_after;
};

// Takes one finding.
using FindingSink = std::function<void(absl::string_view what)>;

// What an undo of a settlement must negate.
struct MoneyOfReply {
  v1::Amounts amounts;
  google::protobuf::RepeatedPtrField<v1::BenefitPayment> benefits;
  int64_t cash_paid_fen = 0;  // at the counter
};

// `money` becomes that of the reply.
void CheckSettleReply(const ReplyContext& context, const FindingSink& add, MoneyOfReply& money);

// `original`: of the settlement that is undone.
void CheckReversalReply(const ReplyContext& context, const MoneyOfReply& original,
                        const FindingSink& add);

void CheckCreditReply(const ReplyContext& context, const FindingSink& add);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_AUDIT_AUDIT_REPLY_H_
