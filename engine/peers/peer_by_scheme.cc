#include "engine/peers/peer_by_scheme.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/cross/cross_envelope.h"

namespace yijie::engine {

CrossPeer* PeerByScheme::FindGateway(const std::string& insutype) const {
  auto gateway = gateways_.find(insutype);
  if (gateway == gateways_.end()) gateway = gateways_.find("");
  return gateway == gateways_.end() ? nullptr : gateway->second.get();
}

void PeerByScheme::Send(Call call, std::shared_ptr<const google::protobuf::Message> request,
                        std::chrono::steady_clock::time_point deadline,
                        std::function<void(Reply)> done) {
  const std::string scheme = EnvelopeOf(call, *request).insutype;
  CrossPeer* gateway = FindGateway(scheme);
  if (gateway == nullptr) {
    return done({absl::FailedPreconditionError(
                     absl::StrCat("insutype: no gateway carries bills of scheme ", scheme)),
                 ""});
  }
  gateway->Send(call, std::move(request), deadline, std::move(done));
}

}  // namespace yijie::engine
