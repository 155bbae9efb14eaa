// Facts that became known late, case by case.

#include <gtest/gtest.h>

#include "absl/time/time.h"

#include "engine/audit/audit.h"
#include "engine/correction/amendment.h"
#include "engine/correction/check_facts.h"
#include "engine/engine.h"
#include "engine/metrics.h"
#include "engine/policy_archive.h"
#include "engine/queries.h"
#include "engine/settlement_id.h"
#include "tests/correction/world.h"
#include "tests/engine/engine_fixture.h"

namespace yijie::engine {
namespace {

constexpr int64_t kDayMs = 86'400'000;

Moment On(int days_before) { return MomentOf(TestNow().unix_ms - days_before * kDayMs); }

// An out-patient claim of a day that lies `days_before` back.
v1::SettleRequest VisitOf(const std::string& msgid, int64_t fen, int days_before) {
  v1::SettleRequest request = SettleOf(msgid, "P1", fen);
  request.mutable_claim()->set_med_type("11");
  request.mutable_claim()->set_begndate(FormatDate(On(days_before).day));
  request.mutable_claim()->clear_enddate();
  return request;
}

v1::PersonFacts WithDibao(int days_before) {
  v1::PersonFacts facts = SoundFacts();
  v1::AssistanceSpan* span = facts.add_assistance();
  span->set_class_(v1::DIBAO);
  span->set_begndate(FormatDate(On(days_before).day));
  return facts;
}

v1::PersonFacts CoveredUntil(int days_before) {
  v1::PersonFacts facts = SoundFacts();
  facts.mutable_coverage(0)->set_enddate(FormatDate(On(days_before).day));
  return facts;
}

// Institutions may undo until their period is closed: late facts are told on later days.
std::shared_ptr<const Reference> SamePeriodReference() {
  auto reference = std::make_shared<Reference>(*CorrectionReference());
  reference->areas = std::make_shared<const AreaBook>(*AreaBook::Build(
      {{"test.area",
        "id: \"test\" title: \"试\" admdvs: \"*\" begndate: \"2020-01-01\" sample_data: true "
        "source { id: \"s1\" title: \"made up\" grade: \"SAMPLE\" } "
        "clearing { cite: \"s1 1\" reversal_by_institution: SAME_PERIOD }"}}));
  return reference;
}

class CorrectionTest : public testing::Test {
 protected:
  World world_{SamePeriodReference(), SoundFacts()};
};

TEST_F(CorrectionTest, EnrolsAPersonThatIsNotKnown) {
  EXPECT_EQ(world_.person().version, 1);
  EXPECT_EQ(world_.person().facts->psn_name(), "test");
  EXPECT_TRUE(IsLedgerClean(world_.store()));
}

TEST_F(CorrectionTest, FactsThatChangeNothingCorrectNothing) {
  world_.Settle(VisitOf("m1", 100'000, 20), On(20));
  v1::PersonFacts facts = WithDibao(5);  // after the visit
  const v1::AmendPersonResponse response = world_.Amend(facts, TestNow());
  EXPECT_EQ(response.correction_size(), 0);
  EXPECT_EQ(response.version(), 3);
  EXPECT_EQ(world_.person().facts->assistance_size(), 1);
  EXPECT_TRUE(IsLedgerClean(world_.store()));
}

TEST_F(CorrectionTest, AssistanceKnownLateOwesThePersonCash) {
  // Deductible 200, fund 70 % of 800.
  const v1::Settlement before = world_.Settle(VisitOf("m1", 100'000, 20), On(20));
  EXPECT_EQ(before.amounts().psn_cash_pay_fen(), 44'000);
  const v1::AmendPersonResponse response = world_.Amend(WithDibao(30), TestNow());
  ASSERT_EQ(response.correction_size(), 1);
  const v1::Correction& correction = response.correction(0);
  EXPECT_EQ(correction.orig_setl_id(), before.setl_id());
  EXPECT_EQ(correction.after().hifp_pay_fen(), 90'000);
  EXPECT_EQ(correction.after().psn_cash_pay_fen(), 10'000);
  EXPECT_EQ(correction.owed_to_person_fen(), 34'000);
  EXPECT_EQ(response.version(), 6);  // facts, undo, settlement, and what is settled up
  EXPECT_EQ(response.version(), world_.person().version);
  using Sums = std::map<std::string, int64_t>;
  EXPECT_EQ(world_.Ledger(store::v1::PERSON_CLEARING), (Sums{{"P1", -34'000}}));
  EXPECT_EQ(world_.Ledger(store::v1::INSTITUTION_PAYABLE), (Sums{{kHospital, -56'000}}));
  EXPECT_EQ(world_.Ledger(store::v1::FUND_EXPENSE), (Sums{{"310100", 90'000}}));
  EXPECT_TRUE(IsLedgerClean(world_.store()));

  v1::GetSettlementRequest get;
  get.set_fixmedins_code(kHospital);
  get.set_psn_no("P1");
  get.set_setl_id(correction.setl_id());
  const auto now = GetSettlement(world_.store(), get, "P1", world_.person());
  ASSERT_TRUE(now.ok()) << now.status();
  EXPECT_EQ(now->settlement().corrects_setl_id(), before.setl_id());
  EXPECT_EQ(now->settlement().clr_date(), FormatDate(TestNow().day));
  EXPECT_FALSE(now->reversed());
  get.set_setl_id(before.setl_id());
  const auto then = GetSettlement(world_.store(), get, "P1", world_.person());
  ASSERT_TRUE(then.ok()) << then.status();
  EXPECT_EQ(then->reversed_by_setl_id(), correction.reversal_setl_id());
}

TEST_F(CorrectionTest, CoverageThatHadEndedMakesThePersonOweTheBill) {
  world_.Credit(CreditOf("c1", "P1", 10'000), On(40));
  world_.Settle(VisitOf("m1", 100'000, 20), On(20));  // fund 560, account 100, cash 340
  const v1::AmendPersonResponse response = world_.Amend(CoveredUntil(30), TestNow());
  ASSERT_EQ(response.correction_size(), 1);
  EXPECT_EQ(response.correction(0).outcome(), v1::NOT_INSURED);
  EXPECT_NE(response.correction(0).reason(), "");
  EXPECT_EQ(response.correction(0).setl_id(), "");
  EXPECT_EQ(response.owed_to_person_fen(), -66'000);
  EXPECT_EQ(response.balc_fen(), 10'000);
  using Sums = std::map<std::string, int64_t>;
  EXPECT_EQ(world_.Ledger(store::v1::PERSON_CLEARING), (Sums{{"P1", 66'000}}));
  EXPECT_EQ(world_.Ledger(store::v1::INSTITUTION_PAYABLE), (Sums{{kHospital, -66'000}}));
  EXPECT_EQ(world_.Ledger(store::v1::FUND_EXPENSE), Sums());
  EXPECT_EQ(world_.Totals(), "");
  EXPECT_TRUE(IsLedgerClean(world_.store()));
}

TEST_F(CorrectionTest, WhatWasCorrectedOnceIsCorrectedAgainFromTheCashReallyPaid) {
  world_.Settle(VisitOf("m1", 100'000, 20), On(20));  // cash 440
  world_.Settle(VisitOf("m2", 100'000, 10), On(10));  // cash 440
  EXPECT_EQ(world_.Amend(WithDibao(30), TestNow()).owed_to_person_fen(), 68'000);
  const v1::AmendPersonResponse back = world_.Amend(SoundFacts(), TestNow());
  EXPECT_EQ(back.correction_size(), 2);
  EXPECT_EQ(back.owed_to_person_fen(), -68'000);
  EXPECT_TRUE(world_.Ledger(store::v1::PERSON_CLEARING).empty());
  EXPECT_EQ(world_.Ledger(store::v1::INSTITUTION_PAYABLE).at(kHospital), -112'000);
  EXPECT_TRUE(IsLedgerClean(world_.store()));
}

TEST_F(CorrectionTest, ARefusedClaimStaysRefused) {
  v1::PersonFacts servant = SoundFacts();
  servant.set_cvlserv_flag(true);
  World world(SamePeriodReference(), servant);
  EXPECT_EQ(world.Settle(VisitOf("m1", 100'000, 20), On(20)).outcome(), v1::EXCLUDED_BY_POLICY);
  EXPECT_EQ(world.Amend(SoundFacts(), TestNow()).correction_size(), 0);
}

TEST_F(CorrectionTest, TheCorrectionCanBeUndoneLikeAnySettlement) {
  world_.Settle(VisitOf("m1", 100'000, 20), On(20));
  const v1::AmendPersonResponse response = world_.Amend(WithDibao(30), TestNow());
  EXPECT_EQ(world_.Reverse("r1", response.correction(0).setl_id(), TestNow()).outcome(),
            v1::REVERSED);
  for (const auto account :
       {store::v1::PERSON_CLEARING, store::v1::INSTITUTION_PAYABLE, store::v1::FUND_EXPENSE}) {
    EXPECT_TRUE(world_.Ledger(account).empty());
  }
  EXPECT_TRUE(IsLedgerClean(world_.store()));
}

// The institution knows the settlement by its first id.
TEST_F(CorrectionTest, TheUndoOfWhatWasReplacedUndoesTheReplacement) {
  const v1::Settlement first = world_.Settle(VisitOf("m1", 100'000, 20), On(20));
  const v1::AmendPersonResponse response = world_.Amend(WithDibao(30), TestNow());
  ASSERT_EQ(response.correction_size(), 1);
  const v1::Reversal undone = world_.Reverse("r1", first.setl_id(), TestNow());
  EXPECT_EQ(undone.outcome(), v1::REVERSED);
  EXPECT_EQ(undone.orig_setl_id(), response.correction(0).setl_id());
  EXPECT_EQ(undone.amounts().hifp_pay_fen(), -90'000);
  EXPECT_TRUE(world_.Ledger(store::v1::INSTITUTION_PAYABLE).empty());
  EXPECT_TRUE(world_.Ledger(store::v1::PERSON_CLEARING).empty());
  EXPECT_EQ(world_.Totals(), "");
  EXPECT_EQ(world_.Reverse("r2", first.setl_id(), TestNow()).outcome(), v1::ALREADY_REVERSED);
  EXPECT_TRUE(IsLedgerClean(world_.store()));
}

// The second visit counted on the first, whenever that was corrected.
TEST_F(CorrectionTest, ACorrectionLeavesTheOrderOfUndos) {
  const v1::Settlement first = world_.Settle(VisitOf("m1", 100'000, 20), On(20));
  const v1::Settlement second = world_.Settle(VisitOf("m2", 100'000, 10), On(10));
  v1::PersonFacts facts = WithDibao(30);
  facts.mutable_assistance(0)->set_enddate(FormatDate(On(15).day));
  const v1::AmendPersonResponse response = world_.Amend(facts, TestNow());
  ASSERT_EQ(response.correction_size(), 1);
  EXPECT_EQ(response.correction(0).orig_setl_id(), first.setl_id());
  const v1::Reversal refused = world_.Reverse("r1", response.correction(0).setl_id(), TestNow());
  EXPECT_EQ(refused.outcome(), v1::LATER_SETTLEMENT_EXISTS);
  EXPECT_EQ(refused.setl_id(), second.setl_id());
  EXPECT_EQ(world_.Reverse("r2", second.setl_id(), TestNow()).outcome(), v1::REVERSED);
  EXPECT_EQ(world_.Reverse("r3", first.setl_id(), TestNow()).outcome(), v1::REVERSED);
  EXPECT_EQ(world_.Totals(), "");
  EXPECT_TRUE(IsLedgerClean(world_.store()));
}

// The claim would have used money that is gone by now.
TEST_F(CorrectionTest, TheAccountPaysWhatIsLeftAndThePersonOwesTheRest) {
  v1::SettleRequest visit = VisitOf("m1", 100'000, 20);
  world_.Settle(visit, On(20));  // cash 440
  world_.Credit(CreditOf("c1", "P1", 10'000), On(10));
  const Replayer with_money = [](const Reference& reference, const auto& versions, auto facts,
                                 const Moment& /*now*/) {
    auto replayed = ReplayHistory(reference, versions, std::move(facts));
    (*replayed)[0].account_paid = {Fen(44'000), Fen(0)};
    return replayed;
  };
  const v1::AmendPersonResponse response = world_.AmendWith(with_money, SoundFacts(), TestNow());
  ASSERT_EQ(response.correction_size(), 1);
  EXPECT_EQ(response.correction(0).after().acct_pay_fen(), 10'000);
  EXPECT_EQ(response.correction(0).after().psn_cash_pay_fen(), 34'000);
  EXPECT_EQ(response.owed_to_person_fen(), 10'000);
  EXPECT_EQ(response.balc_fen(), 0);
  EXPECT_TRUE(IsLedgerClean(world_.store()));
}

TEST_F(CorrectionTest, APersonWithoutRoomForTheVersionsIsLeftAlone) {
  world_.Settle(VisitOf("m1", 100'000, 20), On(20));
  v1::AmendPersonRequest request;
  *request.mutable_header() = Header("a");
  *request.mutable_facts() = WithDibao(30);
  const auto reference = CorrectionReference();
  const auto replayed = ReplayHistory(*reference, world_.Versions(),
                                      std::make_shared<v1::PersonFacts>(request.facts()));
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  const auto status_at = [&](int64_t version, const std::vector<ReplayedClaim>& claims) {
    Person person = world_.person();
    person.version = version;
    return BookAmendment(*reference, request, "request", claims, person, TestNow()).status().code();
  };
  EXPECT_EQ(status_at(kMaxVersion - 4, *replayed), absl::StatusCode::kOk);
  EXPECT_EQ(status_at(kMaxVersion - 3, *replayed), absl::StatusCode::kResourceExhausted);
  const std::vector<ReplayedClaim> many(kMaxCorrections + 1, (*replayed)[0]);
  EXPECT_EQ(status_at(2, many), absl::StatusCode::kResourceExhausted);
}

// The audit lets a correction leave the institution what it was owed, and nothing else.
TEST_F(CorrectionTest, TheAuditFindsAnUndoThatOwesAnotherAmount) {
  world_.Settle(VisitOf("m1", 100'000, 20), On(20));
  world_.Amend(CoveredUntil(30), TestNow());
  const std::vector<storage::PersonVersion> versions = world_.Versions();
  storage::PersonVersion last = versions[versions.size() - 2];  // the undo; then it is settled up
  store::v1::PersonEvent event;
  ASSERT_TRUE(event.ParseFromString(last.event));
  for (store::v1::JournalLine& line : *event.mutable_journal()) {
    if (line.account() == store::v1::PERSON_CLEARING) line.set_amount_fen(line.amount_fen() - 1);
    if (line.account() == store::v1::INSTITUTION_PAYABLE && line.amount_fen() < 0)
      line.set_amount_fen(line.amount_fen() + 1);
  }
  last.event = event.SerializeAsString();
  ASSERT_TRUE(IsLedgerClean(world_.store()));
  world_.store().PlantVersion("P1", last);
  EXPECT_FALSE(IsLedgerClean(world_.store()));
}

// Through the lanes: the person is enrolled, corrected, and a message that comes again gets the
// reply of the first.
TEST(AmendPerson, IsAppliedOnceByItsMessageId) {
  const QuietLog quiet;
  const auto reference = CorrectionReference();
  storage::MemoryStore store;
  ASSERT_TRUE(ArchivePolicies(store, *reference->policies, absl::UnixEpoch()).ok());
  Metrics metrics;
  Engine engine(EngineOptions(), store, metrics, reference);
  v1::AmendPersonRequest request;
  *request.mutable_header() = Header("a1");
  *request.mutable_facts() = SoundFacts();
  EXPECT_EQ(Parsed<v1::AmendPersonResponse>(Ask(engine, Call::kAmendPerson, request)).version(), 1);
  Parsed<v1::SettleResponse>(Ask(engine, Call::kSettle, VisitOf("m1", 100'000, 20)));
  *request.mutable_header() = Header("a2");
  *request.mutable_facts() = WithDibao(30);
  const Reply first = Ask(engine, Call::kAmendPerson, request);
  const auto response = Parsed<v1::AmendPersonResponse>(first);
  EXPECT_EQ(response.version(), 6);
  EXPECT_EQ(response.correction_size(), 1);
  EXPECT_EQ(Ask(engine, Call::kAmendPerson, request).bytes, first.bytes);
  EXPECT_EQ((*store.LoadLatest("P1"))->version, 6);
  EXPECT_TRUE(IsLedgerClean(store));
}

TEST(CheckFacts, NamesTheField) {
  const auto problem = [](const std::function<void(v1::PersonFacts&)>& change) {
    v1::PersonFacts facts = SoundFacts();
    change(facts);
    const absl::Status status = CheckFacts(facts, TestNow().day);
    const std::string message(status.message());
    return message.substr(0, message.find(':'));
  };
  EXPECT_EQ(problem([](auto&) {}), "");
  EXPECT_EQ(problem([](auto& f) { f.set_psn_no("a b"); }), "facts.psn_no");
  EXPECT_EQ(problem([](auto& f) { f.set_brdy("2026-02-30"); }), "facts.brdy");
  EXPECT_EQ(problem([](auto& f) { f.set_brdy("2026-06-16"); }), "facts.brdy");
  EXPECT_EQ(problem([](auto& f) { f.set_psn_cert_type("01"); }), "facts.certno");
  EXPECT_EQ(problem([](auto& f) { f.set_death_date("2027-01-01"); }), "facts.death_date");
  EXPECT_EQ(problem([](auto& f) { f.mutable_coverage(1)->set_enddate("2019-01-01"); }),
            "facts.coverage[1].enddate");
  EXPECT_EQ(problem([](auto& f) {
              *f.add_coverage() = f.coverage(0);
              f.mutable_coverage(2)->set_insutype("390");
            }),
            "facts.coverage[2].begndate");
  EXPECT_EQ(problem([](auto& f) {
              *f.add_coverage() = f.coverage(0);
              f.mutable_coverage(2)->set_insutype("390");
              f.mutable_coverage(2)->set_psn_insu_stas("2");
            }),
            "");
  EXPECT_EQ(problem([](auto& f) { f.add_assistance()->set_begndate("2026-01-01"); }),
            "facts.assistance[0].class");
  const auto two_classes = [](const char* first_ends) {
    return [first_ends](v1::PersonFacts& f) {
      v1::AssistanceSpan& first = *f.add_assistance();
      first.set_class_(v1::DIBAO);
      first.set_begndate("2026-01-01");
      first.set_enddate(first_ends);
      v1::AssistanceSpan& second = *f.add_assistance();
      second.set_class_(v1::TEKUN);
      second.set_begndate("2026-03-01");
    };
  };
  EXPECT_EQ(problem(two_classes("2026-02-28")), "");
  EXPECT_EQ(problem(two_classes("2026-03-01")), "facts.assistance[1].begndate");
  EXPECT_EQ(problem(two_classes("")), "facts.assistance[1].begndate");
  EXPECT_EQ(problem([](auto& f) { f.add_right()->set_code("A,B"); }), "facts.right[0].code");
  EXPECT_EQ(problem([](auto& f) { f.add_suspension()->set_begndate("x"); }),
            "facts.suspension[0].begndate");
}

}  // namespace
}  // namespace yijie::engine
