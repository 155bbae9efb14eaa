#include "engine/load/row_errors.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace yijie::engine {

void RowErrors::Add(int64_t line, absl::string_view column, absl::string_view what) {
  ++count_;
  if (listed_.size() == kMaxListed) return;
  listed_.push_back({line, absl::StrCat(path_, ":", line, ": ", column, ": ", what)});
}

absl::Status RowErrors::ToStatus(absl::string_view ending) const {
  if (empty()) return absl::OkStatus();
  std::vector<Entry> sorted = listed_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Entry& a, const Entry& b) { return a.line < b.line; });
  std::string text;
  for (const Entry& entry : sorted) absl::StrAppend(&text, entry.text, "\n");
  if (count_ > listed_.size()) {
    absl::StrAppend(&text, "and ", count_ - listed_.size(), " more\n");
  }
  absl::StrAppend(&text, path_, ": ", ending);
  return absl::InvalidArgumentError(text);
}

}  // namespace yijie::engine
