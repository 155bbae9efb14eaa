// `yijie serve` under offered load: latency below its peak, ten times its peak, and one institution
// that sends far more than all others.

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "bench/apart.h"
#include "bench/benches.h"
#include "bench/load_client.h"
#include "bench/open_loop.h"
#include "bench/served.h"

namespace yijie::bench {
namespace {

constexpr uint64_t kSeed = 15;
constexpr int kPeakInFlight = 256;
// Of peak, offered.
constexpr double kShares[] = {0.3, 0.6, 0.8};
constexpr double kOverload = 10;
constexpr double kOthersShare = 0.1, kNoise = 10;
// The clients of the overload, and of the peak beside it. What is due while so many calls are open,
// or could not be sent in time for want of processor time, is left out and counted: one core may
// not send ten times what another settles.
constexpr int kOverloadProcesses = 4, kOverloadConnections = 16;
constexpr int64_t kOverloadOpen = 4096;
constexpr std::chrono::milliseconds kOverloadLate{5};
// Whoever sends too much does so elsewhere, and would not take the processor from other clients.
constexpr int kNoiseNice = 5;
// Message ids of two clients lie so far apart.
constexpr uint64_t kSerialsOfClient = 10'000'000'000;

std::string AddressOf(const ServerProcess& server) {
  return absl::StrCat("127.0.0.1:", server.port());
}

// What the server settles in a second when it is kept busy.
absl::StatusOr<double> Peak(const Options& options, Served& served) {
  RpcClient client(served.server().port());
  double peak = 0;
  for (int i = 0; i < 2; ++i) {
    YIJIE_ASSIGN_OR_RETURN(
        const Window window,
        client.Run({kSettleMethod, [&served] { return &served.requests().Next(); }, CheckSettled,
                    kPeakInFlight, options.window()}));
    peak = std::max(peak, window.per_second);
  }
  return peak;
}

LoadPlan PlanOf(const Options& options, const ServerProcess& server, RequestBytes& requests,
                double per_second, int repetition) {
  LoadPlan plan;
  plan.server = AddressOf(server);
  plan.requests = &requests;
  plan.per_second = per_second;
  plan.length = options.window() * 2;
  plan.seed = kSeed + static_cast<uint64_t>(repetition);
  return plan;
}

PlotData::LoadPoint PointOf(const LoadResult& result) {
  const auto offered = static_cast<double>(result.offered);
  const Latencies latency = {QuantileUs(result.admitted, 0.5), QuantileUs(result.admitted, 0.99)};
  return {offered / result.seconds, result.Goodput(), latency,
          static_cast<double>(result.Refusals() + result.left_out) / offered};
}

// --- Below the peak

struct Share {
  double share = 0;
  std::string name;
  Row p50, p99, p999;
};

Share MakeShare(double share) {
  Share row;
  row.share = share;
  row.name = absl::StrFormat("open/%.0f%%", share * 100);
  const std::string echo = "gRPC echo at the same rate";
  row.p50 = {row.name + " p50", "us", Better::kLess, {}, echo, {}};
  row.p99 = {row.name + " p99", "us", Better::kLess, {}, echo, {}};
  row.p999 = {row.name + " p99.9", "us", Better::kLess, {}, echo, {}};
  return row;
}

absl::Status MeasureShare(const Options& options, Served& served, const PlotData& plots,
                          double peak, int repetition, Share& row) {
  const auto run = [&](const ServerProcess& server) {
    return RunOpenLoop(PlanOf(options, server, served.requests(), peak * row.share, repetition));
  };
  const LoadResult ours = run(served.server());
  YIJIE_RETURN_IF_ERROR(ours.failure);
  const LoadResult echo = run(served.echo());
  Append(row.p50, QuantileUs(ours.admitted, 0.5), QuantileUs(echo.admitted, 0.5));
  Append(row.p99, QuantileUs(ours.admitted, 0.99), QuantileUs(echo.admitted, 0.99));
  Append(row.p999, QuantileUs(ours.admitted, 0.999), QuantileUs(echo.admitted, 0.999));
  row.p99.disk.push_back(
      TimeAppendAndSync(served.sync_file(), served.commit_bytes(), options.syncs()));
  YIJIE_RETURN_IF_ERROR(plots.AddLoad("yijie", PointOf(ours)));
  YIJIE_RETURN_IF_ERROR(plots.AddLoad("echo", PointOf(echo)));
  if (repetition > 0) return absl::OkStatus();
  YIJIE_RETURN_IF_ERROR(plots.AddLatencies(absl::StrCat("yijie-", row.name), ours.admitted));
  return plots.AddLatencies(absl::StrCat("echo-", row.name), echo.admitted);
}

// --- Clients in processes of their own

// Where they find what they need.
struct Clients {
  std::string requests, noisy_requests, other_requests;  // files
  std::string log;
  uint64_t next_serial = 1'000'000'000'000;
};

LoadClient ClientOf(const LoadPlan& plan, const std::string& requests_file, Clients& clients) {
  LoadClient client;
  client.plan = plan;
  client.requests_file = requests_file;
  client.first_serial = std::exchange(clients.next_serial, clients.next_serial + kSerialsOfClient);
  return client;
}

// --- Ten times the peak

// What is asked of it, where that is a time.
constexpr double kBudgetUs = 800'000, kRefusalUs = 5'000, kNormalMs = 2'000;

struct Overload {
  Row goodput{"overload/10x goodput", "1/s", Better::kMore, {}, "own peak", {}};
  Row offered{"overload/10x offered", "1/s", Better::kMore, {}, "own peak", {}};
  Row sent{"overload/10x sent", "1/s", Better::kMore, {}, "gRPC echo, same load", {}};
  Row admitted{"overload/10x admitted p99",    "us", Better::kLess, {},
               "budget of an in-patient bill", {}};
  Row refused{"overload/10x refusals p99", "us", Better::kLess, {}, "any call of the echo", {}};
  Row refused_asked{"overload/10x refusals p99, asked", "us", Better::kLess, {}, "5 ms", {}};
  Row refused_p50{"overload/10x refusals p50", "us", Better::kLess, {}, "", {}};
  Row refused_due{"overload/10x refusals p99 from due", "us", Better::kLess, {}, "", {}};
  Row memory{"overload/10x memory after", "MB", Better::kLess, {}, "before", {}};
  Row normal{"overload/10x normal after", "ms", Better::kLess, {}, "2 s", {}};
  int64_t offered_calls = 0, left_out = 0, refused_calls = 0;
  double first_before = 0, first_after = 0;  // resident, of an overload that is not measured
};

// When the last claim was due that was answered later than `limit_ns`; 0 if none was.
double LastSlowMs(const LoadResult& result, double limit_ns) {
  int64_t last = 0;
  for (const LoadResult::Served& served : result.timeline) {
    if (static_cast<double>(served.answered - served.due) > limit_ns)
      last = std::max(last, served.due);
  }
  return static_cast<double>(last) / 1e6;
}

double SentPerSecond(const LoadResult& result) {
  return static_cast<double>(result.offered - result.left_out) / result.seconds;
}

absl::StatusOr<LoadResult> RunManyClients(const Options& options, Served& served,
                                          const ServerProcess& server, Clients& clients,
                                          double per_second, int64_t most_open, int repetition) {
  LoadPlan plan = PlanOf(options, server, served.requests(), per_second, repetition);
  plan.connections = kOverloadConnections;
  plan.most_open = most_open;
  plan.most_late = kOverloadLate;
  const LoadClient client = ClientOf(plan, clients.requests, clients);
  YIJIE_ASSIGN_OR_RETURN(const auto results,
                         RunLoadClients(SplitLoad(client, kOverloadProcesses), clients.log));
  return Together(results);
}

// What the server settles in a second for those clients, kept busy but not overloaded: more is
// offered than `peak`, of which they leave out what would be too many at once.
absl::StatusOr<double> PeakOfManyClients(const Options& options, Served& served, Clients& clients,
                                         double peak, int repetition) {
  double best = 0;
  for (int i = 0; i < 2; ++i) {
    YIJIE_ASSIGN_OR_RETURN(const LoadResult result,
                           RunManyClients(options, served, served.server(), clients, 2 * peak,
                                          kPeakInFlight, repetition));
    best = std::max(best, result.Goodput());
  }
  return best;
}

// A load that is normal: latencies over twice the worst percentile of it are not.
absl::Status MeasureOverload(const Options& options, Served& served, Clients& clients, double peak,
                             int repetition, Overload& row) {
  const auto run = [&](const ServerProcess& server, double share) {
    return RunManyClients(options, served, server, clients, peak * share, kOverloadOpen,
                          repetition);
  };
  if (repetition == 0) {
    // Rooms for requests, buffers and memtables fill up once; what is asked is whether it goes on.
    row.first_before = served.server().ResidentMegabytes();
    YIJIE_RETURN_IF_ERROR(run(served.server(), kOverload).status());
    row.first_after = served.server().ResidentMegabytes();
  }
  YIJIE_ASSIGN_OR_RETURN(const LoadResult before, run(served.server(), kShares[0]));
  const double memory_before = served.server().ResidentMegabytes();
  YIJIE_ASSIGN_OR_RETURN(const LoadResult over, run(served.server(), kOverload));
  const double memory_after = served.server().ResidentMegabytes();
  YIJIE_ASSIGN_OR_RETURN(const LoadResult after, run(served.server(), kShares[0]));
  YIJIE_ASSIGN_OR_RETURN(const LoadResult echo, run(served.echo(), kOverload));
  Append(row.goodput, over.Goodput(), peak);
  Append(row.offered, static_cast<double>(over.offered) / over.seconds, peak);
  Append(row.sent, SentPerSecond(over), SentPerSecond(echo));
  const double refused_p99 = QuantileUs(over.refused_from_send, 0.99);
  Append(row.admitted, QuantileUs(over.admitted, 0.99), kBudgetUs);
  Append(row.refused, refused_p99, QuantileUs(echo.admitted, 0.99));
  Append(row.refused_asked, refused_p99, kRefusalUs);
  row.refused_p50.ours.push_back(QuantileUs(over.refused_from_send, 0.5));
  row.refused_due.ours.push_back(QuantileUs(over.AllRefused(), 0.99));
  Append(row.memory, memory_after, memory_before);
  Append(row.normal, LastSlowMs(after, 2000 * QuantileUs(before.admitted, 0.99)), kNormalMs);
  row.offered_calls += over.offered;
  row.left_out += over.left_out;
  row.refused_calls += over.Refusals();
  return absl::OkStatus();
}

// --- One institution that sends far more than the others

// Persons and institutions of two clients that have none in common.
struct Neighbours {
  World noisy, others;
};

World WithPersons(const World& world, size_t begin_percent, size_t end_percent) {
  World part;
  part.reference = world.reference;
  const auto take = [&](const std::vector<v1::PersonFacts>& all) {
    return std::vector<v1::PersonFacts>(
        all.begin() + static_cast<std::ptrdiff_t>(all.size() * begin_percent / 100),
        all.begin() + static_cast<std::ptrdiff_t>(all.size() * end_percent / 100));
  };
  part.residents = take(world.residents);
  part.employees = take(world.employees);
  part.resident_hospitals = world.resident_hospitals;
  part.employee_hospitals = world.employee_hospitals;
  return part;
}

Neighbours MakeNeighbours(const World& world) {
  Neighbours neighbours = {WithPersons(world, 0, 50), WithPersons(world, 50, 100)};
  neighbours.noisy.residents.clear();
  neighbours.noisy.employee_hospitals = {world.employee_hospitals[0]};
  neighbours.others.employee_hospitals.erase(neighbours.others.employee_hospitals.begin());
  return neighbours;
}

Clients WriteRequests(const World& world, Served& served, const std::string& directory) {
  Clients clients;
  clients.requests = directory + "/requests";
  clients.noisy_requests = directory + "/noisy-requests";
  clients.other_requests = directory + "/other-requests";
  clients.log = directory + "/clients.log";
  const Neighbours neighbours = MakeNeighbours(world);
  served.requests().Write(clients.requests);
  RequestBytes(neighbours.noisy, kSeed).Write(clients.noisy_requests);
  RequestBytes(neighbours.others, kSeed).Write(clients.other_requests);
  return clients;
}

struct Noisy {
  Row p99{"noisy/10x others p99", "us", Better::kLess, {}, "the same without it", {}};
  Row p50{"noisy/10x others p50", "us", Better::kLess, {}, "the same without it", {}};
  Row noise{"noisy/10x noisy p99", "us", Better::kLess, {}, "", {}};
  Row sent{"noisy/10x noisy sent", "1/s", Better::kMore, {}, "own peak", {}};
  Row refused{"noisy/10x others refused", "1/s", Better::kLess, {}, "", {}};
  Row echo_p99{"noisy/10x echo others p99", "us", Better::kLess, {}, "the same without it", {}};
  Row echo_p50{"noisy/10x echo others p50", "us", Better::kLess, {}, "the same without it", {}};
};

struct BesideNoise {
  LoadResult alone, beside, noise;
};

absl::StatusOr<BesideNoise> RunBesideNoise(const Options& options, const ServerProcess& server,
                                           Served& served, Clients& clients, double peak,
                                           int repetition) {
  const double per_second = peak * kOthersShare;
  const LoadPlan plan = PlanOf(options, server, served.requests(), per_second, repetition);
  const LoadPlan noise_plan =
      PlanOf(options, server, served.requests(), per_second * kNoise, repetition);
  const auto others = [&] { return ClientOf(plan, clients.other_requests, clients); };
  YIJIE_ASSIGN_OR_RETURN(auto alone, RunLoadClients({others()}, clients.log));
  LoadClient noise = ClientOf(noise_plan, clients.noisy_requests, clients);
  noise.nice = kNoiseNice;
  YIJIE_ASSIGN_OR_RETURN(auto both, RunLoadClients({others(), noise}, clients.log));
  return BesideNoise{std::move(alone[0]), std::move(both[0]), std::move(both[1])};
}

absl::Status MeasureNoisy(const Options& options, Served& served, Clients& clients, double peak,
                          int repetition, Noisy& row) {
  YIJIE_ASSIGN_OR_RETURN(const BesideNoise ours, RunBesideNoise(options, served.server(), served,
                                                                clients, peak, repetition));
  YIJIE_ASSIGN_OR_RETURN(const BesideNoise echo,
                         RunBesideNoise(options, served.echo(), served, clients, peak, repetition));
  Append(row.p50, QuantileUs(ours.beside.admitted, 0.5), QuantileUs(ours.alone.admitted, 0.5));
  Append(row.p99, QuantileUs(ours.beside.admitted, 0.99), QuantileUs(ours.alone.admitted, 0.99));
  Append(row.echo_p50, QuantileUs(echo.beside.admitted, 0.5), QuantileUs(echo.alone.admitted, 0.5));
  Append(row.echo_p99, QuantileUs(echo.beside.admitted, 0.99),
         QuantileUs(echo.alone.admitted, 0.99));
  row.noise.ours.push_back(QuantileUs(ours.noise.admitted, 0.99));
  Append(row.sent, SentPerSecond(ours.noise), peak);
  row.refused.ours.push_back(static_cast<double>(ours.beside.Refusals()) / ours.beside.seconds);
  return absl::OkStatus();
}

}  // namespace

absl::Status BenchLoad(const Options& options, const World& world, const PlotData& plots,
                       Report& report) {
  std::vector<Share> shares;
  for (const double share : kShares) {
    Share row = MakeShare(share);
    if (options.Matches(row.name)) shares.push_back(std::move(row));
  }
  const bool with_overload = options.Matches("overload/10x");
  const bool with_noisy = options.Matches("noisy/10x");
  if (shares.empty() && !with_overload && !with_noisy) return absl::OkStatus();
  Overload overload;
  Noisy noisy;
  const std::string directory = options.data + "/load";
  std::filesystem::create_directories(directory);
  {
    const LogToFile log(directory + "/load.log");
    Progress("  load persons, start the servers");
    YIJIE_ASSIGN_OR_RETURN(const auto served, Served::Start(options, world, directory, {}));
    Clients clients = WriteRequests(world, *served, directory);
    for (int i = 0; i < options.repetitions; ++i) {
      Progress(absl::StrFormat("  load, %d of %d", i + 1, options.repetitions));
      YIJIE_ASSIGN_OR_RETURN(const double peak, Peak(options, *served));
      for (Share& row : shares)
        YIJIE_RETURN_IF_ERROR(MeasureShare(options, *served, plots, peak, i, row));
      if (!with_overload && !with_noisy) continue;
      const Apart apart({&served->server(), &served->echo()});
      YIJIE_ASSIGN_OR_RETURN(const double peak_apart,
                             PeakOfManyClients(options, *served, clients, peak, i));
      if (with_noisy)
        YIJIE_RETURN_IF_ERROR(MeasureNoisy(options, *served, clients, peak_apart, i, noisy));
      if (with_overload)
        YIJIE_RETURN_IF_ERROR(MeasureOverload(options, *served, clients, peak_apart, i, overload));
    }
  }
  std::filesystem::remove_all(directory);
  for (Share& row : shares) {
    for (Row* each : {&row.p50, &row.p99, &row.p999}) report.Add(std::move(*each));
  }
  if (with_overload) {
    report.Note("overload: calls offered", absl::StrCat(overload.offered_calls));
    report.Note("overload: of them not sent, the clients had too many open or no time",
                absl::StrCat(overload.left_out));
    report.Note("overload: refused", absl::StrCat(overload.refused_calls));
    report.Note("overload: MB before and after one that is not measured",
                absl::StrFormat("%.0f, %.0f", overload.first_before, overload.first_after));
    for (Row* row : {&overload.offered, &overload.sent, &overload.goodput, &overload.admitted,
                     &overload.refused_p50, &overload.refused, &overload.refused_asked,
                     &overload.refused_due, &overload.memory, &overload.normal}) {
      report.Add(std::move(*row));
    }
  }
  if (with_noisy) {
    for (Row* row : {&noisy.p50, &noisy.p99, &noisy.echo_p50, &noisy.echo_p99, &noisy.noise,
                     &noisy.sent, &noisy.refused})
      report.Add(std::move(*row));
  }
  return absl::OkStatus();
}

}  // namespace yijie::bench
