// SettleStream: `yijie serve` in a process of its own, on the disk, with one client that keeps one
// stream full; beside an echo of the same bytes.

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "bench/benches.h"
#include "bench/served.h"
#include "bench/stream_client.h"

namespace yijie::bench {
namespace {

// The rows of one size of messages.
struct Load {
  int batch = 0, in_flight = 0;
  std::string name;
  Row rate, p50, p99, cpu;
};

Load MakeLoad(int batch, int in_flight) {
  Load load;
  load.batch = batch;
  load.in_flight = in_flight;
  load.name = absl::StrCat("stream/", batch);
  const std::string echo = "gRPC echo stream of the same bytes";
  load.rate = {load.name + " settles", "1/s", Better::kMore, {}, echo, {}};
  load.p50 = {load.name + " p50", "us", Better::kLess, {}, echo, {}};
  load.p99 = {load.name + " p99", "us", Better::kLess, {}, echo, {}};
  load.cpu = {load.name + " CPU a settle, server", "us", Better::kLess, {}, echo, {}};
  return load;
}

// A timed window and the CPU the server took for a claim of it.
struct Measured {
  Window window;
  double cpu_us = 0;
};

absl::StatusOr<Measured> Measure(const Options& options, const Load& load, RequestBytes& requests,
                                 const ServerProcess& server) {
  StreamClient client(server.port());
  Measured measured;
  const double before = server.CpuMicroseconds();
  YIJIE_ASSIGN_OR_RETURN(measured.window,
                         client.Run({&requests, load.batch, load.in_flight, options.window()}));
  measured.cpu_us =
      (server.CpuMicroseconds() - before) / static_cast<double>(measured.window.settled);
  return measured;
}

absl::Status Repeat(const Options& options, Served& served, Load& load) {
  YIJIE_ASSIGN_OR_RETURN(const Measured ours,
                         Measure(options, load, served.requests(), served.server()));
  YIJIE_ASSIGN_OR_RETURN(const Measured echo,
                         Measure(options, load, served.requests(), served.echo()));
  Append(load.rate, ours.window.per_second, echo.window.per_second);
  Append(load.p50, ours.window.latency.p50_us, echo.window.latency.p50_us);
  Append(load.p99, ours.window.latency.p99_us, echo.window.latency.p99_us);
  Append(load.cpu, ours.cpu_us, echo.cpu_us);
  load.rate.disk.push_back(TimeAppendAndSync(
      served.sync_file(), served.commit_bytes() * static_cast<size_t>(load.in_flight),
      options.syncs()));
  return absl::OkStatus();
}

}  // namespace

absl::Status BenchStream(const Options& options, const World& world, Report& report) {
  std::vector<Load> loads;
  for (const auto& [batch, in_flight] : {std::pair(1, 64), std::pair(32, 256)}) {
    Load load = MakeLoad(batch, in_flight);
    if (options.Matches(load.name)) loads.push_back(std::move(load));
  }
  if (loads.empty()) return absl::OkStatus();
  const std::string directory = options.data + "/stream";
  std::filesystem::create_directories(directory);
  {
    const LogToFile log(directory + "/load.log");
    Progress("  load persons, start the servers");
    YIJIE_ASSIGN_OR_RETURN(const auto served, Served::Start(options, world, directory, {}));
    for (int i = 0; i < options.repetitions; ++i) {
      for (Load& load : loads) {
        Progress(absl::StrFormat("  %s, %d of %d", load.name, i + 1, options.repetitions));
        YIJIE_RETURN_IF_ERROR(Repeat(options, *served, load));
      }
    }
  }
  std::filesystem::remove_all(directory);
  for (Load& load : loads) {
    for (Row* row : {&load.rate, &load.p50, &load.p99, &load.cpu}) report.Add(std::move(*row));
  }
  return absl::OkStatus();
}

}  // namespace yijie::bench
