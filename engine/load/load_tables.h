#ifndef YIJIE_ENGINE_LOAD_LOAD_TABLES_H_
#define YIJIE_ENGINE_LOAD_LOAD_TABLES_H_

#include "absl/status/statusor.h"
#include "engine/load/input_file.h"
#include "engine/load/load.h"
#include "storage/store.h"

namespace yijie::engine {

// LoadFile for the tables that are replaced whole, in one durable write.
absl::StatusOr<LoadResult> LoadInstitutions(const InputFile& file, storage::Store& store);
absl::StatusOr<LoadResult> LoadCatalogue(const InputFile& file, storage::Store& store);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOAD_LOAD_TABLES_H_
