#ifndef YIJIE_ENGINE_GATEWAY_PEER_HEALTH_H_
#define YIJIE_ENGINE_GATEWAY_PEER_HEALTH_H_

#include <chrono>
#include <cstdint>

#include "yijie/v1/gateway.pb.h"

namespace yijie::engine {

struct HealthLimits {
  // A peer is slow from this mean on, and no longer so below half of it.
  std::chrono::microseconds slow_from{1'000'000};
  // Calls running without an answer that make a peer dead. One that had less time than `slow_from`
  // says nothing about the peer.
  int dead_after = 3;
};

// How a peer does, by its answers. Not thread-safe.
class PeerHealth {
 public:
  explicit PeerHealth(HealthLimits limits) : limits_(limits) {}

  void Answered(std::chrono::microseconds took);
  void Failed(std::chrono::microseconds time_given);
  void Connected(bool connected);

  v1::PeerState state() const;
  int64_t calls() const { return calls_; }
  int64_t failures() const { return failures_; }
  int64_t mean_us() const { return mean_us_; }

 private:
  HealthLimits limits_;
  int64_t calls_ = 0;
  int64_t failures_ = 0;
  int64_t mean_us_ = 0;
  int silent_ = 0;  // calls running without an answer
  bool answered_ = false;
  bool slow_ = false;
  bool was_connected_ = false;
  bool connected_ = false;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_GATEWAY_PEER_HEALTH_H_
