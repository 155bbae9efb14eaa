#ifndef YIJIE_ENGINE_GATEWAY_PEER_TABLE_H_
#define YIJIE_ENGINE_GATEWAY_PEER_TABLE_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "yijie/v1/gateway.pb.h"

namespace yijie::engine {

// Who a gateway speaks with. A value; never changes.
class PeerTable {
 public:
  // INVALID_ARGUMENT that begins with the field.
  static absl::StatusOr<PeerTable> Make(v1::GatewayPeers peers);
  // Protobuf text of GatewayPeers. Errors name the file.
  static absl::StatusOr<PeerTable> Load(const std::string& path);

  size_t size() const { return static_cast<size_t>(peers_.peer_size()); }
  const v1::GatewayPeer& peer(size_t index) const { return peers_.peer(static_cast<int>(index)); }
  const v1::GatewayPeers& peers() const { return peers_; }

  // The peer of the smallest area that holds `admdvs`; nothing if there is none.
  std::optional<size_t> Find(absl::string_view admdvs) const;
  // The peer with this URI in its certificate.
  std::optional<size_t> WithIdentity(absl::string_view identity) const;
  // Whether this instance carries bills of a scheme.
  bool Carries(absl::string_view insutype) const;
  // In Chinese, for statements; the code itself where no peer has a name for it.
  std::string NameOf(absl::string_view admdvs) const;

 private:
  explicit PeerTable(v1::GatewayPeers peers) : peers_(std::move(peers)) {}

  v1::GatewayPeers peers_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_GATEWAY_PEER_TABLE_H_
