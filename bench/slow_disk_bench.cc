// What is asked over the network, with a slower disk under `yijie serve`: beside the same server on
// the disk as it is.

#include <filesystem>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "bench/benches.h"
#include "bench/served.h"
#include "bench/slowed.h"
#include "bench/stream_client.h"

namespace yijie::bench {
namespace {

struct Load {
  int batch = 0;  // claims in a message of a stream; 0: unary
  int in_flight = 0;
  std::string name;
  std::vector<Slowed> rows;
};

std::vector<Load> Loads(const Options& options) {
  std::vector<Load> loads;
  const auto add = [&](int batch, int in_flight) {
    const std::string name =
        batch == 0 ? absl::StrCat("rpc/", in_flight) : absl::StrCat("stream/", batch);
    std::vector<Slowed> rows;
    for (Slowed& row : SlowedRows(name)) {
      if (options.Matches(row.name())) rows.push_back(std::move(row));
    }
    if (!rows.empty()) loads.push_back({batch, in_flight, name, std::move(rows)});
  };
  for (const int in_flight : {1, 8, 64, 256}) add(0, in_flight);
  add(1, 64);
  add(32, 1024);
  return loads;
}

class SlowDiskBench {
 public:
  SlowDiskBench(const Options& options, const World& world) : options_(options), world_(world) {}

  // One server on the disk as it is, one for each delay.
  absl::Status Prepare(const std::string& directory) {
    YIJIE_RETURN_IF_ERROR(Start(directory, std::chrono::milliseconds(0)));
    for (const std::chrono::milliseconds delay : kSyncDelays)
      YIJIE_RETURN_IF_ERROR(Start(directory, delay));
    return absl::OkStatus();
  }

  absl::Status Repeat(Load& load) {
    YIJIE_ASSIGN_OR_RETURN(const Window usual, Run(load, std::chrono::milliseconds(0)));
    for (Slowed& row : load.rows) {
      YIJIE_ASSIGN_OR_RETURN(const Window slow, Run(load, row.delay()));
      row.Add(slow, usual);
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Start(const std::string& directory, std::chrono::milliseconds delay) {
    Progress(absl::StrCat("  load persons, start a server with ", delay.count(),
                          " ms added to each sync"));
    const std::string own = absl::StrCat(directory, "/", delay.count());
    std::filesystem::create_directories(own);
    YIJIE_ASSIGN_OR_RETURN(
        servers_[delay],
        Served::Start(options_, world_, own, {delay, /*with_echo=*/false, /*patient=*/true}));
    return absl::OkStatus();
  }

  absl::StatusOr<Window> Run(const Load& load, std::chrono::milliseconds delay) {
    Served& served = *servers_[delay];
    if (load.batch > 0) {
      StreamClient client(served.server().port());
      return client.Run({&served.requests(), load.batch, load.in_flight, options_.window()});
    }
    RpcClient client(served.server().port());
    return client.Run({kSettleMethod, [&served] { return &served.requests().Next(); }, CheckSettled,
                       load.in_flight, options_.window()});
  }

  const Options& options_;
  const World& world_;
  std::map<std::chrono::milliseconds, std::unique_ptr<Served>> servers_;
};

}  // namespace

absl::Status BenchSlowDisk(const Options& options, const World& world, Report& report) {
  std::vector<Load> loads = Loads(options);
  if (loads.empty()) return absl::OkStatus();
  const std::string directory = options.data + "/slow";
  std::filesystem::create_directories(directory);
  {
    const LogToFile log(directory + "/load.log");
    SlowDiskBench bench(options, world);
    YIJIE_RETURN_IF_ERROR(bench.Prepare(directory));
    for (int i = 0; i < options.repetitions; ++i) {
      for (Load& load : loads) {
        Progress(
            absl::StrFormat("  %s, slower disk, %d of %d", load.name, i + 1, options.repetitions));
        YIJIE_RETURN_IF_ERROR(bench.Repeat(load));
      }
    }
  }
  std::filesystem::remove_all(directory);
  for (Load& load : loads) {
    for (Slowed& row : load.rows) row.MoveTo(report);
  }
  return absl::OkStatus();
}

}  // namespace yijie::bench
