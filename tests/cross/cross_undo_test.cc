#include <gtest/gtest.h>

#include "tests/cross/cross_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using store::v1::CROSS_PAYABLE;
using store::v1::CROSS_RECEIVABLE;
using store::v1::INSTITUTION_PAYABLE;

v1::Reversal Reversed(const Reply& reply) { return Parsed<v1::ReverseResponse>(reply).reversal(); }

void ExpectNothingLeft(CrossWorld& world) {
  EXPECT_EQ(world.Ledger(world.care_store(), kVisitor, CROSS_RECEIVABLE), 0);
  EXPECT_EQ(world.Ledger(world.care_store(), kVisitor, INSTITUTION_PAYABLE), 0);
  EXPECT_EQ(world.Ledger(world.home_store(), "P1", CROSS_PAYABLE), 0);
  EXPECT_EQ(world.insured().balance().value(), 50000);
  EXPECT_TRUE(world.insured().accumulators.empty());
  EXPECT_EQ(world.open_attempts(), 0);
  EXPECT_FALSE(world.insured().rest->cross().has_reservation());
  world.ExpectSoundBooks();
}

TEST(CrossUndo, UndoesBothSides) {
  CrossWorld world;
  const v1::Settlement settled = world.Settle(BillAway("M1", 150000));
  const v1::Reversal undone =
      Reversed(world.AtCare(Call::kReverse, UndoAway("R1", settled.setl_id())));
  EXPECT_EQ(undone.outcome(), v1::REVERSED) << undone.reason();
  EXPECT_EQ(undone.amounts().hifp_pay_fen(), -80000);
  ExpectNothingLeft(world);
  EXPECT_EQ(Reversed(world.AtCare(Call::kReverse, UndoAway("R2", settled.setl_id()))).outcome(),
            v1::ALREADY_REVERSED);
}

TEST(CrossUndo, ByMessageBeforeAndAfterTheOriginal) {
  CrossWorld world;
  const auto early = Parsed<v1::ReverseByMessageResponse>(
      world.AtCare(Call::kReverseByMessage, UndoAwayByMessage("C1", "M1")));
  EXPECT_EQ(early.reversal().outcome(), v1::NOTHING_TO_REVERSE);
  EXPECT_EQ(world.Settle(BillAway("M1", 150000)).outcome(), v1::REVERSED_BEFORE_ARRIVAL);
  ASSERT_EQ(world.Settle(BillAway("M2", 150000)).outcome(), v1::SETTLED);
  const auto late = Parsed<v1::ReverseByMessageResponse>(
      world.AtCare(Call::kReverseByMessage, UndoAwayByMessage("C2", "M2")));
  EXPECT_EQ(late.reversal().outcome(), v1::REVERSED) << late.reversal().reason();
  ExpectNothingLeft(world);
}

TEST(CrossUndo, OfARefusedBillThereIsNothingToUndo) {
  CrossWorld world;
  v1::SettleRequest request = BillAway("M1", 150000);
  request.mutable_claim()->set_rel_ttp_flag(true);
  ASSERT_EQ(world.Settle(request).outcome(), v1::EXCLUDED_BY_POLICY);
  const auto undone = Parsed<v1::ReverseByMessageResponse>(
      world.AtCare(Call::kReverseByMessage, UndoAwayByMessage("C1", "M1")));
  EXPECT_EQ(undone.reversal().outcome(), v1::NOTHING_TO_REVERSE);
}

TEST(CrossUndo, SilenceLeavesTheSettlementAsItIs) {
  for (const Way lost : {Way::kRequestLost, Way::kReplyLost}) {
    CrossWorld world;
    const v1::Settlement settled = world.Settle(BillAway("M1", 150000));
    world.peer().way = [lost](Call call) { return call == Call::kReserveUndo ? lost : Way::kOpen; };
    EXPECT_TRUE(
        absl::IsAborted(world.AtCare(Call::kReverse, UndoAway("R1", settled.setl_id())).status));
    world.Resolve();
    EXPECT_EQ(world.Ledger(world.home_store(), "P1", CROSS_PAYABLE), -130000);
    EXPECT_EQ(world.Ledger(world.care_store(), kVisitor, CROSS_RECEIVABLE), 130000);
    world.peer().way = [](Call) { return Way::kOpen; };
    EXPECT_EQ(Reversed(world.AtCare(Call::kReverse, UndoAway("R1", settled.setl_id()))).outcome(),
              v1::REVERSED);
    ExpectNothingLeft(world);
  }
}

TEST(CrossUndo, TheInsuredPlaceLearnsItInTheEnd) {
  for (const Way lost : {Way::kRequestLost, Way::kReplyLost, Way::kDoubled}) {
    CrossWorld world;
    const v1::Settlement settled = world.Settle(BillAway("M1", 150000));
    world.peer().way = [lost](Call call) { return call == Call::kConfirmUndo ? lost : Way::kOpen; };
    EXPECT_EQ(Reversed(world.AtCare(Call::kReverse, UndoAway("R1", settled.setl_id()))).outcome(),
              v1::REVERSED);
    world.RestartCare();
    world.peer().way = [](Call) { return Way::kOpen; };
    world.Resolve();
    ExpectNothingLeft(world);
  }
}

TEST(CrossUndo, NotWhileTheInsuredPlaceDoesNotKnowTheSettlement) {
  CrossWorld world;
  world.peer().way = [](Call call) {
    return call == Call::kConfirm ? Way::kRequestLost : Way::kOpen;
  };
  const v1::Settlement settled = world.Settle(BillAway("M1", 150000));
  const Reply early = world.AtCare(Call::kReverse, UndoAway("R1", settled.setl_id()));
  EXPECT_TRUE(absl::IsResourceExhausted(early.status)) << early.status;
  world.peer().way = [](Call) { return Way::kOpen; };
  world.Resolve();
  EXPECT_EQ(Reversed(world.AtCare(Call::kReverse, UndoAway("R1", settled.setl_id()))).outcome(),
            v1::REVERSED);
  ExpectNothingLeft(world);
}

TEST(CrossUndo, ALaterSettlementAtHomeComesFirst) {
  CrossWorld world;
  const v1::Settlement away = world.Settle(BillAway("M1", 150000));
  const auto home =
      Parsed<v1::SettleResponse>(world.AtHome(Call::kSettle, SettleOf("H1", "P1", 100000)));
  ASSERT_EQ(home.settlement().outcome(), v1::SETTLED);
  const v1::Reversal refused =
      Reversed(world.AtCare(Call::kReverse, UndoAway("R1", away.setl_id())));
  EXPECT_EQ(refused.outcome(), v1::LATER_SETTLEMENT_EXISTS);
  EXPECT_EQ(refused.setl_id(), home.settlement().setl_id());
  EXPECT_EQ(world.open_attempts(), 0);
  ASSERT_TRUE(world.AtHome(Call::kReverse, ReverseOf("HR1", "P1", home.settlement().setl_id()))
                  .status.ok());
  EXPECT_EQ(Reversed(world.AtCare(Call::kReverse, UndoAway("R2", away.setl_id()))).outcome(),
            v1::REVERSED);
  ExpectNothingLeft(world);
}

}  // namespace
}  // namespace yijie::engine
