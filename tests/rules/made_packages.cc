#include "tests/rules/made_packages.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace yijie::rules {
namespace {

namespace v1 = yijie::v1;

std::string Percent(Random& random) {
  return random.Percent(15) ? "100%" : absl::StrCat(random.Below(100), "%");
}

// Yuan, of any size, often with fen.
std::string Yuan(Random& random) {
  const int64_t fen =
      random.Percent(50) ? 100 * random.Magnitude(30'000) : random.Magnitude(3'000'000);
  return absl::StrFormat("%d.%02d", fen / 100, fen % 100);
}

std::string Interval(Random& random, int64_t max, bool yuan) {
  const int64_t low = random.Below(max);
  const std::string a = yuan ? absl::StrCat(low, ".50") : absl::StrCat(low);
  const std::string b = absl::StrCat(low + 2 + random.Below(max));
  switch (random.Below(6)) {
    case 0:
      return absl::StrCat("[", a, "..", b, ")");
    case 1:
      return absl::StrCat("(", a, "..", b, "]");
    case 2:
      return absl::StrCat("(", a, "..)");
    case 3:
      return absl::StrCat("(..", b, "]");
    case 4:
      return absl::StrCat("[0..", a, "], (", b, "..)");
    default:
      return absl::StrCat("not([", a, "..", b, "])");
  }
}

void MakeCell(Random& random, v1::When* when) {
  switch (random.Below(9)) {
    case 0:
      return when->set_hosp_lv(random.Percent(50) ? "LEVEL_3" : "not(LEVEL_1, LEVEL_2)");
    case 1:
      return when->set_psn_type(random.Percent(50) ? "RETIRED, IN_SERVICE" : "not(RETIRED)");
    case 2:
      return when->set_age(Interval(random, 60, false));
    case 3:
      return when->set_stay_days(Interval(random, 20, false));
    case 4:
      return when->set_dise_codg(random.Percent(50) ? "M01100" : "not(M01100, M01200)");
    case 5:
      return when->set_emergency(random.Percent(50) ? "YES" : "NO");
    case 6:
      return when->set_assistance("TEKUN, DIBAO");
    case 7:
      return when->set_enddate(random.Percent(50) ? "[2023-07-01..2025-01-15)" : "(..2024-02-29]");
    default:
      return when->set_care_place("LOCAL");
  }
}

// An amount that every package has, or an accumulator of this one.
std::string AnyTerm(const v1::Package& package, Random& random) {
  static const char* const kAlways[] = {"inscp_scp_amt", "psn_part_amt", "medfee_sumamt",
                                        "preselfpay_amt"};
  if (package.accumulator_size() > 0 && random.Percent(30)) {
    const int i = static_cast<int>(random.Below(package.accumulator_size()));
    if (package.accumulator(i).holds() != v1::COUNT)
      return absl::StrCat("acc:", package.accumulator(i).name());
  }
  if (package.step_size() > 1 && random.Percent(60)) {
    return package.step(static_cast<int>(random.Below(package.step_size()))).id();
  }
  return kAlways[random.Below(4)];
}

void MakeWhen(const v1::Package& package, Random& random, v1::When* when) {
  MakeCell(random, when);
  if (random.Percent(30)) MakeCell(random, when);
  if (random.Percent(20)) {
    v1::AmountTest* test = when->add_amount();
    test->set_of(AnyTerm(package, random));
    test->set_is(Interval(random, 20'000, true));
  }
}

std::string FenAccumulator(const v1::Package& package, Random& random) {
  for (int i = 0; i < 4 && package.accumulator_size() > 0; ++i) {
    const auto& accumulator =
        package.accumulator(static_cast<int>(random.Below(package.accumulator_size())));
    if (accumulator.holds() != v1::COUNT) return accumulator.name();
  }
  return "";
}

template <typename Message>
void MakeTerms(const v1::Package& package, Random& random, Message add) {
  add(random.Percent(50) ? "inscp_scp_amt" : AnyTerm(package, random));
  if (random.Percent(40)) add(absl::StrCat("-", AnyTerm(package, random)));
  if (random.Percent(15)) add(AnyTerm(package, random));
}

// Rows of which mostly exactly one matches.
template <typename MakeRow>
void MakeRows(Random& random, MakeRow make_row) {
  if (random.Percent(40)) {
    make_row(nullptr);
    return;
  }
  v1::When yes;
  v1::When no;
  MakeCell(random, &yes);
  const auto* type = yes.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    if (field->is_repeated()) continue;
    const std::string cell = yes.GetReflection()->GetString(yes, field);
    if (cell.empty()) continue;
    const bool negated = cell.compare(0, 4, "not(") == 0;
    no.GetReflection()->SetString(
        &no, field, negated ? cell.substr(4, cell.size() - 5) : absl::StrCat("not(", cell, ")"));
  }
  make_row(&yes);
  if (random.Percent(93)) make_row(&no);
  if (random.Percent(5)) make_row(&no);
}

void MakeLimit(const v1::Package& package, Random& random, v1::Limit* limit) {
  if (random.Percent(70)) limit->set_accumulator(FenAccumulator(package, random));
  v1::AmountRow* row = limit->add_row();
  row->set_amount(Yuan(random));
  if (random.Percent(30)) MakeWhen(package, random, row->mutable_when());
}

void MakeAdjusts(const v1::Package& package, Random& random, bool of_ratio, int factors_left,
                 google::protobuf::RepeatedPtrField<v1::Adjust>* adjusts) {
  for (int64_t left = random.Below(4); left > 0; --left) {
    v1::Adjust* adjust = adjusts->Add();
    if (random.Percent(80)) MakeWhen(package, random, adjust->mutable_when());
    const int64_t how = random.Below(4);
    if (how < 2 && factors_left > 0) {
      --factors_left;
      if (of_ratio && how == 0) {
        adjust->set_own_factor(Percent(random));
      } else {
        adjust->set_factor(Percent(random));
      }
    } else if (of_ratio && how != 3) {
      adjust->set_points(absl::StrCat(random.Percent(50) ? "-" : "+", random.Below(30), "%"));
    } else {
      adjust->set_set(of_ratio ? Percent(random) : Yuan(random));
    }
  }
}

void MakeBands(Random& random, v1::Pay::Row* row) {
  int64_t to = 0;
  for (int64_t left = random.Below(4); left > 0; --left) {
    to += 1 + random.Magnitude(100'000);
    v1::Band* band = row->add_band();
    band->set_to(absl::StrCat(to, random.Percent(30) ? ".37" : ""));
    band->set_ratio(Percent(random));
  }
  row->add_band()->set_ratio(Percent(random));
}

void MakeDeductible(const v1::Package& package, Random& random, v1::Deductible* deductible) {
  MakeTerms(package, random, [&](const std::string& term) { deductible->add_base(term); });
  MakeRows(random, [&](const v1::When* when) {
    v1::AmountRow* row = deductible->add_row();
    if (when != nullptr) *row->mutable_when() = *when;
    row->set_amount(Yuan(random));
  });
  MakeAdjusts(package, random, false, 2, deductible->mutable_adjust());
  if (random.Percent(40)) deductible->set_already(FenAccumulator(package, random));
  if (random.Percent(40)) MakeLimit(package, random, deductible->add_limit());
}

void MakePay(const v1::Package& package, Random& random, v1::Pay* pay) {
  pay->set_fund(static_cast<v1::Pay::Fund>(random.Between(1, 9)));
  pay->set_fund_pay_type("310100");
  MakeTerms(package, random, [&](const std::string& term) { pay->add_base(term); });
  if (random.Percent(50)) pay->add_start(AnyTerm(package, random));
  MakeRows(random, [&](const v1::When* when) {
    v1::Pay::Row* row = pay->add_row();
    if (when != nullptr) *row->mutable_when() = *when;
    MakeBands(random, row);
  });
  MakeAdjusts(package, random, true, 2, pay->mutable_adjust());
  if (random.Percent(50)) MakeLimit(package, random, pay->add_limit());
}

void MakeQuota(const v1::Package& package, Random& random, v1::Quota* quota) {
  quota->set_fund(v1::Pay::MATERNITY);
  quota->set_fund_pay_type("510100");
  quota->set_mode(random.Percent(50) ? v1::Quota::LIMIT : v1::Quota::FIXED);
  MakeTerms(package, random, [&](const std::string& term) { quota->add_base(term); });
  MakeRows(random, [&](const v1::When* when) {
    v1::AmountRow* row = quota->add_row();
    if (when != nullptr) *row->mutable_when() = *when;
    row->set_amount(Yuan(random));
  });
  if (random.Percent(40)) quota->set_each_further_baby(Yuan(random));
}

void MakeAccumulate(const v1::Package& package, Random& random, v1::Accumulate* accumulate) {
  const auto& accumulator =
      package.accumulator(static_cast<int>(random.Below(package.accumulator_size())));
  accumulate->set_accumulator(accumulator.name());
  if (accumulator.holds() != v1::COUNT) {
    MakeTerms(package, random, [&](const std::string& term) { accumulate->add_of(term); });
  }
}

void MakeGate(const v1::Package& package, Random& random, v1::Gate* gate) {
  v1::Gate::Row* row = gate->add_row();
  MakeWhen(package, random, row->mutable_when());
  MakeCell(random, row->mutable_when());
  MakeCell(random, row->mutable_when());
  row->set_reason("no");
  row->set_incomplete(random.Percent(30));
}

void MakeStep(Random& random, v1::Package* package) {
  const v1::Package before = *package;
  v1::Step* step = package->add_step();
  const int64_t kind = random.Below(100);
  step->set_id(kind < 25 && random.Percent(60) ? "act_pay_dedc"
                                               : absl::StrCat("step", before.step_size()));
  step->set_label("x");
  step->set_cite("s1 1");
  if (kind < 25) {
    MakeDeductible(before, random, step->mutable_deductible());
  } else if (kind < 55) {
    MakePay(before, random, step->mutable_pay());
  } else if (kind < 65) {
    MakeTerms(before, random,
              [&](const std::string& term) { step->mutable_cap()->add_base(term); });
    MakeLimit(before, random, step->mutable_cap()->add_limit());
  } else if (kind < 73) {
    MakeQuota(before, random, step->mutable_quota());
  } else if (kind < 81) {
    MakeTerms(before, random, [&](const std::string& term) { step->mutable_sum()->add_of(term); });
  } else if (kind < 95) {
    MakeAccumulate(before, random, step->mutable_accumulate());
  } else {
    MakeGate(before, random, step->mutable_gate());
  }
}

void MakeClassify(Random& random, v1::Package* package) {
  v1::Step* step = package->add_step();
  step->set_id("classify");
  step->set_label("x");
  step->set_cite("s1 1");
  v1::Classify* classify = step->mutable_classify();
  if (!random.Percent(50)) return;
  v1::Classify::Row* row = classify->add_row();
  row->set_selfpay_prop(Percent(random));
  if (random.Percent(50)) row->mutable_when()->set_chrgitm_lv("CLASS_B");
  if (random.Percent(50))
    row->mutable_when()->set_item_kind(random.Percent(50) ? "DRUG" : "not(DRUG, TCM)");
  if (random.Percent(30)) row->mutable_when()->set_pric(Interval(random, 3'000, true));
  if (random.Percent(30)) row->mutable_when()->set_med_list_codg("ITEM1, ITEM2,ITEM3");
}

// Every message of one type inside a package, to pick one from.
template <typename Message>
void Collect(google::protobuf::Message* in, std::vector<Message*>* out) {
  if (auto* found = dynamic_cast<Message*>(in)) out->push_back(found);
  const auto* type = in->GetDescriptor();
  const auto* reflection = in->GetReflection();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      if (reflection->HasField(*in, field)) Collect(reflection->MutableMessage(in, field), out);
      continue;
    }
    for (int j = 0; j < reflection->FieldSize(*in, field); ++j) {
      Collect(reflection->MutableRepeatedMessage(in, field, j), out);
    }
  }
}

template <typename Message>
Message* Pick(Random& random, v1::Package* package) {
  std::vector<Message*> all;
  Collect(package, &all);
  return all.empty() ? nullptr
                     : all[static_cast<size_t>(random.Below(static_cast<int64_t>(all.size())))];
}

template <typename List>
void AddOrRemove(Random& random, List* list) {
  if (list->empty()) return;
  const int at = static_cast<int>(random.Below(list->size()));
  if (list->size() > 1 && random.Percent(60)) {
    list->DeleteSubrange(at, 1);
  } else {
    const auto copy = list->Get(at);
    *list->Add() = copy;
  }
}

void MutateFigures(Random& random, v1::Package* package) {
  if (auto* row = Pick<v1::AmountRow>(random, package); row != nullptr && random.Percent(50)) {
    row->set_amount(Yuan(random));
  }
  if (auto* band = Pick<v1::Band>(random, package); band != nullptr && random.Percent(50)) {
    band->set_ratio(Percent(random));
  }
  if (auto* band = Pick<v1::Band>(random, package); band != nullptr && !band->to().empty()) {
    band->set_to(Yuan(random));
  }
}

void MutateSwitches(Random& random, v1::Package* package) {
  static const char* const kYearStarts[] = {"", "01-01", "07-01", "12-31", "02-28", "03-01"};
  if (random.Percent(40)) package->set_rounding(static_cast<v1::Rounding>(random.Below(6)));
  if (random.Percent(40)) package->set_benefit_year_start(kYearStarts[random.Below(6)]);
  if (auto* accumulator = Pick<v1::Accumulator>(random, package); accumulator != nullptr) {
    accumulator->set_period(static_cast<v1::Accumulator::Period>(random.Between(1, 3)));
    accumulator->set_per_institution(random.Percent(30));
    accumulator->set_per_hosp_lv(random.Percent(30));
    accumulator->set_per_dise_codg(random.Percent(30));
  }
  if (auto* quota = Pick<v1::Quota>(random, package); quota != nullptr && random.Percent(50)) {
    quota->set_mode(random.Percent(50) ? v1::Quota::LIMIT : v1::Quota::FIXED);
    quota->set_each_further_baby(Yuan(random));
  }
}

void MutateStructure(Random& random, v1::Package* package) {
  switch (random.Below(7)) {
    case 0:
      if (auto* gate = Pick<v1::Gate>(random, package)) AddOrRemove(random, gate->mutable_row());
      return;
    case 1:
      if (auto* deductible = Pick<v1::Deductible>(random, package))
        AddOrRemove(random, deductible->mutable_row());
      return;
    case 2:
      if (auto* pay = Pick<v1::Pay>(random, package)) AddOrRemove(random, pay->mutable_row());
      return;
    case 3:
      if (auto* pay = Pick<v1::Pay>(random, package)) {
        pay->clear_limit();
        if (random.Percent(50)) MakeLimit(*package, random, pay->add_limit());
      }
      return;
    case 4:
      if (auto* pay = Pick<v1::Pay>(random, package)) {
        pay->clear_adjust();
        MakeAdjusts(*package, random, true, 2, pay->mutable_adjust());
      }
      return;
    case 5:
      if (auto* deductible = Pick<v1::Deductible>(random, package)) {
        deductible->clear_adjust();
        MakeAdjusts(*package, random, false, 2, deductible->mutable_adjust());
        if (random.Percent(50)) deductible->set_already(FenAccumulator(*package, random));
      }
      return;
    default:
      if (package->step_size() > 3) {
        const int at = static_cast<int>(random.Between(1, package->step_size() - 2));
        package->mutable_step()->SwapElements(at, at + 1);
      }
  }
}

// Gates refuse most random claims; what comes after them would go untested.
void OpenGates(Random& random, v1::Package* package) {
  for (int i = package->step_size() - 1; i >= 0; --i) {
    if (package->step(i).has_gate() && random.Percent(70))
      package->mutable_step()->DeleteSubrange(i, 1);
  }
}

}  // namespace

void MutatePackage(Random& random, v1::Package* package) {
  package->set_sample_data(true);
  OpenGates(random, package);
  for (int64_t left = random.Between(1, 3); left > 0; --left) {
    switch (random.Below(3)) {
      case 0:
        MutateFigures(random, package);
        break;
      case 1:
        MutateSwitches(random, package);
        break;
      default:
        MutateStructure(random, package);
    }
  }
}

v1::Package GeneratePackage(Random& random) {
  v1::Package package;
  package.set_id("made");
  package.set_title("x");
  package.add_admdvs("*");
  package.set_insutype("310");
  package.add_med_type("21");
  package.set_valid_from("2022-01-01");
  package.set_sample_data(true);
  package.set_rounding(static_cast<v1::Rounding>(random.Below(6)));
  package.set_benefit_year_start(random.Percent(50) ? "07-01" : "");
  v1::Source* source = package.add_source();
  source->set_id("s1");
  source->set_title("x");
  source->set_grade("SAMPLE");
  for (int64_t i = random.Between(1, 3); i > 0; --i) {
    v1::Accumulator* accumulator = package.add_accumulator();
    accumulator->set_name(absl::StrCat("total", i));
    accumulator->set_period(static_cast<v1::Accumulator::Period>(random.Between(1, 3)));
    accumulator->set_per_institution(random.Percent(20));
    accumulator->set_per_hosp_lv(random.Percent(20));
    accumulator->set_per_dise_codg(random.Percent(20));
    if (random.Percent(20)) accumulator->set_holds(v1::COUNT);
  }
  MakeClassify(random, &package);
  for (int64_t left = random.Between(2, 7); left > 0; --left) MakeStep(random, &package);
  if (random.Percent(60)) {
    v1::Step* step = package.add_step();
    step->set_id("acct_pay");
    step->set_label("x");
    step->set_cite("s1 1");
    step->mutable_account()->add_of("psn_part_amt");
    if (random.Percent(50)) step->mutable_account()->add_of("-preselfpay_amt");
    step->mutable_account()->add_order(random.Percent(50) ? "CURRENT_YEAR" : "PAST_YEARS");
    if (random.Percent(50)) {
      const bool current = step->account().order(0) == "CURRENT_YEAR";
      step->mutable_account()->add_order(current ? "PAST_YEARS" : "CURRENT_YEAR");
    }
    if (random.Percent(20)) MakeWhen(package, random, step->mutable_account()->mutable_when());
  }
  return package;
}

}  // namespace yijie::rules
