// Files of the agency: bad rows credit nobody, and a file that was cut off is finished by running
// it again.

#include "engine/account/bulk_file.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/account/account_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using Balances = AccountWorld::Balances;
using CreditRequest = v1::CreditByPolicyRequest;
using CloseRequest = v1::CloseAccountYearRequest;

constexpr absl::string_view kHeader = "batch_no,agency,psn_no,period,contribution_base\n";

InputFile File(absl::string_view rows) {
  return MakeInputFile("credits.csv", absl::StrCat(kHeader, rows));
}

// The engine of a world, which may stop answering after some credits.
class Desk {
 public:
  explicit Desk(AccountWorld& world) : world_(world) {}

  absl::StatusOr<BulkResult> Credit(const InputFile& file, int credits = 1'000) {
    int left = credits;
    return CreditAll(
        file, [this](const CreditRequest& request) { return Ask(Call::kCheckCredit, request); },
        [this, &left](const CreditRequest& request) -> absl::StatusOr<v1::AccountResponse> {
          if (left-- == 0) return absl::UnavailableError("gone");
          return Ask(Call::kCreditByPolicy, request);
        },
        [](int64_t done, int64_t total) { EXPECT_LE(done, total); });
  }
  absl::StatusOr<BulkResult> Close(const InputFile& file) {
    return CloseAll(
        file, [this](const CloseRequest& request) { return Ask(Call::kCloseAccountYear, request); },
        [](int64_t /*done*/, int64_t /*total*/) {});
  }

 private:
  template <typename Request>
  absl::StatusOr<v1::AccountResponse> Ask(Call call, const Request& request) {
    const Reply reply = world_.Send(call, request);
    if (!reply.status.ok()) return reply.status;
    return Parsed<v1::AccountResponse>(reply);
  }

  AccountWorld& world_;
};

TEST(BulkCredit, CreditsEachRowOnceHoweverOftenItRuns) {
  AccountWorld world;
  Desk desk(world);
  const InputFile file = File(
      "B1,JB1,P1,2024-11,5000\n"
      "B1,JB1,P2,2024-11,6000.50\n"
      "B1,JB1,P1,2024-12,5000\n");
  EXPECT_EQ(desk.Credit(file, 1).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(world.Now(), (Balances{10'000, 0}));
  EXPECT_EQ(world.Now(kHeir), (Balances{0, 0}));
  const auto rest = desk.Credit(file);
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(rest->done, 2);
  EXPECT_EQ(rest->done_before, 1);
  EXPECT_EQ(rest->amount, Fen(22'001));
  const auto again = desk.Credit(file);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->done, 0);
  EXPECT_EQ(again->done_before, 3);
  EXPECT_EQ(world.Now(), (Balances{20'000, 0}));
  EXPECT_EQ(world.Now(kHeir), (Balances{12'001, 0}));
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(BulkCredit, ABadRowCreditsNobodyAndIsListed) {
  AccountWorld world;
  Desk desk(world);
  world.Act(Call::kCreditByPolicy, AccountWorld::CreditFor("2024-12", 100'000));
  const Balances before = world.Now();
  struct Bad {
    const char* rows;
    const char* finding;
  };
  const Bad files[] = {
      {"B1,JB1,P1,2024-13,5000\n", ":3: period: is neither"},
      {"B1,JB1,P1,2024-11,5000.555\n", ":3: contribution_base:"},
      {"B1,JB1,P1,2024-11,-1\n", ":3: contribution_base:"},
      {",JB1,P1,2024-11,5000\n", ":3: batch_no:"},
      {"B1,JB-1,P1,2024-11,5000\n", ":3: agency:"},
      {"B1,JB1,,2024-11,5000\n", ":3: psn_no:"},
      {"B1,JB1,P2,2024-11,7000\n", ":3: psn_no: is already in line 2"},
      {"B1,JB1,P9,2024-11,5000\n", ":3: row: psn_no: no such person"},
      {"B1,JB1,P1,2024-12,5000\n", ":3: row: 该期间"},
      {"B1,JB1,P1,2025-02,5000\n", ":3: row: 该期间尚未开始"},
      {"B1,JB1,P1,2024,\n", ":3: row: 该人员的个人账户按月计入"},
      {"B1,JB1,P1,2024-10,\n", ":3: row: 申报数据"},
  };
  for (const Bad& bad : files) {
    const auto result = desk.Credit(File(absl::StrCat("B1,JB1,P2,2024-11,6000\n", bad.rows)));
    EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument) << bad.rows;
    EXPECT_TRUE(absl::StrContains(result.status().message(), bad.finding))
        << result.status().message();
    EXPECT_EQ(world.Now(kHeir), (Balances{0, 0})) << bad.rows;
    EXPECT_EQ(world.Now(), before) << bad.rows;
  }
}

TEST(BulkCredit, AnUndonePeriodNeedsAnotherBatch) {
  AccountWorld world;
  Desk desk(world);
  ASSERT_TRUE(desk.Credit(File("B1,JB1,P1,2024-12,5000\n")).ok());
  world.Act(Call::kUndoAccountPosting, AccountWorld::Undo(world.Version()));
  EXPECT_EQ(desk.Credit(File("B1,JB1,P1,2024-12,5000\n"))->done_before, 1);
  EXPECT_EQ(world.Now(), (Balances{0, 0}));
  EXPECT_EQ(desk.Credit(File("B2,JB1,P1,2024-12,5000\n"))->done, 1);
  EXPECT_EQ(world.Now(), (Balances{10'000, 0}));
}

TEST(BulkClose, ClosesWhatIsOpenAndListsWhatCannotBe) {
  AccountWorld world;
  Desk desk(world);
  world.Put(360'000);
  world.GoTo("2025-07-02");
  const auto file = [](absl::string_view rows) {
    return MakeInputFile("years.csv", absl::StrCat("batch_no,agency,psn_no,year\n", rows));
  };
  const auto refused = desk.Close(file("B1,JB1,P1,2025\nB1,JB1,P2,2024\n"));
  EXPECT_TRUE(absl::StrContains(refused.status().message(), ":2: row: 该账户年度尚未结束"));
  EXPECT_TRUE(absl::StrContains(refused.status().message(), "其余各行已办理"));
  const auto closed = desk.Close(file("B1,JB1,P1,2024\nB1,JB1,P2,2024\n"));
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_EQ(closed->done + closed->done_before, 2);
  EXPECT_EQ(closed->amount, Fen(602));
  const auto again = desk.Close(file("B1,JB1,P1,2024\nB1,JB1,P2,2024\n"));
  EXPECT_EQ(again->amount, closed->amount) << "told as it was answered";
  EXPECT_EQ(desk.Close(file("B2,JB1,P1,2024\n"))->done_before, 1);
  EXPECT_TRUE(
      absl::StrContains(desk.Close(file("B1,JB1,P1,20x4\n")).status().message(), ":2: year:"));
  EXPECT_EQ(world.Now(), (Balances{0, 360'602}));
  EXPECT_TRUE(world.LedgerIsClean());
}

}  // namespace
}  // namespace yijie::engine
