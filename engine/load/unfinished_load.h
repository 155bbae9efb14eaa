#ifndef YIJIE_ENGINE_LOAD_UNFINISHED_LOAD_H_
#define YIJIE_ENGINE_LOAD_UNFINISHED_LOAD_H_

// The mark of a bulk load that has begun and not ended. A load of many commits is not one
// transaction, so while the mark stands some of it may be missing, and the engine must not serve.

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/load/input_file.h"
#include "storage/store.h"

namespace yijie::engine {

// Table of the store that holds the mark (storage::Store::PutTable).
inline constexpr absl::string_view kUnfinishedLoadTable = "unfinished_load";

// "<kind> <file name without directories> sha256=<hex>".
std::string MakeLoadMark(absl::string_view kind, const InputFile& file);

// True if the store bears the mark of this kind and content, under any file name; false if it bears
// none. FAILED_PRECONDITION, with what to do, if it bears the mark of another load.
absl::StatusOr<bool> IsResumedLoad(storage::Store& store, absl::string_view kind,
                                   const InputFile& file);

// OK if no load is unfinished. Else FAILED_PRECONDITION with what to do.
absl::Status CheckNoUnfinishedLoad(storage::StoreReader& store);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOAD_UNFINISHED_LOAD_H_
