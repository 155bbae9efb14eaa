#include "rules/loader.h"

#include <google/protobuf/text_format.h>

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "rules/compile.h"
#include "rules/place.h"
#include "rules/text_file.h"
#include "yijie/v1/policy.pb.h"

namespace yijie::rules {

absl::StatusOr<std::unique_ptr<const Program>> CompilePackage(absl::string_view file,
                                                              absl::string_view text) {
  Defects defects(file);
  google::protobuf::TextFormat::ParseInfoTree tree;
  yijie::v1::Package package;
  auto program = std::make_unique<Program>();
  if (ParseTextFile(text, kMaxPackageBytes, package, tree, defects))
    CompileInto(package, Place{&package, &tree}, defects, *program);
  YIJIE_RETURN_IF_ERROR(defects.ToStatus());
  program->file = std::string(file);
  program->text = std::string(text);
  program->hash = Sha256(text);
  return std::unique_ptr<const Program>(std::move(program));
}

absl::StatusOr<std::shared_ptr<const RuleBook>> LoadRuleBook(const std::string& directory) {
  YIJIE_ASSIGN_OR_RETURN(const std::vector<std::string> files, FindFiles(directory, ".policy"));
  std::vector<std::unique_ptr<const Program>> programs;
  for (const std::string& file : files) {
    YIJIE_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
    YIJIE_ASSIGN_OR_RETURN(std::unique_ptr<const Program> program, CompilePackage(file, text));
    programs.push_back(std::move(program));
  }
  if (programs.empty())
    return absl::NotFoundError(absl::StrCat("no *.policy file below ", directory));
  return RuleBook::Build(std::move(programs));
}

}  // namespace yijie::rules
