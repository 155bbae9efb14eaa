#ifndef YIJIE_ENGINE_GATEWAY_GATEWAY_QUERIES_H_
#define YIJIE_ENGINE_GATEWAY_GATEWAY_QUERIES_H_

// What GatewayService answers, without the network. Every answer counts in what was passed on
// before it was asked for.

#include "absl/status/statusor.h"
#include "base/date.h"
#include "engine/books/book_projection.h"
#include "engine/gateway/gateway.h"
#include "storage/store.h"
#include "yijie/v1/gateway.pb.h"

namespace yijie::engine {

// INVALID_ARGUMENT, beginning with the field, for a malformed request. Thread-safe.
class GatewayQueries {
 public:
  // All outlive it.
  GatewayQueries(storage::Store& store, BookProjection& projection, const Gateway& gateway)
      : store_(store), projection_(projection), gateway_(gateway) {}

  v1::ListPeersResponse ListPeers() const;
  absl::StatusOr<v1::GetAreaClearingResponse> GetAreaClearing(
      const v1::GetAreaClearingRequest& request);
  absl::StatusOr<v1::GetAdvanceFundsResponse> GetAdvanceFunds(
      const v1::GetAdvanceFundsRequest& request, Date today);

 private:
  storage::Store& store_;
  BookProjection& projection_;
  const Gateway& gateway_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_GATEWAY_GATEWAY_QUERIES_H_
