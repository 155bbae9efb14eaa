#include "engine/metrics.h"

#include <array>
#include <atomic>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/mutex.h"
#include "engine/budget/stage_metrics.h"
#include "engine/call.h"

namespace yijie::engine {
namespace {

constexpr int kStatusCodes = 17;
// More than any outcome enum has values.
constexpr size_t kOutcomes = 128;

// Seconds, about a factor of two apart: 50 microseconds to 3 seconds, the longest budget.
const prometheus::Histogram::BucketBoundaries& LatencyBuckets() {
  static const auto* const buckets = new prometheus::Histogram::BucketBoundaries{
      0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01,
      0.02,    0.05,   0.1,    0.2,    0.5,   0.8,   1.5,   3};
  return *buckets;
}

double Seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::string OutcomeName(Call call, int outcome) {
  const google::protobuf::EnumDescriptor* outcomes = SpecOf(call).outcomes;
  const auto* value = outcomes == nullptr ? nullptr : outcomes->FindValueByNumber(outcome);
  return value == nullptr ? absl::StrCat(outcome) : value->name();
}

}  // namespace

struct Metrics::Impl {
  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  prometheus::Family<prometheus::Histogram>& latency =
      prometheus::BuildHistogram()
          .Name("yijie_call_seconds")
          .Help("Time from arrival to reply, by call")
          .Register(*registry);
  prometheus::Family<prometheus::Counter>& calls =
      prometheus::BuildCounter()
          .Name("yijie_calls_total")
          .Help("Calls answered, by call and gRPC status")
          .Register(*registry);
  prometheus::Family<prometheus::Counter>& outcomes = prometheus::BuildCounter()
                                                          .Name("yijie_outcomes_total")
                                                          .Help("Business outcomes, by call")
                                                          .Register(*registry);
  prometheus::Histogram& sync = prometheus::BuildHistogram()
                                    .Name("yijie_group_sync_seconds")
                                    .Help("Time of one synced write of a group of commits")
                                    .Register(*registry)
                                    .Add({}, LatencyBuckets());
  prometheus::Histogram& group_size =
      prometheus::BuildHistogram()
          .Name("yijie_group_commits")
          .Help("Commits in one synced write")
          .Register(*registry)
          .Add({}, prometheus::Histogram::BucketBoundaries{1, 2, 4, 8, 16, 32, 64, 128, 256, 512,
                                                           1024});
  prometheus::Gauge& in_flight = prometheus::BuildGauge()
                                     .Name("yijie_in_flight")
                                     .Help("Calls being worked on")
                                     .Register(*registry)
                                     .Add({});
  prometheus::Family<prometheus::Counter>& reloads =
      prometheus::BuildCounter()
          .Name("yijie_policy_reloads_total")
          .Help("Reloads of the policy tables, by result")
          .Register(*registry);
  prometheus::Counter& reloads_done = reloads.Add({{"result", "done"}});
  prometheus::Counter& reloads_refused = reloads.Add({{"result", "refused"}});
  prometheus::Gauge& policies = prometheus::BuildGauge()
                                    .Name("yijie_policies")
                                    .Help("Policy packages in force")
                                    .Register(*registry)
                                    .Add({});
  prometheus::Family<prometheus::Gauge>& policy_info =
      prometheus::BuildGauge()
          .Name("yijie_policy_info")
          .Help("1 for each policy package in force; hash is that of its receipts")
          .Register(*registry);
  Mutex policies_mutex;
  std::vector<prometheus::Gauge*> policy_infos ABSL_GUARDED_BY(policies_mutex);
  std::array<prometheus::Histogram*, kCalls> latency_of{};
  std::array<std::array<prometheus::Counter*, kStatusCodes>, kCalls> calls_of{};
  std::array<std::array<std::atomic<prometheus::Counter*>, kOutcomes>, kCalls> outcome_of{};
  const std::shared_ptr<StageMetrics> stages = std::make_shared<StageMetrics>();
  std::unique_ptr<prometheus::Exposer> exposer;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {
  for (size_t call = 0; call < kCalls; ++call) {
    const std::string name(CallName(static_cast<Call>(call)));
    impl_->latency_of[call] = &impl_->latency.Add({{"call", name}}, LatencyBuckets());
    for (int code = 0; code < kStatusCodes; ++code) {
      impl_->calls_of[call][static_cast<size_t>(code)] = &impl_->calls.Add(
          {{"call", name},
           {"status", absl::StatusCodeToString(static_cast<absl::StatusCode>(code))}});
    }
  }
}

Metrics::~Metrics() = default;

absl::Status Metrics::Expose(const std::string& address) {
  try {
    impl_->exposer = std::make_unique<prometheus::Exposer>(address, /*num_threads=*/1);
  } catch (const std::exception& error) {  // civetweb reports a taken port this way
    return absl::UnavailableError(absl::StrCat("metrics on ", address, ": ", error.what()));
  }
  impl_->exposer->RegisterCollectable(impl_->registry);
  impl_->exposer->RegisterCollectable(impl_->stages);
  return absl::OkStatus();
}

void Metrics::CallDone(Call call, Channel channel, const absl::Status& status,
                       const StageTimes& times) {
  StepDone(call, status, times.wall());
  impl_->stages->Count(channel, ToldBy(status.code()), times);
}

void Metrics::Rejected(Call call, const absl::Status& status) {
  StepDone(call, status, std::chrono::nanoseconds(0));
}

void Metrics::StepDone(Call call, const absl::Status& status, std::chrono::nanoseconds took) {
  const auto index = static_cast<size_t>(call);
  const auto code = static_cast<size_t>(status.code());
  impl_->latency_of[index]->Observe(Seconds(took));
  if (code < kStatusCodes) impl_->calls_of[index][code]->Increment();
}

void Metrics::Outcome(Call call, int outcome) {
  // A number that no enum has counts as the unspecified one.
  const bool known_number = outcome >= 0 && outcome < static_cast<int>(kOutcomes);
  const size_t number = known_number ? static_cast<size_t>(outcome) : 0;
  std::atomic<prometheus::Counter*>& known = impl_->outcome_of[static_cast<size_t>(call)][number];
  prometheus::Counter* counter = known.load(std::memory_order_acquire);
  if (counter == nullptr) {
    // The family gives the same counter for the same labels.
    counter = &impl_->outcomes.Add({{"call", std::string(CallName(call))},
                                    {"outcome", OutcomeName(call, static_cast<int>(number))}});
    known.store(counter, std::memory_order_release);
  }
  counter->Increment();
}

void Metrics::GroupWritten(size_t commits, std::chrono::nanoseconds took) {
  impl_->group_size.Observe(static_cast<double>(commits));
  impl_->sync.Observe(Seconds(took));
}

void Metrics::SetPolicies(const rules::RuleBook& policies) {
  const MutexLock lock(impl_->policies_mutex);
  for (prometheus::Gauge* info : impl_->policy_infos) impl_->policy_info.Remove(info);
  impl_->policy_infos.clear();
  for (const auto& program : policies.programs()) {
    prometheus::Gauge& info =
        impl_->policy_info.Add({{"policy", program->id}, {"hash", HexPrefix(program->hash, 8)}});
    info.Set(1);
    impl_->policy_infos.push_back(&info);
  }
  impl_->policies.Set(static_cast<double>(policies.programs().size()));
}

void Metrics::PoliciesReloaded(bool done) {
  (done ? impl_->reloads_done : impl_->reloads_refused).Increment();
}

void Metrics::Entered() { impl_->in_flight.Increment(); }

void Metrics::Left() { impl_->in_flight.Decrement(); }

}  // namespace yijie::engine
