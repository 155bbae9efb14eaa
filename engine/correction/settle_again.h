#ifndef YIJIE_ENGINE_CORRECTION_SETTLE_AGAIN_H_
#define YIJIE_ENGINE_CORRECTION_SETTLE_AGAIN_H_

// What corrections and refunds of lines share: a claim that was settled before is settled again,
// now.

#include <array>

#include "base/fen.h"
#include "engine/transactions.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::engine {

// Cash the person really paid to the institution for `settlement`, the answer of `record`.
Fen CashPaid(const SettledRecord& record, const yijie::v1::Settlement& settlement);

// Makes `settlement`, evaluated as of an earlier moment, one of `now`. The account of `person` pays
// what it still can of `account_pays`, into `moves`; the rest is cash.
void SettleNow(const std::array<Fen, rules::kSubAccounts>& account_pays, const Person& person,
               const Moment& now, ClaimMoves* moves, yijie::v1::Settlement* settlement);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CORRECTION_SETTLE_AGAIN_H_
