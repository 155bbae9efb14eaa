// The process: graceful end under load, the metrics page, what the logs may not hold, and starts
// that must fail.

#include <signal.h>

#include <filesystem>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/e2e_test.h"
#include "tests/e2e/history.h"
#include "tests/e2e/ledger_check.h"
#include "tests/e2e/metrics_page.h"
#include "tests/e2e/workload.h"

namespace yijie::e2e {
namespace {

namespace fs = std::filesystem;

constexpr int kPersons = 48;

// Local addresses, in hexadecimal as in /proc, on which a port listens.
std::vector<std::string> ListeningAddresses(int port) {
  std::vector<std::string> addresses;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    const std::string text = ReadWholeFile(table);
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      const std::vector<absl::string_view> cells = absl::StrSplit(line, ' ', absl::SkipEmpty());
      constexpr absl::string_view kListen = "0A";
      if (cells.size() < 4 || cells[3] != kListen) continue;
      const std::vector<std::string> local = absl::StrSplit(cells[1], ':');
      if (local[1] == absl::StrFormat("%04X", port)) addresses.push_back(local[0]);
    }
  }
  return addresses;
}

// An outcome is counted once, when it is decided: resends do not count. Answers to closed ids are
// not decided but given.
bool OutcomesCounted(const std::string& page, const std::map<std::string, int64_t>& outcomes) {
  for (const auto& [outcome, count] : outcomes) {
    const std::string name =
        absl::StrCat("yijie_outcomes_total{call=\"Settle\",outcome=\"", outcome, "\"}");
    if (outcome != "REVERSED_BEFORE_ARRIVAL" && Metric(page, name) != count) return false;
  }
  return true;
}

class DrainTest : public E2eTest {
 protected:
  void SetUp() override {
    MakeGeneratedData(data(), kPersons);
    StartServer();
  }

  std::unique_ptr<Workload> MakeWorkload(uint64_t seed, const std::string& tag) {
    WorkloadSettings settings;
    settings.port = server().port();
    settings.persons = kPersons;
    settings.seed = seed;
    settings.tag = tag;
    return std::make_unique<Workload>(settings, newest_);
  }

  // Sends what had no answer again; all must be answered now.
  void Resolve(History* history) {
    for (Sent& sent : history->sent) {
      if (sent.acknowledged) continue;
      RawReply reply = client().Call(CallName(sent.transaction), sent.request);
      EXPECT_TRUE(reply.status.ok()) << sent.msgid << " " << reply.status.error_message();
      sent.acknowledged = reply.status.ok();
      sent.not_applied = false;
      sent.reply = std::move(reply.bytes);
    }
  }

  // Everything the server wrote that is not the ledger.
  std::string Spoken() {
    std::string all = MetricsPage(server().metrics_port());
    for (const fs::path& path : {fs::path(folder().path()), fs::path(data()) / "db"}) {
      for (const auto& entry : fs::directory_iterator(path)) {
        const std::string name = entry.path().filename().string();
        if (absl::StartsWith(name, "LOG") || absl::StartsWith(name, "server")) {
          all += ReadWholeFile(entry.path().string());
        }
      }
    }
    return all;
  }

  std::vector<std::atomic<int64_t>> newest_ = std::vector<std::atomic<int64_t>>(kPersons);
};

TEST_F(DrainTest, TermUnderLoadLosesNothing) {
  const uint64_t seed = SeedOfTest(7);
  constexpr int kRounds = 4;
  History all;
  int64_t unanswered = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto workload = MakeWorkload(seed + static_cast<uint64_t>(round), absl::StrCat(round));
    workload->Start();
    while (workload->acknowledged() < 300 + 100 * round) std::this_thread::yield();
    Disconnect();
    server().Signal(SIGTERM);
    workload->Join();
    workload->Disconnect();
    EXPECT_EQ(server().Wait(), 0) << server().Log();
    EXPECT_TRUE(absl::StrContains(server().Log(), "\"event\":\"stopped\""));
    ExpectNone(workload->TakeProblems());
    History history = workload->TakeHistory();
    all.Append(std::move(history));
    LedgerFigures figures;
    ExpectNone(LedgerProblemsIn(data(), all, &figures));
    ExpectNone(OrderProblems(all));
    EXPECT_EQ(figures.acknowledged, all.acknowledged());
    unanswered += figures.unknown;
    StartServer();
    Resolve(&all);
  }
  Disconnect();
  EXPECT_EQ(server().Terminate(), 0);
  LedgerFigures figures;
  ExpectNone(LedgerProblemsIn(data(), all, &figures));
  ExpectNone(OrderProblems(all));
  EXPECT_EQ(figures.acknowledged, static_cast<int64_t>(all.sent.size()));
  std::cout << kRounds << " drains, " << figures.acknowledged << " acknowledged, " << unanswered
            << " of them only after the restart\n";
}

TEST_F(DrainTest, InterruptEndsTheServerToo) {
  ASSERT_TRUE(client().Send(CreditOf(GeneratedPerson(0), "c1", 5)).ok());
  Disconnect();
  server().Signal(SIGINT);
  EXPECT_EQ(server().Wait(), 0);
}

// Calls that come while it ends are refused, not left hanging.
TEST_F(DrainTest, CallsDuringTheDrainEnd) {
  ASSERT_TRUE(client().Connect());
  server().Signal(SIGTERM);
  RawReply reply;
  int answered = 0;
  do {
    reply = client().Call(
        "CreditAccount",
        CreditOf(GeneratedPerson(1), absl::StrCat("c", answered), 1).SerializeAsString());
    answered += reply.status.ok() ? 1 : 0;
  } while (reply.status.ok());
  // CANCELLED is what gRPC makes of a call that came after the last one was taken.
  const grpc::StatusCode code = reply.status.error_code();
  EXPECT_TRUE(code == grpc::UNAVAILABLE || code == grpc::CANCELLED)
      << code << " " << reply.status.error_message();
  Disconnect();
  EXPECT_EQ(server().Wait(), 0);
  StartServer();
  EXPECT_EQ(Account(GeneratedPerson(1)).balc_fen(), answered);
}

TEST_F(DrainTest, MetricsCountWhatClientsSaw) {
  const auto workload = MakeWorkload(SeedOfTest(11), "m");
  workload->Start();
  while (workload->acknowledged() < 1000) std::this_thread::yield();
  workload->Stop();
  workload->Join();
  ExpectNone(workload->TakeProblems());
  const History history = workload->TakeHistory();
  EXPECT_EQ(client().Send(GetAccountOf("NOBODY")).status.error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(client().Send(GetAccountOf("")).status.error_code(), grpc::INVALID_ARGUMENT);
  std::map<std::string, int64_t> calls;
  std::map<std::string, int64_t> outcomes;
  for (const Sent& sent : history.sent) {
    ++calls[CallName(sent.transaction)];
    v1::SettleResponse response;
    if (sent.transaction != v1::SETTLE || !response.ParseFromString(sent.reply)) continue;
    ++outcomes[v1::Outcome_Name(response.settlement().outcome())];
  }
  // A call is counted a moment after its client has the answer.
  std::string page;
  for (int tries = 0; tries < 1000; ++tries) {
    page = MetricsPage(server().metrics_port());
    if (Metric(page, "yijie_in_flight") == 0 && OutcomesCounted(page, outcomes)) break;
  }
  EXPECT_TRUE(absl::StrContains(page, "200 OK")) << page;
  const auto counted = [&page](const std::string& call, const std::string& status) {
    return Metric(page,
                  absl::StrCat("yijie_calls_total{call=\"", call, "\",status=\"", status, "\"}"));
  };
  // Resends are calls, too; at least one of each kind was sent.
  for (const auto& [call, count] : calls) EXPECT_GE(counted(call, "OK"), count) << call;
  EXPECT_EQ(counted("GetAccount", "OK"), static_cast<int64_t>(history.reads.size()));
  EXPECT_EQ(counted("GetAccount", "NOT_FOUND"), 1);
  EXPECT_EQ(counted("GetAccount", "INVALID_ARGUMENT"), 1);
  EXPECT_TRUE(OutcomesCounted(page, outcomes)) << page;
  EXPECT_EQ(Metric(page, "yijie_in_flight"), 0);
  EXPECT_GT(Metric(page, "yijie_group_sync_seconds_count"), 0);
  const std::vector<std::string> loopback = {"0100007F"};
  EXPECT_EQ(ListeningAddresses(server().metrics_port()), loopback);
}

// A query that meets its message in progress is a call like any other.
TEST_F(DrainTest, MetricsCountQueriesInProgress) {
  Client settler(server().port());
  ASSERT_TRUE(settler.Connect());
  int queries = 0;
  int in_progress = 0;
  for (int round = 0; round < 500 && in_progress < 3; ++round) {
    const v1::SettleRequest bill = PharmacyBill(GeneratedPerson(0), absl::StrCat("q", round), 10);
    std::thread thread([&] { EXPECT_TRUE(settler.Send(bill).ok()); });
    v1::MessageState state = v1::NEVER_SEEN;
    while (state != v1::ANSWERED) {
      state = client().Send(QueryOf(kPharmacy, v1::SETTLE, bill.header().msgid()))->state();
      ++queries;
      in_progress += state == v1::IN_PROGRESS ? 1 : 0;
    }
    thread.join();
  }
  const std::string page = MetricsPage(server().metrics_port());
  EXPECT_EQ(Metric(page, "yijie_calls_total{call=\"QueryMessage\",status=\"OK\"}"), queries)
      << in_progress << " were IN_PROGRESS";
}

TEST_F(DrainTest, LogsHoldNoPersonalData) {
  const auto workload = MakeWorkload(SeedOfTest(13), "l");
  workload->Start();
  while (workload->acknowledged() < 500) std::this_thread::yield();
  workload->Stop();
  workload->Join();
  // Errors tend to say more than they should.
  const std::string person = GeneratedPerson(0);
  v1::SettleRequest bad = PharmacyBill(person, "bad", 5);
  bad.mutable_claim()->set_mdtrt_id("金丝雀 is no visit");
  EXPECT_EQ(client().Send(bad).status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(client().Send(GetAccountOf("CANARYNOBODY")).status.error_code(), grpc::NOT_FOUND);
  EXPECT_FALSE(client().Send(CreditOf(person, "bad", -1)).ok());
  client().Call("Settle", absl::StrCat("\x01\x02", kCanaryName, person));
  const std::string page_and_logs = Spoken();
  KillAndRestart();
  const std::string after_kill = Spoken();
  Restart();
  const CommandResult load = RunYijie({"load", "persons", "--data", folder().Path("other"), [&] {
                                         const std::string file = folder().Path("persons.csv");
                                         WriteFile(file, PersonsCsv(0, 3) + "CANARY,金丝雀,bad\n");
                                         return file;
                                       }()});
  EXPECT_EQ(load.exit_code, 1);
  for (const std::string& text : {page_and_logs, after_kill, Spoken(), load.output}) {
    EXPECT_GT(text.size(), 50U);
    for (const absl::string_view canary : {"CANARY", kCanaryName, kCanaryCertificate}) {
      const size_t at = text.find(std::string(canary));
      EXPECT_EQ(at, std::string::npos) << text.substr(at < 200 ? 0 : at - 200, 400);
    }
  }
  // The canaries do sing where they may: this check sees what it looks for.
  EXPECT_TRUE(absl::StrContains(ReadWholeFile(folder().Path("persons.csv")), "CANARY"));
  EXPECT_TRUE(absl::StrContains(page_and_logs, "\"event\":\"Settle\""));
}

TEST_F(DrainTest, SecondServerOnTheFolderIsRefused) {
  ServerSettings settings;
  settings.data = data();
  settings.log = folder().Path("second.log");
  const auto second = ServerProcess::Start(settings);
  ASSERT_FALSE(second.ok());
  EXPECT_TRUE(absl::StrContains(second.status().message(), "in use by another process"))
      << second.status();
  EXPECT_TRUE(client().Send(CreditOf(GeneratedPerson(0), "c1", 5)).ok());
  const CommandResult load = RunYijie(
      {"load", "institutions", "--data", data(), TablesDirectory() + "/sample/institutions.csv"});
  EXPECT_EQ(load.exit_code, 1);
  EXPECT_TRUE(absl::StrContains(load.output, "in use by another process")) << load.output;
}

TEST_F(DrainTest, NoStoreIsMadeWhereNoneIsToBe) {
  const std::string missing = folder().Path("not-mounted");
  const CommandResult result =
      RunYijie({"serve", "--data", missing, "--no-create", "--policies", TablesDirectory()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(absl::StrContains(result.output, "NOT_FOUND: no store in")) << result.output;
}

TEST_F(DrainTest, TakenPortIsRefused) {
  ServerSettings settings;
  settings.data = folder().Path("other");
  settings.log = folder().Path("second.log");
  settings.listen = absl::StrCat("127.0.0.1:", server().port());
  const auto second = ServerProcess::Start(settings);
  ASSERT_FALSE(second.ok());
  EXPECT_TRUE(absl::StrContains(second.status().message(), "port")) << second.status();
  EXPECT_TRUE(client().Send(CreditOf(GeneratedPerson(0), "c1", 5)).ok());
}

}  // namespace
}  // namespace yijie::e2e
