#include "engine/books/book_file.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace yijie::engine {
namespace {

constexpr char kHeader[] =
    "setl_id,psn_no,clr_date,insutype,clr_type,refd_setl_flag,medfee_sumamt,fund_pay_sumamt,"
    "acct_pay,psn_cash_pay\n";

TEST(BookFileTest, ReadsSettlementsAndRefunds) {
  RowErrors errors("book.csv");
  const auto rows =
      ParseBook(MakeInputFile("book.csv",
                              absl::StrCat(kHeader, "S1,P1,2026-11-21,310,21,0,100.10,60,30,10.1\n",
                                           "S2,P1,2026-11-22,310,21,1,-100.10,-60,-30,-10.1\n")),
                errors);
  ASSERT_TRUE(errors.empty()) << errors.ToStatus();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].ShortDebugString(),
            "setl_id: \"S1\" psn_no: \"P1\" clr_date: \"2026-11-21\" insutype: \"310\" "
            "clr_type: \"21\" medfee_sumamt_fen: 10010 fund_pay_sumamt_fen: 6000 "
            "acct_pay_fen: 3000 psn_cash_pay_fen: 1010");
  EXPECT_TRUE(rows[1].refd_setl_flag());
  EXPECT_EQ(rows[1].psn_cash_pay_fen(), -1010);
}

TEST(BookFileTest, ListsEveryBadRow) {
  RowErrors errors("book.csv");
  ParseBook(MakeInputFile("book.csv", absl::StrCat(kHeader, "S1,P1,2026-11-21,310,21,0,1,1,0,0\n",
                                                   "S1,P1,2026-11-21,310,21,0,1,1,0,0\n",
                                                   "S2,P1,2026-11-31,310,2/1,2,1.005,,--1,1e3\n")),
            errors);
  const std::string text(errors.ToStatus().message());
  EXPECT_TRUE(absl::StrContains(text, "is already in line 2")) << text;
  for (const char* column : {"clr_date", "clr_type", "refd_setl_flag", "medfee_sumamt",
                             "fund_pay_sumamt", "acct_pay", "psn_cash_pay"}) {
    EXPECT_TRUE(absl::StrContains(text, absl::StrCat(" ", column))) << column << "\n" << text;
  }
}

}  // namespace
}  // namespace yijie::engine
