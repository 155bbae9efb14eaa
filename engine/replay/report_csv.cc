#include "engine/replay/report_csv.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/code_names.h"

namespace yijie::engine {
namespace {

constexpr absl::string_view kHeader =
    "section,key,label,claims,changed,refused_now,settled_now,fund_before,fund_draft,fund_change,"
    "account_before,account_draft,account_change,cash_before,cash_draft,cash_change,"
    "hospital_before,hospital_draft,hospital_change,"
    "benefit_before,benefit_draft,benefit_change\n";

std::string Quoted(absl::string_view cell) {
  return absl::StrCat("\"", absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
}

std::string Money(Fen before, Fen draft) {
  return absl::StrCat(",", FormatYuan(before), ",", FormatYuan(draft), ",",
                      FormatYuan(draft - before));
}

std::string Head(absl::string_view section, absl::string_view key, absl::string_view label) {
  return absl::StrCat(section, ",", Quoted(key), ",", Quoted(label));
}

std::string TallyRow(const ReportSubject& subject, absl::string_view head, const Tally& tally) {
  const std::string settled_now = subject.refusals_known ? absl::StrCat(tally.settled_now) : "";
  return absl::StrCat(head, ",", tally.claims, ",", tally.changed, ",", tally.refused_now, ",",
                      settled_now, Money(tally.stored.fund, tally.draft.fund),
                      Money(tally.stored.account, tally.draft.account),
                      Money(tally.stored.cash, tally.draft.cash),
                      Money(tally.stored.hospital, tally.draft.hospital),
                      Money(tally.stored.benefit, tally.draft.benefit), "\n");
}

}  // namespace

std::string ReportAsCsv(const ReportSubject& subject, const ReplayReport& report) {
  std::string out(kHeader);
  out += TallyRow(subject, Head("total", HexOf(report.hash), "合计 Total"), report.total);
  for (const auto& [code, fund] : report.funds) {
    absl::StrAppend(&out, Head("fund", code, FundLabel(code)), ",", fund.claims, ",,,",
                    Money(fund.stored, fund.draft), ",,,,,,,,,,,,\n");
  }
  for (const auto& [code, benefit] : report.benefits) {
    absl::StrAppend(&out, Head("benefit", code, BenefitPayerLabel(code)), ",", benefit.claims,
                    ",,,,,,,,,,,,,,,", Money(benefit.stored, benefit.draft), "\n");
  }
  for (size_t i = 0; i < kDimensions; ++i) {
    const auto dimension = static_cast<Dimension>(i);
    for (const auto& [key, tally] : report.groups[i]) {
      out +=
          TallyRow(subject, Head(DimensionName(dimension), key, GroupLabel(dimension, key)), tally);
    }
  }
  for (const auto& [outcome, count] : report.refused_now_by_outcome) {
    absl::StrAppend(&out, Head("refused_now", v1::Outcome_Name(outcome), OutcomeWords(outcome)),
                    ",,,", count, ",,,,,,,,,,,,,,,,\n");
  }
  for (const PersonTally& person : report.losers) {
    const std::string number = PersonNumber(subject, person.psn_no);
    out += TallyRow(subject, Head("person", number, ""), person.tally);
  }
  return out;
}

}  // namespace yijie::engine
