// `yijie_bench --scale`: how load, disk, memory, opening and settling change with the number of
// persons and of stored settlements.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/date.h"
#include "base/status_macros.h"
#include "bench/benches.h"
#include "bench/commit_stream.h"
#include "bench/settle_driver.h"
#include "engine/engine.h"
#include "engine/load/load.h"
#include "engine/load/person_file.h"
#include "engine/load/row_errors.h"
#include "engine/sample/generate.h"
#include "storage/rocks_store.h"

namespace yijie::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr uint64_t kSeed = 23;
constexpr int64_t kFilePersons = 250'000;  // of one file to load, which is in memory whole
constexpr int64_t kFirstPersons = 100'000;
constexpr int64_t kFirstSettlements = 100'000;
constexpr size_t kSettled = 20'000;  // persons that are settled, of all that are loaded
constexpr size_t kCold = 2'000;      // of them, settled once with nothing in memory
constexpr int kInFlight = 256;
constexpr uint64_t kSerials = 1'000'000'000'000;  // message ids of one engine
// The campaign ends before the disk is full.
constexpr uintmax_t kDiskReserve = uintmax_t{6} << 30;

double MiB(uintmax_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

double DiskMiB(const std::string& directory) {
  uintmax_t bytes = 0;
  std::error_code error;  // a file that RocksDB removes meanwhile counts nothing
  for (const auto& entry : fs::recursive_directory_iterator(directory, error)) {
    const uintmax_t size = entry.file_size(error);
    if (!error) bytes += size;
  }
  return MiB(bytes);
}

// VmRSS or VmHWM of this process.
double MemoryMiB(absl::string_view field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (absl::StartsWith(line, field)) return std::stod(line.substr(field.size() + 1)) / 1024;
  }
  return 0;
}

// Drops the data files from the memory of the kernel.
void DropPageCache(const std::string& directory) {
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const int file = open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    fdatasync(file);  // dirty pages stay
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    close(file);
  }
}

// Every person that can settle had the same chance to be among them.
class Sample {
 public:
  void Add(v1::PersonFacts person) {
    ++seen_;
    if (persons_.size() < kSettled) return persons_.push_back(std::move(person));
    const auto place = static_cast<size_t>(random_.Below(seen_));
    if (place < kSettled) persons_[place] = std::move(person);
  }

  // The first `count` of them, as those that `base` settles.
  World In(const World& base, size_t count) const {
    World world;
    world.resident_hospitals = base.resident_hospitals;
    world.employee_hospitals = base.employee_hospitals;
    for (size_t i = 0; i < std::min(count, persons_.size()); ++i)
      (IsResident(persons_[i]) ? world.residents : world.employees).push_back(persons_[i]);
    return world;
  }

 private:
  Random random_{kSeed};
  int64_t seen_ = 0;
  std::vector<v1::PersonFacts> persons_;
};

// The rows of one figure, one for each size; the first size is the floor of those after it.
class Figure {
 public:
  Figure(std::string what, std::string unit, Better better)
      : what_(std::move(what)), unit_(std::move(unit)), better_(better) {}

  void Add(Report& report, absl::string_view size, std::vector<double> values) {
    Row row{absl::StrCat("scale/", size, " ", what_), unit_, better_, values, "", {}};
    if (!first_.empty()) {
      row.floor = first_;
      row.floor_name = first_size_;
    } else {
      first_ = std::move(values);
      first_size_ = std::string(size);
    }
    report.Add(std::move(row));
  }

 private:
  const std::string what_, unit_;
  const Better better_;
  std::vector<double> first_;
  std::string first_size_;
};

class ScaleBench {
 public:
  ScaleBench(const Options& options, World base, std::string directory, Report& report)
      : options_(options),
        base_(std::move(base)),
        directory_(std::move(directory)),
        report_(report) {}

  absl::Status Run() {
    YIJIE_RETURN_IF_ERROR(OpenStore());
    YIJIE_RETURN_IF_ERROR(LoadWorld(base_, *store_));
    for (int64_t size = kFirstPersons;; size *= 10) {
      size = std::min(size, options_.scale_persons);
      YIJIE_RETURN_IF_ERROR(LoadUpTo(size));
      YIJIE_RETURN_IF_ERROR(MeasurePersons(size));
      if (size == options_.scale_persons) break;
    }
    for (int64_t size = kFirstSettlements; size <= options_.scale_settlements; size *= 10) {
      YIJIE_RETURN_IF_ERROR(SettleUpTo(size));
      if (size * 10 > options_.scale_settlements && size < options_.scale_settlements)
        YIJIE_RETURN_IF_ERROR(SettleUpTo(options_.scale_settlements));
    }
    StopEngine();
    report_.Note("scale: settlements stored", absl::StrCat(settled_));
    report_.Note("scale: calls refused as busy and sent again", absl::StrCat(busy_));
    return absl::OkStatus();
  }

 private:
  absl::Status OpenStore() {
    storage::RocksOptions rocks;
    rocks.directory = directory_;
    YIJIE_ASSIGN_OR_RETURN(store_, storage::OpenRocksStore(std::move(rocks)));
    return absl::OkStatus();
  }

  absl::Status CheckDisk() const {
    const uintmax_t free = fs::space(directory_).available;
    if (free > kDiskReserve) return absl::OkStatus();
    return absl::ResourceExhaustedError(absl::StrCat("only ", free >> 20, " MiB of disk are left"));
  }

  // The next file, through the path of `yijie load`.
  absl::Status LoadOneFile(int64_t count) {
    std::ostringstream text;
    engine::WritePersonRange(loaded_, count, kWorldSeed, text);
    const engine::InputFile file = engine::MakeInputFile("persons", text.str());
    const Clock::time_point begin = Clock::now();
    YIJIE_RETURN_IF_ERROR(engine::LoadFile(engine::LoadKind::kPersons, file, *store_, kLoadTime,
                                           [](int64_t, int64_t) {})
                              .status());
    load_seconds_ += Seconds(Clock::now() - begin);
    loaded_ += count;
    engine::RowErrors errors("generated persons");
    for (v1::PersonFacts& person :
         engine::ParsePersons(file, Date::FromCivil(2026, 1, 1), errors)) {
      if (CanSettle(person)) sample_.Add(std::move(person));
    }
    return errors.ToStatus();
  }

  absl::Status LoadUpTo(int64_t size) {
    StopEngine();
    while (loaded_ < size) {
      YIJIE_RETURN_IF_ERROR(CheckDisk());
      YIJIE_RETURN_IF_ERROR(LoadOneFile(std::min(kFilePersons, size - loaded_)));
      Progress(absl::StrFormat("  %d persons loaded, %.0f a second, %.0f MiB of memory", loaded_,
                               static_cast<double>(loaded_) / load_seconds_, MemoryMiB("VmRSS:")));
    }
    return absl::OkStatus();
  }

  // A new engine without anybody in memory, and calls for the first `persons` of the sample.
  absl::Status StartEngine(size_t persons) {
    StopEngine();
    YIJIE_ASSIGN_OR_RETURN(const auto reference, engine::LoadReference(*store_, options_.policies));
    requests_ = std::make_unique<RequestBytes>(sample_.In(base_, persons), kSeed,
                                               kSerials * static_cast<uint64_t>(++engines_));
    engine_ =
        std::make_unique<engine::Engine>(engine::EngineOptions(), *store_, metrics_, reference);
    driver_ = std::make_unique<SettleDriver>(*engine_, *requests_);
    return absl::OkStatus();
  }

  void StopEngine() {
    if (engine_ == nullptr) return;
    engine_->Drain();
    driver_.reset();
    engine_.reset();
    requests_.reset();
  }

  void Count(const Window& window) {
    settled_ += window.settled;
    busy_ += window.busy;
  }

  absl::Status MeasurePersons(int64_t size) {
    const std::string name = absl::StrCat("persons/", size);
    load_.Add(report_, name, {static_cast<double>(loaded_) / load_seconds_});
    report_.Note(absl::StrCat("scale/", name, " load, s"), absl::StrFormat("%.0f", load_seconds_));
    store_.reset();
    disk_.Add(report_, name, {DiskMiB(directory_)});
    DropPageCache(directory_);
    const Clock::time_point begin = Clock::now();
    YIJIE_RETURN_IF_ERROR(OpenStore());
    open_.Add(report_, name, {Seconds(Clock::now() - begin) * 1e3});
    Progress(absl::StrCat("  ", name, ": cold and warm calls"));
    YIJIE_RETURN_IF_ERROR(StartEngine(kCold));
    YIJIE_ASSIGN_OR_RETURN(const Window cold,
                           driver_->RunCalls(1, static_cast<int64_t>(requests_->size())));
    Count(cold);
    cold_p50_.Add(report_, name, {cold.latency.p50_us});
    cold_p99_.Add(report_, name, {cold.latency.p99_us});
    YIJIE_ASSIGN_OR_RETURN(const Window warm,
                           driver_->RunCalls(1, static_cast<int64_t>(requests_->size())));
    Count(warm);
    warm_p50_.Add(report_, name, {warm.latency.p50_us});
    warm_p99_.Add(report_, name, {warm.latency.p99_us});
    YIJIE_RETURN_IF_ERROR(StartEngine(kSettled));
    YIJIE_RETURN_IF_ERROR(driver_->WarmUp());
    YIJIE_RETURN_IF_ERROR(MeasureLoad(name, persons_cpu_, persons_rate_));
    memory_.Add(report_, name, {MemoryMiB("VmRSS:")});
    return absl::OkStatus();
  }

  // Settlements at full speed.
  absl::Status MeasureLoad(const std::string& name, Figure& cpu_figure, Figure& rate_figure) {
    std::vector<double> cpu, rate;
    for (int i = 0; i < options_.repetitions; ++i) {
      Progress(absl::StrFormat("  %s: %d of %d", name, i + 1, options_.repetitions));
      const double begin = CpuMicroseconds();
      YIJIE_ASSIGN_OR_RETURN(const Window window, driver_->Run(kInFlight, options_.window()));
      cpu.push_back((CpuMicroseconds() - begin) / static_cast<double>(window.settled));
      rate.push_back(window.per_second);
      Count(window);
    }
    cpu_figure.Add(report_, name, std::move(cpu));
    rate_figure.Add(report_, name, std::move(rate));
    return absl::OkStatus();
  }

  absl::Status SettleUpTo(int64_t size) {
    while (settled_ < size) {
      YIJIE_RETURN_IF_ERROR(CheckDisk());
      YIJIE_ASSIGN_OR_RETURN(
          const Window window,
          driver_->RunCalls(kInFlight, std::min<int64_t>(size - settled_ + kInFlight, 50'000)));
      Count(window);
      Progress(absl::StrFormat("  %d settlements stored, %.0f a second, %.0f MiB on disk", settled_,
                               window.per_second, DiskMiB(directory_)));
    }
    const std::string name = absl::StrCat("settlements/", size);
    YIJIE_RETURN_IF_ERROR(MeasureLoad(name, settlements_cpu_, settlements_rate_));
    settlements_disk_.Add(report_, name, {DiskMiB(directory_)});
    settlements_memory_.Add(report_, name, {MemoryMiB("VmRSS:")});
    return absl::OkStatus();
  }

  const Options& options_;
  const World base_;
  const std::string directory_;
  Report& report_;

  Sample sample_;
  int64_t loaded_ = 0, settled_ = 0, busy_ = 0, engines_ = 0;
  double load_seconds_ = 0;

  engine::Metrics metrics_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<RequestBytes> requests_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<SettleDriver> driver_;

  Figure load_{"loaded", "1/s", Better::kMore};
  Figure disk_{"disk", "MiB", Better::kLess};
  Figure open_{"open", "ms", Better::kLess};
  Figure memory_{"memory", "MiB", Better::kLess};
  Figure cold_p50_{"cold settle p50", "us", Better::kLess};
  Figure cold_p99_{"cold settle p99", "us", Better::kLess};
  Figure warm_p50_{"warm settle p50", "us", Better::kLess};
  Figure warm_p99_{"warm settle p99", "us", Better::kLess};
  Figure persons_cpu_{"CPU a settle + client", "us", Better::kLess};
  Figure persons_rate_{"settles", "1/s", Better::kMore};
  Figure settlements_cpu_{"CPU a settle + client", "us", Better::kLess};
  Figure settlements_rate_{"settles", "1/s", Better::kMore};
  Figure settlements_disk_{"disk", "MiB", Better::kLess};
  Figure settlements_memory_{"memory", "MiB", Better::kLess};
};

}  // namespace

absl::Status BenchScale(const Options& options, Report& report) {
  YIJIE_ASSIGN_OR_RETURN(World base, MakeWorld(/*persons=*/1, options.policies));
  report.Note("scale: persons", absl::StrCat(options.scale_persons));
  report.Note("catalogue rows", absl::StrCat(base.reference->catalogue.size()));
  const std::string directory = options.data + "/scale";
  fs::create_directories(directory);
  const LogToFile log(options.data + "/engine.log");
  ScaleBench bench(options, std::move(base), directory + "/store", report);
  return bench.Run();
}

}  // namespace yijie::bench
