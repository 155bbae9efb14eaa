#include "engine/gateway/gateway_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "absl/strings/str_cat.h"
#include "engine/call.h"

namespace yijie::engine {
namespace {

// Seconds, about a factor of two apart: 1 millisecond to 5 seconds.
const prometheus::Histogram::BucketBoundaries& LatencyBuckets() {
  static const auto* const buckets = new prometheus::Histogram::BucketBoundaries{
      0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 1.5, 3, 5};
  return *buckets;
}

std::string StatusName(const absl::Status& status) {
  return absl::StatusCodeToString(status.code());
}

}  // namespace

struct GatewayMetrics::Impl {
  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  prometheus::Family<prometheus::Counter>& calls =
      prometheus::BuildCounter()
          .Name("yijie_gateway_calls_total")
          .Help("Calls passed on, by peer, call and gRPC status")
          .Register(*registry);
  prometheus::Family<prometheus::Counter>& refused =
      prometheus::BuildCounter()
          .Name("yijie_gateway_refused_total")
          .Help("Calls that were passed on to nobody, by call and gRPC status")
          .Register(*registry);
  prometheus::Family<prometheus::Histogram>& latency =
      prometheus::BuildHistogram()
          .Name("yijie_gateway_peer_seconds")
          .Help("Time until a peer answered, by peer")
          .Register(*registry);
  prometheus::Family<prometheus::Gauge>& up =
      prometheus::BuildGauge()
          .Name("yijie_gateway_peer_up")
          .Help("1 for a peer that answers, slow or not; 0 for one that is dead or untried")
          .Register(*registry);
  prometheus::Family<prometheus::Gauge>& slow = prometheus::BuildGauge()
                                                    .Name("yijie_gateway_peer_slow")
                                                    .Help("1 for a peer that answers late")
                                                    .Register(*registry);
  std::unique_ptr<prometheus::Exposer> exposer;
};

GatewayMetrics::GatewayMetrics() : impl_(std::make_unique<Impl>()) {}

GatewayMetrics::~GatewayMetrics() = default;

absl::Status GatewayMetrics::Expose(const std::string& address) {
  try {
    impl_->exposer = std::make_unique<prometheus::Exposer>(address, /*num_threads=*/1);
  } catch (const std::exception& error) {  // civetweb reports a taken port this way
    return absl::UnavailableError(absl::StrCat("metrics on ", address, ": ", error.what()));
  }
  impl_->exposer->RegisterCollectable(impl_->registry);
  return absl::OkStatus();
}

void GatewayMetrics::Refused(Call call, const absl::Status& status) {
  impl_->refused.Add({{"call", std::string(CallName(call))}, {"status", StatusName(status)}})
      .Increment();
}

void GatewayMetrics::PassedOn(const std::string& admdvs, Call call, const absl::Status& status,
                              std::chrono::nanoseconds took) {
  impl_->latency.Add({{"peer", admdvs}}, LatencyBuckets())
      .Observe(std::chrono::duration<double>(took).count());
  impl_->calls
      .Add(
          {{"peer", admdvs}, {"call", std::string(CallName(call))}, {"status", StatusName(status)}})
      .Increment();
}

void GatewayMetrics::SetState(const std::string& admdvs, v1::PeerState state) {
  const bool up = state == v1::PEER_UP || state == v1::PEER_SLOW;
  impl_->up.Add({{"peer", admdvs}}).Set(up ? 1 : 0);
  impl_->slow.Add({{"peer", admdvs}}).Set(state == v1::PEER_SLOW ? 1 : 0);
}

void GatewayMetrics::Forget(const std::string& admdvs) {
  impl_->up.Remove(&impl_->up.Add({{"peer", admdvs}}));
  impl_->slow.Remove(&impl_->slow.Add({{"peer", admdvs}}));
}

}  // namespace yijie::engine
