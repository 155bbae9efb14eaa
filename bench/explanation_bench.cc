// What the explanation costs, which is always on: time of its trace as a share of Evaluate, time of
// its text as a share of Settle, bytes of it in the stored reply.

#include <algorithm>
#include <deque>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "bench/benches.h"
#include "bench/cpu_suite.h"
#include "engine/claim_input.h"
#include "engine/deterministic_bytes.h"
#include "engine/explain.h"
#include "engine/transactions.h"
#include "rules/evaluate.h"

namespace yijie::bench {
namespace {

constexpr size_t kClaims = 1'024;
constexpr uint64_t kSeed = 13;

struct Sample {
  engine::Person person;
  v1::SettleRequest request;
  std::string body;  // the canonical bytes of the request
  engine::ClaimInput input;
  rules::Decision decision;
};

class ExplanationBench {
 public:
  explicit ExplanationBench(const World& world)
      : world_(world), now_(engine::MomentOf(absl::ToUnixMillis(absl::Now()))) {}

  absl::Status Prepare() {
    Random random(kSeed);
    for (size_t i = 0; i < kClaims; ++i) {
      Sample& sample = samples_.emplace_back();
      const auto& facts = random.Pick(i % 2 == 0 ? world_.residents : world_.employees);
      sample.person.version = 1;
      sample.person.facts = std::make_shared<v1::PersonFacts>(facts);
      sample.request = MakeRequest(world_, facts, BillSize::kAny, random);
      sample.body = engine::DeterministicBytes(sample.request);
      const v1::Claim& claim = sample.request.claim();
      const auto* institution =
          world_.reference->FindInstitution(sample.request.header().fixmedins_code());
      YIJIE_ASSIGN_OR_RETURN(const Date received, ParseDate(claim.enddate()));
      engine::MakeClaimInput(*world_.reference, *institution, sample.person, claim, received,
                             &sample.input);
      YIJIE_CHECK(sample.input.program != nullptr, "a claim of the benchmark has a policy");
      rules::Evaluate(*sample.input.program, sample.input.input, sample.decision);
      bytes_.push_back(static_cast<double>(Explain(sample).size()));
    }
    std::sort(bytes_.begin(), bytes_.end());
    return absl::OkStatus();
  }

  void AddRows(CpuSuite& suite) {
    // The same entries that Evaluate writes, written again. What they hold Evaluate works out for
    // the amounts; only keeping it is the explanation's.
    suite.Add(
        "policy/explanation/trace",
        [this](size_t i) {
          trace_.clear();
          for (const rules::Trace& entry : At(i).decision.trace) trace_.push_back(entry);
          benchmark::DoNotOptimize(trace_.data());
        },
        "all of rules::Evaluate",
        [this](size_t i) {
          const Sample& sample = At(i);
          rules::Evaluate(*sample.input.program, sample.input.input, decision_);
          benchmark::DoNotOptimize(decision_);
        });
    suite.Add(
        "policy/explanation/text", [this](size_t i) { benchmark::DoNotOptimize(Explain(At(i))); },
        "all of engine::Settle",
        [this](size_t i) {
          const Sample& sample = At(i);
          benchmark::DoNotOptimize(
              engine::Settle(*world_.reference, sample.request, sample.body, sample.person, now_));
        });
  }

  // Of the message Explanation as it stands in the stored reply.
  void AddBytes(const Options& options, Report& report) const {
    constexpr std::pair<const char*, double> kOf[] = {{"p50", 0.5}, {"p99", 0.99}, {"max", 1.0}};
    for (const auto& [name, share] : kOf) {
      Row row;
      row.name = absl::StrCat("policy/explanation/stored ", name);
      row.unit = "bytes";
      const double index = share * static_cast<double>(bytes_.size() - 1);
      row.ours = {bytes_[static_cast<size_t>(index)]};
      if (options.Matches(row.name)) report.Add(std::move(row));
    }
  }

 private:
  const Sample& At(size_t i) const { return samples_[i % kClaims]; }
  static std::string Explain(const Sample& sample) {
    v1::Explanation explanation;
    engine::DescribeExplanation(*sample.input.program, sample.decision, &explanation);
    return explanation.SerializeAsString();
  }

  const World& world_;
  const engine::Moment now_;
  std::deque<Sample> samples_;  // a sample points into itself
  std::vector<double> bytes_;   // rising
  std::vector<rules::Trace> trace_;
  rules::Decision decision_;
};

}  // namespace

absl::Status BenchExplanation(const Options& options, const World& world, Report& report) {
  CpuSuite suite(options);
  ExplanationBench bench(world);
  bench.AddRows(suite);
  if (suite.empty()) return absl::OkStatus();
  YIJIE_RETURN_IF_ERROR(bench.Prepare());
  suite.Run(report);
  bench.AddBytes(options, report);
  return absl::OkStatus();
}

}  // namespace yijie::bench
