#include "bench/cpu_suite.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/allocations.h"

namespace yijie::bench {
namespace {

constexpr char kAllocations[] = "allocations";

// Work done before timing starts, so that buffers have grown and caches are warm.
constexpr size_t kWarmUp = 2'000;

void Measure(const CpuSuite::Work& work, benchmark::State& state) {
  size_t item = 0;
  while (item < kWarmUp) work(item++);
  const uint64_t before = AllocationsOfThisThread();
  for ([[maybe_unused]] auto _ : state) work(item++);
  const auto count = static_cast<double>(AllocationsOfThisThread() - before);
  state.counters[kAllocations] = benchmark::Counter(count, benchmark::Counter::kAvgIterations);
}

// Keeps every repetition of every benchmark.
class Collector : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      const std::string name = run.run_name.function_name;
      nanoseconds[name].push_back(run.GetAdjustedCPUTime());
      allocations[name] = run.counters.at(kAllocations);
    }
  }

  std::map<std::string, std::vector<double>> nanoseconds;
  std::map<std::string, double> allocations;
};

}  // namespace

void CpuSuite::Add(const std::string& name, Work ours, const std::string& floor_name, Work floor) {
  if (!options_.Matches(name)) return;
  Row row;
  row.name = name;
  row.unit = "ns";
  row.floor_name = floor_name;
  entries_.push_back({std::move(row), std::move(ours), std::move(floor)});
}

void CpuSuite::Run(Report& report) {
  if (entries_.empty()) return;
  for (const Entry& entry : entries_) {
    Progress(absl::StrCat("  ", entry.row.name));
    const auto add = [](const std::string& name, const Work& work) {
      benchmark::RegisterBenchmark(name.c_str(),
                                   [&work](benchmark::State& state) { Measure(work, state); });
    };
    add("ours " + entry.row.name, entry.ours);
    if (entry.floor != nullptr) add("floor " + entry.row.name, entry.floor);
  }
  std::vector<std::string> words = {
      "yijie_bench", "--benchmark_enable_random_interleaving=true",
      absl::StrCat("--benchmark_repetitions=", options_.repetitions),
      absl::StrFormat("--benchmark_min_time=%g", options_.cpu_seconds())};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector, ".*");
  benchmark::ClearRegisteredBenchmarks();
  for (Entry& entry : entries_) {
    const std::string ours = "ours " + entry.row.name;
    entry.row.ours = collector.nanoseconds[ours];
    entry.row.floor = collector.nanoseconds["floor " + entry.row.name];
    entry.row.allocations = collector.allocations[ours];
    report.Add(std::move(entry.row));
  }
}

}  // namespace yijie::bench
