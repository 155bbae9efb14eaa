#include "engine/gateway/gateway_queries.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/gateway/area_clearing.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

absl::StatusOr<ClearingMonth> ParseMonth(absl::string_view text) {
  absl::StatusOr<ClearingMonth> month = ClearingMonth::Parse(text);
  if (month.ok()) return month;
  return BadField("setlym", month.status().message());
}

// The day up to which a month is counted.
absl::StatusOr<Date> DayToCount(ClearingMonth month, const std::string& as_of, Date today) {
  const ClearingMonth now = ClearingMonth::Of(today);
  if (now < month) return BadField("setlym", "the month has not begun");
  if (!as_of.empty()) {
    const absl::StatusOr<Date> day = ParseDate(as_of);
    if (!day.ok() || !(ClearingMonth::Of(*day) == month))
      return BadField("as_of", "must be a day of the month, such as 2026-11-21");
    return *day;
  }
  if (month == now) return today;
  const Date first = *ParseDate(absl::StrCat(month.Format(), "-01"));
  return Date(AddMonths(first, 1).days() - 1);
}

}  // namespace

v1::ListPeersResponse GatewayQueries::ListPeers() const {
  v1::ListPeersResponse response;
  for (v1::PeerStatus& peer : gateway_.Peers()) *response.add_peer() = std::move(peer);
  return response;
}

absl::StatusOr<v1::GetAreaClearingResponse> GatewayQueries::GetAreaClearing(
    const v1::GetAreaClearingRequest& request) {
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(request));
  YIJIE_ASSIGN_OR_RETURN(const ClearingMonth month, ParseMonth(request.setlym()));
  v1::GetAreaClearingResponse response;
  YIJIE_RETURN_IF_ERROR(projection_.Read([&]() -> absl::Status {
    YIJIE_ASSIGN_OR_RETURN(*response.mutable_clearing(), MakeAreaClearing(store_, month));
    return absl::OkStatus();
  }));
  response.set_text(AreaClearingAsText(response.clearing(), gateway_.peers()->table));
  return response;
}

absl::StatusOr<v1::GetAdvanceFundsResponse> GatewayQueries::GetAdvanceFunds(
    const v1::GetAdvanceFundsRequest& request, Date today) {
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(request));
  YIJIE_ASSIGN_OR_RETURN(const ClearingMonth month, ParseMonth(request.setlym()));
  YIJIE_ASSIGN_OR_RETURN(const Date as_of, DayToCount(month, request.as_of(), today));
  const std::shared_ptr<const PeerWays> peers = gateway_.peers();
  v1::GetAdvanceFundsResponse response;
  YIJIE_RETURN_IF_ERROR(projection_.Read([&]() -> absl::Status {
    YIJIE_ASSIGN_OR_RETURN(*response.mutable_funds(),
                           MakeAdvanceFunds(store_, peers->table, month, as_of));
    return absl::OkStatus();
  }));
  response.set_text(AdvanceFundsAsText(response.funds(), peers->table));
  return response;
}

}  // namespace yijie::engine
