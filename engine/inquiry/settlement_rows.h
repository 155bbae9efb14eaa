#ifndef YIJIE_ENGINE_INQUIRY_SETTLEMENT_ROWS_H_
#define YIJIE_ENGINE_INQUIRY_SETTLEMENT_ROWS_H_

// Settlements and visits of a person as rows of a page.

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/inquiry/history.h"
#include "engine/person.h"
#include "storage/store.h"
#include "yijie/v1/inquiry.pb.h"

namespace yijie::engine {

// Reads the rows of one person, as they stand at its version. Not for threads to share.
class SettlementRows {
 public:
  // All outlive it. `institution`: whose rows only; empty: everyone's.
  SettlementRows(storage::StoreReader& store, const Person& person, const std::string& institution);

  absl::StatusOr<v1::ListSettlementsResponse> Settlements(const PageQuery& query) const;
  absl::StatusOr<v1::ListVisitsResponse> Visits(const PageQuery& query) const;

 private:
  bool IsTold(const yijie::store::v1::PersonEvent& event) const;
  absl::StatusOr<v1::SettlementRow> RowOf(int64_t version,
                                          const yijie::store::v1::PersonEvent& event) const;
  absl::StatusOr<v1::VisitRow> VisitOf(int64_t version,
                                       const yijie::store::v1::PersonEvent& event) const;
  // Sets the state of a settlement, and what undid it.
  absl::Status SetState(int64_t version, v1::SettlementRow* row) const;

  storage::StoreReader& store_;
  const Person& person_;
  const std::string& institution_;
  absl::flat_hash_map<int64_t, int64_t> undone_by_;  // version -> version
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_INQUIRY_SETTLEMENT_ROWS_H_
