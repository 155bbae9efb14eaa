#ifndef YIJIE_ENGINE_ACCOUNT_ACCOUNT_HISTORY_H_
#define YIJIE_ENGINE_ACCOUNT_ACCOUNT_HISTORY_H_

// What a personal account held and how it moved, from the records. All of it rests on durable
// commits.

#include <optional>

#include "absl/status/statusor.h"
#include "base/date.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "storage/store.h"
#include "yijie/v1/account.pb.h"

namespace yijie::engine {

// First millisecond of a local day (UTC+8), since 1970 UTC.
int64_t StartOfDay(Date day);

// The newest version of at most `newest` whose time is not after `unix_ms`; nothing if there is
// none. Reads about log2(newest) versions: times grow with versions, but for neighbours that waited
// for a commit, which are looked at one by one.
absl::StatusOr<std::optional<storage::PersonVersion>> FindVersionAsOf(storage::StoreReader& store,
                                                                      absl::string_view psn_no,
                                                                      int64_t newest,
                                                                      int64_t unix_ms);

// `person` is the newest durable one. The request was checked.
absl::StatusOr<yijie::v1::GetAccountAsOfResponse> GetAccountAsOf(
    const Reference& reference, storage::StoreReader& store,
    const yijie::v1::GetAccountAsOfRequest& request, int64_t unix_ms, const Person& person);

absl::StatusOr<yijie::v1::GetAccountStatementResponse> GetAccountStatement(
    storage::StoreReader& store, const yijie::v1::GetAccountStatementRequest& request,
    const Person& person);

// Both sub-balances of `person`, added to a repeated field of SubBalance.
void AddSubBalances(const Person& person,
                    google::protobuf::RepeatedPtrField<yijie::v1::SubBalance>* out);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_ACCOUNT_ACCOUNT_HISTORY_H_
