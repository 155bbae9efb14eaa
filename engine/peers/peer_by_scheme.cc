#include "engine/peers/peer_by_scheme.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/cross/cross_envelope.h"

namespace yijie::engine {

void PeerByScheme::Send(Call call, std::shared_ptr<const google::protobuf::Message> request,
                        std::chrono::steady_clock::time_point deadline,
                        std::function<void(Reply)> done) {
  const std::string scheme = EnvelopeOf(call, *request).insutype;
  auto gateway = gateways_.find(scheme);
  if (gateway == gateways_.end()) gateway = gateways_.find("");
  if (gateway == gateways_.end()) {
    return done({absl::FailedPreconditionError(
                     absl::StrCat("insutype: no gateway carries bills of scheme ", scheme)),
                 ""});
  }
  gateway->second->Send(call, std::move(request), deadline, std::move(done));
}

}  // namespace yijie::engine
