#ifndef YIJIE_ENGINE_PEERS_PEER_CHANNEL_H_
#define YIJIE_ENGINE_PEERS_PEER_CHANNEL_H_

#include <memory>
#include <string>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "absl/status/statusor.h"
#include "engine/cross/cross_peer.h"
#include "engine/peers/tls.h"

namespace yijie::engine {

// One connection to another party: the gateway from an engine, an engine from the gateway. Connects
// by itself, and again when it is cut.
class PeerChannel final : public CrossPeer {
 public:
  // Waits until every call has come to its end. Not from inside `done`.
  ~PeerChannel() override;
  PeerChannel(const PeerChannel&) = delete;
  PeerChannel& operator=(const PeerChannel&) = delete;

  // `identity` is the URI the other end must have in its certificate: an answer of any other is
  // none.
  static absl::StatusOr<std::unique_ptr<PeerChannel>> Open(const std::string& address,
                                                           const TlsFiles& files,
                                                           std::string identity);
  // The same with credentials that several connections share: each watches its files on a thread.
  static std::unique_ptr<PeerChannel> Open(
      const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
      std::string identity);

  void Send(Call call, std::shared_ptr<const google::protobuf::Message> request,
            std::chrono::steady_clock::time_point deadline,
            std::function<void(Reply)> done) override;

  // Whether there is a connection now; if not, one is being made from here on.
  bool IsConnected() { return channel_->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY; }

 private:
  class Calls;
  struct Sent;

  PeerChannel(std::shared_ptr<grpc::Channel> channel, std::string identity);

  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  const std::string identity_;
  const std::shared_ptr<Calls> calls_;
};

// "/yijie.v1.CrossService/Reserve".
std::string PathOf(Call call);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PEERS_PEER_CHANNEL_H_
