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
       "\"2\" is neither a code of 2 to 6 digits nor the name of a benefit, of A-Z _"},
      {"BenefitKindOfSevenDigits", "med_type: \"21\"", "@med_type: \"2100000\"",
       "is neither a code of 2 to 6 digits"},
      {"BillsAndBenefitsTogether", "med_type: \"21\"", "med_type: \"21\" @med_type: \"LUMP_SUM\"",
       "bills and benefits that are no bill need packages of their own"},
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
      {"NotUtf8", "title: \"好\"", "title: \"好@\xff\"", "not UTF-8, or a byte 0"},
      {"NotUtf8InAComment", "title: \"好\"", "# @\xd5\xc5\ntitle: \"好\"",
       "not UTF-8, or a byte 0"},
      {"NotUtf8AsAnEscape", "title: \"好\"", "@title: \"\\377\"", "title: not UTF-8"},
      {"ByteZeroAsAnEscape", "reason: \"third\"", "@reason: \"a\\000b\"",
       "reason: not UTF-8, or a byte 0"},
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
       "accumulator { @name: \"pool\" }",
       "period: one of YEAR, HALF_YEAR, QUARTER, MONTH, DAY, LIFE"},
      {"AccumulatorTwice", "accumulator { name: \"paid\" period: YEAR }",
       "accumulator { name: \"paid\" period: YEAR } accumulator { @name: \"paid\" period: DAY }",
       "accumulator \"paid\" is there twice"},
      {"GivenWithoutName", "given { name: \"wage\" label", "given { @label",
       "name: must be set, of a-z 0-9 - _"},
      {"GivenWithoutLabel", "given { name: \"wage\" label: \"w\" }", "given { @name: \"wage\" }",
       "label: must be set: people are told it"},
      {"GivenDay", "given { name: \"wage\" label: \"w\" }",
       "given { name: \"wage\" label: \"w\" @holds: DAY }", "holds: MONEY or COUNT"},
      {"GivenTwice", "given { name: \"days\" label", "given { @name: \"wage\" label",
       "an amount named \"wage\" exists already"},
  };
}

// More of a thing than an index of 16 bits can name.
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
      {"SelfpayAbove100", "selfpay_prop: \"20%\"", "@selfpay_prop: \"120%\"",
       "not a percentage from 0% to 100%"},
      {"SelfpayMissing",
       "row { when { chrgitm_lv: \"CLASS_B\" pric: \"[1000..)\" } selfpay_prop: \"20%\" cite",
       "row { @when { chrgitm_lv: \"CLASS_B\" pric: \"[1000..)\" } cite",
       "say what the row changes: selfpay_prop, pric_uplmt or both, or exclude: true"},
      {"RowExcludesAndMore", "selfpay_prop: \"20%\" cite",
       "@selfpay_prop: \"20%\" exclude: true cite", "say what the row changes"},
      {"PriceLimitNotAnAmount", "selfpay_prop: \"20%\" cite", "@pric_uplmt: \"20%\" cite",
       "pric_uplmt: not an amount in yuan"},
      {"CeilingPerNothing", "ceiling { when { item_kind: \"SERVICE\" } per: FEE_DAY",
       "ceiling { @when { item_kind: \"SERVICE\" }", "per: STAY or FEE_DAY"},
      {"CeilingNotAnAmount", "per: FEE_DAY amount: \"400\"", "per: FEE_DAY @amount: \"much\"",
       "amount: not an amount in yuan"},
      {"GroupWithoutName", "group { name: \"other_illness\" when", "group { @when",
       "name: must be set, of a-z 0-9 - _"},
      {"GroupTakesAName", "group { name: \"other_illness\"", "group { @name: \"balc\"",
       "an amount named \"balc\" exists already"},
      {"GroupOfNoBucket", "bucket: \"medfee_sumamt\"", "@bucket: \"psn_part_amt\"",
       "inscp_scp_amt, preselfpay_amt, overlmt_selfpay, fulamt_ownpay_amt or medfee_sumamt"},
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
       "\"stays\" holds no money; here money is needed"},
      {"DeductibleAlreadyUnknown", "already: \"paid\"", "@already: \"payd\"",
       "\"payd\": no such accumulator is declared"},
      {"AmountWithSign", "amount: \"900\"", "@amount: \"-900\"", "not an amount in yuan"},
      {"AmountOfThreeDecimals", "amount: \"900\"", "@amount: \"900.001\"",
       "has more than 2 decimals"},
      {"AmountTooLarge", "amount: \"900\"", "@amount: \"100000000000.01\"", "is too large"},
      {"AmountMissing", "row { when { hosp_lv: \"LEVEL_3\" } amount: \"900\" }",
       "row { @when { hosp_lv: \"LEVEL_3\" } }",
       "say the amount, or the sum it is worked out of (`of`)"},
  };
}

std::vector<BrokenPackage> PayRows() {
  return {
      {"FundMissing", "    fund: HIFP\n    fund_pay", "    @fund_pay",
       "fund: must be set: HIFP, HIFMI, MAF"},
      {"FundUnknown", "fund: HIFP\n    ", "fund: POOL\n    @",
       "Unknown enumeration value of \"POOL\""},
      {"FundCodeOfFiveDigits", "fund_pay_type: \"310100\"", "@fund_pay_type: \"31010\"",
       "six digits, such as \"310100\""},
      {"HospitalWithAFundCode", "fund: HIFP\n    fund_pay", "fund: HOSPITAL\n    @fund_pay",
       "no fund pays here; leave it out"},
      {"EmployerPaysABill", "fund: HIFP\n    fund_pay_type: \"310100\"\n", "@fund: EMPLOYER\n",
       "the employer pays no share of a bill; only a benefit step names it"},
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
  };
}

std::vector<BrokenPackage> AdjustAndLimitRows() {
  return {
      {"AdjustWithoutHow", "adjust { when { psn_type: \"RETIRED\" } points: \"2%\" }",
       "adjust { @when { psn_type: \"RETIRED\" } }",
       "say how: points, own_factor, factor, plus or set"},
      {"AdjustTwoHows", "points: \"2%\"", "points: \"2%\" factor@: \"2%\"",
       "is specified along with field \"points\""},
      {"PointsNotARatio", "points: \"2%\"", "@points: \"two\"", "is not a percentage"},
      {"OwnFactorAbove100", "points: \"2%\"", "@own_factor: \"101%\"", "is too large"},
      {"FactorNotARatio", "points: \"2%\"", "@factor: \"half\"", "is not a percentage"},
      {"RatioSetToAnAmount", "points: \"2%\"", "@set: \"70\"", "set: \"70\" is not a percentage"},
      {"AmountSetToARatio", "factor: \"50%\"", "@set: \"70%\"", "set: not an amount in yuan"},
      {"PointsOnAnAmount", "factor: \"50%\"", "@points: \"2%\"",
       "points changes a ratio; here stands an amount"},
      {"OwnFactorOnAnAmount", "factor: \"50%\"", "@own_factor: \"2%\"",
       "own_factor changes a ratio; here stands an amount"},
      {"LimitWithoutRows", "limit { accumulator: \"pool\" row { amount: \"150000\" } }",
       "limit { @accumulator: \"pool\" }", "a limit needs rows"},
      {"LimitOnACount", "limit { accumulator: \"pool\" row { amount: \"150000\" } }",
       "limit { @accumulator: \"stays\" row { amount: \"150000\" } }",
       "\"stays\" holds no money; here money is needed"},
      {"TwoLimitsOnOneTotal", "limit { accumulator: \"pool\" row { amount: \"150000\" } }",
       "limit { accumulator: \"pool\" row { amount: \"150000\" } } "
       "limit { @accumulator: \"pool\" row { amount: \"9\" } }",
       "two limits with one accumulator would add twice"},
      {"PlusOnARatio", "points: \"2%\"", "@plus: \"2\"",
       "plus changes an amount; here stands a ratio"},
      {"PlusNotAnAmount", "factor: \"50%\"", "@plus: \"+5\"", "plus: not an amount in yuan"},
      {"TimesOfAFactor", "factor: \"50%\"", "factor: \"50%\" @times: \"2\"",
       "multiplies points and plus only"},
      {"GuaranteeOfNothing", "at_least { when { right: \"M01100\" } of: \"medfee_sumamt\" ratio",
       "at_least { @when { right: \"M01100\" } ratio", "say the amount, or the sum"},
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
       "accumulate { accumulator: \"stays\" @of: \"own\" }",
       "\"own\" is not a count; here a count is needed"},
      {"DayOfMoney", "accumulate { accumulator: \"left\" when",
       "accumulate { accumulator: \"left\" @of: \"own\" when",
       "an accumulator of days becomes enddate; leave `of` out"},
      {"MoneyOfNothing", "accumulate { accumulator: \"paid\" of: \"own\" }",
       "accumulate { @accumulator: \"paid\" }", "what is to be added?"},
      {"AccountWithoutOrder",
       "account { of: \"psn_part_amt\" order: \"CURRENT_YEAR\" order: \"PAST_YEARS\"",
       "account { @of: \"psn_part_amt\"", "one or both of CURRENT_YEAR, PAST_YEARS"},
      {"AccountOrderUnknown", "order: \"CURRENT_YEAR\" order: \"PAST_YEARS\"", "@order: \"FAMILY\"",
       "order: CURRENT_YEAR or PAST_YEARS"},
      {"AccountOrderTwice", "order: \"CURRENT_YEAR\" order: \"PAST_YEARS\"",
       "order: \"PAST_YEARS\" @order: \"PAST_YEARS\"", "the same sub-account twice"},
  };
}

std::vector<BrokenPackage> CiteAndConditionRows() {
  return {
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
      {"AmountTestOfADay", "amount { of: \"since:left\" is: \"[28..)\" }",
       "amount { @of: \"acc:left\" is: \"[28..)\" }",
       "a day is asked for as days passed: \"since:name\""},
      {"DaysSinceMoney", "amount { of: \"since:left\" is: \"[28..)\" }",
       "amount { @of: \"since:paid\" is: \"[28..)\" }",
       "\"since:paid\": the accumulator holds no day"},
      {"AreaCellOddDigits", "right: \"M01100\"", "@care_admdvs: \"411\"",
       "is not an area code or its first two or four digits"},
      {"PercentCellNotPercent", "right: \"M01100\"", "@contribution_rate: \"[6..7)\"",
       "is not a percentage"},
  };
}

std::vector<BrokenPackage> WorkedOutRows() {
  return {
      {"ShareOfNothing", "row { amount: \"10\" }", "row { amount: \"10\" @ratio: \"5%\" }",
       "a share of what? Name it with `of`"},
      {"FigureAndSum", "row { amount: \"10\" }", "row { @amount: \"10\" of: \"own\" }",
       "say the amount, or the sum it is worked out of (`of`)"},
      {"ShareAbove1000", "ratio: \"60%\"", "@ratio: \"1000.1%\"", "is too large"},
      {"SumOfCounts", "row { of: \"wage\"", "row { @of: \"days\"",
       "\"days\" is not money; here money is needed"},
      {"TimesMoney", "times: \"days\" every", "@times: \"wage\" every",
       "\"wage\" is not a count; here a count is needed"},
      {"TimesWithSign", "times: \"days\" every", "@times: \"-days\" every",
       "what multiplies has no sign"},
      {"TimesTooLarge", "times: \"days\" every", "@times: \"60001\" every",
       "is not a whole number from 0 to 60000"},
      {"EveryNothing", "times: \"days\" every: \"7\"", "times: \"days\" @every: \"0\"",
       "divides the counts in `times`; at least 1"},
      {"EveryWithoutTimes", "times: \"days\" every: \"7\"", "@every: \"7\"",
       "divides the counts in `times`; at least 1"},
      {"EveryNotANumber", "every: \"7\"", "@every: \"week\"", "is not a whole number"},
      {"DividedByLessThanOne", "divide: \"30.4\"", "@divide: \"0.5\"", "from 1 to 1000000"},
      {"DividedByTooMuch", "divide: \"30.4\"", "@divide: \"1000001\"", "is too large"},
      {"BoundedByACount", "at_most: \"wage\"", "@at_most: \"days\"", "money is bounded by money"},
      {"BoundUnknown", "at_most: \"wage\"", "@at_most: \"pay\"", "\"pay\": no such amount"},
      {"BoundNotAnAmount", "at_least: \"100\"", "@at_least: \"100 yuan\"",
       "is not a plain decimal number"},
      {"ValueOfADay", "value { holds: COUNT", "value { @holds: DAY", "holds: MONEY or COUNT"},
      {"ValueWithoutRows", "value { holds: COUNT row { of: \"stay_days\" divide: \"7\" } }",
       "value { @holds: COUNT }", "a value needs rows"},
      {"CountAdjusted", "row { of: \"stay_days\" divide: \"7\" }",
       "row { of: \"stay_days\" divide: \"7\" } @adjust { factor: \"50%\" }",
       "only money is adjusted"},
      {"CountOfUnknown", "row { of: \"stay_days\"", "row { @of: \"nights\"",
       "\"nights\": no such amount"},
      {"BenefitOfAHospital", "fund: MATERNITY fund_pay_type: \"510200\"", "@fund: HOSPITAL",
       "a hospital pays no benefit"},
      {"BenefitWithoutRows",
       "    fund: MATERNITY fund_pay_type: \"510200\"\n"
       "    row { of: \"base\" times: \"weeks\" }\n",
       "    @fund: MATERNITY fund_pay_type: \"510200\"\n", "a benefit needs rows"},
      {"QuotaOfAHospital", "    fund: MATERNITY\n    fund_pay_type: \"510100\"\n",
       "    @fund: HOSPITAL\n", "a quota is paid by a fund"},
  };
}

}  // namespace

const std::vector<BrokenPackage>& BrokenPackages() {
  static const std::vector<BrokenPackage>* const rows = [] {
    auto* all = new std::vector<BrokenPackage>;
    for (const auto& part :
         {HeaderRows(), SourceAndAccumulatorRows(), StepRows(), PayRows(), AdjustAndLimitRows(),
          OtherStepRows(), CiteAndConditionRows(), WorkedOutRows()}) {
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
