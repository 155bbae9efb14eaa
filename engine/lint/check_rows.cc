#include "engine/lint/check_rows.h"

#include <algorithm>
#include <functional>
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/lint/row_lists.h"

namespace yijie::engine {
namespace {

using rules::Program;
using rules::RowSpace;
using rules::Verdict;

// Points tried for one finding before it is taken as one that no claim can show.
constexpr int kMostTries = 400;
// Findings of one kind told about one list of rows.
constexpr int kMostOfAKind = 3;

// Bills under which the sketch is tried: its own, and around the amounts that conditions ask for.
std::vector<Fen> BillsFor(const Sketch& sketch) {
  std::vector<Fen> bills = {sketch.bill};
  for (const int64_t amount : sketch.wanted_amounts) {
    for (const int64_t factor : {1, 2, 4}) bills.push_back(Fen(amount / 100 * 100 * factor));
    bills.push_back(Fen(amount));
    bills.push_back(Fen(amount + 1));
  }
  if (!sketch.wanted_amounts.empty()) {
    for (const int64_t yuan : {1, 100, 1'000, 100'000, 1'000'000}) bills.push_back(Fen(yuan * 100));
  }
  bills.erase(
      std::remove_if(bills.begin(), bills.end(),
                     [](Fen bill) { return bill < Fen(1) || bill > Fen(kMaxClaimFen / 1000); }),
      bills.end());
  return bills;
}

// Whether the engine, asked about a claim like the sketch, ends as `wanted` says.
bool Shows(Workbench& bench, Sketch sketch, const std::function<bool()>& wanted) {
  for (const Fen bill : BillsFor(sketch)) {
    sketch.bill = bill;
    if (bench.Run(sketch) && wanted()) return true;
  }
  return false;
}

class ListCheck {
 public:
  ListCheck(Workbench& bench, const RowList& list, std::vector<Finding>* findings)
      : bench_(bench),
        program_(bench.program()),
        list_(list),
        space_(SpaceOf(program_, list)),
        findings_(findings) {}

  void Run() {
    std::set<size_t> matched;
    space_.Explore([&](const RowSpace::Point& point, const std::vector<size_t>& rows) {
      matched.insert(rows.begin(), rows.end());
      if (rows.empty()) WithoutRow(point);
      if (rows.size() > 1) WithTwo(point, rows);
      return true;
    });
    const bool is_gate = program_.steps[list_.step].kind == rules::StepKind::kGate;
    if (is_gate) return CheckGateRows();
    for (size_t row = 0; row < list_.rows.size(); ++row) {
      if (matched.count(row) == 0) {
        Dead(row);
      } else {
        IdleConditions(space_, row, row);
      }
    }
  }

 private:
  void WithoutRow(const RowSpace::Point& point) {
    if (list_.answers == RowList::Answers::kExactlyOne) {
      Try(point, FindingKind::kNoRow, Verdict::kNoMatchingRow,
          absl::StrCat(list_.name, "：有的结算没有适用的行"), list_.line);
    } else if (list_.answers == RowList::Answers::kBound) {
      Try(point, FindingKind::kNoBound, Verdict::kSettled,
          absl::StrCat(list_.name, "：有的结算没有限额；若本意如此，请写一行 amount: \"none\""),
          list_.line);
    }
  }

  void WithTwo(const RowSpace::Point& point, const std::vector<size_t>& rows) {
    if (list_.answers == RowList::Answers::kAny) return;
    const LintRow& a = list_.rows[rows[0]];
    const LintRow& b = list_.rows[rows[1]];
    Try(point, FindingKind::kTwoRows, Verdict::kTwoRows,
        absl::StrCat(list_.name, "：", a.name, "(文件第", a.line, "行)与", b.name,
                     "同时适用于一笔结算"),
        b.line);
  }

  // Reports once for each place, with the first claim that shows it.
  void Try(const RowSpace::Point& point, FindingKind kind, Verdict verdict, const std::string& text,
           int line) {
    if (reported_.count({kind, line}) != 0 || ++tries_[kind] > kMostTries) return;
    if (told_[kind] == kMostOfAKind) return;
    const Sketch sketch = SketchOf(space_, point);
    const bool shown = Shows(bench_, sketch, [&] {
      const rules::Decision& decision = bench_.decision();
      return decision.verdict == verdict &&
             (verdict == Verdict::kSettled || decision.refused_step == list_.step);
    });
    if (!shown) return;
    Finding finding = MakeFinding(program_, kind, line, text);
    finding.example = bench_.Case();
    finding.answer = bench_.Answer();
    findings_->push_back(std::move(finding));
    reported_.insert({kind, line});
    ++told_[kind];
  }

  void Dead(size_t row) {
    findings_->push_back(
        MakeFinding(program_, FindingKind::kDeadRow, list_.rows[row].line,
                    absl::StrCat(list_.name, "：", list_.rows[row].name, "不会适用于任何结算")));
  }

  // A gate row meets only claims that the rows before it let through.
  void CheckGateRows() {
    for (size_t row = 0; row < list_.rows.size(); ++row) {
      const RowSpace space(program_, {list_.rows[row].when},
                           GatesBefore(program_, list_.step, row));
      bool matched = false;
      space.Explore([&matched](const RowSpace::Point&, const std::vector<size_t>& rows) {
        matched = !rows.empty();
        return !matched;
      });
      if (matched) {
        IdleConditions(space, 0, row);
      } else {
        Dead(row);
      }
    }
  }

  // `row` in `space` is row `listed` of the list.
  void IdleConditions(const RowSpace& space, size_t row, size_t listed) {
    const rules::Slice when = list_.rows[listed].when;
    for (uint32_t condition = when.begin; condition < when.end; ++condition) {
      RowSpace::Point point;
      if (space.FindOnlyFailing(row, condition, &point)) continue;
      findings_->push_back(
          MakeFinding(program_, FindingKind::kIdleTest, list_.rows[listed].line,
                      absl::StrCat(list_.name, "：", list_.rows[listed].name, "的条件",
                                   NameOfCondition(condition), "从不起作用，去掉它结果不变")));
    }
  }

  std::string NameOfCondition(uint32_t index) const {
    const rules::Condition& condition = program_.conditions[index];
    for (const rules::Dimension& dimension : space_.dimensions()) {
      if (dimension.operand == condition.operand && dimension.index == condition.index &&
          dimension.spec != nullptr) {
        return absl::StrCat(" ", dimension.spec->field, " ");
      }
    }
    if (condition.operand == rules::Operand::kAccumulator ||
        condition.operand == rules::Operand::kSince) {
      return absl::StrCat(" ", rules::SymbolName(program_.accumulators[condition.index].name), " ");
    }
    return " amount ";
  }

  Workbench& bench_;
  const Program& program_;
  const RowList& list_;
  const RowSpace space_;
  std::vector<Finding>* findings_;
  std::set<std::pair<FindingKind, int>> reported_;
  std::map<FindingKind, int> tries_;
  std::map<FindingKind, int> told_;
};

}  // namespace

void CheckRows(Workbench& bench, std::vector<Finding>* findings) {
  for (const RowList& list : RowListsOf(bench.program())) ListCheck(bench, list, findings).Run();
}

}  // namespace yijie::engine
