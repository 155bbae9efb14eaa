// Settlements over the wire, durable, beside a conventional system on the same machine and disk:
// `yijie serve` and its client, then PostgreSQL and pgbench.

#include <algorithm>
#include <filesystem>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "bench/benches.h"
#include "bench/open_loop.h"
#include "bench/peer_claims.h"
#include "bench/postgres_peer.h"
#include "bench/rpc_client.h"
#include "bench/served.h"
#include "bench/stream_client.h"
#include "storage/rocks_store.h"

namespace yijie::bench {
namespace {

constexpr uint64_t kSeed = 18;  // of the moments at which claims are sent
constexpr int kClients[] = {1, 8, 16, 32};
constexpr int kInFlight[] = {64, 256};
constexpr int kBatch = 32, kBatchesInFlight = 1'024;
// Of the peer's best throughput.
constexpr double kLoads[] = {0.25, 0.5, 0.75};
constexpr double kComparedLoad = 0.5;
constexpr size_t kSyncBytes = 600;

class PostgresBench {
 public:
  PostgresBench(const Options& options, const World& world, const PlotData& plots)
      : options_(options), world_(world), plots_(plots) {
    const auto row = [this](absl::string_view name, const char* unit, Better better) {
      const std::string full = absl::StrCat("peers/postgres/", name);
      rows_[full] = {full, unit, better, {}, "", {}};
      order_.push_back(full);
    };
    for (const int in_flight : kInFlight) {
      row(absl::StrCat("unary ", in_flight, " settles"), "1/s", Better::kMore);
    }
    row("batches settles", "1/s", Better::kMore);
    row("unary p50, half load", "us", Better::kLess);
    row("unary p99, half load", "us", Better::kLess);
  }

  // NOT_FOUND, UNAVAILABLE: there is no such peer here.
  absl::Status Prepare(const std::string& directory) {
    YIJIE_RETURN_IF_ERROR(StartPeer(directory));
    YIJIE_RETURN_IF_ERROR(LoadPeer(directory));
    YIJIE_ASSIGN_OR_RETURN(served_, Served::Start(options_, world_, directory,
                                                  {{}, /*with_echo=*/false, /*patient=*/false}));
    unary_ = std::make_unique<RpcClient>(served_->server().port());
    stream_ = std::make_unique<StreamClient>(served_->server().port());
    return WarmUp();
  }

  // Ours and the peer, as fast as they can.
  absl::Status RepeatThroughput() {
    for (const int in_flight : kInFlight) {
      YIJIE_ASSIGN_OR_RETURN(const Window window, RunUnary(in_flight));
      AddRate(absl::StrCat("unary ", in_flight, " settles"), window.per_second);
    }
    YIJIE_ASSIGN_OR_RETURN(const Window batches, stream_->Run({&served_->requests(), kBatch,
                                                               kBatchesInFlight, Length()}));
    AddRate("batches settles", batches.per_second);
    for (const int clients : kClients) {
      YIJIE_ASSIGN_OR_RETURN(const auto result, peer_->Run({claims_, clients, 0, Seconds()}));
      tps_[clients].push_back(result.per_second);
    }
    return absl::OkStatus();
  }

  // Both at the same loads, shares of what the peer can do at its best.
  absl::Status RepeatLoads() {
    const int best = BestClients();
    for (const double share : kLoads) {
      const double per_second = Median(tps_.at(best)) * share;
      const LoadResult ours = RunOpenLoop(PlanOf(per_second));
      YIJIE_RETURN_IF_ERROR(ours.failure);
      YIJIE_ASSIGN_OR_RETURN(auto theirs, peer_->Run({claims_, best, per_second, Seconds()}));
      refused_ += ours.Refusals() + ours.left_out;
      Point& point = points_[share];
      point.offered = per_second;
      const Latencies latency = {QuantileUs(ours.admitted, 0.5), QuantileUs(ours.admitted, 0.99)};
      point.ours.push_back({static_cast<double>(ours.offered) / ours.seconds, ours.Goodput(),
                            latency, ShareRefused(ours)});
      point.theirs.push_back({per_second, theirs.per_second, theirs.latency, 0});
      if (share == kComparedLoad) {
        AddPair("unary p50, half load", latency.p50_us, theirs.latency.p50_us);
        AddPair("unary p99, half load", latency.p99_us, theirs.latency.p99_us);
        Extend(ours_latencies_, ours.admitted);
        Extend(their_latencies_, theirs.nanoseconds);
      }
    }
    return absl::OkStatus();
  }

  absl::Status Finish(Report& report) {
    YIJIE_RETURN_IF_ERROR(peer_->CheckBooks());
    const int best = BestClients();
    const std::string name = absl::StrCat("PostgreSQL ", version_, ", ", best, " clients");
    for (const std::string& row_name : order_) {
      Row& row = rows_.at(row_name);
      row.floor_name = name;
      if (row.better == Better::kMore) row.floor = tps_.at(best);
      report.Add(std::move(row));
    }
    report.Note("postgres: claims that came out equal to the engine's", absl::StrCat(decided_));
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

  // The world as it is loaded into ours; the peer must then decide as the engine does.
  absl::Status LoadPeer(const std::string& directory) {
    const std::string data = directory + "/decided";
    {
      storage::RocksOptions rocks;
      rocks.directory = data;
      YIJIE_ASSIGN_OR_RETURN(const auto store, storage::OpenRocksStore(std::move(rocks)));
      YIJIE_RETURN_IF_ERROR(LoadWorld(world_, *store));
      YIJIE_ASSIGN_OR_RETURN(const auto decided,
                             DecideClaims(world_, *store, options_.quick ? 100 : 1'000, 4));
      YIJIE_ASSIGN_OR_RETURN(claims_, WritePeerFiles(world_, decided, directory));
      decided_ = static_cast<int64_t>(decided.size());
    }
    std::filesystem::remove_all(data);
    YIJIE_RETURN_IF_ERROR(peer_->Load());
    YIJIE_ASSIGN_OR_RETURN(const int64_t checked, peer_->CheckDecisions());
    if (checked == decided_) return absl::OkStatus();
    return absl::InternalError("PostgreSQL did not settle every claim of the sample");
  }

  // Plans and pages of both in memory, write-ahead log of the peer in place.
  absl::Status WarmUp() {
    YIJIE_RETURN_IF_ERROR(peer_->Run({claims_, 8, 0, Seconds() * 2}).status());
    return RunUnary(64).status();
  }

  absl::StatusOr<Window> RunUnary(int in_flight) {
    return unary_->Run({kSettleMethod, [this] { return &served_->requests().Next(); }, CheckSettled,
                        in_flight, Length()});
  }

  LoadPlan PlanOf(double per_second) {
    LoadPlan plan;
    plan.server = absl::StrCat("127.0.0.1:", served_->server().port());
    plan.requests = &served_->requests();
    plan.per_second = per_second;
    plan.length = Length();
    plan.seed = kSeed + ++loads_;
    return plan;
  }

  static double ShareRefused(const LoadResult& result) {
    if (result.offered == 0) return 0;
    return static_cast<double>(result.Refusals() + result.left_out) /
           static_cast<double>(result.offered);
  }

  int BestClients() const {
    const auto slower = [](const auto& a, const auto& b) {
      return Median(a.second) < Median(b.second);
    };
    return std::max_element(tps_.begin(), tps_.end(), slower)->first;
  }

  Latencies SyncNow() const {
    return TimeAppendAndSync(served_->sync_file(), kSyncBytes, options_.syncs());
  }

  void AddRate(absl::string_view name, double ours) {
    Row& row = rows_.at(absl::StrCat("peers/postgres/", name));
    row.ours.push_back(ours);
    row.disk.push_back(SyncNow());
  }

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
  ClaimRange claims_;
  std::string version_;
  int64_t decided_ = 0, refused_ = 0;
  uint64_t loads_ = 0;
  std::unique_ptr<PostgresPeer> peer_;
  std::unique_ptr<Served> served_;
  std::unique_ptr<RpcClient> unary_;
  std::unique_ptr<StreamClient> stream_;
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
