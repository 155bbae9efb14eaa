#ifndef YIJIE_ENGINE_LOAD_LOAD_PERSONS_H_
#define YIJIE_ENGINE_LOAD_LOAD_PERSONS_H_

#include "absl/status/statusor.h"
#include "engine/load/bulk_committer.h"
#include "engine/load/input_file.h"
#include "engine/load/load.h"
#include "storage/store.h"

namespace yijie::engine {

// LoadFile for persons. One commit for each person who is new or whose facts differ. Replaced are
// all facts that have a column in kPersonColumnsHelp, whether or not this file has the column;
// registrations and everything of a person that is not a fact (balances, accumulators) stay.
absl::StatusOr<LoadResult> LoadPersons(const InputFile& file, storage::Store& store,
                                       int64_t now_unix_ms, BulkCommitter& committer,
                                       const LoadProgress& progress);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOAD_LOAD_PERSONS_H_
