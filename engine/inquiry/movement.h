#ifndef YIJIE_ENGINE_INQUIRY_MOVEMENT_H_
#define YIJIE_ENGINE_INQUIRY_MOVEMENT_H_

// What moved a personal account, told from the journal of a version alone: right for kinds of
// events this program does not know.

#include <array>
#include <vector>

#include "base/fen.h"
#include "rules/decision.h"
#include "yijie/store/v1/record.pb.h"
#include "yijie/v1/inquiry.pb.h"

namespace yijie::engine {

using AccountAmounts = std::array<Fen, rules::kSubAccounts>;  // by rules::SubAccount

struct MovementPart {
  v1::MovementKind kind = v1::MOVEMENT_KIND_UNSPECIFIED;
  AccountAmounts amount{};  // positive into the account
};

// They add up to what the event did to each sub-account. None if it did nothing.
//
// What goes from one sub-account to the other is a carry-over. The rest is a bill if the event
// settles or undoes one, or if an institution or a fund is on the other side; else it is named by
// the ledger accounts there, each by its amount, or "other" where two accounts face two
// sub-accounts and nobody can tell which is which.
std::vector<MovementPart> MovementsOf(const yijie::store::v1::PersonEvent& event);

// Both sub-balances, zeroes too.
void SetAmounts(const AccountAmounts& amounts,
                google::protobuf::RepeatedPtrField<v1::SubAccountAmount>* out);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_INQUIRY_MOVEMENT_H_
