#include "engine/policy_text/words.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/fen.h"
#include "engine/code_names.h"
#include "engine/policy_text/cell_words.h"
#include "engine/policy_text/names.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr absl::string_view kOver = ".over";
constexpr absl::string_view kBeyond = ".beyond";

bool IsNumber(absl::string_view text) {
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

// Adds a comma before every third digit of the whole part.
std::string Grouped(absl::string_view number) {
  const size_t point = std::min(number.find('.'), number.size());
  std::string out;
  for (size_t i = 0; i < point; ++i) {
    if (i > 0 && (point - i) % 3 == 0) out += ',';
    out += number[i];
  }
  return absl::StrCat(out, number.substr(point));
}

// A bound of a band without its unit.
std::string PlainYuan(absl::string_view text) {
  return std::string(absl::StripSuffix(YuanWords(text), "元"));
}

// Names that stand for several things get the id behind them.
template <typename Map>
void TellApart(Map& labels) {
  absl::flat_hash_map<std::string, int> uses;
  for (const auto& [id, label] : labels) ++uses[label];
  for (auto& [id, label] : labels) {
    if (uses[label] > 1) absl::StrAppend(&label, "（", id, "）");
  }
}

}  // namespace

std::string YuanWords(absl::string_view text) {
  absl::string_view digits = text;
  const bool negative = absl::ConsumePrefix(&digits, "-");
  const absl::StatusOr<Fen> fen = ParseYuan(digits);
  if (!fen.ok()) return std::string(text);
  const std::string yuan = FormatYuan(*fen);
  return absl::StrCat(negative ? "-" : "", Grouped(absl::StripSuffix(yuan, ".00")), "元");
}

std::string CountWords(absl::string_view text) {
  const bool digits =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? Grouped(text) : std::string(text);
}

std::string SchemeWithCode(absl::string_view insutype) {
  const absl::string_view name = InChinese(SchemeWords(insutype));
  return name.empty() ? std::string(insutype) : absl::StrCat(name, "（", insutype, "）");
}

std::string BenefitKindWithCode(absl::string_view med_type) {
  const absl::string_view name = InChinese(BenefitKindWords(med_type));
  if (name.empty()) return std::string(med_type);
  return IsNumber(med_type) ? absl::StrCat(name, "（", med_type, "）") : std::string(name);
}

std::string PayerWords(v1::Pay::Fund fund, absl::string_view fund_pay_type) {
  const std::string word = ValueWord("Pay.Fund", v1::Pay::Fund_Name(fund));
  if (fund_pay_type.empty()) return word;
  const absl::string_view name = InChinese(FundWords(fund_pay_type));
  return absl::StrCat(word, "（", fund_pay_type, name.empty() ? "" : " ", name, "）");
}

std::string BandWords(const v1::Pay::Row& row, int index) {
  const std::string from = index == 0 ? "0" : PlainYuan(row.band(index - 1).to());
  const std::string& to = row.band(index).to();
  if (!to.empty()) return absl::StrCat(from, "~", YuanWords(to));
  return index == 0 ? "" : absl::StrCat(from, "元以上");
}

std::string JoinPhrases(const std::vector<ConditionWords>& conditions) {
  const bool nested = std::any_of(conditions.begin(), conditions.end(), [](const auto& condition) {
    return absl::StrContains(condition.phrase, "、");
  });
  return absl::StrJoin(conditions, nested ? "，" : "、",
                       [](std::string* out, const ConditionWords& condition) {
                         absl::StrAppend(out, condition.phrase);
                       });
}

PackageWords::PackageWords(const v1::Package& package) {
  for (const v1::Given& given : package.given()) {
    names_[given.name()] = given.label();
    holds_[given.name()] = given.holds();
  }
  for (const v1::Accumulator& accumulator : package.accumulator()) {
    holds_[absl::StrCat("acc:", accumulator.name())] = accumulator.holds();
    holds_[absl::StrCat("since:", accumulator.name())] = v1::COUNT;
  }
  NameSteps(package);
  NameGroups(package);
  NameAccumulators(package);
}

void PackageWords::NameSteps(const v1::Package& package) {
  absl::flat_hash_map<std::string, std::string> labels;
  for (const v1::Step& step : package.step()) {
    labels[step.id()] = step.label();
    if (step.has_value()) holds_[step.id()] = step.value().holds();
  }
  TellApart(labels);
  for (const v1::Step& step : package.step()) {
    const std::string& label = labels[step.id()];
    names_[step.id()] = label;
    names_[absl::StrCat(step.id(), kOver)] =
        absl::StrCat("「", label, step.has_pay() ? "」因限额未付的部分" : "」超出限额的部分");
    names_[absl::StrCat(step.id(), kBeyond)] = absl::StrCat("「", label, "」达到限额后的费用");
  }
}

void PackageWords::NameGroups(const v1::Package& package) {
  for (const v1::Step& step : package.step()) {
    for (const v1::Classify::Group& group : step.classify().group()) {
      names_[group.name()] = Group(group);
    }
  }
}

std::string PackageWords::Group(const v1::Classify::Group& group) const {
  const std::string bucket = group.bucket().empty() ? "inscp_scp_amt" : group.bucket();
  const std::string lines = JoinPhrases(Conditions(group.when()));
  return absl::StrCat(lines.empty() ? "全部项目" : lines, "的", AmountName(bucket), "费用");
}

// Named by the step that adds to it; one that other packages add to has its own name only.
void PackageWords::NameAccumulators(const v1::Package& package) {
  absl::flat_hash_map<std::string, std::string> labels;
  const auto name = [&labels](const std::string& accumulator, const std::string& label) {
    if (!accumulator.empty()) labels.try_emplace(accumulator, label);
  };
  for (const v1::Step& step : package.step()) {
    if (step.has_accumulate()) name(step.accumulate().accumulator(), step.label());
  }
  for (const v1::Step& step : package.step()) {
    const std::string label = absl::StrCat(step.label(), "累计");
    name(step.deductible().already(), label);
    for (const v1::Limit& limit : step.deductible().limit()) name(limit.accumulator(), label);
    for (const v1::Limit& limit : step.pay().limit()) name(limit.accumulator(), label);
    for (const v1::Limit& limit : step.cap().limit()) name(limit.accumulator(), label);
    for (const v1::Limit& limit : step.benefit().limit()) name(limit.accumulator(), label);
  }
  for (const v1::Accumulator& accumulator : package.accumulator())
    name(accumulator.name(), absl::StrCat("累计 ", accumulator.name()));
  TellApart(labels);
  for (const v1::Accumulator& accumulator : package.accumulator()) {
    const std::string& label = labels[accumulator.name()];
    const ValueName* period =
        FindValueName("Accumulator.Period", v1::Accumulator::Period_Name(accumulator.period()));
    const absl::string_view prefix =
        accumulator.holds() == v1::DAY || period == nullptr ? "" : period->phrase;
    const bool told = absl::StrContains(label, absl::StripPrefix(prefix, "本"));
    const std::string words = absl::StrCat(told ? "" : prefix, label);
    names_[absl::StrCat("acc:", accumulator.name())] = absl::StrCat("「", words, "」");
    names_[absl::StrCat("since:", accumulator.name())] = absl::StrCat("距「", words, "」的天数");
  }
}

std::vector<ConditionWords> PackageWords::Conditions(const v1::When& when) const {
  std::vector<ConditionWords> conditions = FactConditions(when);
  for (const v1::AmountTest& test : when.amount()) conditions.push_back(AmountCondition(test));
  return conditions;
}

ConditionWords PackageWords::AmountCondition(const v1::AmountTest& test) const {
  const std::string column = Term(test.of());
  const bool count = IsCount(test.of());
  const std::string cell = IntervalWords(test.is(), count ? CountWords : YuanWords);
  return {column, cell, absl::StrCat(column, cell), absl::StrCat(test.of(), "=", test.is())};
}

bool PackageWords::IsCount(absl::string_view term) const {
  const auto holds = holds_.find(term);
  return holds != holds_.end() && holds->second != v1::MONEY;
}

std::string PackageWords::Term(absl::string_view term) const {
  if (IsNumber(term)) return CountWords(term);
  if (const absl::string_view amount = AmountName(term); !amount.empty())
    return std::string(amount);
  if (const auto name = names_.find(term); name != names_.end()) return name->second;
  const FactName* fact = FindFactName(term);
  return std::string(fact == nullptr ? term : fact->name);
}

std::string PackageWords::Sum(const Names& terms) const {
  std::string out;
  for (const std::string& name : terms) {
    absl::string_view term = name;
    const bool negative = absl::ConsumePrefix(&term, "-");
    if (negative || !out.empty())
      absl::StrAppend(&out, out.empty() ? "" : " ", negative ? "－ " : "＋ ");
    absl::StrAppend(&out, Term(term));
  }
  return out;
}

std::string PackageWords::Figure(absl::string_view text, v1::Holds holds) const {
  if (!IsNumber(text)) return Term(text);
  return holds == v1::COUNT ? CountWords(text) : YuanWords(text);
}

std::string PackageWords::Product(const v1::AmountRow& row, v1::Holds holds) const {
  std::string out = row.of_size() == 0 ? Figure(row.amount(), holds) : Sum(row.of());
  const bool one_factor = row.ratio().empty() && row.times_size() == 0 && row.divide().empty();
  if (row.of_size() > 1 && !one_factor) out = absl::StrCat("（", out, "）");
  if (!row.ratio().empty()) absl::StrAppend(&out, " × ", row.ratio());
  std::vector<std::string> counts;
  for (const std::string& times : row.times()) counts.push_back(Term(times));
  const std::string product = absl::StrJoin(counts, " × ");
  if (!row.every().empty()) {
    absl::StrAppend(&out, " ×（", product, " ÷ ", row.every(), "，不足整数进一）");
  } else if (!product.empty()) {
    absl::StrAppend(&out, " × ", product);
  }
  if (!row.divide().empty()) absl::StrAppend(&out, " ÷ ", row.divide());
  return out;
}

std::string PackageWords::Amount(const v1::AmountRow& row, v1::Holds holds) const {
  if (row.amount() == "none") return "不设限额";
  std::string out = Product(row, holds);
  if (!row.at_least().empty()) absl::StrAppend(&out, "，不低于", Figure(row.at_least(), holds));
  if (!row.at_most().empty()) absl::StrAppend(&out, "，不超过", Figure(row.at_most(), holds));
  return out;
}

std::string PackageWords::Adjust(const v1::Adjust& adjust, absl::string_view subject,
                                 bool of_ratio) const {
  const auto signed_words = [&](absl::string_view figure, absl::string_view up,
                                absl::string_view down, absl::string_view unit) {
    const bool negative = absl::ConsumePrefix(&figure, "-");
    absl::ConsumePrefix(&figure, "+");
    const std::string words = of_ratio ? std::string(figure) : YuanWords(figure);
    const std::string times =
        adjust.times().empty() ? "" : absl::StrCat(" × ", Term(adjust.times()));
    return absl::StrCat(subject, negative ? down : up, words, times, unit);
  };
  switch (adjust.how_case()) {
    case v1::Adjust::kPoints:
      return signed_words(adjust.points(), "提高 ", "降低 ", "（百分点）");
    case v1::Adjust::kPlus:
      return signed_words(adjust.plus(), "增加 ", "减少 ", "");
    case v1::Adjust::kOwnFactor:
      return absl::StrCat("个人负担比例 × ", adjust.own_factor());
    case v1::Adjust::kFactor:
      return absl::StrCat(subject, " × ", adjust.factor());
    case v1::Adjust::kSet:
      return absl::StrCat(subject, "改为 ", of_ratio ? adjust.set() : YuanWords(adjust.set()));
    case v1::Adjust::HOW_NOT_SET:
      break;
  }
  return "";
}

std::string PackageWords::Accumulator(const std::string& name) const {
  return Term(absl::StrCat("acc:", name));
}

std::string PackageWords::Accumulated(const v1::Accumulate& accumulate) const {
  if (accumulate.of_size() > 0) return Sum(accumulate.of());
  const auto holds = holds_.find(absl::StrCat("acc:", accumulate.accumulator()));
  return holds != holds_.end() && holds->second == v1::DAY ? "出院日期" : "1 次";
}

void PackageWords::NameLike(const PackageWords& elder) {
  for (auto& [id, name] : names_) {
    const auto known = elder.names_.find(id);
    if (known != elder.names_.end()) name = known->second;
  }
}

}  // namespace yijie::engine
