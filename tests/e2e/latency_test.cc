// Budgets, timing and refusals of the real program: what is told at the deadline is true, on the
// disk that is there.

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/e2e_test.h"
#include "tests/e2e/metrics_page.h"

namespace yijie::e2e {
namespace {

constexpr char kPerson[] = "S4301000003";

class LatencyTest : public E2eTest {
 protected:
  struct Told {
    grpc::Status status;
    v1::SettleResponse response;
    std::map<std::string, std::string> trailers;
  };

  void Start(const std::vector<std::string>& arguments) {
    StartOnSampleData();
    Stop();
    StartServer(arguments);
  }
  Told Send(const v1::SettleRequest& request,
            std::chrono::milliseconds deadline = Client::kDeadline) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + deadline);
    Told told;
    told.status = client().stub().Settle(&context, request, &told.response);
    for (const auto& [name, value] : context.GetServerTrailingMetadata())
      told.trailers.emplace(std::string(name.data(), name.size()),
                            std::string(value.data(), value.size()));
    return told;
  }
  using AllTold = std::vector<std::pair<v1::SettleRequest, Told>>;

  // `each` bills of as many clients, one after the other, and what was told of them.
  AllTold SendMany(int clients, int each) {
    std::vector<AllTold> told(static_cast<size_t>(clients));
    std::vector<std::thread> threads;
    for (int t = 0; t < clients; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < each; ++i) {
          const auto bill = PharmacyBill(kPerson, absl::StrCat("t", t, "-", sent_++), 100);
          told[static_cast<size_t>(t)].emplace_back(bill, Send(bill));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    AllTold all;
    for (AllTold& of_client : told)
      std::move(of_client.begin(), of_client.end(), std::back_inserter(all));
    return all;
  }

  // Asks a server that has time what became of each: it was done, it was not applied, or it was not
  // known; nothing else was told, and each was true. Returns how many are settled.
  int64_t ExpectTruth(const AllTold& told) {
    std::map<grpc::StatusCode, int> counts;
    int64_t settled = 0;
    for (const auto& [bill, answer] : told) {
      const std::string& text = answer.status.error_message();
      const v1::MessageState state = StateOf(bill);
      settled += state == v1::ANSWERED ? 1 : 0;
      ++counts[answer.status.error_code()];
      switch (answer.status.error_code()) {
        case grpc::OK:
          EXPECT_EQ(state, v1::ANSWERED);
          break;
        case grpc::DEADLINE_EXCEEDED:
        case grpc::RESOURCE_EXHAUSTED:
          EXPECT_EQ(state, v1::NEVER_SEEN) << text;
          EXPECT_TRUE(absl::StrContains(text, "not applied")) << text;
          EXPECT_TRUE(absl::StrContains(text, "stage ")) << text;
          break;
        default:
          EXPECT_EQ(answer.status.error_code(), grpc::UNAVAILABLE) << text;
      }
    }
    for (const auto& [code, count] : counts)
      std::cout << "status " << code << ": " << count << "\n";
    return settled;
  }

  int64_t PostingsOfPerson() { return static_cast<int64_t>(Postings(kPerson).size()); }

  v1::MessageState StateOf(const v1::SettleRequest& bill) {
    v1::MessageState state = v1::IN_PROGRESS;
    while (state == v1::IN_PROGRESS) {
      const auto answer =
          client().Send(QueryOf(bill.header().fixmedins_code(), v1::SETTLE, bill.header().msgid()));
      if (answer.status.error_code() == grpc::RESOURCE_EXHAUSTED) continue;
      EXPECT_TRUE(answer.ok()) << answer.status.error_message();
      if (!answer.ok()) break;
      state = answer->state();
    }
    return state;
  }

 private:
  std::atomic<int> sent_{0};
};

std::map<std::string, int64_t> ParseTiming(const std::string& text) {
  std::map<std::string, int64_t> times;
  for (const absl::string_view part : absl::StrSplit(text, ' ')) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(part, '=');
    EXPECT_TRUE(absl::SimpleAtoi(pair.second, &times[pair.first])) << text;
  }
  return times;
}

TEST_F(LatencyTest, EveryReplySaysWhereItsTimeWent) {
  StartOnSampleData();
  for (int i = 0; i < 20; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const Told told = Send(PharmacyBill(kPerson, absl::StrCat("m", i), 100));
    const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - start;
    ASSERT_TRUE(told.status.ok()) << told.status.error_message();
    ASSERT_EQ(told.trailers.count("yijie-timing"), 1U);
    std::map<std::string, int64_t> times = ParseTiming(told.trailers.at("yijie-timing"));
    ASSERT_EQ(times.size(), 8U);
    const int64_t wall = times["wall"];
    times.erase("wall");
    int64_t sum = 0;
    for (const auto& [stage, time] : times) {
      EXPECT_GE(time, 0) << stage;
      sum += time;
    }
    EXPECT_LE(std::abs(sum - wall) * 100, wall);
    EXPECT_LE(wall, took.count());
    for (const char* stage : {"edge", "queue", "work", "sync", "reply"})
      EXPECT_GT(times[stage], 0) << stage;
  }
  const std::string page = MetricsPage(server().metrics_port());
  EXPECT_EQ(Metric(page,
                   "yijie_stage_seconds_count{channel=\"pharmacy\",stage=\"wall\",told="
                   "\"answered\"}"),
            20);
}

TEST_F(LatencyTest, ADeadlineAlreadyPast) {
  StartOnSampleData();
  const v1::SettleRequest bill = PharmacyBill(kPerson, "m1", 100);
  EXPECT_EQ(Send(bill, std::chrono::milliseconds(-5)).status.error_code(), grpc::DEADLINE_EXCEEDED);
  EXPECT_EQ(StateOf(bill), v1::NEVER_SEEN);
  Settle(bill);
}

// With a budget about as long as a write takes, all three things happen: it is done, it is not
// applied, and it is not known. Each is true.
TEST_F(LatencyTest, ATinyBudgetTellsTheTruth) {
  Start({"--budget", "pharmacy=1ms"});
  const int64_t before = PostingsOfPerson();
  const AllTold told = SendMany(8, 60);
  Restart();  // with time enough, so that the truth can be asked for
  const int64_t settled = ExpectTruth(told);
  EXPECT_EQ(PostingsOfPerson() - before, settled) << "each message has one posting or none";
  EndAndAudit();
}

TEST_F(LatencyTest, ARefusalSaysWhenToComeAgain) {
  Start({"--max-in-flight", "1"});
  constexpr int kThreads = 16;
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const Told told = Send(PharmacyBill(kPerson, absl::StrCat("t", t, "-", i), 100));
        if (told.status.ok()) continue;
        ++refused;
        EXPECT_EQ(told.status.error_code(), grpc::RESOURCE_EXHAUSTED)
            << told.status.error_message();
        int64_t ms = 0;
        const auto trailer = told.trailers.find("grpc-retry-pushback-ms");
        ASSERT_NE(trailer, told.trailers.end()) << told.status.error_message();
        EXPECT_TRUE(absl::SimpleAtoi(trailer->second, &ms));
        EXPECT_GT(ms, 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(refused.load(), 0);
  EndAndAudit();
}

TEST_F(LatencyTest, SlowClaimsAreLogged) {
  Start({"--budget", "pharmacy=20s", "--slow-claims", "0"});
  Settle(PharmacyBill(kPerson, "m1", 100));
  EXPECT_FALSE(absl::StrContains(server().Log(), "slow_claim"));
  Stop();
  // Of 10 ms, 1 % is less than any write takes.
  StartServer({"--budget", "pharmacy=10ms", "--slow-claims", "1"});
  while (!Send(PharmacyBill(kPerson, "m2", 100)).status.ok()) {
  }
  EXPECT_TRUE(absl::StrContains(server().Log(), "\"event\":\"slow_claim\""));
  EXPECT_TRUE(absl::StrContains(server().Log(), "\"channel\":\"pharmacy\""));
  EXPECT_FALSE(absl::StrContains(server().Log(), kPerson)) << "no personal data";
}

TEST_F(LatencyTest, AWrongBudgetEndsTheStart) {
  for (const char* text : {"chemist=1s", "pharmacy=fast", "pharmacy=0ms"}) {
    const CommandResult result = RunYijie(
        {"serve", "--data", folder().Path("x"), "--policies", TablesDirectory(), "--budget", text});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_TRUE(absl::StrContains(result.output, absl::StrCat("--budget: \"", text, "\"")))
        << result.output;
  }
}

// A server whose disk is as slow as asked, or hangs.
class SlowDiskTest : public LatencyTest {
 protected:
  void StartOnSlowDisk(std::chrono::milliseconds sync) {
    StartOnSampleData();
    Stop();
    setenv("YIJIE_SYNC_DELAY_US", absl::StrCat(sync.count() * 1000).c_str(), 1);
    setenv("YIJIE_SYNC_HOLD", hold().c_str(), 1);
    setenv("LD_PRELOAD", YIJIE_SLOW_SYNC, 1);
    StartServer({"--budget", kBudget});
    unsetenv("LD_PRELOAD");
  }
  void Hang() { std::ofstream(hold()) << "."; }
  void HangNoMore() { std::filesystem::remove(hold()); }

  static constexpr char kBudget[] = "pharmacy=100ms";

 private:
  std::string hold() const { return folder().Path("hold"); }
};

class SlowSyncTest : public SlowDiskTest, public ::testing::WithParamInterface<int> {};

// Far below the budget, half of it, and five times as much.
TEST_P(SlowSyncTest, WhatIsToldIsTrue) {
  StartOnSlowDisk(std::chrono::milliseconds(GetParam()));
  const int64_t before = PostingsOfPerson();
  const AllTold told = SendMany(16, 20);
  const bool any_done = std::any_of(told.begin(), told.end(),
                                    [](const auto& each) { return each.second.status.ok(); });
  if (GetParam() >= 500) {
    EXPECT_FALSE(any_done) << "no write ends within the budget";
  }
  Restart();
  const int64_t settled = ExpectTruth(told);
  EXPECT_EQ(PostingsOfPerson() - before, settled);
  EXPECT_GT(settled, 0);
  EndAndAudit();
}

INSTANTIATE_TEST_SUITE_P(Milliseconds, SlowSyncTest, ::testing::Values(5, 50, 500));

TEST_F(SlowDiskTest, AHangEndsNoCallLateAndGoesByWithoutATrace) {
  StartOnSlowDisk(std::chrono::milliseconds(0));
  Settle(PharmacyBill(kPerson, "before", 100));
  const int64_t before = PostingsOfPerson();
  Hang();
  const AllTold told = SendMany(16, 10);
  for (const auto& [bill, answer] : told)
    EXPECT_FALSE(answer.status.ok()) << "nothing is durable while the disk hangs";
  EXPECT_TRUE(client().Send(GetAccountOf("S4301000001")).ok()) << "reads go on";
  HangNoMore();
  // Once the disk is back, so is the server: the same process, soon enough for the budget.
  while (!Send(PharmacyBill(kPerson, "after", 100)).status.ok()) {
  }
  const int64_t settled = ExpectTruth(told);
  EXPECT_EQ(PostingsOfPerson() - before, settled + 1);
  EndAndAudit();
}

}  // namespace
}  // namespace yijie::e2e
