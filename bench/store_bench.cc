// Commits made beforehand, through the store alone: what the writer costs beside raw RocksDB.

#include <filesystem>
#include <functional>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "bench/benches.h"
#include "bench/commit_stream.h"
#include "bench/raw_store.h"
#include "storage/rocks_store.h"

namespace yijie::bench {
namespace {

constexpr uint64_t kSeed = 17;
// Groups handed over and not answered, as of a lane that evaluates while the one before is synced.
constexpr int kGroupsOut = 2;

struct Rows {
  int group = 0;
  Row rate, p50, cpu;
};

Rows MakeRows(int group) {
  Rows rows;
  rows.group = group;
  const std::string name = absl::StrCat("store/commit/", group);
  const std::string raw = "raw RocksDB, same keys and bytes";
  rows.rate = {name + " commits", "1/s", Better::kMore, {}, raw, {}};
  rows.p50 = {name + " group p50", "us", Better::kLess, {}, raw + ": a batch", {}};
  rows.cpu = {name + " CPU a commit", "us", Better::kLess, {}, raw, {}};
  return rows;
}

// Groups of one size, kept on their way to the store.
class GroupDriver {
 public:
  GroupDriver(storage::Store& store, CommitStream& commits) : store_(store), commits_(commits) {}

  absl::StatusOr<Window> Run(int group, std::chrono::milliseconds length) {
    Window window;
    const Clock::time_point begin = Clock::now();
    for (int out = 0; out < kGroupsOut; ++out) Submit(group);
    int out = kGroupsOut;
    while (out > 0) {
      const bool applied = WaitForOne();
      window.settled += group;
      --out;
      // After a refused group those behind it lack the versions they build on.
      if (!applied || Clock::now() >= begin + length) continue;
      Submit(group);
      ++out;
    }
    window.per_second = static_cast<double>(window.settled) / Seconds(Clock::now() - begin);
    const MutexLock lock(mutex_);
    if (failed_) return absl::InternalError("the store refused a commit");
    window.latency = Percentiles(latencies_);
    latencies_.clear();
    return window;
  }

 private:
  using Clock = std::chrono::steady_clock;

  void Submit(int group) {
    store_.CommitGroup(commits_.Next(group), [this, handed = Clock::now()](
                                                 const std::vector<storage::CommitOutcome>& all) {
      const Clock::time_point now = Clock::now();
      const MutexLock lock(mutex_);
      latencies_.push_back(Nanoseconds(now - handed));
      for (const storage::CommitOutcome one : all)
        failed_ = failed_ || one != storage::CommitOutcome::kDone;
      ++answered_;
      changed_.NotifyOne();
    });
  }

  // False if the store refused a commit, of this group or one before.
  bool WaitForOne() {
    const MutexLock lock(mutex_);
    while (answered_ == 0) changed_.Wait(mutex_);
    --answered_;
    return !failed_;
  }

  storage::Store& store_;
  CommitStream& commits_;
  Mutex mutex_;
  CondVar changed_;
  int answered_ ABSL_GUARDED_BY(mutex_) = 0;
  bool failed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<int64_t> latencies_ ABSL_GUARDED_BY(mutex_);
};

absl::Status Measure(const Options& options, const World& world, const std::string& directory,
                     std::vector<Rows>& all) {
  storage::RocksOptions rocks;
  rocks.directory = directory + "/store";
  YIJIE_ASSIGN_OR_RETURN(const auto store, storage::OpenRocksStore(std::move(rocks)));
  YIJIE_RETURN_IF_ERROR(LoadWorld(world, *store));
  RequestBytes requests(world, kSeed);
  YIJIE_ASSIGN_OR_RETURN(const auto commits, RealCommits(world, requests, *store));
  YIJIE_ASSIGN_OR_RETURN(const auto raw, RawStore::Open(directory + "/raw", commits));
  CommitStream stream(commits);
  GroupDriver driver(*store, stream);
  for (int i = 0; i < options.repetitions; ++i) {
    for (Rows& rows : all) {
      Progress(
          absl::StrFormat("  store/commit/%d, %d of %d", rows.group, i + 1, options.repetitions));
      const double begin = CpuMicroseconds();
      YIJIE_ASSIGN_OR_RETURN(const Window ours, driver.Run(rows.group, options.window()));
      const double between = CpuMicroseconds();
      YIJIE_ASSIGN_OR_RETURN(const Window floor, raw->Run(rows.group, options.window()));
      const double end = CpuMicroseconds();
      rows.rate.ours.push_back(ours.per_second);
      rows.rate.floor.push_back(floor.per_second);
      rows.p50.ours.push_back(ours.latency.p50_us);
      rows.p50.floor.push_back(floor.latency.p50_us);
      rows.cpu.ours.push_back((between - begin) / static_cast<double>(ours.settled));
      rows.cpu.floor.push_back((end - between) / static_cast<double>(floor.settled));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status BenchStore(const Options& options, const World& world, Report& report) {
  std::vector<Rows> all;
  for (const int group : {1, 64, 256}) {
    if (options.Matches(absl::StrCat("store/commit/", group))) all.push_back(MakeRows(group));
  }
  if (all.empty()) return absl::OkStatus();
  const std::string directory = options.data + "/store";
  std::filesystem::create_directories(directory);
  {
    const LogToFile log(directory + "/engine.log");
    YIJIE_RETURN_IF_ERROR(Measure(options, world, directory, all));
  }
  std::filesystem::remove_all(directory);
  for (Rows& rows : all) {
    for (Row* row : {&rows.rate, &rows.p50, &rows.cpu}) report.Add(std::move(*row));
  }
  return absl::OkStatus();
}

}  // namespace yijie::bench
