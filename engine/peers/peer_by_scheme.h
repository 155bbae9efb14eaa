#ifndef YIJIE_ENGINE_PEERS_PEER_BY_SCHEME_H_
#define YIJIE_ENGINE_PEERS_PEER_BY_SCHEME_H_

#include <map>
#include <memory>
#include <string>

#include "engine/cross/cross_peer.h"

namespace yijie::engine {

// The way to insured places through the gateway that carries the scheme of the bill: work injury
// (工伤) has one of its own. Every message of a reservation says its scheme, so all go one way.
class PeerByScheme final : public CrossPeer {
 public:
  // By scheme; under the empty one the gateway of all others.
  explicit PeerByScheme(std::map<std::string, std::unique_ptr<CrossPeer>> gateways)
      : gateways_(std::move(gateways)) {}

  bool Carries(const std::string& insutype) const override { return FindGateway(insutype); }
  void Send(Call call, std::shared_ptr<const google::protobuf::Message> request,
            std::chrono::steady_clock::time_point deadline,
            std::function<void(Reply)> done) override;

 private:
  CrossPeer* FindGateway(const std::string& insutype) const;

  const std::map<std::string, std::unique_ptr<CrossPeer>> gateways_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PEERS_PEER_BY_SCHEME_H_
