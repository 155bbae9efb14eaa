// The engine dies at every step of a payment over two persons and of its undo.

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/family/family_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using Subs = std::array<int64_t, 2>;

// A gives 800 of 500 and 600, C the rest of it all; more is needed than both have.
void MakeFamily(FamilyWorld& world, int64_t of_a = 500) {
  world.Credit("A", of_a, 300);
  world.Credit("C", 1'000, 1'000);
  world.Bind("A", "B", 1);
  world.Bind("C", "B", 2);
}

constexpr int kMostCommits = 12;

// Crashes at commit `n` of a Settle; false if it has fewer.
bool CrashInSettle(FamilyWorld& world, int n, bool applied) {
  world.CrashAt(n, applied);
  world.Send(Call::kSettle, FamilyBill("s1", "B", 3'000));
  world.engine().AwaitIdle();
  return world.crashed();
}

TEST(FamilyCrash, AfterACrashInASettleItsRetryComesToTheSame) {
  int crashes = 0;
  for (const bool applied : {false, true}) {
    for (int n = 1; n <= kMostCommits; ++n) {
      FamilyWorld world({});
      MakeFamily(world);
      if (!CrashInSettle(world, n, applied)) break;
      ++crashes;
      world.Restart();
      EXPECT_EQ(world.FamilyOf("A").hold_size() + world.FamilyOf("C").hold_size(), 0) << n;
      const v1::Settlement settled = world.Settle(FamilyBill("s1", "B", 3'000));
      EXPECT_EQ(settled.amounts().acct_mulaid_pay_fen(), 1'500) << n;
      world.Quiesce();
      EXPECT_EQ(world.SubBalances("A"), (Subs{0, 0})) << n;
      EXPECT_EQ(world.SubBalances("C"), (Subs{300, 1'000})) << n;
      EXPECT_EQ(world.Problem(), "") << n;
    }
  }
  EXPECT_EQ(crashes, 2 * 5);  // two holds, the settlement, two closes
}

// What is open is tried again every few seconds; a disk that hangs for hours sees a few of the
// steps.
TEST(FamilyCrash, StepsDoNotPileUpWhileTheDiskHangs) {
  FamilyWorld world({});
  MakeFamily(world);
  ASSERT_TRUE(CrashInSettle(world, 2, /*applied=*/true));
  storage::FaultStore store(world.durable(), {});
  Metrics metrics;
  const EngineOptions options;
  Engine engine(options, store, metrics, TestReference());
  store.Hold();
  for (int64_t i = 0; i < 2 * options.max_in_flight; ++i)
    ASSERT_TRUE(engine.Resolve(TestNow()).ok());
  EXPECT_GT(engine.in_flight(), 0);
  EXPECT_LE(engine.in_flight(), options.max_in_flight / 2);
  store.Release();
  engine.Drain();
}

TEST(FamilyCrash, AfterACrashInASettleItsUndoLeavesNothing) {
  for (const bool applied : {false, true}) {
    for (int n = 1; n <= kMostCommits; ++n) {
      FamilyWorld world({});
      MakeFamily(world);
      if (!CrashInSettle(world, n, applied)) break;
      world.Restart();
      ASSERT_TRUE(world.Send(Call::kReverseByMessage, UndoOf("u1", "B", "s1")).status.ok());
      world.Quiesce();
      EXPECT_EQ(world.SubBalances("A"), (Subs{500, 300})) << n;
      EXPECT_EQ(world.SubBalances("C"), (Subs{1'000, 1'000})) << n;
      EXPECT_EQ(world.FamilyOf("A").total_size() + world.FamilyOf("C").total_size(), 0) << n;
      EXPECT_EQ(world.Problem(), "") << n;
    }
  }
}

TEST(FamilyCrash, AfterACrashInAnUndoEachGiverHasItsPartOnce) {
  int crashes = 0;
  for (const bool applied : {false, true}) {
    for (int n = 1; n <= kMostCommits; ++n) {
      FamilyWorld world({});
      MakeFamily(world);
      world.Settle(FamilyBill("s1", "B", 3'000));
      world.Quiesce();
      world.CrashAt(n, applied);
      world.Send(Call::kReverseByMessage, UndoOf("u1", "B", "s1"));
      world.engine().AwaitIdle();
      if (!world.crashed()) break;
      ++crashes;
      world.Restart();
      ASSERT_TRUE(world.Send(Call::kReverseByMessage, UndoOf("u1", "B", "s1")).status.ok());
      world.Quiesce();
      EXPECT_EQ(world.SubBalances("A"), (Subs{500, 300})) << n;
      EXPECT_EQ(world.SubBalances("C"), (Subs{1'000, 1'000})) << n;
      EXPECT_EQ(world.Problem(), "") << n;
    }
  }
  EXPECT_EQ(crashes, 2 * 5);  // the undo, two refunds, two ends
}

// Crash upon crash: the recovery of one is cut off by the next.
TEST(FamilyCrash, ACrashInTheRecoveryIsRecoveredFrom) {
  for (int first = 1; first <= 5; ++first) {
    for (int second = 1; second <= 3; ++second) {
      FamilyWorld world({});
      MakeFamily(world);
      if (!CrashInSettle(world, first, true)) break;
      world.Restart();
      world.CrashAt(second, false);
      world.Send(Call::kReverseByMessage, UndoOf("u1", "B", "s1"));
      world.engine().AwaitIdle();
      world.Restart();
      ASSERT_TRUE(world.Send(Call::kReverseByMessage, UndoOf("u1", "B", "s1")).status.ok());
      world.Quiesce();
      EXPECT_EQ(world.SubBalances("A"), (Subs{500, 300})) << first << " " << second;
      EXPECT_EQ(world.SubBalances("C"), (Subs{1'000, 1'000})) << first << " " << second;
      EXPECT_EQ(world.Problem(), "") << first << " " << second;
    }
  }
}

// An open hold is no defect while it is open, and is listed.
TEST(FamilyCrash, TheAuditListsWhatIsOpen) {
  FamilyWorld world({});
  MakeFamily(world);
  ASSERT_TRUE(CrashInSettle(world, 1, true));
  EXPECT_EQ(world.Problem(), "steps are still open");
  world.Restart();
  EXPECT_EQ(world.Problem(), "");
}

}  // namespace
}  // namespace yijie::engine
