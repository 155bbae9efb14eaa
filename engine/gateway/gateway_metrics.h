#ifndef YIJIE_ENGINE_GATEWAY_GATEWAY_METRICS_H_
#define YIJIE_ENGINE_GATEWAY_GATEWAY_METRICS_H_

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "engine/gateway/peer_table.h"
#include "engine/job.h"
#include "yijie/v1/gateway.pb.h"

namespace yijie::engine {

// What the operator of a gateway watches, in Prometheus form, for each peer. Labels are areas of
// peers, calls and states: the number of series is bounded. Thread-safe and without waiting, but
// for Expose.
class GatewayMetrics {
 public:
  GatewayMetrics();
  ~GatewayMetrics();

  // Serves /metrics on `address` until destroyed. There is no authentication.
  absl::Status Expose(const std::string& address);

  void Refused(Call call, const absl::Status& status);
  // A call passed on to the peer of an area.
  void PassedOn(const std::string& admdvs, Call call, const absl::Status& status,
                std::chrono::nanoseconds took);
  void SetState(const std::string& admdvs, v1::PeerState state);
  // It is no peer any more: it has no state. What was passed on to it stays counted.
  void Forget(const std::string& admdvs);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_GATEWAY_GATEWAY_METRICS_H_
