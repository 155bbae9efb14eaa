#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/decimal.h"
#include "rules/package_compiler.h"
#include "rules/row_index.h"
#include "rules/vocabulary.h"

namespace yijie::rules {
namespace {

namespace v1 = yijie::v1;

constexpr int64_t kMaxLiteral = 60'000;
constexpr int kMaxTerms = 60;  // of one sum; keeps sums inside int64
constexpr int64_t kMaxDivisor = 1'000'000;
constexpr absl::string_view kNoBound = "none";
constexpr Ratio kMostShare(10 * Ratio::kOne);
constexpr Ratio kMostFactor(10 * Ratio::kOne);

absl::StatusOr<int64_t> ParseFigure(absl::string_view text, Holds holds) {
  if (holds == Holds::kCount) return ParseCount(text);
  absl::StatusOr<Fen> fen = ParseYuan(text);
  if (!fen.ok()) return fen.status();
  return fen->value();
}

// "-100": an amount added may be negative.
absl::StatusOr<Fen> ParseSignedYuan(absl::string_view text) {
  const bool negative = absl::ConsumePrefix(&text, "-");
  absl::StatusOr<Fen> fen = ParseYuan(text);
  if (!fen.ok()) return fen.status();
  return negative ? Fen(-fen->value()) : *fen;
}

bool BeginsWithDigit(absl::string_view text) {
  return !text.empty() && absl::ascii_isdigit(static_cast<unsigned char>(text.front()));
}

}  // namespace

Slice PackageCompiler::Bands(const v1::Pay::Row& row, const Place& place) {
  Slice slice{static_cast<uint32_t>(program_.bands.size()), 0};
  if (row.band_size() == 0)
    defects_.Add(place, "band", -1, "a pay row needs bands; one without `to` for a flat ratio");
  int64_t from = 0;
  for (int i = 0; i < row.band_size(); ++i) {
    const v1::Band& band = row.band(i);
    const Place at = place.Child(band, "band", i);
    const bool last = i + 1 == row.band_size();
    if (band.to().empty() != last) {
      defects_.Add(at, "to", -1,
                   "the last band has no `to`, and every other has one; write ratio: \"0%\" where "
                   "nothing is paid");
    }
    const int64_t to = band.to().empty() ? std::numeric_limits<int64_t>::max()
                                         : Or(ParseYuan(band.to()), at, "to").value();
    if (to <= from) defects_.Add(at, "to", -1, "bands must rise");
    program_.bands.push_back({from, to, Or(ParsePercent(band.ratio()), at, "ratio")});
    from = to;
  }
  slice.end = static_cast<uint32_t>(program_.bands.size());
  return slice;
}

RowSlice PackageCompiler::AmountRows(const Messages<v1::AmountRow>& rows, const Place& parent,
                                     absl::string_view field, Holds holds, bool may_be_none) {
  std::vector<Row> compiled(static_cast<size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    const Place at = parent.Child(rows.Get(i), field, i);
    Row& row = compiled[static_cast<size_t>(i)];
    row.no_bound = may_be_none && rows.Get(i).amount() == kNoBound;
    if (row.no_bound) {
      row.when = When(rows.Get(i).has_when(), rows.Get(i).when(), at, "when", false);
    } else {
      Amount(rows.Get(i), at, holds, row);
    }
    program_.row_text.push_back(Cite(rows.Get(i).cite(), parent, field, i, at));
  }
  const auto begin = static_cast<uint32_t>(program_.rows.size());
  program_.rows.insert(program_.rows.end(), compiled.begin(), compiled.end());
  return {{begin, static_cast<uint32_t>(program_.rows.size())}};
}

void PackageCompiler::Amount(const v1::AmountRow& row, const Place& place, Holds holds, Row& out) {
  out.when = When(row.has_when(), row.when(), place, "when", false);
  if (row.amount().empty() == row.of().empty()) {
    defects_.Add(place, "amount", -1, "say the amount, or the sum it is worked out of (`of`)");
    return;
  }
  if (!row.amount().empty())
    out.amount = Fen(Or(ParseFigure(row.amount(), holds), place, "amount"));
  if (row.of().empty() && !row.ratio().empty())
    defects_.Add(place, "ratio", -1, "a share of what? Name it with `of`");
  if (row.of().empty() && row.times().empty() && row.divide().empty() && row.at_least().empty() &&
      row.at_most().empty() && row.every().empty()) {
    return;
  }
  Formula formula;
  formula.of =
      holds == Holds::kCount ? Counts(row.of(), place, "of") : Terms(row.of(), place, "of", holds);
  if (!row.ratio().empty())
    formula.ratio = Or(ParsePercent(row.ratio(), kMostShare), place, "ratio");
  formula.times = Factors(row.times(), place, "times");
  if (!row.every().empty()) formula.every = Or(ParseCount(row.every()), place, "every");
  if (formula.every == 0 || (row.times().empty() && !row.every().empty())) {
    defects_.Add(place, "every", -1, "divides the counts in `times`; at least 1");
  }
  if (!row.divide().empty()) {
    formula.divide_1e4 = Or(ParseDecimal(row.divide(), 4, kMaxDivisor * 10'000), place, "divide");
    if (formula.divide_1e4 < 10'000) defects_.Add(place, "divide", -1, "from 1 to 1000000");
  }
  formula.at_least = BoundOf(row.at_least(), place, "at_least", holds);
  formula.at_most = BoundOf(row.at_most(), place, "at_most", holds);
  out.formula = static_cast<uint32_t>(program_.formulas.size());
  program_.formulas.push_back(formula);
}

Formula::Bound PackageCompiler::BoundOf(const std::string& text, const Place& place,
                                        absl::string_view field, Holds holds) {
  Formula::Bound bound;
  if (text.empty()) return bound;
  if (BeginsWithDigit(text)) {
    bound.kind = Formula::Bound::Kind::kFigure;
    bound.figure = Or(ParseFigure(text, holds), place, field);
    return bound;
  }
  bound.kind = Formula::Bound::Kind::kTerm;
  if (holds == Holds::kCount) {
    ResolveCount(text, place, field, -1, &bound.term);
    return bound;
  }
  Named named;
  if (!Resolve(text, place, field, -1, &named)) return bound;
  if (named.holds != holds) defects_.Add(place, field, -1, "money is bounded by money");
  bound.term = {named.operand, false, named.index};
  return bound;
}

Slice PackageCompiler::AdjustRows(const Messages<v1::Adjust>& adjusts, const Place& parent,
                                  bool of_ratio) {
  Slice slice{static_cast<uint32_t>(program_.adjusts.size()), 0};
  for (int i = 0; i < adjusts.size(); ++i) {
    const v1::Adjust& adjust = adjusts.Get(i);
    const Place at = parent.Child(adjust, "adjust", i);
    yijie::rules::Adjust compiled;
    AdjustRow(adjust, at, of_ratio, compiled);
    program_.adjusts.push_back(compiled);
    program_.adjust_text.push_back(Cite(adjust.cite(), parent, "adjust", i, at));
  }
  slice.end = static_cast<uint32_t>(program_.adjusts.size());
  return slice;
}

void PackageCompiler::AdjustRow(const v1::Adjust& adjust, const Place& place, bool of_ratio,
                                yijie::rules::Adjust& out) {
  using How = yijie::rules::Adjust::How;
  out.when = When(adjust.has_when(), adjust.when(), place, "when", false);
  const auto only_of = [&](bool wanted_ratio, absl::string_view field) {
    if (of_ratio == wanted_ratio) return;
    defects_.Add(place, field, -1,
                 absl::StrCat(field, wanted_ratio ? " changes a ratio; here stands an amount"
                                                  : " changes an amount; here stands a ratio"));
  };
  switch (adjust.how_case()) {
    case v1::Adjust::kPoints:
      out.how = How::kPoints;
      out.ratio = Or(ParsePoints(adjust.points()), place, "points");
      only_of(true, "points");
      break;
    case v1::Adjust::kOwnFactor:
      out.how = How::kOwnFactor;
      out.ratio = Or(ParsePercent(adjust.own_factor()), place, "own_factor");
      only_of(true, "own_factor");
      break;
    case v1::Adjust::kFactor:
      out.how = How::kFactor;
      out.ratio = Or(ParsePercent(adjust.factor(), kMostFactor), place, "factor");
      break;
    case v1::Adjust::kPlus:
      out.how = How::kPlus;
      out.amount = Or(ParseSignedYuan(adjust.plus()), place, "plus");
      only_of(false, "plus");
      break;
    case v1::Adjust::kSet:
      out.how = of_ratio ? How::kSetRatio : How::kSetAmount;
      if (of_ratio) {
        out.ratio = Or(ParsePercent(adjust.set()), place, "set");
      } else {
        out.amount = Or(ParseYuan(adjust.set()), place, "set");
      }
      break;
    case v1::Adjust::HOW_NOT_SET:
      defects_.Add(place, "when", -1, "say how: points, own_factor, factor, plus or set");
  }
  if (adjust.times().empty()) return;
  if (out.how != How::kPoints && out.how != How::kPlus)
    defects_.Add(place, "times", -1, "multiplies points and plus only");
  Names times;
  *times.Add() = adjust.times();
  out.times = Factors(times, place, "times");
}

Slice PackageCompiler::CompileLimits(const Messages<v1::Limit>& limits, const Place& parent) {
  std::vector<Limit> compiled;
  for (int i = 0; i < limits.size(); ++i) {
    const v1::Limit& limit = limits.Get(i);
    const Place place = parent.Child(limit, "limit", i);
    Limit out;
    out.rows = AmountRows(limit.row(), place, "row", Holds::kMoney, /*may_be_none=*/true);
    if (out.rows.empty()) defects_.Add(place, "row", -1, "a limit needs rows");
    if (!limit.accumulator().empty())
      out.accumulator = MoneyAccumulatorNamed(limit.accumulator(), place, "accumulator");
    for (const Limit& other : compiled) {
      if (out.accumulator != kNoAccumulator && out.accumulator == other.accumulator)
        defects_.Add(place, "accumulator", -1, "two limits with one accumulator would add twice");
    }
    compiled.push_back(out);
  }
  const auto begin = static_cast<uint32_t>(program_.limits.size());
  program_.limits.insert(program_.limits.end(), compiled.begin(), compiled.end());
  return {begin, static_cast<uint32_t>(program_.limits.size())};
}

RowText PackageCompiler::Cite(const std::string& row_cite, const Place& parent,
                              absl::string_view field, int index, const Place& place) {
  RowText text;
  text.cite = row_cite.empty() ? step_cite_ : row_cite;
  text.line = LineOf(parent, field, index);
  text.number = index + 1;
  if (text.cite.empty()) {
    defects_.Add(place, "cite", -1, "no citation, neither here nor on the step");
  } else {
    text.grade = citations_.GradeOf(text.cite, place, -1, defects_);
    if (text.grade == "D") program_.weak_citations.push_back({text.cite, text.line});
  }
  return text;
}

// --- Conditions and terms

Slice PackageCompiler::When(bool has, const v1::When& when, const Place& parent,
                            absl::string_view field, bool line_cells) {
  Slice slice{static_cast<uint32_t>(program_.conditions.size()), 0};
  if (has) {
    const Place place = parent.Child(when, field, -1);
    const auto* reflection = when.GetReflection();
    for (const CellSpec& spec : CellSpecs()) {
      const auto* descriptor = when.GetDescriptor()->FindFieldByName(spec.field);
      const std::string text = reflection->GetString(when, descriptor);
      if (text.empty() || text == "-") continue;
      if (spec.of_line && !line_cells)
        defects_.Add(place, spec.field, -1, "only a classify step looks at lines");
      absl::StatusOr<Cell> cell = ParseCell(spec, text);
      if (!cell.ok()) {
        defects_.Add(place, spec.field, -1, cell.status().message());
        continue;
      }
      AddCondition(Operand::kFact, static_cast<uint16_t>(spec.fact), *std::move(cell));
    }
    for (int i = 0; i < when.amount_size(); ++i)
      AmountTest(when.amount(i), place.Child(when.amount(i), "amount", i));
  }
  slice.end = static_cast<uint32_t>(program_.conditions.size());
  std::stable_partition(program_.conditions.begin() + slice.begin, program_.conditions.end(),
                        IsIndexed);
  return slice;
}

void PackageCompiler::AmountTest(const v1::AmountTest& test, const Place& place) {
  Named named;
  if (!Resolve(test.of(), place, "of", -1, &named)) return;
  if (named.holds == Holds::kDay) {
    return defects_.Add(place, "of", -1, "a day is asked for as days passed: \"since:name\"");
  }
  absl::StatusOr<Cell> cell = ParseIntervalCell(
      test.is(), [&named](absl::string_view bound) { return ParseFigure(bound, named.holds); });
  if (!cell.ok()) return defects_.Add(place, "is", -1, cell.status().message());
  AddCondition(named.operand, named.index, *std::move(cell));
}

void PackageCompiler::AddCondition(Operand operand, uint16_t index, Cell cell) {
  Condition condition;
  condition.operand = operand;
  condition.index = index;
  condition.test = cell.test;
  condition.negated = cell.negated;
  condition.mask = cell.mask;
  if (cell.test == Condition::Test::kIntervals) {
    condition.values.begin = static_cast<uint32_t>(program_.intervals.size());
    program_.intervals.insert(program_.intervals.end(), cell.intervals.begin(),
                              cell.intervals.end());
    condition.values.end = static_cast<uint32_t>(program_.intervals.size());
  } else if (cell.test == Condition::Test::kSymbols || cell.test == Condition::Test::kHeld) {
    condition.values.begin = static_cast<uint32_t>(program_.symbols.size());
    program_.symbols.insert(program_.symbols.end(), cell.symbols.begin(), cell.symbols.end());
    condition.values.end = static_cast<uint32_t>(program_.symbols.size());
  }
  program_.conditions.push_back(condition);
}

Slice PackageCompiler::Terms(const Names& names, const Place& place, absl::string_view field,
                             Holds holds) {
  return AllTerms(names, place, field, [&](absl::string_view name, int i, Term* term) {
    Named named;
    if (!Resolve(name, place, field, i, &named)) return false;
    if (named.holds != holds) {
      defects_.Add(place, field, i,
                   absl::StrCat("\"", name, "\" is not money; here money is needed"));
    }
    term->operand = named.operand;
    term->index = named.index;
    return true;
  });
}

Slice PackageCompiler::Counts(const Names& names, const Place& place, absl::string_view field) {
  return AllTerms(names, place, field, [&](absl::string_view name, int i, Term* term) {
    return ResolveCount(name, place, field, i, term);
  });
}

Slice PackageCompiler::AllTerms(const Names& names, const Place& place, absl::string_view field,
                                const ReadTerm& read) {
  if (names.size() > kMaxTerms) defects_.Add(place, field, kMaxTerms, "too many terms");
  const auto begin = static_cast<uint32_t>(program_.terms.size());
  for (int i = 0; i < names.size(); ++i) {
    absl::string_view name = names.Get(i);
    Term term;
    term.negative = absl::ConsumePrefix(&name, "-");
    if (read(name, i, &term)) program_.terms.push_back(term);
  }
  return {begin, static_cast<uint32_t>(program_.terms.size())};
}

Slice PackageCompiler::Factors(const Names& names, const Place& place, absl::string_view field) {
  for (int i = 0; i < names.size(); ++i) {
    if (absl::StartsWith(names.Get(i), "-"))
      defects_.Add(place, field, i, "what multiplies has no sign");
  }
  return Counts(names, place, field);
}

bool PackageCompiler::ResolveCount(absl::string_view name, const Place& place,
                                   absl::string_view field, int index, Term* out) {
  if (BeginsWithDigit(name)) {
    const absl::StatusOr<int64_t> figure = ParseCount(name, kMaxLiteral);
    if (!figure.ok()) {
      defects_.Add(place, field, index, figure.status().message());
      return false;
    }
    out->operand = Operand::kLiteral;
    out->index = static_cast<uint16_t>(*figure);
    return true;
  }
  const CellSpec* spec = FindCellSpec(name);
  if (spec != nullptr && spec->form == CellForm::kCount) {
    out->operand = Operand::kFact;
    out->index = static_cast<uint16_t>(spec->fact);
    return true;
  }
  Named named;
  if (!Resolve(name, place, field, index, &named)) return false;
  if (named.holds != Holds::kCount) {
    defects_.Add(place, field, index,
                 absl::StrCat("\"", name, "\" is not a count; here a count is needed"));
    return false;
  }
  out->operand = named.operand;
  out->index = named.index;
  return true;
}

bool PackageCompiler::Resolve(absl::string_view name, const Place& place, absl::string_view field,
                              int index, Named* out) {
  if (absl::StartsWith(name, "acc:") || absl::StartsWith(name, "since:"))
    return ResolveAccumulator(name, place, field, index, out);
  auto found = names_.find(name);
  if (found == names_.end()) {
    // What a pay step left over has a slot only where somebody asks for it.
    const bool over = absl::EndsWith(name, ".over");
    const auto step = pay_steps_.find(name.substr(0, name.rfind('.')));
    if (step != pay_steps_.end() && (over || absl::EndsWith(name, ".beyond"))) {
      Step& pay = program_.steps[step->second];
      NewAmount(std::string(name), Holds::kMoney, place, over ? &pay.over : &pay.beyond);
      found = names_.find(name);
    }
  }
  if (found == names_.end()) {
    defects_.Add(place, field, index,
                 absl::StrCat("\"", name, "\": no such amount, or its step comes later"));
    return false;
  }
  *out = found->second;
  return true;
}

bool PackageCompiler::ResolveAccumulator(absl::string_view name, const Place& place,
                                         absl::string_view field, int index, Named* out) {
  const size_t colon = name.find(':');
  const auto found = accumulators_.find(name.substr(colon + 1));
  if (found == accumulators_.end()) {
    defects_.Add(place, field, index,
                 absl::StrCat("\"", name, "\": no such accumulator is declared"));
    return false;
  }
  const bool since = name.substr(0, colon) == "since";
  const Holds holds = program_.accumulators[found->second].holds;
  if (since && holds != Holds::kDay) {
    defects_.Add(place, field, index, absl::StrCat("\"", name, "\": the accumulator holds no day"));
    return false;
  }
  out->operand = since ? Operand::kSince : Operand::kAccumulator;
  out->index = found->second;
  out->holds = since ? Holds::kCount : holds;
  return true;
}

uint16_t PackageCompiler::AccumulatorNamed(const std::string& name, const Place& place,
                                           absl::string_view field) {
  const auto found = accumulators_.find(name);
  if (found != accumulators_.end()) return found->second;
  defects_.Add(place, field, -1, absl::StrCat("\"", name, "\": no such accumulator is declared"));
  return kNoAccumulator;
}

uint16_t PackageCompiler::MoneyAccumulatorNamed(const std::string& name, const Place& place,
                                                absl::string_view field) {
  const uint16_t index = AccumulatorNamed(name, place, field);
  if (index != kNoAccumulator && program_.accumulators[index].holds != Holds::kMoney) {
    defects_.Add(place, field, -1,
                 absl::StrCat("\"", name, "\" holds no money; here money is needed"));
  }
  return index;
}

}  // namespace yijie::rules
