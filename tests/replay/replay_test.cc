// Replay of stored and generated histories: nothing changes under the policies that settled them,
// and exactly what must changes under others.

#include "engine/replay/replay.h"

#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/audit/audit.h"
#include "engine/policy_archive.h"
#include "engine/replay/report_text.h"
#include "engine/replay/track.h"
#include "engine/validate.h"
#include "gtest/gtest.h"
#include "rules/loader.h"
#include "tests/memory_store.h"
#include "tests/replay/bookkeeper.h"
#include "tests/replay/hand_history.h"

namespace yijie::engine {
namespace {

constexpr int64_t kPersons = 400;
constexpr int64_t kClaims = 4'000;

uint64_t Seed() {
  const char* const set = std::getenv("YIJIE_SEED");
  const uint64_t seed = set != nullptr ? std::strtoull(set, nullptr, 10) : 20261122;
  std::cout << "YIJIE_SEED=" << seed << "\n";
  return seed;
}

ReplayOptions With(int threads) {
  ReplayOptions options;
  options.threads = threads;
  return options;
}

std::shared_ptr<const rules::RuleBook> ShippedTables() {
  auto policies = rules::LoadRuleBook(YIJIE_SOURCE_ROOT "/rules/tables");
  EXPECT_TRUE(policies.ok()) << policies.status();
  return *policies;
}

// The shipped package of Zhengzhou in-patients with another ratio, and the others as they are.
std::shared_ptr<const rules::RuleBook> ChangedTables() {
  const auto shipped = ShippedTables();
  std::vector<std::unique_ptr<const rules::Program>> programs;
  bool changed = false;
  for (const auto& program : shipped->programs()) {
    auto copy = std::make_unique<rules::Program>(*program);
    if (copy->id == "henan-zhengzhou-employee-inpatient") {
      for (rules::Band& band : copy->bands) band.ratio = Ratio(500'000);
      copy->hash[0] ^= 1;
      changed = true;
    }
    programs.push_back(std::move(copy));
  }
  EXPECT_TRUE(changed);
  return *rules::RuleBook::Build(std::move(programs));
}

void ExpectNoDifference(const ReplayReport& report) {
  EXPECT_EQ(report.total.changed, 0);
  EXPECT_EQ(report.total.refused_now, 0);
  EXPECT_EQ(report.total.settled_now, 0);
  EXPECT_EQ(report.other_package, 0);
  EXPECT_TRUE(report.total.stored == report.total.draft);
  EXPECT_TRUE(report.losers.empty());
  for (const auto& [code, fund] : report.funds) EXPECT_EQ(fund.stored, fund.draft) << code;
  for (const auto& [code, fund] : report.benefits) EXPECT_EQ(fund.stored, fund.draft) << code;
  for (const auto& groups : report.groups) {
    for (const auto& [key, tally] : groups) {
      EXPECT_TRUE(tally.stored == tally.draft) << key;
      EXPECT_EQ(tally.changed, 0) << key;
    }
  }
}

std::string Text(const ReplayReport& report) { return ReportAsText({}, report); }

// Checks that every request of a generated history is valid.
class Validator final : public HistoryVisitor {
 public:
  void Facts(std::shared_ptr<const v1::PersonFacts>) override {}
  void Credit(rules::SubAccount, Fen amount) override { EXPECT_GT(amount, Fen(0)); }
  void Settle(int64_t version, const v1::SettleRequest& request) override {
    EXPECT_GT(version, last_);
    last_ = version;
    ++claims_;
    const absl::Status status = CheckClaim(request.claim());
    EXPECT_TRUE(status.ok()) << status;
  }
  void Reverse(int64_t version) override { EXPECT_EQ(version, last_); }
  int64_t TakeClaims() {
    last_ = 0;
    return std::exchange(claims_, 0);
  }

 private:
  int64_t last_ = 0;
  int64_t claims_ = 0;
};

TEST(SampleHistoryTest, IsValidAndHasTheClaimsAskedFor) {
  const auto history = SampleHistory::Make(97, 1'000, Seed());
  ASSERT_TRUE(history.ok()) << history.status();
  ASSERT_EQ(history->persons(), 97);
  Validator validator;
  int64_t claims = 0;
  for (int64_t i = 0; i < history->persons(); ++i) {
    history->Play(i, validator);
    const int64_t of_person = validator.TakeClaims();
    EXPECT_TRUE(of_person == 10 || of_person == 11);
    claims += of_person;
  }
  EXPECT_EQ(claims, 1'000);
}

// A store that the engine's transactions filled from a generated history under the shipped tables.
class StoredSample : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = SampleHistory::Make(kPersons, kClaims, Seed());
    ASSERT_TRUE(made.ok()) << made.status();
    history_ = std::make_unique<SampleHistory>(*std::move(made));
    current_ = history_->WithPolicies(ShippedTables());
    books_ = std::make_unique<Bookkeeper>(*current_, store_);
    for (int64_t i = 0; i < kPersons; ++i) history_->Play(i, *books_);
    books_->Flush();
    ASSERT_TRUE(ArchivePolicies(store_, *current_->policies, absl::UnixEpoch()).ok());
    ASSERT_GT(books_->settled(), kClaims / 2);
    ASSERT_GT(books_->reversed(), 20);
    ASSERT_GT(books_->refused(), 100);
  }

  storage::MemoryStore store_;
  std::unique_ptr<SampleHistory> history_;
  std::shared_ptr<const Reference> current_;
  std::unique_ptr<Bookkeeper> books_;
};

TEST_F(StoredSample, CurrentPoliciesChangeNothing) {
  ASSERT_TRUE(IsLedgerClean(store_));
  const auto report = ReplayStore(store_, *current_, With(2));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->persons, kPersons);
  EXPECT_EQ(report->total.claims, books_->settled() - books_->reversed());
  EXPECT_EQ(report->reversed, books_->reversed());
  EXPECT_GT(report->total.stored.fund, Fen(0));
  EXPECT_GT(report->total.stored.account, Fen(0));
  ExpectNoDifference(*report);
}

TEST_F(StoredSample, ResultDoesNotDependOnThreads) {
  const auto draft = history_->WithPolicies(ChangedTables());
  const auto one = ReplayStore(store_, *draft, With(1));
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_GT(one->total.changed, 100);
  EXPECT_FALSE(one->losers.empty());
  for (const int threads : {2, 3, 8}) {
    const auto other = ReplayStore(store_, *draft, With(threads));
    ASSERT_TRUE(other.ok()) << other.status();
    EXPECT_EQ(Text(*other), Text(*one)) << threads << " threads";
  }
  // The hash is of the results: another draft has another.
  const auto current = ReplayStore(store_, *current_, With(2));
  EXPECT_NE(current->hash, one->hash);
}

TEST_F(StoredSample, TrackEndsWhereTheEngineDid) {
  Track track(*current_);
  int compared = 0;
  for (int64_t i = 0; i < kPersons; ++i) {
    class Player final : public HistoryVisitor {
     public:
      explicit Player(Track& track) : track_(track) {}
      void Facts(std::shared_ptr<const v1::PersonFacts> facts) override { track_.SetFacts(facts); }
      void Credit(rules::SubAccount sub, Fen amount) override { track_.Credit(sub, amount); }
      void Settle(int64_t version, const v1::SettleRequest& request) override {
        const v1::Claim& claim = request.claim();
        const Date received =
            *ParseDate(claim.enddate().empty() ? claim.begndate() : claim.enddate());
        track_.Settle(version, request.header().fixmedins_code(), claim, received);
      }
      void Reverse(int64_t version) override { track_.Reverse(version); }

     private:
      Track& track_;
    } player(track);
    track.Begin();
    history_->Play(i, player);
    Person expected = *ParsePerson(**store_.LoadLatest(history_->psn_no(i)));
    expected.version = 0;
    expected.reversed.clear();
    EXPECT_EQ(SerializeState(track.person()), SerializeState(expected)) << "person " << i;
    compared += expected.accumulators.empty() ? 0 : 1;
  }
  EXPECT_GT(compared, 100);
}

TEST(ReplaySampleTest, CurrentPoliciesChangeNothing) {
  const auto history = SampleHistory::Make(kPersons, kClaims, Seed());
  ASSERT_TRUE(history.ok()) << history.status();
  const auto current = history->WithPolicies(ShippedTables());
  const auto report = ReplaySample(*history, *current, *current, With(2));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->total.claims + report->reversed, kClaims);
  EXPECT_TRUE(report->sample_data);
  ExpectNoDifference(*report);
}

TEST(ReplaySampleTest, ResultDoesNotDependOnThreads) {
  const auto history = SampleHistory::Make(kPersons, kClaims, Seed());
  ASSERT_TRUE(history.ok()) << history.status();
  const auto current = history->WithPolicies(ShippedTables());
  const auto draft = history->WithPolicies(ChangedTables());
  const auto one = ReplaySample(*history, *current, *draft, With(1));
  const auto four = ReplaySample(*history, *current, *draft, With(4));
  ASSERT_TRUE(one.ok() && four.ok());
  EXPECT_GT(one->total.changed, 100);
  EXPECT_EQ(Text(*one), Text(*four));
  // What one draft refuses the other way round is settled.
  const auto back = ReplaySample(*history, *draft, *current, With(2));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->total.settled_now, one->total.refused_now);
  EXPECT_EQ(back->total.stored.fund, one->total.draft.fund);
}

class HandHistory : public ::testing::Test {
 protected:
  void SetUp() override { BookHandHistory(store_); }
  ReplayReport Replay(const std::string& policy) {
    const auto report = ReplayStore(store_, *HandReference(policy), With(2));
    EXPECT_TRUE(report.ok()) << report.status();
    return *report;
  }

  storage::MemoryStore store_;
};

void ExpectPaid(const Paid& paid, int64_t fund_yuan, int64_t account_yuan, int64_t cash_yuan) {
  EXPECT_EQ(paid.fund.value(), 100 * fund_yuan);
  EXPECT_EQ(paid.account.value(), 100 * account_yuan);
  EXPECT_EQ(paid.cash.value(), 100 * cash_yuan);
  EXPECT_EQ(paid.hospital.value(), 0);
}

void ExpectLoser(const PersonTally& person, const char* psn_no, int64_t loss_yuan) {
  EXPECT_EQ(person.psn_no, psn_no);
  EXPECT_EQ(person.loss().value(), 100 * loss_yuan);
}

TEST_F(HandHistory, CurrentPolicyChangesNothing) {
  const ReplayReport report = Replay(HandPolicy());
  EXPECT_EQ(report.persons, 5);
  EXPECT_EQ(report.total.claims, 7);
  EXPECT_EQ(report.reversed, 1);
  ExpectPaid(report.total.stored, 11'800, 3'800, 5'900);
  ExpectNoDifference(report);
}

TEST_F(HandHistory, DraftChangesWhatWasComputedByHand) {
  ReplayReport report = Replay(HandDraft());
  EXPECT_EQ(report.total.claims, 7);
  EXPECT_EQ(report.reversed, 1);
  EXPECT_EQ(report.total.changed, 7);
  EXPECT_EQ(report.total.refused_now, 1);
  EXPECT_EQ(report.total.settled_now, 0);
  EXPECT_EQ(report.other_package, 7);
  ExpectPaid(report.total.stored, 11'800, 3'800, 5'900);
  ExpectPaid(report.total.draft, 9'550, 3'800, 8'150);
  ASSERT_EQ(report.funds.size(), 1U);
  EXPECT_EQ(report.funds["310100"].claims, 7);
  EXPECT_EQ(report.funds["310100"].draft.value(), 955'000);
  EXPECT_EQ(report.refused_now_by_outcome.at(v1::EXCLUDED_BY_POLICY), 1);
  ASSERT_EQ(report.losers.size(), 3U);
  ExpectLoser(report.losers[0], "P2", 1'600);
  ExpectLoser(report.losers[1], "P3", 350);
  ExpectLoser(report.losers[2], "P4", 300);
}

TEST_F(HandHistory, DraftByGroups) {
  ReplayReport report = Replay(HandDraft());
  const Tally& retired = report.Group(Dimension::kPersonType, "12");
  EXPECT_EQ(retired.claims, 1);
  ExpectPaid(retired.stored, 1'800, 0, 2'200);
  ExpectPaid(retired.draft, 2'200, 0, 1'800);
  const Tally& in_service = report.Group(Dimension::kPersonType, "11");
  EXPECT_EQ(in_service.claims, 6);
  ExpectPaid(in_service.draft, 7'350, 3'800, 6'350);
  const Tally& level_2 = report.Group(Dimension::kHospitalLevel, "LEVEL_2");
  EXPECT_EQ(level_2.refused_now, 1);
  ExpectPaid(level_2.stored, 1'600, 0, 1'400);
  ExpectPaid(level_2.draft, 0, 0, 3'000);
  EXPECT_EQ(report.Group(Dimension::kBenefitKind, "21").claims, 7);
  EXPECT_EQ(report.Group(Dimension::kScheme, "310").claims, 7);
  EXPECT_EQ(report.Group(Dimension::kArea, "410199").claims, 7);
}

void ExpectBenefit(const FundTally& benefit, int64_t claims, int64_t before_yuan,
                   int64_t draft_yuan) {
  EXPECT_EQ(benefit.claims, claims);
  EXPECT_EQ(benefit.stored.value(), 100 * before_yuan);
  EXPECT_EQ(benefit.draft.value(), 100 * draft_yuan);
}

// Nobody pays another fen of a bill, and all the same every claim has changed.
TEST_F(HandHistory, DraftThatAddsBenefitsIsAChange) {
  ReplayReport report = Replay(HandPolicyWithBenefits());
  EXPECT_EQ(report.total.changed, 7);
  EXPECT_EQ(report.total.refused_now, 0);
  ExpectPaid(report.total.draft, 11'800, 3'800, 5'900);
  EXPECT_EQ(report.total.stored.benefit, Fen(0));
  EXPECT_EQ(report.total.draft.benefit, Fen(102'000));
  EXPECT_EQ(report.funds.size(), 1U);
  ASSERT_EQ(report.benefits.size(), 2U);
  ExpectBenefit(report.benefits["510100"], 6, 0, 600);
  ExpectBenefit(report.benefits[""], 7, 0, 420);
  EXPECT_EQ(report.Group(Dimension::kPersonType, "12").draft.benefit, Fen(6'000));
  EXPECT_TRUE(report.losers.empty());
  EXPECT_NE(report.hash, Replay(HandPolicy()).hash);
}

// The replies of the store say what was paid beside the bills; the reversed one does not count.
TEST(StoredBenefitsTest, AreReadFromTheReplies) {
  storage::MemoryStore store;
  BookHandHistory(store, HandPolicyWithBenefits());
  const auto reference = HandReference(HandPolicyWithBenefits());
  ASSERT_TRUE(ArchivePolicies(store, *reference->policies, absl::UnixEpoch()).ok());
  ASSERT_TRUE(IsLedgerClean(store));
  const auto same = ReplayStore(store, *reference, With(2));
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_EQ(same->total.stored.benefit, Fen(102'000));
  ExpectNoDifference(*same);

  auto without = ReplayStore(store, *HandReference(HandPolicy()), With(2));
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_EQ(without->total.changed, 7);
  EXPECT_EQ(without->total.draft.benefit, Fen(0));
  ExpectBenefit(without->benefits["510100"], 6, 600, 0);
  ExpectBenefit(without->benefits[""], 7, 420, 0);
  // Who gets less loses, though the bills cost the same.
  ASSERT_EQ(without->losers.size(), 4U);
  ExpectLoser(without->losers[0], "P3", 320);
  ExpectLoser(without->losers[1], "P4", 320);
  ExpectLoser(without->losers[2], "P1", 220);
  ExpectLoser(without->losers[3], "P2", 160);
}

// The same sum from another payer is a change.
TEST(ClaimResultTest, PayerOfABenefitCounts) {
  v1::Settlement reply;
  v1::BenefitPayment& benefit = *reply.add_benefit();
  benefit.set_amount_fen(100);
  const ClaimResult employer = StoredResult({}, reply);
  EXPECT_TRUE(employer == StoredResult({}, reply));
  benefit.set_fund_pay_type("510100");
  EXPECT_FALSE(employer == StoredResult({}, reply));
}

TEST_F(HandHistory, LosersAreAsManyAsAskedFor) {
  ReplayOptions options;
  options.losers = 2;
  const auto two = ReplayStore(store_, *HandReference(HandDraft()), options);
  ASSERT_TRUE(two.ok());
  ASSERT_EQ(two->losers.size(), 2U);
  EXPECT_EQ(two->losers[1].psn_no, "P3");
  options.losers = 0;
  const auto none = ReplayStore(store_, *HandReference(HandDraft()), options);
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->losers.empty());
}

TEST_F(HandHistory, InstitutionThatIsGoneRefuses) {
  auto reference = std::make_shared<Reference>(*HandReference(HandPolicy()));
  reference->institutions.erase("H41010000002");
  const auto report = ReplayStore(store_, *reference, With(1));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->total.changed, 1);
  EXPECT_EQ(report->refused_now_by_outcome.at(v1::INSTITUTION_NOT_IN_FORCE), 1);
}

TEST_F(HandHistory, DamagedRecordIsAnErrorWithoutThePerson) {
  storage::PersonVersion version = **store_.LoadVersion("P3", 3);
  version.event.resize(version.event.size() / 2);
  store_.PlantVersion("P3", version);
  const auto report = ReplayStore(store_, *HandReference(HandPolicy()), With(3));
  EXPECT_EQ(report.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(absl::StrContains(report.status().message(), "version 3")) << report.status();
  EXPECT_FALSE(absl::StrContains(report.status().message(), "P3")) << report.status();
}

TEST_F(HandHistory, GapInTheVersionsIsAnError) {
  storage::PersonVersion version = **store_.LoadVersion("P4", 4);
  version.version = 6;
  store_.PlantVersion("P4", version);
  const auto report = ReplayStore(store_, *HandReference(HandPolicy()), With(1));
  EXPECT_EQ(report.status().code(), absl::StatusCode::kDataLoss);
}

TEST(ReplayStoreTest, EmptyStoreHasNothing) {
  storage::MemoryStore store;
  const auto report = ReplayStore(store, *HandReference(HandPolicy()), With(2));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->persons, 0);
  EXPECT_EQ(report->total.claims, 0);
}

}  // namespace
}  // namespace yijie::engine
