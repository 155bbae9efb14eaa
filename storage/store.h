#ifndef YIJIE_STORAGE_STORE_H_
#define YIJIE_STORAGE_STORE_H_

// What is durable, and what a commit promises. The engine knows this interface only; RocksDB is
// seen nowhere outside storage/.
//
// The unit is one commit of one person: (person, version) -> state after, and the event that led
// there. Versions of a person are 1, 2, 3, ... without gaps, and a version is never written twice.
// The bytes of state and event are the engine's; the store does not look inside.
//
// Beside the persons there are rows, small ordered records that a commit writes with its version,
// and the list of committed groups, which tells consumers who moved since they last looked.
//
// Nothing here promises a transaction over two persons, a global order, or a snapshot over all
// persons: a store that is spread over machines could not keep it (docs/decisions/0004). Such a
// store is made of partitions, and each person is in one of them. The embedded store is one
// partition.

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
  // Store::Position() before the store was asked for the key and did not have it; 0: it was not
  // asked.
  uint64_t absent_at = 0;
};

struct PersonVersion {
  int64_t version = 0;  // 1, 2, ...
  std::string state;
  std::string event;
};

// A row of a small ordered list kept beside the persons: what is open, what a day's books hold.
//
// Rows have no version: the last write wins, in the order of the commits. To have that order in
// every partition, a row is written by commits of one person only, or only by commits that move
// nobody and come from one thread. The store does not check this.
struct RowWrite {
  std::string table;                 // a name: 1 to 255 bytes without a zero byte
  std::string key;                   // 1 to 1024 bytes, any; the order is that of unsigned bytes
  std::optional<std::string> value;  // nothing removes the row; an empty value does not
};

struct Row {
  std::string key;
  std::string value;
};

// State and event of a version on the way of a commit.
struct VersionWrite {
  std::string state;
  std::string event;
};

// Whether a commit may still begin. Whoever commits keeps it until the outcome is told.
class CommitGate {
 public:
  virtual ~CommitGate() = default;
  // The store asks once, on its own thread, right before the commit becomes part of a durable
  // write. False: the commit is left out and its outcome is kNotApplied. Must not block.
  virtual bool MayBegin() = 0;
};

// One person moves from `expected_version` on: through the versions `earlier`, in order, if there
// are any, to the one of `state` and `event`. Messages get their entries and rows their values. All
// or nothing. With an empty `psn_no` nobody moves, and at least one message or row is written.
struct Commit {
  std::string psn_no;
  int64_t expected_version = 0;  // 0: the person is new
  // A Store::Position() at which the person was not beyond `expected_version`, which was read or
  // acknowledged since; 0: none is known, or commits that led there are not answered yet.
  uint64_t version_at = 0;
  std::vector<VersionWrite> earlier;
  std::string state;
  std::string event;
  std::vector<MessageWrite> messages;
  std::vector<RowWrite> rows;
  CommitGate* gate = nullptr;  // null: may always begin

  // The version the person comes to.
  int64_t new_version() const {
    return expected_version + static_cast<int64_t>(earlier.size()) + 1;
  }
};

struct CommittedPerson {
  std::string psn_no;
  int64_t version = 0;
};

// The persons one durable write moved, in the order of its commits; never none. A person that moved
// twice is there twice. Which commits share a write is the store's business: it may merge the
// groups handed to it.
struct CommittedGroup {
  uint64_t sequence = 0;
  std::vector<CommittedPerson> persons;
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

  // Rows of `table` with first <= key < end, in key order, at most `limit`. An empty `first` is the
  // start of the table, an empty `end` its end. Two calls may see two moments: a caller that pages
  // goes on from its last key and a zero byte.
  virtual absl::StatusOr<std::vector<Row>> ScanRows(absl::string_view table,
                                                    absl::string_view first, absl::string_view end,
                                                    int limit) = 0;

  // The value of a row, or nothing if there is no such row.
  virtual absl::StatusOr<std::optional<std::string>> GetRow(absl::string_view table,
                                                            absl::string_view key) = 0;

  // Groups with a sequence above `after_sequence`, oldest first, whole, until they hold at least
  // `limit` persons; none if there is nothing new. Each committed version is in one group, and
  // versions of one person are in their order. Sequences grow and have gaps; 0 is before the first.
  //
  // The cursor of a consumer is the sequence of the last group it is done with: no group appears
  // later at or below a sequence that was seen. A consumer that keeps its cursor in a row, written
  // by the commit that writes what it derived, takes every group in exactly once. A store of
  // several partitions has one sequence, and a consumer one cursor, for each.
  virtual absl::StatusOr<std::vector<CommittedGroup>> ScanGroups(uint64_t after_sequence,
                                                                 int limit) = 0;

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

  // How far the store has come, as a CommittedGroup::sequence: what is read after this call holds
  // all groups up to there. Who says so with a commit (Commit::version_at, MessageWrite::absent_at)
  // spares the store a second look: it checks against what was written since. 0: nothing is known.
  virtual uint64_t Position() const { return 0; }

  // Small tables kept whole, by name: the institutions, the catalogue, the mark of an unfinished
  // bulk load. Durable when it returns OK. An empty value removes the table.
  virtual absl::Status PutTable(absl::string_view name, absl::string_view bytes) = 0;
};

}  // namespace yijie::storage

#endif  // YIJIE_STORAGE_STORE_H_
