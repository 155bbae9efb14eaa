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

// A list of rows of which one is chosen, and where its index stands, if it has one.
inline constexpr uint32_t kNoIndex = UINT32_MAX;
struct RowSlice : Slice {
  uint32_t index = kNoIndex;
};

// Which rows of a list the enum facts of a claim leave: one word for each value of each fact that
// the rows ask for, one bit for each row. Derived from the conditions (row_index.h).
inline constexpr uint32_t kIndexedValues = 16;  // of one fact
struct IndexedFact {
  uint16_t fact = 0;
  uint32_t words = 0;  // of `index_words`: kIndexedValues words
};

// Both ends belong to it.
struct Interval {
  int64_t low;
  int64_t high;
};

// Where a number stands. kSince: days from the day an accumulator holds to begndate. kLiteral:
// `index` itself.
enum class Operand : uint8_t { kFact, kAmount, kAccumulator, kGiven, kSince, kLiteral };

// `operand[index]` is one of `mask` (enums), in one of `intervals` (numbers, days, money) or one of
// `symbols` (codes). kHeld: one of `symbols` is among the person's rights.
struct Condition {
  enum class Test : uint8_t { kMask, kIntervals, kSymbols, kHeld };
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

// How an AmountRow works its amount out: sum of terms (or the row's figure) x ratio x counts /
// divisor, rounded once, then held between two bounds.
struct Formula {
  struct Bound {
    enum class Kind : uint8_t { kNone, kFigure, kTerm } kind = Kind::kNone;
    Term term;
    int64_t figure = 0;
  };
  Slice of;  // terms; empty: the row's figure
  Ratio ratio = Ratio(Ratio::kOne);
  Slice times;        // terms, each a count
  int64_t every = 1;  // the counts' product is divided by it and rounded up
  int64_t divide_1e4 = 10'000;
  Bound at_least;
  Bound at_most;
};

inline constexpr uint32_t kNoFormula = UINT32_MAX;

struct Row {
  Slice when;                     // of `conditions`: all must hold; enum facts first
  Slice rest;                     // the end of `when`: those an index does not know
  Fen amount;                     // of amount rows
  uint32_t formula = kNoFormula;  // of amount rows, of `formulas`
  Slice bands;                    // of pay rows
  bool lacks_figure = false;      // of gate rows
  bool no_bound = false;          // of limit rows
  // Of classify rows: what replaces the catalogue's figures.
  bool has_selfpay_prop = false;
  bool has_price_limit = false;
  bool exclude = false;
  Ratio selfpay_prop;
  Fen price_limit;
};

// Lines of a classify step that count in scope up to a sum.
struct Ceiling {
  Slice when;
  bool per_fee_day = false;
  Fen amount;
};

// A bucket's sum over the lines that match.
struct Group {
  Slice when;
  uint16_t bucket = 0;  // AmountSlot
  uint16_t out = 0;
};

struct Adjust {
  enum class How : uint8_t { kPoints, kOwnFactor, kFactor, kSetRatio, kSetAmount, kPlus };
  Slice when;
  How how = How::kPoints;
  Ratio ratio;
  Fen amount;   // of kPlus also negative
  Slice times;  // terms, each a count; empty: once
};

inline constexpr uint16_t kNoAccumulator = 0xffff;
inline constexpr size_t kMaxAccumulators = 64;
inline constexpr size_t kMaxGiven = 30;

struct Limit {
  RowSlice rows;
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
  kAccount,
  kValue,
  kBenefit
};

inline constexpr uint16_t kNoSlot = 0xffff;

struct Step {
  StepKind kind = StepKind::kSum;
  Fund fund = Fund::kNone;
  bool fixed_quota = false;
  bool holds_count = false;         // value
  bool reports_deductible = false;  // its amount is act_pay_dedc
  bool replace = false;             // accumulate: the total becomes the sum
  Rounding rounding = Rounding::kFenHalfUp;
  uint16_t out = 0;                       // amount slot it writes
  uint16_t over = kNoSlot;                // cap, pay: slot of what limits cut off
  uint16_t beyond = kNoSlot;              // pay: slot of the base whose payment was cut off
  uint16_t accumulator = kNoAccumulator;  // deductible: `already`; accumulate: the target
  Slice base;                             // terms; of sum, accumulate and account: `of`
  Slice start;                            // terms
  RowSlice rows;
  RowSlice at_least;  // pay: rows of the guaranteed payment
  Slice adjusts;
  Slice limits;
  Slice ceilings;  // classify
  Slice groups;    // classify
  Fen each_further_baby;
  Ratio each_further_baby_share;  // of the row's amount
  std::array<SubAccount, kSubAccounts> order{};
  uint8_t order_size = 0;
  bool relatives_pay = false;  // account: also relatives' accounts, of the person's own share
  Slice when;                  // account, accumulate
};

enum class Period : uint8_t { kYear, kMonth, kDay, kQuarter, kHalfYear, kLife };
inline constexpr size_t kPeriods = 6;
enum class Holds : uint8_t { kMoney, kCount, kDay };

struct AccumulatorSpec {
  Symbol name = Symbol::kNone;
  Period period = Period::kYear;
  bool per_institution = false;
  bool per_hosp_lv = false;
  bool per_dise_codg = false;
  Holds holds = Holds::kMoney;
};

// A number the claim brings along.
struct Given {
  std::string name;
  std::string label;
  Holds holds = Holds::kMoney;
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

// Where a source of grade D is cited. It compiles, for drafts, and `yijie policy lint` tells it.
struct WeakCitation {
  std::string cite;
  int line = 0;
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
  bool split_by_fee_day = false;  // a stay over a year's end
  bool payment_may_fall = false;  // and the table says why
  bool benefit_only = false;      // no bill: an allowance, a lump sum

  std::vector<Step> steps;
  std::vector<Row> rows;
  std::vector<Band> bands;
  std::vector<Adjust> adjusts;
  std::vector<Condition> conditions;
  std::vector<Interval> intervals;
  std::vector<Symbol> symbols;  // each slice sorted
  std::vector<Term> terms;
  std::vector<Formula> formulas;
  std::vector<Limit> limits;
  std::vector<Ceiling> ceilings;
  std::vector<Group> groups;
  std::vector<AccumulatorSpec> accumulators;
  std::vector<Given> given;
  std::vector<Slice> row_indexes;  // of `indexed_facts`
  std::vector<IndexedFact> indexed_facts;
  std::vector<uint64_t> index_words;
  size_t amount_count = 0;  // amount slots in use

  std::vector<SourceText> sources;
  std::vector<StepText> step_text;   // as steps
  std::vector<RowText> row_text;     // as rows
  std::vector<RowText> adjust_text;  // as adjusts
  std::vector<WeakCitation> weak_citations;
};

}  // namespace yijie::rules

#endif  // YIJIE_RULES_PROGRAM_H_
