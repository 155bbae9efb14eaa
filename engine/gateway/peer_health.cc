#include "engine/gateway/peer_health.h"

namespace yijie::engine {

void PeerHealth::Answered(std::chrono::microseconds took) {
  // The last eight answers or so count.
  constexpr int64_t kWeight = 8;
  ++calls_;
  silent_ = 0;
  mean_us_ = answered_ ? mean_us_ + (took.count() - mean_us_) / kWeight : took.count();
  answered_ = true;
  connected_ = was_connected_ = true;
  slow_ = mean_us_ >= (slow_ ? limits_.slow_from.count() / 2 : limits_.slow_from.count());
}

void PeerHealth::Failed(std::chrono::microseconds time_given) {
  ++calls_;
  ++failures_;
  if (time_given >= limits_.slow_from) ++silent_;
}

void PeerHealth::Connected(bool connected) {
  if (connected && !connected_) silent_ = 0;  // of a peer that is new
  connected_ = connected;
  was_connected_ = was_connected_ || connected;
}

v1::PeerState PeerHealth::state() const {
  if (silent_ >= limits_.dead_after || (was_connected_ && !connected_)) return v1::PEER_DEAD;
  if (!was_connected_) return v1::PEER_UNTRIED;
  return slow_ ? v1::PEER_SLOW : v1::PEER_UP;
}

}  // namespace yijie::engine
