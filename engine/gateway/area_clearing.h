#ifndef YIJIE_ENGINE_GATEWAY_AREA_CLEARING_H_
#define YIJIE_ENGINE_GATEWAY_AREA_CLEARING_H_

// What areas owe each other for a month (清算), and how far their advance funds (预付金) go: read
// from the totals of the books of pairs, not from records. Integers only. Equal books, equal
// answers, byte for byte, in whatever order the records came.

#include <string>

#include "absl/status/statusor.h"
#include "base/date.h"
#include "engine/books/clearing_month.h"
#include "engine/gateway/peer_table.h"
#include "storage/store.h"
#include "yijie/v1/gateway.pb.h"

namespace yijie::engine {

// Read inside BookProjection::Read.
absl::StatusOr<v1::AreaClearing> MakeAreaClearing(storage::StoreReader& store, ClearingMonth month);

// Counted up to the end of `as_of`, a day of `month`. Read inside BookProjection::Read.
absl::StatusOr<v1::AdvanceFunds> MakeAdvanceFunds(storage::StoreReader& store,
                                                  const PeerTable& table, ClearingMonth month,
                                                  Date as_of);

// For people, in Chinese. Equal contents, equal bytes.
std::string AreaClearingAsText(const v1::AreaClearing& clearing, const PeerTable& names);
std::string AdvanceFundsAsText(const v1::AdvanceFunds& funds, const PeerTable& names);

// 正常, 黄色预警, 红色预警.
absl::string_view WarningWords(v1::AdvanceWarning warning);
// What `cleared_fen` of a fund comes to. A fund is above 0.
v1::AdvanceWarning WarningFor(int64_t cleared_fen, int64_t advance_fen);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_GATEWAY_AREA_CLEARING_H_
