#include "storage/embedded_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "storage/record_codec.h"

namespace yijie::storage {

absl::StatusOr<std::unique_ptr<DirectoryLock>> DirectoryLock::Take(rocksdb::FileSystem& fs,
                                                                   const std::string& directory) {
  rocksdb::FileLock* lock = nullptr;
  const rocksdb::IOStatus status =
      fs.LockFile(absl::StrCat(directory, "/LOCK"), {}, &lock, nullptr);
  if (!status.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store in ", directory, " is in use by another process, or its LOCK file ",
                     "cannot be written (", status.ToString(), "): stop the other process"));
  }
  return std::unique_ptr<DirectoryLock>(new DirectoryLock(fs, lock));
}

DirectoryLock::~DirectoryLock() { fs_.UnlockFile(lock_, {}, nullptr).PermitUncheckedError(); }

EmbeddedStore::EmbeddedStore(std::unique_ptr<DirectoryLock> lock, std::unique_ptr<rocksdb::DB> db,
                             std::unique_ptr<HighWaterMark> mark, uint64_t sequence,
                             GroupWriter::Settings settings)
    : lock_(std::move(lock)),
      db_(std::move(db)),
      mark_(std::move(mark)),
      reader_(db_),
      writer_(*db_, *mark_, sequence, std::move(settings)) {}

EmbeddedStore::~EmbeddedStore() = default;

void EmbeddedStore::CommitGroup(std::vector<Commit> group, CommitDone done) {
  writer_.Submit(std::move(group), std::move(done));
}

absl::Status EmbeddedStore::PutTable(absl::string_view name, absl::string_view bytes) {
  YIJIE_RETURN_IF_ERROR(CheckName("table name", name));
  switch (writer_.SubmitTable(std::string(name), std::string(bytes))) {
    case CommitOutcome::kDone:
      return absl::OkStatus();
    case CommitOutcome::kUnknown:
      return absl::UnknownError(
          absl::StrCat("table ", name, " may be stored or not: restart the process and look"));
    default:
      return absl::ResourceExhaustedError(
          absl::StrCat("table ", name, " is not stored: the disk is nearly full or too slow; make ",
                       "room and try again"));
  }
}

}  // namespace yijie::storage
