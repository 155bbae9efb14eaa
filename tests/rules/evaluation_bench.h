#ifndef YIJIE_TESTS_RULES_EVALUATION_BENCH_H_
#define YIJIE_TESTS_RULES_EVALUATION_BENCH_H_

// One small package and one claim at a time, for tests of what a step does. Amounts are fen;
// packages are written in yuan.

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "rules/evaluate.h"
#include "rules/loader.h"

namespace yijie::rules {

// A package with a classify step and what a test adds, and a claim for it.
class Bench {
 public:
  explicit Bench(const std::string& steps, const std::string& header = "",
                 const std::string& classify = "classify {}") {
    const std::string text = absl::StrCat(
        "id: \"t\" title: \"t\" admdvs: \"*\" insutype: \"310\" med_type: \"21\" valid_from: "
        "\"2020-01-01\"\n",
        "sample_data: true source { id: \"s\" title: \"t\" grade: \"SAMPLE\" }\n", header,
        "\nstep { id: \"classify\" label: \"c\" cite: \"s 1\" ", classify, " }\n", steps);
    auto compiled = CompilePackage("t.policy", text);
    EXPECT_TRUE(compiled.ok()) << compiled.status().message();
    program_ = *std::move(compiled);
    input.insutype = program_->insutype;
    input.institution = Intern("H1");
    SetDay("2024-03-15");
  }

  // A line of class A of `fen`; returns it for changes.
  Line& AddLine(int64_t fen) {
    items_.push_back(std::make_unique<CatalogueItem>());
    items_.back()->item_class = ItemClass::kA;
    items_.back()->kind = ItemKind::kDrug;
    items_.back()->code = Intern("X");
    Line line;
    line.item = items_.back().get();
    line.cnt_1e4 = 10'000;
    line.pric_fen_1e4 = fen * 10'000;
    line.amount = Fen(fen);
    line.day = input.enddate;
    lines_.push_back(line);
    return lines_.back();
  }
  CatalogueItem& item() { return *items_.back(); }
  void SetDay(const char* day) { SetStay(day, day); }
  void SetStay(const char* begin, const char* end) {
    input.begndate = *ParseDate(begin);
    input.enddate = *ParseDate(end);
    input.facts.Set(Fact::kBegndate, input.begndate.days());
    input.facts.Set(Fact::kEnddate, input.enddate.days());
    input.facts.Set(Fact::kStayDays, input.enddate.days() - input.begndate.days());
  }
  // The total a claim like this one adds to.
  void Hold(const char* name, const char* period, int64_t value) {
    AccumulatorEntry entry;
    entry.key.insutype = input.insutype;
    entry.key.name = Intern(name);
    entry.key.period = *ParseDate(period);
    entry.value = value;
    totals.push_back(entry);
  }
  const Decision& Run() {
    input.lines = lines_;
    input.accumulators = totals;
    input.rights = rights;
    input.given = given;
    Evaluate(*program_, input, decision_);
    return decision_;
  }
  // Runs a claim of one line in scope.
  const Decision& Run(int64_t fen) {
    lines_.clear();
    AddLine(fen);
    return Run();
  }
  // What the step wrote.
  int64_t Of(absl::string_view id) const {
    for (size_t i = 0; i < program_->steps.size(); ++i) {
      if (program_->step_text[i].id == id) return decision_.amount[program_->steps[i].out].value();
    }
    ADD_FAILURE() << "no step " << id;
    return -1;
  }
  int64_t Over(absl::string_view id) const {
    for (size_t i = 0; i < program_->steps.size(); ++i) {
      if (program_->step_text[i].id == id) return decision_.amount[program_->steps[i].over].value();
    }
    return -1;
  }
  int64_t Group(size_t index) const {
    return decision_.amount[program_->groups[index].out].value();
  }
  int64_t Person() const { return decision_.amount[kPsnPartAmt].value(); }
  // What the claim adds to a total, and under which key.
  int64_t Added(const char* name, AccumulatorKey* key = nullptr) const {
    for (const AccumulatorEntry& delta : decision_.deltas) {
      if (delta.key.name != Intern(name)) continue;
      if (key != nullptr) *key = delta.key;
      return delta.value;
    }
    return 0;
  }
  const Program& program() const { return *program_; }

  Input input;
  std::vector<AccumulatorEntry> totals;
  std::vector<Symbol> rights;
  std::vector<int64_t> given;

 private:
  std::unique_ptr<const Program> program_;
  std::vector<std::unique_ptr<CatalogueItem>> items_;
  std::vector<Line> lines_;
  Decision decision_;
};

inline std::string WriteStep(const char* id, const std::string& body) {
  return absl::StrCat("step { id: \"", id, "\" label: \"x\" cite: \"s 1\" ", body, " }\n");
}
inline std::string Deductible(const std::string& body) {
  return WriteStep("act_pay_dedc",
                   absl::StrCat("deductible { base: \"inscp_scp_amt\" ", body, " }"));
}
inline std::string Pay(const std::string& body,
                       const std::string& base = "base: \"inscp_scp_amt\"") {
  return WriteStep("hifp_pay", absl::StrCat("pay { fund: HIFP fund_pay_type: \"310100\" ", base,
                                            " ", body, " }"));
}
inline constexpr char kYearTotal[] = "accumulator { name: \"year\" period: YEAR }";

}  // namespace yijie::rules

#endif  // YIJIE_TESTS_RULES_EVALUATION_BENCH_H_
