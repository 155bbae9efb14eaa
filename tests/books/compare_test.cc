#include "engine/books/compare.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "absl/strings/match.h"
#include "tests/books/book_maker.h"

namespace yijie::engine {
namespace {

v1::CompareBookRequest GoodRequest(const BookView& own) {
  v1::CompareBookRequest request;
  *request.mutable_scope() = WholeNovember();
  *request.mutable_own() = DigestOfScope(own, WholeNovember())->ToTotals();
  request.add_node();
  return request;
}

TEST(CompareTest, TotalsTellWhoHasMore) {
  v1::BookTotals own, centre;
  own.set_count(2);
  centre.set_count(2);
  own.set_medfee_sumamt_fen(17123920);
  centre.set_medfee_sumamt_fen(17117820);
  EXPECT_EQ(CompareTotals(own, centre), v1::AMOUNTS_DIFFER);
  EXPECT_EQ(DescribeTotals(own, centre),
            "医疗费总额：中心171178.20元，机构171239.20元，相差-61.00元");
  centre.set_count(3);
  EXPECT_EQ(CompareTotals(own, centre), v1::CENTRE_MORE);
  centre.set_count(1);
  EXPECT_EQ(CompareTotals(own, centre), v1::INSTITUTION_MORE);
  EXPECT_TRUE(absl::StrContains(DescribeTotals(own, centre), "笔数：中心1，机构2；"));
  EXPECT_EQ(CompareTotals(own, own), v1::FLAT);
  EXPECT_EQ(DescribeTotals(own, own), "平");
  v1::BookTotals other = own;
  own.set_digest(std::string(32, 'a'));
  other.set_digest(std::string(32, 'b'));
  EXPECT_EQ(CompareTotals(own, other), v1::RECORDS_DIFFER);
  EXPECT_EQ(DescribeTotals(own, other), "合计相同，但明细记录不同");
  other.clear_digest();
  EXPECT_EQ(CompareTotals(own, other), v1::FLAT);
  // Any figures may come in.
  own.set_acct_pay_fen(INT64_MAX);
  other.set_acct_pay_fen(INT64_MIN);
  EXPECT_TRUE(absl::StrContains(DescribeTotals(own, other), "相差-184467440737095516.15元"));
}

// A settlement with its undo, and an undo of an earlier month: each selection its own totals.
TEST(CompareTest, EverySelectionHasItsTotals) {
  std::mt19937_64 random(SeedOfRun());
  const auto entries = MakeEntries(200, random);
  const auto totals = [&](v1::RefundSelection refund) { return TotalsOf(entries, refund); };
  const v1::BookTotals all = totals(v1::ALL_RECORDS), settled = totals(v1::SETTLEMENTS_ONLY);
  const v1::BookTotals refunds = totals(v1::REFUNDS_ONLY), standing = totals(v1::STANDING_ONLY);
  EXPECT_EQ(all.count(), 200);
  EXPECT_EQ(all.count(), settled.count() + refunds.count());
  EXPECT_LT(refunds.medfee_sumamt_fen(), 0);
  EXPECT_EQ(all.medfee_sumamt_fen(), settled.medfee_sumamt_fen() + refunds.medfee_sumamt_fen());
  EXPECT_EQ(standing.medfee_sumamt_fen(), all.medfee_sumamt_fen()) << "pairs cancel out";
  EXPECT_EQ(standing.acct_pay_fen(), all.acct_pay_fen());
  EXPECT_LT(standing.count(), all.count());
  EXPECT_GT(standing.count(), 0);
  EXPECT_TRUE(standing.digest().empty());
}

struct BadRequest {
  const char* message;
  std::function<void(v1::CompareBookRequest&)> change;
};

TEST(CompareTest, BadRequestsAreRefusedByField) {
  const SortedBook book = *SortedBook::Make(MakeRows(100, 5));
  const auto node = [](const char* day, const char* insutype, const char* clr_type,
                       const char* prefix) {
    return [=](v1::CompareBookRequest& request) {
      v1::BookNode& changed = *request.mutable_node(0);
      changed.set_clr_date(day);
      changed.set_insutype(insutype);
      changed.set_clr_type(clr_type);
      changed.set_prefix(prefix);
    };
  };
  using Request = v1::CompareBookRequest;
  const std::vector<BadRequest> bad = {
      {"scope.fixmedins_code: ", [](Request& r) { r.mutable_scope()->clear_fixmedins_code(); }},
      {"scope.begndate: ", [](Request& r) { r.mutable_scope()->set_begndate("2026-11"); }},
      {"scope.enddate: ", [](Request& r) { r.mutable_scope()->set_enddate("x"); }},
      {"scope.enddate: is before",
       [](Request& r) { r.mutable_scope()->set_enddate("2026-10-31"); }},
      {"scope.enddate: the scope is longer",
       [](Request& r) { r.mutable_scope()->set_enddate("2027-11-02"); }},
      {"scope.insutype: ", [](Request& r) { r.mutable_scope()->set_insutype("3/1"); }},
      {"scope.clr_type: ", [](Request& r) { r.mutable_scope()->set_clr_type("1234567"); }},
      {"scope.refund: ", [](Request& r) { r.mutable_scope()->clear_refund(); }},
      {"scope.refund: ", [](Request& r) { r.mutable_scope()->set_refund(v1::STANDING_ONLY); }},
      {"own: digest: ", [](Request& r) { r.mutable_own()->clear_digest(); }},
      {"own: count: ", [](Request& r) { r.mutable_own()->set_count(-1); }},
      {"node: must be 1 to 64", [](Request& r) { r.clear_node(); }},
      {"node: must be 1 to 64",
       [](Request& r) {
         for (int i = 0; i < 64; ++i) r.add_node();
       }},
      {"node[0].clr_date: is empty", node("", "310", "11", "")},
      {"node[0].clr_date: is empty", node("", "", "", "a")},
      {"node[0].clr_date: must be a day", node("2026-12-01", "", "", "")},
      {"node[0].insutype: is empty", node("2026-11-01", "", "", "a")},
      {"node[0].insutype: must be", node("2026-11-01", "", "11", "")},
      {"node[0].clr_type: must be", node("2026-11-01", "310", "", "")},
      {"node[0].prefix: must be", node("2026-11-01", "310", "11", "A")},
      {"node[0].prefix: has more", node("2026-11-01", "310", "11", "abcde")}};
  Request own = GoodRequest(*SortedBook::Make({}));
  ASSERT_TRUE(AnswerCompare(book, own).ok());
  for (const BadRequest& planted : bad) {
    Request request = own;
    planted.change(request);
    const auto answer = AnswerCompare(book, request);
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kInvalidArgument) << planted.message;
    EXPECT_TRUE(absl::StartsWith(answer.status().message(), planted.message))
        << planted.message << " / " << answer.status();
  }
}

TEST(CompareTest, NodesOfAnotherSchemeThanTheScopesAreRefused) {
  v1::BookScope scope = WholeNovember();
  scope.set_insutype("310");
  scope.set_clr_type("11");
  v1::BookNode node;
  node.set_clr_date("2026-11-01");
  node.set_insutype("390");
  node.set_clr_type("11");
  EXPECT_FALSE(CheckNode(scope, node).ok());
  node.set_insutype("310");
  EXPECT_TRUE(CheckNode(scope, node).ok());
  node.set_clr_type("21");
  EXPECT_FALSE(CheckNode(scope, node).ok());
}

// However much is asked for, an answer stays small and says at least one node.
TEST(CompareTest, AnswersAreBounded) {
  const SortedBook book = *SortedBook::Make(MakeRows(20'000, 1));
  v1::CompareBookRequest request = GoodRequest(*SortedBook::Make({}));
  request.clear_node();
  for (int i = 0; i < kMaxNodes; ++i) {
    v1::BookNode& node = *request.add_node();
    node.set_clr_date("2026-11-01");
    node.set_insutype("310");
    node.set_clr_type("11");
    node.set_prefix(std::string(1, "0123456789abcdef"[i % 16]));
  }
  const auto answer = AnswerCompare(book, request);
  ASSERT_TRUE(answer.ok());
  EXPECT_GE(answer->node_size(), 1);
  EXPECT_LE(answer->ByteSizeLong(), kMaxAnswerBytes + 4096);
}

TEST(CompareTest, BookRefusesBadRows) {
  const auto refused = [](const std::function<void(std::vector<v1::BookRow>&)>& change) {
    std::vector<v1::BookRow> rows = MakeRows(3, 1);
    change(rows);
    return std::string(SortedBook::Make(std::move(rows)).status().message());
  };
  EXPECT_EQ(refused([](auto& rows) { rows[2].set_setl_id(rows[0].setl_id()); }),
            "row[2].setl_id: is there twice");
  EXPECT_TRUE(
      absl::StartsWith(refused([](auto& rows) { rows[1].set_clr_date(""); }), "row[1].clr_date: "));
  EXPECT_TRUE(absl::StartsWith(
      refused([](auto& rows) { rows[1].set_fund_pay_sumamt_fen(kMaxClaimFen + 1); }),
      "row[1].fund_pay_sumamt_fen: "));
  EXPECT_EQ(refused([](auto& rows) {
              rows.clear();
              for (int64_t i = 0; i < 10'002; ++i) {
                rows.push_back(MakeRow(i, 1));
                rows.back().set_medfee_sumamt_fen(kMaxClaimFen);
              }
            }),
            "row[10000].medfee_sumamt_fen: the book adds up to too much");
}

}  // namespace
}  // namespace yijie::engine
