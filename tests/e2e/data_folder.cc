#include "tests/e2e/data_folder.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "engine/card/identity_number.h"
#include "gtest/gtest.h"
#include "tests/e2e/server_process.h"

namespace yijie::e2e {
namespace {

namespace fs = std::filesystem;

constexpr char kPersonColumns[] =
    "psn_no,psn_name,psn_cert_type,certno,gend,brdy,cvlserv_flag,insutype,psn_type,insuplc_admdvs,"
    "begndate,enddate,psn_insu_stas,assistance,assistance_begndate,injury_no,injury_date\n";

std::string Sample(absl::string_view name) {
  return absl::StrCat(TablesDirectory(), "/sample/", name);
}

void LoadTables(const std::string& data) {
  TempFolder folder;
  const std::string institutions = folder.Path("institutions.csv");
  WriteFile(institutions,
            absl::StrCat(ReadWholeFile(Sample("institutions.csv")), kHospitalWithoutRow,
                         ",未定级医院,HOSPITAL,410199,LEVEL_NONE,GRADE_NONE,CITY,0,2020-01-01,\n"));
  Load(data, "institutions", institutions);
  Load(data, "catalogue", Sample("catalogue.csv"));
}

}  // namespace

TempFolder::TempFolder() {
  std::string path = (fs::temp_directory_path() / "yijie-e2e-XXXXXX").string();
  YIJIE_CHECK(mkdtemp(path.data()) != nullptr, "a temporary folder");
  path_ = path;
}

TempFolder::~TempFolder() {
  if (std::getenv("YIJIE_KEEP") != nullptr) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string TempFolder::Path(absl::string_view name) const {
  return absl::StrCat(path_, "/", name);
}

void WriteFile(const std::string& path, absl::string_view text) {
  std::ofstream(path, std::ios::binary)
      .write(text.data(), static_cast<std::streamsize>(text.size()));
}

std::string ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void CopyFolder(const std::string& from, const std::string& to) {
  fs::copy(from, to, fs::copy_options::recursive);
}

void Load(const std::string& data, const std::string& kind, const std::string& file) {
  const CommandResult result = RunYijie({"load", kind, "--data", data, file});
  EXPECT_EQ(result.exit_code, 0) << kind << ": " << result.output;
}

void MakeSampleData(const std::string& data) {
  static const auto* const kTemplate = [] {
    static const TempFolder folder;
    const std::string made = folder.Path("data");
    LoadTables(made);
    Load(made, "persons", Sample("persons.csv"));
    Load(made, "accounts", Sample("accounts.csv"));
    return new std::string(made);
  }();
  CopyFolder(*kTemplate, data);
}

void MakeGeneratedData(const std::string& data, int count) {
  TempFolder folder;
  const std::string persons = folder.Path("persons.csv");
  WriteFile(persons, PersonsCsv(0, count));
  LoadTables(data);
  Load(data, "persons", persons);
}

std::string GeneratedPerson(int number) { return absl::StrFormat("CANARY%06d", number); }

std::string PersonsCsv(int begin, int end) {
  std::string csv = kPersonColumns;
  for (int number = begin; number < end; ++number) {
    const std::string digits = absl::StrFormat("%s%03d", kCanaryCertificate, number % 1000);
    absl::StrAppend(&csv, GeneratedPerson(number), ",", kCanaryName, number, ",01,", digits,
                    std::string(1, engine::IdentityCardCheckCharacter(digits)),
                    ",1,1977-07-07,0,310,11,430199,2010-07-01,,1,,,,\n");
  }
  return csv;
}

}  // namespace yijie::e2e
