#ifndef YIJIE_ENGINE_POLICY_ARCHIVE_H_
#define YIJIE_ENGINE_POLICY_ARCHIVE_H_

// Every policy package that was ever in force, by the SHA-256 of its text, in the store: what a
// settlement of years ago rested on can be read and compiled again. Nothing is ever removed.
//
// A package is put here before the first claim is judged by it.

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "rules/program.h"
#include "rules/rule_book.h"
#include "storage/store.h"
#include "yijie/store/v1/tables.pb.h"

namespace yijie::engine {

// Puts the packages of a book that are not there yet. Durable when it returns OK; after an error
// some may be there and some not, and it may be called again. Not for two threads at once.
absl::Status ArchivePolicies(storage::Store& store, const rules::RuleBook& policies,
                             absl::Time now);

// What is in the archive, oldest first.
absl::StatusOr<yijie::store::v1::PolicyArchive> ListArchivedPolicies(storage::Store& store);

// The text with this digest. NOT_FOUND if it was never put there, DATA_LOSS if what is there has
// another digest.
absl::StatusOr<std::string> ArchivedPolicyText(storage::Store& store, const Digest& hash);

// The same, compiled; from the text alone.
absl::StatusOr<std::unique_ptr<const rules::Program>> ArchivedPolicy(storage::Store& store,
                                                                     const Digest& hash);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_POLICY_ARCHIVE_H_
