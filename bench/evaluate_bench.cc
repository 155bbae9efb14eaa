// ns of one evaluation of a claim of 12 lines, explanation on.

#include <deque>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "bench/benches.h"
#include "bench/cpu_suite.h"
#include "bench/evaluate_floor.h"
#include "bench/evaluate_sample.h"
#include "engine/sample/generate.h"
#include "rules/evaluate.h"

namespace yijie::bench {
namespace {

constexpr size_t kClaims = 1'024;  // a power of two
constexpr uint64_t kSeed = 11;

// Both give the same amounts, or the comparison means nothing.
bool Agree(const rules::Decision& ours, const FloorResult& floor) {
  const auto is = [&ours](size_t slot, int64_t fen) { return ours.amount[slot].value() == fen; };
  bool same =
      floor.settled && ours.verdict == rules::Verdict::kSettled &&
      is(rules::kMedfeeSumamt, floor.medfee) && is(rules::kFulamtOwnpayAmt, floor.fulamt_ownpay) &&
      is(rules::kOverlmtSelfpay, floor.overlmt) && is(rules::kPreselfpayAmt, floor.preselfpay) &&
      is(rules::kInscpScpAmt, floor.inscp) && is(rules::kPsnPartAmt, floor.person) &&
      ours.act_pay_dedc.value() == floor.act_pay_dedc && ours.funds.size() == 3 &&
      ours.funds[0].amount.value() == floor.hifp && ours.funds[1].amount.value() == floor.hifmi &&
      ours.funds[2].amount.value() == floor.maf;
  for (size_t i = 0; i < ours.lines.size(); ++i) {
    same = same && ours.lines[i].inscp.value() == floor.lines[i].inscp &&
           ours.lines[i].preselfpay.value() == floor.lines[i].preselfpay;
  }
  return same;
}

class EvaluateBench {
 public:
  explicit EvaluateBench(const World& world) : world_(world) {}

  absl::Status Prepare() {
    Random random(kSeed);
    for (size_t i = 0; i < kClaims; ++i) {
      YIJIE_RETURN_IF_ERROR(MakeEvaluateSample(world_, random, &samples_.emplace_back()));
    }
    // A table as large as ours, with names of its own, so that no look-up finds its name in cache.
    for (int64_t i = 0; i < kCatalogueItems; ++i) AddToFloor(i);
    for (const EvaluateSample& sample : samples_) {
      Evaluate(sample);
      SettleByHand(sample.floor, sample.ours.lines, &floor_result_);
      if (!Agree(decision_, floor_result_)) {
        return absl::InternalError("the floor of Evaluate computes other amounts than Evaluate");
      }
    }
    return absl::OkStatus();
  }

  void AddRows(CpuSuite& suite) {
    suite.Add(
        "evaluate/arithmetic", [this](size_t i) { Evaluate(At(i)); }, "hand-written C++",
        [this](size_t i) { SettleByHand(At(i).floor, At(i).ours.lines, &floor_result_); });
    suite.Add(
        "evaluate/with-look-ups",
        [this](size_t i) {
          EvaluateSample& sample = At(i);
          FindItems(*world_.reference, &sample);
          Evaluate(sample);
        },
        "hand-written C++",
        [this](size_t i) {
          EvaluateSample& sample = At(i);
          for (int line = 0; line < kLines; ++line) {
            const auto found = floor_catalogue_.find(Code(sample, line));
            sample.ours.lines[static_cast<size_t>(line)].item =
                found == floor_catalogue_.end() ? nullptr : found->second;
          }
          SettleByHand(sample.floor, sample.ours.lines, &floor_result_);
        });
  }

 private:
  EvaluateSample& At(size_t i) { return samples_[i % kClaims]; }
  void Evaluate(const EvaluateSample& sample) {
    rules::Evaluate(*sample.ours.program, sample.ours.input, decision_);
    benchmark::DoNotOptimize(decision_);
  }
  static const std::string& Code(const EvaluateSample& sample, int line) {
    return sample.request.claim().fee_line(line).med_list_codg();
  }
  void AddToFloor(int64_t index);

  const World& world_;
  std::deque<EvaluateSample> samples_;  // a sample points into itself
  FloorCatalogue floor_catalogue_;
  std::deque<std::string> codes_;
  rules::Decision decision_;
  FloorResult floor_result_;
};

void EvaluateBench::AddToFloor(int64_t index) {
  const EvaluateSample& sample = samples_.front();
  const std::string& code = codes_.emplace_back(engine::SampleItemCode(index));
  const rules::CatalogueItem* const item = world_.reference->catalogue.Find(
      code, sample.ours.input.insutype, sample.area, sample.days.front());
  if (item != nullptr) floor_catalogue_.emplace(code, item);
}

}  // namespace

absl::Status BenchEvaluate(const Options& options, const World& world, Report& report) {
  CpuSuite suite(options);
  EvaluateBench bench(world);
  bench.AddRows(suite);
  if (suite.empty()) return absl::OkStatus();
  YIJIE_RETURN_IF_ERROR(bench.Prepare());
  suite.Run(report);
  return absl::OkStatus();
}

}  // namespace yijie::bench
