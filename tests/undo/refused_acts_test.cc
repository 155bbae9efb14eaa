// The trail of refused acts: what is in it, that it is durable with the refusal, and that nobody
// can fill the disk with it.

#include "engine/refused_acts.h"

#include <gtest/gtest.h>

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/queries.h"
#include "tests/correction/world.h"
#include "tests/undo/counter.h"

namespace yijie::engine {
namespace {

using yijie::store::v1::RefusedAct;

std::vector<RefusedAct> Trail(storage::StoreReader& store, int64_t first_ms = 0,
                              int64_t end_ms = INT64_MAX) {
  std::vector<RefusedAct> acts;
  const absl::Status status = VisitRefusedActs(store, first_ms, end_ms, [&](const RefusedAct& act) {
    acts.push_back(act);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return acts;
}

v1::GetSettlementRequest GetOf(const char* institution, const std::string& setl_id) {
  v1::GetSettlementRequest request;
  request.set_fixmedins_code(institution);
  request.set_psn_no("P1");
  request.set_setl_id(setl_id);
  return request;
}

v1::RefundRequest RefundOf(const std::string& msgid, const std::string& setl_id) {
  v1::RefundRequest request;
  *request.mutable_header() = Header(msgid);
  request.set_psn_no("P1");
  request.set_setl_id(setl_id);
  request.add_line()->set_line(1);
  request.mutable_line(0)->set_cnt_1e4(1);
  return request;
}

TEST(RefusedActs, OfAnotherInstitutionLeaveTheirReason) {
  Counter counter(CorrectionReference());
  const std::string setl_id = counter.Settle(SettleOf("m1", "P1", 100'000)).setl_id();
  v1::ReverseRequest reverse = ReverseOf("u1", "P1", setl_id);
  reverse.mutable_header()->set_fixmedins_code(kOtherHospital);
  reverse.mutable_header()->set_opter("07");
  const Reply told = counter.Send(Call::kReverse, reverse, DaysLater(1));
  const v1::Reversal refused = Parsed<v1::ReverseResponse>(told).reversal();
  EXPECT_EQ(refused.outcome(), v1::NO_SUCH_SETTLEMENT);
  EXPECT_FALSE(absl::StrContains(refused.reason(), kHospital)) << "the caller learns whose it is";
  v1::RefundRequest refund = RefundOf("r1", setl_id);
  refund.mutable_header()->set_fixmedins_code(kOtherHospital);
  EXPECT_EQ(Parsed<v1::RefundResponse>(counter.Send(Call::kRefund, refund, DaysLater(2))).outcome(),
            v1::REFUND_NO_SUCH_SETTLEMENT);
  EXPECT_EQ(counter.Send(Call::kGetSettlement, GetOf(kOtherHospital, setl_id), DaysLater(3))
                .status.code(),
            absl::StatusCode::kNotFound);
  // The same message again is the same refusal, and no second row.
  EXPECT_EQ(counter.Send(Call::kReverse, reverse, DaysLater(4)).bytes, told.bytes);

  const std::vector<RefusedAct> trail = Trail(counter.store());
  ASSERT_EQ(trail.size(), 3U);
  EXPECT_EQ(trail[0].call(), "Reverse");
  EXPECT_EQ(trail[0].fixmedins_code(), kOtherHospital);
  EXPECT_EQ(trail[0].msgid(), "u1");
  EXPECT_EQ(trail[0].opter(), "07");
  EXPECT_EQ(trail[0].psn_no(), "P1");
  EXPECT_EQ(trail[0].setl_id(), setl_id);
  EXPECT_EQ(trail[0].outcome(), "NO_SUCH_SETTLEMENT");
  EXPECT_EQ(trail[0].time_unix_ms(), DaysLater(1).unix_ms);
  EXPECT_TRUE(absl::StrContains(trail[0].reason(), kHospital)) << trail[0].reason();
  EXPECT_EQ(trail[1].call(), "Refund");
  EXPECT_EQ(trail[2].call(), "GetSettlement");
  EXPECT_EQ(trail[2].count(), 1);
  EXPECT_EQ(Trail(counter.store(), DaysLater(2).unix_ms, DaysLater(3).unix_ms).size(), 1U);
  const std::string text = RefusedActAsText(trail[0]);
  EXPECT_TRUE(absl::StrContains(text, "报文 u1")) << text;
}

TEST(RefusedActs, OfTimeAndCredentialToo) {
  Counter counter(ReferenceWith("card { cite: \"s1 1\" credential_required: true }"));
  const v1::Settlement none = counter.Settle(SettleOf("m1", "P1", 100'000));
  EXPECT_EQ(none.outcome(), v1::CREDENTIAL_REFUSED);
  ASSERT_EQ(Trail(counter.store()).size(), 1U);
  EXPECT_EQ(Trail(counter.store())[0].outcome(), "CREDENTIAL_REFUSED");
  EXPECT_EQ(Trail(counter.store())[0].reason(), none.reason());

  Counter other(CorrectionReference());
  const std::string setl_id = other.Settle(SettleOf("m1", "P1", 100'000)).setl_id();
  other.Reverse("u1", setl_id, DaysLater(5));
  other.Send(Call::kReverseByMessage, UndoOf("u2", "P1", "m1"), DaysLater(5));
  other.Send(Call::kRefund, RefundOf("r1", setl_id), DaysLater(5));
  const std::vector<RefusedAct> trail = Trail(other.store());
  ASSERT_EQ(trail.size(), 3U);
  for (const RefusedAct& act : trail)
    EXPECT_TRUE(absl::StrContains(act.outcome(), "ONLY_BY_AGENCY")) << act.outcome();
}

TEST(RefusedActs, WhatIsNoMatterOfRightsLeavesNone) {
  Counter counter(CorrectionReference());
  v1::SettleRequest excluded = SettleOf("m1", "P1", 100'000);
  excluded.mutable_claim()->set_rel_ttp_flag(true);
  EXPECT_EQ(counter.Settle(excluded).outcome(), v1::EXCLUDED_BY_POLICY);
  const v1::Settlement first = counter.Settle(SettleOf("m2", "P1", 100'000));
  counter.Settle(SettleOf("m3", "P1", 100'000));
  EXPECT_EQ(counter.Reverse("u1", first.setl_id()).outcome(), v1::LATER_SETTLEMENT_EXISTS);
  EXPECT_EQ(counter.Send(Call::kGetSettlement, GetOf(kHospital, first.setl_id())).status.code(),
            absl::StatusCode::kOk);
  EXPECT_TRUE(Trail(counter.store()).empty());
}

// 100 rows of an institution's day in full, then the 200th, 400th, 800th and 1,600th; unknown
// institutions together as one, however many names they take; the next day anew.
TEST(RefusedActs, ReadsAreBounded) {
  Counter counter(CorrectionReference());
  const std::string setl_id = counter.Settle(SettleOf("m1", "P1", 100'000)).setl_id();
  const int known = 1'700, unknown = 300;
  for (int i = 0; i < known; ++i)
    counter.Send(Call::kGetSettlement, GetOf(kOtherHospital, setl_id));
  for (int i = 0; i < unknown; ++i)
    counter.Send(Call::kGetSettlement, GetOf(absl::StrCat("X", i).c_str(), setl_id));
  std::vector<RefusedAct> trail = Trail(counter.store());
  EXPECT_EQ(trail.size(), 100U + 4 + 100 + 1);
  int64_t most = 0;
  for (const RefusedAct& act : trail) {
    if (act.fixmedins_code() == kOtherHospital) most = std::max(most, act.count());
  }
  EXPECT_EQ(most, 1'600);
  counter.Send(Call::kGetSettlement, GetOf(kOtherHospital, setl_id), DaysLater(1));
  trail = Trail(counter.store(), DaysLater(1).unix_ms);
  ASSERT_EQ(trail.size(), 1U);
  EXPECT_EQ(trail[0].count(), 1);
}

TEST(RefusedActs, TextHoldsNoControlCharacters) {
  RefusedAct act;
  act.set_opter("07\n2026-01-01 forged");
  EXPECT_FALSE(absl::StrContains(RefusedActAsText(act), "\n"));
}

}  // namespace
}  // namespace yijie::engine
