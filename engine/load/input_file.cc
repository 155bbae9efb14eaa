#include "engine/load/input_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace yijie::engine {

absl::StatusOr<InputFile> ReadInputFile(absl::string_view path) {
  const std::string name(path);
  // Not by the name /dev/stdin: opening that asks once more whether this user may read it.
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      name == "-" ? ::fdopen(::dup(STDIN_FILENO), "rb") : std::fopen(name.c_str(), "rb"),
      &std::fclose);
  if (file == nullptr) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be opened: ", std::strerror(errno)));
  }
  std::string bytes;
  std::vector<char> buffer(size_t{1} << 20);
  for (;;) {
    const size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get());
    if (std::ferror(file.get()) != 0) {
      return absl::NotFoundError(absl::StrCat(path, ": cannot be read: ", std::strerror(errno)));
    }
    if (count == 0) break;
    bytes.append(buffer.data(), count);
    if (bytes.size() > kMaxInputBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": is larger than 1 GiB: load it in parts"));
    }
  }
  return MakeInputFile(name == "-" ? "standard input" : path, std::move(bytes));
}

InputFile MakeInputFile(absl::string_view path, std::string bytes) {
  if (bytes.empty() || bytes.back() != '\n') bytes.push_back('\n');
  const Digest digest = Sha256(bytes);
  return {std::string(path), std::move(bytes), digest};
}

}  // namespace yijie::engine
