// Who may undo a settlement, and until when; what the agency's undo keeps.

#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/audit/audit.h"
#include "engine/books/book_projection.h"
#include "engine/books/closed_period.h"
#include "storage/hand_over.h"
#include "tests/correction/world.h"
#include "tests/undo/counter.h"

namespace yijie::engine {
namespace {

constexpr char kAgency[] = "A410199";

v1::UndoSettlementRequest AgencyUndo(const std::string& msgid, const std::string& setl_id) {
  v1::UndoSettlementRequest request;
  request.mutable_header()->set_fixmedins_code(kAgency);
  request.mutable_header()->set_msgid(msgid);
  request.set_psn_no("P1");
  request.set_setl_id(setl_id);
  request.set_fixmedins_code(kHospital);
  request.set_reason("核查发现重复收费");
  return request;
}

v1::Reversal ByMessage(Counter& counter, const std::string& msgid, const std::string& omsgid,
                       const Moment& now) {
  return Parsed<v1::ReverseByMessageResponse>(
             counter.Send(Call::kReverseByMessage, UndoOf(msgid, "P1", omsgid), now))
      .reversal();
}

void ClosePeriodOf(Counter& counter, const Moment& day) {
  const auto status = storage::WriteRows(
      counter.store(), {{std::string(kClosedPeriods),
                         ClosedPeriodKey(kHospital, FormatDate(day.day).substr(0, 7)), "closed"}});
  ASSERT_TRUE(status.ok()) << status;
}

// The midnights about the day of the settlement, at UTC+8: TestNow is noon.
TEST(UndoLimits, OnTheDayByIdAndOnTheNextByMessage) {
  constexpr int64_t kHalfDay = kDayMs / 2;
  struct Case {
    int64_t after_ms;
    v1::ReverseOutcome by_id;
    v1::ReverseOutcome by_message;
  };
  const Case cases[] = {{kHalfDay - 1, v1::REVERSED, v1::REVERSED},
                        {kHalfDay, v1::ONLY_BY_AGENCY, v1::REVERSED},
                        {kHalfDay + kDayMs - 1, v1::ONLY_BY_AGENCY, v1::REVERSED},
                        {kHalfDay + kDayMs, v1::ONLY_BY_AGENCY, v1::ONLY_BY_AGENCY},
                        {40 * kDayMs, v1::ONLY_BY_AGENCY, v1::ONLY_BY_AGENCY}};
  // SAME_DAY is what holds where no area says anything.
  for (const auto& reference :
       {CorrectionReference(), ReferenceWith("clearing { cite: \"s1 1\" }")}) {
    for (const Case& c : cases) {
      const Moment then = MomentOf(TestNow().unix_ms + c.after_ms);
      Counter by_id(reference), by_message(reference);
      const v1::Settlement settled = by_id.Settle(SettleOf("m1", "P1", 100'000));
      const v1::Reversal undone = by_id.Reverse("u1", settled.setl_id(), then);
      EXPECT_EQ(undone.outcome(), c.by_id) << c.after_ms;
      EXPECT_EQ(undone.reason().empty(), c.by_id == v1::REVERSED);
      by_message.Settle(SettleOf("m1", "P1", 100'000));
      EXPECT_EQ(ByMessage(by_message, "u1", "m1", then).outcome(), c.by_message) << c.after_ms;
      EXPECT_TRUE(IsLedgerClean(by_id.store()));
    }
  }
}

TEST(UndoLimits, AMessageThatNeverCameIsClosedWhenever) {
  Counter counter(CorrectionReference());
  EXPECT_EQ(ByMessage(counter, "u1", "m1", DaysLater(90)).outcome(), v1::NOTHING_TO_REVERSE);
  EXPECT_EQ(counter.Settle(SettleOf("m1", "P1", 100'000)).outcome(), v1::REVERSED_BEFORE_ARRIVAL);
}

TEST(UndoLimits, UntilThePeriodIsClosedWhereTheAreaSaysSo) {
  const auto reference =
      ReferenceWith("clearing { cite: \"s1 1\" reversal_by_institution: SAME_PERIOD }");
  Counter counter(reference);
  const v1::Settlement first = counter.Settle(SettleOf("m1", "P1", 100'000));
  EXPECT_EQ(counter.Reverse("u1", first.setl_id(), DaysLater(40)).outcome(), v1::REVERSED);
  const v1::Settlement second = counter.Settle(SettleOf("m2", "P1", 100'000));
  ClosePeriodOf(counter, TestNow());
  EXPECT_EQ(counter.Reverse("u2", second.setl_id(), DaysLater(40)).outcome(),
            v1::CLEARING_PERIOD_CLOSED);
  EXPECT_EQ(ByMessage(counter, "u3", "m2", DaysLater(40)).outcome(), v1::CLEARING_PERIOD_CLOSED);
  EXPECT_EQ(counter.Reverse("u4", first.setl_id(), DaysLater(40)).outcome(), v1::ALREADY_REVERSED)
      << "that it is undone already comes first";
}

// A correction by the agency gives the institution no new time.
TEST(UndoLimits, TheDayIsThatOnWhichTheClaimCameIn) {
  Counter counter(CorrectionReference());
  v1::SettleRequest visit = SettleOf("m2", "P1", 100'000);
  visit.mutable_claim()->set_med_type("11");
  visit.mutable_claim()->clear_enddate();
  const v1::Settlement before = counter.Settle(visit);
  v1::PersonFacts dibao = SoundFacts();
  v1::AssistanceSpan* span = dibao.add_assistance();
  span->set_class_(v1::DIBAO);
  span->set_begndate("2026-06-01");
  counter.Amend("late", dibao, DaysLater(3));
  v1::GetSettlementRequest get;
  get.set_fixmedins_code(kHospital);
  get.set_psn_no("P1");
  get.set_setl_id(before.setl_id());
  const auto told =
      Parsed<v1::GetSettlementResponse>(counter.Send(Call::kGetSettlement, get, DaysLater(3)));
  const std::string correction = counter.SettlementIds().back();
  ASSERT_NE(correction, before.setl_id());
  EXPECT_FALSE(told.reversed());
  EXPECT_EQ(told.replaced_by_setl_id(), correction);
  EXPECT_EQ(counter.Reverse("u1", correction, DaysLater(3)).outcome(), v1::ONLY_BY_AGENCY);
  const Reply undone =
      counter.Send(Call::kUndoSettlement, AgencyUndo("a1", correction), DaysLater(3));
  const v1::Reversal reversal = Parsed<v1::ReverseResponse>(undone).reversal();
  EXPECT_EQ(reversal.outcome(), v1::REVERSED);
  EXPECT_EQ(reversal.cash_paid_fen(), before.amounts().psn_cash_pay_fen()) << "at the counter";
  EXPECT_NE(reversal.amounts().psn_cash_pay_fen(), -reversal.cash_paid_fen()) << "as corrected";
  EXPECT_TRUE(IsLedgerClean(counter.store()));
}

TEST(AgencyUndo, IsARecordOfTheCurrentPeriodWithItsReason) {
  Counter counter(ReferenceWith("clearing { cite: \"s1 1\" quality_deposit_1e6: 50000 }"));
  const std::string before = counter.Totals();
  const v1::Settlement settled = counter.Settle(SettleOf("m1", "P1", 100'000));
  ClosePeriodOf(counter, TestNow());
  const Moment later = DaysLater(40);
  EXPECT_EQ(counter.Reverse("u1", settled.setl_id(), later).outcome(), v1::CLEARING_PERIOD_CLOSED);
  const Reply reply =
      counter.Send(Call::kUndoSettlement, AgencyUndo("a1", settled.setl_id()), later);
  const v1::Reversal undone = Parsed<v1::ReverseResponse>(reply).reversal();
  ASSERT_EQ(undone.outcome(), v1::REVERSED);
  const auto event = *ParseEvent(**counter.store().LoadLatest("P1"));
  EXPECT_EQ(event.setlym(), FormatDate(later.day).substr(0, 7));
  EXPECT_EQ(event.fixmedins_code(), kAgency);
  EXPECT_TRUE(event.reversed().by_agency());
  EXPECT_EQ(event.reversed().agency_reason(), "核查发现重复收费");
  EXPECT_EQ(counter.Totals(), before);
  for (const auto account : {store::v1::INSTITUTION_PAYABLE, store::v1::QUALITY_DEPOSIT,
                             store::v1::FUND_EXPENSE, store::v1::PERSONAL_ACCOUNT})
    EXPECT_EQ(counter.Ledger(account), 0);
  // In the book of the hospital, with the agency's message.
  const auto entries = EntriesOfVersion(counter.store(), "P1", **counter.store().LoadLatest("P1"));
  ASSERT_TRUE(entries.ok() && entries->size() == 1);
  const auto& entry = entries->front();
  EXPECT_EQ(entry.fixmedins_code(), kHospital);
  EXPECT_EQ(entry.orig_setlym(), "2026-06");
  EXPECT_EQ(entry.medins_setl_id(), "a1");
  EXPECT_LT(entry.amounts().quality_deposit_fen(), 0);
  EXPECT_TRUE(IsLedgerClean(counter.store()));
  // Again, also after a restart, it is the same answer, and another message finds nothing to do.
  counter.Restart();
  EXPECT_EQ(counter.Send(Call::kUndoSettlement, AgencyUndo("a1", settled.setl_id()), later).bytes,
            reply.bytes);
  EXPECT_EQ(Parsed<v1::ReverseResponse>(
                counter.Send(Call::kUndoSettlement, AgencyUndo("a2", settled.setl_id()), later))
                .reversal()
                .outcome(),
            v1::ALREADY_REVERSED);
  v1::UndoSettlementRequest other = AgencyUndo("a1", settled.setl_id());
  other.set_reason("另一理由");
  EXPECT_EQ(counter.Send(Call::kUndoSettlement, other, later).status.code(),
            absl::StatusCode::kAlreadyExists);
}

TEST(AgencyUndo, KeepsTheOrderOfSettlements) {
  Counter counter(CorrectionReference());
  const v1::Settlement first = counter.Settle(SettleOf("m1", "P1", 100'000));
  const v1::Settlement second = counter.Settle(SettleOf("m2", "P1", 100'000));
  const v1::Reversal refused =
      Parsed<v1::ReverseResponse>(
          counter.Send(Call::kUndoSettlement, AgencyUndo("a1", first.setl_id()), DaysLater(9)))
          .reversal();
  EXPECT_EQ(refused.outcome(), v1::LATER_SETTLEMENT_EXISTS);
  EXPECT_EQ(refused.setl_id(), second.setl_id());
  // Under the name of an institution that did not settle there is nothing.
  v1::UndoSettlementRequest wrong = AgencyUndo("a2", second.setl_id());
  wrong.set_fixmedins_code(kOtherHospital);
  EXPECT_EQ(Parsed<v1::ReverseResponse>(counter.Send(Call::kUndoSettlement, wrong, DaysLater(9)))
                .reversal()
                .outcome(),
            v1::NO_SUCH_SETTLEMENT);
}

TEST(AgencyUndo, BadRequestsNameTheField) {
  const v1::UndoSettlementRequest good = AgencyUndo("a1", std::string(30, '0'));
  const std::pair<const char*, std::function<void(v1::UndoSettlementRequest&)>> bad[] = {
      {"header.msgid: ", [](auto& r) { r.mutable_header()->clear_msgid(); }},
      {"header.fixmedins_code: ", [](auto& r) { r.clear_header(); }},
      {"psn_no: ", [](auto& r) { r.set_psn_no("P-1"); }},
      {"setl_id: ", [](auto& r) { r.set_setl_id("x"); }},
      {"setl_id: ", [](auto& r) { r.set_setl_id(std::string(30, '\n')); }},
      {"fixmedins_code: ", [](auto& r) { r.clear_fixmedins_code(); }},
      {"reason: ", [](auto& r) { r.clear_reason(); }},
      {"reason: ", [](auto& r) { r.set_reason(std::string(301, 'r')); }},
      {"reason: ", [](auto& r) { r.set_reason("two\nlines"); }}};
  for (const auto& [field, change] : bad) {
    v1::UndoSettlementRequest request = good;
    change(request);
    const auto job = MakeJob(Call::kUndoSettlement,
                             std::make_unique<v1::UndoSettlementRequest>(request), TestNow());
    EXPECT_EQ(job.status().code(), absl::StatusCode::kInvalidArgument) << field;
    EXPECT_TRUE(absl::StartsWith(job.status().message(), field)) << field << job.status();
  }
}

// The audit against undos of the agency that nobody could have made.
TEST(AgencyUndo, AuditFindsPlantedDefects) {
  const std::function<void(store::v1::ReversedEvent&)> defects[] = {
      [](auto& event) { event.clear_agency_reason(); },
      [](auto& event) { event.set_by_agency(false); }, [](auto& event) { event.set_refund(true); }};
  for (const auto& defect : defects) {
    Counter counter(CorrectionReference());
    const v1::Settlement settled = counter.Settle(SettleOf("m1", "P1", 100'000));
    counter.Send(Call::kUndoSettlement, AgencyUndo("a1", settled.setl_id()), DaysLater(9));
    counter.Credit("c", v1::CURRENT_YEAR, 1, DaysLater(9));
    ASSERT_TRUE(IsLedgerClean(counter.store()));
    storage::PersonVersion version =
        **counter.store().LoadVersion("P1", counter.person().version - 1);
    auto event = *ParseEvent(version);
    defect(*event.mutable_reversed());
    version.event = event.SerializeAsString();
    counter.store().PlantVersion("P1", version);
    EXPECT_FALSE(IsLedgerClean(counter.store()));
  }
}

}  // namespace
}  // namespace yijie::engine
