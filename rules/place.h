#ifndef YIJIE_RULES_PLACE_H_
#define YIJIE_RULES_PLACE_H_

// Where in a text file a field of a parsed message stands, so that a defect can be named with line
// and column.

#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace yijie::rules {

// A message and its node in the parse tree. Cheap to copy; valid while both live.
struct Place {
  const google::protobuf::Message* message;
  const google::protobuf::TextFormat::ParseInfoTree* tree;
  google::protobuf::TextFormat::ParseLocation start{};  // of the message itself; unset for a file

  // The place of a nested message; `index` is -1 for a field that is not repeated.
  Place Child(const google::protobuf::Message& child, absl::string_view field, int index) const;
};

// Defects of one file, `file:line:column: text`. Past kMaxDefects they are only counted.
class Defects {
 public:
  static constexpr size_t kMaxDefects = 50;

  explicit Defects(absl::string_view file) : file_(file) {}

  // A defect of `field` of the message at `place`; of the message itself where the field was left
  // out.
  void Add(const Place& place, absl::string_view field, int index, absl::string_view text);
  // Lines and columns counted from 0, as protobuf does.
  void AddAt(int line, int column, absl::string_view text);

  bool empty() const { return count_ == 0; }
  // INVALID_ARGUMENT with all defects, or OK.
  absl::Status ToStatus() const;

 private:
  std::string file_;
  std::vector<std::string> lines_;
  size_t count_ = 0;
};

// First line of the message at `place`, counted from 1.
int LineOf(const Place& parent, absl::string_view field, int index);

}  // namespace yijie::rules

#endif  // YIJIE_RULES_PLACE_H_
