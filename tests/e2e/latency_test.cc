// Budgets, timing and refusals of the real program: what is told at the deadline is true, on the
// disk that is there.

#include <atomic>
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
  constexpr int kThreads = 8;
  constexpr int kEach = 60;
  const auto before = static_cast<int64_t>(Postings(kPerson).size());
  std::vector<std::vector<std::pair<v1::SettleRequest, Told>>> told(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const v1::SettleRequest bill = PharmacyBill(kPerson, absl::StrCat("t", t, "-", i), 100);
        told[static_cast<size_t>(t)].emplace_back(bill, Send(bill));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::map<grpc::StatusCode, int> counts;
  int64_t settled = 0;
  // With time enough, so that the truth can be asked for.
  Stop();
  StartServer();
  for (const auto& of_thread : told) {
    for (const auto& [bill, answer] : of_thread) {
      ++counts[answer.status.error_code()];
      const v1::MessageState state = StateOf(bill);
      settled += state == v1::ANSWERED ? 1 : 0;
      switch (answer.status.error_code()) {
        case grpc::OK:
          EXPECT_EQ(state, v1::ANSWERED);
          break;
        case grpc::DEADLINE_EXCEEDED:
        case grpc::RESOURCE_EXHAUSTED:
          EXPECT_EQ(state, v1::NEVER_SEEN) << answer.status.error_message();
          EXPECT_TRUE(absl::StrContains(answer.status.error_message(), "not applied"));
          EXPECT_TRUE(absl::StrContains(answer.status.error_message(), "stage "));
          break;
        default:
          EXPECT_EQ(answer.status.error_code(), grpc::UNAVAILABLE) << answer.status.error_message();
      }
    }
  }
  for (const auto& [code, count] : counts) std::cout << "status " << code << ": " << count << "\n";
  EXPECT_EQ(static_cast<int64_t>(Postings(kPerson).size()) - before, settled)
      << "each message has one posting or none";
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

}  // namespace
}  // namespace yijie::e2e
