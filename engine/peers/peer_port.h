#ifndef YIJIE_ENGINE_PEERS_PEER_PORT_H_
#define YIJIE_ENGINE_PEERS_PEER_PORT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/engine.h"
#include "engine/peers/peer_message.h"
#include "engine/peers/tls.h"

namespace yijie::engine {

// Takes calls of CrossService, and nothing else, from parties with certificates.
class PeerPort {
 public:
  // Listens until shut down or destroyed. Port 0 takes a free one.
  static absl::StatusOr<std::unique_ptr<PeerPort>> Start(const std::string& address,
                                                         const TlsFiles& files,
                                                         PeerHandler handler);
  ~PeerPort();
  PeerPort(const PeerPort&) = delete;
  PeerPort& operator=(const PeerPort&) = delete;

  int port() const;
  // Takes nothing more; waits a few seconds for what is inside.
  void Shutdown();

 private:
  class Service;
  PeerPort();

  std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

// The port of an insured place: takes what the gateway brings to `engine`, which outlives it.
PeerHandler ForEngine(Engine& engine);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PEERS_PEER_PORT_H_
