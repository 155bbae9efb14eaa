#ifndef YIJIE_RULES_LOADER_H_
#define YIJIE_RULES_LOADER_H_

// From policy tables (text, proto/yijie/v1/policy.proto) to programs. The only part of rules/ that
// knows protobuf.

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rules/program.h"
#include "rules/rule_book.h"

namespace yijie::rules {

// Largest package file, bytes.
inline constexpr size_t kMaxPackageBytes = 4 << 20;

// Compiles one package. On failure INVALID_ARGUMENT with one line per defect, `file:line:column:
// what is wrong`, lines and columns counted from 1, at most 50 of them. `file` is only named, not
// read.
absl::StatusOr<std::unique_ptr<const Program>> CompilePackage(absl::string_view file,
                                                              absl::string_view text);

// Compiles every `*.policy` file below `directory`. All or nothing: one bad file, and no rule book.
absl::StatusOr<std::shared_ptr<const RuleBook>> LoadRuleBook(const std::string& directory);

}  // namespace yijie::rules

#endif  // YIJIE_RULES_LOADER_H_
