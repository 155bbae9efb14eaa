#ifndef YIJIE_ENGINE_REFERENCE_TABLES_H_
#define YIJIE_ENGINE_REFERENCE_TABLES_H_

// The catalogue and the institutions: from the bytes the store keeps to what settling uses.

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rules/catalogue.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {

// Names under which the store keeps the tables (storage::Store::PutTable).
inline constexpr absl::string_view kInstitutionsTable = "institutions";
inline constexpr absl::string_view kCatalogueTable = "catalogue";

// Most rows of a catalogue. Every code takes a place in the symbol table (rules::kMaxSymbols),
// which other names need too.
inline constexpr int kMaxCatalogueItems = 1'000'000;

// Rows as messages to rows as the rules look them up. INVALID_ARGUMENT names the first bad row.
absl::StatusOr<std::vector<rules::CatalogueItem>> ToRulesItems(
    const google::protobuf::RepeatedPtrField<v1::CatalogueItem>& items);

// Reads table kCatalogueTable. DATA_LOSS if the bytes are not a catalogue.
absl::StatusOr<rules::Catalogue> ParseCatalogue(absl::string_view bytes);

// Reads table kInstitutionsTable: institutions by `fixmedins_code`. DATA_LOSS if the bytes are not
// a table of institutions.
absl::StatusOr<absl::flat_hash_map<std::string, v1::Institution>> ParseInstitutions(
    absl::string_view bytes);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REFERENCE_TABLES_H_
