#ifndef YIJIE_RULES_PACKAGE_COMPILER_H_
#define YIJIE_RULES_PACKAGE_COMPILER_H_

// State of the compilation of one package; used by compile.cc (package and steps) and
// compile_rows.cc (rows, formulas, conditions, terms) only.

#include <functional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rules/cell.h"
#include "rules/citations.h"
#include "rules/place.h"
#include "rules/program.h"
#include "rules/text_file.h"
#include "yijie/v1/policy.pb.h"

namespace yijie::rules {

class PackageCompiler {
 public:
  PackageCompiler(Defects& defects, Program& program) : defects_(defects), program_(program) {}

  void Compile(const yijie::v1::Package& package, const Place& place);

 private:
  template <typename T>
  using Messages = google::protobuf::RepeatedPtrField<T>;
  using Names = Messages<std::string>;

  // What a name stands for.
  struct Named {
    Operand operand = Operand::kAmount;
    uint16_t index = 0;
    Holds holds = Holds::kMoney;
  };

  // --- compile.cc
  void Header(const yijie::v1::Package& package, const Place& place);
  void Areas(const yijie::v1::Package& package, const Place& place);
  void BenefitYear(const yijie::v1::Package& package, const Place& place);
  void Sources(const yijie::v1::Package& package, const Place& place);
  void Accumulators(const yijie::v1::Package& package, const Place& place);
  void GivenNumbers(const yijie::v1::Package& package, const Place& place);
  void CompileStep(const yijie::v1::Step& step, const Place& place);
  void CompileKind(const yijie::v1::Step& step, const Place& place, Step& out, StepText& text);
  void Classify(const yijie::v1::Classify& classify, const Place& place, Step& out);
  void ClassifyRow(const yijie::v1::Classify::Row& row, const Place& place, Row& out);
  void Ceilings(const yijie::v1::Classify& classify, const Place& place, Step& out);
  void Groups(const yijie::v1::Classify& classify, const Place& place, Step& out);
  void Gate(const yijie::v1::Gate& gate, const Place& place, Step& out);
  void Deductible(const yijie::v1::Deductible& deductible, const Place& place, Step& out);
  void Pay(const yijie::v1::Pay& pay, const Place& place, Step& out);
  void Cap(const yijie::v1::Cap& cap, const Place& place, const std::string& id, Step& out);
  void Quota(const yijie::v1::Quota& quota, const Place& place, Step& out);
  void Sum(const yijie::v1::Sum& sum, const Place& place, Step& out);
  void Accumulate(const yijie::v1::Accumulate& accumulate, const Place& place, Step& out);
  void Account(const yijie::v1::Account& account, const Place& place, Step& out);
  void Value(const yijie::v1::Value& value, const Place& place, Step& out);
  void Benefit(const yijie::v1::Benefit& benefit, const Place& place, Step& out);
  void FundOfStep(yijie::v1::Pay::Fund fund, const std::string& fund_pay_type, const Place& place,
                  Step& out);
  void LetRelativesPay();
  void NewAmount(const std::string& name, Holds holds, const Place& place, uint16_t* slot);

  // --- compile_rows.cc
  Slice Bands(const yijie::v1::Pay::Row& row, const Place& place);
  RowSlice AmountRows(const Messages<yijie::v1::AmountRow>& rows, const Place& parent,
                      absl::string_view field, Holds holds, bool may_be_none = false);
  void Amount(const yijie::v1::AmountRow& row, const Place& place, Holds holds, Row& out);
  Formula::Bound BoundOf(const std::string& text, const Place& place, absl::string_view field,
                         Holds holds);
  Slice AdjustRows(const Messages<yijie::v1::Adjust>& adjusts, const Place& parent, bool of_ratio);
  void AdjustRow(const yijie::v1::Adjust& adjust, const Place& place, bool of_ratio,
                 yijie::rules::Adjust& out);
  Slice CompileLimits(const Messages<yijie::v1::Limit>& limits, const Place& parent);
  // Text of row `index` of `field` at `parent`.
  RowText Cite(const std::string& row_cite, const Place& parent, absl::string_view field, int index,
               const Place& place);
  Slice When(bool has, const yijie::v1::When& when, const Place& parent, absl::string_view field,
             bool line_cells);
  void AmountTest(const yijie::v1::AmountTest& test, const Place& place);
  void AddCondition(Operand operand, uint16_t index, Cell cell);
  // Reads one name, without its sign. False, with a defect, if it stands for nothing.
  using ReadTerm = std::function<bool(absl::string_view name, int index, Term* out)>;
  Slice AllTerms(const Names& names, const Place& place, absl::string_view field,
                 const ReadTerm& read);
  Slice Terms(const Names& names, const Place& place, absl::string_view field, Holds holds);
  // Counts: numbers, facts by the name of their cell, and terms that hold a count.
  Slice Counts(const Names& names, const Place& place, absl::string_view field);
  // Counts that multiply.
  Slice Factors(const Names& names, const Place& place, absl::string_view field);
  bool ResolveCount(absl::string_view name, const Place& place, absl::string_view field, int index,
                    Term* out);
  // False, with a defect, if there is no such thing.
  bool Resolve(absl::string_view name, const Place& place, absl::string_view field, int index,
               Named* out);
  bool ResolveAccumulator(absl::string_view name, const Place& place, absl::string_view field,
                          int index, Named* out);
  uint16_t AccumulatorNamed(const std::string& name, const Place& place, absl::string_view field);
  uint16_t MoneyAccumulatorNamed(const std::string& name, const Place& place,
                                 absl::string_view field);

  template <typename T>
  T Or(absl::StatusOr<T> value, const Place& place, absl::string_view field, int index = -1) {
    if (value.ok()) return *std::move(value);
    defects_.Add(place, field, index, value.status().message());
    return T();
  }

  Defects& defects_;
  Program& program_;
  absl::flat_hash_map<std::string, Named> names_;  // amounts and given numbers
  absl::flat_hash_map<std::string, uint16_t> accumulators_;
  absl::flat_hash_map<std::string, uint16_t> pay_steps_;  // by id, for ".over" and ".beyond"
  Citations citations_;
  std::string step_cite_;
  uint16_t next_amount_ = kFirstStepAmount;
};

}  // namespace yijie::rules

#endif  // YIJIE_RULES_PACKAGE_COMPILER_H_
