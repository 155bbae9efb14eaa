#ifndef YIJIE_ENGINE_QUERIES_H_
#define YIJIE_ENGINE_QUERIES_H_

// What is told from stored records, without moving anything. All of it rests on durable commits.

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/person.h"
#include "engine/transactions.h"
#include "storage/store.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {

// What is stored under a message id.
struct StoredAnswer {
  bool closed = false;       // undone or fenced before it arrived: there is no request and no reply
  std::string request;       // as it was received
  std::string reply;         // as it was sent
  int64_t time_unix_ms = 0;  // of the commit
  std::string psn_no;        // person and version it committed; empty and 0 if it moved nothing
  int64_t version = 0;
  bool settled = false;  // the version is a settlement
};

// Nothing if the id was never used.
absl::StatusOr<std::optional<StoredAnswer>> FindAnswer(storage::StoreReader& store,
                                                       const storage::MessageKey& key);

// The settlement of a version. NOT_FOUND, as if it did not exist, unless it is a settlement of
// `institution` and, if `setl_id` is given, has that id: an institution learns nothing about the
// settlements of others.
absl::StatusOr<SettledRecord> LoadSettled(storage::StoreReader& store, absl::string_view psn_no,
                                          int64_t version, absl::string_view setl_id,
                                          absl::string_view institution);

// The claim that a settlement evaluated. DATA_LOSS if it cannot be read.
absl::StatusOr<yijie::v1::Claim> StoredClaim(const yijie::store::v1::PersonEvent& event);

// The institution of that settlement, whoever asks; empty if there is no such settlement.
absl::StatusOr<std::string> InstitutionOfSettlement(storage::StoreReader& store,
                                                    absl::string_view psn_no,
                                                    absl::string_view setl_id);

// All versions after `version`, up to `newest`.
absl::StatusOr<std::vector<storage::PersonVersion>> LoadLater(storage::StoreReader& store,
                                                              absl::string_view psn_no,
                                                              int64_t version, int64_t newest);

// The settlement with which the claim of `record` came in: `record` itself, or what corrections and
// refunds of lines replaced by it. DATA_LOSS if a record cannot be read.
absl::StatusOr<SettledRecord> FirstOfClaim(storage::StoreReader& store, absl::string_view psn_no,
                                           const SettledRecord& record);

// `record`, or the last of the corrections that replaced it and one another. Also if that was
// undone since, without a replacement. DATA_LOSS if a record cannot be read.
absl::StatusOr<SettledRecord> NewestOfClaim(storage::StoreReader& store, absl::string_view psn_no,
                                            SettledRecord record, const Person& person);

// `psn_no` is the key of `person` in the store.
absl::StatusOr<yijie::v1::GetSettlementResponse> GetSettlement(
    storage::StoreReader& store, const yijie::v1::GetSettlementRequest& request,
    const std::string& psn_no, const Person& person);

absl::StatusOr<yijie::v1::QueryMessageResponse> QueryMessage(
    storage::StoreReader& store, const yijie::v1::QueryMessageRequest& request);

yijie::v1::GetAccountResponse GetAccount(const Person& person);

absl::StatusOr<yijie::v1::ListPostingsResponse> ListPostings(
    storage::StoreReader& store, const yijie::v1::ListPostingsRequest& request);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_QUERIES_H_
