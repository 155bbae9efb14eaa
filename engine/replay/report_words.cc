#include "engine/replay/report_words.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/code_names.h"
#include "engine/receipt.h"

namespace yijie::engine {
namespace {

absl::string_view HospitalLevelWords(absl::string_view key) {
  constexpr std::pair<absl::string_view, absl::string_view> kLevels[] = {
      {"LEVEL_3", "三级 Level 3"},       {"LEVEL_2", "二级 Level 2"},
      {"LEVEL_1", "一级 Level 1"},       {"PRIMARY", "基层 Primary"},
      {"LEVEL_NONE", "未定级 No level"}, {"PHARMACY", "定点药店 Pharmacy"}};
  for (const auto& [name, words] : kLevels) {
    if (name == key) return words;
  }
  return "";
}

absl::string_view GroupWords(Dimension dimension, absl::string_view key) {
  switch (dimension) {
    case Dimension::kScheme:
      return SchemeWords(key);
    case Dimension::kPersonType:
      return PersonTypeWords(key);
    case Dimension::kHospitalLevel:
      return HospitalLevelWords(key);
    case Dimension::kBenefitKind:
      return BenefitKindWords(key);
    case Dimension::kArea:
      break;
  }
  return "";
}

}  // namespace

absl::string_view DimensionName(Dimension dimension) {
  switch (dimension) {
    case Dimension::kScheme:
      return "insutype";
    case Dimension::kPersonType:
      return "psn_type";
    case Dimension::kHospitalLevel:
      return "hosp_lv";
    case Dimension::kBenefitKind:
      return "med_type";
    case Dimension::kArea:
      break;
  }
  return "insuplc_admdvs";
}

absl::string_view DimensionTitle(Dimension dimension) {
  switch (dimension) {
    case Dimension::kScheme:
      return "按险种 By scheme";
    case Dimension::kPersonType:
      return "按人员类别 By person class";
    case Dimension::kHospitalLevel:
      return "按医院等级 By hospital level";
    case Dimension::kBenefitKind:
      return "按医疗类别 By benefit kind";
    case Dimension::kArea:
      break;
  }
  return "按参保地 By insured area";
}

std::string GroupLabel(Dimension dimension, absl::string_view key) {
  if (key.empty()) return "未知 unknown";
  const absl::string_view words = GroupWords(dimension, key);
  if (words.empty()) return std::string(key);
  if (dimension == Dimension::kHospitalLevel) return std::string(words);
  return absl::StrCat(words, " (", key, ")");
}

std::string FundLabel(absl::string_view fund_pay_type) {
  const absl::string_view words = FundWords(fund_pay_type);
  return words.empty() ? std::string(fund_pay_type) : absl::StrCat(words, " (", fund_pay_type, ")");
}

std::string BenefitLabel(absl::string_view fund_pay_type) {
  return absl::StrCat("待遇 Benefit: ", BenefitPayerLabel(fund_pay_type));
}

std::string PersonNumber(const ReportSubject& subject, absl::string_view psn_no) {
  return subject.shows_psn_no ? std::string(psn_no) : MaskNumber(psn_no);
}

std::string FormatDifference(Fen difference) {
  return absl::StrCat(difference > Fen(0) ? "+" : "", FormatYuan(difference));
}

std::string HexOf(const Digest& digest) {
  return HexPrefix(digest, static_cast<int>(digest.size()));
}

}  // namespace yijie::engine
