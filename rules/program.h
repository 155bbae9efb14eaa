#ifndef YIJIE_RULES_PROGRAM_H_
#define YIJIE_RULES_PROGRAM_H_

// A policy package after compilation: flat arrays of plain structs that refer to each other by
// index. Immutable; any number of threads may evaluate it. The texts that explain it stand apart,
// at the same indexes.

#include <cstdint>
#include <string>
#include <vector>

#include "base/date.h"
#include "base/digest.h"
#include "base/fen.h"
#include "base/ratio.h"
#include "rules/decision.h"

namespace yijie::rules {

// A part [begin, end) of one of the arrays below.
struct Slice {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool empty() const { return begin == end; }
};

// Both ends belong to it.
struct Interval {
  int64_t low;
  int64_t high;
};

enum class Operand : uint8_t { kFact, kAmount, kAccumulator };

// `operand[index]` is one of `mask` (enums), in one of `intervals` (numbers, days, money) or one of
// `symbols` (codes).
struct Condition {
  enum class Test : uint8_t { kMask, kIntervals, kSymbols };
  Operand operand = Operand::kFact;
  Test test = Test::kMask;
  bool negated = false;
  uint16_t index = 0;
  uint64_t mask = 0;
  Slice values;  // of `intervals` or of `symbols`
};

struct Term {
  Operand operand = Operand::kAmount;
  bool negative = false;
  uint16_t index = 0;
};

struct Band {
  int64_t from;  // money in (from, to]
  int64_t to;
  Ratio ratio;
};

struct Row {
  Slice when;                 // of `conditions`: all must hold
  Fen amount;                 // of amount rows
  Ratio ratio;                // of classify rows
  Slice bands;                // of pay rows
  bool lacks_figure = false;  // of gate rows
};

struct Adjust {
  enum class How : uint8_t { kPoints, kOwnFactor, kFactor, kSetRatio, kSetAmount };
  Slice when;
  How how = How::kPoints;
  Ratio ratio;
  Fen amount;
};

inline constexpr uint16_t kNoAccumulator = 0xffff;

struct Limit {
  Slice rows;  // empty: no limit
  uint16_t accumulator = kNoAccumulator;
};

enum class StepKind : uint8_t {
  kClassify,
  kGate,
  kDeductible,
  kPay,
  kCap,
  kQuota,
  kSum,
  kAccumulate,
  kAccount
};

struct Step {
  StepKind kind = StepKind::kSum;
  Fund fund = Fund::kNone;
  bool fixed_quota = false;
  bool reports_deductible = false;        // its amount is act_pay_dedc
  uint16_t out = 0;                       // amount slot it writes
  uint16_t over = 0;                      // cap: slot of what exceeds the bound
  uint16_t accumulator = kNoAccumulator;  // deductible: `already`; accumulate: the target
  Slice base;                             // terms; of sum, accumulate and account: `of`
  Slice start;                            // terms
  Slice rows;
  Slice adjusts;
  Limit limit;
  Fen each_further_baby;
  std::array<SubAccount, kSubAccounts> order{};
  uint8_t order_size = 0;
  Slice when;  // account
};

enum class Period : uint8_t { kYear, kMonth, kDay };

struct AccumulatorSpec {
  Symbol name = Symbol::kNone;
  Period period = Period::kYear;
  bool per_institution = false;
  bool per_hosp_lv = false;
  bool per_dise_codg = false;
  bool counts = false;
};

// A published document that rows cite.
struct SourceText {
  std::string id;
  std::string title;
  std::string url;
  std::string grade;
};

enum class VersionBy : uint8_t { kEnddate, kBegndate, kFiling, kService };

struct StepText {
  std::string id;
  std::string label;
  std::string cite;   // where the step itself was taken from; may be empty if its rows cite
  std::string grade;  // of that source
  std::string fund_pay_type;
};

struct RowText {
  std::string cite;
  std::string grade;
  std::string reason;  // gates
  int number = 0;      // counted from 1 among the rows it stands with
  int line = 0;        // in the source file
};

struct Program {
  std::string id;
  std::string title;
  std::string file;
  std::string text;  // as it was read; compiles to this program again
  Digest hash{};     // of `text`
  bool sample_data = false;
  std::vector<std::string> admdvs;  // "*" for all
  Symbol insutype = Symbol::kNone;
  std::vector<std::string> med_type;
  Date valid_from;
  Date valid_to;
  Date known_from;
  bool states_known_from = false;  // else it is `valid_from`
  VersionBy version_by = VersionBy::kEnddate;
  Rounding rounding = Rounding::kFenHalfUp;
  int benefit_year_month = 1;
  int benefit_year_day = 1;

  std::vector<Step> steps;
  std::vector<Row> rows;
  std::vector<Band> bands;
  std::vector<Adjust> adjusts;
  std::vector<Condition> conditions;
  std::vector<Interval> intervals;
  std::vector<Symbol> symbols;  // each slice sorted
  std::vector<Term> terms;
  std::vector<AccumulatorSpec> accumulators;

  std::vector<SourceText> sources;
  std::vector<StepText> step_text;   // as steps
  std::vector<RowText> row_text;     // as rows
  std::vector<RowText> adjust_text;  // as adjusts
};

}  // namespace yijie::rules

#endif  // YIJIE_RULES_PROGRAM_H_
