#ifndef YIJIE_TESTS_STORAGE_FAULT_FS_H_
#define YIJIE_TESTS_STORAGE_FAULT_FS_H_

// A file system over the machine's own that loses power, fails calls, and holds back flushes.
//
// What a power cut leaves of a file:
//   appended to   the synced bytes, a random part of the others, and now and then garbage after
//   them overwritten   per 512-byte sector: old, new, or the start of new and the rest of old
//   created       nothing, unless the directory was synced since, or a rename in it came later:
//                 journals keep the order of names
// Not modelled: renames and removals, which are durable at once, and rot of synced bytes.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "base/mutex.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace yijie::storage {

class FaultFs final : public rocksdb::FileSystemWrapper {
 public:
  // What is counted, and can be where a fault strikes.
  enum class Watch : uint8_t {
    kCommitPath,  // appends and syncs of the log, writes of the mark
    kEverything,  // every change of a file or directory
  };
  enum class Fault : uint8_t {
    kPowerCut,      // half done, then nothing works until RestorePower
    kError,         // not done, and reported as an error
    kErrorButDone,  // an append half done, a sync or overwrite done; reported as an error
  };

  explicit FaultFs(uint64_t seed);

  static const char* kClassName() { return "yijie.FaultFs"; }
  const char* Name() const override { return kClassName(); }

  // `fault` strikes once, in the n-th watched operation from now; 1 is the next one.
  void Arm(Watch watch, int64_t n, Fault fault);
  // Operations of the kind given to Arm since then.
  int64_t operations() const;
  bool power_is_off() const;

  // Turns power off, if it is on, and on again: the files are as the disk has them. No file may be
  // open any more.
  void RestorePower();

  // Reported as free space; nothing: the machine's own.
  void SetFreeBytes(std::optional<uint64_t> bytes);
  // While held, nothing is written to data files, so memtables pile up.
  void HoldDataFiles(bool hold);

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* result,
                                       rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus ReuseWritableFile(const std::string& path, const std::string& old_path,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* result,
                                      rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus NewRandomRWFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSRandomRWFile>* result,
                                    rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* result,
                                 rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus Truncate(const std::string& path, size_t size,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus GetFreeSpace(const std::string& path, const rocksdb::IOOptions& options,
                                 uint64_t* free_bytes, rocksdb::IODebugContext* dbg) override;

 private:
  class AppendFile;
  class OverwriteFile;
  class Directory;

  // What the disk has of a file, as far as it differs from what was written.
  struct FileState {
    uint64_t written = 0;
    uint64_t synced = 0;
    bool name_durable = false;
    // Of overwritten files.
    std::optional<std::string> current;
    std::string durable;
  };

  // Whether the operation goes wrong, and how. Turns the power off.
  std::optional<Fault> Strike(bool commit_path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MakeNamesDurable(const std::string& directory) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LoseTail(const std::string& path, const FileState& state)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LoseOverwrites(const std::string& path, const FileState& state)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint64_t Random(uint64_t limit) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);  // 0 to limit

  mutable Mutex mutex_;
  CondVar released_;
  std::mt19937_64 random_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, FileState> files_ ABSL_GUARDED_BY(mutex_);
  Watch watch_ ABSL_GUARDED_BY(mutex_) = Watch::kCommitPath;
  Fault fault_ ABSL_GUARDED_BY(mutex_) = Fault::kError;
  int64_t operations_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t strike_at_ ABSL_GUARDED_BY(mutex_) = 0;  // 0: never
  bool power_is_off_ ABSL_GUARDED_BY(mutex_) = false;
  bool hold_data_files_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<uint64_t> free_bytes_ ABSL_GUARDED_BY(mutex_);
};

// The environment of a store on `fs`.
std::unique_ptr<rocksdb::Env> EnvOver(std::shared_ptr<FaultFs> fs);

}  // namespace yijie::storage

#endif  // YIJIE_TESTS_STORAGE_FAULT_FS_H_
