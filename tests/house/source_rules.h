#ifndef YIJIE_TESTS_HOUSE_SOURCE_RULES_H_
#define YIJIE_TESTS_HOUSE_SOURCE_RULES_H_

// The rules of the house: which folder may include which, and the shape of a source file.
//
//   base <- rules, base <- storage, all <- engine; bench and tests may include everything.
//   rules and storage never see each other.
//   Generated messages (yijie/...): engine, and in rules only compile, place and loader.
//   RocksDB: storage; tests/storage to break it, bench to compare with it. gRPC: engine, bench,
//   tests. Lines of at most 120 columns, files of at most 900 lines, no tabs, header guards by
//   path.

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace yijie::house {

inline constexpr int kMaxColumns = 120;
inline constexpr int kMaxLines = 900;

// What is wrong with one file; each entry begins with "path:line: ". `path` is relative to the root
// of the repository, with forward slashes.
std::vector<std::string> CheckSource(absl::string_view path, absl::string_view text);

}  // namespace yijie::house

#endif  // YIJIE_TESTS_HOUSE_SOURCE_RULES_H_
