// yijie_bench: what the engine costs, beside the floor under it. docs/benchmarks.md says how to
// read the table.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/status_macros.h"
#include "bench/benches.h"
#include "bench/load_client.h"
#include "bench/machine.h"
#include "bench/process.h"

namespace yijie::bench {
namespace {

namespace fs = std::filesystem;

// The directory this program is in: build/<preset>/bench.
fs::path ProgramDirectory() { return fs::read_symlink("/proc/self/exe").parent_path(); }

// Only whole runs are kept beside the sources.
std::string DefaultResult(const Options& options, const Machine& machine) {
  if (!options.everything()) return ProgramDirectory() / "last.json";
  const fs::path directory = fs::path(YIJIE_SOURCE_ROOT) / "bench" / "results";
  fs::create_directories(directory);
  return directory /
         absl::StrCat(options.scale ? "scale-" : "", machine.date, "-", machine.commit, ".json");
}

// Beside the JSON file: "last.json" has "last-plots".
std::string PlotDirectory(const std::string& result) {
  const fs::path path(result);
  return path.parent_path() / absl::StrCat(path.stem().string(), "-plots");
}

// The plots of what was measured; without gnuplot the figures are left as CSV files.
void Draw(const PlotData& plots) {
  if (!fs::exists(plots.directory())) return;
  const auto drawn =
      RunProgram({"/usr/bin/env", "bash", absl::StrCat(YIJIE_SOURCE_ROOT, "/bench/plots/draw.sh"),
                  plots.directory()},
                 plots.directory() + "/draw.log");
  Progress(drawn.ok() ? *drawn : std::string(drawn.status().message()));
  if (drawn.ok()) fs::remove(plots.directory() + "/draw.log");
}

// Keeps what was measured, and shows it.
absl::Status Finish(const Machine& machine, const Report& report, const PlotData& plots,
                    const std::string& result, const std::string& legend) {
  YIJIE_RETURN_IF_ERROR(report.WriteJson(machine, result));
  if (fs::exists(plots.directory())) {
    YIJIE_RETURN_IF_ERROR(plots.Describe(machine.Title()));
    Draw(plots);
  }
  std::cout << "\n" << report.Table() << "\n" << legend << "kept in " << result << "\n";
  return absl::OkStatus();
}

absl::Status RunScale(const Options& options, const Machine& machine, const PlotData& plots,
                      const std::string& result) {
  Report report;
  YIJIE_RETURN_IF_ERROR(
      BenchScale(options, plots, report, [&] { return report.WriteJson(machine, result); }));
  fs::remove_all(options.data);
  return Finish(machine, report, plots, result,
                "ratio: times worse than at the smallest size; reached: ours / smallest size\n");
}

absl::Status Run(Options options) {
  options.data += "/bench-data";  // its own folder: it is removed
  if (!options.scale_continue) fs::remove_all(options.data);
  fs::create_directories(options.data);
  const Machine machine = LookAtMachine(YIJIE_SOURCE_ROOT, options.data);
  const std::string result =
      options.result.empty() ? DefaultResult(options, machine) : options.result;
  const PlotData plots(PlotDirectory(result));
  plots.Clear();
  std::cout << machine.Text() << std::flush;
  if (options.scale) return RunScale(options, machine, plots, result);
  Progress("make the world");
  YIJIE_ASSIGN_OR_RETURN(const World world, MakeWorld(options.persons(), options.policies));
  if (world.residents.empty() || world.employees.empty() || world.resident_hospitals.empty() ||
      world.employee_hospitals.empty()) {
    return absl::InternalError("the generated persons hold none that can settle");
  }
  Report report;
  report.Note("catalogue rows", absl::StrCat(world.reference->catalogue.size()));
  report.Note("repetitions", absl::StrCat(options.repetitions));
  report.Note("window, ms", absl::StrCat(options.window().count()));
  Progress("evaluate");
  YIJIE_RETURN_IF_ERROR(BenchEvaluate(options, world, report));
  Progress("wire");
  YIJIE_RETURN_IF_ERROR(BenchWire(options, world, report));
  Progress("store");
  YIJIE_RETURN_IF_ERROR(BenchStore(options, world, report));
  Progress("durable");
  YIJIE_RETURN_IF_ERROR(BenchDurable(options, world, report));
  Progress("rpc");
  YIJIE_RETURN_IF_ERROR(BenchRpc(options, world, report));
  Progress("stream");
  YIJIE_RETURN_IF_ERROR(BenchStream(options, world, report));
  Progress("slow disk");
  YIJIE_RETURN_IF_ERROR(BenchSlowDisk(options, world, report));
  Progress("load");
  YIJIE_RETURN_IF_ERROR(BenchLoad(options, world, plots, report));
  Progress("books");
  YIJIE_RETURN_IF_ERROR(BenchBooks(options, report));
  Progress("policy");
  YIJIE_RETURN_IF_ERROR(BenchLint(options, report));
  YIJIE_RETURN_IF_ERROR(BenchExplanation(options, world, report));
  YIJIE_RETURN_IF_ERROR(BenchReplay(options, report));
  if (options.with_peers) {
    Progress("peers");
    YIJIE_RETURN_IF_ERROR(BenchZen(options, world, report));
    YIJIE_RETURN_IF_ERROR(BenchPostgres(options, world, plots, report));
  }
  fs::remove_all(options.data);
  if (report.empty()) {
    return absl::NotFoundError(absl::StrCat("no row matches \"", options.filter, "\""));
  }
  return Finish(
      machine, report, plots, result,
      absl::StrCat("ratio: times worse than the floor; spread: half of least to greatest of ",
                   options.repetitions,
                   " repetitions, ours / floor;\nfsync: p50 / p99 us of an append and fdatasync in "
                   "the same repetitions; target and reached: ours / floor\n"));
}

int Main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as the server does
  CLI::App program("Measures the engine beside the floors under it, in one run.");
  Options options;
  options.policies = absl::StrCat(YIJIE_SOURCE_ROOT, "/rules/tables");
  options.yijie = ProgramDirectory() / ".." / "engine" / "yijie";
  options.data = ProgramDirectory();
  options.peers = absl::StrCat(YIJIE_SOURCE_ROOT, "/bench/peers");
  options.zen_modules = absl::StrCat(YIJIE_SOURCE_ROOT, "/build/peers/zen");
  options.postgres = "/usr/lib/postgresql/15/bin";
  std::string echo_reply, load_client;
  program.add_option("filter,--benchmark_filter", options.filter,
                     "Regular expression: rows to run, such as evaluate, wire, durable/64, rpc");
  program.add_flag("--quick", options.quick, "About a minute; figures are rough");
  program.add_option("--repetitions", options.repetitions, "Of every measurement")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  program.add_flag("--scale", options.scale,
                   "Instead: load many persons, settle many times, report what it costs by size");
  program.add_option("--persons", options.scale_persons, "With --scale")
      ->check(CLI::Range(int64_t{100'000}, int64_t{100'000'000}))
      ->capture_default_str();
  program.add_option("--settlements", options.scale_settlements, "With --scale: stored at the end")
      ->check(CLI::Range(int64_t{100'000}, int64_t{1'000'000'000}))
      ->capture_default_str();
  program.add_flag("--continue", options.scale_continue,
                   "With --scale: go on with the store of a campaign that ended early; sizes that "
                   "were measured are not measured again");
  program.add_option("--data", options.data, "Directory to work in, on the disk that counts")
      ->capture_default_str();
  program.add_option("--policies", options.policies, "Directory of policy tables")
      ->capture_default_str();
  program.add_option("--yijie", options.yijie, "The program to serve with")->capture_default_str();
  program.add_option("--result", options.result,
                     "JSON file. Whole runs: bench/results/<date>-<commit>.json; others: last.json "
                     "beside this program");
  program.add_flag("--peers", options.with_peers,
                   "Also what PostgreSQL and zen-engine do with the same claims");
  program
      .add_option("--zen-modules", options.zen_modules,
                  "Directory whose node_modules has @gorules/zen-engine")
      ->capture_default_str();
  program.add_option("--postgres", options.postgres, "Directory of PostgreSQL's programs")
      ->capture_default_str();
  program.add_option("--echo-server", echo_reply, "Used by the program itself")->group("");
  program.add_option("--load-client", load_client, "Likewise")->group("");
  CLI11_PARSE(program, argc, argv);
  if (!echo_reply.empty()) return RunEchoServer(echo_reply);
  if (!load_client.empty()) return RunLoadClient(load_client);
  const absl::Status status = Run(options);
  if (status.ok()) return 0;
  Progress(absl::StrCat("yijie_bench: ", status.message()));
  return 1;
}

}  // namespace
}  // namespace yijie::bench

int main(int argc, char** argv) { return yijie::bench::Main(argc, argv); }
