#ifndef YIJIE_ENGINE_LOAD_LOAD_H_
#define YIJIE_ENGINE_LOAD_LOAD_H_

// `yijie load`: from a file to the store. A file is checked to its last row first; if any row is
// wrong, nothing is written. Loading a file again changes nothing and finishes a load that was
// interrupted.

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/fen.h"
#include "engine/load/input_file.h"
#include "storage/store.h"

namespace yijie::engine {

enum class LoadKind : uint8_t { kPersons, kInstitutions, kCatalogue, kAccounts };

// "persons", ...: the word of the command line, and of the mark of an unfinished load.
absl::string_view LoadKindName(LoadKind kind);

struct LoadResult {
  int64_t added = 0;      // new persons, posted credits, rows of a replaced table
  int64_t changed = 0;    // persons
  int64_t unchanged = 0;  // persons as they were, credits posted before, rows of a table as it was
  Fen credited;           // sum of the credits posted now
};

// Called as commits go on. `total` does not change between calls.
using LoadProgress = std::function<void(int64_t done, int64_t total)>;

// Loads a file. `now_unix_ms` is the time of every record. Errors, besides those of the store:
//   INVALID_ARGUMENT     rows are wrong: all are listed (RowErrors), nothing was written
//   FAILED_PRECONDITION  another load is unfinished
//   UNKNOWN, RESOURCE_EXHAUSTED  interrupted: run it again with the same file
absl::StatusOr<LoadResult> LoadFile(LoadKind kind, const InputFile& file, storage::Store& store,
                                    int64_t now_unix_ms, const LoadProgress& progress);

// "12 persons: 10 new, 1 changed, 1 unchanged".
std::string Summary(LoadKind kind, const LoadResult& result);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOAD_LOAD_H_
