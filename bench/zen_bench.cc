// rules::Evaluate with look-ups beside a general decision-table engine and beside JavaScript, all
// on the same claims under the same package: CPU time of the process for one claim.

#include <benchmark/benchmark.h>
#include <time.h>

#include <array>
#include <deque>
#include <filesystem>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "bench/benches.h"
#include "bench/evaluate_sample.h"
#include "bench/process.h"
#include "engine/sample/generate.h"
#include "rules/evaluate.h"

namespace yijie::bench {
namespace {

using rules::Fact;

constexpr size_t kClaims = 1'024;
constexpr uint64_t kSeed = 15;

double ProcessCpuNanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

absl::string_view ClassText(rules::ItemClass item_class) {
  switch (item_class) {
    case rules::ItemClass::kA:
      return "A";
    case rules::ItemClass::kB:
      return "B";
    case rules::ItemClass::kC:
      return "C";
    case rules::ItemClass::kUnlisted:
      break;
  }
  return "";
}

absl::string_view CarePlaceText(int64_t place) {
  switch (static_cast<rules::CarePlace>(place)) {
    case rules::CarePlace::kLocal:
      return "LOCAL";
    case rules::CarePlace::kInProvince:
      return "IN_PROVINCE";
    case rules::CarePlace::kOutOfProvince:
      break;
  }
  return "OUT_OF_PROVINCE";
}

absl::string_view Bool(bool value) { return value ? "true" : "false"; }

std::string ClaimJson(const EvaluateSample& sample) {
  const v1::Claim& claim = sample.request.claim();
  const rules::Facts& facts = sample.ours.input.facts;
  std::string lines;
  for (const v1::FeeLine& line : claim.fee_line()) {
    absl::StrAppendFormat(&lines,
                          R"(%s{"code":"%s","cnt_1e4":%d,"amount":%d,"outside_restriction":%s})",
                          lines.empty() ? "" : ",", line.med_list_codg(), line.cnt_1e4(),
                          line.det_item_fee_sumamt_fen(), Bool(line.outside_restriction()));
  }
  return absl::StrFormat(
      R"({"med_type":"%s","age":%d,"care_place":"%s","registration":"%s","hosp_place":"%s",)"
      R"("hosp_lv":"%s","assistance":"%s","injury":%s,"third_party":%s,"pool_paid":%d,)"
      R"("own_scope_year":%d,"hifmi_paid":%d,"maf_dedc_year":%d,"lines":[%s]})",
      claim.med_type(), facts[Fact::kAge], CarePlaceText(facts[Fact::kCarePlace]),
      v1::RegistrationKind_Name(static_cast<int>(facts[Fact::kRegistration])),
      v1::HospitalPlace_Name(static_cast<int>(facts[Fact::kHospPlace])),
      v1::HospitalLevel_Name(static_cast<int>(facts[Fact::kHospLv])),
      v1::AssistanceClass_Name(static_cast<int>(facts[Fact::kAssistance])),
      Bool(facts[Fact::kInjury] != 0), Bool(facts[Fact::kThirdParty] != 0), sample.floor.pool_paid,
      sample.floor.own_scope_year, sample.floor.hifmi_paid, sample.floor.maf_dedc_year, lines);
}

std::string DecisionJson(const rules::Decision& decision) {
  const auto line = [](std::string* out, const rules::LineSplit& split) {
    absl::StrAppendFormat(out, "[%d,%d,%d,%d]", split.fulamt_ownpay.value(), split.overlmt.value(),
                          split.preselfpay.value(), split.inscp.value());
  };
  const auto amount = [&](size_t slot) { return decision.amount[slot].value(); };
  return absl::StrFormat(
      R"({"medfee":%d,"fulamt":%d,"overlmt":%d,"preselfpay":%d,"inscp":%d,"act_pay_dedc":%d,)"
      R"("hifp":%d,"hifmi":%d,"maf":%d,"person":%d,"lines":[%s]})",
      amount(rules::kMedfeeSumamt), amount(rules::kFulamtOwnpayAmt), amount(rules::kOverlmtSelfpay),
      amount(rules::kPreselfpayAmt), amount(rules::kInscpScpAmt), decision.act_pay_dedc.value(),
      decision.funds[0].amount.value(), decision.funds[1].amount.value(),
      decision.funds[2].amount.value(), amount(rules::kPsnPartAmt),
      absl::StrJoin(decision.lines, ",", line));
}

// The number after "name": in one line of JSON.
absl::StatusOr<double> NumberIn(absl::string_view json, absl::string_view name) {
  const std::string field = absl::StrCat("\"", name, "\":");
  const size_t at = json.find(field);
  double number = 0;
  if (at == absl::string_view::npos) return absl::InternalError("the peer printed no figure");
  absl::string_view text = json.substr(at + field.size());
  text = text.substr(0, text.find_first_of(",}"));
  if (!absl::SimpleAtod(text, &number)) return absl::InternalError("the peer printed no number");
  return number;
}

class ZenBench {
 public:
  ZenBench(const Options& options, const World& world) : options_(options), world_(world) {
    const auto add = [this](const char* name, const char* floor) {
      rows_.push_back({name, "ns", Better::kLess, {}, floor, {}});
    };
    add("peers/zen, traced", "zen-engine with its trace");
    add("peers/zen, no trace", "zen-engine");
    add("peers/javascript", "plain JavaScript");
  }

  absl::Status Prepare(const std::string& directory) {
    directory_ = directory;
    Random random(kSeed);
    for (size_t i = 0; i < kClaims; ++i) {
      YIJIE_RETURN_IF_ERROR(MakeEvaluateSample(world_, random, &samples_.emplace_back()));
    }
    std::ofstream claims(directory + "/claims.jsonl");
    for (EvaluateSample& sample : samples_) {
      Evaluate(sample);
      if (decision_.verdict != rules::Verdict::kSettled || decision_.funds.size() != 3) {
        return absl::InternalError("a claim of the sample is not settled");
      }
      claims << "{\"claim\":" << ClaimJson(sample) << ",\"expect\":" << DecisionJson(decision_)
             << "}\n";
    }
    claims.close();
    std::ofstream catalogue(directory + "/catalogue.jsonl");
    for (int64_t i = 0; i < kCatalogueItems; ++i) WriteItem(i, catalogue);
    catalogue.close();
    if (!claims.good() || !catalogue.good()) return absl::UnknownError("the disk is full");
    return absl::OkStatus();
  }

  // One repetition: ours, then the peers, which check every claim first.
  absl::Status Repeat() {
    const double ours = MeasureOurs();
    YIJIE_ASSIGN_OR_RETURN(
        const std::string json,
        RunProgram({"/usr/bin/env", "node", absl::StrCat(options_.peers, "/zen/peer.mjs"),
                    options_.zen_modules, directory_,
                    absl::StrCat(static_cast<int>(options_.cpu_seconds() * 1000))},
                   directory_ + "/node.log"));
    const std::array<const char*, 3> fields = {"zen_trace_ns", "zen_ns", "plain_ns"};
    for (size_t i = 0; i < rows_.size(); ++i) {
      YIJIE_ASSIGN_OR_RETURN(const double peer, NumberIn(json, fields[i]));
      rows_[i].ours.push_back(ours);
      rows_[i].floor.push_back(peer);
    }
    return absl::OkStatus();
  }

  void Finish(Report& report) {
    for (Row& row : rows_) report.Add(std::move(row));
    report.Note("zen: claims that came out equal to the engine's, each repetition",
                absl::StrCat(samples_.size()));
  }

 private:
  void Evaluate(EvaluateSample& sample) {
    FindItems(*world_.reference, &sample);
    rules::Evaluate(*sample.ours.program, sample.ours.input, decision_);
    benchmark::DoNotOptimize(decision_);
  }

  double MeasureOurs() {
    for (EvaluateSample& sample : samples_) Evaluate(sample);
    const double before = ProcessCpuNanoseconds();
    const double end = before + options_.cpu_seconds() * 1e9;
    size_t done = 0;
    double now = before;
    while (now < end) {
      for (EvaluateSample& sample : samples_) Evaluate(sample);
      done += samples_.size();
      now = ProcessCpuNanoseconds();
    }
    return (now - before) / static_cast<double>(done);
  }

  void WriteItem(int64_t index, std::ostream& out) const {
    const EvaluateSample& sample = samples_.front();
    const std::string code = engine::SampleItemCode(index);
    const rules::CatalogueItem* const item = world_.reference->catalogue.Find(
        code, sample.ours.input.insutype, sample.area, sample.days.front());
    if (item == nullptr) return;
    out << absl::StrFormat(R"({"code":"%s","item_class":"%s","limit":%d,"prop":%d})", code,
                           ClassText(item->item_class), item->price_limit.value(),
                           item->selfpay_prop.millionths())
        << "\n";
  }

  const Options& options_;
  const World& world_;
  std::string directory_;
  std::deque<EvaluateSample> samples_;
  rules::Decision decision_;
  std::vector<Row> rows_;
};

}  // namespace

absl::Status BenchZen(const Options& options, const World& world, Report& report) {
  if (!options.Matches("peers/zen") && !options.Matches("peers/javascript")) {
    return absl::OkStatus();
  }
  if (!std::filesystem::exists(options.zen_modules + "/node_modules/@gorules/zen-engine")) {
    Progress("  zen-engine is not installed: its rows are left out");
    report.Note("zen", "not installed");
    return absl::OkStatus();
  }
  const std::string directory = options.data + "/zen";
  std::filesystem::create_directories(directory);
  ZenBench bench(options, world);
  YIJIE_RETURN_IF_ERROR(bench.Prepare(directory));
  for (int i = 0; i < options.repetitions; ++i) {
    Progress(absl::StrFormat("  peers/zen, %d of %d", i + 1, options.repetitions));
    YIJIE_RETURN_IF_ERROR(bench.Repeat());
  }
  bench.Finish(report);
  std::filesystem::remove_all(directory);
  return absl::OkStatus();
}

}  // namespace yijie::bench
