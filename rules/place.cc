#include "rules/place.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace yijie::rules {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::TextFormat;

const FieldDescriptor* FindField(const Place& place, absl::string_view name) {
  return place.message->GetDescriptor()->FindFieldByName(std::string(name));
}

// Where the first field of the message stands: the message itself has no position in the tree.
TextFormat::ParseLocation FirstField(const Place& place) {
  TextFormat::ParseLocation first;
  const google::protobuf::Descriptor* type = place.message->GetDescriptor();
  for (int i = 0; i < type->field_count() && place.tree != nullptr; ++i) {
    const FieldDescriptor* field = type->field(i);
    const TextFormat::ParseLocation at =
        place.tree->GetLocation(field, field->is_repeated() ? 0 : -1);
    if (at.line < 0) continue;
    if (first.line < 0 || at.line < first.line ||
        (at.line == first.line && at.column < first.column))
      first = at;
  }
  return first;
}

}  // namespace

Place Place::Child(const google::protobuf::Message& child, absl::string_view field,
                   int index) const {
  const FieldDescriptor* descriptor = FindField(*this, field);
  if (tree == nullptr) return {&child, nullptr, start};
  return {&child, tree->GetTreeForNested(descriptor, index), tree->GetLocation(descriptor, index)};
}

void Defects::Add(const Place& place, absl::string_view field, int index, absl::string_view text) {
  TextFormat::ParseLocation at;
  const FieldDescriptor* descriptor = FindField(place, field);
  if (descriptor != nullptr && place.tree != nullptr) {
    // A defect of a repeated field as a whole is told where it begins.
    at = place.tree->GetLocation(descriptor, descriptor->is_repeated() ? std::max(index, 0) : -1);
  }
  if (at.line < 0) at = FirstField(place);
  if (at.line < 0) at = place.start;
  AddAt(std::max(at.line, 0), std::max(at.column, 0), absl::StrCat(field, ": ", text));
}

void Defects::AddAt(int line, int column, absl::string_view text) {
  if (++count_ <= kMaxDefects)
    lines_.push_back(absl::StrCat(file_, ":", line + 1, ":", column + 1, ": ", text));
}

absl::Status Defects::ToStatus() const {
  if (empty()) return absl::OkStatus();
  std::string text = absl::StrJoin(lines_, "\n");
  if (count_ > kMaxDefects)
    absl::StrAppend(&text, "\n", file_, ": and ", count_ - kMaxDefects, " more");
  return absl::InvalidArgumentError(text);
}

int LineOf(const Place& parent, absl::string_view field, int index) {
  const FieldDescriptor* descriptor = FindField(parent, field);
  if (descriptor == nullptr || parent.tree == nullptr) return 0;
  return parent.tree->GetLocation(descriptor, index).line + 1;
}

}  // namespace yijie::rules
