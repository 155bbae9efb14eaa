// Durable settlements in this process: Engine over RocksStore on the disk, calls kept in flight.

#include <atomic>
#include <filesystem>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "bench/benches.h"
#include "bench/commit_stream.h"
#include "bench/raw_store.h"
#include "bench/settle_driver.h"
#include "bench/slow_sync.h"
#include "bench/slowed.h"
#include "engine/engine.h"
#include "storage/rocks_store.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::bench {
namespace {

constexpr uint64_t kSeed = 13;

// Settlements the store holds.
absl::StatusOr<int64_t> CountSettled(storage::Store& store) {
  int64_t settled = 0;
  YIJIE_RETURN_IF_ERROR(store.ForEachVersion(
      [&settled](absl::string_view, const storage::PersonVersion& version) -> absl::Status {
        yijie::store::v1::PersonEvent event;
        if (!event.ParseFromString(version.event)) return absl::DataLossError("an event");
        settled += event.has_settled() ? 1 : 0;
        return absl::OkStatus();
      }));
  return settled;
}

// The rows of one number in flight.
struct Load {
  int in_flight = 0;
  Row rate, p50, p99, cpu, group, sync;
  std::vector<Slowed> slowed;
};

Load MakeLoad(int in_flight) {
  Load load;
  load.in_flight = in_flight;
  const std::string name = absl::StrCat("durable/", in_flight);
  const std::string raw = "raw RocksDB, same bytes, same groups";
  load.rate = {name + " settles", "1/s", Better::kMore, {}, raw, {}};
  load.p50 = {name + " p50", "us", Better::kLess, {}, raw + ": a batch", {}};
  load.p99 = {name + " p99", "us", Better::kLess, {}, raw + ": a batch", {}};
  load.sync = {name + " p50, disk", "us", Better::kLess, {}, "append + fdatasync of the bytes", {}};
  load.cpu = {name + " CPU a settle + client", "us", Better::kLess, {}, raw, {}};
  load.group = {name + " settles in a group", "count", Better::kMore, {}, "", {}};
  load.slowed = SlowedRows(name);
  return load;
}

class DurableBench {
 public:
  DurableBench(const Options& options, const World& world)
      : options_(options), requests_(world, kSeed), world_(world) {}

  absl::Status Prepare(const std::string& directory) {
    storage::RocksOptions rocks;
    rocks.directory = directory + "/store";
    rocks.on_group = [this](const storage::GroupStats& stats) {
      ++groups_;
      grouped_ += static_cast<int64_t>(stats.commits);
      metrics_.GroupWritten(stats.commits, stats.write_time);
    };
    YIJIE_ASSIGN_OR_RETURN(store_, storage::OpenRocksStore(std::move(rocks)));
    YIJIE_RETURN_IF_ERROR(LoadWorld(world_, *store_));
    YIJIE_ASSIGN_OR_RETURN(const auto reference, engine::LoadReference(*store_, options_.policies));
    YIJIE_ASSIGN_OR_RETURN(const auto commits, RealCommits(world_, requests_, *store_));
    YIJIE_ASSIGN_OR_RETURN(raw_, RawStore::Open(directory + "/raw", commits));
    engine_ =
        std::make_unique<engine::Engine>(engine::EngineOptions(), *store_, metrics_, reference);
    driver_ = std::make_unique<SettleDriver>(*engine_, requests_);
    sync_file_ = directory + "/sync";
    return driver_->WarmUp();
  }

  // One repetition: ours, the floors with the grouping ours just had, then ours on a slower disk.
  absl::Status Repeat(Load& load) {
    const int64_t groups = groups_, grouped = grouped_;
    const double cpu = CpuMicroseconds();
    YIJIE_ASSIGN_OR_RETURN(const Window ours, driver_->Run(load.in_flight, options_.window()));
    const double ours_cpu = CpuMicroseconds() - cpu;
    Count(ours);
    const double mean = static_cast<double>(grouped_ - grouped) /
                        static_cast<double>(std::max<int64_t>(groups_ - groups, 1));
    const int group = std::max(1, static_cast<int>(mean + 0.5));

    const double before_raw = CpuMicroseconds();
    YIJIE_ASSIGN_OR_RETURN(const Window raw, raw_->Run(group, options_.window() / 2));
    const double raw_cpu = CpuMicroseconds() - before_raw;
    const Latencies sync = TimeAppendAndSync(
        sync_file_, raw_->commit_bytes() * static_cast<size_t>(group), options_.syncs());

    Append(load.rate, ours.per_second, raw.per_second);
    Append(load.p50, ours.latency.p50_us, raw.latency.p50_us);
    Append(load.p99, ours.latency.p99_us, raw.latency.p99_us);
    Append(load.sync, ours.latency.p50_us, sync.p50_us);
    for (Row* row : {&load.rate, &load.p50, &load.p99, &load.sync}) row->disk.push_back(sync);
    Append(load.cpu, ours_cpu / static_cast<double>(ours.settled),
           raw_cpu / static_cast<double>(raw.settled));
    load.group.ours.push_back(mean);
    return RepeatSlowed(load, ours);
  }

  // What was answered is in the store, all of it.
  absl::Status Verify(Report& report) {
    engine_->Drain();
    YIJIE_ASSIGN_OR_RETURN(const int64_t stored, CountSettled(*store_));
    if (stored != settled_) {
      return absl::InternalError(
          absl::StrCat("the store holds ", stored, " settlements, ", settled_, " were answered"));
    }
    report.Note("durable: settlements answered and found in the store", absl::StrCat(settled_));
    report.Note("durable: calls refused as busy and sent again", absl::StrCat(busy_));
    report.Note("durable: persons settled", absl::StrCat(requests_.size()));
    report.Note("durable: bytes of a commit", absl::StrCat(raw_->commit_bytes()));
    return absl::OkStatus();
  }

 private:
  void Count(const Window& window) {
    settled_ += window.settled;
    busy_ += window.busy;
  }

  absl::Status RepeatSlowed(Load& load, const Window& usual) {
    for (Slowed& row : load.slowed) {
      const SlowSyncs slow_syncs(row.delay());
      YIJIE_ASSIGN_OR_RETURN(const Window slow, driver_->Run(load.in_flight, options_.window()));
      Count(slow);
      row.Add(slow, usual);
    }
    return absl::OkStatus();
  }

  const Options& options_;
  RequestBytes requests_;
  const World& world_;
  std::atomic<int64_t> groups_{0}, grouped_{0};
  int64_t settled_ = 0, busy_ = 0;
  std::string sync_file_;
  engine::Metrics metrics_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<RawStore> raw_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<SettleDriver> driver_;
};

}  // namespace

absl::Status BenchDurable(const Options& options, const World& world, Report& report) {
  std::vector<Load> loads;
  for (const int in_flight : {1, 64, 256}) {
    if (options.Matches(absl::StrCat("durable/", in_flight))) loads.push_back(MakeLoad(in_flight));
  }
  if (loads.empty()) return absl::OkStatus();
  const std::string directory = options.data + "/durable";
  std::filesystem::create_directories(directory);
  {
    const LogToFile log(directory + "/engine.log");
    DurableBench bench(options, world);
    Progress("  load persons");
    YIJIE_RETURN_IF_ERROR(bench.Prepare(directory));
    for (int i = 0; i < options.repetitions; ++i) {
      for (Load& load : loads) {
        Progress(
            absl::StrFormat("  durable/%d, %d of %d", load.in_flight, i + 1, options.repetitions));
        YIJIE_RETURN_IF_ERROR(bench.Repeat(load));
      }
    }
    Progress("  count what the store holds");
    YIJIE_RETURN_IF_ERROR(bench.Verify(report));
  }
  std::filesystem::remove_all(directory);
  for (Load& load : loads) {
    for (Row* row : {&load.rate, &load.p50, &load.p99, &load.sync, &load.cpu, &load.group}) {
      report.Add(std::move(*row));
    }
    for (Slowed& row : load.slowed) row.MoveTo(report);
  }
  return absl::OkStatus();
}

}  // namespace yijie::bench
