#ifndef YIJIE_ENGINE_LINT_ROW_LISTS_H_
#define YIJIE_ENGINE_LINT_ROW_LISTS_H_

// The lists of rows of a package, each with what the engine asks of it.

#include <string>
#include <vector>

#include "rules/program.h"
#include "rules/row_space.h"

namespace yijie::engine {

// One row, condition list or switch of a package.
struct LintRow {
  rules::Slice when;
  std::string name;  // "第3行", for people
  int line = 0;      // in the file
};

struct RowList {
  enum class Answers : uint8_t {
    kExactlyOne,  // a claim without a row, or with two, gets no answer
    kAtMostOne,
    kBound,  // at most one; without one the claim has no limit
    kAny     // each row for itself
  };
  uint16_t step = 0;
  Answers answers = Answers::kAny;
  std::string name;  // "步骤“起付标准”的限额", for people
  int line = 0;      // of the first row
  std::vector<LintRow> rows;
};

std::vector<RowList> RowListsOf(const rules::Program& program);

// Gate rows that come before `step`, and with `row` also those of the same gate before that row.
std::vector<rules::Slice> GatesBefore(const rules::Program& program, uint16_t step,
                                      size_t row_of_gate = 0);

// The space of one list behind the gates before it.
rules::RowSpace SpaceOf(const rules::Program& program, const RowList& list);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LINT_ROW_LISTS_H_
