// `yijie_bench --scale`: how load, disk, memory, opening and settling change with the number of
// persons and of stored settlements.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/date.h"
#include "base/status_macros.h"
#include "bench/benches.h"
#include "bench/commit_stream.h"
#include "bench/instructions.h"
#include "bench/process.h"
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
using SizePoint = PlotData::SizePoint;

constexpr uint64_t kSeed = 23;
constexpr int64_t kFilePersons = 250'000;  // of one file to load, which is in memory whole
constexpr int64_t kFirstPersons = 100'000;
constexpr int64_t kFirstSettlements = 1'000'000;
// Of a random order of those that can settle: the first are settled one at a time with nothing in
// memory; more of them again and again; those after them once, so many a repetition, when the
// engine has read none of them; a pool of them when settlements are piled up, and the next pool
// when each of that has been settled so often that its limits of the year are near.
constexpr size_t kCold = 2'000;
constexpr size_t kRegulars = 20'000;
constexpr size_t kStrangers = 5'000;
constexpr int64_t kPool = 200'000;
constexpr int64_t kMostOfPerson = 100;
constexpr int kInFlight = 256;
constexpr int64_t kCallsAtOnce = 50'000;          // between two looks at the disk
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

// Takes the data files into the memory of the kernel, as far as it has room.
void FillPageCache(const std::string& directory) {
  std::vector<char> buffer(size_t{1} << 20);
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    std::ifstream file(entry.path(), std::ios::binary);
    while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()))) continue;
  }
}

// Lets flushes and compactions that are due end, so that the next figure does not pay for what was
// before.
void WaitUntilIdle() {
  constexpr auto kLook = std::chrono::milliseconds(500);
  constexpr double kIdleMicroseconds = 10'000;
  const Clock::time_point end = Clock::now() + std::chrono::minutes(5);
  double before = 0, now = CpuMicroseconds();
  do {
    before = now;
    std::this_thread::sleep_for(kLook);
    now = CpuMicroseconds();
  } while (now - before > kIdleMicroseconds && Clock::now() < end);
}

// Every person that can settle had the same chance to be at any of the places.
class Sample {
 public:
  // For so many settlements.
  explicit Sample(int64_t settlements)
      : capacity_(static_cast<size_t>(kPool * (settlements / (kPool * kMostOfPerson) + 1))) {}

  void Add(v1::PersonFacts person) {
    const auto place = static_cast<size_t>(random_.Below(++seen_));
    if (persons_.size() < capacity_) {
      persons_.push_back(std::move(person));
      std::swap(persons_[place], persons_.back());
    } else if (place < capacity_) {
      persons_[place] = std::move(person);
    }
  }

  size_t size() const { return persons_.size(); }

  // `count` of them from `first` on, as those that `base` settles.
  World In(const World& base, size_t first, size_t count) const {
    World world;
    world.resident_hospitals = base.resident_hospitals;
    world.employee_hospitals = base.employee_hospitals;
    const size_t end = std::min(first + count, persons_.size());
    for (size_t i = first; i < end; ++i)
      (IsResident(persons_[i]) ? world.residents : world.employees).push_back(persons_[i]);
    return world;
  }

 private:
  const size_t capacity_;
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

// Of this process, which is engine, store and client.
struct Spent {
  double cpu_us = 0, instructions = 0;

  Spent operator-(const Spent& before) const {
    return {cpu_us - before.cpu_us, instructions - before.instructions};
  }
  void operator+=(const Spent& more) {
    cpu_us += more.cpu_us;
    instructions += more.instructions;
  }
};

// Of a settlement; one value a repetition.
struct Costs {
  std::vector<double> cpu_us, instructions, rate;

  void Add(const Spent& spent, const Window& window) {
    const auto settled = static_cast<double>(window.settled);
    cpu_us.push_back(spent.cpu_us / settled);
    instructions.push_back(spent.instructions / settled);
    rate.push_back(window.per_second);
  }
};

struct CostFigures {
  Figure cpu, instructions, rate;
};

// What is measured as persons grow, and again as settlements do.
struct Figures {
  Figure disk{"disk", "MiB", Better::kLess};
  Figure open{"open", "ms", Better::kLess};
  Figure serving{"serving after", "ms", Better::kLess};
  Figure server_memory{"server memory", "MB", Better::kLess};
  CostFigures settle{{"CPU a settle", "us", Better::kLess},
                     {"instructions a settle", "", Better::kLess},
                     {"settles", "1/s", Better::kMore}};
  CostFigures settle_strangers{{"CPU, not in memory", "us", Better::kLess},
                               {"instructions, not in memory", "", Better::kLess},
                               {"settles, not in memory", "1/s", Better::kMore}};
};

class ScaleBench {
 public:
  ScaleBench(const Options& options, World base, std::string directory, const PlotData& plots,
             Report& report)
      : options_(options),
        base_(std::move(base)),
        directory_(std::move(directory)),
        plots_(plots),
        report_(report),
        sample_(options.scale_settlements) {}

  absl::Status Run(const std::function<absl::Status()>& keep) {
    if (options_.scale_continue) YIJIE_RETURN_IF_ERROR(ReadProgress());
    YIJIE_RETURN_IF_ERROR(OpenStore());
    if (loaded_ == 0) YIJIE_RETURN_IF_ERROR(LoadWorld(base_, *store_));
    for (int64_t size = kFirstPersons; loaded_ < options_.scale_persons; size *= 10) {
      size = std::min(size, options_.scale_persons);
      if (size <= loaded_) continue;  // it was measured
      YIJIE_RETURN_IF_ERROR(LoadUpTo(size));
      YIJIE_RETURN_IF_ERROR(MeasurePersons(size));
      YIJIE_RETURN_IF_ERROR(keep());
    }
    for (const int64_t size : SettlementSizes()) {
      if (size <= settled_) continue;  // what was measured of persons stored as many
      YIJIE_ASSIGN_OR_RETURN(const bool reached, SettleUpTo(size));
      if (!reached) break;
      YIJIE_RETURN_IF_ERROR(keep());
    }
    StopEngine();
    report_.Note("scale: settlements stored", absl::StrCat(settled_));
    report_.Note("scale: calls refused as busy and sent again", absl::StrCat(busy_));
    return absl::OkStatus();
  }

 private:
  // 1, 2, 5, 10, ... times the first, and the last.
  std::vector<int64_t> SettlementSizes() const {
    std::vector<int64_t> sizes;
    for (int64_t decade = kFirstSettlements; decade < options_.scale_settlements; decade *= 10) {
      for (const int64_t times : {1, 2, 5})
        if (decade * times < options_.scale_settlements) sizes.push_back(decade * times);
    }
    sizes.push_back(options_.scale_settlements);
    return sizes;
  }

  absl::Status OpenStore() {
    storage::RocksOptions rocks;
    rocks.directory = directory_;
    YIJIE_ASSIGN_OR_RETURN(store_, storage::OpenRocksStore(std::move(rocks)));
    return absl::OkStatus();
  }

  // How far the campaign has come, beside the store: one that ended early can go on.
  std::string ProgressFile() const { return directory_ + ".progress"; }
  void SaveProgress() const {
    std::ofstream(ProgressFile()) << loaded_ << ' ' << settled_ << ' ' << engines_ << '\n';
  }
  absl::Status ReadProgress() {
    int64_t persons = 0;
    std::ifstream file(ProgressFile());
    if (!(file >> persons >> settled_ >> engines_))
      return absl::NotFoundError(absl::StrCat(ProgressFile(), ": no campaign to go on with"));
    report_.Note("scale: continued at settlements", absl::StrCat(settled_));
    while (loaded_ < persons) {
      Progress(absl::StrFormat("  persons of the campaign so far: %d of %d", loaded_, persons));
      YIJIE_RETURN_IF_ERROR(AddToSample(NextFile(std::min(kFilePersons, persons - loaded_))));
    }
    return absl::OkStatus();
  }

  bool HasDisk() const { return fs::space(directory_).available > kDiskReserve; }

  // The next persons.
  engine::InputFile NextFile(int64_t count) {
    std::ostringstream text;
    engine::WritePersonRange(loaded_, count, kWorldSeed, text);
    loaded_ += count;
    return engine::MakeInputFile("persons", text.str());
  }

  // The next file, through the path of `yijie load`.
  absl::Status LoadOneFile(int64_t count) {
    const engine::InputFile file = NextFile(count);
    const Clock::time_point begin = Clock::now();
    const double cpu_begin = CpuMicroseconds();
    YIJIE_RETURN_IF_ERROR(engine::LoadFile(engine::LoadKind::kPersons, file, *store_, kLoadTime,
                                           [](int64_t, int64_t) {})
                              .status());
    load_seconds_ += Seconds(Clock::now() - begin);
    load_cpu_us_ += CpuMicroseconds() - cpu_begin;
    SaveProgress();
    return AddToSample(file);
  }

  absl::Status AddToSample(const engine::InputFile& file) {
    engine::RowErrors errors("generated persons");
    for (const std::string& packed :
         engine::ParsePersons(file, Date::FromCivil(2026, 1, 1), errors)) {
      v1::PersonFacts person = engine::UnpackPerson(packed);
      if (CanSettle(person)) sample_.Add(std::move(person));
    }
    return errors.ToStatus();
  }

  absl::Status LoadUpTo(int64_t size) {
    StopEngine();
    while (loaded_ < size) {
      if (!HasDisk()) return absl::ResourceExhaustedError("too little disk is left");
      YIJIE_RETURN_IF_ERROR(LoadOneFile(std::min(kFilePersons, size - loaded_)));
      Progress(absl::StrFormat("  %d persons loaded, %.0f a second, %.0f MiB of memory", loaded_,
                               static_cast<double>(loaded_) / load_seconds_, MemoryMiB("VmRSS:")));
    }
    return absl::OkStatus();
  }

  // A new engine without anybody in memory, and calls for `count` persons of the sample.
  absl::Status StartEngine(size_t first, size_t count) {
    StopEngine();
    YIJIE_ASSIGN_OR_RETURN(const auto reference, engine::LoadReference(*store_, options_.policies));
    requests_ = std::make_unique<RequestBytes>(sample_.In(base_, first, count), kSeed,
                                               kSerials * static_cast<uint64_t>(++engines_));
    engine_ =
        std::make_unique<engine::Engine>(engine::EngineOptions(), *store_, metrics_, reference);
    driver_ = std::make_unique<SettleDriver>(*engine_, *requests_);
    SaveProgress();  // its message ids are used up
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
    const auto loaded = static_cast<double>(loaded_);
    load_.Add(report_, name, {loaded / load_seconds_});
    load_cpu_.Add(report_, name, {load_cpu_us_ / loaded});
    report_.Note(absl::StrCat("scale/", name, " load, s"), absl::StrFormat("%.0f", load_seconds_));
    WaitUntilIdle();
    YIJIE_ASSIGN_OR_RETURN(SizePoint point, MeasureOpening(name, persons_));
    YIJIE_RETURN_IF_ERROR(MeasureColdAndWarm(name));
    WaitUntilIdle();
    YIJIE_ASSIGN_OR_RETURN(point.us_per_settle, MeasureStrangers(name, persons_));
    YIJIE_RETURN_IF_ERROR(plots_.AddSize("persons/not-in-memory", point));
    YIJIE_ASSIGN_OR_RETURN(point.us_per_settle, MeasureRegulars(name));
    return plots_.AddSize("persons", point);
  }

  // Opens the store with nothing of it in the memory of the kernel: first by the program that
  // ships, then here.
  absl::StatusOr<SizePoint> MeasureOpening(const std::string& name, Figures& figures) {
    StopEngine();
    store_.reset();
    SizePoint point{loaded_, settled_, 0, 0, DiskMiB(directory_)};
    DropPageCache(directory_);
    Clock::time_point begin = Clock::now();
    {
      YIJIE_ASSIGN_OR_RETURN(const auto server,
                             ServerProcess::Start({options_.yijie, "serve", "--data", directory_,
                                                   "--policies", options_.policies, "--listen",
                                                   "127.0.0.1:0", "--metrics", "127.0.0.1:0"},
                                                  options_.data + "/serve.log"));
      figures.serving.Add(report_, name, {Seconds(Clock::now() - begin) * 1e3});
      point.rss_mb = server->ResidentMegabytes();
    }
    DropPageCache(directory_);
    begin = Clock::now();
    YIJIE_RETURN_IF_ERROR(OpenStore());
    figures.open.Add(report_, name, {Seconds(Clock::now() - begin) * 1e3});
    figures.disk.Add(report_, name, {point.disk_mb});
    figures.server_memory.Add(report_, name, {point.rss_mb});
    Progress(absl::StrFormat("  %s: %.0f MiB on disk, %.0f MB of memory when opened", name,
                             point.disk_mb, point.rss_mb));
    return point;
  }

  // One call at a time.
  absl::Status MeasureColdAndWarm(const std::string& name) {
    Progress(absl::StrCat("  ", name, ": cold and warm calls"));
    YIJIE_RETURN_IF_ERROR(StartEngine(0, kCold));
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
    return absl::OkStatus();
  }

  // The same persons again and again, all in the engine's memory. Gives the CPU of a settlement,
  // microseconds, as the next two do.
  absl::StatusOr<double> MeasureRegulars(const std::string& name) {
    YIJIE_RETURN_IF_ERROR(StartEngine(0, kRegulars));
    YIJIE_RETURN_IF_ERROR(driver_->WarmUp());
    Costs costs;
    for (int i = 0; i < options_.repetitions; ++i) {
      const Spent begin = SpentSoFar();
      YIJIE_ASSIGN_OR_RETURN(const Window window, driver_->Run(kInFlight, options_.window()));
      costs.Add(SpentSoFar() - begin, window);
      Count(window);
    }
    return AddCosts(name, persons_.settle, std::move(costs));
  }

  // Persons that the engine reads from the store, whose blocks the kernel has in memory.
  absl::StatusOr<double> MeasureStrangers(const std::string& name, Figures& figures) {
    FillPageCache(directory_);
    Costs costs;
    for (int i = 0; i < options_.repetitions; ++i) {
      YIJIE_RETURN_IF_ERROR(
          StartEngine(kRegulars + static_cast<size_t>(i) * kStrangers, kStrangers));
      if (requests_->size() == 0) break;
      const Spent begin = SpentSoFar();
      YIJIE_ASSIGN_OR_RETURN(const Window window,
                             driver_->RunCalls(kInFlight, static_cast<int64_t>(requests_->size())));
      costs.Add(SpentSoFar() - begin, window);
      Count(window);
    }
    return AddCosts(name, figures.settle_strangers, std::move(costs));
  }

  Spent SpentSoFar() const { return {CpuMicroseconds(), instructions_.Read()}; }

  // Gives the CPU of a settlement.
  double AddCosts(const std::string& name, CostFigures& figures, Costs costs) {
    const double median = Median(costs.cpu_us);
    Progress(absl::StrFormat("  %s: %.1f us of CPU a settlement, %.0f instructions, %.0f a second",
                             name, median, Median(costs.instructions), Median(costs.rate)));
    figures.cpu.Add(report_, name, std::move(costs.cpu_us));
    if (Median(costs.instructions) > 0)
      figures.instructions.Add(report_, name, std::move(costs.instructions));
    figures.rate.Add(report_, name, std::move(costs.rate));
    return median;
  }

  // Who had the first turn has another if there are not persons enough.
  size_t FirstOfPool(int64_t pool) const {
    const auto first = static_cast<size_t>(pool * kPool);
    return first < sample_.size() ? first : 0;
  }

  // Settles until so many are stored, and measures there. False: the disk is nearly full.
  absl::StatusOr<bool> SettleUpTo(int64_t size) {
    const std::string name = absl::StrCat("settlements/", size);
    int64_t pool = -1;
    // Compaction comes in lumps. So what counts is the second half of the way from nothing to here,
    // or as much of it as there is.
    Window counted;
    Spent spent;
    double seconds = 0;
    while (settled_ < size) {
      if (!HasDisk()) {
        report_.Note("scale: ended before", absl::StrCat(name, ": too little disk is left"));
        return false;
      }
      if (const int64_t due = settled_ / (kPool * kMostOfPerson); due != pool) {
        pool = due;
        YIJIE_RETURN_IF_ERROR(StartEngine(FirstOfPool(pool), kPool));
      }
      const bool counts = settled_ >= size / 2;
      const Spent begin = SpentSoFar();
      YIJIE_ASSIGN_OR_RETURN(
          const Window window,
          driver_->RunCalls(kInFlight,
                            std::max<int64_t>(kInFlight, std::min(size - settled_, kCallsAtOnce))));
      Count(window);
      SaveProgress();
      if (counts) {
        counted.settled += window.settled;
        spent += SpentSoFar() - begin;
        seconds += static_cast<double>(window.settled) / window.per_second;
      }
      Progress(
          absl::StrFormat("  %d settlements stored, %.0f a second, %.0f MiB on disk, %.0f MiB "
                          "of memory",
                          settled_, window.per_second, DiskMiB(directory_), MemoryMiB("VmRSS:")));
    }
    counted.per_second = static_cast<double>(counted.settled) / seconds;
    Costs costs;
    costs.Add(spent, counted);
    const double us_per_settle = AddCosts(name, settlements_.settle, std::move(costs));
    running_memory_.Add(report_, name, {MemoryMiB("VmRSS:")});
    WaitUntilIdle();
    YIJIE_ASSIGN_OR_RETURN(SizePoint point, MeasureOpening(name, settlements_));
    point.us_per_settle = us_per_settle;
    YIJIE_RETURN_IF_ERROR(plots_.AddSize("settlements", point));
    WaitUntilIdle();
    YIJIE_ASSIGN_OR_RETURN(point.us_per_settle, MeasureStrangers(name, settlements_));
    YIJIE_RETURN_IF_ERROR(plots_.AddSize("settlements/not-in-memory", point));
    return true;
  }

  const Options& options_;
  const World base_;
  const std::string directory_;
  const PlotData& plots_;
  Report& report_;

  const InstructionCount instructions_;  // before the threads that it counts
  Sample sample_;
  int64_t loaded_ = 0, settled_ = 0, busy_ = 0, engines_ = 0;
  double load_seconds_ = 0, load_cpu_us_ = 0;

  engine::Metrics metrics_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<RequestBytes> requests_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<SettleDriver> driver_;

  Figure load_{"loaded", "1/s", Better::kMore};
  Figure load_cpu_{"CPU a person loaded", "us", Better::kLess};
  Figure cold_p50_{"cold settle p50", "us", Better::kLess};
  Figure cold_p99_{"cold settle p99", "us", Better::kLess};
  Figure warm_p50_{"warm settle p50", "us", Better::kLess};
  Figure warm_p99_{"warm settle p99", "us", Better::kLess};
  Figure running_memory_{"memory + client", "MiB", Better::kLess};
  Figures persons_, settlements_;
};

}  // namespace

absl::Status BenchScale(const Options& options, const PlotData& plots, Report& report,
                        const std::function<absl::Status()>& keep) {
  YIJIE_ASSIGN_OR_RETURN(World base, MakeWorld(/*persons=*/1, options.policies));
  report.Note("scale: persons", absl::StrCat(options.scale_persons));
  report.Note("catalogue rows", absl::StrCat(base.reference->catalogue.size()));
  const std::string directory = options.data + "/scale";
  fs::create_directories(directory);
  const LogToFile log(options.data + "/engine.log");
  ScaleBench bench(options, std::move(base), directory + "/store", plots, report);
  return bench.Run(keep);
}

}  // namespace yijie::bench
