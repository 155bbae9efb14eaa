#ifndef YIJIE_ENGINE_ACCOUNT_ACCOUNT_TRANSACTIONS_H_
#define YIJIE_ENGINE_ACCOUNT_ACCOUNT_TRANSACTIONS_H_

// What the calls of AccountService do to a person (proto/yijie/v1/account.proto). No clock, no
// threads. The request passed its checks, `request_bytes` is its deterministic serialisation, the
// person's year was turned if it was to be, and all versions of the person are in `store`. Errors
// are gRPC statuses and change nothing.

#include <string>

#include "absl/status/statusor.h"
#include "engine/booking.h"
#include "engine/moment.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "storage/store.h"
#include "yijie/v1/account.pb.h"

namespace yijie::engine {

struct AccountWork {
  const Reference& reference;
  storage::StoreReader& store;
  const std::string& request_bytes;
  const Person& person;
  const Moment& now;
};

absl::StatusOr<Effect> CreditByPolicy(const yijie::v1::CreditByPolicyRequest& request,
                                      const AccountWork& work);
// What CreditByPolicy would answer; nothing is booked.
yijie::v1::AccountResponse CheckCredit(const yijie::v1::CreditByPolicyRequest& request,
                                       const AccountWork& work);
absl::StatusOr<Effect> CloseAccountYear(const yijie::v1::CloseAccountYearRequest& request,
                                        const AccountWork& work);
absl::StatusOr<Effect> PayFromAccount(const yijie::v1::PayFromAccountRequest& request,
                                      const AccountWork& work);
absl::StatusOr<Effect> FreezeAccount(const yijie::v1::FreezeAccountRequest& request,
                                     const AccountWork& work);
absl::StatusOr<Effect> EndAccount(const yijie::v1::EndAccountRequest& request,
                                  const AccountWork& work);
absl::StatusOr<Effect> ReceiveIntoAccount(const yijie::v1::ReceiveIntoAccountRequest& request,
                                          const AccountWork& work);
absl::StatusOr<Effect> OffsetDebt(const yijie::v1::OffsetDebtRequest& request,
                                  const AccountWork& work);
absl::StatusOr<Effect> UndoAccountPosting(const yijie::v1::UndoAccountPostingRequest& request,
                                          const AccountWork& work);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_ACCOUNT_ACCOUNT_TRANSACTIONS_H_
