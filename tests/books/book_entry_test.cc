#include "engine/books/book_entry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "engine/books/clearing_class.h"
#include "tests/books/book_maker.h"

namespace yijie::engine {
namespace {

using yijie::store::v1::BookEntry;

// Vector V2 of the domain's journal: 5 % of 4,203,230 is 210,161.5, half-up 210,162.
v1::Settlement VectorV2() {
  v1::Settlement settlement;
  settlement.set_setl_id("S1");
  settlement.set_outcome(v1::SETTLED);
  settlement.set_psn_no("P1");
  settlement.set_insutype("310");
  settlement.set_med_type("2101");
  settlement.set_clr_type("21");
  settlement.set_fixmedins_code("H1");
  settlement.set_medins_setl_id("M1");
  settlement.set_mdtrt_id("V1");
  settlement.set_clr_date("2026-11-21");
  settlement.set_version(3);
  v1::Amounts& amounts = *settlement.mutable_amounts();
  amounts.set_medfee_sumamt_fen(4'203'230 + 669'989);
  amounts.set_fund_pay_sumamt_fen(3'903'230);
  amounts.set_acct_pay_fen(180'000);
  amounts.set_acct_mulaid_pay_fen(120'000);
  amounts.set_psn_cash_pay_fen(669'989);
  const std::pair<const char*, int64_t> funds[] = {
      {"330100", 3'285'413}, {"310100", 300'000}, {"320100", 217'817}, {"310100", 100'000}};
  for (const auto& [code, fen] : funds) {
    v1::FundPayment& fund = *settlement.add_setldetail();
    fund.set_fund_pay_type(code);
    fund.set_fund_payamt_fen(fen);
  }
  return settlement;
}

const ClearingMonth kNovember = *ClearingMonth::Parse("2026-11");

BookEntry EntryUnder(const ClearingTerms& terms) {
  return BookSettlement(VectorV2(), {SharesOf(VectorV2(), terms), kNovember});
}

BookEntry EntryOfV2() { return EntryUnder({Ratio(50'000), true}); }

TEST(BookEntryTest, HoldBackOfVectorV2) {
  const BookEntry entry = EntryOfV2();
  ASSERT_TRUE(CheckBookEntry(entry).ok()) << CheckBookEntry(entry);
  EXPECT_EQ(entry.amounts().quality_deposit_fen(), 210'162);
  EXPECT_EQ(entry.amounts().payable_fen(), 3'993'068);
  EXPECT_EQ(entry.amounts().acct_mulaid_pay_fen(), 120'000);
  EXPECT_EQ(entry.clr_type(), "21");
  EXPECT_EQ(entry.setlym(), "2026-11");
  ASSERT_EQ(entry.fund_size(), 3) << "two payments of one fund are one";
  EXPECT_EQ(entry.fund(0).fund_pay_type(), "310100");
  EXPECT_EQ(entry.fund(0).fund_payamt_fen(), 400'000);
}

TEST(BookEntryTest, AccountMayBeFreeOfTheHoldBack) {
  const BookEntry entry = EntryUnder({Ratio(50'000), false});
  EXPECT_EQ(entry.amounts().quality_deposit_fen(), 195'162);  // 195,161.5
  EXPECT_EQ(entry.amounts().payable_fen(), 4'008'068);
}

TEST(BookEntryTest, ReversalNegatesWhatWasBookedWhateverTheTermsAreNow) {
  const BookEntry entry = EntryOfV2();
  v1::Reversal reversal;
  reversal.set_setl_id("S2");
  reversal.set_version(4);
  reversal.set_clr_date("2026-12-01");
  const BookEntry undo = BookReversal(entry, reversal, "M2", {TakenBack(entry), kNovember.Next()});
  ASSERT_TRUE(CheckBookEntry(undo).ok()) << CheckBookEntry(undo);
  EXPECT_EQ(undo.amounts().quality_deposit_fen(), -210'162);
  EXPECT_EQ(undo.amounts().payable_fen(), -3'993'068);
  EXPECT_EQ(undo.orig_setl_id(), "S1");
  EXPECT_EQ(undo.orig_setlym(), "2026-11");
  EXPECT_EQ(undo.setlym(), "2026-12");
  EXPECT_EQ(undo.medins_setl_id(), "M2");
  EXPECT_TRUE(RowOf(undo).refd_setl_flag());
}

TEST(BookEntryTest, ClearingClassOfBenefitKinds) {
  const std::pair<const char*, const char*> classes[] = {
      {"11", "11"},   {"1301", "13"},  {"14", "14"},      {"2101", "21"},
      {"2102", "27"}, {"21303", "21"}, {"28", "28"},      {"41", "41"},
      {"51", "53"},   {"52", "99940"}, {"2106", "99940"}, {"71", "99"},
      {"", "99"},     {"9901", "15"},  {"990101", "99"},  {"9903", "99"}};
  for (const auto& [med_type, clr_type] : classes) {
    EXPECT_EQ(ClearingClass(med_type, "410199", "410199"), clr_type) << med_type;
    EXPECT_FALSE(ClearingClassWords(clr_type).empty()) << clr_type;
  }
  EXPECT_EQ(ClearingClassWords("77"), "");
}

// interface.md: Hunan clears 9909 and 9975 in the province, 99963, 99968, 9974 and 9987 outside.
TEST(BookEntryTest, HunanClearsPersonsFromElsewhereApart) {
  struct Case {
    const char* med_type;
    const char* local;
    const char* in_province;
    const char* outside;
  };
  for (const Case& c : std::vector<Case>{{"11", "11", "9909", "99963"},
                                         {"1301", "13", "9909", "99963"},
                                         {"14", "14", "9975", "9987"},
                                         {"2101", "21", "9909", "99968"},
                                         {"28", "28", "9909", "99968"},
                                         {"52", "99940", "9909", "99968"},
                                         {"41", "41", "9909", "9974"},
                                         {"9903", "1103", "9909", "99963"}}) {
    EXPECT_EQ(ClearingClass(c.med_type, "430102", "430199"), c.local) << c.med_type;
    EXPECT_EQ(ClearingClass(c.med_type, "430299", "430199"), c.in_province) << c.med_type;
    EXPECT_EQ(ClearingClass(c.med_type, "410199", "430199"), c.outside) << c.med_type;
    for (const char* clr_type : {c.local, c.in_province, c.outside})
      EXPECT_FALSE(ClearingClassWords(clr_type).empty()) << clr_type;
  }
  EXPECT_EQ(ClearingClass("11", "430199", "410199"), "11") << "the book is that of the institution";
}

TEST(BookEntryTest, PeriodIsTheMonthOrTheFirstOpenOne) {
  const Date day = *ParseDate("2026-11-30");
  EXPECT_EQ(PeriodOfRecord(day, std::nullopt).Format(), "2026-11");
  EXPECT_EQ(PeriodOfRecord(day, ClearingMonth::Parse("2026-10").value()).Format(), "2026-11");
  EXPECT_EQ(PeriodOfRecord(day, kNovember).Format(), "2026-12");
  EXPECT_EQ(PeriodOfRecord(day, ClearingMonth::Parse("2026-12").value()).Format(), "2027-01");
}

TEST(BookEntryTest, Months) {
  for (const char* bad : {"", "2026", "2026-13", "2026-00", "202611", "2026-11-01", "2026-1"}) {
    EXPECT_FALSE(ClearingMonth::Parse(bad).ok()) << bad;
  }
  EXPECT_EQ(ClearingMonth::Parse("2026-12")->Next().Format(), "2027-01");
}

struct BadEntry {
  const char* message;
  std::function<void(BookEntry&)> change;
};

TEST(BookEntryTest, MalformedEntriesAreRefusedByField) {
  const BookEntry good = EntryOfV2();
  const std::vector<BadEntry> bad = {
      {"setl_id: ", [](BookEntry& e) { e.set_setl_id("has a blank"); }},
      {"psn_no: ", [](BookEntry& e) { e.clear_psn_no(); }},
      {"fixmedins_code: ", [](BookEntry& e) { e.set_fixmedins_code("H-1"); }},
      {"insutype: ", [](BookEntry& e) { e.set_insutype("3100000"); }},
      {"clr_type: ", [](BookEntry& e) { e.set_clr_type("2/1"); }},
      {"clr_date: ", [](BookEntry& e) { e.set_clr_date("2026-11-31"); }},
      {"setlym: must be", [](BookEntry& e) { e.set_setlym("202611"); }},
      {"setlym: is before", [](BookEntry& e) { e.set_setlym("2026-10"); }},
      {"kind: ", [](BookEntry& e) { e.clear_kind(); }},
      {"orig_setl_id: is for", [](BookEntry& e) { e.set_orig_setl_id("S0"); }},
      {"amounts.medfee_sumamt_fen: is not what",
       [](BookEntry& e) { e.mutable_amounts()->set_psn_cash_pay_fen(669'988); }},
      {"amounts.payable_fen: and",
       [](BookEntry& e) { e.mutable_amounts()->set_quality_deposit_fen(210'161); }},
      {"amounts.acct_mulaid_pay_fen: is more",
       [](BookEntry& e) { e.mutable_amounts()->set_acct_mulaid_pay_fen(300'001); }},
      {"amounts.psn_cash_pay_fen: has the wrong sign",
       [](BookEntry& e) { e.mutable_amounts()->set_psn_cash_pay_fen(-1); }},
      {"amounts.medfee_sumamt_fen: must be",
       [](BookEntry& e) { e.mutable_amounts()->set_medfee_sumamt_fen(INT64_MAX); }},
      {"fund: does not add up", [](BookEntry& e) { e.mutable_fund()->RemoveLast(); }},
      {"fund.fund_pay_type: is out of order",
       [](BookEntry& e) { e.mutable_fund()->SwapElements(0, 1); }},
      {"fund.fund_payamt_fen: has the wrong sign",
       [](BookEntry& e) {
         e.mutable_fund(0)->set_fund_payamt_fen(-1);
         e.mutable_fund(1)->set_fund_payamt_fen(400'001 + 217'817);
       }},
      {"amounts.medfee_sumamt_fen: has the wrong sign", [](BookEntry& e) {
         e.set_kind(yijie::store::v1::BOOK_REVERSAL);
         e.set_orig_setl_id("S0");
         e.set_orig_setlym("2026-11");
       }}};
  for (const BadEntry& planted : bad) {
    BookEntry entry = good;
    planted.change(entry);
    const absl::Status status = CheckBookEntry(entry);
    EXPECT_TRUE(absl::StartsWith(status.message(), planted.message))
        << planted.message << " / " << status;
  }
}

// Keys in byte order are records in order of institution, day, scheme, class, bucket and id, and
// the bucket is the beginning of the hash.
TEST(BookEntryTest, KeysSortByTheirParts) {
  std::vector<BookEntry> entries;
  for (const char* institution : {"H1", "H10", "H2"}) {
    for (const char* day : {"2026-11-01", "2026-11-02"}) {
      for (const char* insutype : {"310", "39", "390"}) {
        for (const char* clr_type : {"11", "1103", "21"}) {
          for (const char* id : {"A", "B", "C"}) {
            BookEntry& entry = entries.emplace_back();
            entry.set_fixmedins_code(institution);
            entry.set_clr_date(day);
            entry.set_insutype(insutype);
            entry.set_clr_type(clr_type);
            entry.set_setl_id(id);
          }
        }
      }
    }
  }
  const auto parts = [](const BookEntry& e) {
    return std::make_tuple(e.fixmedins_code(), e.clr_date(), e.insutype(), e.clr_type(),
                           HexPrefix(Sha256(e.setl_id()), 2), e.setl_id());
  };
  std::sort(entries.begin(), entries.end(),
            [&](const BookEntry& a, const BookEntry& b) { return parts(a) < parts(b); });
  for (size_t i = 1; i < entries.size(); ++i) {
    EXPECT_LT(BookKey(entries[i - 1]), BookKey(entries[i])) << entries[i].ShortDebugString();
  }
  const BookEntry& entry = entries[5];
  EXPECT_TRUE(absl::StartsWith(
      BookKey(entry),
      BookGroupKey(entry.fixmedins_code(), entry.clr_date(), entry.insutype(), entry.clr_type())));
  EXPECT_FALSE(absl::StartsWith(BookDayKey("H10", "2026-11-01"), BookDayKey("H1", "")));
}

}  // namespace
}  // namespace yijie::engine
