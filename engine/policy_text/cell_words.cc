#include "engine/policy_text/cell_words.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/policy_text/names.h"
#include "rules/vocabulary.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using rules::CellForm;
using rules::CellSpec;

constexpr absl::string_view kOr = "或";
constexpr size_t kShortList = 2;  // of names: said as it is and not as all but the others

struct Items {
  bool negated = false;
  std::vector<std::string> items;  // without blanks around them
};

Items Split(absl::string_view text) {
  Items out;
  text = absl::StripAsciiWhitespace(text);
  out.negated = absl::ConsumePrefix(&text, "not(") && absl::ConsumeSuffix(&text, ")");
  for (const absl::string_view item : absl::StrSplit(text, ','))
    out.items.emplace_back(absl::StripAsciiWhitespace(item));
  return out;
}

std::string LowWords(char bracket, const std::string& low, BoundWords words) {
  const bool belongs = bracket == '[';
  if (words == BoundWords::kDay) return absl::StrCat(low, belongs ? "起" : "之后");
  return belongs ? absl::StrCat(low, "及以上") : absl::StrCat("超过", low);
}

std::string HighWords(char bracket, const std::string& high, BoundWords words) {
  const bool belongs = bracket == ']';
  switch (words) {
    case BoundWords::kDay:
      return belongs ? absl::StrCat("至", high) : absl::StrCat(high, "之前");
    case BoundWords::kAge:
      return belongs ? absl::StrCat(high, "及以下") : absl::StrCat("未满", high);
    case BoundWords::kNumber:
      break;
  }
  return belongs ? absl::StrCat(high, "及以下") : absl::StrCat("不到", high);
}

// "0至14岁": the unit is said once.
std::string FromTo(absl::string_view low, absl::string_view high) {
  const auto digit = [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); };
  size_t unit = 0;
  while (digit(low.front()) && !digit(low[low.size() - 1 - unit])) ++unit;
  if (absl::EndsWith(high, low.substr(low.size() - unit))) low.remove_suffix(unit);
  return absl::StrCat(low, "至", high);
}

std::string ItemWords(absl::string_view item,
                      const std::function<std::string(absl::string_view)>& value,
                      BoundWords words) {
  const size_t dots = item.find("..");
  if (dots == absl::string_view::npos || item.size() < 4) return value(item);
  const absl::string_view low = absl::StripAsciiWhitespace(item.substr(1, dots - 1));
  const absl::string_view high =
      absl::StripAsciiWhitespace(item.substr(dots + 2, item.size() - dots - 3));
  if (low.empty() && high.empty()) return "不限";
  if (high.empty()) return LowWords(item.front(), value(low), words);
  if (low.empty()) return HighWords(item.back(), value(high), words);
  if (item.front() == '[' && item.back() == ']') return FromTo(value(low), value(high));
  return absl::StrCat(LowWords(item.front(), value(low), words), "、",
                      HighWords(item.back(), value(high), words));
}

std::string Except(bool negated, const std::string& words) {
  return negated ? absl::StrCat("除", words, "外") : words;
}

// The names of an enum that a cell accepts, in the order of the enum, whichever way it is written;
// nothing if it cannot be read.
std::vector<std::string> Accepted(const CellSpec& spec, absl::string_view text) {
  const absl::StatusOr<rules::Cell> cell = rules::ParseCell(spec, text);
  std::vector<std::string> accepted;
  for (size_t i = 0; cell.ok() && i < spec.names.size(); ++i) {
    const bool named = ((cell->mask >> i) & 1U) != 0;
    if (!spec.names[i].empty() && named != cell->negated) accepted.emplace_back(spec.names[i]);
  }
  return accepted;
}

std::string SortedKey(Items items) {
  std::sort(items.items.begin(), items.items.end());
  return absl::StrCat(items.negated ? "not " : "", absl::StrJoin(items.items, ","));
}

// In the order of the enum, so that two ways of writing a cell look alike.
std::vector<std::string> InOrder(const CellSpec& spec, std::vector<std::string> items) {
  const auto rank = [&spec](const std::string& name) {
    return std::find(spec.names.begin(), spec.names.end(), name);
  };
  std::sort(items.begin(), items.end(),
            [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return items;
}

ConditionWords EnumCondition(const CellSpec& spec, const FactName& fact, absl::string_view text) {
  Items items = Split(text);
  items.items = InOrder(spec, std::move(items.items));
  const std::vector<std::string> accepted = Accepted(spec, text);
  if (items.negated && !accepted.empty() && accepted.size() <= kShortList)
    items = {false, accepted};
  std::vector<std::string> cells;
  std::vector<std::string> phrases;
  for (const std::string& item : items.items) {
    const ValueName* name = FindValueName(spec.field, item);
    cells.push_back(ValueWord(spec.field, item));
    phrases.emplace_back(name == nullptr || name->phrase.empty() ? cells.back()
                                                                 : std::string(name->phrase));
  }
  return {std::string(fact.name), Except(items.negated, absl::StrJoin(cells, "、")),
          Except(items.negated, absl::StrJoin(phrases, items.negated ? "、" : kOr)),
          accepted.empty() ? std::string(text) : absl::StrJoin(accepted, ",")};
}

std::string CodeWords(const CellSpec& spec, absl::string_view code) {
  if (absl::string_view(spec.field) == "med_type") return BenefitKindWithCode(code);
  return ValueWord(spec.field, code);
}

ConditionWords CodeCondition(const CellSpec& spec, const FactName& fact, absl::string_view text) {
  const Items items = Split(text);
  std::vector<std::string> words;
  for (const std::string& item : items.items) words.push_back(CodeWords(spec, item));
  const std::string cell = Except(items.negated, absl::StrJoin(words, "、"));
  return {std::string(fact.name), cell, absl::StrCat(fact.name, "：", cell), SortedKey(items)};
}

// An area code may stand for all that begin with it, or be the end of an interval.
ConditionWords AreaCondition(const FactName& fact, absl::string_view text) {
  const Items items = Split(text);
  const std::string cell =
      IntervalWords(text, [](absl::string_view code) { return AreaWords(code); });
  return {std::string(fact.name), cell, absl::StrCat(fact.name, "：", cell), SortedKey(items)};
}

ConditionWords NumberCondition(const CellSpec& spec, const FactName& fact, absl::string_view text) {
  const bool yuan = spec.form == CellForm::kYuan;
  const bool age = absl::string_view(spec.field) == "age";
  const BoundWords words = spec.form == CellForm::kDay ? BoundWords::kDay
                           : age                       ? BoundWords::kAge
                                                       : BoundWords::kNumber;
  const std::string cell = IntervalWords(
      text,
      [&](absl::string_view bound) {
        return yuan ? YuanWords(bound) : absl::StrCat(bound, fact.unit);
      },
      words);
  return {std::string(fact.name), cell, absl::StrCat(fact.name, cell), SortedKey(Split(text))};
}

ConditionWords Condition(const CellSpec& spec, absl::string_view text) {
  static constexpr FactName kUnnamed{};
  const FactName* known = FindFactName(spec.field);
  FactName fact = known == nullptr ? kUnnamed : *known;
  if (fact.name.empty()) fact.name = spec.field;
  switch (spec.form) {
    case CellForm::kEnum:
      return EnumCondition(spec, fact, text);
    case CellForm::kCode:
    case CellForm::kHeld:
      return CodeCondition(spec, fact, text);
    case CellForm::kArea:
      return AreaCondition(fact, text);
    case CellForm::kCount:
    case CellForm::kYuan:
    case CellForm::kDay:
    case CellForm::kPercent:
      break;
  }
  return NumberCondition(spec, fact, text);
}

}  // namespace

std::string IntervalWords(absl::string_view text,
                          const std::function<std::string(absl::string_view)>& value,
                          BoundWords words) {
  const Items items = Split(text);
  std::vector<std::string> out;
  for (const std::string& item : items.items) out.push_back(ItemWords(item, value, words));
  return Except(items.negated, absl::StrJoin(out, kOr));
}

std::vector<ConditionWords> FactConditions(const v1::When& when) {
  std::vector<ConditionWords> conditions;
  const auto* reflection = when.GetReflection();
  for (const CellSpec& spec : rules::CellSpecs()) {
    const auto* field = when.GetDescriptor()->FindFieldByName(spec.field);
    const std::string text = reflection->GetString(when, field);
    if (text.empty() || text == "-") continue;  // "-" is how a clerk marks a cell left out
    ConditionWords words = Condition(spec, text);
    words.key = absl::StrCat(spec.field, "=", words.key);
    conditions.push_back(std::move(words));
  }
  return conditions;
}

}  // namespace yijie::engine
