#include "tests/e2e/money_checks.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace yijie::e2e {
namespace {

class Problems {
 public:
  void Equal(absl::string_view what, int64_t got, int64_t want) {
    if (got != want) list_.push_back(absl::StrCat(what, ": ", got, " is not ", want));
  }
  void NotNegative(absl::string_view what, int64_t got) {
    if (got < 0) list_.push_back(absl::StrCat(what, ": ", got, " is negative"));
  }
  void True(absl::string_view what, bool holds) {
    if (!holds) list_.push_back(absl::StrCat(what, " does not hold"));
  }
  std::vector<std::string> Take() { return std::move(list_); }

 private:
  std::vector<std::string> list_;
};

void CheckAmounts(const v1::Amounts& a, Problems& problems) {
  problems.Equal("four buckets",
                 a.fulamt_ownpay_amt_fen() + a.overlmt_selfpay_fen() + a.preselfpay_amt_fen() +
                     a.inscp_scp_amt_fen(),
                 a.medfee_sumamt_fen());
  problems.Equal("fund, hospital, person",
                 a.fund_pay_sumamt_fen() + a.hosp_part_amt_fen() + a.psn_part_amt_fen(),
                 a.medfee_sumamt_fen());
  problems.Equal("account and cash", a.acct_pay_fen() + a.psn_cash_pay_fen(), a.psn_part_amt_fen());
  problems.Equal("funds",
                 a.hifp_pay_fen() + a.cvlserv_pay_fen() + a.hifes_pay_fen() + a.hifmi_pay_fen() +
                     a.hifob_pay_fen() + a.maf_pay_fen() + a.oth_pay_fen(),
                 a.fund_pay_sumamt_fen());
}

// Everything but what the hospital bears, which a quota makes negative.
void CheckNotNegative(const v1::Amounts& a, Problems& problems) {
  problems.NotNegative("fulamt_ownpay_amt", a.fulamt_ownpay_amt_fen());
  problems.NotNegative("overlmt_selfpay", a.overlmt_selfpay_fen());
  problems.NotNegative("preselfpay_amt", a.preselfpay_amt_fen());
  problems.NotNegative("inscp_scp_amt", a.inscp_scp_amt_fen());
  problems.NotNegative("act_pay_dedc", a.act_pay_dedc_fen());
  problems.NotNegative("fund_pay_sumamt", a.fund_pay_sumamt_fen());
  problems.NotNegative("acct_pay", a.acct_pay_fen());
  problems.NotNegative("psn_cash_pay", a.psn_cash_pay_fen());
}

void CheckLines(const v1::Settlement& settlement, const v1::Claim& claim, Problems& problems) {
  problems.Equal("number of lines", settlement.line_size(), claim.fee_line_size());
  if (settlement.line_size() != claim.fee_line_size()) return;
  v1::Amounts sum;
  for (int i = 0; i < claim.fee_line_size(); ++i) {
    const v1::LineResult& line = settlement.line(i);
    problems.True("serial of a line", line.feedetl_sn() == claim.fee_line(i).feedetl_sn());
    problems.Equal("buckets of a line",
                   line.fulamt_ownpay_amt_fen() + line.overlmt_amt_fen() +
                       line.preselfpay_amt_fen() + line.inscp_scp_amt_fen(),
                   claim.fee_line(i).det_item_fee_sumamt_fen());
    sum.set_fulamt_ownpay_amt_fen(sum.fulamt_ownpay_amt_fen() + line.fulamt_ownpay_amt_fen());
    sum.set_overlmt_selfpay_fen(sum.overlmt_selfpay_fen() + line.overlmt_amt_fen());
    sum.set_preselfpay_amt_fen(sum.preselfpay_amt_fen() + line.preselfpay_amt_fen());
    sum.set_inscp_scp_amt_fen(sum.inscp_scp_amt_fen() + line.inscp_scp_amt_fen());
  }
  const v1::Amounts& a = settlement.amounts();
  problems.Equal("lines, own pay", sum.fulamt_ownpay_amt_fen(), a.fulamt_ownpay_amt_fen());
  problems.Equal("lines, over limit", sum.overlmt_selfpay_fen(), a.overlmt_selfpay_fen());
  problems.Equal("lines, pay first", sum.preselfpay_amt_fen(), a.preselfpay_amt_fen());
  problems.Equal("lines, in scope", sum.inscp_scp_amt_fen(), a.inscp_scp_amt_fen());
}

void CheckSettled(const v1::Settlement& settlement, const v1::Claim& claim, Problems& problems) {
  const v1::Amounts& a = settlement.amounts();
  problems.Equal("total", a.medfee_sumamt_fen(), claim.medfee_sumamt_fen());
  CheckAmounts(a, problems);
  CheckNotNegative(a, problems);
  CheckLines(settlement, claim, problems);
  int64_t detail = 0;
  for (const v1::FundPayment& payment : settlement.setldetail()) {
    detail += payment.fund_payamt_fen();
    problems.True("six digits of a fund", payment.fund_pay_type().size() == 6);
  }
  problems.Equal("setldetail", detail, a.fund_pay_sumamt_fen());
  problems.Equal("balance", settlement.balc_before_fen() - a.acct_pay_fen(), settlement.balc_fen());
  problems.NotNegative("balance", settlement.balc_fen());
  if (claim.acct_used_flag() != v1::ACCT_OWN) problems.Equal("account", a.acct_pay_fen(), 0);
  problems.True("some steps are explained", settlement.explanation().step_size() > 0);
}

}  // namespace

std::vector<std::string> SettlementProblems(const v1::Settlement& settlement,
                                            const v1::Claim& claim) {
  Problems problems;
  problems.True("person", settlement.psn_no() == claim.psn_no());
  problems.True("scheme", settlement.insutype() == claim.insutype());
  problems.True("kind", settlement.med_type() == claim.med_type());
  problems.True("visit", settlement.mdtrt_id() == claim.mdtrt_id());
  problems.True("clearing day", settlement.setl_time().substr(0, 10) == settlement.clr_date());
  if (settlement.outcome() == v1::SETTLED) {
    CheckSettled(settlement, claim, problems);
    problems.True("no reason", settlement.reason().empty());
  } else {
    problems.True("a reason", !settlement.reason().empty());
    problems.True("no id", settlement.setl_id().empty());
    problems.True("no amounts", settlement.amounts().ByteSizeLong() == 0);
    problems.True("no funds", settlement.setldetail_size() == 0);
    problems.Equal("balance", settlement.balc_fen(), settlement.balc_before_fen());
  }
  return problems.Take();
}

std::vector<std::string> ReversalProblems(const v1::Reversal& reversal,
                                          const v1::Settlement& original) {
  Problems problems;
  problems.True("reversed", reversal.outcome() == v1::REVERSED);
  problems.True("no reason", reversal.reason().empty());
  problems.True("original", reversal.orig_setl_id() == original.setl_id());
  problems.True("an id of its own",
                reversal.setl_id().size() == 30 && reversal.setl_id() != original.setl_id());
  const auto* reflection = original.amounts().GetReflection();
  const auto* descriptor = original.amounts().GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    problems.Equal(field->name(), reflection->GetInt64(reversal.amounts(), field),
                   -reflection->GetInt64(original.amounts(), field));
  }
  problems.Equal("benefits", reversal.benefit_size(), original.benefit_size());
  for (int i = 0; i < std::min(reversal.benefit_size(), original.benefit_size()); ++i) {
    problems.Equal(original.benefit(i).label(), reversal.benefit(i).amount_fen(),
                   -original.benefit(i).amount_fen());
  }
  problems.Equal("balance", reversal.balc_fen(),
                 reversal.balc_before_fen() + original.amounts().acct_pay_fen());
  problems.True("a later version", reversal.version() > original.version());
  problems.True("clearing day", reversal.setl_time().substr(0, 10) == reversal.clr_date());
  return problems.Take();
}

}  // namespace yijie::e2e
