#include "rules/text_file.h"

#include <algorithm>
#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/utf8.h"

namespace yijie::rules {
namespace {

using google::protobuf::TextFormat;

// Deeper nesting than any file has; protobuf's parser recurses.
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

bool IsAllDigits(absl::string_view text, size_t size) {
  return text.size() == size &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsName(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

bool ParseTextFile(absl::string_view text, size_t max_bytes, google::protobuf::Message& message,
                   TextFormat::ParseInfoTree& tree, Defects& defects) {
  if (text.size() > max_bytes) {
    defects.AddAt(0, 0, absl::StrCat("larger than ", max_bytes, " bytes"));
    return false;
  }
  FindNoText(text, defects);
  if (!defects.empty()) return false;
  SyntaxErrors syntax_errors(defects);
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&syntax_errors);
  parser.WriteLocationsTo(&tree);
  parser.SetRecursionLimit(kMaxNesting);
  const bool parsed = parser.ParseFromString(std::string(text), &message);
  if (parsed) FindNoText(Place{&message, &tree}, defects);
  if (!parsed && defects.empty()) defects.AddAt(0, 0, "cannot be parsed");
  return defects.empty();
}

}  // namespace yijie::rules
