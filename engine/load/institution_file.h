#ifndef YIJIE_ENGINE_LOAD_INSTITUTION_FILE_H_
#define YIJIE_ENGINE_LOAD_INSTITUTION_FILE_H_

// Designated institutions as CSV: one row each.

#include "absl/strings/string_view.h"
#include "engine/load/input_file.h"
#include "engine/load/row_errors.h"
#include "yijie/store/v1/tables.pb.h"

namespace yijie::engine {

// Help text: the columns and what they take.
extern const absl::string_view kInstitutionColumnsHelp;

// The institutions of a file, ordered by code. Complete only if there are no errors.
store::v1::InstitutionTable ParseInstitutionFile(const InputFile& file, RowErrors& errors);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOAD_INSTITUTION_FILE_H_
