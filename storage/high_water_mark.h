#ifndef YIJIE_STORAGE_HIGH_WATER_MARK_H_
#define YIJIE_STORAGE_HIGH_WATER_MARK_H_

// The acknowledged high-water mark: the sequence of the newest group that was answered, in a file
// outside RocksDB. RocksDB recovers without complaint from a log that lost synced records at its
// end; a recovered sequence below the mark shows it.
//
// File: two slots of 512 bytes, sequence n in slot n % 2, so a torn write leaves the one before.
// Slot: "YJMARK1" 0x00, sequence (8, big-endian), crc32 of these 16 (4, big-endian), zeros.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "rocksdb/file_system.h"

namespace yijie::storage {

class HighWaterMark {
 public:
  // NOT_FOUND: no file. DATA_LOSS: no slot can be read. `fs` outlives the call.
  static absl::StatusOr<uint64_t> Read(rocksdb::FileSystem& fs, const std::string& path);

  // Writes a new file that says 0, durable except for its name in the directory. It replaces a
  // file of this name.
  static absl::Status Create(rocksdb::FileSystem& fs, const std::string& path);

  // Opens an existing file and starts the thread that syncs it. `fs` outlives the object.
  static absl::StatusOr<std::unique_ptr<HighWaterMark>> Open(rocksdb::FileSystem& fs,
                                                             const std::string& path);

  // Syncs and closes.
  ~HighWaterMark();

  // Records `sequence`, which must be durable in the store. Survives the process at once, power
  // within about kSyncInterval. Called by one thread. Fails, from then on for ever, when the file
  // could not be written or synced.
  absl::Status Write(uint64_t sequence);

 private:
  HighWaterMark(std::unique_ptr<rocksdb::FSRandomRWFile> write_file,
                std::unique_ptr<rocksdb::FSRandomRWFile> sync_file);
  void SyncLoop();
  void Fail(const rocksdb::IOStatus& status);

  // One handle for each thread: a file handle of RocksDB is for one thread at a time.
  const std::unique_ptr<rocksdb::FSRandomRWFile> write_file_;
  const std::unique_ptr<rocksdb::FSRandomRWFile> sync_file_;
  std::atomic<bool> failed_{false};

  Mutex mutex_;
  CondVar changed_;
  bool dirty_ ABSL_GUARDED_BY(mutex_) = false;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread sync_thread_;
};

}  // namespace yijie::storage

#endif  // YIJIE_STORAGE_HIGH_WATER_MARK_H_
