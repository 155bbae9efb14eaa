#ifndef YIJIE_ENGINE_CODE_NAMES_H_
#define YIJIE_ENGINE_CODE_NAMES_H_

// Codes of the national interface in words, Chinese with English beside it. "" for a code that has
// no words here.

#include <string>

#include "absl/strings/string_view.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::engine {

absl::string_view SchemeWords(absl::string_view insutype);
// A longer code that is not listed has the name of the code it begins with.
absl::string_view BenefitKindWords(absl::string_view med_type);
absl::string_view FundWords(absl::string_view fund_pay_type);
// Who pays a benefit, with the code of the fund; no code is the employer.
std::string BenefitPayerLabel(absl::string_view fund_pay_type);
// By the first two digits.
absl::string_view PersonTypeWords(absl::string_view psn_type);

// The Chinese part of such words.
absl::string_view InChinese(absl::string_view words);

// In Chinese only.
absl::string_view OutcomeWords(v1::Outcome outcome);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CODE_NAMES_H_
