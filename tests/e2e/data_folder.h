#ifndef YIJIE_TESTS_E2E_DATA_FOLDER_H_
#define YIJIE_TESTS_E2E_DATA_FOLDER_H_

// Data folders of the engine, filled by the real `yijie load`.

#include <string>

#include "absl/strings/string_view.h"

namespace yijie::e2e {

// A new folder, removed with everything in it at the end. YIJIE_KEEP=1 keeps it.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string Path(absl::string_view name) const;

 private:
  std::string path_;
};

void WriteFile(const std::string& path, absl::string_view text);
std::string ReadWholeFile(const std::string& path);
void CopyFolder(const std::string& from, const std::string& to);

// `yijie load KIND` of a file; a failure is a failure of the test.
void Load(const std::string& data, const std::string& kind, const std::string& file);

// The sample institutions, catalogue, persons and accounts, and the institution and the persons
// below. Loaded once in a process, then copied.
void MakeSampleData(const std::string& data);

// A hospital of no level, for which the table of Zhengzhou in-patients has no row.
inline constexpr char kHospitalWithoutRow[] = "H41010099991";

// Institutions, catalogue, and `count` employees of Changsha with numbers GeneratedPerson(0...).
void MakeGeneratedData(const std::string& data, int count);
std::string GeneratedPerson(int number);

// What the names of generated persons begin with, and the middle of their certificate numbers:
// must appear in no log.
inline constexpr char kCanaryName[] = "金丝雀";
inline constexpr char kCanaryCertificate[] = "99999919770707";

// Rows of `yijie load persons` for generated persons [begin, end).
std::string PersonsCsv(int begin, int end);

}  // namespace yijie::e2e

#endif  // YIJIE_TESTS_E2E_DATA_FOLDER_H_
