// Settlements over the wire, durable, beside a conventional system on the same machine and disk:
// `yijie serve` and its client, then PostgreSQL and pgbench.

#include <algorithm>
#include <filesystem>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "bench/benches.h"
#include "bench/peer_claims.h"
#include "bench/postgres_peer.h"
#include "bench/process.h"
#include "bench/rpc_client.h"
#include "storage/rocks_store.h"

namespace yijie::bench {
namespace {

constexpr uint64_t kSeed = 18;
constexpr char kSettle[] = "/yijie.v1.SettlementService/Settle";
constexpr int kClients[] = {1, 8, 16, 32};
constexpr int kInFlight[] = {64, 256};
// Of the peer's best throughput.
constexpr double kLoads[] = {0.25, 0.5, 0.75};
constexpr double kComparedLoad = 0.5;
constexpr size_t kSyncBytes = 600;

class PostgresBench {
 public:
  PostgresBench(const Options& options, const World& world, const PlotData& plots)
      : options_(options), world_(world), plots_(plots), requests_(world, kSeed) {
    const auto row = [this](absl::string_view name, const char* unit, Better better) {
      const std::string full = absl::StrCat("peers/postgres/", name);
      rows_[full] = {full, unit, better, {}, "", {}};
      order_.push_back(full);
    };
    for (const int in_flight : kInFlight) {
      row(absl::StrCat("unary ", in_flight, " settles"), "1/s", Better::kMore);
    }
    row("unary p50, half load", "us", Better::kLess);
    row("unary p99, half load", "us", Better::kLess);
  }

  // NOT_FOUND, UNAVAILABLE: there is no such peer here.
  absl::Status Prepare(const std::string& directory) {
    YIJIE_RETURN_IF_ERROR(StartPeer(directory));
    const std::string data = directory + "/store";
    YIJIE_RETURN_IF_ERROR(LoadBoth(directory, data));
    YIJIE_ASSIGN_OR_RETURN(
        server_, ServerProcess::Start(
                     {options_.yijie, "serve", "--data", data, "--policies", options_.policies,
                      "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"},
                     directory + "/serve.log"));
    client_ = std::make_unique<RpcClient>(server_->port());
    sync_file_ = directory + "/sync";
    return WarmUp();
  }

  // Ours and the peer, as fast as they can.
  absl::Status RepeatThroughput() {
    std::map<int, double> ours;
    for (const int in_flight : kInFlight) {
      YIJIE_ASSIGN_OR_RETURN(const Window window,
                             client_->Run({kSettle, [this] { return &requests_.Next(); },
                                           CheckSettled, in_flight, Length()}));
      ours[in_flight] = window.per_second;
    }
    for (const int clients : kClients) {
      YIJIE_ASSIGN_OR_RETURN(const auto result, peer_->Run({claims_, clients, 0, Seconds()}));
      tps_[clients].push_back(result.per_second);
    }
    for (const int in_flight : kInFlight) {
      Row& row = rows_.at(absl::StrCat("peers/postgres/unary ", in_flight, " settles"));
      row.ours.push_back(ours[in_flight]);
      row.disk.push_back(SyncNow());
    }
    return absl::OkStatus();
  }

  // Both at the same loads, shares of what the peer can do at its best.
  absl::Status RepeatLoads() {
    const int best = BestClients();
    for (const double share : kLoads) {
      const double per_second = Median(tps_.at(best)) * share;
      YIJIE_ASSIGN_OR_RETURN(
          auto ours, client_->RunAtRate(
                         {kSettle, [this] { return &requests_.Next(); }, CheckSettled, 0, Length()},
                         per_second));
      YIJIE_ASSIGN_OR_RETURN(auto theirs, peer_->Run({claims_, best, per_second, Seconds()}));
      refused_ += ours.window.busy;
      Point& point = points_[share];
      point.offered = per_second;
      point.ours.push_back({ours.offered, ours.window.per_second, ours.window.latency, 0});
      point.theirs.push_back({per_second, theirs.per_second, theirs.latency, 0});
      if (share == kComparedLoad) {
        AddPair("unary p50, half load", ours.window.latency.p50_us, theirs.latency.p50_us);
        AddPair("unary p99, half load", ours.window.latency.p99_us, theirs.latency.p99_us);
        Extend(ours_latencies_, ours.nanoseconds);
        Extend(their_latencies_, theirs.nanoseconds);
      }
    }
    return absl::OkStatus();
  }

  absl::Status Finish(Report& report) {
    YIJIE_RETURN_IF_ERROR(peer_->CheckBooks());
    const int best = BestClients();
    const std::string name = absl::StrCat("PostgreSQL ", version_, ", ", best, " clients");
    for (const int in_flight : kInFlight) {
      rows_.at(absl::StrCat("peers/postgres/unary ", in_flight, " settles")).floor = tps_.at(best);
    }
    for (const std::string& row : order_) {
      rows_.at(row).floor_name = name;
      report.Add(std::move(rows_.at(row)));
    }
    report.Note("postgres: claims that came out equal to the engine's", absl::StrCat(checked_));
    for (const int clients : kClients) {
      report.Note(absl::StrCat("postgres: transactions a second, ", clients, " clients"),
                  absl::StrFormat("%.0f", Median(tps_.at(clients))));
    }
    report.Note("postgres: half load, calls a second",
                absl::StrFormat("%.0f", points_.at(kComparedLoad).offered));
    report.Note("postgres: calls of ours refused at these loads", absl::StrCat(refused_));
    return Plot();
  }

 private:
  struct Point {
    double offered = 0;
    std::vector<PlotData::LoadPoint> ours, theirs;
  };

  absl::Status StartPeer(const std::string& directory) {
    if (!std::filesystem::exists(options_.postgres + "/postgres")) {
      return absl::NotFoundError(absl::StrCat("no PostgreSQL in ", options_.postgres));
    }
    YIJIE_ASSIGN_OR_RETURN(
        peer_, PostgresPeer::Start(options_.postgres, absl::StrCat(options_.peers, "/postgres"),
                                   directory));
    YIJIE_ASSIGN_OR_RETURN(version_, peer_->Version());
    return absl::OkStatus();
  }

  // The same world into both; the peer must then decide as the engine does.
  absl::Status LoadBoth(const std::string& directory, const std::string& data) {
    storage::RocksOptions rocks;
    rocks.directory = data;
    YIJIE_ASSIGN_OR_RETURN(const auto store, storage::OpenRocksStore(std::move(rocks)));
    YIJIE_RETURN_IF_ERROR(LoadWorld(world_, *store));
    YIJIE_ASSIGN_OR_RETURN(const auto decided,
                           DecideClaims(world_, *store, options_.quick ? 100 : 1'000, 4));
    YIJIE_ASSIGN_OR_RETURN(claims_, WritePeerFiles(world_, decided, directory));
    YIJIE_RETURN_IF_ERROR(peer_->Load());
    YIJIE_ASSIGN_OR_RETURN(checked_, peer_->CheckDecisions());
    if (checked_ != static_cast<int64_t>(decided.size())) {
      return absl::InternalError("PostgreSQL did not check every claim of the sample");
    }
    return absl::OkStatus();
  }

  // Persons, plans and pages of both in memory, write-ahead log of the peer in place.
  absl::Status WarmUp() {
    YIJIE_RETURN_IF_ERROR(peer_->Run({claims_, 8, 0, Seconds() * 2}).status());
    return client_
        ->Run({kSettle, [this] { return &requests_.Next(); }, CheckSettled, 64, Length() * 2})
        .status();
  }

  int BestClients() const {
    const auto slower = [](const auto& a, const auto& b) {
      return Median(a.second) < Median(b.second);
    };
    return std::max_element(tps_.begin(), tps_.end(), slower)->first;
  }

  Latencies SyncNow() const { return TimeAppendAndSync(sync_file_, kSyncBytes, options_.syncs()); }

  void AddPair(absl::string_view name, double ours, double theirs) {
    Row& row = rows_.at(absl::StrCat("peers/postgres/", name));
    row.ours.push_back(ours);
    row.floor.push_back(theirs);
    row.disk.push_back(SyncNow());
  }

  static void Extend(std::vector<int64_t>& all, const std::vector<int64_t>& more) {
    all.insert(all.end(), more.begin(), more.end());
  }

  static PlotData::LoadPoint MedianOf(const std::vector<PlotData::LoadPoint>& points) {
    const auto middle = [&points](auto value) {
      std::vector<double> values;
      for (const auto& point : points) values.push_back(value(point));
      return Median(values);
    };
    return {middle([](const auto& p) { return p.offered; }),
            middle([](const auto& p) { return p.achieved; }),
            {middle([](const auto& p) { return p.latency.p50_us; }),
             middle([](const auto& p) { return p.latency.p99_us; })},
            middle([](const auto& p) { return p.refused; })};
  }

  absl::Status Plot() {
    for (const auto& [share, point] : points_) {
      YIJIE_RETURN_IF_ERROR(plots_.AddLoad("yijie-unary", MedianOf(point.ours)));
      YIJIE_RETURN_IF_ERROR(plots_.AddLoad("postgresql", MedianOf(point.theirs)));
    }
    std::sort(ours_latencies_.begin(), ours_latencies_.end());
    std::sort(their_latencies_.begin(), their_latencies_.end());
    YIJIE_RETURN_IF_ERROR(plots_.AddLatencies("yijie-unary-at-half-load-of-pg", ours_latencies_));
    return plots_.AddLatencies("postgresql-at-half-load", their_latencies_);
  }

  std::chrono::milliseconds Length() const { return std::chrono::seconds(Seconds()); }
  int Seconds() const { return options_.quick ? 1 : 3; }

  const Options& options_;
  const World& world_;
  const PlotData& plots_;
  RequestBytes requests_;
  ClaimRange claims_;
  std::string version_, sync_file_;
  int64_t checked_ = 0, refused_ = 0;
  std::unique_ptr<PostgresPeer> peer_;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<RpcClient> client_;
  std::map<std::string, Row> rows_;
  std::vector<std::string> order_;
  std::map<int, std::vector<double>> tps_;  // by clients
  std::map<double, Point> points_;          // by share of the peer's best
  std::vector<int64_t> ours_latencies_, their_latencies_;
};

}  // namespace

absl::Status BenchPostgres(const Options& options, const World& world, const PlotData& plots,
                           Report& report) {
  if (!options.Matches("peers/postgres")) return absl::OkStatus();
  const std::string directory = options.data + "/postgres";
  std::filesystem::create_directories(directory);
  {
    PostgresBench bench(options, world, plots);
    Progress("  start PostgreSQL, load persons into both, compare decisions");
    const absl::Status prepared = bench.Prepare(directory);
    if (absl::IsNotFound(prepared) || absl::IsUnavailable(prepared)) {
      Progress(absl::StrCat("  PostgreSQL is left out: ", prepared.message()));
      report.Note("postgres", "not run");
      return absl::OkStatus();
    }
    YIJIE_RETURN_IF_ERROR(prepared);
    for (int i = 0; i < options.repetitions; ++i) {
      Progress(absl::StrFormat("  peers/postgres, %d of %d", i + 1, options.repetitions));
      YIJIE_RETURN_IF_ERROR(bench.RepeatThroughput());
    }
    for (int i = 0; i < options.repetitions; ++i) {
      Progress(absl::StrFormat("  peers/postgres, loads, %d of %d", i + 1, options.repetitions));
      YIJIE_RETURN_IF_ERROR(bench.RepeatLoads());
    }
    YIJIE_RETURN_IF_ERROR(bench.Finish(report));
  }
  std::filesystem::remove_all(directory);
  return absl::OkStatus();
}

}  // namespace yijie::bench
