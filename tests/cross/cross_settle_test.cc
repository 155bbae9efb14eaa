#include <gtest/gtest.h>

#include <functional>

#include "engine/cross/cross_digest.h"
#include "engine/peers/peer_by_scheme.h"
#include "tests/cross/cross_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using store::v1::CROSS_HOLD;
using store::v1::CROSS_PAYABLE;
using store::v1::CROSS_RECEIVABLE;
using store::v1::INSTITUTION_PAYABLE;

// 1,50000 fen under the policy of the insured place: deductible 50000, fund 80 % of 1,000, the
// account pays 50000 of the 700 that are left.
TEST(CrossSettle, CatalogueOfThePlaceOfCareAndPolicyOfTheInsuredPlace) {
  CrossWorld world;
  const v1::Settlement settled = world.Settle(BillAway("M1", 150000));
  ASSERT_EQ(settled.outcome(), v1::SETTLED) << settled.reason();
  EXPECT_EQ(settled.amounts().hifp_pay_fen(), 80000);
  EXPECT_EQ(settled.amounts().acct_pay_fen(), 50000);
  EXPECT_EQ(settled.amounts().psn_cash_pay_fen(), 20000);
  EXPECT_EQ(settled.fixmedins_code(), kCareHospital);
  EXPECT_EQ(settled.insuplc_admdvs(), kArea);
  EXPECT_EQ(settled.medins_setl_id(), "M1");
  EXPECT_FALSE(settled.setl_id().empty());

  EXPECT_EQ(world.Ledger(world.care_store(), kVisitor, CROSS_RECEIVABLE), 130000);
  EXPECT_EQ(world.Ledger(world.care_store(), kVisitor, INSTITUTION_PAYABLE), -130000);
  EXPECT_EQ(world.Ledger(world.home_store(), "P1", CROSS_PAYABLE), -130000);
  EXPECT_EQ(world.Ledger(world.home_store(), "P1", CROSS_HOLD), 0);
  EXPECT_EQ(world.insured().balance().value(), 0);
  EXPECT_FALSE(world.insured().rest->cross().has_reservation());
  EXPECT_EQ(world.open_attempts(), 0);
  world.ExpectSoundBooks();
}

TEST(CrossSettle, SameMessageSameBytes) {
  CrossWorld world;
  const Reply first = world.AtCare(Call::kSettle, BillAway("M1", 150000));
  const Reply again = world.AtCare(Call::kSettle, BillAway("M1", 150000));
  EXPECT_EQ(first.bytes, again.bytes);
  EXPECT_EQ(world.Ledger(world.home_store(), "P1", CROSS_PAYABLE), -130000);
  EXPECT_TRUE(absl::IsAlreadyExists(world.AtCare(Call::kSettle, BillAway("M1", 160000)).status));
}

TEST(CrossSettle, EveryMessageTwice) {
  CrossWorld world;
  world.peer().way = [](Call) { return Way::kDoubled; };
  ASSERT_EQ(world.Settle(BillAway("M1", 150000)).outcome(), v1::SETTLED);
  ASSERT_EQ(world.Settle(BillAway("M2", 150000)).outcome(), v1::SETTLED);
  EXPECT_EQ(world.open_attempts(), 0);
  world.ExpectSoundBooks();
  EXPECT_EQ(world.Ledger(world.care_store(), kVisitor, CROSS_RECEIVABLE),
            -world.Ledger(world.home_store(), "P1", CROSS_PAYABLE));
}

TEST(CrossSettle, RefusalOfTheInsuredPlaceIsFinalForItsMessage) {
  CrossWorld world;
  v1::SettleRequest request = BillAway("M1", 150000);
  request.mutable_claim()->set_rel_ttp_flag(true);
  const v1::Settlement refused = world.Settle(request);
  EXPECT_EQ(refused.outcome(), v1::EXCLUDED_BY_POLICY);
  EXPECT_FALSE(refused.reason().empty());
  EXPECT_EQ(world.open_attempts(), 0);
  EXPECT_EQ(world.Settle(request).SerializeAsString(), refused.SerializeAsString());
  EXPECT_FALSE(world.insured().rest->cross().has_reservation());

  v1::SettleRequest unknown = BillAway("M2", 150000);
  unknown.mutable_claim()->set_psn_no("P999");
  EXPECT_EQ(world.Settle(unknown).outcome(), v1::NOT_INSURED);
}

TEST(CrossSettle, SilenceIsDecidedAgainstAndTheSameMessageMayComeAgain) {
  for (const Way lost : {Way::kRequestLost, Way::kReplyLost}) {
    CrossWorld world;
    world.peer().way = [lost](Call call) { return call == Call::kReserve ? lost : Way::kOpen; };
    const Reply reply = world.AtCare(Call::kSettle, BillAway("M1", 150000));
    EXPECT_TRUE(absl::IsAborted(reply.status)) << reply.status;
    EXPECT_NE(std::string(reply.status.message()).find("not applied"), std::string::npos);
    world.Resolve();
    EXPECT_EQ(world.open_attempts(), 0);
    EXPECT_FALSE(world.insured().rest->cross().has_reservation());
    EXPECT_EQ(world.insured().balance().value(), 50000);

    world.peer().way = [](Call) { return Way::kOpen; };
    EXPECT_EQ(world.Settle(BillAway("M1", 150000)).outcome(), v1::SETTLED);
    EXPECT_EQ(world.Ledger(world.home_store(), "P1", CROSS_PAYABLE), -130000);
    world.ExpectSoundBooks();
  }
}

TEST(CrossSettle, ADecisionIsToldUntilItIsKnown) {
  for (const Way lost : {Way::kRequestLost, Way::kReplyLost}) {
    CrossWorld world;
    world.peer().way = [lost](Call call) { return call == Call::kConfirm ? lost : Way::kOpen; };
    ASSERT_EQ(world.Settle(BillAway("M1", 150000)).outcome(), v1::SETTLED);
    EXPECT_EQ(world.open_attempts(), 1);
    // Nothing else of the person is settled while the insured place does not know.
    if (lost == Way::kRequestLost) {
      const Reply busy = world.AtHome(Call::kSettle, SettleOf("H1", "P1", 100000));
      EXPECT_TRUE(absl::IsResourceExhausted(busy.status)) << busy.status;
    }
    world.RestartCare();
    world.peer().way = [](Call) { return Way::kOpen; };
    world.Resolve();
    EXPECT_EQ(world.open_attempts(), 0);
    EXPECT_EQ(world.Ledger(world.home_store(), "P1", CROSS_PAYABLE), -130000);
    EXPECT_TRUE(world.AtHome(Call::kSettle, SettleOf("H1", "P1", 100000)).status.ok());
    world.ExpectSoundBooks();
  }
}

TEST(CrossSettle, ACancelThatOvertakesItsReserveClosesIt) {
  CrossWorld world;
  v1::ReserveRequest held_back;
  world.peer().way = [](Call call) {
    return call == Call::kReserve ? Way::kRequestLost : Way::kOpen;
  };
  world.peer().alter_request = [&](Call call, google::protobuf::Message* request) {
    if (call == Call::kReserve) held_back.CopyFrom(*request);
  };
  EXPECT_FALSE(world.AtCare(Call::kSettle, BillAway("M1", 150000)).status.ok());
  world.Resolve();
  ASSERT_EQ(world.open_attempts(), 0);
  const auto late = Parsed<v1::ReserveResponse>(world.AtHome(Call::kReserve, held_back));
  EXPECT_EQ(late.outcome(), v1::RESERVATION_CLOSED);
  EXPECT_FALSE(world.insured().rest->cross().has_reservation());
}

// A reservation is open: a second place of care, or a second attempt, is told to come again.
TEST(CrossSettle, OneReservationOfAPersonAtATime) {
  CrossWorld world;
  world.peer().way = [](Call call) {
    return call == Call::kConfirm || call == Call::kCancelReservation ? Way::kRequestLost
                                                                      : Way::kOpen;
  };
  ASSERT_EQ(world.Settle(BillAway("M1", 150000)).outcome(), v1::SETTLED);
  const Reply second = world.AtCare(Call::kSettle, BillAway("M2", 150000));
  EXPECT_TRUE(absl::IsAborted(second.status)) << second.status;
  world.peer().way = [](Call) { return Way::kOpen; };
  world.Resolve();
  EXPECT_EQ(world.Settle(BillAway("M2", 150000)).outcome(), v1::SETTLED);
  EXPECT_EQ(world.open_attempts(), 0);
  world.ExpectSoundBooks();
}

TEST(CrossSettle, AnEngineThatStopsBeforeItDecidesDecidedAgainst) {
  CrossWorld world;
  world.peer().way = [](Call call) {
    return call == Call::kReserve ? Way::kReplyLost : Way::kRequestLost;
  };
  EXPECT_FALSE(world.AtCare(Call::kSettle, BillAway("M1", 150000)).status.ok());
  EXPECT_TRUE(world.insured().rest->cross().has_reservation());
  world.RestartCare();
  world.peer().way = [](Call) { return Way::kOpen; };
  world.Resolve();
  EXPECT_FALSE(world.insured().rest->cross().has_reservation());
  EXPECT_EQ(world.open_attempts(), 0);
  world.ExpectSoundBooks();
}

TEST(CrossSettle, WhatIsAlteredOnTheWayIsNotBelieved) {
  CrossWorld world;
  world.peer().alter_request = [](Call call, google::protobuf::Message* request) {
    if (call == Call::kReserve)
      static_cast<v1::ReserveRequest*>(request)->mutable_line_class(0)->set_selfpay_prop_1e6(1);
  };
  EXPECT_TRUE(absl::IsAborted(world.AtCare(Call::kSettle, BillAway("M1", 150000)).status));
  world.peer().alter_request = nullptr;
  world.peer().alter_reply = [](Call call, Reply* reply) {
    if (call != Call::kReserve) return;
    v1::ReserveResponse response;
    ASSERT_TRUE(response.ParseFromString(reply->bytes));
    response.mutable_settlement()->mutable_amounts()->set_hifp_pay_fen(90000);
    reply->bytes = response.SerializeAsString();
  };
  EXPECT_TRUE(absl::IsAborted(world.AtCare(Call::kSettle, BillAway("M1", 150000)).status));
  world.peer().alter_reply = nullptr;
  world.Resolve();
  EXPECT_EQ(world.Ledger(world.home_store(), "P1", CROSS_PAYABLE), 0);
  EXPECT_EQ(world.insured().balance().value(), 50000);
  EXPECT_EQ(world.Settle(BillAway("M1", 150000)).outcome(), v1::SETTLED);
}

// Sealed by whoever holds the right certificate, and about the right bill.
TEST(CrossSettle, WhatCannotBeBookedOrToldIsNotBelieved) {
  using Response = v1::ReserveResponse;
  const std::function<void(Response*)> spoils[] = {
      [](Response* r) { r->set_outcome(static_cast<v1::ReserveOutcome>(99)); },
      [](Response* r) { r->mutable_settlement()->set_outcome(v1::NOT_INSURED); },
      [](Response* r) { r->set_outcome(v1::RESERVE_REFUSED); },  // though it settles
      [](Response* r) {
        r->set_outcome(v1::RESERVE_REFUSED);
        r->mutable_settlement()->set_outcome(static_cast<v1::Outcome>(4'000));
      },
      [](Response* r) { r->mutable_settlement()->set_clr_type(std::string(950, '1')); },
      [](Response* r) {
        r->mutable_settlement()->mutable_amounts()->set_medfee_sumamt_fen(150'001);
        r->mutable_settlement()->mutable_amounts()->set_hosp_part_amt_fen(1);
      },
      [](Response* r) { r->mutable_settlement()->mutable_amounts()->set_psn_cash_pay_fen(1); },
      [](Response* r) { r->mutable_settlement()->mutable_amounts()->set_acct_pay_fen(INT64_MAX); },
      [](Response* r) { r->mutable_settlement()->clear_setldetail(); },
  };
  CrossWorld world;
  const std::function<void(Response*)>* spoil = nullptr;
  world.peer().alter_reply = [&](Call call, Reply* reply) {
    if (call != Call::kReserve || spoil == nullptr) return;
    Response response;
    ASSERT_TRUE(response.ParseFromString(reply->bytes));
    (*spoil)(&response);
    Seal(&response);
    reply->bytes = response.SerializeAsString();
  };
  for (const std::function<void(Response*)>& each : spoils) {
    spoil = &each;
    const Reply told = world.AtCare(Call::kSettle, BillAway("M1", 150000));
    EXPECT_TRUE(absl::IsAborted(told.status)) << told.status << " " << (&each - spoils);
    world.Resolve();
    EXPECT_EQ(world.open_attempts(), 0);
  }
  spoil = nullptr;
  EXPECT_EQ(world.insured().balance().value(), 50000);
  EXPECT_EQ(world.Settle(BillAway("M1", 150000)).outcome(), v1::SETTLED);
  world.ExpectSoundBooks();
}

// An error of the way: sending the same message again is of no use, and it proves nothing.
TEST(CrossSettle, ARefusalOfTheWayIsDefiniteAndWhatWasReservedIsFreed) {
  CrossWorld world;
  world.peer().alter_reply = [](Call, Reply* reply) {
    *reply = {absl::NotFoundError("area 419900 is not known"), ""};
  };
  const Reply refused = world.AtCare(Call::kSettle, BillAway("M1", 150000));
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.status)) << refused.status;
  EXPECT_NE(std::string(refused.status.message()).find("not applied"), std::string::npos);
  const Reply trial = world.AtCare(Call::kPreSettle, TrialOf(BillAway("M1", 150000)));
  EXPECT_TRUE(absl::IsFailedPrecondition(trial.status)) << trial.status;
  world.Resolve();
  EXPECT_EQ(world.open_attempts(), 1) << "nobody confirmed that it is freed";

  world.peer().alter_reply = nullptr;
  world.Resolve();
  EXPECT_EQ(world.open_attempts(), 0);
  EXPECT_FALSE(world.insured().rest->cross().has_reservation());
  EXPECT_EQ(world.Settle(BillAway("M1", 150000)).outcome(), v1::SETTLED);
}

TEST(CrossSettle, ASchemeThatNoGatewayCarriesBeginsNothing) {
  PeerByScheme injury_only({});
  CrossWorld world;
  world.GoBy(injury_only);
  for (const Reply& reply : {world.AtCare(Call::kSettle, BillAway("M1", 150000)),
                             world.AtCare(Call::kPreSettle, TrialOf(BillAway("M1", 150000)))}) {
    EXPECT_TRUE(absl::IsFailedPrecondition(reply.status)) << reply.status;
    EXPECT_EQ(reply.status.message().find("claim.insutype"), 0U) << reply.status;
  }
  EXPECT_EQ(world.visitor().version, 0);
}

TEST(CrossSettle, WithoutAWayNothingIsHeld) {
  CrossWorld world;
  v1::SettleRequest request = BillAway("M1", 150000);
  request.mutable_header()->set_fixmedins_code("H99");
  EXPECT_TRUE(absl::IsNotFound(world.AtCare(Call::kSettle, request).status));
  EXPECT_EQ(world.visitor().version, 0);
}

}  // namespace
}  // namespace yijie::engine
