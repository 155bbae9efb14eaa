#include "engine/lint/check_money.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/lint/row_lists.h"
#include "rules/running_totals.h"

namespace yijie::engine {
namespace {

using rules::Program;
using rules::RowSpace;
using rules::Verdict;

constexpr size_t kMostClaims = 3'000;  // kinds of claims asked about
constexpr size_t kMostBills = 48;      // sizes of bills for each
// Layers round one after the other; a difference below this is theirs.
constexpr Fen kRoundingSlack(10);
// A total far above every limit.
constexpr int64_t kFullTotal = kMaxClaimFen / 100;
constexpr Fen kLargestBill(200'000'000);

// Sizes of bills at which a figure of the package may begin or end to matter.
std::vector<Fen> Bills(const Program& program) {
  std::set<int64_t> sizes;
  for (const int64_t yuan : {1, 100, 1'000, 10'000, 100'000, 1'000'000}) sizes.insert(yuan * 100);
  const auto around = [&sizes](int64_t fen) {
    for (const int64_t size : {fen - 100, fen + 100, 2 * fen})
      if (size > 0 && size <= kLargestBill.value()) sizes.insert(size / 100 * 100);
  };
  for (const rules::Band& band : program.bands) {
    if (band.to <= kLargestBill.value()) around(band.to);
  }
  for (const rules::Row& row : program.rows) around(std::min(row.amount, kLargestBill).value());
  sizes.erase(0);
  std::vector<Fen> bills;
  const size_t step = std::max<size_t>(1, sizes.size() / kMostBills);
  size_t i = 0;
  for (const int64_t size : sizes) {
    if (i++ % step == 0 || size == *sizes.rbegin()) bills.push_back(Fen(size));
  }
  return bills;
}

class MoneyCheck {
 public:
  MoneyCheck(Workbench& bench, std::vector<Finding>* findings)
      : bench_(bench), program_(bench.program()), bills_(Bills(program_)), findings_(findings) {}

  void Run() {
    std::vector<rules::Slice> whens;
    for (const RowList& list : RowListsOf(program_)) {
      if (program_.steps[list.step].kind == rules::StepKind::kClassify) continue;
      for (const LintRow& row : list.rows) whens.push_back(row.when);
    }
    const RowSpace space(program_, std::move(whens),
                         GatesBefore(program_, static_cast<uint16_t>(program_.steps.size() - 1)));
    size_t claims = 0;
    space.Explore([&](const RowSpace::Point& point, const std::vector<size_t>&) {
      Sketch sketch = SketchOf(space, point);
      if (!sketch.wanted_amounts.empty()) sketch.wanted_amounts.clear();
      Sweep(sketch);
      FillTotals(sketch);
      return ++claims < kMostClaims;
    });
  }

 private:
  void Sweep(Sketch sketch) {
    Fen before;
    Fen bill_before;
    for (const bool class_b : {false, true}) {
      sketch.class_b = class_b;
      before = Fen();
      for (const Fen bill : bills_) {
        sketch.bill = bill;
        if (!bench_.Run(sketch)) return;
        const rules::Decision& decision = bench_.decision();
        if (decision.verdict == Verdict::kSettled) {
          CheckRatio(decision);
          CheckOverdrawn(decision);
        } else if (decision.verdict != Verdict::kExcluded) {
          break;  // no answer: what the rows lack is told elsewhere
        }
        const Fen paid = decision.verdict == Verdict::kSettled ? decision.fund_pay_sumamt() : Fen();
        if (paid + kRoundingSlack < before) Falls(bill_before, before, bill, paid);
        before = paid;
        bill_before = bill;
      }
    }
  }

  void CheckRatio(const rules::Decision& decision) {
    if (decision.clamped_adjust == rules::kNoRow) return;
    const rules::RowText& text = program_.adjust_text[decision.clamped_adjust];
    Report(FindingKind::kRatio, text.line,
           absl::StrCat("调整第", text.number,
                        "项使支付比例低于0%或超过100%，已按0%或100%计；若本意如此，请用 set"));
  }

  void CheckOverdrawn(const rules::Decision& decision) {
    if (decision.overdrawn_step == rules::kNoRow) return;
    const rules::Step& step = program_.steps[decision.overdrawn_step];
    Report(FindingKind::kOverdrawn, program_.row_text[step.rows.begin].line,
           absl::StrCat("步骤“", program_.step_text[decision.overdrawn_step].label,
                        "”的基数含有已由前面步骤支付的金额，支付额将超过应付"));
  }

  void Falls(Fen bill_before, Fen before, Fen bill, Fen paid) {
    if (program_.payment_may_fall) return;
    Report(FindingKind::kFalls, 1,
           absl::StrCat("费用由", FormatYuan(bill_before), "元增至", FormatYuan(bill),
                        "元时，基金支付由", FormatYuan(before), "元降至", FormatYuan(paid),
                        "元；若本意如此，请写明 payment_may_fall"));
  }

  // With every limited total full, no claim may add to one.
  void FillTotals(Sketch sketch) {
    std::set<uint16_t> limited;
    for (const rules::Step& step : program_.steps) {
      for (uint32_t i = step.limits.begin; i < step.limits.end; ++i) {
        if (program_.limits[i].accumulator != rules::kNoAccumulator)
          limited.insert(program_.limits[i].accumulator);
      }
    }
    for (const uint16_t accumulator : limited) {
      Sketch full = sketch;
      if (full.totals.count(accumulator) != 0) continue;  // rows depend on it
      full.totals[accumulator] = kFullTotal;
      if (!bench_.Run(full) || bench_.decision().verdict != Verdict::kSettled) continue;
      const rules::AccumulatorKey key =
          rules::KeyFor(program_, program_.accumulators[accumulator], bench_.input().input);
      for (const rules::AccumulatorEntry& delta : bench_.decision().deltas) {
        if (!(delta.key == key) || delta.value <= 0 || Unbounded(accumulator)) continue;
        Report(FindingKind::kCapPassed, LineOfLimit(accumulator),
               absl::StrCat("累计额 ", rules::SymbolName(program_.accumulators[accumulator].name),
                            " 已达限额后仍继续增加"));
      }
    }
  }

  // Whether some limit row on the total says that there is no bound.
  bool Unbounded(uint16_t accumulator) const {
    for (const rules::Limit& limit : program_.limits) {
      for (uint32_t r = limit.rows.begin; r < limit.rows.end; ++r)
        if (limit.accumulator == accumulator && program_.rows[r].no_bound) return true;
    }
    return false;
  }

  int LineOfLimit(uint16_t accumulator) const {
    for (const rules::Limit& limit : program_.limits)
      if (limit.accumulator == accumulator) return program_.row_text[limit.rows.begin].line;
    return 0;
  }

  void Report(FindingKind kind, int line, const std::string& text) {
    if (!reported_.insert({kind, line}).second) return;
    Finding finding = MakeFinding(program_, kind, line, text);
    finding.example = bench_.Case();
    finding.answer = bench_.Answer();
    findings_->push_back(std::move(finding));
  }

  Workbench& bench_;
  const Program& program_;
  const std::vector<Fen> bills_;
  std::vector<Finding>* findings_;
  std::set<std::pair<FindingKind, int>> reported_;
};

}  // namespace

void CheckMoney(Workbench& bench, std::vector<Finding>* findings) {
  if (bench.program().benefit_only) return;
  MoneyCheck(bench, findings).Run();
}

}  // namespace yijie::engine
