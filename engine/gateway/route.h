#ifndef YIJIE_ENGINE_GATEWAY_ROUTE_H_
#define YIJIE_ENGINE_GATEWAY_ROUTE_H_

#include <cstddef>
#include <memory>
#include <string>

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/cross/cross_envelope.h"
#include "engine/gateway/peer_table.h"
#include "engine/job.h"
#include "engine/peers/peer_message.h"

namespace yijie::engine {

// Where a message of CrossService goes.
struct Route {
  size_t sender = 0;  // peers of the table
  size_t receiver = 0;
  CrossEnvelope envelope;
  std::shared_ptr<const google::protobuf::Message> request;
};

// Refusals are definite: the message was passed on to nobody.
//   INVALID_ARGUMENT     too large, no message of its call, or altered (its digest does not fit)
//   PERMISSION_DENIED    the sender has no certificate of a peer, or speaks for another area
//   NOT_FOUND            no peer has the insured area
//   FAILED_PRECONDITION  bills of this scheme go through another gateway
absl::StatusOr<Route> RouteOf(const PeerTable& table, const PeerMessage& message);

// Whether the bytes answer `request`, a message of `call`: the right reservation, and as it was
// sealed. DATA_LOSS if they do not.
absl::Status CheckAnswers(Call call, const google::protobuf::Message& request,
                          const std::string& reply);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_GATEWAY_ROUTE_H_
