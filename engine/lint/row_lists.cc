#include "engine/lint/row_lists.h"

#include "absl/strings/str_cat.h"

namespace yijie::engine {
namespace {

using rules::Program;
using rules::Slice;
using rules::Step;
using rules::StepKind;

RowList ListOf(const Program& program, uint16_t step, Slice rows, RowList::Answers answers,
               absl::string_view what) {
  RowList list;
  list.step = step;
  list.answers = answers;
  list.name = absl::StrCat("步骤“", program.step_text[step].label, "”(", program.step_text[step].id,
                           ")", what);
  for (uint32_t i = rows.begin; i < rows.end; ++i) {
    list.rows.push_back({program.rows[i].when, absl::StrCat("第", program.row_text[i].number, "行"),
                         program.row_text[i].line});
  }
  if (!list.rows.empty()) list.line = list.rows[0].line;
  return list;
}

RowList AdjustsOf(const Program& program, uint16_t step) {
  const Slice adjusts = program.steps[step].adjusts;
  RowList list = ListOf(program, step, {}, RowList::Answers::kAny, "的调整");
  for (uint32_t i = adjusts.begin; i < adjusts.end; ++i) {
    list.rows.push_back({program.adjusts[i].when,
                         absl::StrCat("调整第", program.adjust_text[i].number, "项"),
                         program.adjust_text[i].line});
  }
  if (!list.rows.empty()) list.line = list.rows[0].line;
  return list;
}

RowList::Answers AnswersOf(StepKind kind) {
  switch (kind) {
    case StepKind::kClassify:
      return RowList::Answers::kAtMostOne;
    case StepKind::kDeductible:
    case StepKind::kPay:
    case StepKind::kQuota:
    case StepKind::kValue:
    case StepKind::kBenefit:
      return RowList::Answers::kExactlyOne;
    case StepKind::kGate:
    case StepKind::kCap:
    case StepKind::kSum:
    case StepKind::kAccumulate:
    case StepKind::kAccount:
      return RowList::Answers::kAny;
  }
  return RowList::Answers::kAny;
}

}  // namespace

std::vector<RowList> RowListsOf(const Program& program) {
  std::vector<RowList> lists;
  for (uint16_t s = 0; s < program.steps.size(); ++s) {
    const Step& step = program.steps[s];
    if (!step.rows.empty())
      lists.push_back(ListOf(program, s, step.rows, AnswersOf(step.kind), ""));
    if (!step.adjusts.empty()) lists.push_back(AdjustsOf(program, s));
    for (uint32_t i = step.limits.begin; i < step.limits.end; ++i) {
      lists.push_back(
          ListOf(program, s, program.limits[i].rows, RowList::Answers::kBound, "的限额"));
    }
    if (!step.at_least.empty()) {
      lists.push_back(ListOf(program, s, step.at_least, RowList::Answers::kAtMostOne, "的保底"));
    }
  }
  return lists;
}

std::vector<Slice> GatesBefore(const Program& program, uint16_t step, size_t row_of_gate) {
  std::vector<Slice> gates;
  for (uint16_t s = 0; s <= step; ++s) {
    if (program.steps[s].kind != StepKind::kGate) continue;
    const Slice rows = program.steps[s].rows;
    const uint32_t end = s < step ? rows.end : rows.begin + static_cast<uint32_t>(row_of_gate);
    for (uint32_t i = rows.begin; i < end; ++i) gates.push_back(program.rows[i].when);
  }
  return gates;
}

rules::RowSpace SpaceOf(const Program& program, const RowList& list) {
  std::vector<Slice> whens;
  for (const LintRow& row : list.rows) whens.push_back(row.when);
  return rules::RowSpace(program, std::move(whens), GatesBefore(program, list.step));
}

}  // namespace yijie::engine
