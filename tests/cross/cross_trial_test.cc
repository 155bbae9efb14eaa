// Trials (预结算) across areas: what Settle would come to, and nothing held, kept or moved on
// either side.

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "engine/cross/cross_digest.h"
#include "tests/cross/cross_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

v1::Settlement Try(CrossWorld& world, const v1::SettleRequest& bill) {
  return Parsed<v1::PreSettleResponse>(world.AtCare(Call::kPreSettle, TrialOf(bill))).settlement();
}

// Newest versions of the visitor and of the person.
std::pair<int64_t, int64_t> Versions(CrossWorld& world) {
  return {world.visitor().version, world.insured().version};
}

TEST(CrossTrial, ComesToWhatSettleComesToAndHoldsNothing) {
  CrossWorld world;
  const auto before = Versions(world);
  const v1::Settlement tried = Try(world, BillAway("M1", 150'000));
  ASSERT_EQ(tried.outcome(), v1::SETTLED) << tried.reason();
  EXPECT_EQ(tried.amounts().hifp_pay_fen(), 80'000);
  EXPECT_EQ(tried.amounts().acct_pay_fen(), 50'000);
  EXPECT_EQ(tried.amounts().psn_cash_pay_fen(), 20'000);
  EXPECT_EQ(tried.setl_id(), "");
  EXPECT_EQ(tried.fixmedins_code(), kCareHospital);
  EXPECT_EQ(tried.insuplc_admdvs(), kArea);
  EXPECT_EQ(Versions(world), before);
  EXPECT_EQ(world.peer().sent, std::vector<Call>{Call::kEvaluate});
  EXPECT_EQ(Try(world, BillAway("M1", 150'000)).SerializeAsString(), tried.SerializeAsString());

  const v1::Settlement settled = world.Settle(BillAway("M1", 150'000));
  EXPECT_EQ(settled.amounts().SerializeAsString(), tried.amounts().SerializeAsString());
  // Running totals have moved: the next trial knows.
  EXPECT_NE(Try(world, BillAway("M2", 150'000)).amounts().SerializeAsString(),
            tried.amounts().SerializeAsString());
  world.ExpectSoundBooks();
}

TEST(CrossTrial, RefusalsAreThoseOfSettle) {
  CrossWorld world;
  v1::SettleRequest third_party = BillAway("M1", 150'000);
  third_party.mutable_claim()->set_rel_ttp_flag(true);
  EXPECT_EQ(Try(world, third_party).outcome(), v1::EXCLUDED_BY_POLICY);
  v1::SettleRequest unknown = BillAway("M2", 150'000);
  unknown.mutable_claim()->set_psn_no("P999");
  EXPECT_EQ(Try(world, unknown).outcome(), v1::NOT_INSURED);
  EXPECT_EQ(Try(world, unknown).reason(), "参保地无此人员");

  world.peer().sent.clear();
  v1::SettleRequest early = BillAway("M3", 150'000);
  early.mutable_claim()->set_begndate("2019-12-31");
  early.mutable_claim()->set_enddate("2019-12-31");
  EXPECT_EQ(Try(world, early).outcome(), v1::INSTITUTION_NOT_IN_FORCE);
  v1::PreSettleRequest nowhere = TrialOf(BillAway("M4", 150'000));
  nowhere.set_fixmedins_code("H62010000009");
  EXPECT_TRUE(absl::IsNotFound(world.AtCare(Call::kPreSettle, nowhere).status));
  EXPECT_TRUE(world.peer().sent.empty());
}

TEST(CrossTrial, MayBeAskedWhileAnotherSettlementIsOpen) {
  CrossWorld world;
  world.peer().way = [](Call call) {
    return call == Call::kConfirm ? Way::kRequestLost : Way::kOpen;
  };
  ASSERT_EQ(world.Settle(BillAway("M1", 150'000)).outcome(), v1::SETTLED);
  ASSERT_TRUE(world.insured().rest->cross().has_reservation());
  EXPECT_EQ(Try(world, BillAway("M2", 10'000)).outcome(), v1::SETTLED);
}

TEST(CrossTrial, SilenceAndUnsoundAnswersAreDefinite) {
  CrossWorld world;
  const auto before = Versions(world);
  world.peer().way = [](Call) { return Way::kReplyLost; };
  const Reply silent = world.AtCare(Call::kPreSettle, TrialOf(BillAway("M1", 150'000)));
  EXPECT_TRUE(absl::IsAborted(silent.status)) << silent.status;
  EXPECT_TRUE(absl::StrContains(silent.status.message(), "nothing is held")) << silent.status;

  world.peer().way = [](Call) { return Way::kOpen; };
  for (const bool sealed : {false, true}) {
    world.peer().alter_reply = [sealed](Call, Reply* reply) {
      auto response = Parsed<v1::EvaluateResponse>(*reply);
      sealed ? response.set_request_digest("of another") : response.clear_settlement();
      if (sealed) Seal(&response);
      reply->bytes = response.SerializeAsString();
    };
    const Reply altered = world.AtCare(Call::kPreSettle, TrialOf(BillAway("M1", 150'000)));
    EXPECT_TRUE(absl::IsAborted(altered.status)) << altered.status;
    EXPECT_TRUE(absl::StrContains(altered.status.message(), "not sound")) << altered.status;
  }
  EXPECT_EQ(Versions(world), before);
}

TEST(CrossTrial, AlteredQuestionsAreRefused) {
  CrossWorld world;
  world.peer().alter_request = [](Call, google::protobuf::Message* request) {
    static_cast<v1::EvaluateRequest*>(request)->mutable_claim()->set_psn_no("P2");
  };
  const Reply reply = world.AtCare(Call::kPreSettle, TrialOf(BillAway("M1", 150'000)));
  EXPECT_TRUE(absl::IsAborted(reply.status)) << reply.status;
}

}  // namespace
}  // namespace yijie::engine
