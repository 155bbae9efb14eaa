#include "engine/load/load_tables.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/deterministic_bytes.h"
#include "engine/load/catalogue_file.h"
#include "engine/load/institution_file.h"
#include "engine/load/row_errors.h"
#include "engine/reference_tables.h"

namespace yijie::engine {
namespace {

absl::StatusOr<LoadResult> ReplaceTable(absl::string_view name, absl::string_view path, int rows,
                                        const std::string& bytes, storage::Store& store) {
  if (rows == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": has no rows; it would empty the table. Nothing was loaded"));
  }
  YIJIE_ASSIGN_OR_RETURN(const std::optional<std::string> before, store.GetTable(name));
  LoadResult result;
  if (before == bytes) {
    result.unchanged = rows;
    return result;
  }
  YIJIE_RETURN_IF_ERROR(store.PutTable(name, bytes));
  result.added = rows;
  return result;
}

}  // namespace

absl::StatusOr<LoadResult> LoadInstitutions(const InputFile& file, storage::Store& store) {
  RowErrors errors(file.path);
  const store::v1::InstitutionTable table = ParseInstitutionFile(file, errors);
  YIJIE_RETURN_IF_ERROR(errors.ToStatus());
  return ReplaceTable(kInstitutionsTable, file.path, table.institution_size(),
                      DeterministicBytes(table), store);
}

absl::StatusOr<LoadResult> LoadCatalogue(const InputFile& file, storage::Store& store) {
  RowErrors errors(file.path);
  const store::v1::CatalogueTable table = ParseCatalogueFile(file, errors);
  YIJIE_RETURN_IF_ERROR(errors.ToStatus());
  // What the engine will do with the table when it starts; it must not fail there.
  YIJIE_ASSIGN_OR_RETURN(std::vector<rules::CatalogueItem> items, ToRulesItems(table.item()));
  YIJIE_RETURN_IF_ERROR(rules::Catalogue::Build(std::move(items)).status());
  return ReplaceTable(kCatalogueTable, file.path, table.item_size(), DeterministicBytes(table),
                      store);
}

}  // namespace yijie::engine
