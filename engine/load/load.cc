#include "engine/load/load.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/load/bulk_committer.h"
#include "engine/load/load_accounts.h"
#include "engine/load/load_persons.h"
#include "engine/load/load_tables.h"
#include "engine/load/unfinished_load.h"

namespace yijie::engine {

absl::string_view LoadKindName(LoadKind kind) {
  switch (kind) {
    case LoadKind::kPersons:
      return "persons";
    case LoadKind::kInstitutions:
      return "institutions";
    case LoadKind::kCatalogue:
      return "catalogue";
    case LoadKind::kAccounts:
      break;
  }
  return "accounts";
}

absl::StatusOr<LoadResult> LoadFile(LoadKind kind, const InputFile& file, storage::Store& store,
                                    int64_t now_unix_ms, const LoadProgress& progress) {
  const absl::string_view name = LoadKindName(kind);
  YIJIE_ASSIGN_OR_RETURN(const bool resumed, IsResumedLoad(store, name, file));
  // A person is once in a file; credits of one person build on each other.
  const auto wait = kind == LoadKind::kPersons ? BulkCommitter::Wait::kForTheOneBefore
                                               : BulkCommitter::Wait::kForThis;
  BulkCommitter committer(store, wait, MakeLoadMark(name, file), resumed);
  switch (kind) {
    case LoadKind::kPersons:
      return LoadPersons(file, store, now_unix_ms, committer, progress);
    case LoadKind::kInstitutions:
      return LoadInstitutions(file, store);
    case LoadKind::kCatalogue:
      return LoadCatalogue(file, store);
    case LoadKind::kAccounts:
      break;
  }
  return LoadAccounts(file, store, now_unix_ms, committer, progress);
}

std::string Summary(LoadKind kind, const LoadResult& result) {
  const int64_t total = result.added + result.changed + result.unchanged;
  switch (kind) {
    case LoadKind::kPersons:
      return absl::StrCat(total, " persons: ", result.added, " new, ", result.changed, " changed, ",
                          result.unchanged, " unchanged");
    case LoadKind::kInstitutions:
    case LoadKind::kCatalogue:
      return absl::StrCat(total, kind == LoadKind::kCatalogue ? " catalogue rows" : " institutions",
                          ": ", result.unchanged > 0 ? "unchanged" : "the table was replaced");
    case LoadKind::kAccounts:
      break;
  }
  return absl::StrCat(total, " credits: ", result.added, " posted with ",
                      FormatYuan(result.credited), " yuan, ", result.unchanged, " posted before");
}

}  // namespace yijie::engine
