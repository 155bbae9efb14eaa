// Settlements over gRPC: `yijie serve` in a process of its own, on the disk, with a client on the
// same machine; beside an echo of the same bytes.

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "bench/benches.h"
#include "bench/process.h"
#include "bench/rpc_client.h"
#include "engine/transactions.h"
#include "storage/rocks_store.h"

namespace yijie::bench {
namespace {

constexpr uint64_t kSeed = 14;
constexpr char kSettle[] = "/yijie.v1.SettlementService/Settle";
constexpr char kGetAccount[] = "/yijie.v1.SettlementService/GetAccount";

// Of middle length among real ones.
struct Typical {
  std::string reply;
  size_t commit_bytes = 0;
};

absl::StatusOr<Typical> TypicalSettlement(const World& world) {
  Random random(kSeed);
  std::vector<Typical> all;
  const engine::Moment now = engine::MomentOf(absl::ToUnixMillis(absl::Now()));
  for (int i = 0; i < 101; ++i) {
    const auto& facts = random.Pick(i % 2 == 0 ? world.residents : world.employees);
    engine::Person person;
    person.version = 1;
    person.facts = std::make_shared<v1::PersonFacts>(facts);
    const auto request = MakeRequest(world, facts, BillSize::kSmall, random);
    YIJIE_ASSIGN_OR_RETURN(
        engine::Effect effect,
        engine::Settle(*world.reference, request, request.SerializeAsString(), person, now));
    const size_t bytes = effect.event.size() + engine::SerializeState(effect.next).size();
    all.push_back({std::move(effect.reply), bytes});
  }
  std::sort(all.begin(), all.end(),
            [](const Typical& a, const Typical& b) { return a.reply.size() < b.reply.size(); });
  return all[all.size() / 2];
}

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
  RpcBench(const Options& options, const World& world)
      : options_(options), world_(world), requests_(world, kSeed) {}

  absl::Status Prepare(const std::string& directory) {
    const std::string data = directory + "/store";
    {
      storage::RocksOptions rocks;
      rocks.directory = data;
      YIJIE_ASSIGN_OR_RETURN(const auto store, storage::OpenRocksStore(std::move(rocks)));
      YIJIE_RETURN_IF_ERROR(LoadWorld(world_, *store));
    }
    YIJIE_ASSIGN_OR_RETURN(
        server_, ServerProcess::Start(
                     {options_.yijie, "serve", "--data", data, "--policies", options_.policies,
                      "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"},
                     directory + "/serve.log"));
    YIJIE_ASSIGN_OR_RETURN(const Typical typical, TypicalSettlement(world_));
    commit_bytes_ = typical.commit_bytes;
    sync_file_ = directory + "/sync";
    std::ofstream(directory + "/reply", std::ios::binary) << typical.reply;
    YIJIE_ASSIGN_OR_RETURN(
        echo_, ServerProcess::Start({std::filesystem::read_symlink("/proc/self/exe").string(),
                                     "--echo-server", directory + "/reply"},
                                    directory + "/echo.log"));
    server_client_ = std::make_unique<RpcClient>(server_->port());
    echo_client_ = std::make_unique<RpcClient>(echo_->port());
    return WarmUp();
  }

  // One repetition: ours, then the echo.
  absl::Status Repeat(Load& load) {
    const auto run = [&](RpcClient& client, const ServerProcess& server, double* cpu) {
      *cpu = server.CpuMicroseconds();
      auto window = client.Run({kSettle, [this] { return &requests_.Next(); }, CheckSettled,
                                load.in_flight, options_.window()});
      *cpu = server.CpuMicroseconds() - *cpu;
      return window;
    };
    double ours_cpu = 0, echo_cpu = 0;
    YIJIE_ASSIGN_OR_RETURN(const Window ours, run(*server_client_, *server_, &ours_cpu));
    YIJIE_ASSIGN_OR_RETURN(const Window echo, run(*echo_client_, *echo_, &echo_cpu));
    settled_ += ours.settled;
    busy_ += ours.busy;
    Append(load.rate, ours.per_second, echo.per_second);
    Append(load.p50, ours.latency.p50_us, echo.latency.p50_us);
    Append(load.p99, ours.latency.p99_us, echo.latency.p99_us);
    // A server that syncs all calls inside with one append.
    const Latencies sync = TimeAppendAndSync(
        sync_file_, commit_bytes_ * static_cast<size_t>(load.in_flight), options_.syncs());
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
  // Reads every person once, so that all are in the server's memory.
  absl::Status WarmUp() {
    size_t next = 0;
    std::string bytes;
    const auto get_account = [&]() -> const std::string* {
      if (next == requests_.size()) return nullptr;
      v1::GetAccountRequest request;
      request.set_psn_no(requests_.psn_no(next++));
      bytes = request.SerializeAsString();
      return &bytes;
    };
    const auto any = [](absl::string_view) { return absl::OkStatus(); };
    return server_client_->Run({kGetAccount, get_account, any, 64, std::chrono::minutes(2)})
        .status();
  }
  static void Append(Row& row, double ours, double floor) {
    row.ours.push_back(ours);
    row.floor.push_back(floor);
  }

  const Options& options_;
  const World& world_;
  RequestBytes requests_;
  size_t commit_bytes_ = 0;
  std::string sync_file_;
  int64_t settled_ = 0, busy_ = 0;
  std::unique_ptr<ServerProcess> server_, echo_;
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
