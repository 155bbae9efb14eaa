// Refund of lines, case by case and against a second counter at which only what remains was ever
// bought.

#include "engine/undo/refund.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/audit/audit.h"
#include "engine/books/book_entry.h"
#include "engine/books/book_projection.h"
#include "engine/queries.h"
#include "engine/receipt.h"
#include "tests/books/book_maker.h"
#include "tests/correction/world.h"
#include "tests/undo/counter.h"
#include "yijie/v1/account.pb.h"
#include "yijie/v1/stay.pb.h"

namespace yijie::engine {
namespace {

constexpr char kRules[] =
    "clearing { cite: \"s1 1\" quality_deposit_1e6: 50000 account_part_subject_to_deposit: true "
    "reversal_by_institution: SAME_PERIOD }\n"
    "undo { cite: \"s1 1\" partial_refund_allowed: true }\n";

// A thing bought: pieces of an item at a whole number of fen.
struct Bought {
  const char* item;
  int64_t pieces;
  int64_t fen;
};

v1::SettleRequest BillOf(const std::string& msgid, const std::string& med_type,
                         const std::vector<Bought>& things) {
  v1::SettleRequest request = SettleOf(msgid, "P1", 1);
  v1::Claim& claim = *request.mutable_claim();
  claim.set_med_type(med_type);
  claim.clear_fee_line();
  int64_t sum = 0;
  for (const Bought& thing : things) {
    v1::FeeLine& line = *claim.add_fee_line();
    line.set_feedetl_sn(absl::StrCat(claim.fee_line_size()));
    line.set_med_list_codg(thing.item);
    line.set_cnt_1e4(thing.pieces * 10'000);
    line.set_pric_fen_1e4(thing.fen * 10'000);
    line.set_det_item_fee_sumamt_fen(thing.pieces * thing.fen);
    sum += thing.pieces * thing.fen;
  }
  claim.set_medfee_sumamt_fen(sum);
  return request;
}

using Lines = std::vector<std::pair<int, int64_t>>;  // number and pieces

v1::RefundRequest RefundOf(const std::string& msgid, const std::string& setl_id,
                           const Lines& lines) {
  v1::RefundRequest request;
  *request.mutable_header() = Header(msgid);
  request.set_psn_no("P1");
  request.set_setl_id(setl_id);
  for (const auto& [number, pieces] : lines) {
    v1::RefundLine& line = *request.add_line();
    line.set_line(number);
    line.set_cnt_1e4(pieces * 10'000);
  }
  return request;
}

v1::RefundResponse Refund(Counter& counter, const std::string& msgid, const std::string& setl_id,
                          const Lines& lines, const Moment& now = DaysLater(1)) {
  return Parsed<v1::RefundResponse>(
      counter.Send(Call::kRefund, RefundOf(msgid, setl_id, lines), now));
}

class RefundTest : public ::testing::Test {
 protected:
  RefundTest() {
    counter_.Credit("c1", v1::CURRENT_YEAR, 20'000);
    counter_.Credit("c2", v1::PAST_YEARS, 50'000);
  }

  Counter counter_{ReferenceWith(kRules)};
};

// 200 + 400 + 400 yuan of kind 11: deductible 200, fund 70 % of 800 = 560, account 440 of 700. Back
// go 400 yuan: fund 70 % of 400 = 280, person 320, of which the account pays 320 (200 + 120).
TEST_F(RefundTest, GivesBackCashAccountAndFund) {
  const v1::Settlement before =
      counter_.Settle(BillOf("m1", "11", {{"A", 1, 20'000}, {"A", 4, 10'000}, {"A", 2, 20'000}}));
  ASSERT_EQ(before.amounts().fund_pay_sumamt_fen(), 56'000);
  ASSERT_EQ(before.amounts().acct_pay_fen(), 44'000);
  const v1::RefundResponse refund = Refund(counter_, "r1", before.setl_id(), {{2, 2}, {3, 1}});
  ASSERT_EQ(refund.outcome(), v1::REFUNDED) << refund.reason();
  const v1::Settlement& after = refund.settlement();
  EXPECT_EQ(after.outcome(), v1::SETTLED);
  EXPECT_EQ(after.amounts().medfee_sumamt_fen(), 60'000);
  EXPECT_EQ(after.amounts().fund_pay_sumamt_fen(), 28'000);
  EXPECT_EQ(after.amounts().acct_pay_fen(), 32'000);
  EXPECT_EQ(after.remainder_of_setl_id(), before.setl_id());
  EXPECT_EQ(after.medins_setl_id(), "r1");
  EXPECT_EQ(after.clr_date(), "2026-06-16");
  EXPECT_EQ(refund.orig_setl_id(), before.setl_id());
  EXPECT_EQ(refund.remainder_setl_id(), after.setl_id());
  EXPECT_EQ(refund.goods_fen(), 40'000);
  EXPECT_EQ(refund.fund_back_fen(), 28'000);
  EXPECT_EQ(refund.cash_back_fen(), 0);
  ASSERT_EQ(refund.account_back_size(), 1);  // the year's 200 yuan pay for what remains too
  EXPECT_EQ(refund.account_back(0).sub_account(), v1::PAST_YEARS);
  EXPECT_EQ(refund.account_back(0).amount_fen(), 12'000);
  EXPECT_EQ(counter_.person().account[1], Fen(50'000 - 12'000));
  EXPECT_EQ(refund.reversal().amounts().medfee_sumamt_fen(), -100'000);
  EXPECT_TRUE(IsLedgerClean(counter_.store()));

  const std::string receipt = PrintRefund(refund);
  for (const char* words : {"医保部分退费单", "退个人现金", "历年账户", "120.00", "280.00"})
    EXPECT_TRUE(absl::StrContains(receipt, words)) << words << "\n" << receipt;

  v1::GetSettlementRequest get;
  get.set_fixmedins_code(kHospital);
  get.set_psn_no("P1");
  get.set_setl_id(before.setl_id());
  const auto told = Parsed<v1::GetSettlementResponse>(counter_.Send(Call::kGetSettlement, get));
  EXPECT_FALSE(told.reversed()) << "the other lines stand";
  EXPECT_EQ(told.reversed_by_setl_id(), refund.reversal().setl_id());
  EXPECT_EQ(told.replaced_by_setl_id(), after.setl_id());
  const auto answered =
      Parsed<v1::QueryMessageResponse>(counter_.Send(Call::kQueryMessage, QueryOf("m1", false)));
  EXPECT_FALSE(answered.reversed());
  EXPECT_EQ(answered.replaced_by_setl_id(), after.setl_id());

  EXPECT_EQ(counter_.Reverse("u1", after.setl_id()).outcome(), v1::REVERSED);
  const auto undone = Parsed<v1::GetSettlementResponse>(counter_.Send(Call::kGetSettlement, get));
  EXPECT_TRUE(undone.reversed()) << "nothing stands";
  EXPECT_EQ(undone.replaced_by_setl_id(), "");
}

TEST_F(RefundTest, TheBooksHaveAMinusAndAPlus) {
  const v1::Settlement before =
      counter_.Settle(BillOf("m1", "11", {{"A", 1, 60'000}, {"B", 4, 10'000}}));
  const v1::RefundResponse refund = Refund(counter_, "r1", before.setl_id(), {{2, 3}});
  ASSERT_EQ(refund.outcome(), v1::REFUNDED) << refund.reason();
  std::vector<yijie::store::v1::BookEntry> entries;
  int64_t payable = 0, deposit = 0;
  const auto versions = LoadLater(counter_.store(), "P1", 0, counter_.person().version);
  ASSERT_TRUE(versions.ok()) << versions.status();
  for (const storage::PersonVersion& version : *versions) {
    const auto made = EntriesOfVersion(counter_.store(), "P1", version);
    ASSERT_TRUE(made.ok()) << made.status();
    if (made->empty()) continue;
    const auto& entry = made->front();
    EXPECT_TRUE(CheckBookEntry(entry).ok()) << CheckBookEntry(entry);
    payable += entry.amounts().payable_fen();
    deposit += entry.amounts().quality_deposit_fen();
    entries.push_back(entry);
  }
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[1].kind(), yijie::store::v1::BOOK_REVERSAL);
  EXPECT_EQ(entries[1].orig_setl_id(), before.setl_id());
  EXPECT_EQ(entries[2].setl_id(), refund.remainder_setl_id());
  EXPECT_EQ(payable, -counter_.Ledger(store::v1::INSTITUTION_PAYABLE));
  EXPECT_EQ(deposit, -counter_.Ledger(store::v1::QUALITY_DEPOSIT));
  const v1::Amounts& after = refund.settlement().amounts();
  EXPECT_EQ(payable + deposit, after.fund_pay_sumamt_fen() + after.acct_pay_fen());
}

TEST_F(RefundTest, IsAppliedOnceByItsMessageId) {
  const v1::Settlement before = counter_.Settle(BillOf("m1", "11", {{"A", 5, 20'000}}));
  const v1::RefundRequest request = RefundOf("r1", before.setl_id(), {{1, 2}});
  const Reply first = counter_.Send(Call::kRefund, request, DaysLater(1));
  const int64_t version = counter_.person().version;
  EXPECT_EQ(counter_.Send(Call::kRefund, request, DaysLater(1)).bytes, first.bytes);
  counter_.Restart();
  EXPECT_EQ(counter_.Send(Call::kRefund, request, DaysLater(2)).bytes, first.bytes);
  EXPECT_EQ(counter_.person().version, version);
  v1::RefundRequest other = request;
  other.mutable_line(0)->set_cnt_1e4(10'000);
  const Reply refused = counter_.Send(Call::kRefund, other, DaysLater(1));
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(absl::StartsWith(refused.status.message(), "line[0].cnt_1e4")) << refused.status;
  v1::QueryMessageRequest query = QueryOf("r1", false);
  query.set_transaction(v1::REFUND);
  const auto told =
      Parsed<v1::QueryMessageResponse>(counter_.Send(Call::kQueryMessage, query, DaysLater(1)));
  EXPECT_EQ(told.state(), v1::ANSWERED);
  EXPECT_EQ(told.other_reply(), first.bytes);
  EXPECT_FALSE(told.reversed());
}

TEST_F(RefundTest, EveryOtherWishGetsADefiniteAnswer) {
  const v1::Settlement before =
      counter_.Settle(BillOf("m1", "11", {{"A", 5, 20'000}, {"A", 1, 10'000}}));
  const std::string& setl_id = before.setl_id();
  const int64_t version = counter_.person().version;
  int message = 0;
  const auto ask = [&](const Lines& lines) {
    const v1::RefundResponse response =
        Refund(counter_, absl::StrCat("x", ++message), setl_id, lines);
    EXPECT_FALSE(response.reason().empty());
    EXPECT_FALSE(response.has_settlement());
    EXPECT_FALSE(absl::StrContains(PrintRefund(response), "未知结果"));
    return response.outcome();
  };
  EXPECT_EQ(ask({{3, 1}}), v1::REFUND_NO_SUCH_LINE);
  EXPECT_EQ(ask({{1, 6}}), v1::REFUND_MORE_THAN_BOUGHT);
  EXPECT_EQ(ask({{1, 5}, {2, 1}}), v1::REFUND_NOTHING_LEFT);
  EXPECT_EQ(counter_.person().version, version) << "refusals move nobody";

  // Twice: the second names what remains.
  const v1::RefundResponse first = Refund(counter_, "r1", setl_id, {{1, 2}});
  ASSERT_EQ(first.outcome(), v1::REFUNDED);
  const v1::RefundResponse old = Refund(counter_, "r2", setl_id, {{1, 1}});
  EXPECT_EQ(old.outcome(), v1::REFUND_NOT_STANDING);
  EXPECT_EQ(old.remainder_setl_id(), first.remainder_setl_id());
  const v1::RefundResponse more = Refund(counter_, "r3", first.remainder_setl_id(), {{1, 4}});
  EXPECT_EQ(more.outcome(), v1::REFUND_MORE_THAN_BOUGHT);
  const v1::RefundResponse second = Refund(counter_, "r4", first.remainder_setl_id(), {{1, 3}});
  EXPECT_EQ(second.outcome(), v1::REFUNDED);
  EXPECT_EQ(second.settlement().amounts().medfee_sumamt_fen(), 10'000);
  // The whole of what was refunded in part: told what to name.
  const v1::Reversal whole = counter_.Reverse("u1", setl_id, DaysLater(1));
  EXPECT_EQ(whole.outcome(), v1::ALREADY_REVERSED);
  EXPECT_EQ(whole.setl_id(), first.remainder_setl_id());
  EXPECT_EQ(counter_.Reverse("u2", second.remainder_setl_id(), DaysLater(1)).outcome(),
            v1::REVERSED);
  EXPECT_EQ(counter_.Totals(), "");
  EXPECT_EQ(counter_.person().account[0], Fen(20'000));
  EXPECT_EQ(counter_.person().account[1], Fen(50'000));
  EXPECT_EQ(Refund(counter_, "r5", second.remainder_setl_id(), {{1, 1}}).outcome(),
            v1::REFUND_NOT_STANDING);
  EXPECT_TRUE(IsLedgerClean(counter_.store()));
}

TEST_F(RefundTest, LaterDependentSettlementsGoFirst) {
  const v1::Settlement first = counter_.Settle(BillOf("m1", "11", {{"A", 5, 20'000}}));
  const v1::Settlement later = counter_.Settle(BillOf("m2", "21", {{"A", 5, 20'000}}));
  const v1::RefundResponse refused = Refund(counter_, "r1", first.setl_id(), {{1, 1}});
  EXPECT_EQ(refused.outcome(), v1::REFUND_LATER_SETTLEMENT);
  EXPECT_EQ(refused.remainder_setl_id(), later.setl_id());
  EXPECT_EQ(counter_.Reverse("u1", later.setl_id(), DaysLater(1)).outcome(), v1::REVERSED);
  EXPECT_EQ(Refund(counter_, "r2", first.setl_id(), {{1, 1}}).outcome(), v1::REFUNDED);
}

TEST(Refund, OnlyWhereTheAreaAllowsItAndInTime) {
  Counter silent(CorrectionReference());
  const v1::Settlement first = silent.Settle(BillOf("m1", "11", {{"A", 5, 20'000}}));
  EXPECT_EQ(Refund(silent, "r1", first.setl_id(), {{1, 1}}, TestNow()).outcome(),
            v1::REFUND_NOT_ALLOWED);
  Counter same_day(ReferenceWith("undo { cite: \"s1 1\" partial_refund_allowed: true }"));
  const v1::Settlement second = same_day.Settle(BillOf("m1", "11", {{"A", 5, 20'000}}));
  const v1::RefundResponse on_the_day =
      Refund(same_day, "r1", second.setl_id(), {{1, 1}}, TestNow());
  ASSERT_EQ(on_the_day.outcome(), v1::REFUNDED);
  EXPECT_EQ(
      Refund(same_day, "r2", on_the_day.remainder_setl_id(), {{1, 1}}, DaysLater(1)).outcome(),
      v1::REFUND_ONLY_BY_AGENCY)
      << "a refund gives no new time";
}

// What remains is judged as of the day the claim came in: the later version of kind 11 pays 70 %.
TEST(Refund, IsJudgedAsOfTheDayOfTheClaim) {
  Counter counter(ReferenceWith(kRules));
  v1::SettleRequest bill = BillOf("m1", "11", {{"A", 2, 100'000}});
  bill.mutable_claim()->set_begndate("2026-03-20");
  bill.mutable_claim()->clear_enddate();
  const Moment march = DaysLater(-80);  // 2026-03-27
  const v1::Settlement before = counter.Settle(bill, march);
  ASSERT_EQ(before.amounts().fund_pay_sumamt_fen(), 108'000);  // 60 % of 1,800 yuan
  const v1::RefundResponse refund = Refund(counter, "r1", before.setl_id(), {{1, 1}}, DaysLater(0));
  ASSERT_EQ(refund.outcome(), v1::REFUNDED) << refund.reason();
  EXPECT_EQ(refund.settlement().amounts().fund_pay_sumamt_fen(), 48'000);  // 60 % of 800
}

// In the morning a bill, at noon an admission, in the evening something is brought back.
TEST(Refund, AStayThatCameSinceIsNotInTheWayOfWhatRemains) {
  Counter counter(ReferenceWith(
      absl::StrCat(kRules, "stay { cite: \"s1 1\" outpatient_during_stay: REFUSE }")));
  v1::SettleRequest bill = BillOf("m1", "11", {{"A", 5, 20'000}});
  bill.mutable_claim()->set_begndate("2026-06-10");
  bill.mutable_claim()->clear_enddate();
  const v1::Settlement before = counter.Settle(bill);
  v1::AdmitRequest admit;
  *admit.mutable_header() = Header("s1");
  admit.set_psn_no("P1");
  admit.set_mdtrt_id("V1");
  admit.mutable_admission()->set_insutype("310");
  admit.mutable_admission()->set_med_type("21");
  admit.mutable_admission()->set_begndate("2026-06-05");
  ASSERT_EQ(Parsed<v1::StayResponse>(counter.Send(Call::kAdmit, admit)).outcome(), v1::STAY_DONE);
  const v1::RefundResponse refund = Refund(counter, "r1", before.setl_id(), {{1, 1}});
  EXPECT_EQ(refund.outcome(), v1::REFUNDED) << refund.reason();
  EXPECT_EQ(counter.person().rest->stays().stay_size(), 1) << "it is still known";
  EXPECT_TRUE(IsLedgerClean(counter.store()));
}

// The agreement turns out to have ended before the day of the bill.
TEST(Refund, WhatRemainsMayBeRefused) {
  const auto reference = ReferenceWith(kRules);
  Counter counter(reference);
  const v1::Settlement before = counter.Settle(BillOf("m1", "11", {{"A", 5, 20'000}}));
  auto ended = std::make_shared<Reference>(*reference);
  ended->institutions.at(kHospital).set_enddate("2026-05-31");
  counter.Restart(std::move(ended));
  const int64_t version = counter.person().version;
  const v1::RefundResponse refused = Refund(counter, "r1", before.setl_id(), {{1, 1}});
  EXPECT_EQ(refused.outcome(), v1::REFUND_REMAINDER_REFUSED);
  EXPECT_NE(refused.reason(), "");
  EXPECT_EQ(counter.person().version, version);
  EXPECT_EQ(counter.Reverse("u1", before.setl_id(), DaysLater(1)).outcome(), v1::REVERSED);
}

// A bill settled from the uploaded fees of a stay is undone as a whole.
TEST(Refund, NotOfAStay) {
  Counter counter(ReferenceWith(kRules));
  v1::AdmitRequest admit;
  *admit.mutable_header() = Header("s1");
  admit.set_psn_no("P1");
  admit.set_mdtrt_id("V1");
  admit.mutable_admission()->set_insutype("310");
  admit.mutable_admission()->set_med_type("21");
  admit.mutable_admission()->set_begndate("2026-06-05");
  counter.Send(Call::kAdmit, admit);
  v1::UploadFeesRequest fees;
  *fees.mutable_header() = Header("s2");
  fees.set_psn_no("P1");
  fees.set_mdtrt_id("V1");
  fees.set_chrg_bchno("B1");
  *fees.add_fee_line() = BillOf("", "21", {{"A", 2, 60'000}}).claim().fee_line(0);
  fees.mutable_fee_line(0)->set_fee_ocur_date("2026-06-06");
  counter.Send(Call::kUploadFees, fees);
  v1::SettleStayRequest settle;
  *settle.mutable_header() = Header("s3");
  settle.set_psn_no("P1");
  settle.set_mdtrt_id("V1");
  settle.set_until("2026-06-10");
  settle.set_medfee_sumamt_fen(120'000);
  const auto settled =
      Parsed<v1::SettleResponse>(counter.Send(Call::kSettleStay, settle)).settlement();
  ASSERT_EQ(settled.outcome(), v1::SETTLED) << settled.reason();
  EXPECT_EQ(Refund(counter, "r1", settled.setl_id(), {{1, 1}}).outcome(), v1::REFUND_NOT_ALLOWED);
}

// --- Against a counter at which only what remains was bought.

struct Ending {
  std::array<Fen, rules::kSubAccounts> account;
  std::string totals;
  int64_t funds, payable, deposit, person, cash;
};

Ending EndingOf(Counter& counter, int64_t cash) {
  return {counter.person().account,
          counter.Totals(),
          counter.Ledger(store::v1::FUND_EXPENSE),
          counter.Ledger(store::v1::INSTITUTION_PAYABLE),
          counter.Ledger(store::v1::QUALITY_DEPOSIT),
          counter.Ledger(store::v1::PERSON_CLEARING),
          cash};
}

// Empty if the two are the same.
std::string DifferenceOf(const Ending& refunded, const Ending& bought) {
  if (refunded.account != bought.account) return "the sub-balances differ";
  if (refunded.totals != bought.totals) return "running totals differ";
  if (refunded.funds != bought.funds) return "what the funds spent differs";
  if (refunded.payable != bought.payable) return "the institution is owed another amount";
  if (refunded.deposit != bought.deposit) return "another amount is held back";
  if (refunded.person != bought.person) return "agency and person owe each other";
  return refunded.cash == bought.cash ? "" : "the person paid another amount in cash";
}

// What a wrong refund would come to, done to the counter beside it.
enum class Defect {
  kNone,
  kLaterMoneyPays,   // the account of today pays what remains
  kOnePieceMore,     // a piece is not given back
  kCashIsKept,       // the institution hands out nothing
  kFirstBillStands,  // nothing is given back
  kOtherKind,        // what remains is judged by another table
};

struct Tally {
  int refunds = 0;
  int with_account = 0;
  int amended = 0;
};

v1::PersonFacts LateAssistance() {
  v1::PersonFacts facts = SoundFacts();
  v1::AssistanceSpan* span = facts.add_assistance();
  span->set_class_(v1::DIBAO);
  span->set_begndate("2026-06-01");
  return facts;
}

// One person at two counters: at the first, things are bought and some given back; at the second
// only what remains is bought.
class Shopping {
 public:
  Shopping(std::mt19937_64& random, Defect defect, Tally* tally)
      : random_(random), defect_(defect), tally_(tally) {
    for (int64_t i = UpTo(4); i >= 0; --i)
      things_.push_back({std::array<const char*, 3>{"A", "B", "C"}[static_cast<size_t>(UpTo(2))],
                         UpTo(5) + 1, UpTo(40'000) + 1});
    const int64_t current = UpTo(60'000) + 1, past = UpTo(60'000) + 1;
    for (Counter* counter : {&refunded_, &bought_}) {
      counter->Credit("c1", v1::CURRENT_YEAR, current);
      counter->Credit("c2", v1::PAST_YEARS, past);
    }
  }

  // What differs in the end; empty if nothing does.
  std::string Run() {
    const std::vector<Bought> all = things_;
    const v1::Settlement first = refunded_.Settle(BillOf("m1", med_type_, things_));
    standing_ = first.setl_id();
    int64_t cash = first.amounts().psn_cash_pay_fen();
    refunded_.Credit("c3", v1::CURRENT_YEAR, between_, DaysLater(1));
    for (int64_t i = UpTo(2); i >= 0; --i) cash -= GiveBack(absl::StrCat("r", i));
    const v1::Settlement rest = BuyTheRest(defect_ == Defect::kFirstBillStands ? all : things_);
    const std::string difference = DifferenceOf(
        EndingOf(refunded_, cash), EndingOf(bought_, rest.amounts().psn_cash_pay_fen()));
    return difference.empty() ? GoOn(rest.setl_id()) : difference;
  }

 private:
  int64_t UpTo(int64_t most) { return std::uniform_int_distribution<int64_t>(0, most)(random_); }

  // Lines that go back, in any order; `things_` is what remains.
  Lines ChooseLines() {
    Lines lines;
    std::vector<Bought> rest = things_;
    for (size_t k = 0; k < rest.size(); ++k) {
      const int64_t back = UpTo(2) == 0 ? UpTo(rest[k].pieces) : 0;
      if (back == 0) continue;
      lines.push_back({static_cast<int>(k) + 1, back});
      rest[k].pieces -= back;
    }
    rest.erase(std::remove_if(rest.begin(), rest.end(),
                              [](const Bought& thing) { return thing.pieces == 0; }),
               rest.end());
    if (lines.empty() || rest.empty()) return {};
    std::shuffle(lines.begin(), lines.end(), random_);
    things_ = rest;
    return lines;
  }

  // The cash that is handed out.
  int64_t GiveBack(const std::string& msgid) {
    const Lines lines = ChooseLines();
    if (lines.empty()) return 0;
    const v1::RefundResponse refund = Refund(refunded_, msgid, standing_, lines);
    EXPECT_EQ(refund.outcome(), v1::REFUNDED) << refund.reason();
    // What the bill became smaller by went back to somebody.
    int64_t account_back = 0;
    for (const v1::SubAccountRefund& back : refund.account_back()) {
      EXPECT_GT(back.amount_fen(), 0);
      account_back += back.amount_fen();
    }
    EXPECT_EQ(refund.goods_fen(), refund.cash_back_fen() + account_back + refund.fund_back_fen());
    ++tally_->refunds;
    tally_->with_account += account_back != 0 ? 1 : 0;
    standing_ = refund.remainder_setl_id();
    return defect_ == Defect::kCashIsKept ? 0 : refund.cash_back_fen();
  }

  v1::Settlement BuyTheRest(std::vector<Bought> things) {
    const bool first = defect_ == Defect::kLaterMoneyPays;
    if (first) bought_.Credit("c3", v1::CURRENT_YEAR, between_, TestNow());
    if (defect_ == Defect::kOnePieceMore) ++things[0].pieces;
    const std::string other = med_type_ == "11" ? "21" : "11";
    const v1::Settlement rest =
        bought_.Settle(BillOf("m1", defect_ == Defect::kOtherKind ? other : med_type_, things));
    if (!first) bought_.Credit("c3", v1::CURRENT_YEAR, between_, DaysLater(1));
    return rest;
  }

  // Late facts find the same to correct at both counters; an undo leaves nothing at both.
  std::string GoOn(const std::string& rest_setl_id) {
    const int64_t fate = UpTo(2);
    if (fate == 1) {
      for (Counter* counter : {&refunded_, &bought_})
        counter->Amend("late", LateAssistance(), DaysLater(2));
      ++tally_->amended;
    } else if (fate == 2) {
      EXPECT_EQ(refunded_.Reverse("u", standing_, DaysLater(2)).outcome(), v1::REVERSED);
      EXPECT_EQ(bought_.Reverse("u", rest_setl_id, DaysLater(2)).outcome(), v1::REVERSED);
    }
    EXPECT_TRUE(IsLedgerClean(refunded_.store()));
    return DifferenceOf(EndingOf(refunded_, 0), EndingOf(bought_, 0));
  }

  std::mt19937_64& random_;
  const Defect defect_;
  Tally* const tally_;
  Counter refunded_{ReferenceWith(kRules)};
  Counter bought_{ReferenceWith(kRules)};
  const std::string med_type_ = UpTo(1) == 0 ? "11" : "21";
  const int64_t between_ = UpTo(50'000) + 1;
  std::vector<Bought> things_;
  std::string standing_;
};

// The first difference in `rounds`; empty if there is none.
std::string FirstDifference(Defect defect, int rounds, Tally* tally) {
  std::mt19937_64 random(SeedOfRun());
  for (int round = 0; round < rounds; ++round) {
    const std::string difference = Shopping(random, defect, tally).Run();
    if (!difference.empty()) return absl::StrCat("round ", round, ": ", difference);
    if (::testing::Test::HasFailure()) return absl::StrCat("round ", round);
  }
  return "";
}

TEST(Refund, EndsAsIfOnlyTheRestHadBeenBought) {
  Tally tally;
  EXPECT_EQ(FirstDifference(Defect::kNone, 150, &tally), "");
  EXPECT_GT(tally.refunds, 50);
  EXPECT_GT(tally.with_account, 20);
  EXPECT_GT(tally.amended, 10);
}

TEST(Refund, TheComparisonFindsPlantedDefects) {
  for (const Defect defect : {Defect::kLaterMoneyPays, Defect::kOnePieceMore, Defect::kCashIsKept,
                              Defect::kFirstBillStands, Defect::kOtherKind}) {
    Tally tally;
    EXPECT_NE(FirstDifference(defect, 150, &tally), "") << static_cast<int>(defect);
  }
}

// A correction settled cash between agency and person; a refund leaves that between them.
TEST(Refund, AfterACorrectionTheInstitutionHandsOutNoMoreThanItTook) {
  Counter counter(ReferenceWith(kRules));
  const v1::Settlement before = counter.Settle(BillOf("m1", "11", {{"A", 5, 20'000}}));
  ASSERT_EQ(before.amounts().psn_cash_pay_fen(), 44'000);
  counter.Amend("late", LateAssistance(), DaysLater(1));  // cash 10,000: the person is owed 34,000
  EXPECT_EQ(counter.Ledger(store::v1::PERSON_CLEARING), -34'000);
  const v1::RefundResponse refund =
      Refund(counter, "r1", counter.SettlementIds().back(), {{1, 2}}, DaysLater(2));
  ASSERT_EQ(refund.outcome(), v1::REFUNDED) << refund.reason();
  EXPECT_EQ(refund.cash_back_fen(), 4'000);  // a tenth of 400 yuan
  EXPECT_EQ(counter.Ledger(store::v1::PERSON_CLEARING), -34'000);
  EXPECT_TRUE(IsLedgerClean(counter.store()));
}

// A correction does not change which claim came first.
TEST(Refund, OfWhatACorrectionReplacedWaitsForLaterSettlements) {
  Counter counter(ReferenceWith(kRules));
  counter.Settle(BillOf("m1", "11", {{"A", 5, 20'000}}));
  counter.Settle(BillOf("m2", "11", {{"A", 1, 20'000}}));
  counter.Amend("late", LateAssistance(), DaysLater(1));
  const std::vector<std::string> settled = counter.SettlementIds();  // each twice
  ASSERT_EQ(settled.size(), 4U);
  const std::string& first = settled[2];
  const std::string& second = settled[3];
  const v1::RefundResponse refund = Refund(counter, "r1", first, {{1, 2}}, DaysLater(2));
  EXPECT_EQ(refund.outcome(), v1::REFUND_LATER_SETTLEMENT) << refund.reason();
  EXPECT_EQ(refund.remainder_setl_id(), second);
  EXPECT_TRUE(IsLedgerClean(counter.store()));
}

// A freeze is for what comes after it: what remains is paid as it was.
TEST(Refund, TheAccountPaysWhatRemainsThoughItWasFrozenSince) {
  Counter counter(ReferenceWith(kRules));
  counter.Credit("c1", v1::CURRENT_YEAR, 100'000);
  const v1::Settlement before = counter.Settle(BillOf("m1", "11", {{"A", 5, 20'000}}));
  ASSERT_EQ(before.amounts().psn_cash_pay_fen(), 0);
  v1::FreezeAccountRequest freeze;
  freeze.mutable_header()->set_fixmedins_code("JB410199");
  freeze.mutable_header()->set_msgid("f1");
  freeze.set_psn_no("P1");
  freeze.set_frozen(true);
  freeze.set_begndate(before.clr_date());
  freeze.set_reason("核查");
  ASSERT_TRUE(counter.Send(Call::kFreezeAccount, freeze).status.ok());
  const v1::RefundResponse refund = Refund(counter, "r1", before.setl_id(), {{1, 1}}, DaysLater(1));
  ASSERT_EQ(refund.outcome(), v1::REFUNDED) << refund.reason();
  EXPECT_EQ(refund.cash_back_fen(), 0);
  EXPECT_EQ(refund.settlement().amounts().psn_cash_pay_fen(), 0);
  EXPECT_GT(refund.settlement().amounts().acct_pay_fen(), 0);
  // Late facts that change nothing leave it as it is.
  const int64_t version = counter.person().version;
  counter.Amend("same", *counter.person().facts, DaysLater(2));
  EXPECT_EQ(counter.person().version, version + 1);
  EXPECT_TRUE(IsLedgerClean(counter.store()));
}

// What was this year's money when it paid is past years' after the turn of the account year.
TEST(Refund, TellsWhereTheMoneyIsAfterTheYearTurned) {
  Counter counter(
      ReferenceWith(absl::StrCat(kRules, "account { cite: \"s1 1\" year_rollover: true }\n")));
  counter.Credit("c1", v1::CURRENT_YEAR, 100'000);
  const v1::Settlement before = counter.Settle(BillOf("m1", "11", {{"A", 5, 20'000}}));
  const int64_t paid = before.amounts().acct_pay_fen();
  ASSERT_EQ(counter.person().account[0], Fen(100'000 - paid));
  const v1::RefundResponse refund =
      Refund(counter, "r1", before.setl_id(), {{1, 1}}, DaysLater(366));
  ASSERT_EQ(refund.outcome(), v1::REFUNDED) << refund.reason();
  const int64_t back = paid - refund.settlement().amounts().acct_pay_fen();
  ASSERT_GT(back, 0);
  ASSERT_EQ(refund.account_back_size(), 1);
  EXPECT_EQ(refund.account_back(0).sub_account(), v1::PAST_YEARS);
  EXPECT_EQ(refund.account_back(0).amount_fen(), back);
  EXPECT_EQ(counter.person().account[0], Fen(0));
  EXPECT_EQ(counter.person().account[1], Fen(100'000 - paid + back));
  EXPECT_TRUE(IsLedgerClean(counter.store()));
}

// --- Quantities and amounts

TEST(WithoutLines, AmountsAreQuantityTimesPriceHalfUp) {
  v1::Claim claim;
  const auto add = [&claim](int64_t cnt_1e4, int64_t pric_fen_1e4, int64_t fen) {
    v1::FeeLine& line = *claim.add_fee_line();
    line.set_cnt_1e4(cnt_1e4);
    line.set_pric_fen_1e4(pric_fen_1e4);
    line.set_det_item_fee_sumamt_fen(fen);
  };
  add(30'000, 33'333, 10);      // 3 x 3.3333 = 9.9999
  add(20'000, 5'000, 0);        // 2 x 0.5, and 1 fen less, as may be
  add(10'000, 1'000'000, 100);  // 1 x 100
  v1::RefundRequest request;
  const auto back = [&request](int32_t line, int64_t cnt_1e4) {
    v1::RefundLine& each = *request.add_line();
    each.set_line(line);
    each.set_cnt_1e4(cnt_1e4);
  };
  back(1, 15'000);
  back(2, 10'000);
  const RemainingClaim remaining = WithoutLines(claim, request.line());
  ASSERT_EQ(remaining.outcome, v1::REFUNDED);
  EXPECT_EQ(remaining.claim.fee_line(0).det_item_fee_sumamt_fen(), 5);  // 1.5 x 3.3333 = 4.99995
  EXPECT_EQ(remaining.claim.fee_line(1).det_item_fee_sumamt_fen(), 0) << "not above what it cost";
  EXPECT_EQ(remaining.claim.medfee_sumamt_fen(), 105);
  back(3, 10'000);
  EXPECT_EQ(WithoutLines(claim, request.line()).claim.fee_line_size(), 2);
}

// The audit against refunds that nobody could have made.
TEST(Refund, AuditFindsPlantedDefects) {
  struct Planted {
    int back;  // versions before the newest
    std::function<void(store::v1::PersonEvent&)> change;
  };
  const Planted defects[] = {
      {1, [](auto& event) { event.mutable_reversed()->clear_refund(); }},
      {0, [](auto& event) { event.mutable_settled()->clear_remainder_of(); }},
      {0, [](auto& event) { event.mutable_settled()->mutable_remainder_of()->set_version(99); }},
      {0, [](auto& event) { event.set_fixmedins_code(kOtherHospital); }},
  };
  for (size_t i = 0; i < std::size(defects); ++i) {
    Counter counter(ReferenceWith(kRules));
    const v1::Settlement before = counter.Settle(BillOf("m1", "11", {{"A", 5, 20'000}}));
    Refund(counter, "r1", before.setl_id(), {{1, 2}});
    ASSERT_TRUE(IsLedgerClean(counter.store()));
    storage::PersonVersion version =
        **counter.store().LoadVersion("P1", counter.person().version - defects[i].back);
    auto event = *ParseEvent(version);
    defects[i].change(event);
    version.event = event.SerializeAsString();
    counter.store().PlantVersion("P1", version);
    EXPECT_FALSE(IsLedgerClean(counter.store())) << "defect " << i;
  }
}

}  // namespace
}  // namespace yijie::engine
