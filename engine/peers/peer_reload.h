#ifndef YIJIE_ENGINE_PEERS_PEER_RELOAD_H_
#define YIJIE_ENGINE_PEERS_PEER_RELOAD_H_

// The peers of a gateway from their file, read again while it runs.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "engine/gateway/gateway.h"
#include "engine/gateway/peer_ways.h"
#include "engine/peers/peer_channel.h"
#include "engine/peers/tls.h"

namespace yijie::engine {

// Thread-safe.
class PeerReload {
 public:
  // Reads protobuf text of GatewayPeers and opens the connections. Errors name the file.
  static absl::StatusOr<std::unique_ptr<PeerReload>> Open(std::string path, const TlsFiles& tls);

  std::shared_ptr<const PeerWays> peers() const;

  // Reads the file again and gives its peers to the gateway, all at once; or leaves everything as
  // it is. Connections to addresses that stay are kept. Logs what it did.
  absl::Status Run(Gateway& gateway);

  // Tells the gateway who can be reached. For now and then: closes connections that nobody uses any
  // more.
  void Watch(Gateway& gateway);

 private:
  // A peer's connection, by area and address.
  struct Line {
    std::string admdvs;
    std::string address;
    std::shared_ptr<PeerChannel> channel;
  };

  PeerReload(std::string path, std::shared_ptr<grpc::ChannelCredentials> credentials)
      : path_(std::move(path)), credentials_(std::move(credentials)) {}
  absl::Status Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Line LineTo(const v1::GatewayPeer& peer) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  mutable Mutex mutex_;
  std::vector<Line> lines_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const PeerWays> peers_ ABSL_GUARDED_BY(mutex_);
  // Former ones, which messages under way may still go by. They end here: a connection must not end
  // in a callback of its own.
  std::vector<std::shared_ptr<const PeerWays>> former_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PEERS_PEER_RELOAD_H_
