// Settlements over gRPC: `yijie serve` in a process of its own, on the disk, with a client on the
// same machine; beside an echo of the same bytes.

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "bench/benches.h"
#include "bench/rpc_client.h"
#include "bench/served.h"

namespace yijie::bench {
namespace {

// The rows of one number in flight.
struct Load {
  int in_flight = 0;
  Row rate, p50, p99, sync, cpu;
};

Load MakeLoad(int in_flight) {
  Load load;
  load.in_flight = in_flight;
  const std::string name = absl::StrCat("rpc/", in_flight);
  const std::string echo = "gRPC echo of the same bytes";
  load.rate = {name + " settles", "1/s", Better::kMore, {}, echo, {}};
  load.p50 = {name + " p50", "us", Better::kLess, {}, echo, {}};
  load.p99 = {name + " p99", "us", Better::kLess, {}, echo, {}};
  load.sync = {name + " p50, durable",          "us", Better::kLess, {},
               "echo, then append + fdatasync", {}};
  load.cpu = {name + " CPU a settle, server", "us", Better::kLess, {}, echo, {}};
  return load;
}

class RpcBench {
 public:
  RpcBench(const Options& options, const World& world) : options_(options), world_(world) {}

  absl::Status Prepare(const std::string& directory) {
    YIJIE_ASSIGN_OR_RETURN(served_, Served::Start(options_, world_, directory, {}));
    server_client_ = std::make_unique<RpcClient>(served_->server().port());
    echo_client_ = std::make_unique<RpcClient>(served_->echo().port());
    return absl::OkStatus();
  }

  // One repetition: ours, then the echo.
  absl::Status Repeat(Load& load) {
    const auto run = [&](RpcClient& client, const ServerProcess& server, double* cpu) {
      *cpu = server.CpuMicroseconds();
      auto window = client.Run({kSettleMethod, [this] { return &served_->requests().Next(); },
                                CheckSettled, load.in_flight, options_.window()});
      *cpu = server.CpuMicroseconds() - *cpu;
      return window;
    };
    double ours_cpu = 0, echo_cpu = 0;
    YIJIE_ASSIGN_OR_RETURN(const Window ours, run(*server_client_, served_->server(), &ours_cpu));
    YIJIE_ASSIGN_OR_RETURN(const Window echo, run(*echo_client_, served_->echo(), &echo_cpu));
    settled_ += ours.settled;
    busy_ += ours.busy;
    Append(load.rate, ours.per_second, echo.per_second);
    Append(load.p50, ours.latency.p50_us, echo.latency.p50_us);
    Append(load.p99, ours.latency.p99_us, echo.latency.p99_us);
    // A server that syncs all calls inside with one append.
    const Latencies sync = TimeAppendAndSync(
        served_->sync_file(), served_->commit_bytes() * static_cast<size_t>(load.in_flight),
        options_.syncs());
    Append(load.sync, ours.latency.p50_us, echo.latency.p50_us + sync.p50_us);
    for (Row* row : {&load.rate, &load.p50, &load.p99, &load.sync}) row->disk.push_back(sync);
    Append(load.cpu, ours_cpu / static_cast<double>(ours.settled),
           echo_cpu / static_cast<double>(echo.settled));
    return absl::OkStatus();
  }

  void Notes(Report& report) const {
    report.Note("rpc: settlements answered", absl::StrCat(settled_));
    report.Note("rpc: calls refused as busy and sent again", absl::StrCat(busy_));
  }

 private:
  const Options& options_;
  const World& world_;
  int64_t settled_ = 0, busy_ = 0;
  std::unique_ptr<Served> served_;
  std::unique_ptr<RpcClient> server_client_, echo_client_;
};

}  // namespace

absl::Status BenchRpc(const Options& options, const World& world, Report& report) {
  std::vector<Load> loads;
  for (const int in_flight : {1, 8, 64}) {
    if (options.Matches(absl::StrCat("rpc/", in_flight))) loads.push_back(MakeLoad(in_flight));
  }
  if (loads.empty()) return absl::OkStatus();
  const std::string directory = options.data + "/rpc";
  std::filesystem::create_directories(directory);
  {
    const LogToFile log(directory + "/load.log");
    RpcBench bench(options, world);
    Progress("  load persons, start the servers");
    YIJIE_RETURN_IF_ERROR(bench.Prepare(directory));
    for (int i = 0; i < options.repetitions; ++i) {
      for (Load& load : loads) {
        Progress(absl::StrFormat("  rpc/%d, %d of %d", load.in_flight, i + 1, options.repetitions));
        YIJIE_RETURN_IF_ERROR(bench.Repeat(load));
      }
    }
    bench.Notes(report);
  }
  std::filesystem::remove_all(directory);
  for (Load& load : loads) {
    for (Row* row : {&load.rate, &load.p50, &load.p99, &load.sync, &load.cpu})
      report.Add(std::move(*row));
  }
  return absl::OkStatus();
}

}  // namespace yijie::bench
