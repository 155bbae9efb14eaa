#include "tests/rules/broken_packages.h"

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "tests/rules/good_package.h"

namespace yijie::rules {
namespace {

std::vector<BrokenPackage> HeaderRows() {
  return {
      {"IdMissing", "id: \"good\"\n", "\n@", "id: must be set"},
      {"IdWithCapitals", "id: \"good\"", "@id: \"Good\"", "id: must be set, of a-z 0-9 - _"},
      {"TitleMissing", "title: \"好\"\n", "", "title: must be set: it is printed"},
      {"NoArea", "admdvs: \"411699\"\n", "", "admdvs: at least one pooling area"},
      {"AreaTooShort", "admdvs: \"411699\"", "admdvs: \"411699\" @admdvs: \"4116\"",
       "\"4116\" is neither six digits nor \"*\""},
      {"AreaWithLetters", "admdvs: \"411699\"", "@admdvs: \"4116x9\"",
       "\"4116x9\" is neither six digits"},
      {"SchemeOfTwoDigits", "insutype: \"310\"", "@insutype: \"31\"", "insutype: three digits"},
      {"SchemeMissing", "insutype: \"310\"\n", "", "insutype: three digits"},
      {"NoBenefitKind", "med_type: \"21\"\n", "", "med_type: at least one benefit kind"},
      {"BenefitKindOfOneDigit", "med_type: \"21\"", "med_type: \"21\" @med_type: \"2\"",
       "\"2\" is not a code of 2 to 6 digits"},
      {"BenefitKindOfSevenDigits", "med_type: \"21\"", "@med_type: \"2100000\"",
       "is not a code of 2 to 6 digits"},
      {"FirstDayMissing", "valid_from: \"2022-01-01\"\n", "", "valid_from: \"\" is not a day"},
      {"FirstDayOutsideTheCalendar", "valid_from: \"2022-01-01\"", "@valid_from: \"2022-02-30\"",
       "is not a day of the calendar"},
      {"LastDayNotADay", "valid_to: \"2029-12-31\"", "@valid_to: \"2029\"",
       "\"2029\" is not a day"},
      {"LastDayBeforeTheFirst", "valid_to: \"2029-12-31\"", "@valid_to: \"2021-12-31\"",
       "valid_to: before valid_from"},
      {"KnownFromNotADay", "valid_to: \"2029-12-31\"",
       "valid_to: \"2029-12-31\" @known_from: \"2022-9-1\"", "\"2022-9-1\" is not a day"},
      {"YearStartsOn29February", "benefit_year_start: \"07-01\"", "@benefit_year_start: \"02-29\"",
       "a month and a day that every year has"},
      {"YearStartWithYear", "benefit_year_start: \"07-01\"", "@benefit_year_start: \"2022-07-01\"",
       "a month and a day that every year has"},
      {"RoundingUnknown",
       "valid_to:", "rounding: UP @valid_to:", "Unknown enumeration value of \"UP\""},
      {"FieldUnknown", "title: \"好\"", "titel@: \"好\"", "has no field named \"titel\""},
      {"FieldTwice", "title: \"好\"", "title: \"好\" title@: \"坏\"",
       "is specified multiple times"},
      {"StringNotClosed", "title: \"好\"", "title: \"好@", "String literals cannot cross line"},
  };
}

std::vector<BrokenPackage> SourceAndAccumulatorRows() {
  return {
      {"SourceIdMissing", "id: \"s2\"\n",
       "id: \"s2\"\n}\nsource {\n @title: \"x\" grade: \"A\"\n}"
       "\nsource {\n  id: \"s3\"\n",
       "id: must be set, of a-z 0-9 - _"},
      {"SourceTitleMissing", "  id: \"s2\"\n  title: \"notice\"\n", "  @id: \"s2\"\n",
       "title: must be set"},
      {"SourceGradeUnknown", "grade: \"B\"", "@grade: \"E\"", "one of A, B, C, D, SAMPLE"},
      {"SourceGradeMissing", "  id: \"s2\"\n  title: \"notice\"\n  grade: \"B\"",
       "  @id: \"s2\"\n  title: \"notice\"", "one of A, B, C, D, SAMPLE"},
      {"SourceTwice", "source {\n  id: \"s2\"",
       "source { @id: \"s1\" title: \"x\" grade: \"A\" }\nsource {\n  id: \"s2\"",
       "source \"s1\" is there twice"},
      {"WeakSourceNotAdmitted", "grade: \"B\"", "grade: \"C\"",
       "sample_data: a cited source is graded below B"},
      {"AccumulatorWithoutName", "accumulator { name: \"pool\" period: YEAR }",
       "accumulator { name: \"pool\" period: YEAR } accumulator { @period: DAY }",
       "name: must be set, of a-z 0-9 - _"},
      {"AccumulatorWithoutPeriod", "accumulator { name: \"pool\" period: YEAR }",
       "accumulator { @name: \"pool\" }", "period: one of YEAR, MONTH, DAY"},
      {"AccumulatorTwice", "accumulator { name: \"paid\" period: YEAR }",
       "accumulator { name: \"paid\" period: YEAR } accumulator { @name: \"paid\" period: DAY }",
       "accumulator \"paid\" is there twice"},
  };
}

// More of a thing than an index of 16 bits can name.
std::vector<BrokenPackage> TooManyRows() {
  static const auto* const accumulators = [] {
    auto* text = new std::string("accumulator { name: \"paid\" period: YEAR }\n");
    // Two stand there by now.
    for (int i = 0; i < 60'000 - 2; ++i)
      absl::StrAppend(text, "accumulator { name: \"x", i, "\" period: DAY }\n");
    absl::StrAppend(text, "@accumulator { name: \"last\" period: DAY }\n");
    return text;
  }();
  static const auto* const adjusts = [] {
    auto* text = new std::string;
    // The deductible has one.
    for (int i = 0; i < 60'000 - 1; ++i) absl::StrAppend(text, "    adjust { points: \"1%\" }\n");
    absl::StrAppend(text, "    @adjust { when { psn_type: \"RETIRED\" } points: \"2%\" }");
    return text;
  }();
  return {
      {"TooManyAdjusts", "    adjust { when { psn_type: \"RETIRED\" } points: \"2%\" }", *adjusts,
       "adjust: more than 60000 adjust rows"},
      {"TooManyAccumulators", "accumulator { name: \"paid\" period: YEAR }\n", *accumulators,
       "accumulator: more than 60000 accumulators"},
  };
}

std::vector<BrokenPackage> StepRows() {
  return {
      {"StepIdMissing", "id: \"own\" label: \"s\"", "@label: \"s\"", "id: must be set, of a-z"},
      {"StepIdWithBlank", "id: \"capped\" label", "@id: \"cap ped\" label",
       "id: must be set, of a-z"},
      {"StepIdTwice", "id: \"own\" label", "@id: \"hifp_pay\" label",
       "an amount named \"hifp_pay\" exists already"},
      {"StepNamedLikeAClaimAmount", "id: \"own\" label", "@id: \"psn_part_amt\" label",
       "an amount named \"psn_part_amt\" exists already"},
      {"StepLabelMissing", "id: \"own\" label: \"s\"", "@id: \"own\"", "label: must be set"},
      {"StepDoesNothing",
       "  id: \"own\" label: \"s\" cite: \"s1 1\"\n"
       "  sum { of: \"inscp_scp_amt\" of: \"-hifp_pay\" }\n",
       "  @id: \"own\" label: \"s\" cite: \"s1 1\"\n", "the step says nothing to do"},
      {"ClassifyNotFirst", "step {\n  id: \"gate\"",
       "@step { id: \"second\" label: \"c\" cite: \"s1 1\" classify {} }\nstep {\n  id: \"gate\"",
       "a package has one classify step, and it comes first"},
      {"PaidAfterTheAccount",
       "account { of: \"psn_part_amt\" order: \"CURRENT_YEAR\" order: "
       "\"PAST_YEARS\" }\n}\n",
       "account { of: \"psn_part_amt\" order: \"CURRENT_YEAR\" }\n}\n"
       "step { @id: \"late\" label: \"l\" cite: \"s1 1\" pay { fund: MAF fund_pay_type: \"610100\" "
       "base: \"own\" row { band { ratio: \"1%\" } } } }\n",
       "nothing may be paid after the account step"},
      {"SelfpayAbove100", "selfpay_prop: \"20%\"", "@selfpay_prop: \"120%\"",
       "not a percentage from 0% to 100%"},
      {"SelfpayMissing",
       "row { when { chrgitm_lv: \"CLASS_B\" pric: \"[1000..)\" } selfpay_prop: \"20%\" cite",
       "row { @when { chrgitm_lv: \"CLASS_B\" pric: \"[1000..)\" } cite",
       "selfpay_prop: \"\" is not a percentage"},
      {"GateReasonMissing", "row { when { third_party: \"YES\" } reason: \"third\" }",
       "row { @when { third_party: \"YES\" } }", "the patient is told it"},
      {"GateWithoutRows",
       "  gate {\n    row { when { third_party: \"YES\" } reason: \"third\" }\n  }", "  @gate {}",
       "a gate needs rows"},
      {"DeductibleWithoutRows",
       "    base: \"inscp_scp_amt\"\n"
       "    row { when { hosp_lv: \"LEVEL_3\" } amount: \"900\" }\n"
       "    row { when { hosp_lv: \"not(LEVEL_3)\" } amount: \"400\" }\n",
       "    @base: \"inscp_scp_amt\"\n", "a deductible needs rows"},
      {"DeductibleWithoutBase", "  deductible {\n    base: \"inscp_scp_amt\"\n    row {",
       "  deductible {\n    @row {", "base: must name at least one amount"},
      {"DeductibleCountedTwice", "    already: \"paid\"", "    @already: \"pool\"",
       "the limit must use another accumulator"},
      {"DeductibleAlreadyCounts", "already: \"paid\"", "@already: \"stays\"",
       "\"stays\" counts events; here money is needed"},
      {"DeductibleAlreadyUnknown", "already: \"paid\"", "@already: \"payd\"",
       "\"payd\": no such accumulator is declared"},
      {"AmountWithSign", "amount: \"900\"", "@amount: \"-900\"", "not an amount in yuan"},
      {"AmountOfThreeDecimals", "amount: \"900\"", "@amount: \"900.001\"",
       "has more than 2 decimals"},
      {"AmountTooLarge", "amount: \"900\"", "@amount: \"100000000000.01\"", "is too large"},
      {"AmountMissing", "row { when { hosp_lv: \"LEVEL_3\" } amount: \"900\" }",
       "row { @when { hosp_lv: \"LEVEL_3\" } }", "amount: not an amount in yuan"},
  };
}

std::vector<BrokenPackage> PayAndAdjustRows() {
  return {
      {"FundMissing", "    fund: HIFP\n    fund_pay", "    @fund_pay",
       "fund: must be set: HIFP, HIFMI, MAF"},
      {"FundUnknown", "fund: HIFP\n    ", "fund: POOL\n    @",
       "Unknown enumeration value of \"POOL\""},
      {"FundCodeOfFiveDigits", "fund_pay_type: \"310100\"", "@fund_pay_type: \"31010\"",
       "six digits, such as \"310100\""},
      {"PayWithoutRows",
       "    fund: HIFP\n    fund_pay_type: \"310100\"\n"
       "    base: \"inscp_scp_amt\" base: \"-act_pay_dedc\"\n    start: \"act_pay_dedc\"\n"
       "    row {\n      when { amount { of: \"acc:stays\" is: \"[0..5]\" } }\n"
       "      band { to: \"1500\" ratio: \"63%\" }\n      band { ratio: \"83%\" }\n    }\n",
       "    @fund: HIFP\n    fund_pay_type: \"310100\"\n"
       "    base: \"inscp_scp_amt\" base: \"-act_pay_dedc\"\n",
       "a pay step needs rows"},
      {"RowWithoutBands",
       "    row {\n      when { amount { of: \"acc:stays\" is: \"[0..5]\" } }\n"
       "      band { to: \"1500\" ratio: \"63%\" }\n      band { ratio: \"83%\" }\n",
       "    row {\n      @when { amount { of: \"acc:stays\" is: \"[0..5]\" } }\n",
       "a pay row needs bands"},
      {"LastBandEnds", "band { ratio: \"83%\" }", "band { @to: \"9000\" ratio: \"83%\" }",
       "the last band has no `to`"},
      {"FirstBandOpen", "band { to: \"1500\" ratio: \"63%\" }", "band { @ratio: \"63%\" }",
       "the last band has no `to`, and every other has one"},
      {"BandsDoNotRise", "band { ratio: \"83%\" }",
       "band { @to: \"1500\" ratio: \"70%\" } band { ratio: \"83%\" }", "bands must rise"},
      {"BandEndNotAnAmount", "band { to: \"1500\"", "band { @to: \"1,500\"",
       "is not a plain decimal number"},
      {"BandRatioWithoutSign", "ratio: \"63%\"", "@ratio: \"0.63\"", "is not a percentage"},
      {"PayBaseUnknown", "base: \"inscp_scp_amt\" base: \"-act_pay_dedc\"",
       "base: \"inscp_scp_amt\" @base: \"-act_dedc\"",
       "\"act_dedc\": no such amount, or its step comes later"},
      {"PayBaseOfALaterStep", "base: \"inscp_scp_amt\" base: \"-act_pay_dedc\"",
       "base: \"inscp_scp_amt\" @base: \"-own\"", "\"own\": no such amount, or its step comes"},
      {"PayStartUnknown", "start: \"act_pay_dedc\"", "@start: \"acc:year\"",
       "\"acc:year\": no such accumulator is declared"},
      {"AdjustWithoutHow", "adjust { when { psn_type: \"RETIRED\" } points: \"2%\" }",
       "adjust { @when { psn_type: \"RETIRED\" } }", "say how: points, own_factor, factor or set"},
      {"AdjustTwoHows", "points: \"2%\"", "points: \"2%\" factor@: \"2%\"",
       "is specified along with field \"points\""},
      {"PointsNotARatio", "points: \"2%\"", "@points: \"two\"", "is not a percentage"},
      {"OwnFactorAbove100", "points: \"2%\"", "@own_factor: \"101%\"", "is too large"},
      {"FactorNotARatio", "points: \"2%\"", "@factor: \"half\"", "is not a percentage"},
      {"RatioSetToAnAmount", "points: \"2%\"", "@set: \"70\"", "set: \"70\" is not a percentage"},
      {"AmountSetToARatio", "factor: \"50%\"", "@set: \"70%\"", "set: not an amount in yuan"},
      {"PointsOnAnAmount", "factor: \"50%\"", "@points: \"2%\"",
       "points change a ratio; here stands an amount"},
      {"OwnFactorOnAnAmount", "factor: \"50%\"", "@own_factor: \"2%\"",
       "own_factor changes a ratio; here stands an amount"},
      {"LimitWithoutRows", "limit { accumulator: \"pool\" row { amount: \"150000\" } }",
       "limit { @accumulator: \"pool\" }", "a limit needs rows"},
      {"LimitOnACount", "limit { accumulator: \"pool\" row { amount: \"150000\" } }",
       "limit { @accumulator: \"stays\" row { amount: \"150000\" } }",
       "\"stays\" counts events; here money is needed"},
  };
}

std::vector<BrokenPackage> OtherStepRows() {
  return {
      {"CapWithoutLimit", "cap { base: \"psn_part_amt\" limit { row { amount: \"100\" } } }",
       "cap { @base: \"psn_part_amt\" }", "a cap needs a limit with rows"},
      {"QuotaWithoutMode", "    fund: MATERNITY\n    fund_pay_type: \"510100\"\n    mode: LIMIT\n",
       "    @fund: MATERNITY\n    fund_pay_type: \"510100\"\n", "mode: LIMIT or FIXED"},
      {"QuotaWithoutRows",
       "    fund: MATERNITY\n    fund_pay_type: \"510100\"\n    mode: LIMIT\n    base: \"capped\"\n"
       "    row { amount: \"10\" }\n",
       "    @fund: MATERNITY\n    fund_pay_type: \"510100\"\n    mode: LIMIT\n    base: "
       "\"capped\"\n",
       "a quota needs rows"},
      {"QuotaBabyNotAnAmount", "each_further_baby: \"5\"", "@each_further_baby: \"five\"",
       "each_further_baby: not an amount in yuan"},
      {"SumOfNothingKnown", "sum { of: \"inscp_scp_amt\"", "sum { @of: \"inscp\"",
       "\"inscp\": no such amount"},
      {"AccumulateUnknown", "accumulate { accumulator: \"stays\" }",
       "accumulate { @accumulator: \"visits\" }", "\"visits\": no such accumulator is declared"},
      {"CountOfMoney", "accumulate { accumulator: \"stays\" }",
       "accumulate { accumulator: \"stays\" @of: \"own\" }", "a counting accumulator gets 1"},
      {"MoneyOfNothing", "accumulate { accumulator: \"paid\" of: \"own\" }",
       "accumulate { @accumulator: \"paid\" }", "what is to be added?"},
      {"AccountWithoutOrder",
       "account { of: \"psn_part_amt\" order: \"CURRENT_YEAR\" order: \"PAST_YEARS\"",
       "account { @of: \"psn_part_amt\"", "one or both of CURRENT_YEAR, PAST_YEARS"},
      {"AccountOrderUnknown", "order: \"CURRENT_YEAR\" order: \"PAST_YEARS\"", "@order: \"FAMILY\"",
       "order: CURRENT_YEAR or PAST_YEARS"},
      {"AccountOrderTwice", "order: \"CURRENT_YEAR\" order: \"PAST_YEARS\"",
       "order: \"PAST_YEARS\" @order: \"PAST_YEARS\"", "the same sub-account twice"},
      {"CitationMissing", "id: \"gate\" label: \"g\" cite: \"s1 1\"\n  gate {\n    row { when",
       "id: \"gate\" label: \"g\"\n  gate {\n    row { @when", "no citation, neither here nor"},
      {"CitationOfAnUnknownSource", "cite: \"s2 2\"", "@cite: \"s9 2\"",
       "\"s9\" is not the id of a source"},
      {"LineCellOutsideClassify", "when { third_party: \"YES\" }",
       "when { @chrgitm_lv: \"CLASS_A\" }", "only a classify step looks at lines"},
      {"EnumCellUnknown", "third_party: \"YES\"", "@third_party: \"MAYBE\"",
       "\"MAYBE\" is not one of NO, YES"},
      {"CellNotNotClosed", "hosp_lv: \"not(LEVEL_3)\"", "@hosp_lv: \"not(LEVEL_3\"",
       "opens not( and does not close it"},
      {"CellEmptyItem", "hosp_lv: \"not(LEVEL_3)\"", "@hosp_lv: \"LEVEL_1,,LEVEL_2\"",
       "has an empty item"},
      {"NumberCellEmptyInterval", "age: \"[0..14]\"", "@age: \"[14..14)\"", "is empty"},
      {"NumberCellNotANumber", "age: \"[0..14]\"", "@age: \"young\"", "is not a whole number"},
      {"NumberCellWithSign", "age: \"[0..14]\"", "@age: \"[0..+14]\"", "is not a whole number"},
      {"NumberCellWithBlank", "age: \"[0..14]\"", "@age: \"[0..1 4]\"", "is not a whole number"},
      {"NumberCellOpenBracketMissing", "age: \"[0..14]\"", "@age: \"0..14\"",
       "is not an interval such as"},
      {"MoneyCellNotMoney", "pric: \"[1000..)\"", "@pric: \"[x..)\"", "is not a plain decimal"},
      {"DayCellNotADay", "age: \"[0..14]\"", "@begndate: \"[2022-13-01..)\"",
       "is not a day of the calendar"},
      {"AmountTestOfUnknown", "amount { of: \"acc:stays\" is: \"[0..5]\" }",
       "amount { @of: \"acc:stay\" is: \"[0..5]\" }",
       "\"acc:stay\": no such accumulator is declared"},
      {"AmountTestNotACount", "amount { of: \"acc:stays\" is: \"[0..5]\" }",
       "amount { of: \"acc:stays\" @is: \"[0..5.5]\" }", "\"5.5\" is not a whole number"},
      {"AmountTestNotMoney", "amount { of: \"acc:stays\" is: \"[0..5]\" }",
       "amount { of: \"acc:paid\" @is: \"much\" }", "not an amount in yuan"},
      {"AmountTestWithoutTest", "amount { of: \"acc:stays\" is: \"[0..5]\" }",
       "amount { @of: \"acc:stays\" }", "is: \"\" has an empty item"},
  };
}

}  // namespace

const std::vector<BrokenPackage>& BrokenPackages() {
  static const std::vector<BrokenPackage>* const rows = [] {
    auto* all = new std::vector<BrokenPackage>;
    for (const auto& part : {HeaderRows(), SourceAndAccumulatorRows(), TooManyRows(), StepRows(),
                             PayAndAdjustRows(), OtherStepRows()}) {
      all->insert(all->end(), part.begin(), part.end());
    }
    return all;
  }();
  return *rows;
}

std::string Break(const BrokenPackage& row, std::string* place) {
  std::string text = kGoodPackage;
  const std::string from(row.from);
  const size_t at = text.find(from);
  YIJIE_CHECK(at != std::string::npos, "a row changes what is not there");
  YIJIE_CHECK(text.find(from, at + 1) == std::string::npos, "a row changes what is there twice");
  text.replace(at, from.size(), std::string(row.to));
  *place = "1:1";
  if (const size_t mark = text.find('@'); mark != std::string::npos) {
    text.erase(mark, 1);
    int line = 1;
    size_t line_start = 0;
    for (size_t i = 0; i < mark; ++i) {
      if (text[i] != '\n') continue;
      ++line;
      line_start = i + 1;
    }
    *place = absl::StrCat(line, ":", mark - line_start + 1);
  }
  return text;
}

}  // namespace yijie::rules
