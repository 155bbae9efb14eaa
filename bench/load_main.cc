// yijie_load: offers a running engine claims at a rate of your choosing, and says how it took them.
//
//   yijie_load --prepare DATA               a store with generated persons, for `yijie serve`
//   yijie_load --server HOST:PORT --rate N  offers N claims a second
//
// The claims are those of bench/world.h: in-patient bills of 12 lines of the generated persons.

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "bench/open_loop.h"
#include "storage/rocks_store.h"

namespace yijie::bench {
namespace {

constexpr double kShares[] = {0.5, 0.9, 0.99, 0.999, 1};

struct LoadOptions {
  std::string prepare;
  std::string policies = absl::StrCat(YIJIE_SOURCE_ROOT, "/rules/tables");
  std::string server = "127.0.0.1:7300";
  int persons = 40'000;
  double rate = 1'000;
  int seconds = 10;
  int deadline_ms = 0;
  int connections = 4;
  bool stream = false;
  int batch = 32;
  bool fixed = false;
  uint64_t seed = 0;
  std::string json, cdf;
};

absl::Status Prepare(const LoadOptions& options, const World& world) {
  storage::RocksOptions rocks;
  rocks.directory = options.prepare;
  YIJIE_ASSIGN_OR_RETURN(const auto store, storage::OpenRocksStore(std::move(rocks)));
  YIJIE_RETURN_IF_ERROR(LoadWorld(world, *store));
  std::cout << "serve it with: yijie serve --data " << options.prepare << " --policies "
            << options.policies << "\n";
  return absl::OkStatus();
}

std::string Percentiles(const std::vector<int64_t>& sorted) {
  std::string text;
  for (const double share : kShares)
    absl::StrAppendFormat(&text, "  %10.0f", QuantileUs(sorted, share));
  return text;
}

void Print(const LoadResult& result) {
  std::cout << absl::StrFormat(
      "offered %d in %.1f s: %.0f a second; settled %.0f a second\n", result.offered,
      result.seconds, static_cast<double>(result.offered) / result.seconds, result.Goodput());
  if (result.left_out > 0)
    std::cout << result.left_out << " were not sent: as many as can be were open\n";
  std::cout
      << "latency from when a claim was to be sent, us\n"
      << "                    count         p50         p90         p99       p99.9         max\n";
  const auto row = [](const std::string& name, const std::vector<int64_t>& sorted) {
    if (sorted.empty()) return;
    std::cout << absl::StrFormat("%-16s %8d", name, sorted.size()) << Percentiles(sorted) << "\n";
  };
  row("settled", result.admitted);
  for (const auto& [code, latencies] : result.refused)
    row(absl::StrCat("refused, code ", code), latencies);
  row("client was late", result.late);
}

std::string JsonOf(const std::vector<int64_t>& sorted) {
  return absl::StrFormat(
      "{\"count\": %d, \"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, \"p99.9_us\": %.1f, "
      "\"max_us\": %.1f}",
      sorted.size(), QuantileUs(sorted, 0.5), QuantileUs(sorted, 0.9), QuantileUs(sorted, 0.99),
      QuantileUs(sorted, 0.999), QuantileUs(sorted, 1));
}

void WriteJson(const LoadOptions& options, const LoadResult& result) {
  std::ofstream file(options.json);
  file << absl::StrFormat(
      "{\"rate\": %.1f, \"stream\": %s, \"offered\": %d, \"left_out\": %d, \"seconds\": %.3f,\n"
      " \"settled_per_second\": %.1f,\n \"settled\": %s,\n \"client_late\": %s,\n \"refused\": {",
      options.rate, options.stream ? "true" : "false", result.offered, result.left_out,
      result.seconds, result.Goodput(), JsonOf(result.admitted), JsonOf(result.late));
  absl::string_view comma = "";
  for (const auto& [code, latencies] : result.refused) {
    file << comma << "\"" << code << "\": " << JsonOf(latencies);
    comma = ", ";
  }
  file << "}}\n";
}

// 1,000 steps, the last of them the greatest.
void WriteCdf(const LoadOptions& options, const LoadResult& result) {
  std::ofstream file(options.cdf);
  file << "us,share\n";
  for (int i = 1; i <= 1000 && !result.admitted.empty(); ++i)
    file << absl::StrFormat("%.1f,%.3f\n", QuantileUs(result.admitted, i / 1000.0), i / 1000.0);
}

absl::Status Offer(const LoadOptions& options, const World& world) {
  RequestBytes requests(world, /*seed=*/14);
  // Ids of an earlier run are not used again.
  requests.SkipTo(static_cast<uint64_t>(absl::ToUnixMillis(absl::Now())) % 10'000'000 *
                  100'000'000);
  LoadPlan plan;
  plan.server = options.server;
  plan.requests = &requests;
  plan.per_second = options.rate;
  plan.length = std::chrono::seconds(options.seconds);
  plan.arrivals = options.fixed ? Arrivals::kFixed : Arrivals::kPoisson;
  plan.seed = options.seed;
  plan.deadline = std::chrono::milliseconds(options.deadline_ms);
  plan.connections = options.connections;
  plan.stream = options.stream;
  plan.batch = options.batch;
  const LoadResult result = RunOpenLoop(plan);
  Print(result);
  if (!options.json.empty()) WriteJson(options, result);
  if (!options.cdf.empty()) WriteCdf(options, result);
  return result.failure;
}

absl::Status Run(const LoadOptions& options) {
  YIJIE_ASSIGN_OR_RETURN(const World world, MakeWorld(options.persons, options.policies));
  return options.prepare.empty() ? Offer(options, world) : Prepare(options, world);
}

int Main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as the server does
  CLI::App program(
      "Offers a running engine claims at a rate of your choosing, and says how it took them.");
  LoadOptions options;
  program.add_option("--prepare", options.prepare, "Only make a store with the generated persons");
  program.add_option("--policies", options.policies, "Directory of policy tables")
      ->capture_default_str();
  program
      .add_option("--persons", options.persons, "Generated persons; as when the store was prepared")
      ->check(CLI::Range(1'000, 10'000'000))
      ->capture_default_str();
  program.add_option("--server", options.server, "Address of the engine")->capture_default_str();
  program.add_option("--rate", options.rate, "Claims offered in a second")
      ->check(CLI::Range(0.1, 1e6))
      ->capture_default_str();
  program.add_option("--seconds", options.seconds, "How long")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  program.add_flag("--fixed", options.fixed, "Even gaps instead of random ones (Poisson)");
  program.add_option("--seed", options.seed, "Of the gaps")->capture_default_str();
  program.add_option("--deadline-ms", options.deadline_ms, "Of each claim; 0: none of its own")
      ->check(CLI::Range(0, 600'000))
      ->capture_default_str();
  program.add_option("--connections", options.connections, "Of unary calls")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  program.add_flag("--stream", options.stream, "One SettleStream instead of unary calls");
  program.add_option("--batch", options.batch, "Most claims in a message of the stream")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  program.add_option("--json", options.json, "File for the figures");
  program.add_option("--cdf", options.cdf, "CSV file for the distribution of latencies");
  CLI11_PARSE(program, argc, argv);
  const absl::Status status = Run(options);
  if (status.ok()) return 0;
  std::cerr << "yijie_load: " << status.message() << "\n";
  return 1;
}

}  // namespace
}  // namespace yijie::bench

int main(int argc, char** argv) { return yijie::bench::Main(argc, argv); }
