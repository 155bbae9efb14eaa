#ifndef YIJIE_ENGINE_GATEWAY_PEER_WAYS_H_
#define YIJIE_ENGINE_GATEWAY_PEER_WAYS_H_

#include <memory>
#include <utility>
#include <vector>

#include "engine/cross/cross_peer.h"
#include "engine/gateway/peer_table.h"

namespace yijie::engine {

// Whom a gateway speaks with, from one reading of its peers to the next, and the ways there.
struct PeerWays {
  PeerTable table;
  std::vector<std::shared_ptr<CrossPeer>> ways;  // in the order of the table
};

// Ways that somebody else owns, and that outlive the result.
inline std::shared_ptr<const PeerWays> WaysOf(PeerTable table,
                                              const std::vector<CrossPeer*>& ways) {
  auto all = std::make_shared<PeerWays>(PeerWays{std::move(table), {}});
  for (CrossPeer* way : ways) all->ways.emplace_back(way, [](CrossPeer*) {});
  return all;
}

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_GATEWAY_PEER_WAYS_H_
