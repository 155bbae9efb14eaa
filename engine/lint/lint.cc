#include "engine/lint/lint.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "engine/lint/check_cases.h"
#include "engine/lint/check_money.h"
#include "engine/lint/check_rows.h"
#include "engine/lint/sketch.h"

namespace yijie::engine {
namespace {

using rules::Program;

Finding WeakSource(const std::string& file, const rules::WeakCitation& citation) {
  Finding finding;
  finding.kind = FindingKind::kWeakSource;
  finding.file = file;
  finding.line = citation.line;
  finding.text = absl::StrCat("引用的来源 ", citation.cite, " 为D级，不得作为依据");
  return finding;
}

// A claim of a day on which no version of the series is in force.
Finding Gap(const Program& before, const Program& after) {
  const Date day(before.valid_to.days() + 1);
  Finding finding;
  finding.kind = FindingKind::kSeam;
  finding.file = after.file;
  finding.line = 1;
  finding.text =
      absl::StrCat("自", FormatDate(day), "至", FormatDate(Date(after.valid_from.days() - 1)),
                   "没有适用的政策表（", before.id, " 之后、", after.id, " 之前）");
  Workbench bench(before);
  Sketch sketch;
  sketch.facts[before.version_by == rules::VersionBy::kBegndate ? rules::Fact::kBegndate
                                                                : rules::Fact::kEnddate] =
      day.days();
  bench.Run(sketch);  // refused: there is no policy on that day
  if (bench.input().refusal == yijie::v1::NO_POLICY) {
    finding.example = bench.Case();
    finding.answer = bench.input().reason;
  }
  return finding;
}

}  // namespace

std::vector<Finding> LintPackage(const Program& program) {
  std::vector<Finding> findings;
  Workbench bench(program);
  CheckRows(bench, &findings);
  CheckMoney(bench, &findings);
  for (const rules::WeakCitation& citation : program.weak_citations)
    findings.push_back(WeakSource(program.file, citation));
  CheckCases(program, std::filesystem::path(program.file).replace_extension(".cases").string(),
             &findings);
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.line < b.line; });
  return findings;
}

std::vector<Finding> LintAreas(const AreaBook& areas) {
  std::vector<Finding> findings;
  for (const auto& [file, citation] : areas.weak_citations())
    findings.push_back(WeakSource(file, citation));
  return findings;
}

std::vector<Finding> LintSeams(const rules::RuleBook& book) {
  std::map<std::tuple<std::string, rules::Symbol, std::string>, std::vector<const Program*>> series;
  for (const auto& program : book.programs()) {
    for (const std::string& area : program->admdvs)
      for (const std::string& kind : program->med_type)
        series[{area, program->insutype, kind}].push_back(program.get());
  }
  std::vector<Finding> findings;
  for (auto& [key, versions] : series) {
    std::sort(versions.begin(), versions.end(),
              [](const Program* a, const Program* b) { return a->valid_from < b->valid_from; });
    const Program* last = versions[0];  // the one in force longest so far
    for (const Program* version : versions) {
      if (version->valid_from.days() > last->valid_to.days() + 1)
        findings.push_back(Gap(*last, *version));
      if (version->valid_to > last->valid_to) last = version;
    }
  }
  return findings;
}

}  // namespace yijie::engine
