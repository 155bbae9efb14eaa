#include "engine/load/unfinished_load.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace yijie::engine {
namespace {

std::string DigestSuffix(const InputFile& file) {
  return absl::StrCat(" sha256=", HexPrefix(file.digest, static_cast<int>(file.digest.size())));
}

absl::Status Unfinished(absl::string_view mark) {
  const absl::string_view kind = mark.substr(0, mark.find(' '));
  return absl::FailedPreconditionError(
      absl::StrCat("a load did not finish: ", mark, ". Part of it may be missing. Run `yijie load ",
                   kind, "` again with that same file; it continues where it stopped"));
}

}  // namespace

std::string MakeLoadMark(absl::string_view kind, const InputFile& file) {
  const absl::string_view path = file.path;
  const size_t slash = path.rfind('/');
  const absl::string_view name = slash == absl::string_view::npos ? path : path.substr(slash + 1);
  return absl::StrCat(kind, " ", name, DigestSuffix(file));
}

absl::StatusOr<bool> IsResumedLoad(storage::Store& store, absl::string_view kind,
                                   const InputFile& file) {
  YIJIE_ASSIGN_OR_RETURN(const std::optional<std::string> mark,
                         store.GetTable(kUnfinishedLoadTable));
  if (!mark) return false;
  const bool same =
      absl::StartsWith(*mark, absl::StrCat(kind, " ")) && absl::EndsWith(*mark, DigestSuffix(file));
  if (!same) return Unfinished(*mark);
  return true;
}

absl::Status CheckNoUnfinishedLoad(storage::StoreReader& store) {
  YIJIE_ASSIGN_OR_RETURN(const std::optional<std::string> mark,
                         store.GetTable(kUnfinishedLoadTable));
  return mark ? Unfinished(*mark) : absl::OkStatus();
}

}  // namespace yijie::engine
