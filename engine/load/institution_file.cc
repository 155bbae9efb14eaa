#include "engine/load/institution_file.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/load/cells.h"
#include "engine/load/csv.h"

namespace yijie::engine {

const absl::string_view kInstitutionColumnsHelp =
    R"(One row for an institution. The file replaces all institutions.

  fixmedins_code      H (hospital) or P (pharmacy), six digits of area, five of sequence
  fixmedins_name      name
  kind                HOSPITAL or PHARMACY
  admdvs              pooling area where it stands, six digits
  hosp_lv             LEVEL_NONE, PRIMARY, LEVEL_1, LEVEL_2, LEVEL_3; may be empty
  hosp_grade          GRADE_NONE, GRADE_A, GRADE_B, GRADE_C; may be empty
  hosp_place          PLACE_NONE, VILLAGE, TOWNSHIP, COUNTY, CITY, PROVINCE; may be empty
  price_class         1 to 3 where rules use it instead of the level; else empty or 0
  begndate, enddate   first and last day of the service agreement; enddate may be empty)";

namespace {

enum Column : size_t {
  kFixmedinsCode,
  kFixmedinsName,
  kKind,
  kAdmdvs,
  kHospLv,
  kHospGrade,
  kHospPlace,
  kPriceClass,
  kBegndate,
  kEnddate,
  kColumnCount,
};

constexpr absl::string_view kColumns[kColumnCount] = {
    "fixmedins_code", "fixmedins_name", "kind",        "admdvs",   "hosp_lv",
    "hosp_grade",     "hosp_place",     "price_class", "begndate", "enddate",
};

constexpr size_t kCodeBytes = 12;
constexpr size_t kMaxNameBytes = 300;

void ReadCode(Cells& cells, v1::Institution& institution) {
  institution.set_fixmedins_code(cells.Alphanumeric(kFixmedinsCode, kCodeBytes));
  institution.set_kind(
      static_cast<v1::InstitutionKind>(cells.EnumNumber(kKind, *v1::InstitutionKind_descriptor())));
  if (!cells.ok()) return;
  const std::string& code = institution.fixmedins_code();
  const char letter = institution.kind() == v1::PHARMACY ? 'P' : 'H';
  const bool digits = std::all_of(code.begin() + 1, code.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
  if (code.size() != kCodeBytes || code.front() != letter || !digits) {
    cells.Refuse(kFixmedinsCode, absl::StrCat("is not ", absl::string_view(&letter, 1),
                                              " and 11 digits, as its kind asks for"));
  }
}

v1::Institution ReadInstitution(Cells& cells) {
  v1::Institution institution;
  ReadCode(cells, institution);
  institution.set_fixmedins_name(cells.Text(kFixmedinsName, kMaxNameBytes));
  institution.set_admdvs(cells.Digits(kAdmdvs, 6, 6));
  institution.set_hosp_lv(
      static_cast<v1::HospitalLevel>(cells.EnumNumber(kHospLv, *v1::HospitalLevel_descriptor())));
  institution.set_hosp_grade(static_cast<v1::HospitalGrade>(
      cells.EnumNumber(kHospGrade, *v1::HospitalGrade_descriptor())));
  institution.set_hosp_place(static_cast<v1::HospitalPlace>(
      cells.EnumNumber(kHospPlace, *v1::HospitalPlace_descriptor())));
  const std::string price_class = cells.OneOf(kPriceClass, {"", "0", "1", "2", "3"});
  if (cells.ok() && !price_class.empty()) institution.set_price_class(price_class.front() - '0');
  const DaySpan days = cells.Days(kBegndate, kEnddate);
  institution.set_begndate(FormatDate(days.begin));
  if (!cells.IsEmpty(kEnddate)) institution.set_enddate(FormatDate(days.end));
  return institution;
}

}  // namespace

store::v1::InstitutionTable ParseInstitutionFile(const InputFile& file, RowErrors& errors) {
  store::v1::InstitutionTable table;
  absl::flat_hash_map<std::string, int64_t> lines;  // by code
  ReadCsv(file, {kColumns}, errors, [&](const CsvRow& row) {
    Cells cells(row, kColumns, errors);
    v1::Institution institution = ReadInstitution(cells);
    if (!cells.ok()) return;
    const auto [found, is_new] = lines.emplace(institution.fixmedins_code(), row.line);
    if (!is_new) {
      cells.Refuse(kFixmedinsCode, absl::StrCat("is already in line ", found->second));
      return;
    }
    *table.add_institution() = std::move(institution);
  });
  std::sort(table.mutable_institution()->begin(), table.mutable_institution()->end(),
            [](const v1::Institution& a, const v1::Institution& b) {
              return a.fixmedins_code() < b.fixmedins_code();
            });
  return table;
}

}  // namespace yijie::engine
