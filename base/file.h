#ifndef YIJIE_BASE_FILE_H_
#define YIJIE_BASE_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace yijie {

// The whole file. NOT_FOUND names the path.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Writes the whole file, in place of one that is there.
absl::Status WriteFile(const std::string& path, absl::string_view bytes);

// Files below `directory`, at any depth, whose name ends in `extension` (".policy"), sorted by
// path.
absl::StatusOr<std::vector<std::string>> FindFiles(const std::string& directory,
                                                   absl::string_view extension);

}  // namespace yijie

#endif  // YIJIE_BASE_FILE_H_
