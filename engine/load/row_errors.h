#ifndef YIJIE_ENGINE_LOAD_ROW_ERRORS_H_
#define YIJIE_ENGINE_LOAD_ROW_ERRORS_H_

// What is wrong in a file. Texts say where and why and never repeat what a cell holds: a shifted
// row puts a name or a certificate number into any column.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace yijie::engine {

class RowErrors {
 public:
  static constexpr size_t kMaxListed = 100;

  // `path` begins every line of the report.
  explicit RowErrors(absl::string_view path) : path_(path) {}

  void Add(int64_t line, absl::string_view column, absl::string_view what);

  bool empty() const { return count_ == 0; }

  // OK if there are none. Else INVALID_ARGUMENT with one line of text for each of the first
  // kMaxListed, ordered by line, how many more there are, and the `ending`.
  absl::Status ToStatus(absl::string_view ending = "nothing was loaded") const;

 private:
  struct Entry {
    int64_t line;
    std::string text;
  };

  const std::string path_;
  std::vector<Entry> listed_;
  size_t count_ = 0;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOAD_ROW_ERRORS_H_
