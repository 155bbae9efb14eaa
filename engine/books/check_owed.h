#ifndef YIJIE_ENGINE_BOOKS_CHECK_OWED_H_
#define YIJIE_ENGINE_BOOKS_CHECK_OWED_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/store.h"

namespace yijie::engine {

// What the journals of all persons owe each institution (应付) and hold back from it (质量保证金),
// beside what the stored records of its book add up to. One line for each that differs; none if all
// agree. For a store that nobody writes to. What was committed after the cursor of the books is in
// neither.
absl::StatusOr<std::vector<std::string>> CheckOwed(storage::StoreReader& store);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BOOKS_CHECK_OWED_H_
