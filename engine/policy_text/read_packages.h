#ifndef YIJIE_ENGINE_POLICY_TEXT_READ_PACKAGES_H_
#define YIJIE_ENGINE_POLICY_TEXT_READ_PACKAGES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "yijie/v1/policy.pb.h"

namespace yijie::engine {

// A package that compiles; else the errors of rules::CompilePackage. `file` is only named.
absl::StatusOr<yijie::v1::Package> ParsePackage(absl::string_view file, absl::string_view text);

// The package of a file, or all `*.policy` below a directory, by path. Not one is given back if one
// does not compile.
absl::StatusOr<std::vector<yijie::v1::Package>> ReadPackages(const std::string& path);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_POLICY_TEXT_READ_PACKAGES_H_
