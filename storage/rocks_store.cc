#include "storage/rocks_store.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"
#include "storage/embedded_store.h"
#include "storage/high_water_mark.h"
#include "storage/record_codec.h"
#include "storage/rocks_options.h"
#include "storage/rocks_reader.h"
#include "storage/rocks_status.h"
#include "storage/testing_defects.h"

namespace yijie::storage {
namespace {

// An owner that is written to at full speed installs a data file every few seconds, and opening
// takes tenths of one: a few tries are enough.
constexpr int kSnapshotTries = 20;

struct Paths {
  explicit Paths(const std::string& store_directory)
      : directory(store_directory),
        database(store_directory + "/db"),
        current(database + "/CURRENT"),
        mark(store_directory + "/ACKNOWLEDGED") {}

  std::string directory;
  std::string database;
  std::string current;  // exists if and only if the database does
  std::string mark;
};

absl::StatusOr<bool> FileExists(rocksdb::FileSystem& fs, const std::string& path) {
  const rocksdb::IOStatus status = fs.FileExists(path, {}, nullptr);
  if (status.IsNotFound()) return false;
  YIJIE_RETURN_IF_ERROR(FromRocks(status, absl::StrCat("look for ", path)));
  return true;
}

absl::Status SyncDirectory(rocksdb::FileSystem& fs, const std::string& path) {
  std::unique_ptr<rocksdb::FSDirectory> directory;
  rocksdb::IOStatus status = fs.NewDirectory(path, {}, &directory, nullptr);
  if (status.ok()) status = directory->Fsync({}, nullptr);
  return FromRocks(status, absl::StrCat("sync the directory ", path));
}

std::string Parent(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Makes the directories, durably. With `create` false they must be there.
absl::Status MakeDirectories(rocksdb::FileSystem& fs, const Paths& paths, bool create) {
  YIJIE_ASSIGN_OR_RETURN(const bool exists, FileExists(fs, paths.database));
  if (exists) return absl::OkStatus();
  if (!create) {
    return absl::NotFoundError(absl::StrCat("no store in ", paths.directory));
  }
  for (const std::string& path : {paths.directory, paths.database}) {
    YIJIE_RETURN_IF_ERROR(FromRocks(fs.CreateDirIfMissing(path, {}, nullptr),
                                    absl::StrCat("create the directory ", path)));
    YIJIE_RETURN_IF_ERROR(SyncDirectory(fs, Parent(path)));
  }
  return absl::OkStatus();
}

// Without CURRENT RocksDB would take the directory for a new one and delete what is in it.
absl::Status CheckNoData(rocksdb::FileSystem& fs, const Paths& paths) {
  std::vector<std::string> names;
  YIJIE_RETURN_IF_ERROR(FromRocks(fs.GetChildren(paths.database, {}, &names, nullptr),
                                  absl::StrCat("list the directory ", paths.database)));
  for (const std::string& name : names) {
    if (absl::EndsWith(name, ".sst") || absl::EndsWith(name, ".log")) {
      return absl::DataLossError(absl::StrCat(paths.current, " is missing, but there is data (",
                                              name, "): restore a copy of the store"));
    }
  }
  return absl::OkStatus();
}

// Checks the format, and gives the sequence of the newest group; 0 if there is none.
absl::StatusOr<uint64_t> ReadSequence(rocksdb::DB& db) {
  YIJIE_ASSIGN_OR_RETURN(const std::optional<std::string> format,
                         GetRecord(db, kFormatKey, "read the format record"));
  if (format) {
    YIJIE_RETURN_IF_ERROR(CheckFormatRecord(*format));
  } else {
    rocksdb::ReadOptions options;
    options.total_order_seek = true;
    const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator(options));
    it->SeekToFirst();
    YIJIE_RETURN_IF_ERROR(FromRocks(it->status(), "read the store"));
    if (it->Valid()) {
      return absl::DataLossError("the store has data but no format record: restore a copy");
    }
  }
  YIJIE_ASSIGN_OR_RETURN(const std::optional<std::string> sequence,
                         GetRecord(db, kSequenceKey, "read the sequence record"));
  if (!sequence) return 0;
  return DecodeSequenceRecord(*sequence);
}

absl::Status BehindMark(uint64_t recovered, uint64_t mark) {
  return absl::DataLossError(
      absl::StrCat("the store recovered to group ", recovered, " but group ", mark,
                   " was acknowledged: acknowledged commits are lost. Nothing was changed. Keep ",
                   "the directory, and restore a copy that has group ", mark));
}

// What the mark file says about a store that recovered to `sequence`.
absl::Status CheckMark(const absl::StatusOr<uint64_t>& mark, uint64_t sequence) {
  if (mark.ok()) return sequence < *mark ? BehindMark(sequence, *mark) : absl::OkStatus();
  // A store that never acknowledged may have been cut off before its mark was written.
  const bool no_mark = absl::IsNotFound(mark.status()) || absl::IsDataLoss(mark.status());
  if (no_mark && sequence == 0) return absl::OkStatus();
  if (!no_mark) return mark.status();
  return absl::DataLossError(absl::StrCat(
      "the store is at group ", sequence, " but what was acknowledged is not known: ",
      mark.status().message(), ". Restore ACKNOWLEDGED together with db/ from one copy"));
}

// Name and size of the manifest, which grows with every data file that is added or dropped.
absl::StatusOr<std::string> ManifestState(rocksdb::FileSystem& fs, const Paths& paths) {
  std::string name;
  YIJIE_RETURN_IF_ERROR(FromRocks(rocksdb::ReadFileToString(&fs, paths.current, &name),
                                  absl::StrCat("read ", paths.current)));
  const std::string path = absl::StrCat(paths.database, "/", absl::StripSuffix(name, "\n"));
  uint64_t bytes = 0;
  YIJIE_RETURN_IF_ERROR(
      FromRocks(fs.GetFileSize(path, {}, &bytes, nullptr), absl::StrCat("look at ", path)));
  return absl::StrCat(name, bytes);
}

// Recovers in memory only and checks what comes out; nothing of the store is changed.
absl::StatusOr<std::unique_ptr<rocksdb::DB>> RecoverInMemory(const rocksdb::Options& options,
                                                             const Paths& paths,
                                                             const absl::StatusOr<uint64_t>& mark) {
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, paths.database, &opened);
  std::unique_ptr<rocksdb::DB> db(opened);
  YIJIE_RETURN_IF_ERROR(FromRocks(status, "recover the store"));
  YIJIE_ASSIGN_OR_RETURN(const uint64_t sequence, ReadSequence(*db));
  YIJIE_RETURN_IF_ERROR(CheckMark(mark, sequence));
  return db;
}

absl::StatusOr<std::unique_ptr<rocksdb::DB>> OpenDatabase(rocksdb::FileSystem& fs,
                                                          const Paths& paths, bool create,
                                                          rocksdb::Env* env,
                                                          const absl::StatusOr<uint64_t>& mark) {
  rocksdb::Options options = MakeRocksOptions(env);
  YIJIE_RETURN_IF_ERROR(
      FromRocks(rocksdb::CreateLoggerFromOptions(paths.database, options, &options.info_log),
                "write in the store's directory"));
  YIJIE_ASSIGN_OR_RETURN(const bool exists, FileExists(fs, paths.current));
  if (exists) {
    // A store that is refused keeps every byte of its log: opening for writing would drop what
    // recovery did not understand.
    YIJIE_RETURN_IF_ERROR(RecoverInMemory(options, paths, mark).status());
  } else {
    YIJIE_RETURN_IF_ERROR(CheckMark(mark, 0));
    YIJIE_RETURN_IF_ERROR(CheckNoData(fs, paths));
    if (!create) return absl::NotFoundError(absl::StrCat("no store in ", paths.directory));
  }
  options.create_if_missing = !exists;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, paths.database, &opened);
  std::unique_ptr<rocksdb::DB> db(opened);
  YIJIE_RETURN_IF_ERROR(FromRocks(status, "open the store"));
  return db;
}

// Merging may need as much free disk as there is data: both are said, for whoever sets alarms.
void LogOpen(rocksdb::FileSystem& fs, const Paths& paths, rocksdb::DB& db, uint64_t sequence) {
  uint64_t data_bytes = 0, free_bytes = 0;
  db.GetIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &data_bytes);
  fs.GetFreeSpace(paths.directory, {}, &free_bytes, nullptr).PermitUncheckedError();
  LogLine("store_open")
      .Number("group", static_cast<int64_t>(sequence))
      .Number("data_bytes", static_cast<int64_t>(data_bytes))
      .Number("free_bytes", static_cast<int64_t>(free_bytes));
}

absl::StatusOr<std::unique_ptr<Store>> Open(RocksOptions options, Defect defect) {
  if (options.directory.empty()) return absl::InvalidArgumentError("the store needs a directory");
  if (options.max_group == 0) return absl::InvalidArgumentError("max_group is 0");
  rocksdb::Env* const env = options.env != nullptr ? options.env : rocksdb::Env::Default();
  rocksdb::FileSystem& fs = *env->GetFileSystem();
  const Paths paths(options.directory);

  YIJIE_RETURN_IF_ERROR(MakeDirectories(fs, paths, options.create_if_missing));
  YIJIE_ASSIGN_OR_RETURN(std::unique_ptr<DirectoryLock> lock,
                         DirectoryLock::Take(fs, paths.directory));
  const absl::StatusOr<uint64_t> old_mark = HighWaterMark::Read(fs, paths.mark);
  YIJIE_ASSIGN_OR_RETURN(std::unique_ptr<rocksdb::DB> db,
                         OpenDatabase(fs, paths, options.create_if_missing, env, old_mark));
  YIJIE_ASSIGN_OR_RETURN(const uint64_t sequence, ReadSequence(*db));
  YIJIE_RETURN_IF_ERROR(CheckMark(old_mark, sequence));

  if (sequence == 0) {
    // New, or cut off while it was new.
    YIJIE_RETURN_IF_ERROR(
        FromRocks(db->Put(MakeWriteOptions(), ToSlice(kFormatKey), EncodeFormatRecord()),
                  "write the format record"));
  }
  if (!old_mark.ok()) {
    YIJIE_RETURN_IF_ERROR(HighWaterMark::Create(fs, paths.mark));
    YIJIE_RETURN_IF_ERROR(SyncDirectory(fs, paths.directory));
  }
  YIJIE_ASSIGN_OR_RETURN(std::unique_ptr<HighWaterMark> mark, HighWaterMark::Open(fs, paths.mark));
  // Groups above the old mark are now answered from, so they count as acknowledged. They are
  // durable: opening flushed what it recovered.
  YIJIE_RETURN_IF_ERROR(mark->Write(sequence));

  GroupWriter::Settings settings{options.directory,
                                 options.max_group,
                                 options.min_free_bytes,
                                 std::move(options.on_group),
                                 std::move(options.on_failure),
                                 defect};
  LogOpen(fs, paths, *db, sequence);
  return std::unique_ptr<Store>(std::make_unique<EmbeddedStore>(
      std::move(lock), std::move(db), std::move(mark), sequence, std::move(settings)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(RocksOptions options) {
  return Open(std::move(options), Defect::kNone);
}

absl::StatusOr<std::unique_ptr<StoreReader>> OpenRocksSnapshot(const std::string& directory,
                                                               rocksdb::Env* env) {
  if (env == nullptr) env = rocksdb::Env::Default();
  rocksdb::FileSystem& fs = *env->GetFileSystem();
  const Paths paths(directory);
  YIJIE_ASSIGN_OR_RETURN(const bool exists, FileExists(fs, paths.current));
  if (!exists) return absl::NotFoundError(absl::StrCat("no store in ", directory));
  // The owner may write a log out to a data file and delete it while we read which files there are,
  // and RocksDB would open without what was in between. But it changes the manifest first: if that
  // stands as it did, nothing went. Once the database is open all its files are (max_open_files).
  for (int tries = 0; tries < kSnapshotTries; ++tries) {
    const absl::StatusOr<uint64_t> mark = HighWaterMark::Read(fs, paths.mark);
    const absl::StatusOr<std::string> before = ManifestState(fs, paths);
    absl::StatusOr<std::unique_ptr<rocksdb::DB>> db =
        RecoverInMemory(MakeRocksOptions(env), paths, mark);
    const absl::StatusOr<std::string> after = ManifestState(fs, paths);
    if (!before.ok() || !after.ok() || *before != *after) continue;
    if (db.ok()) return std::make_unique<RocksReader>(*std::move(db));
    return db.status();
  }
  return absl::UnavailableError(
      absl::StrCat("another process changes the files of ", directory, " all the time: try again"));
}

absl::StatusOr<std::unique_ptr<Store>> OpenRocksStoreWithDefect(RocksOptions options,
                                                                Defect defect) {
  return Open(std::move(options), defect);
}

}  // namespace yijie::storage
