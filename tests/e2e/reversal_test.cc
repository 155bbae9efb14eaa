// Undoing settlements by their id (撤销) and by message (冲正).

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/e2e_test.h"

namespace yijie::e2e {
namespace {

constexpr char kPerson[] = "S4301000001";

class ReversalTest : public E2eTest {
 protected:
  void SetUp() override { StartOnSampleData(); }

  v1::Reversal Reverse(const v1::Settlement& settlement, absl::string_view msgid) {
    const auto answer = client().Send(
        ReverseOf(settlement.fixmedins_code(), settlement.psn_no(), settlement.setl_id(), msgid));
    EXPECT_TRUE(answer.ok()) << answer.status.error_message();
    return answer->reversal();
  }
};

TEST_F(ReversalTest, RestoresBalancesAndAccumulators) {
  for (const char* file : {"01-pharmacy-purchase.json", "02-outpatient-changsha.json",
                           "03-inpatient-zhoukou-big-illness.json", "04-inpatient-zhengzhou.json",
                           "05-delivery-hunan.json", "06-work-injury-inpatient.json",
                           "07-delivery-beijing-quota.json"}) {
    SCOPED_TRACE(file);
    v1::SettleRequest bill = SampleBill(file);
    const v1::GetAccountResponse before = Account(bill.claim().psn_no());
    const v1::Settlement first = Settle(bill);
    const v1::Reversal reversal = Reverse(first, absl::StrCat("r", std::string(file).substr(0, 2)));
    ExpectNone(ReversalProblems(reversal, first));
    v1::GetAccountResponse after = Account(bill.claim().psn_no());
    EXPECT_EQ(after.version(), before.version() + 2);
    after.set_version(before.version());
    EXPECT_EQ(after.SerializeAsString(), before.SerializeAsString());
    const auto described =
        client().Send(GetSettlementOf(first.fixmedins_code(), first.psn_no(), first.setl_id()));
    ASSERT_TRUE(described.ok());
    EXPECT_TRUE(described->reversed());
    EXPECT_EQ(described->reversed_by_setl_id(), reversal.setl_id());
    EXPECT_EQ(described->settlement().SerializeAsString(), first.SerializeAsString());
    // Settled again it comes to the same, so accumulators are where they were.
    bill.mutable_header()->set_msgid(absl::StrCat("again", std::string(file).substr(0, 2)));
    const v1::Settlement again = Settle(bill);
    EXPECT_EQ(again.amounts().SerializeAsString(), first.amounts().SerializeAsString());
    EXPECT_NE(again.setl_id(), first.setl_id());
    EXPECT_NE(again.setl_id(), reversal.setl_id());
  }
  const engine::AuditReport report = EndAndAudit();
  EXPECT_EQ(report.settled, 14);
  EXPECT_EQ(report.reversed, 7);
}

TEST_F(ReversalTest, AlreadyReversed) {
  const v1::SettleRequest bill = PharmacyBill(kPerson, "m1", 700);
  const v1::Settlement settled = Settle(bill);
  const v1::Reversal first = Reverse(settled, "r1");
  ExpectNone(ReversalProblems(first, settled));
  const v1::GetAccountResponse account = Account(kPerson);
  const v1::Reversal second = Reverse(settled, "r2");
  EXPECT_EQ(second.outcome(), v1::ALREADY_REVERSED);
  EXPECT_FALSE(second.reason().empty());
  EXPECT_EQ(second.orig_setl_id(), settled.setl_id());
  const auto by_message = client().Send(UndoOf(bill, "u1"));
  ASSERT_TRUE(by_message.ok());
  EXPECT_EQ(by_message->reversal().outcome(), v1::ALREADY_REVERSED);
  EXPECT_EQ(Account(kPerson).SerializeAsString(), account.SerializeAsString());
  // The first undo still gives its first answer.
  EXPECT_EQ(Reverse(settled, "r1").SerializeAsString(), first.SerializeAsString());
  EXPECT_TRUE(EndAndAudit().clean());
}

TEST_F(ReversalTest, LaterSettlementThatCountedOnItMustGoFirst) {
  const v1::Settlement first = Settle(OutpatientBill(kPerson, "m1", 60'000));
  const v1::Settlement pharmacy = Settle(PharmacyBill(kPerson, "m2", 700));
  const v1::Settlement second = Settle(OutpatientBill(kPerson, "m3", 50'000));
  const v1::Settlement third = Settle(OutpatientBill(kPerson, "m4", 40'000));
  const v1::GetAccountResponse account = Account(kPerson);
  const v1::Reversal refused = Reverse(first, "r1");
  EXPECT_EQ(refused.outcome(), v1::LATER_SETTLEMENT_EXISTS);
  EXPECT_EQ(refused.setl_id(), third.setl_id()) << "names the one to undo first";
  EXPECT_EQ(Account(kPerson).SerializeAsString(), account.SerializeAsString());
  // A purchase shares no accumulator with a visit.
  ExpectNone(ReversalProblems(Reverse(pharmacy, "r2"), pharmacy));
  ExpectNone(ReversalProblems(Reverse(third, "r3"), third));
  EXPECT_EQ(Reverse(first, "r4").setl_id(), second.setl_id());
  ExpectNone(ReversalProblems(Reverse(second, "r5"), second));
  // The refused id stays refused though its reason has gone; a new id succeeds.
  EXPECT_EQ(Reverse(first, "r1").SerializeAsString(), refused.SerializeAsString());
  ExpectNone(ReversalProblems(Reverse(first, "r6"), first));
  EXPECT_EQ(EndAndAudit().reversed, 4);
}

// ALREADY_REVERSED comes before LATER_SETTLEMENT_EXISTS.
TEST_F(ReversalTest, PrecedenceOfOutcomes) {
  const v1::Settlement first = Settle(OutpatientBill(kPerson, "m1", 60'000));
  ExpectNone(ReversalProblems(Reverse(first, "r1"), first));
  Settle(OutpatientBill(kPerson, "m2", 50'000));
  EXPECT_EQ(Reverse(first, "r2").outcome(), v1::ALREADY_REVERSED);
}

TEST_F(ReversalTest, ByMessageBeforeTheOriginal) {
  const v1::SettleRequest bill = OutpatientBill(kPerson, "late", 60'000);
  const v1::GetAccountResponse account = Account(kPerson);
  const auto undo = client().Send(UndoOf(bill, "u1"));
  ASSERT_TRUE(undo.ok()) << undo.status.error_message();
  EXPECT_EQ(undo->reversal().outcome(), v1::NOTHING_TO_REVERSE);
  EXPECT_FALSE(undo->reversal().reason().empty());
  const auto late = client().Send(bill);
  ASSERT_TRUE(late.ok()) << late.status.error_message();
  EXPECT_EQ(late->settlement().outcome(), v1::REVERSED_BEFORE_ARRIVAL);
  ExpectNone(SettlementProblems(late->settlement(), bill.claim()));
  EXPECT_EQ(client().Send(bill).bytes, late.bytes);
  EXPECT_EQ(client().Send(UndoOf(bill, "u1")).bytes, undo.bytes);
  const auto again = client().Send(UndoOf(bill, "u2"));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->reversal().outcome(), v1::NOTHING_TO_REVERSE);
  EXPECT_EQ(Account(kPerson).SerializeAsString(), account.SerializeAsString());
  EXPECT_EQ(EndAndAudit().settled, 0);
}

TEST_F(ReversalTest, ByMessageAfterTheOriginal) {
  const v1::SettleRequest bill = OutpatientBill(kPerson, "m1", 60'000);
  const v1::Settlement settled = Settle(bill);
  const auto undo = client().Send(UndoOf(bill, "u1"));
  ASSERT_TRUE(undo.ok()) << undo.status.error_message();
  ExpectNone(ReversalProblems(undo->reversal(), settled));
  EXPECT_EQ(client().Send(UndoOf(bill, "u1")).bytes, undo.bytes);
  const auto second = client().Send(UndoOf(bill, "u2"));
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->reversal().outcome(), v1::ALREADY_REVERSED);
  // The original still gives its first answer, not that it was undone.
  const auto original = client().Send(bill);
  EXPECT_EQ(original->settlement().SerializeAsString(), settled.SerializeAsString());
  // A refused original: nothing to undo.
  v1::SettleRequest refused = OutpatientBill(kPerson, "m2", 60'000);
  refused.mutable_claim()->set_med_type("99");
  ASSERT_TRUE(client().Send(refused).ok());
  const auto nothing = client().Send(UndoOf(refused, "u3"));
  EXPECT_EQ(nothing->reversal().outcome(), v1::NOTHING_TO_REVERSE);
  EXPECT_EQ(EndAndAudit().reversed, 1);
}

TEST_F(ReversalTest, ByMessageNamesTheWrongPerson) {
  const v1::SettleRequest bill = OutpatientBill(kPerson, "m1", 60'000);
  Settle(bill);
  v1::ReverseByMessageRequest undo = UndoOf(bill, "u1");
  undo.set_psn_no("S4301000002");
  const auto wrong = client().Send(undo);
  EXPECT_EQ(wrong.status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_TRUE(absl::StartsWith(wrong.status.error_message(), "psn_no:"));
  undo.set_psn_no("NOBODY");
  const auto nobody = client().Send(undo);
  EXPECT_EQ(nobody.status.error_code(), grpc::NOT_FOUND);
  EXPECT_TRUE(absl::StartsWith(nobody.status.error_message(), "psn_no:"));
  EXPECT_EQ(EndAndAudit().reversed, 0);
}

}  // namespace
}  // namespace yijie::e2e
