#ifndef YIJIE_STORAGE_STORE_H_
#define YIJIE_STORAGE_STORE_H_

// What is durable, and what a commit promises. The engine knows this interface only; RocksDB is
// seen nowhere outside storage/.
//
// The unit is one commit of one person: (person, version) -> state after, and the event that led
// there. Versions of a person are 1, 2, 3, ... without gaps, and a version is never written twice.
// The bytes of state and event are the engine's; the store does not look inside.
//
// Nothing here promises a transaction over two persons, a global order, or a snapshot over all
// persons: a store that is spread over machines could not keep it (docs/decisions/0004).

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"

namespace yijie::storage {

// Name of a message: the institution that sent it, the call, and the institution's own id.
struct MessageKey {
  std::string institution;
  uint8_t transaction = 0;  // yijie.v1.Transaction
  std::string msgid;
};

// What became of a message.
struct MessageEntry {
  Digest body{};  // digest of the request that used the key; all zero for a key closed before its
                  // request came
  std::string psn_no;  // person and version it committed; empty and 0 if it changed no person
  int64_t version = 0;
  std::string verdict;  // the engine's bytes for a message that changed no person; else empty
};

struct MessageWrite {
  MessageKey key;
  MessageEntry entry;
};

struct PersonVersion {
  int64_t version = 0;  // 1, 2, ...
  std::string state;
  std::string event;
};

// One person moves from `expected_version` to `expected_version + 1`, and messages get their
// entries, both or neither. With an empty `psn_no` only the messages are written.
struct Commit {
  std::string psn_no;
  int64_t expected_version = 0;  // 0: the person is new
  std::string state;
  std::string event;
  std::vector<MessageWrite> messages;
};

// Result of one commit. Results of the commits of one group are independent of each other.
enum class CommitOutcome : uint8_t {
  kDone,             // durable: it survives the loss of the process and of power
  kVersionConflict,  // not applied: the person is not at `expected_version`
  kDuplicateKey,     // not applied: a message key is in use
  kNotApplied,       // not applied: the store could not take it now
  kUnknown,          // applied or not; only asking again after recovery can tell
};

using CommitDone = std::function<void(const std::vector<CommitOutcome>&)>;

// What a store holds. Thread-safe.
class StoreReader {
 public:
  virtual ~StoreReader() = default;

  // Newest version of a person, or nothing if there is none.
  virtual absl::StatusOr<std::optional<PersonVersion>> LoadLatest(absl::string_view psn_no) = 0;

  // One version of a person.
  virtual absl::StatusOr<std::optional<PersonVersion>> LoadVersion(absl::string_view psn_no,
                                                                   int64_t version) = 0;

  // Versions after `after_version`, oldest first, at most `limit`.
  virtual absl::StatusOr<std::vector<PersonVersion>> LoadHistory(absl::string_view psn_no,
                                                                 int64_t after_version,
                                                                 int limit) = 0;

  virtual absl::StatusOr<std::optional<MessageEntry>> FindMessage(const MessageKey& key) = 0;

  // A small table kept whole (Store::PutTable).
  virtual absl::StatusOr<std::optional<std::string>> GetTable(absl::string_view name) = 0;

  // Every version of every person, ordered by person and version; for audits. Stops at the first
  // error `visit` returns.
  virtual absl::Status ForEachVersion(
      const std::function<absl::Status(absl::string_view psn_no, const PersonVersion&)>& visit) = 0;

  // Every message entry, in key order; for audits.
  virtual absl::Status ForEachMessage(
      const std::function<absl::Status(const MessageKey&, const MessageEntry&)>& visit) = 0;
};

// Thread-safe. Reads see durable commits only.
class Store : public StoreReader {
 public:
  // Commits a group with one durable write and calls `done` with one result per commit, in order,
  // from a thread of the store. Groups handed over by one thread are applied in that order. A
  // commit may build on an earlier one of the same or of a previous group that is not answered yet.
  // `done` must not block and must not call CommitGroup.
  //
  // After the first kUnknown every later commit is kUnknown too: the process is to stop, recover,
  // and answer retries from what recovery finds.
  virtual void CommitGroup(std::vector<Commit> group, CommitDone done) = 0;

  // Small tables kept whole, by name: the institutions, the catalogue, the mark of an unfinished
  // bulk load. Durable when it returns OK. An empty value removes the table.
  virtual absl::Status PutTable(absl::string_view name, absl::string_view bytes) = 0;
};

}  // namespace yijie::storage

#endif  // YIJIE_STORAGE_STORE_H_
