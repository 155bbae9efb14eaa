#ifndef YIJIE_ENGINE_LOAD_INPUT_FILE_H_
#define YIJIE_ENGINE_LOAD_INPUT_FILE_H_

// A file to load, held in memory whole: it is checked to the last row before anything is written.

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"

namespace yijie::engine {

// Largest file. Rows as parsed take up to three times the size of the file in memory, beside it.
inline constexpr size_t kMaxInputBytes = size_t{1} << 30;

struct InputFile {
  std::string path;   // as the user named it; begins every error
  std::string bytes;  // ends with a line break
  Digest digest{};    // SHA-256 of `bytes`
};

// "-" is standard input. NOT_FOUND if the file cannot be opened, INVALID_ARGUMENT if it is too
// large.
absl::StatusOr<InputFile> ReadInputFile(absl::string_view path);

// For files that are already in memory.
InputFile MakeInputFile(absl::string_view path, std::string bytes);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOAD_INPUT_FILE_H_
