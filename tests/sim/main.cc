// ./dev sim: simulations of settlement across areas, one for each seed.
//
//   yijie_simulator [--seed FIRST] [--seeds N] [--threads T] [--audit] [--pairs] [--defect NAME]

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "tests/engine/engine_fixture.h"
#include "tests/sim/simulation.h"

namespace yijie::sim {
namespace {

constexpr uint64_t kTwiceEvery = 1'000;  // seeds run twice, to the same hash
constexpr uint64_t kAuditEvery = 50;
constexpr size_t kMostFailures = 5;
// So many reach nearly every possible pair of state and message.
constexpr uint64_t kSeedsForPairs = 20'000;

struct Arguments {
  uint64_t first = 1;
  uint64_t seeds = 50'000;
  unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  bool audit = false;
  bool pairs = false;
  std::string defect;  // planted
};

struct Failure {
  uint64_t seed = 0;
  std::string what;
};

class Campaign {
 public:
  explicit Campaign(const Arguments& arguments) : arguments_(arguments) {}
  // Whether all seeds are well.
  bool Run();

 private:
  void Work();
  Defect Planted() const;
  void RunSeed(uint64_t seed, Coverage& coverage);
  void Fail(uint64_t seed, std::string what);
  void ShowProgress();
  void ShowEnd();

  const Arguments arguments_;
  std::atomic<uint64_t> taken_{0};
  std::atomic<uint64_t> done_{0};
  std::atomic<bool> stop_{false};
  Mutex mutex_;
  SimulationResult sum_ ABSL_GUARDED_BY(mutex_);
  Coverage coverage_ ABSL_GUARDED_BY(mutex_);
  std::vector<int64_t> certain_after_ ABSL_GUARDED_BY(mutex_);
  std::vector<Failure> failures_ ABSL_GUARDED_BY(mutex_);
};

bool Campaign::Run() {
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < arguments_.threads; ++i) workers.emplace_back([this] { Work(); });
  if (arguments_.seeds > kTwiceEvery) ShowProgress();
  for (std::thread& worker : workers) worker.join();
  ShowEnd();
  const MutexLock lock(mutex_);
  // A few pairs are very rare.
  const bool reached =
      arguments_.seeds < kSeedsForPairs || coverage_.Missing().size() * 20 <= Coverage::Possible();
  if (!reached) std::printf("FAILED: possible pairs were not reached (--pairs shows them)\n");
  return failures_.empty() && reached;
}

void Campaign::Work() {
  Coverage coverage;
  while (!stop_) {
    const uint64_t number = taken_++;
    if (number >= arguments_.seeds) break;
    RunSeed(arguments_.first + number, coverage);
    ++done_;
  }
  const MutexLock lock(mutex_);
  coverage_.Add(coverage);
}

Defect Campaign::Planted() const {
  for (const PlantedDefect& planted : PlantedDefects()) {
    if (planted.name == arguments_.defect) return planted.make();
  }
  return Defect();
}

void Campaign::RunSeed(uint64_t seed, Coverage& coverage) {
  SimulationOptions options;
  options.seed = seed;
  options.audit = arguments_.audit || seed % kAuditEvery == 0;
  const Defect defect = Planted();
  options.defect = &defect;
  const SimulationResult result = Simulate(options, &coverage);
  if (!result.failure.empty()) Fail(seed, result.failure);
  if (seed % kTwiceEvery == 0 || arguments_.seeds == 1) {
    Coverage again;
    const Defect same = Planted();
    options.defect = &same;
    if (Simulate(options, &again).hash != result.hash) Fail(seed, "two runs differ");
  }
  const MutexLock lock(mutex_);
  // In any order the same sum.
  sum_.hash += result.hash;
  sum_.messages += result.messages;
  sum_.crashes += result.crashes;
  sum_.settled += result.settled;
  sum_.undone += result.undone;
  sum_.cancelled += result.cancelled;
  sum_.errands += result.errands;
  certain_after_.push_back(result.certain_after);
}

void Campaign::Fail(uint64_t seed, std::string what) {
  const MutexLock lock(mutex_);
  failures_.push_back({seed, std::move(what)});
  if (failures_.size() >= kMostFailures) stop_ = true;
}

void Campaign::ShowProgress() {
  auto next = std::chrono::steady_clock::now();
  while (!stop_ && done_ < arguments_.seeds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (std::chrono::steady_clock::now() < next) continue;
    next += std::chrono::seconds(10);
    std::printf("sim: %" PRIu64 " of %" PRIu64 " seeds\n", done_.load(), arguments_.seeds);
    std::fflush(stdout);
  }
}

// The value below which `per_mille` of the sorted values lie.
double Seconds(const std::vector<int64_t>& micros, size_t per_mille) {
  const size_t index = std::min(micros.size() - 1, micros.size() * per_mille / 1'000);
  return static_cast<double>(micros[index]) / 1e6;
}

void Campaign::ShowEnd() {
  const MutexLock lock(mutex_);
  for (const Failure& failure : failures_) {
    std::printf("FAILED seed %" PRIu64 ": %s\n    replay: ./dev sim --seed %" PRIu64 " --seeds 1\n",
                failure.seed, failure.what.c_str(), failure.seed);
  }
  std::printf("sim: %" PRIu64 " seeds, %zu failed; %" PRId64 " messages, %" PRId64
              " crashes, %" PRId64
              " calls of institutions\n"
              "     across areas: %" PRId64 " settled, %" PRId64 " undone, %" PRId64
              " decided against; %zu pairs of state and message; hash %016" PRIx64 "\n",
              done_.load(), failures_.size(), sum_.messages, sum_.crashes, sum_.errands,
              sum_.settled, sum_.undone, sum_.cancelled, coverage_.pairs().size(), sum_.hash);
  std::sort(certain_after_.begin(), certain_after_.end());
  if (!certain_after_.empty()) {
    std::printf("     certain after healing: p50 %.1f s, p99.9 %.1f s, at most %.1f s\n",
                Seconds(certain_after_, 500), Seconds(certain_after_, 999),
                Seconds(certain_after_, 1'000));
  }
  const auto missing = coverage_.Missing();
  std::printf("     insured place: %zu of %zu possible pairs reached\n",
              Coverage::Possible() - missing.size(), Coverage::Possible());
  if (!arguments_.pairs) return;
  for (const auto& [state, message] : missing)
    std::printf("     missing  %-45s %s\n", state.c_str(), message.c_str());
  for (const auto& [pair, times] : coverage_.pairs())
    std::printf("%12" PRId64 "  %-45s %s\n", times, pair.first.c_str(), pair.second.c_str());
}

bool Read(int argc, char** argv, Arguments* out) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--defect" && i + 1 < argc) {
      out->defect = argv[++i];
      continue;
    }
    if (name == "--audit" || name == "--pairs") {
      (name == "--audit" ? out->audit : out->pairs) = true;
      continue;
    }
    if (i + 1 == argc) return false;
    const uint64_t value = std::strtoull(argv[++i], nullptr, 10);
    if (name == "--seed") {
      out->first = value;
    } else if (name == "--seeds") {
      out->seeds = value;
    } else if (name == "--threads" && value > 0) {
      out->threads = static_cast<unsigned>(value);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace
}  // namespace yijie::sim

int main(int argc, char** argv) {
  yijie::sim::Arguments arguments;
  if (!yijie::sim::Read(argc, argv, &arguments)) {
    std::fprintf(stderr,
                 "usage: yijie_simulator [--seed FIRST] [--seeds N] [--threads T] [--audit] "
                 "[--pairs] [--defect NAME]\n");
    return 2;
  }
  const yijie::engine::QuietLog quiet;
  return yijie::sim::Campaign(arguments).Run() ? 0 : 1;
}
