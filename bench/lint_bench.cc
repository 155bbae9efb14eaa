// Seconds that `yijie policy lint` takes for one package of 5,000 rows without a defect.

#include <algorithm>
#include <chrono>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "bench/benches.h"
#include "engine/lint/lint.h"
#include "rules/loader.h"

namespace yijie::bench {
namespace {

constexpr absl::string_view kLevels[] = {"PRIMARY", "LEVEL_1", "LEVEL_2", "LEVEL_3"};
constexpr absl::string_view kPersons[] = {"RETIRED", "not(RETIRED)"};
constexpr absl::string_view kPersonCodes[] = {"12", "11"};
// With 4 levels and 2 kinds of persons: 5,000 rows.
constexpr int kDiseases = 625;

constexpr absl::string_view kBegin = R"policy(id: "wide"
title: "按病种起付线"
admdvs: "410199"
insutype: "310"
med_type: "21"
valid_from: "2022-01-01"
source { id: "s" title: "文件" grade: "B" }
accumulator { name: "pool_paid" period: YEAR }
step {
  id: "classify" label: "费用分类" cite: "s 1"
  classify {}
}
step {
  id: "gate" label: "不予支付" cite: "s 2"
  gate {
    row { when { third_party: "YES" } reason: "第三人负担" }
    row { when { hosp_lv: "LEVEL_NONE" } reason: "未定级机构没有标准" incomplete: true }
  }
}
)policy";

constexpr absl::string_view kEnd = R"policy(step {
  id: "hifp_pay" label: "统筹支付" cite: "s 4"
  pay {
    fund: HIFP fund_pay_type: "310100"
    base: "inscp_scp_amt" base: "-act_pay_dedc"
    row { when { hosp_lv: "LEVEL_3" } band { ratio: "70%" } }
    row { when { hosp_lv: "not(LEVEL_3)" } band { ratio: "80%" } }
    limit { accumulator: "pool_paid" row { amount: "150000" } }
  }
}
)policy";

std::string Disease(int number) { return absl::StrCat("M", 10'000 + number); }

// The last stands for every disease that has no rows of its own.
std::string DiseaseCell(int number) {
  if (number + 1 < kDiseases) return Disease(number);
  std::vector<std::string> named;
  for (int i = 0; i < number; ++i) named.push_back(Disease(i));
  return absl::StrCat("not(", absl::StrJoin(named, ","), ")");
}

int64_t DeductibleYuan(int disease, size_t level, size_t person) {
  return 100 * (static_cast<int64_t>(level) + 1) + 20 * static_cast<int64_t>(person) + disease % 7;
}

struct MadeCase {
  int disease = 0;
  absl::string_view level = kLevels[0];
  size_t person = 0;
  absl::string_view day = "2023-05-05";
  int64_t bill_yuan = 100'000;
  absl::string_view of_claim = "";  // further fields
  std::string expect = "";
};

std::string CaseText(const MadeCase& made) {
  const int64_t fen = made.bill_yuan * 100;
  return absl::StrCat(
      "case { name: \"", made.day, "\" comes_from: \"made\"\n",
      "person { psn_no: \"P1\" brdy: \"1970-01-01\" coverage { insutype: \"310\" psn_type: \"",
      kPersonCodes[made.person],
      "\" insuplc_admdvs: \"410199\" begndate: \"2000-01-01\" psn_insu_stas: \"1\" } }\n",
      "institution { fixmedins_code: \"H41010099901\" kind: HOSPITAL admdvs: \"410199\" hosp_lv: ",
      made.level, " begndate: \"2000-01-01\" }\n",
      "catalogue { med_list_codg: \"A\" kind: DRUG chrgitm_lv: CLASS_A begndate: \"2000-01-01\" }",
      "\nclaim { psn_no: \"P1\" insutype: \"310\" med_type: \"21\" begndate: \"", made.day,
      "\" enddate: \"", made.day, "\" dise_codg: \"", Disease(made.disease),
      "\" medfee_sumamt_fen: ", fen, " ", made.of_claim,
      " fee_line { feedetl_sn: \"1\" med_list_codg: \"A\" cnt_1e4: 10000 pric_fen_1e4: ",
      fen * 10'000, " det_item_fee_sumamt_fen: ", fen, " } }\n", made.expect, "}\n");
}

// What every row needs one of, and what the rest of the package needs.
std::string CaseOfRow(int disease, size_t level, size_t person, int64_t yuan) {
  MadeCase made;
  made.disease = disease;
  made.level = kLevels[level];
  made.person = person;
  const int64_t paid = (made.bill_yuan - yuan) * (made.level == "LEVEL_3" ? 70 : 80);  // fen
  made.expect = absl::StrCat("expect_step_fen { key: \"act_pay_dedc\" value: ", yuan * 100,
                             " } expect_step_fen { key: \"hifp_pay\" value: ", paid, " }\n");
  return CaseText(made);
}

std::string OtherCases() {
  MadeCase before, first, third_party, no_level, limited;
  before.day = "2021-12-31";
  before.expect = "outcome: NO_POLICY\n";
  first.day = "2022-01-01";
  third_party.of_claim = "rel_ttp_flag: true";
  third_party.expect = "outcome: EXCLUDED_BY_POLICY\n";
  no_level.level = "LEVEL_NONE";
  no_level.expect = "outcome: POLICY_INCOMPLETE\n";
  limited.bill_yuan = 1'000'000;
  limited.expect = "expect_step_fen { key: \"hifp_pay\" value: 15000000 }\n";
  std::string text;
  for (const MadeCase& made : {before, first, third_party, no_level, limited})
    absl::StrAppend(&text, CaseText(made));
  return text;
}

struct Files {
  std::string policy, cases;
};

Files WideFiles() {
  Files files;
  files.policy = std::string(kBegin);
  absl::StrAppend(&files.policy, "step {\n  id: \"act_pay_dedc\" label: \"起付标准\" cite: \"s 3\"",
                  "\n  deductible {\n    base: \"inscp_scp_amt\"\n");
  files.cases = OtherCases();
  for (int disease = 0; disease < kDiseases; ++disease) {
    const std::string cell = DiseaseCell(disease);
    for (size_t level = 0; level < std::size(kLevels); ++level) {
      for (size_t person = 0; person < std::size(kPersons); ++person) {
        const int64_t yuan = DeductibleYuan(disease, level, person);
        absl::StrAppend(&files.policy, "    row { when { hosp_lv: \"", kLevels[level],
                        "\" psn_type: \"", kPersons[person], "\" dise_codg: \"", cell,
                        "\" } amount: \"", yuan, "\" }\n");
        absl::StrAppend(&files.cases, CaseOfRow(disease, level, person, yuan));
      }
    }
  }
  absl::StrAppend(&files.policy, "  }\n}\n", kEnd);
  return files;
}

}  // namespace

absl::Status BenchLint(const Options& options, Report& report) {
  Row row;
  row.name = "policy/lint-5000-rows";
  row.unit = "s";
  if (!options.Matches(row.name)) return absl::OkStatus();
  const std::string policy = options.data + "/wide.policy";
  const Files files = WideFiles();
  std::ofstream(policy) << files.policy;
  std::ofstream(options.data + "/wide.cases") << files.cases;
  const int repetitions = options.quick ? 1 : std::min(options.repetitions, 2);
  for (int i = 0; i < repetitions; ++i) {
    Progress(absl::StrCat("  ", row.name));
    const auto start = std::chrono::steady_clock::now();
    YIJIE_ASSIGN_OR_RETURN(const std::string text, ReadFile(policy));
    YIJIE_ASSIGN_OR_RETURN(const auto program, rules::CompilePackage(policy, text));
    const std::vector<engine::Finding> findings = engine::LintPackage(*program);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    if (!findings.empty()) {
      return absl::InternalError(absl::StrCat("lint has something to say of a clean package: ",
                                              findings[0].line, ": ", findings[0].text));
    }
    row.ours.push_back(seconds.count());
  }
  report.Add(std::move(row));
  return absl::OkStatus();
}

}  // namespace yijie::bench
