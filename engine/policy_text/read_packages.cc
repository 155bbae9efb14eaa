#include "engine/policy_text/read_packages.h"

#include <filesystem>

#include <google/protobuf/text_format.h>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "rules/loader.h"

namespace yijie::engine {

namespace v1 = yijie::v1;

absl::StatusOr<v1::Package> ParsePackage(absl::string_view file, absl::string_view text) {
  YIJIE_RETURN_IF_ERROR(rules::CompilePackage(file, text).status());
  v1::Package package;
  if (!google::protobuf::TextFormat::ParseFromString(std::string(text), &package))
    return absl::InternalError(absl::StrCat(file, ": compiles and cannot be parsed"));
  return package;
}

absl::StatusOr<std::vector<v1::Package>> ReadPackages(const std::string& path) {
  std::vector<std::string> files = {path};
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    YIJIE_ASSIGN_OR_RETURN(files, FindFiles(path, ".policy"));
    if (files.empty()) return absl::NotFoundError(absl::StrCat("no *.policy file below ", path));
  }
  std::vector<v1::Package> packages;
  for (const std::string& file : files) {
    YIJIE_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
    YIJIE_ASSIGN_OR_RETURN(v1::Package package, ParsePackage(file, text));
    packages.push_back(std::move(package));
  }
  return packages;
}

}  // namespace yijie::engine
