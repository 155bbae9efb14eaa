#include "rules/loader.h"

#include <algorithm>

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include "absl/strings/match.h"
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

constexpr absl::string_view kNoText = "not UTF-8, or a byte 0";

bool IsText(absl::string_view text) { return IsUtf8(text) && !absl::StrContains(text, '\0'); }

// Where the text of a file ceases to be text.
void FindNoText(absl::string_view text, Defects& defects) {
  if (IsText(text)) return;
  const absl::string_view good = text.substr(0, std::min(Utf8Prefix(text), text.find('\0')));
  const size_t line_begins = good.rfind('\n') + 1;  // 0 in the first line
  defects.AddAt(static_cast<int>(std::count(good.begin(), good.end(), '\n')),
                static_cast<int>(good.size() - line_begins), kNoText);
}

// Strings that are no text because of escapes: "\377" stands for one byte.
void FindNoText(const Place& place, Defects& defects) {
  using google::protobuf::FieldDescriptor;
  const google::protobuf::Reflection* reflection = place.message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*place.message, &fields);
  for (const FieldDescriptor* field : fields) {
    const bool repeated = field->is_repeated();
    const int size = repeated ? reflection->FieldSize(*place.message, field) : 1;
    for (int i = 0; i < size; ++i) {
      const int index = repeated ? i : -1;
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        const auto& child = repeated ? reflection->GetRepeatedMessage(*place.message, field, i)
                                     : reflection->GetMessage(*place.message, field);
        FindNoText(place.Child(child, field->name(), index), defects);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        const std::string text = repeated ? reflection->GetRepeatedString(*place.message, field, i)
                                          : reflection->GetString(*place.message, field);
        if (!IsText(text)) defects.Add(place, field->name(), index, kNoText);
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
  FindNoText(text, defects);
  YIJIE_RETURN_IF_ERROR(defects.ToStatus());
  SyntaxErrors syntax_errors(defects);
  TextFormat::ParseInfoTree tree;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&syntax_errors);
  parser.WriteLocationsTo(&tree);
  parser.SetRecursionLimit(kMaxNesting);
  yijie::v1::Package package;
  const bool parsed = parser.ParseFromString(std::string(text), &package);
  auto program = std::make_unique<Program>();
  if (parsed) FindNoText(Place{&package, &tree}, defects);
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
