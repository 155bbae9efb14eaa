#ifndef YIJIE_ENGINE_REPLAY_REPORT_WORDS_H_
#define YIJIE_ENGINE_REPLAY_REPORT_WORDS_H_

// What the forms of the report share: what it is about, names and figures in words.

#include <string>

#include "absl/strings/string_view.h"
#include "engine/replay/report.h"

namespace yijie::engine {

// What a report is about, beside its figures.
struct ReportSubject {
  std::string history;          // where the history comes from, as the user named it
  std::string draft;            // directory of the draft
  bool refusals_known = false;  // the history holds refused claims too: a generated one does
  bool shows_psn_no = false;    // else person numbers are masked
};

// Said where ReplayReport::sample_data is set.
inline constexpr absl::string_view kSampleDataWords =
    "草案含示例数据，不是真实待遇 THE DRAFT HOLDS SAMPLE DATA, NOT REAL BENEFITS";

// "psn_type": the column of the dimension in CSV.
absl::string_view DimensionName(Dimension dimension);
// "按人员类别 By person class".
absl::string_view DimensionTitle(Dimension dimension);
// The group in words, with its code where words do not say it.
std::string GroupLabel(Dimension dimension, absl::string_view key);
std::string FundLabel(absl::string_view fund_pay_type);
// Of benefits paid beside the bills; no code is the employer.
std::string BenefitLabel(absl::string_view fund_pay_type);
inline constexpr absl::string_view kAllBenefitsWords =
    "待遇合计（账单以外） All benefits beside the bills";

std::string PersonNumber(const ReportSubject& subject, absl::string_view psn_no);

// "+12.00", "-0.05", "0.00".
std::string FormatDifference(Fen difference);

std::string HexOf(const Digest& digest);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REPLAY_REPORT_WORDS_H_
