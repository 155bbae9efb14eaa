#ifndef YIJIE_RULES_TEXT_FILE_H_
#define YIJIE_RULES_TEXT_FILE_H_

// Reads protobuf text format written by people, with every defect at its line and column.

#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include "absl/strings/string_view.h"
#include "rules/place.h"

namespace yijie::rules {

// `size` digits.
bool IsAllDigits(absl::string_view text, size_t size);
// The form of ids: of a-z 0-9 - _, not empty.
bool IsName(absl::string_view text);

// Parses `text` of at most `max_bytes` into `message`, and where its fields stand into `tree`.
// Every string in it is UTF-8 without a byte 0. False after adding at least one defect; then
// `message` and `tree` are not to be used.
bool ParseTextFile(absl::string_view text, size_t max_bytes, google::protobuf::Message& message,
                   google::protobuf::TextFormat::ParseInfoTree& tree, Defects& defects);

}  // namespace yijie::rules

#endif  // YIJIE_RULES_TEXT_FILE_H_
