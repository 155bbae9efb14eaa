#include "engine/sample/generate.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "base/date.h"
#include "base/fen.h"
#include "engine/card/identity_number.h"
#include "engine/sample/numbers.h"

namespace yijie::engine {
namespace {

// Pooling areas that rules/tables has policies for.
constexpr std::array<absl::string_view, 3> kAreas = {"410199", "411699", "430199"};

void WriteLabel(absl::string_view what, int64_t count, uint64_t seed, std::ostream& out) {
  out << "# Generated sample data, not real: " << count << " " << what << ", seed " << seed << "\n";
}

bool IsPharmacy(int64_t institution) { return institution % 4 == 3; }

enum class Kind : uint8_t { kDrug, kTcm, kService, kMaterial };

// Of ten items five are drugs, one is TCM, three are services, one is a material.
Kind KindOf(int64_t item) {
  constexpr std::array<Kind, 10> kKinds = {
      Kind::kDrug, Kind::kService, Kind::kDrug, Kind::kTcm,     Kind::kDrug,
      Kind::kDrug, Kind::kService, Kind::kDrug, Kind::kService, Kind::kMaterial};
  return kKinds[static_cast<size_t>(item % 10)];
}

struct KindText {
  char letter;
  absl::string_view name, label;
};

KindText TextOf(Kind kind) {
  switch (kind) {
    case Kind::kDrug:
      return {'X', "DRUG", "示例药品"};
    case Kind::kTcm:
      return {'T', "TCM", "示例饮片"};
    case Kind::kService:
      return {'S', "SERVICE", "示例项目"};
    case Kind::kMaterial:
      break;
  }
  return {'C', "MATERIAL", "示例耗材"};
}

std::string Yuan(int64_t fen) { return FormatYuan(Fen(fen)); }

// What the rows of one person share.
struct SamplePerson {
  std::string identity;  // the columns up to cvlserv_flag
  std::string rest;      // the columns from assistance on
  absl::string_view area;
  absl::string_view begndate;
  int birth_year = 0;
  bool employee = false;
  bool injured = false;
};

SamplePerson MakePerson(int64_t index, uint64_t seed) {
  SampleNumbers numbers(SampleStream::kPerson, index, seed);
  SamplePerson person;
  person.employee = numbers.Percent(45);  // first: IsSampleEmployee asks for it alone
  // Employees are 22 to 86 years old in 2026, residents 1 to 91.
  person.birth_year = person.employee ? 1940 + numbers.Below(65) : 1935 + numbers.Below(91);
  const Date born = Date(Date::FromCivil(person.birth_year, 1, 1).days() + numbers.Below(365));
  const Date::Civil day = born.civil();
  const int sequence = numbers.Below(999) + 1;
  // No such region, so no such card.
  const std::string digits =
      absl::StrFormat("999999%04d%02d%02d%03d", day.year, day.month, day.day, sequence);
  person.identity =
      absl::StrFormat("%s,示例%08d,01,%s%c,%d,%s,%d", SamplePersonNumber(index), index, digits,
                      IdentityCardCheckCharacter(digits), sequence % 2 == 1 ? 1 : 2,
                      FormatDate(born), person.employee && numbers.Percent(5) ? 1 : 0);
  person.area = person.employee ? numbers.Pick<2>({"410199", "430199"}) : "411699";
  person.begndate = person.birth_year < 2010 ? "2018-01-01" : "2026-01-01";
  const bool assisted = !person.employee && numbers.Percent(6);
  const absl::string_view assistance =
      numbers.Pick<4>({"TEKUN", "DIBAO", "DIBAO_MARGIN", "MONITORED"});
  person.injured = person.employee && person.birth_year > 1966 && numbers.Percent(2);
  person.rest = absl::StrCat(assisted ? assistance : "", ",", assisted ? "2024-01-01" : "", ",",
                             person.injured ? absl::StrFormat("示例认定%08d", index) : "", ",",
                             person.injured ? "2026-03-02" : "");
  return person;
}

void WriteCoverage(const SamplePerson& person, absl::string_view insutype,
                   absl::string_view psn_type, absl::string_view status, std::ostream& out) {
  out << person.identity << "," << insutype << "," << psn_type << "," << person.area << ","
      << person.begndate << ",," << status << "," << person.rest << "\n";
}

// Retirement at 60 and pupils up to 17, both in 2026.
absl::string_view TypeOf(const SamplePerson& person) {
  if (person.employee) return person.birth_year <= 1966 ? "12" : "11";
  return person.birth_year >= 2009 ? "14" : "15";
}

void WriteItemRow(int64_t index, absl::string_view item_class, int selfpay_percent,
                  absl::string_view price_limit, absl::string_view insutype, std::ostream& out) {
  const KindText text = TextOf(KindOf(index));
  out << SampleItemCode(index) << "," << text.label << absl::StrFormat("%08d", index) << ","
      << text.name << "," << item_class << "," << selfpay_percent << "%," << price_limit << ","
      << insutype << ",,2020-01-01,\n";
}

}  // namespace

std::string SampleInstitutionCode(int64_t index) {
  const absl::string_view area = kAreas[static_cast<size_t>(index % 3)];
  return absl::StrFormat("%c%s%05d", IsPharmacy(index) ? 'P' : 'H', area, index);
}

std::string SampleItemCode(int64_t index) {
  return absl::StrFormat("%cSAMPLE%012d", TextOf(KindOf(index)).letter, index);
}

std::string SamplePersonNumber(int64_t index) { return absl::StrFormat("SAMPLE%010d", index); }

bool IsSampleEmployee(int64_t index, uint64_t seed) {
  return SampleNumbers(SampleStream::kPerson, index, seed).Percent(45);
}

void WriteInstitutions(int64_t count, uint64_t seed, std::ostream& out) {
  WriteLabel("institutions", count, seed, out);
  out << "fixmedins_code,fixmedins_name,kind,admdvs,hosp_lv,hosp_grade,hosp_place,price_class,"
         "begndate,enddate\n";
  for (int64_t i = 0; i < count; ++i) {
    SampleNumbers numbers(SampleStream::kInstitution, i, seed);
    const absl::string_view area = kAreas[static_cast<size_t>(i % 3)];
    out << SampleInstitutionCode(i) << ",";
    if (IsPharmacy(i)) {
      out << absl::StrFormat("示例药店%05d", i) << ",PHARMACY," << area << ",,,,,";
    } else {
      const absl::string_view level = numbers.Pick<4>({"PRIMARY", "LEVEL_1", "LEVEL_2", "LEVEL_3"});
      const absl::string_view place = level == "PRIMARY"   ? "TOWNSHIP"
                                      : level == "LEVEL_3" ? numbers.Pick<2>({"CITY", "PROVINCE"})
                                                           : "COUNTY";
      const absl::string_view grade =
          level == "PRIMARY" ? "GRADE_NONE" : numbers.Pick<2>({"GRADE_A", "GRADE_B"});
      out << absl::StrFormat("示例医院%05d", i) << ",HOSPITAL," << area << "," << level << ","
          << grade << "," << place << "," << 1 + numbers.Below(3) << ",";
    }
    out << "2018-01-01,\n";
  }
}

void WriteCatalogue(int64_t count, uint64_t seed, std::ostream& out) {
  WriteLabel("catalogue items", count, seed, out);
  out << "med_list_codg,name,kind,chrgitm_lv,selfpay_prop,pric_uplmt,insutype,admdvs,begndate,"
         "enddate\n";
  for (int64_t i = 0; i < count; ++i) {
    SampleNumbers numbers(SampleStream::kItem, i, seed);
    const int class_draw = numbers.Below(100);
    const int share = 5 * (1 + numbers.Below(6));
    const std::string limit = numbers.Percent(40) ? Yuan(100 + numbers.Below(500'000)) : "";
    if (class_draw < 40) {
      WriteItemRow(i, "01", 0, limit, "", out);
    } else if (class_draw < 85) {
      WriteItemRow(i, "02", share, limit, "", out);
      if (class_draw < 50) WriteItemRow(i, "02", share + 10, limit, "390", out);
    } else {
      WriteItemRow(i, "03", 100, "", "", out);
    }
  }
}

void WritePersons(int64_t count, uint64_t seed, std::ostream& out) {
  WritePersonRange(0, count, seed, out);
}

void WritePersonRange(int64_t first, int64_t count, uint64_t seed, std::ostream& out) {
  WriteLabel("persons", count, seed, out);
  out << "psn_no,psn_name,psn_cert_type,certno,gend,brdy,cvlserv_flag,insutype,psn_type,"
         "insuplc_admdvs,begndate,enddate,psn_insu_stas,assistance,assistance_begndate,injury_no,"
         "injury_date\n";
  for (int64_t i = first; i < first + count; ++i) {
    const SamplePerson person = MakePerson(i, seed);
    const absl::string_view type = TypeOf(person);
    const absl::string_view status = i % 50 == 49 ? "2" : "1";
    if (!person.employee) {
      WriteCoverage(person, "390", type, status, out);
      continue;
    }
    WriteCoverage(person, "310", type, status, out);
    if (type != "11") continue;
    WriteCoverage(person, "410", type, status, out);
    WriteCoverage(person, "510", type, status, out);
  }
}

void WriteAccounts(int64_t count, uint64_t seed, std::ostream& out) {
  WriteLabel("persons' account credits", count, seed, out);
  out << "voucher_no,agency,psn_no,sub_account,amount,memo\n";
  for (int64_t i = 0; i < count; ++i) {
    if (!IsSampleEmployee(i, seed)) continue;
    SampleNumbers numbers(SampleStream::kCredit, i, seed);
    const std::string person = SamplePersonNumber(i);
    out << absl::StrFormat("SAMPLEP%010d,AGENCY,%s,PAST_YEARS,%s,sample\n", i, person,
                           Yuan(1 + numbers.Below(2'000'000)));
    out << absl::StrFormat("SAMPLEC%010d,AGENCY,%s,CURRENT_YEAR,%s,sample\n", i, person,
                           Yuan(10'000 + numbers.Below(300'000)));
  }
}

}  // namespace yijie::engine
