#include "engine/peers/peer_reload.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "engine/peers/identity.h"

namespace yijie::engine {

absl::StatusOr<std::unique_ptr<PeerReload>> PeerReload::Open(std::string path,
                                                             const TlsFiles& tls) {
  YIJIE_ASSIGN_OR_RETURN(auto credentials, ChannelCredentialsOf(tls));
  std::unique_ptr<PeerReload> reload(new PeerReload(std::move(path), std::move(credentials)));
  const MutexLock lock(reload->mutex_);
  YIJIE_RETURN_IF_ERROR(reload->Read());
  return reload;
}

std::shared_ptr<const PeerWays> PeerReload::peers() const {
  const MutexLock lock(mutex_);
  return peers_;
}

PeerReload::Line PeerReload::LineTo(const v1::GatewayPeer& peer) const {
  for (const Line& line : lines_)
    if (line.admdvs == peer.admdvs() && line.address == peer.address()) return line;
  return {peer.admdvs(), peer.address(),
          PeerChannel::Open(peer.address(), credentials_, IdentityOfArea(peer.admdvs()))};
}

absl::Status PeerReload::Read() {
  YIJIE_ASSIGN_OR_RETURN(PeerTable table, PeerTable::Load(path_));
  std::vector<Line> lines;
  for (size_t i = 0; i < table.size(); ++i) lines.push_back(LineTo(table.peer(i)));
  auto peers = std::make_shared<PeerWays>(PeerWays{std::move(table), {}});
  for (const Line& line : lines) peers->ways.push_back(line.channel);
  if (peers_ != nullptr) former_.push_back(std::move(peers_));
  lines_ = std::move(lines);
  peers_ = std::move(peers);
  return absl::OkStatus();
}

absl::Status PeerReload::Run(Gateway& gateway) {
  const MutexLock lock(mutex_);
  const absl::Status read = Read();
  if (read.ok()) {
    gateway.SetPeers(peers_);
    LogLine("peers_reloaded").Number("peers", static_cast<int64_t>(peers_->table.size()));
  } else {
    LogLine("peers_kept").Text("reason", read.message());
  }
  return read;
}

void PeerReload::Watch(Gateway& gateway) {
  const MutexLock lock(mutex_);
  for (const Line& line : lines_) gateway.SetConnected(line.admdvs, line.channel->IsConnected());
  former_.erase(std::remove_if(former_.begin(), former_.end(),
                               [](const auto& each) { return each.use_count() == 1; }),
                former_.end());
}

}  // namespace yijie::engine
