#include "engine/books/clearing_statement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "absl/strings/match.h"
#include "engine/books/book_entry.h"
#include "engine/deterministic_bytes.h"
#include "tests/books/book_maker.h"

namespace yijie::engine {
namespace {

using yijie::store::v1::BookEntry;

const ClearingMonth kNovember = *ClearingMonth::Parse("2026-11");

v1::ClearingStatement MustMake(const std::vector<BookEntry>& entries) {
  const auto statement = MakeClearingStatement(kInstitution, kNovember, entries);
  EXPECT_TRUE(statement.ok()) << statement.status();
  return statement.ok() ? *statement : v1::ClearingStatement();
}

TEST(ClearingStatementTest, TenThousandOrdersGiveTheSameBytes) {
  std::mt19937_64 random(SeedOfRun());
  std::vector<BookEntry> entries = MakeEntries(80, random);
  const v1::ClearingStatement first = MustMake(entries);
  ASSERT_GE(first.line_size(), 4);
  ASSERT_GE(first.late_correction_size(), 1);
  const std::string bytes = DeterministicBytes(first), text = ClearingStatementAsText(first);
  for (int round = 0; round < 10'000; ++round) {
    std::shuffle(entries.begin(), entries.end(), random);
    const v1::ClearingStatement again = MustMake(entries);
    ASSERT_EQ(DeterministicBytes(again), bytes) << "round " << round;
    if (round % 100 == 0) {
      ASSERT_EQ(ClearingStatementAsText(again), text) << "round " << round;
    }
  }
}

// The lines once more, straight from the records.
TEST(ClearingStatementTest, LinesAreSumsOfTheRecords) {
  std::mt19937_64 random(SeedOfRun());
  for (int round = 0; round < 50; ++round) {
    const std::vector<BookEntry> entries = MakeEntries(150, random);
    const v1::ClearingStatement statement = MustMake(entries);
    std::set<std::string> total_heads, undone;
    for (const BookEntry& entry : entries) undone.insert(entry.orig_setl_id());
    int64_t records = 0, payable = 0;
    for (const v1::ClearingLine& line : statement.line()) {
      int64_t settlements = 0, refunds = 0, paid = 0, held = 0, funds = 0;
      std::set<std::string> heads;
      for (const BookEntry& entry : entries) {
        if (entry.insutype() != line.insutype() || entry.clr_type() != line.clr_type()) continue;
        const bool refund = entry.kind() == yijie::store::v1::BOOK_REVERSAL;
        ++(refund ? refunds : settlements);
        paid += entry.amounts().fund_pay_sumamt_fen() + entry.amounts().acct_pay_fen();
        held += entry.amounts().quality_deposit_fen();
        if (!refund && undone.count(entry.setl_id()) == 0) heads.insert(entry.psn_no());
      }
      for (const v1::FundPayment& fund : line.fund()) funds += fund.fund_payamt_fen();
      EXPECT_EQ(line.settlements(), settlements);
      EXPECT_EQ(line.refunds(), refunds);
      EXPECT_EQ(line.heads(), static_cast<int64_t>(heads.size()));
      EXPECT_EQ(line.amounts().quality_deposit_fen(), held);
      EXPECT_EQ(line.amounts().payable_fen(), paid - held);
      EXPECT_EQ(line.amounts().fund_pay_sumamt_fen(), funds);
      records += settlements + refunds;
      payable += paid - held;
      total_heads.insert(heads.begin(), heads.end());
    }
    EXPECT_EQ(records, static_cast<int64_t>(entries.size()));
    EXPECT_EQ(statement.records().count(), records);
    EXPECT_EQ(statement.total().amounts().payable_fen(), payable);
    EXPECT_EQ(statement.total().heads(), static_cast<int64_t>(total_heads.size()));
  }
}

// A settlement of October undone in November: October stays as it was closed, November shows it.
TEST(ClearingStatementTest, LateCorrectionIsANegativeRecordOfTheOpenPeriod) {
  std::mt19937_64 random(1);
  std::vector<BookEntry> entries = MakeEntries(1, random);
  BookEntry original = entries[0];
  original.set_clr_date("2026-10-30");
  original.set_setlym("2026-10");
  original.set_kind(yijie::store::v1::BOOK_SETTLEMENT);
  v1::Reversal reversal;
  reversal.set_setl_id("R1");
  reversal.set_clr_date("2026-11-02");
  const BookEntry undo = BookReversal(original, reversal, "M2", {TakenBack(original), kNovember});
  const v1::ClearingStatement statement = MustMake({undo, original});
  EXPECT_EQ(statement.total().settlements(), 0);
  EXPECT_EQ(statement.total().refunds(), 1);
  EXPECT_EQ(statement.total().heads(), 0);
  EXPECT_EQ(statement.total().amounts().payable_fen(), -original.amounts().payable_fen());
  ASSERT_EQ(statement.late_correction_size(), 1);
  EXPECT_EQ(statement.late_correction(0).orig_setlym(), "2026-10");
  const std::string text = ClearingStatementAsText(statement);
  EXPECT_TRUE(absl::StrContains(text, "以前清算期的更正")) << text;
  EXPECT_TRUE(absl::StrContains(text, "（2026-10）")) << text;
  const auto october =
      MakeClearingStatement(kInstitution, *ClearingMonth::Parse("2026-10"), {original, undo});
  ASSERT_TRUE(october.ok());
  EXPECT_EQ(october->total().settlements(), 1);
  EXPECT_EQ(october->total().heads(), 1);
  EXPECT_EQ(october->total().refunds(), 0);
}

TEST(ClearingStatementTest, BadSetsAreRefused) {
  std::mt19937_64 random(2);
  const std::vector<BookEntry> good = MakeEntries(5, random);
  std::vector<BookEntry> bad = good;
  bad.push_back(bad[2]);
  const auto refused = [](const std::vector<BookEntry>& entries) {
    return std::string(MakeClearingStatement(kInstitution, kNovember, entries).status().message());
  };
  EXPECT_TRUE(absl::StrContains(refused(bad), "is there twice"));
  bad = good;
  bad[1].set_fixmedins_code("H2");
  EXPECT_TRUE(absl::StrContains(refused(bad), "of another institution"));
  bad = good;
  bad[1].mutable_amounts()->set_payable_fen(bad[1].amounts().payable_fen() + 1);
  EXPECT_TRUE(absl::StrContains(refused(bad), "amounts.payable_fen"));
  EXPECT_EQ(MustMake({}).total().settlements(), 0);
}

TEST(ClearingStatementTest, TextOfOneRecord) {
  v1::Settlement settlement;
  settlement.set_setl_id("S1");
  settlement.set_outcome(v1::SETTLED);
  settlement.set_psn_no("P1");
  settlement.set_insutype("310");
  settlement.set_med_type("2101");
  settlement.set_clr_type("21");
  settlement.set_fixmedins_code(kInstitution);
  settlement.set_clr_date("2026-11-21");
  settlement.mutable_amounts()->set_medfee_sumamt_fen(100'10);
  settlement.mutable_amounts()->set_fund_pay_sumamt_fen(60'00);
  settlement.mutable_amounts()->set_acct_pay_fen(20'00);
  settlement.mutable_amounts()->set_acct_mulaid_pay_fen(10'00);
  settlement.mutable_amounts()->set_psn_cash_pay_fen(10'10);
  v1::FundPayment& fund = *settlement.add_setldetail();
  fund.set_fund_pay_type("310100");
  fund.set_fund_payamt_fen(60'00);
  const BookEntry entry =
      BookSettlement(settlement, {SharesOf(settlement, {Ratio(50'000), true}), kNovember});
  const std::string text = ClearingStatementAsText(MustMake({entry}));
  const std::string begin =
      "月度清算单\n"
      "机构 H41010099901  清算年月 2026-11  单位：元\n"
      "\n"
      "险种 310 职工基本医疗保险  清算类别 21 住院\n"
      "  结算1笔，退费0笔，1人\n"
      "  医疗费总额                        100.10\n"
      "  基金支付总额                       60.00\n"
      "    其中 310100                      60.00\n"
      "  个人账户支出                       30.00\n"
      "    其中家庭共济                     10.00\n"
      "  个人现金支出                       10.10\n"
      "  医院负担                            0.00\n"
      "  质量保证金                          4.50\n"
      "  应付金额                           85.50\n"
      "\n合计\n";
  EXPECT_EQ(text.substr(0, begin.size()), begin);
}

}  // namespace
}  // namespace yijie::engine
