// What a good file leaves in the store, and that loading is safe to repeat and to interrupt.

#include "engine/load/load.h"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/audit/audit.h"
#include "engine/deterministic_bytes.h"
#include "engine/load/input_file.h"
#include "engine/load/unfinished_load.h"
#include "engine/reference_tables.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/load/files.h"
#include "tests/memory_store.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::engine {
namespace {

using storage::Commit;
using storage::CommitDone;
using storage::CommitOutcome;
using storage::MemoryStore;
using store::v1::PersonEvent;
using store::v1::PersonState;
using testing::HasSubstr;

PersonState StateOf(storage::Store& store, absl::string_view psn_no) {
  PersonState state;
  EXPECT_TRUE(state.ParseFromString((*store.LoadLatest(psn_no))->state));
  return state;
}

PersonEvent EventOf(storage::Store& store, absl::string_view psn_no) {
  PersonEvent event;
  EXPECT_TRUE(event.ParseFromString((*store.LoadLatest(psn_no))->event));
  return event;
}

int64_t VersionOf(storage::Store& store, absl::string_view psn_no) {
  return (*store.LoadLatest(psn_no))->version;
}

std::string MarkOf(storage::Store& store) {
  return store.GetTable(kUnfinishedLoadTable)->value_or("");
}

std::string Accounts(absl::string_view rows) { return absl::StrCat(kAccountHeader, rows); }

TEST(LoadPersons, StoresFactsOfRowsThatAreNoNeighbours) {
  MemoryStore store;
  const auto result = Load(LoadKind::kPersons, Persons(), store);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Summary(LoadKind::kPersons, *result), "2 persons: 2 new, 0 changed, 0 unchanged");

  const v1::PersonFacts facts = StateOf(store, "P1").facts();
  EXPECT_EQ(facts.psn_no(), "P1");
  EXPECT_EQ(facts.psn_name(), "Jia");
  EXPECT_EQ(facts.psn_cert_type(), "01");
  EXPECT_EQ(facts.certno(), "999999197001010017");
  EXPECT_EQ(facts.gend(), "1");
  EXPECT_EQ(facts.brdy(), "1970-01-01");
  EXPECT_FALSE(facts.cvlserv_flag());
  ASSERT_EQ(facts.coverage_size(), 2);
  EXPECT_EQ(facts.coverage(0).insutype(), "310");
  EXPECT_EQ(facts.coverage(0).psn_type(), "11");
  EXPECT_EQ(facts.coverage(0).insuplc_admdvs(), "410199");
  EXPECT_EQ(facts.coverage(0).begndate(), "2020-01-01");
  EXPECT_EQ(facts.coverage(0).enddate(), "");
  EXPECT_EQ(facts.coverage(0).psn_insu_stas(), "1");
  EXPECT_EQ(facts.coverage(1).insutype(), "510");
  ASSERT_EQ(facts.injury_size(), 1);
  EXPECT_EQ(facts.injury(0).recognition_no(), "INJ1");
  EXPECT_EQ(facts.injury(0).injury_date(), "2026-02-03");

  const v1::PersonFacts other = StateOf(store, "P2").facts();
  EXPECT_TRUE(other.cvlserv_flag());
  EXPECT_EQ(other.coverage(0).enddate(), "2026-12-31");
  ASSERT_EQ(other.assistance_size(), 1);
  EXPECT_EQ(other.assistance(0).class_(), v1::DIBAO);
  EXPECT_EQ(other.assistance(0).begndate(), "2024-05-01");

  const PersonEvent event = EventOf(store, "P1");
  EXPECT_TRUE(event.has_facts_loaded());
  EXPECT_EQ(event.time_unix_ms(), kNow);
  EXPECT_EQ(event.clr_date(), "2026-11-21");
  EXPECT_EQ(MarkOf(store), "");
  EXPECT_TRUE(IsLedgerClean(store));
}

TEST(LoadPersons, SkipsWhoIsUnchangedAndKeepsTheAccount) {
  MemoryStore store;
  ASSERT_TRUE(Load(LoadKind::kPersons, Persons(), store).ok());
  ASSERT_TRUE(Load(LoadKind::kAccounts, Accounts(kCredit), store).ok());

  // The same facts in another order of rows and columns.
  const auto again =
      Load(LoadKind::kPersons, absl::StrCat(kPersonHeader, kPersonA2, kPersonA, kPersonB), store);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->unchanged, 2);
  EXPECT_EQ(VersionOf(store, "P1"), 2);

  const auto changed = Load(LoadKind::kPersons,
                            absl::StrReplaceAll(Persons(), {{",11,410199", ",12,410199"}}), store);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->changed, 1);
  EXPECT_EQ(changed->unchanged, 1);
  EXPECT_EQ(VersionOf(store, "P1"), 3);
  EXPECT_EQ(VersionOf(store, "P2"), 1);
  const PersonState state = StateOf(store, "P1");
  EXPECT_EQ(state.facts().coverage(0).psn_type(), "12");
  EXPECT_EQ(state.sub_balance(0).balc_fen(), 10050);
  EXPECT_TRUE(IsLedgerClean(store));
}

TEST(LoadPersons, KeepsRegistrationsAndEverythingThatIsNotAFact) {
  MemoryStore store;
  ASSERT_TRUE(Load(LoadKind::kPersons, Persons(), store).ok());
  PersonState state = StateOf(store, "P1");
  state.mutable_facts()->add_registration()->set_admdvs("310199");
  state.add_accumulator()->set_value(7);
  state.add_reversed()->set_version(1);
  store.PlantVersion("P1", {2, DeterministicBytes(state), ""});

  EXPECT_EQ(Load(LoadKind::kPersons, Persons(), store)->unchanged, 2);
  ASSERT_EQ(
      Load(LoadKind::kPersons, absl::StrReplaceAll(Persons(), {{"Jia", "Ding"}}), store)->changed,
      1);
  const PersonState after = StateOf(store, "P1");
  EXPECT_EQ(after.facts().registration(0).admdvs(), "310199");
  EXPECT_EQ(after.accumulator(0).value(), 7);
  EXPECT_EQ(after.reversed(0).version(), 1);
}

TEST(LoadPersons, ReadsQuotesBlanksSmallXAndCarriageReturns) {
  MemoryStore store;
  const std::string text = absl::StrCat(
      "\xEF\xBB\xBF# comment\r\n", absl::StripSuffix(kPersonHeader, "\n"), "\r\n\r\n",
      " P3 ,\"Wu, \"\"Xiao\"\" \xE5\xBC\xA0\",01,11010519491231002x,1,1949-12-31,0,310,12,410199,"
      "2020-01-01,,1,,,,");  // no line break at the end
  const auto result = Load(LoadKind::kPersons, text, store);
  ASSERT_TRUE(result.ok()) << result.status();
  const v1::PersonFacts facts = StateOf(store, "P3").facts();
  EXPECT_EQ(facts.psn_name(), "Wu, \"Xiao\" \xE5\xBC\xA0");
  EXPECT_EQ(facts.certno(), "11010519491231002X");
}

// Rows of P1: a further right twice with the coverage repeated, the first right again with another
// coverage.
std::string PersonWithRights() {
  return absl::StrCat(
      kFullPersonHeader, kFullPerson,
      absl::StrReplaceAll(kFullPerson,
                          {{"CHRONIC_CLASS_1,2024-03-01,2026-12-31", "FAMILY_DOCTOR,2025-01-01,"}}),
      absl::StrReplaceAll(kFullPerson, {{"2024-03-01,2026-12-31", "2027-01-01,"}}),
      absl::StrReplaceAll(kFullPerson, {{"310", "510"}, {"6.5%,4,3", ",,"}, {"-30,2,", "-30,,"}}));
}

TEST(LoadPersons, StoresTheFactsOfColumnsThatMayBeLeftOut) {
  MemoryStore store;
  const auto result = Load(LoadKind::kPersons, PersonWithRights(), store);
  ASSERT_TRUE(result.ok()) << result.status();
  const v1::PersonFacts facts = StateOf(store, "P1").facts();
  EXPECT_EQ(facts.retire_date(), "2025-06-30");
  EXPECT_EQ(facts.work_date(), "1990-07-01");
  EXPECT_EQ(facts.death_date(), "2026-10-01");
  ASSERT_EQ(facts.coverage_size(), 2);
  EXPECT_EQ(facts.coverage(0).insutype(), "310");
  EXPECT_EQ(facts.coverage(0).paid_on(), "2019-12-30");
  EXPECT_EQ(facts.coverage(0).premium_tier(), 2);
  EXPECT_EQ(facts.coverage(0).contribution_rate_1e6(), 65'000);
  EXPECT_EQ(facts.coverage(0).missed_years(), 4);
  EXPECT_EQ(facts.coverage(0).repaired_years(), 3);
  EXPECT_TRUE(facts.coverage(0).flexible_employment());
  EXPECT_EQ(facts.coverage(1).insutype(), "510");
  EXPECT_EQ(facts.coverage(1).premium_tier(), 0);
  EXPECT_EQ(facts.coverage(1).contribution_rate_1e6(), 0);
  EXPECT_EQ(facts.coverage(1).missed_years(), 0);
  EXPECT_EQ(facts.coverage(1).repaired_years(), 0);
  ASSERT_EQ(facts.right_size(), 3);
  EXPECT_EQ(facts.right(0).code(), "CHRONIC_CLASS_1");
  EXPECT_EQ(facts.right(0).begndate(), "2024-03-01");
  EXPECT_EQ(facts.right(0).enddate(), "2026-12-31");
  EXPECT_EQ(facts.right(1).code(), "CHRONIC_CLASS_1");
  EXPECT_EQ(facts.right(1).begndate(), "2027-01-01");
  EXPECT_EQ(facts.right(1).enddate(), "");
  EXPECT_EQ(facts.right(2).code(), "FAMILY_DOCTOR");
  EXPECT_EQ(facts.right(2).begndate(), "2025-01-01");
}

TEST(LoadPersons, TheOrderOfRightsIsNoChange) {
  MemoryStore store;
  ASSERT_TRUE(Load(LoadKind::kPersons, PersonWithRights(), store).ok());
  std::vector<std::string> lines = absl::StrSplit(PersonWithRights(), '\n', absl::SkipEmpty());
  std::reverse(lines.begin() + 1, lines.end());
  const auto again = Load(LoadKind::kPersons, absl::StrJoin(lines, "\n"), store);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->unchanged, 1);
}

TEST(InputFile, ADashIsStandardInput) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "a,b\n", 4), 4);
  close(ends[1]);
  const int before = dup(STDIN_FILENO);
  ASSERT_EQ(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
  close(ends[0]);
  const auto file = ReadInputFile("-");
  ASSERT_EQ(dup2(before, STDIN_FILENO), STDIN_FILENO);
  close(before);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->bytes, "a,b\n");
}

TEST(LoadPersons, BoundsOfTheColumnsAreValues) {
  for (const auto& [premium, tier, rate, years] :
       {std::make_tuple("0,0%,0,0", 0, 0, 0), std::make_tuple("9,100%,100,100", 9, 1'000'000, 100),
        std::make_tuple(",,,", 0, 0, 0)}) {
    MemoryStore store;
    const auto result =
        Load(LoadKind::kPersons,
             absl::StrCat(kFullPersonHeader,
                          absl::StrReplaceAll(kFullPerson, {{"2,6.5%,4,3", premium}})),
             store);
    ASSERT_TRUE(result.ok()) << result.status();
    const v1::Coverage coverage = StateOf(store, "P1").facts().coverage(0);
    EXPECT_EQ(coverage.premium_tier(), tier);
    EXPECT_EQ(coverage.contribution_rate_1e6(), rate);
    EXPECT_EQ(coverage.missed_years(), years);
    EXPECT_EQ(coverage.repaired_years(), years);
  }
}

TEST(LoadPersons, AFileThatLeavesOutColumnsClearsTheirFactsAndKeepsRegistrations) {
  MemoryStore store;
  ASSERT_TRUE(Load(LoadKind::kPersons, PersonWithRights(), store).ok());
  PersonState state = StateOf(store, "P1");
  state.mutable_facts()->add_registration()->set_admdvs("310199");
  state.mutable_facts()->add_suspension()->set_begndate("2026-09-01");
  state.mutable_cards()->add_card()->set_card_no("X1");
  store.PlantVersion("P1", {2, DeterministicBytes(state), ""});

  const auto result = Load(LoadKind::kPersons, Persons(), store);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->changed, 1);
  const v1::PersonFacts facts = StateOf(store, "P1").facts();
  EXPECT_EQ(facts.right_size(), 0);
  EXPECT_EQ(facts.retire_date(), "");
  EXPECT_EQ(facts.work_date(), "");
  EXPECT_EQ(facts.death_date(), "2026-10-01");  // nobody comes back because a file does not say it
  EXPECT_EQ(facts.suspension_size(), 1);
  EXPECT_EQ(StateOf(store, "P1").cards().card_size(), 1);
  EXPECT_EQ(facts.coverage(0).contribution_rate_1e6(), 0);
  EXPECT_EQ(facts.coverage(0).paid_on(), "");
  ASSERT_EQ(facts.registration_size(), 1);
  EXPECT_EQ(facts.registration(0).admdvs(), "310199");
}

// What the agency amended of a coverage, a class or an injury that the file has again.
TEST(LoadPersons, WhatNoColumnTellsOfAKnownCoverageClassOrInjuryStays) {
  MemoryStore store;
  ASSERT_TRUE(Load(LoadKind::kPersons, Persons(), store).ok());
  for (const char* psn_no : {"P1", "P2"}) {
    PersonState state = StateOf(store, psn_no);
    for (v1::Coverage& coverage : *state.mutable_facts()->mutable_coverage())
      coverage.set_contribution_base_fen(700'000);
    for (v1::AssistanceSpan& span : *state.mutable_facts()->mutable_assistance())
      span.set_enddate("2026-06-30");
    for (v1::InjuryRecognition& injury : *state.mutable_facts()->mutable_injury())
      injury.add_confirmation()->set_kind(v1::InjuryRecognition::REHABILITATION);
    store.PlantVersion(psn_no, {2, DeterministicBytes(state), ""});
  }
  const auto same = Load(LoadKind::kPersons, Persons(), store);
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_EQ(same->unchanged, 2);

  const std::string moved = absl::StrReplaceAll(
      Persons(), {{"2020-01-01,2026-12-31,1,DIBAO,2024-05-01", "2020-01-02,,1,DIBAO,2026-09-01"},
                  {"INJ1", "INJ2"}});
  ASSERT_TRUE(Load(LoadKind::kPersons, moved, store).ok());
  const v1::PersonFacts first = StateOf(store, "P1").facts();
  EXPECT_EQ(first.coverage(0).contribution_base_fen(), 700'000);
  EXPECT_EQ(first.injury(0).confirmation_size(), 0);  // of another injury
  const v1::PersonFacts second = StateOf(store, "P2").facts();
  EXPECT_EQ(second.coverage(0).contribution_base_fen(), 0);  // another coverage
  EXPECT_EQ(second.assistance(0).enddate(), "");             // another span
}

TEST(LoadPersons, SomeOfTheColumnsThatMayBeLeftOutAreEnough) {
  MemoryStore store;
  const std::string text =
      absl::StrCat("contribution_rate,", kPersonHeader, "4.2%,", kPersonA, ",", kPersonB);
  const auto result = Load(LoadKind::kPersons, text, store);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(StateOf(store, "P1").facts().coverage(0).contribution_rate_1e6(), 42'000);
  EXPECT_EQ(StateOf(store, "P2").facts().coverage(0).contribution_rate_1e6(), 0);
}

TEST(LoadTables, ReplaceTheWholeTable) {
  MemoryStore store;
  const std::string two =
      absl::StrCat(kInstitutionHeader,
                   "P41010000002,Shop,PHARMACY,410199,,,,0,2020-01-01,2026-12-31\n", kHospital);
  ASSERT_TRUE(Load(LoadKind::kInstitutions, two, store).ok());
  auto institutions = ParseInstitutions(**store.GetTable(kInstitutionsTable));
  ASSERT_TRUE(institutions.ok());
  EXPECT_EQ(institutions->size(), 2u);
  const v1::Institution& hospital = institutions->at("H41010000001");
  EXPECT_EQ(hospital.fixmedins_name(), "Sample hospital");
  EXPECT_EQ(hospital.kind(), v1::HOSPITAL);
  EXPECT_EQ(hospital.admdvs(), "410199");
  EXPECT_EQ(hospital.hosp_lv(), v1::LEVEL_3);
  EXPECT_EQ(hospital.hosp_grade(), v1::GRADE_A);
  EXPECT_EQ(hospital.hosp_place(), v1::CITY);
  EXPECT_EQ(hospital.begndate(), "2020-01-01");
  EXPECT_EQ(institutions->at("P41010000002").enddate(), "2026-12-31");

  EXPECT_EQ(Load(LoadKind::kInstitutions, two, store)->unchanged, 2);
  ASSERT_TRUE(
      Load(LoadKind::kInstitutions, absl::StrCat(kInstitutionHeader, kHospital), store).ok());
  EXPECT_EQ(ParseInstitutions(**store.GetTable(kInstitutionsTable))->size(), 1u);
}

TEST(LoadTables, CatalogueRowsBecomeRowsOfTheRules) {
  MemoryStore store;
  const std::string text =
      absl::StrCat(kCatalogueHeader, "X1,Sample drug,DRUG,02,10%,12.5,,,2020-01-01,2021-12-31\n",
                   "X1,Sample drug,DRUG,01,0%,,,,2022-01-01,\n",
                   "X1,Sample drug,DRUG,03,100%,,390,410199,2020-01-01,\n");
  const auto result = Load(LoadKind::kCatalogue, text, store);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Summary(LoadKind::kCatalogue, *result), "3 catalogue rows: the table was replaced");

  const auto catalogue = ParseCatalogue(**store.GetTable(kCatalogueTable));
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  const rules::Symbol employees = rules::Intern("310");
  const rules::Symbol residents = rules::Intern("390");
  const rules::Symbol area = rules::Intern("410199");
  const rules::CatalogueItem* item =
      catalogue->Find("X1", employees, area, *ParseDate("2021-12-31"));
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(item->kind, rules::ItemKind::kDrug);
  EXPECT_EQ(item->item_class, rules::ItemClass::kB);
  EXPECT_EQ(item->selfpay_prop, Ratio(100'000));
  EXPECT_EQ(item->price_limit, Fen(1250));
  item = catalogue->Find("X1", employees, area, *ParseDate("2022-01-01"));
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(item->item_class, rules::ItemClass::kA);
  item = catalogue->Find("X1", residents, area, *ParseDate("2022-01-01"));
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(item->item_class, rules::ItemClass::kC);
}

TEST(ReferenceTables, RefuseBytesThatAreNoTable) {
  EXPECT_EQ(ParseCatalogue("\xFF").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ParseInstitutions("\xFF").status().code(), absl::StatusCode::kDataLoss);
}

TEST(LoadAccounts, PostsSeveralCreditsOfOnePerson) {
  MemoryStore store;
  ASSERT_TRUE(Load(LoadKind::kPersons, Persons(), store).ok());
  const auto result = Load(LoadKind::kAccounts,
                           Accounts("V1,AG1,P1,CURRENT_YEAR,100.50,May\nV1,AG2,P2,PAST_YEARS,5,\n"
                                    "V2,AG1,P1,PAST_YEARS,0.01,\nV3,AG1,P1,CURRENT_YEAR,1,\n"),
                           store);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Summary(LoadKind::kAccounts, *result),
            "4 credits: 4 posted with 106.51 yuan, 0 posted before");

  EXPECT_EQ(VersionOf(store, "P1"), 4);
  const PersonState state = StateOf(store, "P1");
  ASSERT_EQ(state.sub_balance_size(), 2);
  EXPECT_EQ(state.sub_balance(0).sub_account(), v1::CURRENT_YEAR);
  EXPECT_EQ(state.sub_balance(0).balc_fen(), 10150);
  EXPECT_EQ(state.sub_balance(1).balc_fen(), 1);
  EXPECT_EQ(state.facts().psn_no(), "P1");

  const PersonEvent event = EventOf(store, "P1");
  EXPECT_TRUE(event.has_credited());
  EXPECT_EQ(event.fixmedins_code(), "AG1");
  EXPECT_EQ(event.msgid(), "V3");
  EXPECT_EQ(event.clr_date(), "2026-11-21");
  ASSERT_EQ(event.journal_size(), 2);
  EXPECT_EQ(event.journal(0).account(), store::v1::PERSONAL_ACCOUNT);
  EXPECT_EQ(event.journal(0).subject(), "CURRENT_YEAR");
  EXPECT_EQ(event.journal(0).amount_fen(), -100);
  EXPECT_EQ(event.journal(1).account(), store::v1::ACCOUNT_FUNDING);
  EXPECT_EQ(event.journal(1).subject(), "AG1");
  EXPECT_EQ(event.journal(1).amount_fen(), 100);

  v1::CreditAccountRequest request;
  request.mutable_header()->set_fixmedins_code("AG1");
  request.mutable_header()->set_msgid("V3");
  request.set_psn_no("P1");
  request.set_sub_account(v1::CURRENT_YEAR);
  request.set_amount_fen(100);
  EXPECT_EQ(event.request(), DeterministicBytes(request));
  v1::CreditAccountResponse reply;
  ASSERT_TRUE(reply.ParseFromString(event.reply()));
  EXPECT_EQ(reply.psn_no(), "P1");
  EXPECT_EQ(reply.balc_before_fen(), 10051);
  EXPECT_EQ(reply.balc_fen(), 10151);
  EXPECT_EQ(reply.version(), 4);
  EXPECT_EQ(reply.post_time(), "2026-11-21T08:00:00+08:00");

  const auto entry = store.FindMessage({"AG1", v1::CREDIT_ACCOUNT, "V3"});
  ASSERT_TRUE(entry->has_value());
  EXPECT_EQ((*entry)->body, Sha256(event.request()));
  EXPECT_EQ((*entry)->psn_no, "P1");
  EXPECT_EQ((*entry)->version, 4);
  EXPECT_TRUE(IsLedgerClean(store));
}

TEST(LoadAccounts, SkipsAVoucherThatWasPostedAndRefusesItWithOtherContent) {
  MemoryStore store;
  ASSERT_TRUE(Load(LoadKind::kPersons, Persons(), store).ok());
  ASSERT_TRUE(Load(LoadKind::kAccounts, Accounts(kCredit), store).ok());

  const auto again = Load(LoadKind::kAccounts,
                          Accounts(absl::StrCat(kCredit, "V2,AG1,P1,PAST_YEARS,1,\n")), store);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->added, 1);
  EXPECT_EQ(again->unchanged, 1);
  EXPECT_EQ(VersionOf(store, "P1"), 3);

  const auto other =
      Load(LoadKind::kAccounts,
           Accounts("V9,AG1,P1,PAST_YEARS,1,\nV1,AG1,P1,CURRENT_YEAR,100.51,May\n"), store);
  EXPECT_THAT(std::string(other.status().message()),
              HasSubstr(":3: voucher_no: was posted before with other content"));
  EXPECT_EQ(VersionOf(store, "P1"), 3);
  EXPECT_TRUE(IsLedgerClean(store));
}

// A store that takes some groups and then does not say what became of the next.
class InterruptedStore : public MemoryStore {
 public:
  // Of the group after `good_groups` the first `applied` commits are applied.
  void Interrupt(int good_groups, size_t applied) {
    good_groups_ = good_groups;
    applied_ = applied;
  }

  void CommitGroup(std::vector<Commit> group, CommitDone done) override {
    if (good_groups_-- != 0) return MemoryStore::CommitGroup(std::move(group), std::move(done));
    const std::vector<CommitOutcome> unknown(group.size(), CommitOutcome::kUnknown);
    group.resize(applied_);
    MemoryStore::CommitGroup(std::move(group), [](const std::vector<CommitOutcome>&) {});
    done(unknown);
  }

 private:
  int good_groups_ = -1;  // none is interrupted
  size_t applied_ = 0;
};

// 2,500 persons with one coverage, named by their number.
std::string ManyPersons() {
  std::string text(kPersonHeader);
  for (int i = 0; i < 2500; ++i) {
    absl::StrAppend(&text, absl::StrReplaceAll(kPersonB, {{"P2", absl::StrCat("M", i)}}));
  }
  return text;
}

TEST(InterruptedLoad, OfPersonsContinues) {
  InterruptedStore store;
  store.Interrupt(1, 300);
  const std::string text = ManyPersons();
  const auto first = Load(LoadKind::kPersons, text, store);
  EXPECT_EQ(first.status().code(), absl::StatusCode::kUnknown);
  const std::string mark = MarkOf(store);
  EXPECT_THAT(mark, testing::MatchesRegex("persons test.csv sha256=[0-9a-f]{64}"));
  const absl::Status refused = CheckNoUnfinishedLoad(store);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("Run `yijie load persons` again with that same file"));

  // Nothing else may be loaded: other content, another kind, a table.
  for (const LoadKind kind :
       {LoadKind::kPersons, LoadKind::kAccounts, LoadKind::kInstitutions, LoadKind::kCatalogue}) {
    const auto other = Load(kind, kind == LoadKind::kPersons ? Persons() : text, store);
    EXPECT_EQ(other.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(other.status().message()), HasSubstr(mark));
  }

  // The same content under another name.
  const auto second = LoadFile(LoadKind::kPersons, MakeInputFile("moved.csv", text), store,
                               kNow + 1000, [](int64_t, int64_t) {});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->unchanged, 1300);
  EXPECT_EQ(second->added, 1200);
  EXPECT_EQ(MarkOf(store), "");
  EXPECT_TRUE(CheckNoUnfinishedLoad(store).ok());
  const auto report = AuditLedger(store);
  EXPECT_TRUE(report->clean());
  EXPECT_EQ(report->versions, 2500);
}

TEST(InterruptedLoad, OfAccountsContinues) {
  InterruptedStore store;
  ASSERT_TRUE(Load(LoadKind::kPersons, Persons(), store).ok());
  std::string text(kAccountHeader);
  for (int i = 0; i < 2500; ++i) {
    absl::StrAppend(&text, "V", i, ",AG1,P", 1 + i % 2, ",CURRENT_YEAR,1,\n");
  }
  store.Interrupt(2, 123);
  EXPECT_EQ(Load(LoadKind::kAccounts, text, store).status().code(), absl::StatusCode::kUnknown);
  EXPECT_THAT(MarkOf(store), HasSubstr("accounts test.csv"));

  const auto second = Load(LoadKind::kAccounts, text, store, kNow + 1000);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->unchanged, 2123);
  EXPECT_EQ(second->added, 377);
  EXPECT_EQ(MarkOf(store), "");
  EXPECT_EQ(StateOf(store, "P1").sub_balance(0).balc_fen(), 125'000);
  EXPECT_EQ(StateOf(store, "P2").sub_balance(0).balc_fen(), 125'000);
  EXPECT_TRUE(IsLedgerClean(store));
}

TEST(InterruptedLoad, ThatLacksOnlyTheRemovalOfItsMarkIsFinished) {
  MemoryStore store;
  ASSERT_TRUE(Load(LoadKind::kPersons, Persons(), store).ok());
  const InputFile file = MakeInputFile("test.csv", Persons());
  ASSERT_TRUE(store.PutTable(kUnfinishedLoadTable, MakeLoadMark("persons", file)).ok());
  EXPECT_EQ(Load(LoadKind::kPersons, Persons(), store)->unchanged, 2);
  EXPECT_EQ(MarkOf(store), "");
}

TEST(LoadProgress, CountsToTheTotal) {
  MemoryStore store;
  int64_t last = 0;
  ASSERT_TRUE(LoadFile(LoadKind::kPersons, MakeInputFile("p.csv", Persons()), store, kNow,
                       [&last](int64_t done, int64_t total) {
                         EXPECT_EQ(done, ++last);
                         EXPECT_EQ(total, 2);
                       })
                  .ok());
  EXPECT_EQ(last, 2);
}

TEST(InputFile, SaysWhyAFileCannotBeRead) {
  EXPECT_THAT(std::string(ReadInputFile("/nonexistent/p.csv").status().message()),
              HasSubstr("/nonexistent/p.csv: cannot be opened: No such file"));
  EXPECT_FALSE(ReadInputFile("/").ok());
}

}  // namespace
}  // namespace yijie::engine
