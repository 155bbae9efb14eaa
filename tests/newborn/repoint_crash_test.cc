// The engine dies at every step of a re-pointing.

#include <gtest/gtest.h>

#include "tests/family/family_world.h"
#include "yijie/v1/agency.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr int kCommits = 3;  // the bill leaves, it arrives, the departure is closed

v1::RepointRequest RepointOf(const std::string& msgid, const std::string& setl_id) {
  v1::RepointRequest request;
  *request.mutable_header() = Header(msgid);
  request.set_psn_no("B");
  request.set_from_psn_no("A");
  request.set_fixmedins_code(kHospital);
  request.set_setl_id(setl_id);
  request.set_reason("test");
  return request;
}

// A's account pays the first bill and leaves the second to cash: without the first it would pay.
std::string TwoBills(FamilyWorld& world) {
  world.Credit("A", 1'500, 0);
  const std::string first = world.Settle(FamilyBill("s1", "A", 3'000)).setl_id();
  EXPECT_EQ(world.Settle(FamilyBill("s2", "A", 1'000)).amounts().psn_cash_pay_fen(), 500);
  return first;
}

void ExpectRepointed(FamilyWorld& world, const v1::RepointResponse& response) {
  EXPECT_EQ(response.outcome(), v1::REPOINTED) << response.reason();
  EXPECT_EQ(response.settlement().psn_no(), "B");
  EXPECT_EQ(response.settlement().amounts().fund_pay_sumamt_fen(), 1'500);
  // The account of A had paid; nobody had paid cash.
  EXPECT_EQ(response.owed_to_person_fen(), -1'500);
  ASSERT_EQ(response.from_correction_size(), 1);
  EXPECT_EQ(response.owed_to_from_fen(), 500);
  EXPECT_EQ(world.Balance("A"), 1'000);
  EXPECT_EQ(world.Balance("B"), 0);
  EXPECT_EQ(world.Problem(), "");
}

TEST(RepointCrash, WithoutACrashItIsThreeCommits) {
  FamilyWorld world({});
  const v1::RepointRequest request = RepointOf("p1", TwoBills(world));
  world.CrashAt(kCommits + 1, true);
  const Reply reply = world.Send(Call::kRepoint, request);
  world.Quiesce();
  EXPECT_FALSE(world.crashed());
  ExpectRepointed(world, Parsed<v1::RepointResponse>(reply));
  EXPECT_EQ(world.Send(Call::kRepoint, request).bytes, reply.bytes);
}

TEST(RepointCrash, TheSameMessageAgainEndsInTheSameState) {
  std::string expected;
  for (const bool applied : {false, true}) {
    for (int n = 1; n <= kCommits; ++n) {
      SCOPED_TRACE(n);
      FamilyWorld world({});
      const v1::RepointRequest request = RepointOf("p1", TwoBills(world));
      world.CrashAt(n, applied);
      world.Send(Call::kRepoint, request);
      world.engine().AwaitIdle();
      ASSERT_TRUE(world.crashed());
      world.Restart();
      const Reply reply = world.Send(Call::kRepoint, request);
      world.Quiesce();
      ExpectRepointed(world, Parsed<v1::RepointResponse>(reply));
      if (expected.empty()) expected = reply.bytes;
      EXPECT_EQ(reply.bytes, expected);
    }
  }
}

TEST(RepointCrash, WhatLeftArrivesWithoutAnybody) {
  for (int n = 1; n <= kCommits; ++n) {
    SCOPED_TRACE(n);
    FamilyWorld world({});
    const v1::RepointRequest request = RepointOf("p1", TwoBills(world));
    world.CrashAt(n, true);
    world.Send(Call::kRepoint, request);
    world.engine().AwaitIdle();
    world.Restart();
    EXPECT_EQ(world.Problem(), "");
    EXPECT_EQ(world.Balance("A"), 1'000);
    ExpectRepointed(world, Parsed<v1::RepointResponse>(world.Send(Call::kRepoint, request)));
  }
}

// Crash upon crash: the recovery of one is cut off by the next.
TEST(RepointCrash, ACrashInTheRecoveryIsRecoveredFrom) {
  for (int first = 1; first <= kCommits; ++first) {
    for (const bool applied : {false, true}) {
      SCOPED_TRACE(first);
      FamilyWorld world({});
      const v1::RepointRequest request = RepointOf("p1", TwoBills(world));
      world.CrashAt(first, true);
      world.Send(Call::kRepoint, request);
      world.engine().AwaitIdle();
      world.RestartAndCrashAt(1, applied);
      world.Restart();
      ExpectRepointed(world, Parsed<v1::RepointResponse>(world.Send(Call::kRepoint, request)));
    }
  }
}

TEST(RepointCrash, ACommitThatIsNotTakenIsMadeLater) {
  for (int n = 1; n <= kCommits; ++n) {
    SCOPED_TRACE(n);
    FamilyWorld world({});
    const v1::RepointRequest request = RepointOf("p1", TwoBills(world));
    world.RefuseNext(n);
    const Reply reply = world.Send(Call::kRepoint, request);
    // "Not applied" is said of the first commit only.
    const absl::StatusCode told[] = {absl::StatusCode::kResourceExhausted,
                                     absl::StatusCode::kUnavailable, absl::StatusCode::kOk};
    EXPECT_EQ(reply.status.code(), told[n - 1]) << reply.status;
    world.Quiesce();
    const Reply again = world.Send(Call::kRepoint, request);
    world.Quiesce();
    ExpectRepointed(world, Parsed<v1::RepointResponse>(again));
  }
}

TEST(RepointCrash, OneBillGoesToOneChildOnly) {
  FamilyWorld world({.lanes = 3, .sharing = "", .faults = {}, .spoil = nullptr});
  const std::string setl_id = TwoBills(world);
  v1::RepointRequest to_b = RepointOf("p1", setl_id);
  v1::RepointRequest to_c = RepointOf("p2", setl_id);
  to_c.set_psn_no("C");
  Inbox of_b;
  Inbox of_c;
  world.engine().Submit(of_b.Await(JobOf(Call::kRepoint, to_b)));
  world.engine().Submit(of_c.Await(JobOf(Call::kRepoint, to_c)));
  const auto b = Parsed<v1::RepointResponse>(of_b.Get());
  const auto c = Parsed<v1::RepointResponse>(of_c.Get());
  world.Quiesce();
  EXPECT_EQ((b.outcome() == v1::REPOINTED) + (c.outcome() == v1::REPOINTED), 1);
  EXPECT_EQ((b.outcome() == v1::REPOINT_NOT_STANDING) + (c.outcome() == v1::REPOINT_NOT_STANDING),
            1);
  EXPECT_EQ(world.Problem(), "");
}

}  // namespace
}  // namespace yijie::engine
