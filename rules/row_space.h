#ifndef YIJIE_RULES_ROW_SPACE_H_
#define YIJIE_RULES_ROW_SPACE_H_

// The claims that rows of a package can tell apart, enumerated: every fact has a declared domain
// (vocabulary.h), the conditions cut it into stretches inside which no row changes, and one value
// of each stretch stands for all. So "every claim has exactly one row" is decided, not sampled.
//
// Facts are taken as independent; a combination that no claim can have (a person of five who
// retired) is left to the caller, who builds the claim and asks the engine.

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/types/span.h"
#include "rules/condition.h"
#include "rules/program.h"
#include "rules/vocabulary.h"

namespace yijie::rules {

// Something the conditions ask for, and one value of each stretch they cut it into.
struct Dimension {
  Operand operand = Operand::kFact;
  uint16_t index = 0;              // as Condition::index
  const CellSpec* spec = nullptr;  // of facts
  std::vector<int64_t> values;
  // Of the person's rights: what is held under values[i], one bit for each of `rights`.
  std::vector<Symbol> rights;
};

class RowSpace {
 public:
  // Rows to tell apart and gates that take claims away before them: slices of
  // Program::conditions. `program` must outlive it.
  RowSpace(const Program& program, std::vector<Slice> rows, std::vector<Slice> gates);

  const std::vector<Dimension>& dimensions() const { return dimensions_; }

  // A point of the space: for each dimension the index of its value.
  using Point = std::vector<size_t>;
  // Called for each set of rows that some point matches together, with a few such points; the rows
  // are numbers of the constructor's list, rising. Returns false to stop.
  using Visit = std::function<bool(const Point&, const std::vector<size_t>& rows)>;
  // Visits only what no gate takes away.
  void Explore(const Visit& visit) const;

  // A point that no gate takes away, where all conditions of `row` hold but `condition` (an index
  // of Program::conditions) does not. False if there is none.
  bool FindOnlyFailing(size_t row, uint32_t condition, Point* point) const;

 private:
  using Bits = std::vector<uint64_t>;  // one for each row, then one for each gate
  struct Walk;

  size_t DimensionOf(const Condition& condition);
  void CutDimensions();
  bool Holds(const Condition& condition, const Dimension& dimension, size_t value) const;
  bool GateFires(const Bits& alive, size_t decided) const;

  const Program& program_;
  std::vector<Slice> whens_;  // rows, then gates
  size_t row_count_;
  std::vector<Dimension> dimensions_;
  std::vector<std::vector<size_t>> dimension_of_;  // [when][condition of it]
  // [dimension][value]: the rows and gates whose conditions on it hold.
  std::vector<std::vector<Bits>> allowed_;
  // [dimension]: gates without a condition on it or on a later one.
  std::vector<Bits> gates_decided_;
};

}  // namespace yijie::rules

#endif  // YIJIE_RULES_ROW_SPACE_H_
