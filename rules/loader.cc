#include "rules/loader.h"

#include <algorithm>

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "rules/compile.h"
#include "rules/place.h"
#include "yijie/v1/policy.pb.h"

namespace yijie::rules {
namespace {

using google::protobuf::TextFormat;

// Deeper nesting than any package has; protobuf's parser recurses.
constexpr int kMaxNesting = 16;

class SyntaxErrors : public google::protobuf::io::ErrorCollector {
 public:
  explicit SyntaxErrors(Defects& defects) : defects_(defects) {}
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    defects_.AddAt(std::max(line, 0), std::max(column, 0), message);
  }

 private:
  Defects& defects_;
};

// Line and column of a byte, counted from 0.
void AddAtByte(absl::string_view text, size_t byte, absl::string_view what, Defects& defects) {
  const absl::string_view before = text.substr(0, byte);
  const size_t line_start = before.rfind('\n');
  const size_t column = line_start == absl::string_view::npos ? byte : byte - line_start - 1;
  const auto line = std::count(before.begin(), before.end(), '\n');
  defects.AddAt(static_cast<int>(line), static_cast<int>(column), what);
}

// Texts that are written as escapes, such as "\377", are seen only after parsing.
void CheckUtf8(const google::protobuf::Message& message, const Place& place, Defects& defects) {
  const auto* reflection = message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    const int size = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      const int index = field->is_repeated() ? i : -1;
      if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
        const auto& child = index < 0 ? reflection->GetMessage(message, field)
                                      : reflection->GetRepeatedMessage(message, field, i);
        CheckUtf8(child, place.Child(child, field->name(), index), defects);
      } else if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
        const std::string text = index < 0 ? reflection->GetString(message, field)
                                           : reflection->GetRepeatedString(message, field, i);
        if (!IsUtf8(text)) defects.Add(place, field->name(), index, "is not UTF-8");
      }
    }
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<const Program>> CompilePackage(absl::string_view file,
                                                              absl::string_view text) {
  Defects defects(file);
  if (text.size() > kMaxPackageBytes) {
    defects.AddAt(0, 0, absl::StrCat("larger than ", kMaxPackageBytes, " bytes"));
    return defects.ToStatus();
  }
  if (const size_t bad = FirstNotUtf8(text); bad != absl::string_view::npos) {
    AddAtByte(text, bad, "the file is not UTF-8", defects);
    return defects.ToStatus();
  }
  SyntaxErrors syntax_errors(defects);
  TextFormat::ParseInfoTree tree;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&syntax_errors);
  parser.WriteLocationsTo(&tree);
  parser.SetRecursionLimit(kMaxNesting);
  yijie::v1::Package package;
  const bool parsed = parser.ParseFromString(std::string(text), &package);
  auto program = std::make_unique<Program>();
  if (parsed && defects.empty()) CheckUtf8(package, Place{&package, &tree}, defects);
  if (parsed && defects.empty()) CompileInto(package, Place{&package, &tree}, defects, *program);
  if (!parsed && defects.empty()) defects.AddAt(0, 0, "cannot be parsed");
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
