#ifndef YIJIE_ENGINE_LOAD_CATALOGUE_FILE_H_
#define YIJIE_ENGINE_LOAD_CATALOGUE_FILE_H_

// The catalogue as CSV: one row for an item, a scheme, an area and a span of days.

#include "absl/strings/string_view.h"
#include "engine/load/input_file.h"
#include "engine/load/row_errors.h"
#include "yijie/store/v1/tables.pb.h"

namespace yijie::engine {

// Help text: the columns and what they take.
extern const absl::string_view kCatalogueColumnsHelp;

// The rows of a file, in its order. Complete only if there are no errors.
store::v1::CatalogueTable ParseCatalogueFile(const InputFile& file, RowErrors& errors);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOAD_CATALOGUE_FILE_H_
