// Every kind of row that is refused: what is said about it, and that nothing is written.

#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "engine/load/load.h"
#include "engine/load/unfinished_load.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/load/files.h"
#include "tests/memory_store.h"

namespace yijie::engine {
namespace {

using storage::MemoryStore;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// A file that is good but for one thing.
struct BadFile {
  std::string name;
  LoadKind kind;
  std::string text;
  std::string expected;  // in the message
};

// `row` with `from`, which occurs in it, replaced.
std::string With(absl::string_view row, absl::string_view from, absl::string_view to) {
  std::string changed = absl::StrReplaceAll(row, {{from, to}});
  EXPECT_NE(changed, row);
  return changed;
}

class BadFileTest : public testing::TestWithParam<BadFile> {};

TEST_P(BadFileTest, IsRefusedWhole) {
  MemoryStore store;
  ASSERT_TRUE(Load(LoadKind::kPersons, Persons(), store).ok());
  const auto before = store.LoadLatest("P1");

  const absl::StatusOr<LoadResult> result = Load(GetParam().kind, GetParam().text, store);

  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr(GetParam().expected));
  for (const char* const personal : {"999999197001010017", "Jia", "ARMY-7"}) {
    EXPECT_THAT(std::string(result.status().message()), Not(HasSubstr(personal)));
  }
  EXPECT_EQ((*store.LoadLatest("P1"))->version, (*before)->version);
  for (const char* const table : {"institutions", "catalogue", "unfinished_load"}) {
    EXPECT_FALSE(store.GetTable(table)->has_value()) << table;
  }
}

std::string PersonFile(absl::string_view from, absl::string_view to) {
  return absl::StrCat(kPersonHeader, With(kPersonA, from, to));
}

std::vector<BadFile> BadForms() {
  const LoadKind kind = LoadKind::kAccounts;
  return {
      {"Empty", kind, "", "dir/test.csv:1: header: the file is empty"},
      {"OnlyComments", kind, "# none\n\n", "dir/test.csv:2: header: the file is empty"},
      {"NoHeader", LoadKind::kPersons, std::string(kPersonA), ":1: header: cell 1 is not one of"},
      {"UnknownColumn", kind, With(kAccountHeader, "memo", "note"),
       ":1: header: cell 6 is not one of voucher_no,"},
      {"MissingColumn", kind, With(kAccountHeader, ",memo", ""), ":1: header: memo is missing"},
      {"ColumnTwice", kind, With(kAccountHeader, "memo", "memo,agency"),
       ":1: header: agency is there twice"},
      {"OpenQuoteInHeader", kind, With(kAccountHeader, "memo", "\"memo"),
       ":1: header: a double quote is not closed"},
      {"TooFewCells", kind, absl::StrCat(kAccountHeader, "V1,AG1\n"),
       ":2: row: has 2 cells, the header has 6"},
      {"TooManyCells", kind, absl::StrCat(kAccountHeader, With(kCredit, "May", "May,June")),
       ":2: row: has 7 cells, the header has 6"},
      {"OpenQuote", kind, absl::StrCat(kAccountHeader, With(kCredit, "May", "\"May")),
       ":2: row: a double quote is not closed"},
      {"Gbk", LoadKind::kPersons, PersonFile("Jia", "\xD5\xC5"), ":2: psn_name: is not UTF-8"},
      {"ControlCharacter", kind, absl::StrCat(kAccountHeader, With(kCredit, "May", "M\x01y")),
       ":2: memo: has a control character"},
      {"Nul", kind, absl::StrCat(kAccountHeader, "V1,AG1\n", absl::string_view("a\0b\n", 4)),
       ":3: row: has a NUL byte"},
      {"LineTooLong", kind, absl::StrCat(kAccountHeader, std::string(17 << 20, 'x')),
       ":2: row: is longer than 16 MiB"},
      {"LineNumbersCountCommentsAndEmptyLines", kind,
       absl::StrCat("# first\n", kAccountHeader, "\n# more\n", With(kCredit, "P1", "P9")),
       ":5: psn_no: is not known"},
  };
}

std::vector<BadFile> BadPersons() {
  const LoadKind kind = LoadKind::kPersons;
  const auto bad = [kind](std::string name, absl::string_view from, absl::string_view to,
                          std::string expected) {
    return BadFile{std::move(name), kind, PersonFile(from, to), std::move(expected)};
  };
  const auto second = [kind](std::string name, absl::string_view from, absl::string_view to,
                             std::string expected) {
    return BadFile{std::move(name), kind,
                   absl::StrCat(kPersonHeader, kPersonA, kPersonB, With(kPersonA2, from, to)),
                   std::move(expected)};
  };
  return {
      bad("NoNumber", "P1,", ",", ":2: psn_no: is not 1 to 30 letters and digits"),
      bad("NumberTooLong", "P1", std::string(31, 'P'), ":2: psn_no: is not 1 to 30"),
      bad("NumberWithSign", "P1", "P-1", ":2: psn_no: is not 1 to 30"),
      bad("NoName", "Jia", "", ":2: psn_name: is empty"),
      bad("NameTooLong", "Jia", std::string(151, 'J'), ":2: psn_name: is longer than 150 bytes"),
      bad("CertTypeNotDigits", ",01,", ",ID,", ":2: psn_cert_type: is not 2 digits"),
      bad("WrongCheckDigit", "010017", "010018", ":2: certno: is not an identity card number"),
      bad("BornOn31February", "999999197001010017", "999999197002310011",
          ":2: certno: is not an identity card number"),
      bad("CardTooShort", "999999197001010017", "99999919700101", ":2: certno: is not an identity"),
      bad("NoCertificate", "999999197001010017", "", ":2: certno: is not"),
      bad("NoGender", ",1,1970", ",,1970", ":2: gend: is not one of 1, 2"),
      bad("BirthdayNoDay", "1970-01-01", "1970-02-30", ":2: brdy: is not a day"),
      bad("BirthdayInTheFuture", "1970-01-01", "2026-11-22", ":2: brdy: is in the future"),
      bad("CivilServantNotFlag", ",0,310", ",N,310", ":2: cvlserv_flag: is not one of 0, 1"),
      bad("UnknownScheme", "310", "311", ":2: insutype: is not one of 310, 320, 330, 340"),
      bad("PersonTypeTooShort", ",11,", ",1,", ":2: psn_type: is not 2 to 6 digits"),
      bad("AreaTooShort", "410199", "4101", ":2: insuplc_admdvs: is not 6 digits"),
      bad("NoBegin", "2020-01-01", "", ":2: begndate: is not a day"),
      bad("EndBeforeBegin", "2020-01-01,,", "2020-01-01,2019-12-31,",
          ":2: enddate: is before begndate"),
      bad("UnknownStatus", ",,1,,,INJ1", ",,3,,,INJ1", ":2: psn_insu_stas: is not one of 1, 2, 4"),
      bad("UnknownAssistance", ",,,INJ1", ",POOR,2024-01-01,INJ1",
          ":2: assistance: is not one of ASSISTANCE_NONE, TEKUN"),
      bad("AssistanceWithoutDay", ",,,INJ1", ",TEKUN,,INJ1",
          ":2: assistance_begndate: is empty, but assistance is not"),
      bad("DayWithoutAssistance", ",,,INJ1", ",,2024-01-01,INJ1",
          ":2: assistance: is empty, but assistance_begndate is not"),
      bad("AssistanceNone", ",,,INJ1", ",ASSISTANCE_NONE,2024-01-01,INJ1",
          ":2: assistance: is ASSISTANCE_NONE"),
      bad("InjuryWithoutDay", "2026-02-03", "", ":2: injury_date: is empty, but injury_no is not"),
      bad("DayWithoutInjury", "INJ1", "", ":2: injury_no: is empty, but injury_date is not"),
      second("OtherName", "Jia", "Bing", ":4: psn_name: is not what line 2 says"),
      second("OtherCertType", ",01,", ",02,", ":4: psn_cert_type: is not what line 2 says"),
      second("OtherCertificate", "999999197001010017", "11010519491231002X",
             ":4: certno: is not what line 2 says"),
      second("OtherGender", ",1,1970", ",2,1970", ":4: gend: is not what line 2 says"),
      second("OtherBirthday", "1970-01-01", "1970-01-02", ":4: brdy: is not what line 2 says"),
      second("OtherFlag", ",0,510", ",1,510", ":4: cvlserv_flag: is not what line 2 says"),
      second("OtherInjuryDay", "1,,,,", "1,,,INJ1,2026-02-04",
             ":4: injury_date: is not what line 2 says"),
      {"OtherAssistance", kind,
       absl::StrCat(kPersonHeader, kPersonB, With(With(kPersonB, "DIBAO", "TEKUN"), "390", "510")),
       ":3: assistance: is not what line 2 says"},
      second("OverlappingCoverage", "510,11", "310,12", ":4: begndate: shares days with line 2"),
  };
}

// Cells of the columns that a file may leave out.
std::vector<BadFile> BadPersonExtras() {
  const LoadKind kind = LoadKind::kPersons;
  const auto bad = [kind](std::string name, absl::string_view from, absl::string_view to,
                          std::string expected) {
    return BadFile{std::move(name), kind,
                   absl::StrCat(kFullPersonHeader, With(kFullPerson, from, to)),
                   std::move(expected)};
  };
  // With a further row of the person.
  const auto second = [kind](std::string name, absl::string_view from, absl::string_view to,
                             std::string expected) {
    return BadFile{std::move(name), kind,
                   absl::StrCat(kFullPersonHeader, kFullPerson,
                                With(With(kFullPerson, "310", "510"), from, to)),
                   std::move(expected)};
  };
  return {
      bad("PaidOnNoDay", "2019-12-30", "2019-12-32", ":2: paid_on: is not a day"),
      bad("TierTooHigh", ",2,6.5%", ",10,6.5%",
          ":2: premium_tier: is not a whole number from 0 to 9"),
      bad("TierNegative", ",2,6.5%", ",-1,6.5%", ":2: premium_tier: is not a whole number"),
      bad("TierWithPlus", ",2,6.5%", ",+2,6.5%", ":2: premium_tier: is not a whole number"),
      bad("RateWithoutPercent", "6.5%", "6.5", ":2: contribution_rate: is not a percentage"),
      bad("RateAboveAll", "6.5%", "100.0001%", ":2: contribution_rate: is not a percentage"),
      bad("RateTooFine", "6.5%", "6.50001%", ":2: contribution_rate: is not a percentage"),
      bad("MissedTooMany", "%,4,3", "%,101,3",
          ":2: missed_years: is not a whole number from 0 to 100"),
      bad("RepairedTooMany", "%,4,3", "%,4,101",
          ":2: repaired_years: is not a whole number from 0 to 100"),
      bad("RepairedHalf", "%,4,3", "%,4,1.5", ":2: repaired_years: is not a whole number"),
      bad("RepairedAboveMissed", "%,4,3", "%,4,5", ":2: repaired_years: is above missed_years"),
      bad("RepairedWithoutMissed", "%,4,3", "%,,3", ":2: repaired_years: is above missed_years"),
      bad("RetiredNoDay", "2025-06-30", "2025-06-31", ":2: retire_date: is not a day"),
      bad("WorkNoDay", "1990-07-01", "1990", ":2: work_date: is not a day"),
      bad("DiedNoDay", "2026-10-01", "2026-10-32", ":2: death_date: is not a day"),
      bad("DiesTomorrow", "2026-10-01", "2026-11-22", ":2: death_date: is in the future"),
      bad("DiedBeforeBirth", "2026-10-01", "1969-12-31", ":2: death_date: is before brdy"),
      bad("RightTooLong", "CHRONIC_CLASS_1", std::string(31, 'R'),
          ":2: right: is not 1 to 30 printable ASCII characters"),
      bad("RightNotAscii", "CHRONIC_CLASS_1", "慢", ":2: right: is not 1 to 30"),
      bad("RightWithComma", "CHRONIC_CLASS_1", "\"A,B\"", ":2: right: has a comma"),
      bad("RightWithoutDay", "2024-03-01,2026-12-31", ",",
          ":2: right_begndate: is empty, but right is not"),
      bad("DayWithoutRight", "CHRONIC_CLASS_1,2024-03-01,2026-12-31", ",2024-03-01,",
          ":2: right: is empty, but right_begndate is not"),
      bad("EndWithoutRight", "CHRONIC_CLASS_1,2024-03-01", ",",
          ":2: right: is empty, but right_enddate is not"),
      bad("RightBeginNoDay", "2024-03-01", "2024-3-1", ":2: right_begndate: is not a day"),
      bad("RightEndNoDay", "2026-12-31", "x", ":2: right_enddate: is not a day"),
      bad("RightEndsFirst", "2026-12-31", "2024-02-29",
          ":2: right_enddate: is before right_begndate"),
      bad("OrderOfNormal", "2026-10-01,,", "2026-10-01,2026-01-05,",
          ":2: pay_order_on: is of a suspended coverage"),
      bad("RepaidOfNormal", "2026-10-01,,", "2026-10-01,,2026-01-05",
          ":2: repaid_on: is of a suspended coverage"),
      bad("RepaidNoDay", "2026-10-01,,", "2026-10-01,,2026-02-30", ":2: repaid_on: is not a day"),
      bad("FlexibleNoFlag", "2026-10-01,,,1", "2026-10-01,,,2",
          ":2: flexible_employment: is not one of"),
      second("TwoBasicRelations", "510", "390", "begndate: shares days with line 2"),
      second("OtherRetirement", "2025-06-30", "2025-07-01",
             ":3: retire_date: is not what line 2 says"),
      second("OtherWork", "1990-07-01", "", ":3: work_date: is not what line 2 says"),
      second("OtherDeath", "2026-10-01", "", ":3: death_date: is not what line 2 says"),
      second("OtherRightEnd", "2026-12-31", "", ":3: right_enddate: is not what line 2 says"),
      {"FurtherRightWithOtherCoverage", kind,
       absl::StrCat(kFullPersonHeader, kFullPerson,
                    With(With(kFullPerson, "CLASS_1", "CLASS_2"), "6.5%", "6%")),
       ":3: begndate: shares days with line 2"},
      {"RequiredColumnMissing", kind, With(kFullPersonHeader, "injury_date,", ""),
       ":1: header: injury_date is missing"},
      {"OptionalColumnTwice", kind, With(kFullPersonHeader, "work_date", "paid_on"),
       ":1: header: paid_on is there twice"},
  };
}

std::vector<BadFile> BadInstitutions() {
  const LoadKind kind = LoadKind::kInstitutions;
  const auto bad = [kind](std::string name, absl::string_view from, absl::string_view to,
                          std::string expected) {
    return BadFile{std::move(name), kind,
                   absl::StrCat(kInstitutionHeader, With(kHospital, from, to)),
                   std::move(expected)};
  };
  return {
      bad("CodeTooShort", "H41010000001", "H4101", ":2: fixmedins_code: is not H and 11 digits"),
      bad("CodeOfAPharmacy", "H41", "P41", ":2: fixmedins_code: is not H and 11 digits"),
      bad("CodeWithLetters", "00001", "0000A", ":2: fixmedins_code: is not H and 11 digits"),
      bad("InstitutionWithoutName", "Sample hospital", "", ":2: fixmedins_name: is empty"),
      bad("InstitutionOfNoKind", "HOSPITAL", "", ":2: kind: is not one of HOSPITAL, PHARMACY"),
      bad("KindUnspecified", "HOSPITAL", "INSTITUTION_KIND_UNSPECIFIED", ":2: kind: is not one"),
      bad("InstitutionArea", "410199,", "41019A,", ":2: admdvs: is not 6 digits"),
      bad("UnknownLevel", "LEVEL_3", "3", ":2: hosp_lv: is not one of LEVEL_NONE, PRIMARY"),
      bad("UnknownGrade", "GRADE_A", "A", ":2: hosp_grade: is not one of GRADE_NONE"),
      bad("UnknownPlace", "CITY", "TOWN", ":2: hosp_place: is not one of PLACE_NONE"),
      bad("UnknownPriceClass", "CITY,,", "CITY,4,", ":2: price_class: is not one of"),
      bad("AgreementEndsFirst", "2020-01-01,", "2020-01-01,2019-01-01", ":2: enddate: is before"),
      {"SameInstitutionTwice", kind, absl::StrCat(kInstitutionHeader, kHospital, kHospital),
       ":3: fixmedins_code: is already in line 2"},
      {"NoInstitutions", kind, std::string(kInstitutionHeader), "has no rows"},
  };
}

std::vector<BadFile> BadCatalogue() {
  const LoadKind kind = LoadKind::kCatalogue;
  const auto bad = [kind](std::string name, absl::string_view from, absl::string_view to,
                          std::string expected) {
    return BadFile{std::move(name), kind, absl::StrCat(kCatalogueHeader, With(kDrug, from, to)),
                   std::move(expected)};
  };
  return {
      bad("NoCode", "X1", "", ":2: med_list_codg: is not 1 to 50 printable ASCII characters"),
      bad("CodeTooLong", "X1", std::string(51, 'X'), ":2: med_list_codg: is not 1 to 50"),
      bad("ItemWithoutName", "Sample drug", "", ":2: name: is empty"),
      bad("ItemOfNoKind", "DRUG", "", ":2: kind: is not one of DRUG, TCM, SERVICE, MATERIAL"),
      bad("UnknownClass", ",02,", ",CLASS_B,", ":2: chrgitm_lv: is not one of 01, 02, 03"),
      bad("ShareWithoutPercent", "10%", "10", ":2: selfpay_prop: is not a percentage"),
      bad("ShareAboveAll", "10%", "101%", ":2: selfpay_prop: is not a percentage"),
      bad("NoShare", "10%", "", ":2: selfpay_prop: is not a percentage"),
      bad("LimitThreeDecimals", "12.5", "12.505", ":2: pric_uplmt: is not an amount in yuan"),
      bad("LimitZero", "12.5", "0", ":2: pric_uplmt: is not an amount in yuan above 0"),
      bad("LimitNegative", "12.5", "-1", ":2: pric_uplmt: is not an amount in yuan"),
      bad("ItemScheme", "12.5,,", "12.5,999,", ":2: insutype: is not one of"),
      bad("ItemArea", "12.5,,,", "12.5,,41,", ":2: admdvs: is not 6 digits"),
      bad("ItemEndsFirst", "2020-01-01,", "2020-01-01,2019-01-01", ":2: enddate: is before"),
      {"OverlappingItems", kind,
       absl::StrCat(kCatalogueHeader, With(kDrug, "2020-01-01,", "2020-01-01,2022-12-31"),
                    With(kDrug, "2020-01-01", "2022-12-31")),
       ":3: begndate: shares days with line 2, for the same item, scheme and area"},
      {"OverlapNotWithTheNeighbour", kind,
       absl::StrCat(kCatalogueHeader, kDrug, With(kDrug, "2020-01-01,", "2021-01-01,2021-01-02"),
                    With(kDrug, "2020-01-01,", "2023-01-01,2023-01-02")),
       ":4: begndate: shares days with line 2"},
      {"NoItems", kind, std::string(kCatalogueHeader), "has no rows"},
  };
}

std::vector<BadFile> BadAccounts() {
  const LoadKind kind = LoadKind::kAccounts;
  const auto bad = [kind](std::string name, absl::string_view from, absl::string_view to,
                          std::string expected) {
    return BadFile{std::move(name), kind, absl::StrCat(kAccountHeader, With(kCredit, from, to)),
                   std::move(expected)};
  };
  std::string too_much(kAccountHeader);  // 1,001 times the largest credit
  for (int i = 0; i <= 1000; ++i) {
    absl::StrAppend(&too_much, "V", i, ",AG1,P1,PAST_YEARS,10000000000,\n");
  }
  return {
      bad("NoVoucher", "V1", "", ":2: voucher_no: is not 1 to 30 printable ASCII characters"),
      bad("VoucherNotAscii", "V1", "凭1", ":2: voucher_no: is not 1 to 30"),
      bad("AgencyTooLong", "AG1", "AGENCY1234567", ":2: agency: is not 1 to 12 letters"),
      bad("UnknownPerson", "P1", "P9", ":2: psn_no: is not known: load the person first"),
      bad("UnknownSubAccount", "CURRENT_YEAR", "1", ":2: sub_account: is not one of CURRENT_YEAR"),
      bad("NoSubAccount", "CURRENT_YEAR", "", ":2: sub_account: is not one of CURRENT_YEAR, PAST"),
      bad("NoAmount", "100.50", "", ":2: amount: is not an amount in yuan"),
      bad("AmountZero", "100.50", "0.00", ":2: amount: is not an amount in yuan above 0"),
      bad("AmountTooLarge", "100.50", "10000000000.01", "not above 10000000000.00"),
      bad("AmountWithComma", "100.50", "\"1,000\"", ":2: amount: is not an amount in yuan"),
      bad("MemoTooLong", "May", std::string(101, 'm'), ":2: memo: is longer than 100 bytes"),
      {"VoucherTwice", kind, absl::StrCat(kAccountHeader, kCredit, kCredit),
       ":3: voucher_no: is already in line 2"},
      {"AccountTooLarge", kind, too_much, ":1002: amount: would make the account hold too much"},
  };
}

std::string NameOf(const testing::TestParamInfo<BadFile>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Forms, BadFileTest, testing::ValuesIn(BadForms()), NameOf);
INSTANTIATE_TEST_SUITE_P(Persons, BadFileTest, testing::ValuesIn(BadPersons()), NameOf);
INSTANTIATE_TEST_SUITE_P(PersonExtras, BadFileTest, testing::ValuesIn(BadPersonExtras()), NameOf);
INSTANTIATE_TEST_SUITE_P(Institutions, BadFileTest, testing::ValuesIn(BadInstitutions()), NameOf);
INSTANTIATE_TEST_SUITE_P(Catalogue, BadFileTest, testing::ValuesIn(BadCatalogue()), NameOf);
INSTANTIATE_TEST_SUITE_P(Accounts, BadFileTest, testing::ValuesIn(BadAccounts()), NameOf);

TEST(BadRows, AreAllListedInOrderOfLines) {
  MemoryStore store;
  const auto result = Load(LoadKind::kPersons,
                           absl::StrCat(kPersonHeader, kPersonA, With(kPersonB, ",2,", ",,"),
                                        With(With(kPersonA2, "510,11", "310,12"), "Jia", "Bing")),
                           store);
  EXPECT_EQ(std::string(result.status().message()),
            "dir/test.csv:3: gend: is not one of 1, 2\n"
            "dir/test.csv:4: psn_name: is not what line 2 says of the same person\n"
            "dir/test.csv:4: begndate: shares days with line 2, for the same person and scheme\n"
            "dir/test.csv: nothing was loaded");
}

TEST(BadRows, EveryBadCellOfARowIsListed) {
  MemoryStore store;
  const auto result =
      Load(LoadKind::kAccounts, absl::StrCat(kAccountHeader, "V1,AG1,P1,X,Y,z\n"), store);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr(":2: sub_account: "));
  EXPECT_THAT(std::string(result.status().message()), HasSubstr(":2: amount: "));
}

TEST(BadRows, AreCountedAboveAHundred) {
  MemoryStore store;
  std::string text(kAccountHeader);
  for (int i = 0; i < 250; ++i) absl::StrAppend(&text, "bad\n");
  const auto result = Load(LoadKind::kAccounts, text, store);
  const std::string message(result.status().message());
  EXPECT_THAT(message, StartsWith("dir/test.csv:2: row: has 1 cells"));
  EXPECT_THAT(message, HasSubstr(":101: row: has 1 cells"));
  EXPECT_THAT(message, Not(HasSubstr(":102: row")));
  EXPECT_THAT(message, HasSubstr("\nand 150 more\n"));
}

}  // namespace
}  // namespace yijie::engine
