#include "engine/explain.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

absl::string_view NoteText(rules::Note note) {
  switch (note) {
    case rules::Note::kNone:
      return "";
    case rules::Note::kAlreadyPaid:
      return "本期已累计部分不再重复";
    case rules::Note::kLimited:
      return "达到限额";
    case rules::Note::kWholeBase:
      return "以实际费用为限";
    case rules::Note::kHospitalBears:
      return "定额结算，超支不补、结余留用";
    case rules::Note::kGuaranteed:
      return "按保底标准支付";
  }
  return "";
}

void AddToFund(rules::Fund fund, int64_t fen, v1::Amounts* a) {
  switch (fund) {
    case rules::Fund::kHifp:
      return a->set_hifp_pay_fen(a->hifp_pay_fen() + fen);
    case rules::Fund::kCvlserv:
      return a->set_cvlserv_pay_fen(a->cvlserv_pay_fen() + fen);
    case rules::Fund::kHifes:
      return a->set_hifes_pay_fen(a->hifes_pay_fen() + fen);
    case rules::Fund::kHifmi:
      return a->set_hifmi_pay_fen(a->hifmi_pay_fen() + fen);
    case rules::Fund::kHifob:
      return a->set_hifob_pay_fen(a->hifob_pay_fen() + fen);
    case rules::Fund::kMaf:
      return a->set_maf_pay_fen(a->maf_pay_fen() + fen);
    case rules::Fund::kNone:
    case rules::Fund::kWorkInjury:
    case rules::Fund::kMaternity:
    case rules::Fund::kOther:
    case rules::Fund::kHospital:  // never among the funds
    case rules::Fund::kEmployer:
      return a->set_oth_pay_fen(a->oth_pay_fen() + fen);
  }
}

void DescribeAmounts(const rules::Decision& decision, v1::Amounts* out) {
  const auto fen = [&decision](rules::AmountSlot slot) { return decision.amount[slot].value(); };
  out->set_medfee_sumamt_fen(fen(rules::kMedfeeSumamt));
  out->set_fulamt_ownpay_amt_fen(fen(rules::kFulamtOwnpayAmt));
  out->set_overlmt_selfpay_fen(fen(rules::kOverlmtSelfpay));
  out->set_preselfpay_amt_fen(fen(rules::kPreselfpayAmt));
  out->set_inscp_scp_amt_fen(fen(rules::kInscpScpAmt));
  out->set_act_pay_dedc_fen(decision.act_pay_dedc.value());
  for (const rules::FundPayment& payment : decision.funds)
    AddToFund(payment.fund, payment.amount.value(), out);
  out->set_fund_pay_sumamt_fen(decision.fund_pay_sumamt().value());
  out->set_hosp_part_amt_fen(decision.hosp_part.value());
  out->set_psn_part_amt_fen(fen(rules::kPsnPartAmt));
  out->set_acct_pay_fen(decision.acct_pay().value());
  out->set_acct_mulaid_pay_fen(decision.family_paid.value());
  out->set_psn_cash_pay_fen(decision.psn_cash_pay().value());
}

void DescribeFunds(const rules::Program& program, const rules::Decision& decision,
                   v1::Settlement* out) {
  for (const rules::FundPayment& payment : decision.funds) {
    const std::string& type = program.step_text[payment.step].fund_pay_type;
    v1::FundPayment* detail = nullptr;
    for (v1::FundPayment& existing : *out->mutable_setldetail()) {
      if (existing.fund_pay_type() == type) detail = &existing;
    }
    if (detail == nullptr) {
      detail = out->add_setldetail();
      detail->set_fund_pay_type(type);
    }
    detail->set_fund_payamt_fen(detail->fund_payamt_fen() + payment.amount.value());
  }
}

void DescribeBenefits(const rules::Program& program, const rules::Decision& decision,
                      v1::Settlement* out) {
  for (const rules::FundPayment& payment : decision.benefits) {
    const rules::StepText& text = program.step_text[payment.step];
    v1::BenefitPayment* benefit = out->add_benefit();
    benefit->set_step(text.id);
    benefit->set_label(text.label);
    benefit->set_fund_pay_type(text.fund_pay_type);
    benefit->set_amount_fen(payment.amount.value());
  }
}

void DescribeLines(const rules::Decision& decision, const rules::Input& input,
                   const v1::Claim& claim, v1::Settlement* out) {
  constexpr absl::string_view kClassCodes[] = {"", "01", "02", "03"};
  for (int i = 0; i < claim.fee_line_size(); ++i) {
    const rules::LineSplit& split = decision.lines[static_cast<size_t>(i)];
    const rules::CatalogueItem* item = input.lines[static_cast<size_t>(i)].item;
    v1::LineResult* line = out->add_line();
    line->set_feedetl_sn(claim.fee_line(i).feedetl_sn());
    if (item != nullptr)
      line->set_chrgitm_lv(std::string(kClassCodes[static_cast<size_t>(item->item_class)]));
    line->set_selfpay_prop_1e6(static_cast<int32_t>(split.selfpay_prop.millionths()));
    line->set_fulamt_ownpay_amt_fen(split.fulamt_ownpay.value());
    line->set_overlmt_amt_fen(split.overlmt.value());
    line->set_preselfpay_amt_fen(split.preselfpay.value());
    line->set_inscp_scp_amt_fen(split.inscp.value());
  }
}

void DescribeTrace(const rules::Program& program, const rules::Trace& trace,
                   v1::ExplainedStep* out) {
  const rules::StepText& text = program.step_text[trace.step];
  out->set_step(text.id);
  out->set_label(text.label);
  out->set_base_fen(trace.base.value());
  out->set_amount_fen(trace.amount.value());
  if (trace.has_ratio) out->set_ratio_1e6(static_cast<int32_t>(trace.ratio.millionths()));
  out->set_note(std::string(NoteText(trace.note)));
  out->set_part(trace.part);
  out->set_cite(text.cite);
  out->set_grade(text.grade);
  if (trace.row != rules::kNoRow) {
    out->set_row(program.row_text[trace.row].number);
    out->set_cite(program.row_text[trace.row].cite);
    out->set_grade(program.row_text[trace.row].grade);
  }
  // What changed the amount last is what a reader wants to look up.
  if (trace.adjust != rules::kNoRow) {
    absl::StrAppend(out->mutable_cite(), "; ", program.adjust_text[trace.adjust].cite);
  }
  if (trace.limit_row != rules::kNoRow) {
    out->set_cite(program.row_text[trace.limit_row].cite);
    out->set_grade(program.row_text[trace.limit_row].grade);
  }
}

// Whether a part of `cite` begins with the word `source_id`. Asked of every source and step of a
// settlement: nothing is allocated.
bool Cites(absl::string_view cite, absl::string_view source_id) {
  constexpr absl::string_view kBetweenParts = "; ";
  for (;;) {
    const size_t end = cite.find(kBetweenParts);
    const absl::string_view part = cite.substr(0, end);
    if (part.substr(0, part.find(' ')) == source_id) return true;
    if (end == absl::string_view::npos) return false;
    cite.remove_prefix(end + kBetweenParts.size());
  }
}

// The documents the steps cite, so that a reader need not know the tables.
void DescribeSources(const rules::Program& program, v1::Explanation* explanation) {
  for (const rules::SourceText& source : program.sources) {
    const bool cited = std::any_of(
        explanation->step().begin(), explanation->step().end(),
        [&source](const v1::ExplainedStep& step) { return Cites(step.cite(), source.id); });
    if (!cited) continue;
    v1::CitedSource* out = explanation->add_source();
    out->set_id(source.id);
    out->set_title(source.title);
    out->set_url(source.url);
    out->set_grade(source.grade);
  }
}

}  // namespace

void Describe(const rules::Program& program, const rules::Decision& decision,
              const rules::Input& input, const v1::Claim& claim, v1::Settlement* out) {
  YIJIE_CHECK(decision.verdict == rules::Verdict::kSettled, "describing a refusal as a settlement");
  out->set_outcome(v1::SETTLED);
  DescribeAmounts(decision, out->mutable_amounts());
  DescribeFunds(program, decision, out);
  DescribeBenefits(program, decision, out);
  DescribeLines(decision, input, claim, out);
  DescribeExplanation(program, decision, out->mutable_explanation());
}

void DescribeExplanation(const rules::Program& program, const rules::Decision& decision,
                         v1::Explanation* out) {
  out->set_policy(program.id);
  out->set_policy_title(program.title);
  out->set_policy_hash(HexPrefix(program.hash, 8));
  out->set_sample_data(program.sample_data);
  for (const rules::Trace& trace : decision.trace) DescribeTrace(program, trace, out->add_step());
  DescribeSources(program, out);
}

void DescribeRefusal(const rules::Program& program, const rules::Decision& decision,
                     v1::Settlement* out) {
  const rules::StepText& step = program.step_text[decision.refused_step];
  switch (decision.verdict) {
    case rules::Verdict::kSettled:
      break;
    case rules::Verdict::kExcluded:
    case rules::Verdict::kLacksFigure:
      out->set_outcome(decision.verdict == rules::Verdict::kExcluded ? v1::EXCLUDED_BY_POLICY
                                                                     : v1::POLICY_INCOMPLETE);
      out->set_reason(absl::StrCat(program.row_text[decision.refused_row].reason, "（",
                                   program.row_text[decision.refused_row].cite, "）"));
      break;
    case rules::Verdict::kNoMatchingRow:
      out->set_outcome(v1::POLICY_INCOMPLETE);
      out->set_reason(
          absl::StrCat("政策表", program.id, "的步骤“", step.label, "”没有适用于本次结算的行"));
      break;
    case rules::Verdict::kTwoRows:
      out->set_outcome(v1::POLICY_INCOMPLETE);
      out->set_reason(absl::StrCat("政策表", program.id, "的步骤“", step.label,
                                   "”有多行同时适用（第",
                                   program.row_text[decision.refused_row].number, "行，文件第",
                                   program.row_text[decision.refused_row].line, "行）"));
      break;
    case rules::Verdict::kOutOfRange:
      out->set_outcome(v1::POLICY_INCOMPLETE);
      out->set_reason(
          absl::StrCat("政策表", program.id, "的步骤“", step.label, "”算出的数额超出可结算的范围"));
      break;
  }
  out->mutable_explanation()->set_policy(program.id);
  out->mutable_explanation()->set_policy_title(program.title);
  out->mutable_explanation()->set_policy_hash(HexPrefix(program.hash, 8));
}

}  // namespace yijie::engine
