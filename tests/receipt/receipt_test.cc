// Receipts are compared with golden files as a whole. After a wanted change:
//   YIJIE_UPDATE_GOLDEN=1 build/release/tests/receipt/receipt_test   and read the difference.

#include "engine/receipt.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "yijie/v1/service.pb.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::engine {
namespace {

constexpr char kCertno[] = "410105198001014326";
constexpr char kPsnNo[] = "41010000000000000000123457";

ReceiptNames Names() { return {"示例市第一人民医院", "张建国", kCertno}; }

void AddStep(v1::Settlement& settlement, absl::string_view id, absl::string_view label,
             int64_t base, int32_t ratio, int64_t amount, absl::string_view cite) {
  v1::ExplainedStep& step = *settlement.mutable_explanation()->add_step();
  step.set_step(std::string(id));
  step.set_label(std::string(label));
  step.set_row(ratio == 0 ? 0 : 2);
  step.set_base_fen(base);
  step.set_ratio_1e6(ratio);
  step.set_amount_fen(amount);
  step.set_cite(std::string(cite));
  step.set_grade("A");
}

void AddFund(v1::Settlement& settlement, absl::string_view code, int64_t fen) {
  v1::FundPayment& payment = *settlement.add_setldetail();
  payment.set_fund_pay_type(std::string(code));
  payment.set_fund_payamt_fen(fen);
}

template <typename Reply>
void AddBenefit(Reply& reply, absl::string_view label, absl::string_view code, int64_t fen) {
  v1::BenefitPayment& benefit = *reply.add_benefit();
  benefit.set_step("allowance");
  benefit.set_label(std::string(label));
  benefit.set_fund_pay_type(std::string(code));
  benefit.set_amount_fen(fen);
}

void SetHeader(v1::Settlement& settlement) {
  settlement.set_outcome(v1::SETTLED);
  settlement.set_setl_id("Y00000000000000000000000000042");
  settlement.set_psn_no(kPsnNo);
  settlement.set_insutype("310");
  settlement.set_med_type("2101");
  settlement.set_mdtrt_id("ZY202611210007");
  settlement.set_fixmedins_code("H41010500001");
  settlement.set_setl_time("2026-11-21T09:30:00+08:00");
}

// A stay of 13,150.50 yuan that two funds, the account and cash pay for.
v1::Settlement Stay() {
  v1::Settlement settlement;
  SetHeader(settlement);
  v1::Amounts& amounts = *settlement.mutable_amounts();
  amounts.set_medfee_sumamt_fen(1'315'050);
  amounts.set_fulamt_ownpay_amt_fen(100'000);
  amounts.set_overlmt_selfpay_fen(5'050);
  amounts.set_preselfpay_amt_fen(20'000);
  amounts.set_inscp_scp_amt_fen(1'190'000);
  amounts.set_act_pay_dedc_fen(90'000);
  amounts.set_hifp_pay_fen(935'000);
  amounts.set_hifob_pay_fen(30'000);
  amounts.set_fund_pay_sumamt_fen(965'000);
  amounts.set_psn_part_amt_fen(350'050);
  amounts.set_acct_pay_fen(150'000);
  amounts.set_psn_cash_pay_fen(200'050);
  AddFund(settlement, "310100", 935'000);
  AddFund(settlement, "330100", 30'000);
  settlement.set_balc_before_fen(150'000);
  settlement.set_version(5);
  v1::Explanation& explanation = *settlement.mutable_explanation();
  explanation.set_policy("example-city-employee-inpatient");
  explanation.set_policy_title("示例市职工基本医疗保险住院待遇");
  explanation.set_policy_hash("0123456789abcdef");
  AddStep(settlement, "classify", "费用分类", 1'315'050, 0, 1'190'000, "");
  AddStep(settlement, "act_pay_dedc", "起付标准", 1'190'000, 0, 90'000, "s1 第七条");
  AddStep(settlement, "hifp_pay", "统筹基金支付", 1'100'000, 850'000, 935'000,
          "《示例市职工基本医疗保险办法》第二十八条第一款第（二）项，自二〇二二年七月一日起施行，"
          "原办法同时废止");
  explanation.mutable_step(2)->set_note("受年度最高支付限额约束");
  return settlement;
}

std::string Golden(absl::string_view name) {
  std::ifstream file(absl::StrCat(YIJIE_GOLDEN_DIR, "/", name, ".txt"));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void ExpectGolden(absl::string_view name, const std::string& receipt) {
  if (std::getenv("YIJIE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(absl::StrCat(YIJIE_GOLDEN_DIR, "/", name, ".txt")) << receipt;
  }
  EXPECT_EQ(receipt, Golden(name));
}

TEST(ReceiptTest, Settled) { ExpectGolden("settled", PrintReceipt(Stay(), Names())); }

TEST(ReceiptTest, SampleDataIsMarked) {
  v1::Settlement settlement = Stay();
  EXPECT_EQ(PrintReceipt(settlement, Names()).find("SAMPLE DATA"), std::string::npos);
  settlement.mutable_explanation()->set_sample_data(true);
  settlement.mutable_explanation()->clear_step();
  ExpectGolden("sample_data", PrintReceipt(settlement, Names()));
}

// A fixed quota above the cost: the hospital keeps the surplus, and no account is touched.
TEST(ReceiptTest, HospitalSurplusAndUnknownFund) {
  v1::Settlement settlement;
  SetHeader(settlement);
  settlement.set_insutype("510");
  settlement.set_med_type("52");
  v1::Amounts& amounts = *settlement.mutable_amounts();
  amounts.set_medfee_sumamt_fen(280'000);
  amounts.set_inscp_scp_amt_fen(280'000);
  amounts.set_fund_pay_sumamt_fen(300'000);
  amounts.set_oth_pay_fen(300'000);
  amounts.set_hosp_part_amt_fen(-20'000);
  AddFund(settlement, "510100", 299'999);
  AddFund(settlement, "988888", 1);
  ReceiptNames names = Names();
  names.certno.clear();
  ExpectGolden("surplus", PrintReceipt(settlement, names));
}

// What is paid apart has a total of its own, and the sums of the bill are as without it.
TEST(ReceiptTest, BenefitsPaidApart) {
  v1::Settlement settlement = Stay();
  settlement.clear_explanation();
  AddBenefit(settlement, "生育津贴", "510100", 1'280'000);
  AddBenefit(settlement, "住院伙食补助费", "988888", 20'005);
  AddBenefit(settlement, "停工留薪期工资", "", 600'000);
  const std::string receipt = PrintReceipt(settlement, Names());
  ExpectGolden("benefits", receipt);
  const size_t begin = receipt.find("另行支付的待遇");
  ASSERT_NE(begin, std::string::npos);
  settlement.clear_benefit();
  const std::string without = PrintReceipt(settlement, Names());
  EXPECT_EQ(without.find("另行支付的待遇"), std::string::npos);
  EXPECT_EQ(receipt.substr(0, begin), without.substr(0, begin));
}

// The same steps for each benefit year: a heading tells them apart.
TEST(ReceiptTest, PartsOfASplitStay) {
  v1::Settlement settlement = Stay();
  v1::Explanation& explanation = *settlement.mutable_explanation();
  const v1::Explanation once = explanation;
  explanation.mutable_step()->MergeFrom(once.step());
  for (int i = 0; i < explanation.step_size(); ++i) {
    explanation.mutable_step(i)->set_part(i < once.step_size() ? 1 : 2);
  }
  ExpectGolden("parts", PrintReceipt(settlement, Names()));
}

TEST(ReceiptTest, Estimate) {
  v1::Settlement settlement = Stay();
  settlement.clear_setl_id();
  settlement.clear_version();
  settlement.clear_explanation();
  const std::string receipt = PrintReceipt(settlement, Names());
  EXPECT_NE(receipt.find("ESTIMATE, NOTHING SETTLED"), std::string::npos);
  EXPECT_EQ(receipt.find("结算编号"), std::string::npos);
  EXPECT_EQ(receipt.find("账户版本"), std::string::npos);
}

TEST(ReceiptTest, Refused) {
  v1::Settlement settlement;
  SetHeader(settlement);
  settlement.clear_setl_id();
  settlement.set_outcome(v1::EXCLUDED_BY_POLICY);
  settlement.set_reason(
      "应当由第三人负担的费用，基本医疗保险基金不予支付（社会保险法第三十条第二项）");
  ExpectGolden("refused", PrintReceipt(settlement, Names()));
}

// Every outcome has words of its own.
TEST(ReceiptTest, OutcomesHaveWords) {
  for (int i = v1::Outcome_MIN; i <= v1::Outcome_MAX; ++i) {
    if (!v1::Outcome_IsValid(i) || i == v1::OUTCOME_UNSPECIFIED) continue;
    v1::Settlement settlement;
    settlement.set_outcome(static_cast<v1::Outcome>(i));
    EXPECT_EQ(PrintReceipt(settlement, {}).find("未知结果"), std::string::npos) << i;
  }
  for (int i = v1::ReverseOutcome_MIN; i <= v1::ReverseOutcome_MAX; ++i) {
    if (!v1::ReverseOutcome_IsValid(i) || i == v1::REVERSE_OUTCOME_UNSPECIFIED) continue;
    v1::Reversal reversal;
    reversal.set_outcome(static_cast<v1::ReverseOutcome>(i));
    EXPECT_EQ(PrintReversal(reversal).find("未知结果"), std::string::npos) << i;
  }
}

v1::Reversal Reversed() {
  v1::Reversal reversal;
  reversal.set_outcome(v1::REVERSED);
  reversal.set_setl_id("Y00000000000000000000000000043");
  reversal.set_orig_setl_id("Y00000000000000000000000000042");
  reversal.set_setl_time("2026-11-22T08:00:01+08:00");
  reversal.set_clr_date("2026-11-22");
  reversal.set_version(6);
  v1::Amounts& amounts = *reversal.mutable_amounts();
  amounts.set_medfee_sumamt_fen(-1'315'050);
  amounts.set_hifp_pay_fen(-935'000);
  amounts.set_hifob_pay_fen(-30'000);
  amounts.set_fund_pay_sumamt_fen(-965'000);
  amounts.set_psn_part_amt_fen(-350'050);
  amounts.set_acct_pay_fen(-150'000);
  amounts.set_psn_cash_pay_fen(-200'050);
  reversal.set_cash_paid_fen(200'050);
  reversal.set_balc_fen(150'000);
  return reversal;
}

TEST(ReversalTest, Reversed) { ExpectGolden("reversed", PrintReversal(Reversed())); }

TEST(ReversalTest, BenefitsTakenBack) {
  v1::Reversal reversal = Reversed();
  AddBenefit(reversal, "生育津贴", "510100", -1'280'000);
  AddBenefit(reversal, "停工留薪期工资", "", -600'000);
  ExpectGolden("reversed_benefits", PrintReversal(reversal));
}

TEST(ReversalTest, LaterSettlementExists) {
  v1::Reversal reversal;
  reversal.set_outcome(v1::LATER_SETTLEMENT_EXISTS);
  reversal.set_reason("该结算的累计额已被后续结算使用");
  reversal.set_orig_setl_id("Y00000000000000000000000000042");
  reversal.set_setl_id("Y00000000000000000000000000050");
  ExpectGolden("later_settlement", PrintReversal(reversal));
}

// No person-identifying text may pass unmasked, whatever the length of the numbers.
TEST(MaskTest, CanariesDoNotShow) {
  struct Case {
    std::string psn_name, certno, psn_no;
    std::vector<std::string> hidden, shown;
  };
  const std::vector<Case> cases = {
      {"张建国", kCertno, kPsnNo, {"建", "国", kCertno, "19800101", kPsnNo}, {"张*", "4326"}},
      {"欧", kCertno, kPsnNo, {"欧"}, {"410105********4326"}},
      {"Zhang Canary", "E12345678", kPsnNo, {"Canary", "hang", "E1234"}, {"Z*", "*****5678"}},
      {"李四", "1234567", kPsnNo, {"四", "1234567", "567"}, {"李*", "*******"}},
      {"李四", "12345678901234", kPsnNo, {"1234567890"}, {"**********1234"}},
      {"李四", "410105800101432", kPsnNo, {"800101432", "80010"}, {"410105*****1432"}},
      {"李四", "", kPsnNo, {kPsnNo, "00000000123457"}, {"410100****************3457"}},
      {"李四", "", "7654321", {"7654321", "4321"}, {"*******"}}};
  for (const Case& test : cases) {
    for (const v1::Outcome outcome : {v1::SETTLED, v1::NOT_INSURED}) {
      v1::Settlement settlement = Stay();
      settlement.clear_setl_id();
      settlement.clear_explanation();
      settlement.clear_fixmedins_code();
      settlement.set_outcome(outcome);
      settlement.set_psn_no(test.psn_no);
      const std::string receipt = PrintReceipt(settlement, {"", test.psn_name, test.certno});
      for (const std::string& text : test.hidden) {
        EXPECT_EQ(receipt.find(text), std::string::npos) << text << " in\n" << receipt;
      }
      for (const std::string& text : test.shown) {
        EXPECT_NE(receipt.find(text), std::string::npos) << text << " not in\n" << receipt;
      }
    }
  }
}

// Text from outside cannot steer the terminal, forge a line, or hide behind reordering marks.
TEST(ReceiptTest, HarmfulCharactersAreReplaced) {
  v1::Settlement settlement = Stay();
  settlement.set_mdtrt_id("A\x1b[31mB\nC\u202eD\u200bE\x7f");
  ReceiptNames names = Names();
  names.institution_name = "\x9b\xc0\x9b\xff";  // not UTF-8
  const std::string receipt = PrintReceipt(settlement, names);
  EXPECT_NE(receipt.find("A?[31mB?C?D?E?"), std::string::npos) << receipt;
  EXPECT_NE(receipt.find(" ??? "), std::string::npos) << receipt;
}

int Width(absl::string_view line) {
  int columns = 0;
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0xe3) {
      columns += 2;  // in these tests every character from U+3000 on is wide
    } else if (byte < 0x80 || byte >= 0xc0) {
      columns += 1;
    }
  }
  return columns;
}

// Nothing is wider than the page, and amounts end at its edge.
TEST(ReceiptTest, FitsThePage) {
  v1::Settlement settlement = Stay();
  v1::ExplainedStep& step = *settlement.mutable_explanation()->mutable_step(0);
  for (int i = 0; i < 60; ++i) {
    step.mutable_label()->append("长，");
    step.mutable_note()->append("（一）word ");
    step.mutable_cite()->append("https://example.org/");
  }
  step.set_part(INT32_MAX);
  AddBenefit(settlement, step.label(), "988888", INT64_C(9'000'000'000'000'000));
  settlement.mutable_amounts()->set_medfee_sumamt_fen(-INT64_C(9'000'000'000'000'000));
  for (const absl::string_view line : absl::StrSplit(PrintReceipt(settlement, Names()), '\n')) {
    EXPECT_LE(Width(line), 80) << line;
    EXPECT_FALSE(!line.empty() && line.back() == ' ') << line;
  }
}

}  // namespace
}  // namespace yijie::engine
