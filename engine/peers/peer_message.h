#ifndef YIJIE_ENGINE_PEERS_PEER_MESSAGE_H_
#define YIJIE_ENGINE_PEERS_PEER_MESSAGE_H_

#include <chrono>
#include <functional>
#include <string>

#include "engine/job.h"

namespace yijie::engine {

// A call of CrossService as it came in.
struct PeerMessage {
  Call call = Call::kReserve;
  std::string identity;  // URI in the sender's certificate
  std::string bytes;
  std::chrono::steady_clock::time_point deadline;
};

// Takes the calls that come in. Called from any thread; `respond` is to be called exactly once,
// from any thread. Must not block.
using PeerHandler = std::function<void(PeerMessage, std::function<void(Reply)> respond)>;

// Larger messages are refused: a bill of the most lines an institution may send, with a class for
// each, is smaller.
inline constexpr int kMaxPeerMessageBytes = 4 << 20;

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PEERS_PEER_MESSAGE_H_
