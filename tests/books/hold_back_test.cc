// The quality deposit (质量保证金) from the commit to the books: the employee of three segments (V2
// of tests/rules/evaluate_test.cc) settled, undone and corrected by the functions the lanes run.

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "engine/audit/audit.h"
#include "engine/books/book_entry.h"
#include "engine/books/book_projection.h"
#include "engine/books/check_owed.h"
#include "engine/deterministic_bytes.h"
#include "engine/policy_archive.h"
#include "engine/policy_cases.h"
#include "engine/transactions.h"
#include "rules/loader.h"
#include "storage/hand_over.h"
#include "tests/books/book_maker.h"
#include "tests/correction/world.h"
#include "tests/engine/engine_fixture.h"

namespace yijie::engine {
namespace {

using yijie::store::v1::BookEntry;
using yijie::store::v1::JournalLine;
using yijie::store::v1::PersonEvent;

std::shared_ptr<const AreaBook> AreasHoldingBack(const std::string& admdvs, int share_1e6,
                                                 bool account) {
  const std::string text =
      absl::StrCat("id: \"a\" title: \"试\" admdvs: \"", admdvs,
                   "\" begndate: \"2000-01-01\" sample_data: true\n",
                   "source { id: \"s1\" title: \"made up\" grade: \"SAMPLE\" }\n",
                   "clearing { cite: \"s1 1\" quality_deposit_1e6: ", share_1e6,
                   account ? " account_part_subject_to_deposit: true" : "", " }\n");
  auto book = AreaBook::Build({{"a.area", text}});
  EXPECT_TRUE(book.ok()) << book.status();
  return std::make_shared<const AreaBook>(*std::move(book));
}

// Lines of a journal by account and subject.
std::map<std::string, int64_t> Journal(const PersonEvent& event) {
  std::map<std::string, int64_t> lines;
  for (const JournalLine& line : event.journal()) {
    lines[absl::StrCat(store::v1::LedgerAccount_Name(line.account()), " ", line.subject())] +=
        line.amount_fen();
  }
  return lines;
}

PersonEvent EventOf(const Effect& effect) {
  PersonEvent event;
  EXPECT_TRUE(event.ParseFromString(effect.event));
  return event;
}

// Everything that the record of a version says beside `fund` and ids, checked in itself.
BookEntry EntryOf(storage::StoreReader& store, const std::string& psn_no, int64_t version) {
  const auto record = store.LoadVersion(psn_no, version);
  EXPECT_TRUE(record.ok() && record->has_value());
  const auto entries = EntriesOfVersion(store, psn_no, **record);
  EXPECT_TRUE(entries.ok() && entries->size() == 1) << entries.status();
  const BookEntry& entry = entries->front();
  EXPECT_TRUE(CheckBookEntry(entry).ok()) << CheckBookEntry(entry);
  return entry;
}

class VectorV2Test : public ::testing::Test {
 protected:
  VectorV2Test() {
    const std::string stem = absl::StrCat(
        YIJIE_SOURCE_DIR, "/tests/shapes/X-v2-cap-hit-then-large-amount-civil-servant-account");
    const auto text = ReadFile(stem + ".policy");
    EXPECT_TRUE(text.ok()) << text.status();
    auto program = rules::CompilePackage("v2.policy", *text);
    EXPECT_TRUE(program.ok()) << program.status();
    std::vector<std::unique_ptr<const rules::Program>> programs;
    programs.push_back(*std::move(program));
    const auto cases = ReadCases(stem + ".cases");
    EXPECT_TRUE(cases.ok()) << cases.status();
    auto opened = OpenPolicyCase(*rules::RuleBook::Build(std::move(programs)), cases->case_(0));
    EXPECT_TRUE(opened.ok()) << opened.status();
    open_ = *std::move(opened);
    reference_ = open_->reference;
  }

  Effect Settle() {
    v1::SettleRequest request;
    request.mutable_header()->set_fixmedins_code("H99999900001");
    request.mutable_header()->set_msgid("m1");
    *request.mutable_claim() = open_->text.claim();
    auto effect = engine::Settle(reference_, request, DeterministicBytes(request), open_->person,
                                 open_->received);
    EXPECT_TRUE(effect.ok()) << effect.status();
    return *std::move(effect);
  }

  std::unique_ptr<const OpenCase> open_;
  Reference reference_;
};

TEST_F(VectorV2Test, IsPostedAsInTheDomain) {
  reference_.areas = AreasHoldingBack("999999", 50'000, true);
  const Effect effect = Settle();
  const PersonEvent event = EventOf(effect);
  EXPECT_EQ(Journal(event),
            (std::map<std::string, int64_t>{{"FUND_EXPENSE 310100", 400'000},
                                            {"FUND_EXPENSE 330100", 3'285'413},
                                            {"FUND_EXPENSE 320100", 217'817},
                                            {"PERSONAL_ACCOUNT CURRENT_YEAR", 100'000},
                                            {"PERSONAL_ACCOUNT PAST_YEARS", 200'000},
                                            {"INSTITUTION_PAYABLE H99999900001", -3'993'068},
                                            {"QUALITY_DEPOSIT H99999900001", -210'162}}));
  // The record of the book says the same, and so does that of the undo, whatever the terms are by
  // then.
  storage::MemoryStore store;
  const std::string psn_no = open_->person.facts->psn_no();
  store.PlantVersion(psn_no, {effect.next.version, SerializeState(effect.next), effect.event});
  const BookEntry entry = EntryOf(store, psn_no, effect.next.version);
  EXPECT_EQ(entry.amounts().payable_fen(), 3'993'068);
  EXPECT_EQ(entry.amounts().quality_deposit_fen(), 210'162);
  EXPECT_EQ(entry.clr_type(), "21");
  reference_.areas = AreasHoldingBack("999999", 100'000, false);
  v1::MessageHeader header = Header("u");
  header.set_fixmedins_code(event.fixmedins_code());
  const auto undo = engine::Reverse(header, "request", {effect.next.version, event}, {},
                                    effect.next, open_->received);
  ASSERT_TRUE(undo.ok()) << undo.status();
  std::map<std::string, int64_t> opposite = Journal(event);
  for (auto& [account, amount] : opposite) amount = -amount;
  EXPECT_EQ(Journal(EventOf(*undo)), opposite);
  store.PlantVersion(psn_no, {undo->next.version, SerializeState(undo->next), undo->event});
  const BookEntry back = EntryOf(store, psn_no, undo->next.version);
  EXPECT_EQ(back.amounts().payable_fen(), -3'993'068);
  EXPECT_EQ(back.amounts().quality_deposit_fen(), -210'162);
}

TEST_F(VectorV2Test, TheAccountMayBeFreeOfIt) {
  reference_.areas = AreasHoldingBack("999999", 50'000, false);
  const std::map<std::string, int64_t> journal = Journal(EventOf(Settle()));
  EXPECT_EQ(journal.at("QUALITY_DEPOSIT H99999900001"), -195'162);  // 195,161.5
  EXPECT_EQ(journal.at("INSTITUTION_PAYABLE H99999900001"), -4'008'068);
}

// A hospital is held back from by the rules of its own area, whoever insures the person.
TEST_F(VectorV2Test, TheAreaIsThatOfTheInstitution) {
  reference_.institutions.begin()->second.set_admdvs("110101");
  reference_.areas = AreasHoldingBack("999999", 50'000, true);
  EXPECT_EQ(Journal(EventOf(Settle())).count("QUALITY_DEPOSIT H99999900001"), 0U);
  reference_.areas = AreasHoldingBack("119900", 50'000, true);
  EXPECT_EQ(Journal(EventOf(Settle())).at("QUALITY_DEPOSIT H99999900001"), -210'162);
}

// --- Corrections: the institution ends with what it would have, had the facts been known on time.

std::shared_ptr<const Reference> HoldingReference(int share_1e6, bool account) {
  auto reference = std::make_shared<Reference>(*CorrectionReference());
  reference->areas = AreasHoldingBack(kArea, share_1e6, account);
  return reference;
}

v1::SettleRequest Visit(const std::string& msgid, int64_t fen) {
  v1::SettleRequest request = SettleOf(msgid, "P1", fen);
  request.mutable_claim()->set_med_type("11");
  request.mutable_claim()->set_begndate("2026-06-10");
  request.mutable_claim()->clear_enddate();
  return request;
}

int64_t Total(const std::map<std::string, int64_t>& sums) {
  int64_t total = 0;
  for (const auto& [subject, sum] : sums) total += sum;
  return total;
}

// By the bill: what the institution got in cash and is owed is the bill, and the share held back is
// that of each settlement that stands.
void ExpectBooks(World& world) {
  EXPECT_TRUE(IsLedgerClean(world.store()));
  int64_t payable = 0, held = 0, clearing = 0;
  for (const storage::PersonVersion& version : world.Versions()) {
    const auto entries = EntriesOfVersion(world.store(), "P1", version);
    ASSERT_TRUE(entries.ok()) << entries.status();
    if (entries->empty()) continue;
    const BookEntry& entry = entries->front();
    EXPECT_TRUE(CheckBookEntry(entry).ok()) << CheckBookEntry(entry);
    payable += entry.amounts().payable_fen();
    held += entry.amounts().quality_deposit_fen();
    clearing += entry.amounts().psn_clearing_fen();
  }
  EXPECT_EQ(payable, -Total(world.Ledger(store::v1::INSTITUTION_PAYABLE)));
  EXPECT_EQ(held, -Total(world.Ledger(store::v1::QUALITY_DEPOSIT)));
  EXPECT_EQ(clearing, -Total(world.Ledger(store::v1::PERSON_CLEARING)));
}

TEST(HoldBackOfCorrections, LeavesTheInstitutionWhatItHad) {
  World world(HoldingReference(50'000, false), SoundFacts());
  world.Settle(Visit("m1", 100'000), TestNow());  // 70 % of 800 yuan: 56,000; 5 % of it: 2,800
  EXPECT_EQ(Total(world.Ledger(store::v1::QUALITY_DEPOSIT)), -2'800);
  v1::PersonFacts facts = SoundFacts();
  v1::AssistanceSpan* span = facts.add_assistance();
  span->set_class_(v1::DIBAO);
  span->set_begndate("2026-06-01");
  world.Amend(facts, TestNow());  // 90 % of 1,000 yuan: the person is owed the 34,000 paid in cash
  EXPECT_EQ(Total(world.Ledger(store::v1::PERSON_CLEARING)), -34'000);
  EXPECT_EQ(Total(world.Ledger(store::v1::QUALITY_DEPOSIT)), -2'800);
  EXPECT_EQ(Total(world.Ledger(store::v1::INSTITUTION_PAYABLE)), -53'200);
  ExpectBooks(world);
  // Not covered after all: the institution keeps both parts, and the person owes them.
  facts = SoundFacts();
  for (v1::Coverage& coverage : *facts.mutable_coverage()) coverage.set_enddate("2026-06-01");
  world.Amend(facts, TestNow());
  EXPECT_EQ(Total(world.Ledger(store::v1::QUALITY_DEPOSIT)), -2'800);
  EXPECT_EQ(Total(world.Ledger(store::v1::INSTITUTION_PAYABLE)), -53'200);
  EXPECT_EQ(Total(world.Ledger(store::v1::PERSON_CLEARING)), 56'000);
  ExpectBooks(world);
}

// Random bills, accounts, undos and late facts under random terms. The model knows bills, cash and
// terms only: what an institution gets in all is the bill of each claim that stands or was refused
// afterwards.
TEST(HoldBackOfCorrections, RandomHistoriesAddUp) {
  std::mt19937_64 random(SeedOfRun());
  for (int round = 0; round < 60; ++round) {
    World world(HoldingReference(static_cast<int>(random() % 200'001), random() % 2 == 0),
                SoundFacts());
    v1::CreditAccountRequest credit =
        CreditOf("c", "P1", static_cast<int64_t>(random() % 60'000 + 1));
    world.Credit(credit, TestNow());
    std::map<std::string, std::pair<int64_t, int64_t>> open;  // bill and cash by settlement
    for (int step = 0; step < 12; ++step) {
      const std::string msgid = absl::StrCat("m", step);
      if (random() % 4 == 0 && !open.empty()) {
        const std::string setl_id =
            std::next(open.begin(), static_cast<int>(random() % open.size()))->first;
        if (world.Reverse(msgid, setl_id, TestNow()).outcome() == v1::REVERSED) open.erase(setl_id);
        continue;
      }
      const auto fen = static_cast<int64_t>(random() % 300'000 + 1);
      const v1::Settlement settlement = world.Settle(Visit(msgid, fen), TestNow());
      open[settlement.setl_id()] = {fen, settlement.amounts().psn_cash_pay_fen()};
    }
    const bool before = random() % 2 == 0;
    v1::PersonFacts facts = SoundFacts();
    v1::AssistanceSpan* span = facts.add_assistance();
    span->set_class_(v1::DIBAO);
    span->set_begndate("2026-06-01");
    if (before) world.Amend(facts, TestNow());
    int64_t due = 0;
    for (const auto& [setl_id, bill] : open) due += bill.first - bill.second;
    EXPECT_EQ(-Total(world.Ledger(store::v1::INSTITUTION_PAYABLE)) -
                  Total(world.Ledger(store::v1::QUALITY_DEPOSIT)),
              due)
        << "round " << round;
    ExpectBooks(world);
    if (HasFailure()) return;
  }
}

// What the journals owe, beside the stored records: equal whether or not the books have caught up,
// and every planted difference is found, also those that no digest sees.
TEST(CheckOwedTest, FindsPlantedDefects) {
  World world(HoldingReference(50'000, true), SoundFacts());
  world.Credit(CreditOf("c", "P1", 10'000), TestNow());
  const v1::Settlement first = world.Settle(Visit("m1", 100'000), TestNow());
  BookProjection projection(world.store());
  const auto findings = [&] {
    const auto found = CheckOwed(world.store());
    EXPECT_TRUE(found.ok()) << found.status();
    return found->size();
  };
  EXPECT_EQ(findings(), 0U) << "nothing is taken in yet";
  ASSERT_TRUE(projection.CatchUp().ok());
  EXPECT_EQ(findings(), 0U);
  world.Reverse("u1", first.setl_id(), TestNow());
  world.Settle(Visit("m2", 70'000), TestNow());
  EXPECT_EQ(findings(), 0U) << "two records behind";
  ASSERT_TRUE(projection.CatchUp().ok());
  EXPECT_EQ(findings(), 0U);
  const auto rows = world.store().ScanRows(kBookTable, "", "", 10);
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 3U);
  const std::function<void(v1::ClearingAmounts&)> defects[] = {
      [](auto& amounts) { amounts.set_payable_fen(amounts.payable_fen() + 1); },
      [](auto& amounts) { amounts.set_quality_deposit_fen(amounts.quality_deposit_fen() - 1); },
      [](auto& amounts) {
        amounts.set_payable_fen(amounts.payable_fen() + 7);
        amounts.set_quality_deposit_fen(amounts.quality_deposit_fen() - 7);
      }};
  const size_t expected[] = {1, 1, 2};
  for (size_t i = 0; i < std::size(defects); ++i) {
    const storage::Row& row = (*rows)[i];
    BookEntry entry;
    ASSERT_TRUE(entry.ParseFromString(row.value));
    defects[i](*entry.mutable_amounts());
    ASSERT_TRUE(storage::WriteRows(world.store(),
                                   {{std::string(kBookTable), row.key, entry.SerializeAsString()}})
                    .ok());
    EXPECT_EQ(findings(), expected[i]) << "defect " << i;
    EXPECT_TRUE(CheckBooks(world.store())->empty()) << "the digests do not see it";
    ASSERT_TRUE(
        storage::WriteRows(world.store(), {{std::string(kBookTable), row.key, row.value}}).ok());
  }
  ASSERT_TRUE(
      storage::WriteRows(world.store(), {{std::string(kBookTable), (*rows)[0].key, std::nullopt}})
          .ok());
  EXPECT_EQ(findings(), 2U) << "a record is missing";
}

// The audit against records whose hold-back is another.
TEST(HoldBackAudit, FindsPlantedDefects) {
  const auto shift = [](store::v1::LedgerAccount from, store::v1::LedgerAccount to) {
    return [from, to](PersonEvent& event) {
      for (JournalLine& line : *event.mutable_journal()) {
        if (line.account() == from) line.set_amount_fen(line.amount_fen() - 1);
        if (line.account() == to) line.set_amount_fen(line.amount_fen() + 1);
      }
    };
  };
  const std::vector<std::function<void(PersonEvent&)>> defects = {
      shift(store::v1::QUALITY_DEPOSIT, store::v1::INSTITUTION_PAYABLE),
      shift(store::v1::INSTITUTION_PAYABLE, store::v1::QUALITY_DEPOSIT),
      [](PersonEvent& event) { event.mutable_settled()->set_quality_deposit_1e6(40'000); },
      [](PersonEvent& event) {
        event.mutable_settled()->set_account_part_subject_to_deposit(true);
      },
      [](PersonEvent& event) {
        for (JournalLine& line : *event.mutable_journal()) {
          if (line.account() == store::v1::QUALITY_DEPOSIT) line.set_subject(kOtherHospital);
        }
      },
      [](PersonEvent& event) {
        for (JournalLine& line : *event.mutable_journal()) {
          if (line.account() == store::v1::QUALITY_DEPOSIT)
            line.set_account(store::v1::INSTITUTION_PAYABLE);
        }
      },
  };
  for (size_t i = 0; i < defects.size(); ++i) {
    World world(HoldingReference(50'000, false), SoundFacts());
    world.Credit(CreditOf("c", "P1", 10'000), TestNow());
    world.Settle(Visit("m1", 100'000), TestNow());
    ASSERT_TRUE(IsLedgerClean(world.store()));
    storage::PersonVersion last = world.Versions().back();
    PersonEvent event;
    ASSERT_TRUE(event.ParseFromString(last.event));
    defects[i](event);
    last.event = event.SerializeAsString();
    world.store().PlantVersion("P1", last);
    EXPECT_FALSE(IsLedgerClean(world.store())) << "defect " << i;
  }
}

}  // namespace
}  // namespace yijie::engine
