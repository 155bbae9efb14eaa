// The audit of payments over two persons finds what is planted.

#include <gtest/gtest.h>

#include "engine/audit/audit.h"
#include "tests/family/family_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using store::v1::PersonEvent;
using store::v1::PersonState;

// A family with one settlement that stands and one that is undone, given by A to B.
class FamilyAuditTest : public testing::Test {
 protected:
  FamilyAuditTest() : world_({}) {
    world_.Credit("A", 500, 5'000);
    world_.Bind("A", "B");
    const v1::Settlement undone = world_.Settle(FamilyBill("s1", "B", 1'200));
    world_.Quiesce();
    world_.Reverse("B", undone.setl_id());
    world_.Quiesce();
    world_.Settle(FamilyBill("s2", "B", 1'400));
    world_.Quiesce();
    EXPECT_EQ(world_.Problem(), "");
  }

  // The newest version of the person whose event is of this kind.
  storage::PersonVersion Newest(const std::string& psn_no,
                                const std::function<bool(const PersonEvent&)>& is) {
    storage::PersonVersion found;
    const auto history = world_.durable().LoadHistory(psn_no, 0, 1'000);
    for (const storage::PersonVersion& version : *history) {
      if (is(*ParseEvent(version))) found = version;
    }
    return found;
  }

  void ChangeEvent(const std::string& psn_no, const std::function<bool(const PersonEvent&)>& is,
                   const std::function<void(PersonEvent&)>& change) {
    storage::PersonVersion version = Newest(psn_no, is);
    PersonEvent event = *ParseEvent(version);
    change(event);
    version.event = event.SerializeAsString();
    world_.durable().PlantVersion(psn_no, version);
    EXPECT_NE(world_.Problem(), "");
  }

  void ChangeState(const std::string& psn_no, const std::function<void(PersonState&)>& change) {
    storage::PersonVersion version = **world_.durable().LoadLatest(psn_no);
    PersonState state;
    ASSERT_TRUE(state.ParseFromString(version.state));
    change(state);
    version.state = state.SerializeAsString();
    world_.durable().PlantVersion(psn_no, version);
    EXPECT_NE(world_.Problem(), "");
  }

  void WriteRow(storage::RowWrite row) {
    storage::Commit commit;
    commit.rows.push_back(std::move(row));
    world_.durable().CommitGroup({commit}, [](const auto&) {});
    EXPECT_NE(world_.Problem(), "");
  }

  FamilyWorld world_;
};

bool IsHeld(const PersonEvent& event) { return event.family().has_held(); }
bool IsClosed(const PersonEvent& event) { return event.family().has_closed(); }
bool IsRefunded(const PersonEvent& event) { return event.family().has_refunded(); }
bool IsSettled(const PersonEvent& event) { return event.has_settled(); }

TEST_F(FamilyAuditTest, AHoldClosedWithAnotherAmount) {
  ChangeEvent("A", IsClosed, [](PersonEvent& event) {
    event.mutable_family()->mutable_closed()->set_used_fen(699);
  });
}
TEST_F(FamilyAuditTest, AHoldForAnotherMessage) {
  ChangeEvent("A", IsHeld, [](PersonEvent& event) {
    event.mutable_family()->mutable_held()->set_msgid("other");
  });
}
TEST_F(FamilyAuditTest, AHoldForAnotherPerson) {
  ChangeEvent("A", IsHeld, [](PersonEvent& event) {
    event.mutable_family()->mutable_held()->set_member_psn_no("C");
  });
}
TEST_F(FamilyAuditTest, APartWithoutItsHold) {
  ChangeEvent("B", IsSettled, [](PersonEvent& event) {
    event.mutable_settled()->mutable_family(0)->set_hold_version(2);
  });
}
TEST_F(FamilyAuditTest, APartThatIsNotThere) {
  ChangeEvent("B", IsSettled, [](PersonEvent& event) { event.mutable_settled()->clear_family(); });
}
TEST_F(FamilyAuditTest, ARefundOfAnotherAmount) {
  ChangeEvent("A", IsRefunded, [](PersonEvent& event) {
    event.mutable_family()->mutable_refunded()->set_refunded_fen(599);
  });
}
TEST_F(FamilyAuditTest, ARefundOfASettlementThatStands) {
  const int64_t standing = Newest("A", IsHeld).version;
  ChangeEvent("A", IsRefunded, [standing](PersonEvent& event) {
    event.mutable_family()->mutable_refunded()->set_hold_version(standing);
  });
}
TEST_F(FamilyAuditTest, ATotalThatIsNotTheFold) {
  ChangeState("A",
              [](PersonState& state) { state.mutable_family()->mutable_total(0)->set_fen(1); });
}
TEST_F(FamilyAuditTest, ABondThatNobodyAskedFor) {
  ChangeState("A", [](PersonState& state) {
    state.mutable_family()->mutable_bond(0)->set_yearly_limit_fen(1);
  });
}
TEST_F(FamilyAuditTest, AnOwedRefundThatIsNotOwed) {
  ChangeState("B", [](PersonState& state) { state.mutable_family()->add_owed(); });
}
TEST_F(FamilyAuditTest, AnOpenHoldThatWasNeverTaken) {
  ChangeState("A", [](PersonState& state) { state.mutable_family()->add_hold(); });
}
TEST_F(FamilyAuditTest, ARowOfSomethingOpenThatIsNot) { WriteRow({"family_open", "A", ""}); }
TEST_F(FamilyAuditTest, AGiverRowWithoutABond) {
  WriteRow({"family_giver", std::string("C\0A", 3), ""});
}
TEST_F(FamilyAuditTest, ABondWithoutItsGiverRow) {
  WriteRow({"family_giver", std::string("B\0A", 3), std::nullopt});
}
TEST_F(FamilyAuditTest, AMessageOfARefundThatIsNotThere) {
  const std::string msgid = ParseEvent(Newest("A", IsRefunded))->msgid();
  world_.durable().RemoveMessage({kHospital, static_cast<uint8_t>(v1::FAMILY_REFUND), msgid});
  EXPECT_NE(world_.Problem(), "");
}

}  // namespace
}  // namespace yijie::engine
