#include "rules/cell.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"

namespace yijie::rules {
namespace {

// Takes "not( ... )" off. False if it is opened and not closed.
bool StripNot(absl::string_view* text, bool* negated) {
  *text = absl::StripAsciiWhitespace(*text);
  *negated = absl::ConsumePrefix(text, "not(");
  if (*negated && !absl::ConsumeSuffix(text, ")")) return false;
  *text = absl::StripAsciiWhitespace(*text);
  return true;
}

absl::StatusOr<std::vector<absl::string_view>> Items(absl::string_view text, bool* negated) {
  const absl::string_view whole = text;
  if (!StripNot(&text, negated)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", whole, "\" opens not( and does not close it"));
  }
  std::vector<absl::string_view> items = absl::StrSplit(text, ',');
  for (absl::string_view& item : items) {
    item = absl::StripAsciiWhitespace(item);
    if (item.empty())
      return absl::InvalidArgumentError(absl::StrCat("\"", whole, "\" has an empty item"));
  }
  return items;
}

absl::StatusOr<Interval> ParseInterval(
    absl::string_view text,
    const std::function<absl::StatusOr<int64_t>(absl::string_view)>& parse) {
  const auto bad = [text] {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not an interval such as [15..60) or a single value"));
  };
  const size_t dots = text.find("..");
  if (dots == absl::string_view::npos) {
    YIJIE_ASSIGN_OR_RETURN(const int64_t value, parse(text));
    return Interval{value, value};
  }
  if (text.size() < 4) return bad();
  const char open = text.front();
  const char close = text.back();
  if ((open != '[' && open != '(') || (close != ']' && close != ')')) return bad();
  const absl::string_view low = absl::StripAsciiWhitespace(text.substr(1, dots - 1));
  const absl::string_view high =
      absl::StripAsciiWhitespace(text.substr(dots + 2, text.size() - dots - 3));
  Interval interval{std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
  if (!low.empty()) {
    YIJIE_ASSIGN_OR_RETURN(const int64_t value, parse(low));
    interval.low = open == '(' ? value + 1 : value;
  }
  if (!high.empty()) {
    YIJIE_ASSIGN_OR_RETURN(const int64_t value, parse(high));
    interval.high = close == ')' ? value - 1 : value;
  }
  if (interval.low > interval.high)
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is empty"));
  return interval;
}

}  // namespace

absl::StatusOr<Cell> ParseEnumCell(absl::string_view text, const EnumNames& names) {
  Cell cell;
  YIJIE_ASSIGN_OR_RETURN(const std::vector<absl::string_view> items, Items(text, &cell.negated));
  for (const absl::string_view item : items) {
    const auto name = std::find(names.begin(), names.end(), item);
    if (name == names.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", item, "\" is not one of ",
                       absl::StrJoin(names, ", ", [](std::string* out, absl::string_view n) {
                         if (!n.empty()) absl::StrAppend(out, n);
                       })));
    }
    cell.mask |= uint64_t{1} << (name - names.begin());
  }
  return cell;
}

absl::StatusOr<Cell> ParseCodeCell(absl::string_view text) {
  Cell cell;
  cell.test = Condition::Test::kSymbols;
  YIJIE_ASSIGN_OR_RETURN(const std::vector<absl::string_view> items, Items(text, &cell.negated));
  for (const absl::string_view item : items) {
    const std::optional<Symbol> symbol = TryInternOfCell(item);
    if (!symbol.has_value())
      return absl::InvalidArgumentError("too many different codes for one process to know");
    cell.symbols.push_back(*symbol);
  }
  std::sort(cell.symbols.begin(), cell.symbols.end());
  return cell;
}

absl::StatusOr<Cell> ParseIntervalCell(
    absl::string_view text,
    const std::function<absl::StatusOr<int64_t>(absl::string_view)>& parse) {
  Cell cell;
  cell.test = Condition::Test::kIntervals;
  YIJIE_ASSIGN_OR_RETURN(const std::vector<absl::string_view> items, Items(text, &cell.negated));
  for (const absl::string_view item : items) {
    YIJIE_ASSIGN_OR_RETURN(const Interval interval, ParseInterval(item, parse));
    cell.intervals.push_back(interval);
  }
  return cell;
}

}  // namespace yijie::rules
