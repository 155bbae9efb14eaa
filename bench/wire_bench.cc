// From the bytes of a Settle request to the bytes of its reply, on one thread, without a store: the
// work of the gRPC poller and of the lane.

#include <deque>

#include "absl/time/clock.h"
#include "base/check.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "bench/benches.h"
#include "bench/cpu_suite.h"
#include "engine/deterministic_bytes.h"
#include "engine/edge.h"
#include "engine/transactions.h"
#include "engine/validate.h"

namespace yijie::bench {
namespace {

constexpr size_t kClaims = 1'024;
constexpr uint64_t kSeed = 12;

struct Sample {
  engine::Person person;
  std::string request;
  v1::SettleRequest parsed;
  std::string body;  // as MakeJob makes it
  v1::SettleResponse response;
  engine::Person next;  // the person after it
};

class WireBench {
 public:
  explicit WireBench(const World& world)
      : world_(world), now_(engine::MomentOf(absl::ToUnixMillis(absl::Now()))) {}

  absl::Status Prepare(Report& report);
  void AddRows(CpuSuite& suite);

 private:
  const Sample& At(size_t i) const { return samples_[i % kClaims]; }
  static std::unique_ptr<v1::SettleRequest> Parse(const std::string& bytes) {
    auto request = std::make_unique<v1::SettleRequest>();
    const bool parsed = request->ParseFromString(bytes);
    YIJIE_CHECK(parsed, "a request of the benchmark is a message");
    return request;
  }
  engine::Effect Settle(const v1::SettleRequest& request, const std::string& body,
                        const engine::Person& person, const engine::Moment& now) const {
    auto effect = engine::Settle(*world_.reference, request, body, person, now);
    YIJIE_CHECK(effect.ok() && effect->moves, "a claim of the benchmark settles");
    return *std::move(effect);
  }
  void WireToWire(const Sample& sample) const {
    const engine::Moment now = engine::MomentOf(absl::ToUnixMillis(absl::Now()));
    auto message = engine::NewRequest(engine::Call::kSettle);
    YIJIE_CHECK(message->ParseFromString(sample.request), "a request is a message");
    const auto job = engine::MakeJob(engine::Call::kSettle, std::move(message), now);
    YIJIE_CHECK(job.ok(), "a request of the benchmark is valid");
    const auto& request = static_cast<const v1::SettleRequest&>(*(*job)->request);
    benchmark::DoNotOptimize(Settle(request, (*job)->body, sample.person, now));
  }
  void AddStages(CpuSuite& suite) const;

  const World& world_;
  const engine::Moment now_;
  std::deque<Sample> samples_;
};

absl::Status WireBench::Prepare(Report& report) {
  Random random(kSeed);
  size_t request_bytes = 0, reply_bytes = 0;
  for (size_t i = 0; i < kClaims; ++i) {
    Sample& sample = samples_.emplace_back();
    const auto& facts = random.Pick(i % 2 == 0 ? world_.residents : world_.employees);
    sample.person.version = 1;
    sample.person.facts = std::make_shared<v1::PersonFacts>(facts);
    if (i % 2 == 1) sample.person.account = {Fen(120'000), Fen(500'000)};
    // A first stay, so that the second has totals to add to.
    const auto first = MakeRequest(world_, facts, BillSize::kSmall, random);
    sample.person = Settle(first, first.SerializeAsString(), sample.person, now_).next;
    const auto request = MakeRequest(world_, facts, BillSize::kSmall, random);
    sample.request = request.SerializeAsString();
    sample.parsed = request;
    sample.body = engine::DeterministicBytes(request);
    engine::Effect effect = Settle(request, sample.body, sample.person, now_);
    YIJIE_RETURN_IF_ERROR(CheckSettled(effect.reply));
    sample.response.ParseFromString(effect.reply);
    sample.next = std::move(effect.next);
    request_bytes += sample.request.size();
    reply_bytes += effect.reply.size();
  }
  report.Note("request bytes, mean", std::to_string(request_bytes / kClaims));
  report.Note("reply bytes, mean", std::to_string(reply_bytes / kClaims));
  return absl::OkStatus();
}

void WireBench::AddRows(CpuSuite& suite) {
  suite.Add(
      "wire/request-to-reply", [this](size_t i) { WireToWire(At(i)); },
      "parse request + serialise reply",
      [this](size_t i) {
        benchmark::DoNotOptimize(Parse(At(i).request));
        benchmark::DoNotOptimize(At(i).response.SerializeAsString());
      });
  AddStages(suite);
}

// What the whole is made of, and what of it protobuf alone costs.
void WireBench::AddStages(CpuSuite& suite) const {
  suite.Add("wire/stage/parse",
            [this](size_t i) { benchmark::DoNotOptimize(Parse(At(i).request)); });
  suite.Add("wire/stage/validate", [this](size_t i) {
    const v1::SettleRequest& request = At(i).parsed;
    YIJIE_CHECK(engine::CheckNoUnknownFields(request).ok() &&
                    engine::CheckHeader(request.header()).ok() &&
                    engine::CheckClaim(request.claim()).ok(),
                "a request of the benchmark is valid");
  });
  suite.Add("wire/stage/canonical-bytes", [this](size_t i) {
    benchmark::DoNotOptimize(engine::DeterministicBytes(At(i).parsed));
  });
  suite.Add("wire/stage/sha-256",
            [this](size_t i) { benchmark::DoNotOptimize(Sha256(At(i).body)); });
  suite.Add("wire/stage/clock", [](size_t) {
    benchmark::DoNotOptimize(engine::MomentOf(absl::ToUnixMillis(absl::Now())));
  });
  suite.Add("wire/stage/settle", [this](size_t i) {
    benchmark::DoNotOptimize(Settle(At(i).parsed, At(i).body, At(i).person, now_));
  });
  suite.Add("wire/stage/serialise-reply",
            [this](size_t i) { benchmark::DoNotOptimize(At(i).response.SerializeAsString()); });
  // Not part of the reply; the lane does it for the commit.
  suite.Add("wire/stage/serialise-state",
            [this](size_t i) { benchmark::DoNotOptimize(engine::SerializeState(At(i).next)); });
}

}  // namespace

absl::Status BenchWire(const Options& options, const World& world, Report& report) {
  CpuSuite suite(options);
  WireBench bench(world);
  bench.AddRows(suite);
  if (suite.empty()) return absl::OkStatus();
  YIJIE_RETURN_IF_ERROR(bench.Prepare(report));
  suite.Run(report);
  return absl::OkStatus();
}

}  // namespace yijie::bench
