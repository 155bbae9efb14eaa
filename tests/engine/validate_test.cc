// Bad claims are refused with the path of the field.

#include "engine/validate.h"

#include <functional>
#include <limits>
#include <set>
#include <tuple>

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/fee_amount.h"
#include "tests/engine/engine_fixture.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

v1::Claim GoodClaim() { return SettleOf("m1", "P1", 10'000).claim(); }

void SetLine(v1::Claim& claim, int64_t cnt_1e4, int64_t pric_fen_1e4, int64_t fen) {
  claim.mutable_fee_line(0)->set_cnt_1e4(cnt_1e4);
  claim.mutable_fee_line(0)->set_pric_fen_1e4(pric_fen_1e4);
  claim.mutable_fee_line(0)->set_det_item_fee_sumamt_fen(fen);
  claim.set_medfee_sumamt_fen(fen);
}

struct BadClaim {
  const char* path;
  std::function<void(v1::Claim&)> spoil;
};

const BadClaim kBadClaims[] = {
    {"claim.psn_no: needs 1 to 30", [](v1::Claim& c) { c.set_psn_no(""); }},
    {"claim.psn_no: needs 1 to 30", [](v1::Claim& c) { c.set_psn_no(std::string(31, '1')); }},
    {"claim.psn_no: may hold only letters", [](v1::Claim& c) { c.set_psn_no("1-2"); }},
    {"claim.insutype: needs 3", [](v1::Claim& c) { c.set_insutype("31"); }},
    {"claim.insutype: may hold only digits", [](v1::Claim& c) { c.set_insutype("3x0"); }},
    {"claim.med_type: needs 2 to 6", [](v1::Claim& c) { c.set_med_type("2"); }},
    {"claim.med_type: needs 2 to 6", [](v1::Claim& c) { c.set_med_type("2101001"); }},
    {"claim.mdtrt_id: needs 0 to 30", [](v1::Claim& c) { c.set_mdtrt_id(std::string(31, 'x')); }},
    {"claim.mdtrt_id: may hold only printable", [](v1::Claim& c) { c.set_mdtrt_id("a b"); }},
    {"claim.dise_codg: may hold only printable", [](v1::Claim& c) { c.set_dise_codg("\x01"); }},
    {"claim.injury_no: needs 0 to 60", [](v1::Claim& c) { c.set_injury_no(std::string(61, 'x')); }},
    {"claim.injury_no: may hold only one line", [](v1::Claim& c) { c.set_injury_no("a\nb"); }},
    {"claim.acct_used_flag: unknown value 7",
     [](v1::Claim& c) { c.set_acct_used_flag(static_cast<v1::AcctUse>(7)); }},
    {"claim.delivery.mode: unknown value 9",
     [](v1::Claim& c) { c.mutable_delivery()->set_mode(static_cast<v1::DeliveryMode>(9)); }},
    {"claim.delivery.fetus_cnt: 10 is outside",
     [](v1::Claim& c) { c.mutable_delivery()->set_fetus_cnt(10); }},
    {"claim.delivery.fetus_cnt: -1 is outside",
     [](v1::Claim& c) { c.mutable_delivery()->set_fetus_cnt(-1); }},
    {"claim.delivery.geso_weeks: 46 is outside",
     [](v1::Claim& c) { c.mutable_delivery()->set_geso_weeks(46); }},
    {"claim.begndate: \"\" is not a day", [](v1::Claim& c) { c.set_begndate(""); }},
    {"claim.begndate: \"2026-02-30\"", [](v1::Claim& c) { c.set_begndate("2026-02-30"); }},
    {"claim.enddate: \"26-06-01\"", [](v1::Claim& c) { c.set_enddate("26-06-01"); }},
    {"claim.enddate: before begndate", [](v1::Claim& c) { c.set_enddate("2026-05-31"); }},
    {"claim.enddate: more than 3660 days", [](v1::Claim& c) { c.set_begndate("2016-01-01"); }},
    {"claim.filed_on: \"2026-6-11\"", [](v1::Claim& c) { c.set_filed_on("2026-6-11"); }},
    {"claim.filed_on: before enddate", [](v1::Claim& c) { c.set_filed_on("2026-06-09"); }},
    {"claim.medfee_sumamt_fen: 0 is outside", [](v1::Claim& c) { c.set_medfee_sumamt_fen(0); }},
    {"claim.medfee_sumamt_fen: -1 is outside", [](v1::Claim& c) { c.set_medfee_sumamt_fen(-1); }},
    {"claim.medfee_sumamt_fen: 10000000000001 is outside",
     [](v1::Claim& c) { c.set_medfee_sumamt_fen(kMaxClaimFen + 1); }},
    {"claim.medfee_sumamt_fen: 10001 is not the sum of the lines, 10000",
     [](v1::Claim& c) { c.set_medfee_sumamt_fen(10'001); }},
    {"claim.fee_line: a bill needs", [](v1::Claim& c) { c.clear_fee_line(); }},
    {"claim.fee_line: 5001 lines",
     [](v1::Claim& c) {
       while (c.fee_line_size() < kMaxLines + 1) *c.add_fee_line() = c.fee_line(0);
     }},
    {"claim.fee_line[1].feedetl_sn: used by an earlier line",
     [](v1::Claim& c) { *c.add_fee_line() = v1::FeeLine(c.fee_line(0)); }},
    {"claim.fee_line[3].feedetl_sn: used by an earlier line",
     [](v1::Claim& c) {
       for (const char* serial : {"9", "10", "9"}) {
         *c.add_fee_line() = v1::FeeLine(c.fee_line(0));
         c.mutable_fee_line(c.fee_line_size() - 1)->set_feedetl_sn(serial);
       }
     }},
    {"claim.fee_line[0].feedetl_sn: needs 1 to 30",
     [](v1::Claim& c) { c.mutable_fee_line(0)->set_feedetl_sn(""); }},
    {"claim.fee_line[0].med_list_codg: needs 1 to 50",
     [](v1::Claim& c) { c.mutable_fee_line(0)->set_med_list_codg(std::string(51, 'x')); }},
    {"claim.fee_line[0].fee_ocur_date: \"x\" is not a day",
     [](v1::Claim& c) { c.mutable_fee_line(0)->set_fee_ocur_date("x"); }},
    {"claim.fee_line[0].fee_ocur_date: outside begndate to enddate",
     [](v1::Claim& c) { c.mutable_fee_line(0)->set_fee_ocur_date("2026-05-31"); }},
    {"claim.fee_line[0].fee_ocur_date: outside begndate to enddate",
     [](v1::Claim& c) { c.mutable_fee_line(0)->set_fee_ocur_date("2026-06-11"); }},
    {"claim.fee_line[0].cnt_1e4: 0 is outside", [](v1::Claim& c) { SetLine(c, 0, 1, 1); }},
    {"claim.fee_line[0].cnt_1e4: 10000000001",
     [](v1::Claim& c) { SetLine(c, 10'000'000'001, 1, 100); }},
    {"claim.fee_line[0].pric_fen_1e4: -1 is", [](v1::Claim& c) { SetLine(c, 1, -1, 1); }},
    {"claim.fee_line[0].pric_fen_1e4: 1000000000000001",
     [](v1::Claim& c) { SetLine(c, 1, 1'000'000'000'000'001, 1); }},
    {"claim.fee_line[0].det_item_fee_sumamt_fen: 1000000000001",
     [](v1::Claim& c) { SetLine(c, 10'000, 1'000'000'000'000, 1'000'000'000'001); }},
    {"claim.fee_line[0].det_item_fee_sumamt_fen: 10002 is not quantity times price",
     [](v1::Claim& c) { SetLine(c, 10'000, 100'000'000, 10'002); }},
    {"claim.fee_line[0].det_item_fee_sumamt_fen: 9998 is not quantity times price",
     [](v1::Claim& c) { SetLine(c, 10'000, 100'000'000, 9'998); }},
};

TEST(CheckClaim, BadClaimsNameTheField) {
  for (const BadClaim& row : kBadClaims) {
    v1::Claim claim = GoodClaim();
    row.spoil(claim);
    const absl::Status status = CheckClaim(claim);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << row.path;
    EXPECT_TRUE(absl::StartsWith(status.message(), row.path))
        << row.path << "\ngot " << status.message();
  }
}

TEST(CheckClaim, GoodClaimsAndTheirEdges) {
  EXPECT_TRUE(CheckClaim(GoodClaim()).ok());
  const std::function<void(v1::Claim&)> edges[] = {
      [](v1::Claim& c) { c.clear_enddate(); },
      [](v1::Claim& c) { c.set_filed_on("2026-06-10"); },
      [](v1::Claim& c) { c.set_injury_no("沪人社认〔2026〕001号"); },
      [](v1::Claim& c) { c.mutable_fee_line(0)->set_fee_ocur_date("2026-06-01"); },
      [](v1::Claim& c) { c.mutable_fee_line(0)->set_fee_ocur_date("2026-06-10"); },
      [](v1::Claim& c) { SetLine(c, 10'000, 100'000'000, 10'001); },  // within a fen
      [](v1::Claim& c) { SetLine(c, 10'000, 100'000'000, 9'999); },
      [](v1::Claim& c) { SetLine(c, 10'000'000'000, 10'000'000'000, 1'000'000'000'000); },
      [](v1::Claim& c) { SetLine(c, 1, 1'000'000'000'000'000, 10'000'000); },
      [](v1::Claim& c) { SetLine(c, 33'333, 15'000, 5); },  // 4.99995
      [](v1::Claim& c) { c.mutable_delivery()->set_fetus_cnt(9); },
      [](v1::Claim& c) {  // numbered downwards
        for (const char* serial : {"b", "10", "9", "0"}) {
          *c.add_fee_line() = v1::FeeLine(c.fee_line(0));
          c.mutable_fee_line(c.fee_line_size() - 1)->set_feedetl_sn(serial);
        }
        c.set_medfee_sumamt_fen(10'000 * 5);
      },
      [](v1::Claim& c) {
        for (int i = 1; i < kMaxLines; ++i) {
          *c.add_fee_line() = c.fee_line(0);
          c.mutable_fee_line(i)->set_feedetl_sn(absl::StrCat("n", i));
        }
        c.set_medfee_sumamt_fen(10'000 * kMaxLines);
      },
  };
  for (const auto& edge : edges) {
    v1::Claim claim = GoodClaim();
    edge(claim);
    EXPECT_TRUE(CheckClaim(claim).ok()) << CheckClaim(claim);
  }
}

// Around the largest product that 64 bits hold, and past it.
TEST(FeeAmount, IsExactBesideAndBeyond64Bits) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const std::tuple<int64_t, int64_t, int64_t> rows[] = {
      {0, kMax, 0},
      {1, 49'999'999, 0},
      {1, 50'000'000, 1},
      {1, kMax - 50'000'000, 92'233'720'368},  // 92,233,720,368.04775807
      {1, kMax - 49'999'999, 92'233'720'368},
      {1, kMax, 92'233'720'369},  // 92,233,720,368.54775807
      {kMax, 1, 92'233'720'369},
      {2, kMax, 184'467'440'737},                                         // .09551614
      {10'000'000'000, 1'000'000'000'000'000, 100'000'000'000'000'000}};  // the most of a line
  for (const auto& [cnt_1e4, pric_fen_1e4, fen] : rows)
    EXPECT_TRUE(FeeAmount(cnt_1e4, pric_fen_1e4) == fen) << cnt_1e4 << " " << pric_fen_1e4;
}

TEST(CheckHeader, BadHeadersNameTheField) {
  v1::MessageHeader header = Header("m1");
  EXPECT_TRUE(CheckHeader(header).ok());
  header.set_opter(std::string(31, 'x'));
  EXPECT_TRUE(absl::StartsWith(CheckHeader(header).message(), "header.opter"))
      << CheckHeader(header);
  header.set_msgid("");
  EXPECT_TRUE(absl::StartsWith(CheckHeader(header).message(), "header.msgid"))
      << CheckHeader(header);
  header.set_msgid("a\nb");  // would break the name of the message in the table of messages
  EXPECT_TRUE(absl::StartsWith(CheckHeader(header).message(), "header.msgid"))
      << CheckHeader(header);
  header.set_fixmedins_code("H 1");
  EXPECT_TRUE(absl::StartsWith(CheckHeader(header).message(), "header.fixmedins_code"))
      << CheckHeader(header);
}

TEST(CheckNoUnknownFields, FindsThemAnywhere) {
  v1::SettleRequest request = SettleOf("m1", "P1", 10'000);
  EXPECT_TRUE(CheckNoUnknownFields(request).ok());
  auto* line = request.mutable_claim()->mutable_fee_line(0);
  line->GetReflection()->MutableUnknownFields(line)->AddVarint(99, 1);
  EXPECT_EQ(CheckNoUnknownFields(request).message(), "claim.fee_line[0]: unknown field number 99");
  v1::SettleRequest top;
  top.GetReflection()->MutableUnknownFields(&top)->AddVarint(7, 1);
  EXPECT_EQ(CheckNoUnknownFields(top).message(), "request: unknown field number 7");
}

// What a third party or an employer owes is advanced by the agency, of any scheme.
TEST(CheckNetworkedBill, AsksForNoAdvance) {
  v1::Claim claim = GoodClaim();
  claim.set_rel_ttp_flag(true);
  EXPECT_TRUE(CheckNetworkedBill(claim).ok());
  claim.set_advance_flag(true);
  EXPECT_TRUE(CheckClaim(claim).ok());
  EXPECT_TRUE(absl::StartsWith(CheckNetworkedBill(claim).message(), "claim.advance_flag: "));
  v1::SettleRequest settle = SettleOf("m1", "P1", 10'000);
  settle.mutable_claim()->set_advance_flag(true);
  v1::PreSettleRequest trial;
  trial.set_fixmedins_code(settle.header().fixmedins_code());
  *trial.mutable_claim() = settle.claim();
  const auto settled =
      MakeJob(Call::kSettle, std::make_unique<v1::SettleRequest>(settle), TestNow());
  EXPECT_TRUE(absl::IsInvalidArgument(settled.status())) << settled.status();
  const auto tried =
      MakeJob(Call::kPreSettle, std::make_unique<v1::PreSettleRequest>(trial), TestNow());
  EXPECT_TRUE(absl::IsInvalidArgument(tried.status())) << tried.status();
}

// Which part of a stay a bill is the engine knows itself, of stays that it keeps.
TEST(CheckNetworkedBill, IsOfAWholeStay) {
  for (const v1::StayPart part : {v1::FIRST_PART, v1::LATER_PART}) {
    v1::Claim claim = GoodClaim();
    claim.set_stay_part(part);
    EXPECT_TRUE(CheckClaim(claim).ok());
    EXPECT_TRUE(absl::StartsWith(CheckNetworkedBill(claim).message(), "claim.stay_part: "));
  }
}

TEST(FirstDifference, NamesTheField) {
  const v1::SettleRequest a = SettleOf("m1", "P1", 10'000);
  v1::SettleRequest b = a;
  EXPECT_EQ(FirstDifference(a, b), "");
  b.mutable_claim()->set_med_type("11");
  EXPECT_EQ(FirstDifference(a, b), "claim.med_type");
  b = a;
  b.mutable_claim()->mutable_fee_line(0)->set_cnt_1e4(7);
  EXPECT_EQ(FirstDifference(a, b), "claim.fee_line[0].cnt_1e4");
  b = a;
  *b.mutable_claim()->add_fee_line() = a.claim().fee_line(0);
  EXPECT_EQ(FirstDifference(a, b), "claim.fee_line[1]");
}

// An area outside the own ones makes the person a visitor and goes into ids.
TEST(MakeJob, AnAreaIsSixDigitsOrNone) {
  for (const char* area : {"4101", "41010X", "4101990", "@"}) {
    auto settle = std::make_unique<v1::SettleRequest>(SettleOf("m1", "P1", 100));
    settle->mutable_claim()->set_insuplc_admdvs(area);
    const auto bill = MakeJob(Call::kSettle, std::move(settle), TestNow());
    EXPECT_TRUE(absl::StartsWith(bill.status().message(), "claim.insuplc_admdvs: ")) << area;
    auto undo = std::make_unique<v1::ReverseByMessageRequest>(UndoOf("u1", "P1", "m1"));
    undo->set_insuplc_admdvs(area);
    const auto undone = MakeJob(Call::kReverseByMessage, std::move(undo), TestNow());
    EXPECT_TRUE(absl::StartsWith(undone.status().message(), "insuplc_admdvs: ")) << area;
  }
  v1::ReverseByMessageRequest undo = UndoOf("u1", "P1", "m1");
  undo.set_insuplc_admdvs("410199");
  EXPECT_EQ(JobOf(Call::kReverseByMessage, undo)->insuplc_admdvs, "410199");
}

// Whatever transactions are added: their stored answers are for institutions only if said so.
TEST(MakeJob, AQueryReadsAnswersToInstitutionsOnly) {
  const std::set<int> allowed = {
      v1::SETTLE,      v1::REVERSE,     v1::REVERSE_BY_MESSAGE, v1::REFUND,
      v1::ADMIT,       v1::CHANGE_STAY, v1::CANCEL_ADMISSION,   v1::UPLOAD_FEES,
      v1::CANCEL_FEES, v1::DISCHARGE,   v1::CANCEL_DISCHARGE,   v1::SETTLE_STAY};
  for (int i = 0; i <= v1::Transaction_MAX; ++i) {
    auto query = std::make_unique<v1::QueryMessageRequest>(QueryOf("m1", false));
    query->set_transaction(static_cast<v1::Transaction>(i));
    const auto job = MakeJob(Call::kQueryMessage, std::move(query), TestNow());
    EXPECT_EQ(job.ok(), allowed.count(i) > 0) << i << " " << job.status();
    EXPECT_NE(job.ok(), absl::StartsWith(job.status().message(), "transaction: ")) << i;
  }
}

TEST(MakeJob, NamesKeysAndLanes) {
  const auto settle = JobOf(Call::kSettle, SettleOf("m1", "P1", 100));
  EXPECT_EQ(settle->lane_key, "P1");
  EXPECT_TRUE(settle->has_key);
  EXPECT_FALSE(settle->has_other_key);
  EXPECT_EQ(settle->digest, Sha256(settle->body));
  const auto undo = JobOf(Call::kReverseByMessage, UndoOf("u1", "P1", "m1"));
  EXPECT_TRUE(undo->has_other_key);
  EXPECT_EQ(undo->other_key.msgid, settle->key.msgid);
  EXPECT_EQ(undo->other_key.transaction, settle->key.transaction);
  EXPECT_NE(undo->key.transaction, settle->key.transaction);
  EXPECT_FALSE(JobOf(Call::kQueryMessage, QueryOf("m1", false))->has_other_key);
  EXPECT_TRUE(JobOf(Call::kQueryMessage, QueryOf("m1", true))->has_other_key);
  auto credit = std::make_unique<v1::CreditAccountRequest>(CreditOf("c1", "P1", 0));
  const auto refused = MakeJob(Call::kCreditAccount, std::move(credit), TestNow());
  EXPECT_TRUE(absl::StartsWith(refused.status().message(), "amount_fen: 0 is outside"))
      << refused.status();
}

}  // namespace
}  // namespace yijie::engine
