// Settlements and undos through a gateway: three books that stay equal whatever is lost, and a log
// that holds what the areas were told.

#include <gtest/gtest.h>

#include "engine/cross/cross_digest.h"
#include "engine/gateway/passed_on.h"
#include "tests/gateway/gateway_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

v1::Reversal Undo(GatewayWorld& world, const std::string& msgid, const std::string& setl_id) {
  return Parsed<v1::ReverseResponse>(world.areas().AtCare(Call::kReverse, UndoAway(msgid, setl_id)))
      .reversal();
}

TEST(GatewayFlow, SettlesAndThreeBooksAreEqual) {
  GatewayWorld world;
  const v1::Settlement settled = world.areas().Settle(BillAway("M1", 150'000));
  ASSERT_EQ(settled.outcome(), v1::SETTLED) << settled.reason();
  world.ExpectEqualBooks(1);
  StoreBook book(world.log());
  const v1::BookTotals totals = book.TotalsOf("2026-06-15");
  EXPECT_EQ(totals.fund_pay_sumamt_fen(), settled.amounts().fund_pay_sumamt_fen());
  EXPECT_EQ(totals.acct_pay_fen(), settled.amounts().acct_pay_fen());
  EXPECT_EQ(book.RowsOf("2026-06-15")[0].setl_id(), settled.setl_id());
}

TEST(GatewayFlow, UndoesAndThreeBooksAreEqual) {
  GatewayWorld world;
  const v1::Settlement settled = world.areas().Settle(BillAway("M1", 150'000));
  world.areas().Resolve();
  const v1::Reversal undone = Undo(world, "R1", settled.setl_id());
  EXPECT_EQ(undone.outcome(), v1::REVERSED) << undone.reason();
  ASSERT_EQ(world.areas().Settle(BillAway("M2", 90'000)).outcome(), v1::SETTLED);
  world.ExpectEqualBooks(3);
  EXPECT_EQ(world.areas().open_attempts(), 0);
}

TEST(GatewayFlow, TheHospitalsBookStandsBesideThatOfThePair) {
  GatewayWorld world;
  const v1::Settlement settled = world.areas().Settle(BillAway("M1", 150'000));
  StoreBook hospital(world.areas().care_store(), kCareHospital);
  StoreBook pair(world.areas().care_store());
  EXPECT_EQ(hospital.TotalsOf("2026-06-15").digest(), pair.TotalsOf("2026-06-15").digest());
  EXPECT_EQ(hospital.TotalsOf("2026-06-15").count(), 1);
  // The insured place owes the place of care, and no hospital.
  StoreBook nobody(world.areas().home_store(), kCareHospital);
  EXPECT_EQ(nobody.TotalsOf("2026-06-15").count(), 0);
}

TEST(GatewayFlow, EveryMessageMayBeLostOnceOnEitherWay) {
  for (const Call lost : {Call::kReserve, Call::kConfirm, Call::kReserveUndo, Call::kConfirmUndo,
                          Call::kCancelReservation}) {
    for (const Way way : {Way::kRequestLost, Way::kReplyLost, Way::kDoubled}) {
      SCOPED_TRACE(testing::Message() << CallName(lost) << " " << static_cast<int>(way));
      GatewayWorld world;
      int left = 1;
      world.areas().peer().way = [&left, lost, way](Call call) {
        return call == lost && left-- > 0 ? way : Way::kOpen;
      };
      Reply reply;
      for (int i = 0; i < 3; ++i) {
        reply = world.areas().AtCare(Call::kSettle, BillAway("M1", 150'000));
        world.areas().Resolve();
        if (reply.status.ok()) break;
      }
      const v1::Settlement settled = Parsed<v1::SettleResponse>(reply).settlement();
      ASSERT_EQ(settled.outcome(), v1::SETTLED) << settled.reason();
      for (int i = 0; i < 3; ++i) {
        reply = world.areas().AtCare(Call::kReverse, UndoAway("R1", settled.setl_id()));
        world.areas().Resolve();
        if (reply.status.ok()) break;
      }
      EXPECT_EQ(Parsed<v1::ReverseResponse>(reply).reversal().outcome(), v1::REVERSED);
      world.ExpectEqualBooks(2);
      EXPECT_EQ(world.areas().open_attempts(), 0);
    }
  }
}

// The gateway dies after the insured place has confirmed and before its own log is written.
TEST(GatewayFlow, AnAnswerThatWasNotLoggedIsNotGivenBack) {
  GatewayWorld world;
  world.log().full = true;
  ASSERT_EQ(world.areas().Settle(BillAway("M1", 150'000)).outcome(), v1::SETTLED);
  EXPECT_EQ(world.areas().open_attempts(), 1);
  EXPECT_FALSE(world.Compare().equal());
  world.log().full = false;
  world.RestartGateway();
  world.ExpectEqualBooks(1);
  EXPECT_EQ(world.areas().open_attempts(), 0);
}

TEST(GatewayFlow, TheSameConfirmAgainGetsTheSameAnswer) {
  GatewayWorld world;
  v1::ConfirmRequest confirm;
  world.areas().peer().alter_request = [&confirm](Call call, google::protobuf::Message* request) {
    if (call == Call::kConfirm) confirm.CopyFrom(*request);
  };
  ASSERT_EQ(world.areas().Settle(BillAway("M1", 150'000)).outcome(), v1::SETTLED);
  world.areas().Resolve();
  const Reply first = world.Take(Call::kConfirm, confirm);
  const Reply again = world.Take(Call::kConfirm, confirm);
  ASSERT_TRUE(first.status.ok()) << first.status;
  EXPECT_EQ(first.bytes, again.bytes);
  world.ExpectEqualBooks(1);
}

TEST(GatewayFlow, AnUndoOfWhatIsNotInTheLogIsPassedOnToNobody) {
  GatewayWorld world;
  v1::ReserveUndoRequest request;
  request.mutable_header()->set_fixmedins_code("620000");
  request.mutable_header()->set_msgid("U1");
  request.set_insuplc_admdvs("410199");
  request.set_psn_no("P1");
  request.set_orig_resv_id("R1");
  request.set_insutype("310");
  Seal(&request);
  const Reply reply = world.Take(Call::kReserveUndo, request);
  EXPECT_TRUE(absl::IsFailedPrecondition(reply.status)) << reply.status;
  EXPECT_TRUE(world.areas().peer().sent.empty());
}

TEST(PassedOn, WhatIsLoggedIsARecordOfTheBooks) {
  storage::MemoryStore store;
  const v1::ConfirmRequest confirm = ConfirmOf("R1", "620000", "410199", "2026-06-15");
  const v1::ConfirmResponse answer = AnswerTo(confirm, 80'000, 20'000);
  Commit(LogConfirm(confirm, answer.SerializeAsString(), TestNow()), store);
  const v1::ConfirmUndoRequest undo = ConfirmUndoOf("U1", confirm, "2026-07-01");
  const auto settled = *store.LoadVersion(PassedOnKey("R1", "620000"), 1);
  Commit(LogConfirmUndo(undo, AnswerTo(undo, answer).SerializeAsString(), *settled, TestNow()),
         store);
  StoreBook book(store);
  EXPECT_EQ(book.TotalsOf("2026-06-15").fund_pay_sumamt_fen(), 80'000);
  EXPECT_EQ(book.TotalsOf("2026-07-01").acct_pay_fen(), -20'000);
  ExpectSoundStore(store);
}

}  // namespace
}  // namespace yijie::engine
