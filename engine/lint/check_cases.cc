#include "engine/lint/check_cases.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "engine/accumulator_codec.h"
#include "engine/lint/narrow.h"
#include "engine/lint/row_lists.h"
#include "engine/policy_cases.h"
#include "rules/evaluate.h"
#include "rules/row_index.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using rules::Decision;
using rules::Program;
using rules::Symbol;

constexpr int kWholeFile = 1;  // a finding's line where none is known

// One figure of the package and small changes of it; a figure is tested if a case notices one.
struct Figure {
  std::string what;  // in Chinese
  int line = 0;
  std::vector<std::function<void(Program&)>> changes;
  std::function<void(Program&)> restore;
  // The row's or adjust's own conditions: claims for which they do not hold never see the figure.
  std::optional<rules::Slice> when = std::nullopt;
};

// A case and what the package as it is answers to it.
struct Probe {
  std::unique_ptr<const OpenCase> open;
  Decision answer;
};

// --- Figures

class Figures {
 public:
  explicit Figures(const Program& program) : program_(program) {}

  std::vector<Figure> All() {
    for (const RowList& list : RowListsOf(program_)) {
      const bool partition =
          list.answers == RowList::Answers::kExactlyOne || list.answers == RowList::Answers::kBound;
      // Where every claim has exactly one row, a shifted condition leaves a gap or an overlap,
      // which is found without cases.
      for (const LintRow& row : list.rows)
        if (!partition) Conditions(list, row);
    }
    for (uint16_t s = 0; s < program_.steps.size(); ++s) Step(s);
    return std::move(figures_);
  }

 private:
  // Changes one element of an array of the program.
  template <typename T>
  void Add(std::vector<T> Program::*array, size_t index, std::string what, int line,
           std::function<void(T&)> change) {
    const T original = (program_.*array)[index];
    // The index of rows is made of conditions.
    const auto set = [array, index](Program& p, const std::function<void(T&)>& to) {
      to((p.*array)[index]);
      if (std::is_same_v<T, rules::Condition>) rules::IndexRows(p);
    };
    figures_.push_back({std::move(what),
                        line,
                        {[set, change](Program& p) { set(p, change); }},
                        [set, original](Program& p) { set(p, [&](T& t) { t = original; }); }});
  }

  void Step(uint16_t s) {
    const rules::Step& step = program_.steps[s];
    const std::string name = absl::StrCat("步骤“", program_.step_text[s].label, "”");
    Rows(step.rows, name);
    Rows(step.at_least, absl::StrCat(name, "的保底"));
    for (uint32_t i = step.limits.begin; i < step.limits.end; ++i)
      Rows(program_.limits[i].rows, absl::StrCat(name, "的限额"));
    for (uint32_t i = step.adjusts.begin; i < step.adjusts.end; ++i) Adjust(i, name);
    for (uint32_t i = step.ceilings.begin; i < step.ceilings.end; ++i) {
      Add<rules::Ceiling>(
          &Program::ceilings, i,
          absl::StrCat(name, "第", i - step.ceilings.begin + 1, "项限额（ceiling）"), kWholeFile,
          [](rules::Ceiling& ceiling) { ceiling.amount += Fen(100); });
    }
    if (step.each_further_baby > Fen(0)) {
      Add<rules::Step>(&Program::steps, s, absl::StrCat(name, "的多胞胎增加额"),
                       program_.row_text[step.rows.begin].line,
                       [](rules::Step& changed) { changed.each_further_baby += Fen(100); });
    }
    if (step.each_further_baby_share.millionths() > 0) {
      Add<rules::Step>(&Program::steps, s, absl::StrCat(name, "的多胞胎增加比例"),
                       program_.row_text[step.rows.begin].line, [](rules::Step& changed) {
                         changed.each_further_baby_share = Shifted(changed.each_further_baby_share);
                       });
    }
  }

  void Rows(rules::Slice rows, const std::string& list) {
    for (uint32_t i = rows.begin; i < rows.end; ++i) {
      const rules::Row& row = program_.rows[i];
      const int line = program_.row_text[i].line;
      const std::string name = absl::StrCat(list, "第", program_.row_text[i].number, "行");
      const OfRow of_row(this, row.when);
      for (uint32_t b = row.bands.begin; b < row.bands.end; ++b) Band(row.bands, b, name, line);
      if (row.no_bound || !row.bands.empty()) continue;
      if (row.has_selfpay_prop) {
        Add<rules::Row>(&Program::rows, i, absl::StrCat(name, "的先行自付比例"), line,
                        [](rules::Row& r) { r.selfpay_prop = Shifted(r.selfpay_prop); });
      }
      if (row.has_price_limit) {
        Add<rules::Row>(&Program::rows, i, absl::StrCat(name, "的限价"), line,
                        [](rules::Row& r) { r.price_limit += Fen(100); });
      }
      if (row.formula != rules::kNoFormula) Formula(row.formula, name, line);
      const bool figure =
          row.formula == rules::kNoFormula || program_.formulas[row.formula].of.empty();
      const bool is_amount = !row.has_selfpay_prop && !row.has_price_limit && !row.exclude &&
                             program_.row_text[i].reason.empty();
      if (figure && is_amount) {
        Add<rules::Row>(&Program::rows, i, absl::StrCat(name, "的金额"), line,
                        [](rules::Row& r) { r.amount += Fen(100); });
        // Another bound may hide that it rose.
        figures_.back().changes.push_back(
            [i](Program& p) { p.rows[i].amount = std::max(p.rows[i].amount - Fen(100), Fen(0)); });
      }
    }
  }

  void Formula(uint32_t index, const std::string& name, int line) {
    const rules::Formula& formula = program_.formulas[index];
    using Bound = rules::Formula::Bound;
    if (!formula.of.empty()) {
      Add<rules::Formula>(
          &Program::formulas, index, absl::StrCat(name, "的比例"), line,
          [](rules::Formula& f) { f.ratio = Ratio(f.ratio.millionths() + 10'000); });
    }
    if (formula.divide_1e4 != 10'000) {
      Add<rules::Formula>(&Program::formulas, index, absl::StrCat(name, "的除数"), line,
                          [](rules::Formula& f) { f.divide_1e4 += 10'000; });
    }
    if (formula.every != 1) {
      Add<rules::Formula>(&Program::formulas, index, absl::StrCat(name, "的 every"), line,
                          [](rules::Formula& f) { f.every += 1; });
    }
    if (formula.at_least.kind == Bound::Kind::kFigure) {
      Add<rules::Formula>(&Program::formulas, index, absl::StrCat(name, "的 at_least"), line,
                          [](rules::Formula& f) { f.at_least.figure += 100; });
    }
    if (formula.at_most.kind == Bound::Kind::kFigure) {
      Add<rules::Formula>(&Program::formulas, index, absl::StrCat(name, "的 at_most"), line,
                          [](rules::Formula& f) { f.at_most.figure += 100; });
    }
  }

  void Band(rules::Slice bands, uint32_t index, const std::string& row, int line) {
    const uint32_t number = index - bands.begin + 1;
    Add<rules::Band>(&Program::bands, index, absl::StrCat(row, "第", number, "段的比例"), line,
                     [](rules::Band& b) { b.ratio = Shifted(b.ratio); });
    if (index + 1 == bands.end) return;
    const rules::Band here = program_.bands[index];
    const rules::Band next = program_.bands[index + 1];
    if (here.ratio == next.ratio) return;  // the bound between them does nothing
    figures_.push_back({absl::StrCat(row, "第", number, "段的上限"),
                        line,
                        {[index](Program& p) {
                          p.bands[index].to += 100;
                          p.bands[index + 1].from += 100;
                        }},
                        [index, here, next](Program& p) {
                          p.bands[index] = here;
                          p.bands[index + 1] = next;
                        }});
  }

  void Adjust(uint32_t index, const std::string& step) {
    const rules::RowText& text = program_.adjust_text[index];
    const OfRow of_row(this, program_.adjusts[index].when);
    Add<rules::Adjust>(&Program::adjusts, index,
                       absl::StrCat(step, "的调整第", text.number, "项的数值"), text.line,
                       [](rules::Adjust& a) {
                         a.ratio = Ratio(a.ratio.millionths() + 10'000);
                         a.amount += Fen(100);
                       });
  }

  void Conditions(const RowList& list, const LintRow& row) {
    for (uint32_t c = row.when.begin; c < row.when.end; ++c) {
      const rules::Condition& condition = program_.conditions[c];
      const std::string name = absl::StrCat(list.name, row.name, "的条件");
      if (condition.test == rules::Condition::Test::kMask) {
        for (int bit = 0; bit < 64; ++bit) {
          if ((condition.mask >> bit & 1) == 0) continue;
          Add<rules::Condition>(
              &Program::conditions, c, absl::StrCat(name, "中列举的第", bit, "个值"), row.line,
              [bit](rules::Condition& changed) { changed.mask &= ~(uint64_t{1} << bit); });
        }
      } else if (condition.test == rules::Condition::Test::kIntervals) {
        Intervals(condition, name, row.line);
      } else {
        Symbols(condition, name, row.line);
      }
    }
  }

  // Each listed code is left out: its neighbour stands twice, or nobody's code in its place.
  void Symbols(const rules::Condition& condition, const std::string& name, int line) {
    constexpr auto kNobodys = static_cast<Symbol>(std::numeric_limits<uint32_t>::max());
    for (uint32_t i = condition.values.begin; i < condition.values.end; ++i) {
      const uint32_t neighbour = i > condition.values.begin ? i - 1 : i + 1;
      const Symbol other =
          neighbour < condition.values.end ? program_.symbols[neighbour] : kNobodys;
      Add<Symbol>(&Program::symbols, i,
                  absl::StrCat(name, "中列举的 ", rules::SymbolName(program_.symbols[i])), line,
                  [other](Symbol& changed) { changed = other; });
    }
  }

  void Intervals(const rules::Condition& condition, const std::string& name, int line) {
    for (uint32_t i = condition.values.begin; i < condition.values.end; ++i) {
      const rules::Interval interval = program_.intervals[i];
      const bool one_value = interval.low == interval.high;
      if (interval.low > 0 && interval.low != kFirstDate.days()) {
        Add<rules::Interval>(&Program::intervals, i, absl::StrCat(name, "的下限"), line,
                             [one_value](rules::Interval& changed) {
                               changed.low += 1;
                               if (one_value) changed.high += 1;
                             });
      }
      if (!one_value && interval.high < kMaxClaimFen && interval.high != kLastDate.days()) {
        Add<rules::Interval>(&Program::intervals, i, absl::StrCat(name, "的上限"), line,
                             [](rules::Interval& changed) { changed.high -= 1; });
      }
    }
  }

  // One point up, or down from 100 %.
  static Ratio Shifted(Ratio ratio) {
    constexpr int64_t kPoint = 10'000;
    return Ratio(ratio.millionths() +
                 (ratio.millionths() + kPoint > Ratio::kOne ? -kPoint : kPoint));
  }

  // What is added while it lives belongs to a row with these conditions.
  class OfRow {
   public:
    OfRow(Figures* figures, rules::Slice when)
        : figures_(figures->figures_), when_(when), first_(figures_.size()) {}
    ~OfRow() {
      for (size_t i = first_; i < figures_.size(); ++i) figures_[i].when = when_;
    }

   private:
    std::vector<Figure>& figures_;
    const rules::Slice when_;
    const size_t first_;
  };

  const Program& program_;
  std::vector<Figure> figures_;
};

// --- Cases

int64_t AddedTo(const rules::AccumulatorKey& key, const Decision& decision) {
  int64_t added = 0;
  for (const rules::AccumulatorEntry& delta : decision.deltas)
    if (delta.key == key) added += delta.value;
  return added;
}

// Whether a case that asserts what `text` asserts would notice the difference.
bool Notices(const v1::PolicyCase& text, const Program& program, const Decision& a,
             const Decision& b) {
  if (a.verdict != b.verdict || a.refused_row != b.refused_row) return true;
  if (a.verdict != rules::Verdict::kSettled) return false;
  if (text.has_expect()) {
    for (size_t i = 0; i <= rules::kPsnPartAmt; ++i)
      if (a.amount[i] != b.amount[i]) return true;
    if (a.act_pay_dedc != b.act_pay_dedc || a.hosp_part != b.hosp_part ||
        a.acct_pay() != b.acct_pay() || a.funds.size() != b.funds.size()) {
      return true;
    }
    for (size_t i = 0; i < a.funds.size(); ++i)
      if (a.funds[i].amount != b.funds[i].amount) return true;
  }
  for (size_t s = 0; s < program.steps.size(); ++s) {
    const uint16_t slot = program.steps[s].out;
    const std::string& id = program.step_text[s].id;
    const bool asserted =
        text.expect_step_fen().count(id) != 0 || text.expect_benefit_fen().count(id) != 0;
    if (asserted && a.amount[slot] != b.amount[slot]) return true;
  }
  for (const v1::AccumulatorValue& value : text.expect_added()) {
    const auto asserted = FromProto(value);
    if (asserted.ok() && AddedTo(asserted->key, a) != AddedTo(asserted->key, b)) return true;
  }
  return false;
}

class CaseCheck {
 public:
  CaseCheck(const Program& program, std::string cases_file, std::vector<Finding>* findings)
      : program_(program), cases_file_(std::move(cases_file)), findings_(findings) {}

  void Run() {
    if (!std::filesystem::exists(cases_file_)) {
      findings_->push_back(
          MakeFinding(program_, FindingKind::kCase, 1, absl::StrCat("没有用例文件 ", cases_file_)));
      return;
    }
    if (!OpenAll()) return;
    CheckDays();
    Program changed = program_;
    for (const Figure& figure : Figures(program_).All()) {
      bool noticed = false;
      for (size_t i = 0; i < figure.changes.size() && !noticed; ++i) {
        figure.changes[i](changed);
        noticed = Noticed(figure, changed);
        figure.restore(changed);
      }
      if (noticed) continue;
      findings_->push_back(
          MakeFinding(program_, FindingKind::kUnpinned, figure.line,
                      absl::StrCat(figure.what, "没有用例检验：改动后所有用例照样通过")));
    }
  }

 private:
  bool OpenAll() {
    const auto cases = ReadCases(cases_file_);
    if (!cases.ok()) {
      findings_->push_back(
          MakeFinding(program_, FindingKind::kCase, 1, std::string(cases.status().message())));
      return false;
    }
    std::vector<std::unique_ptr<const Program>> programs;
    programs.push_back(std::make_unique<Program>(program_));
    const auto book = rules::RuleBook::Build(std::move(programs));
    for (const v1::PolicyCase& text : cases->case_()) {
      const CaseResult result = RunCase(*book, text);
      for (const std::string& difference : result.differences) {
        findings_->push_back(
            MakeFinding(program_, FindingKind::kCase, 1,
                        absl::StrCat("用例“", result.name, "”不符：", difference)));
      }
      auto open = OpenPolicyCase(*book, text);
      if (!open.ok()) continue;
      Probe probe{*std::move(open), {}};
      if (probe.open->input.refusal == v1::SETTLED)
        rules::Evaluate(program_, probe.open->input.input, probe.answer);
      probes_.push_back(std::move(probe));
    }
    return true;
  }

  bool Noticed(const Figure& figure, const Program& changed) {
    for (const Probe& probe : probes_) {
      const ClaimInput& input = probe.open->input;
      if (input.refusal != v1::SETTLED) continue;
      if (figure.when.has_value() && !MayHold(program_, *figure.when, input.input.facts)) continue;
      rules::Evaluate(changed, input.input, answer_);
      if (Notices(probe.open->text, program_, probe.answer, answer_)) return true;
    }
    return false;
  }

  // The first and the last day of the package need cases on both sides.
  void CheckDays() {
    NeedsCase(program_.valid_from, true, "valid_from 当日");
    NeedsCase(Date(program_.valid_from.days() - 1), false, "valid_from 前一日（NO_POLICY）");
    if (program_.valid_to == kLastDate) return;
    NeedsCase(program_.valid_to, true, "valid_to 当日");
    NeedsCase(Date(program_.valid_to.days() + 1), false, "valid_to 次日（NO_POLICY）");
  }

  void NeedsCase(Date day, bool in_force, const char* what) {
    for (const Probe& probe : probes_) {
      const v1::Claim& claim = probe.open->text.claim();
      const bool by_begndate = program_.version_by == rules::VersionBy::kBegndate;
      const std::string& decides =
          by_begndate || claim.enddate().empty() ? claim.begndate() : claim.enddate();
      const bool found = probe.open->input.refusal == v1::NO_POLICY ? !in_force : in_force;
      if (decides == FormatDate(day) && found) return;
    }
    findings_->push_back(
        MakeFinding(program_, FindingKind::kUnpinned, 1, absl::StrCat("没有", what, "的用例")));
  }

  const Program& program_;
  const std::string cases_file_;
  std::vector<Finding>* findings_;
  std::vector<Probe> probes_;
  Decision answer_;
};

}  // namespace

void CheckCases(const Program& program, const std::string& cases_file,
                std::vector<Finding>* findings) {
  CaseCheck(program, cases_file, findings).Run();
}

}  // namespace yijie::engine
