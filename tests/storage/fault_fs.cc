#include "tests/storage/fault_fs.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "base/check.h"

namespace yijie::storage {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr size_t kSectorBytes = 512;

bool IsLog(const std::string& path) { return absl::EndsWith(path, ".log"); }
bool IsData(const std::string& path) { return absl::EndsWith(path, ".sst"); }

IOStatus PowerIsOff() { return IOStatus::IOError("test: the power is off"); }
IOStatus Injected() { return IOStatus::IOError("test: input/output error"); }

std::string ParentOf(const std::string& path) { return path.substr(0, path.find_last_of('/')); }

}  // namespace

class FaultFs::AppendFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  AppendFile(FaultFs& fs, std::string path, std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), fs_(fs), path_(std::move(path)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* dbg) override {
    MutexLock lock(fs_.mutex_);
    while (IsData(path_) && fs_.hold_data_files_) fs_.released_.Wait(fs_.mutex_);
    if (fs_.power_is_off_) return PowerIsOff();
    const std::optional<Fault> fault = fs_.Strike(IsLog(path_));
    Slice part = data;
    if (fault == Fault::kError) return Injected();
    if (fault) part = Slice(data.data(), fs_.Random(data.size()));
    IOStatus status = target()->Append(part, options, dbg);
    if (status.ok()) fs_.files_[path_].written += part.size();
    return fault ? Injected() : status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& /*checksum*/, IODebugContext* dbg) override {
    return Append(data, options, dbg);
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* dbg) override {
    MutexLock lock(fs_.mutex_);
    if (fs_.power_is_off_) return PowerIsOff();
    FileState& state = fs_.files_[path_];
    state.written = std::min(state.written, size);
    state.synced = std::min(state.synced, size);
    return target()->Truncate(size, options, dbg);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* dbg) override {
    MutexLock lock(fs_.mutex_);
    if (fs_.power_is_off_) return PowerIsOff();
    const std::optional<Fault> fault = fs_.Strike(IsLog(path_));
    const bool done = !fault || fault == Fault::kErrorButDone ||
                      (fault == Fault::kPowerCut && fs_.Random(1) == 1);
    IOStatus status = done ? target()->Sync(options, dbg) : IOStatus::OK();
    FileState& state = fs_.files_[path_];
    if (done && status.ok()) state.synced = state.written;
    return fault ? Injected() : status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    return Sync(options, dbg);
  }
  // A hint to start writing; promises nothing.
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  FaultFs& fs_;
  const std::string path_;
};

class FaultFs::OverwriteFile final : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  OverwriteFile(FaultFs& fs, std::string path, std::unique_ptr<rocksdb::FSRandomRWFile> file)
      : FSRandomRWFileOwnerWrapper(std::move(file)), fs_(fs), path_(std::move(path)) {}

  IOStatus Write(uint64_t offset, const Slice& data, const IOOptions& options,
                 IODebugContext* dbg) override {
    MutexLock lock(fs_.mutex_);
    if (fs_.power_is_off_) return PowerIsOff();
    const std::optional<Fault> fault = fs_.Strike(/*commit_path=*/true);
    if (fault == Fault::kError || (fault == Fault::kPowerCut && fs_.Random(1) == 0)) {
      return Injected();
    }
    IOStatus status = target()->Write(offset, data, options, dbg);
    if (status.ok()) {
      std::string& current = *fs_.files_[path_].current;
      current.resize(std::max(current.size(), static_cast<size_t>(offset) + data.size()));
      std::copy(data.data(), data.data() + data.size(),
                current.begin() + static_cast<std::ptrdiff_t>(offset));
    }
    return fault ? Injected() : status;
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* dbg) override {
    MutexLock lock(fs_.mutex_);
    if (fs_.power_is_off_) return PowerIsOff();
    IOStatus status = target()->Sync(options, dbg);
    FileState& state = fs_.files_[path_];
    if (status.ok()) state.durable = *state.current;
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    return Sync(options, dbg);
  }

 private:
  FaultFs& fs_;
  const std::string path_;
};

class FaultFs::Directory final : public rocksdb::FSDirectoryWrapper {
 public:
  Directory(FaultFs& fs, std::string path, std::unique_ptr<rocksdb::FSDirectory> directory)
      : FSDirectoryWrapper(std::move(directory)), fs_(fs), path_(std::move(path)) {
    while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
  }

  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    MutexLock lock(fs_.mutex_);
    if (fs_.power_is_off_) return PowerIsOff();
    const std::optional<Fault> fault = fs_.Strike(/*commit_path=*/false);
    if (fault && fault != Fault::kErrorButDone) return Injected();
    IOStatus status = FSDirectoryWrapper::Fsync(options, dbg);
    if (!status.ok()) return status;
    fs_.MakeNamesDurable(path_);
    return fault ? Injected() : status;
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* dbg,
                               const rocksdb::DirFsyncOptions& /*reason*/) override {
    return Fsync(options, dbg);
  }

 private:
  FaultFs& fs_;
  std::string path_;
};

FaultFs::FaultFs(uint64_t seed)
    : FileSystemWrapper(rocksdb::FileSystem::Default()), random_(seed) {}

void FaultFs::Arm(Watch watch, int64_t n, Fault fault) {
  MutexLock lock(mutex_);
  watch_ = watch;
  fault_ = fault;
  strike_at_ = n;
  operations_ = 0;
}

int64_t FaultFs::operations() const {
  MutexLock lock(mutex_);
  return operations_;
}

bool FaultFs::power_is_off() const {
  MutexLock lock(mutex_);
  return power_is_off_;
}

void FaultFs::SetFreeBytes(std::optional<uint64_t> bytes) {
  MutexLock lock(mutex_);
  free_bytes_ = bytes;
}

void FaultFs::HoldDataFiles(bool hold) {
  MutexLock lock(mutex_);
  hold_data_files_ = hold;
  released_.NotifyAll();
}

uint64_t FaultFs::Random(uint64_t limit) {
  return std::uniform_int_distribution<uint64_t>(0, limit)(random_);
}

std::optional<FaultFs::Fault> FaultFs::Strike(bool commit_path) {
  if (watch_ == Watch::kCommitPath && !commit_path) return std::nullopt;
  if (++operations_ != strike_at_) return std::nullopt;
  if (fault_ == Fault::kPowerCut) power_is_off_ = true;
  return fault_;
}

void FaultFs::MakeNamesDurable(const std::string& directory) {
  for (auto& [path, state] : files_) {
    if (ParentOf(path) == directory) state.name_durable = true;
  }
}

void FaultFs::RestorePower() {
  MutexLock lock(mutex_);
  for (const auto& [path, state] : files_) {
    if (!state.name_durable) {
      target()->DeleteFile(path, {}, nullptr).PermitUncheckedError();
    } else if (state.current) {
      LoseOverwrites(path, state);
    } else if (state.synced < state.written) {
      LoseTail(path, state);
    }
  }
  files_.clear();
  power_is_off_ = false;
  strike_at_ = 0;
}

void FaultFs::LoseTail(const std::string& path, const FileState& state) {
  const uint64_t kept = state.synced + Random(state.written - state.synced);
  YIJIE_CHECK(truncate(path.c_str(), static_cast<off_t>(kept)) == 0, "cut a file");
  if (Random(3) != 0) return;
  std::string garbage(Random(state.written - kept), '\0');
  if (Random(1) == 0) {
    for (char& byte : garbage) byte = static_cast<char>(Random(255));
  }
  const int fd = open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  YIJIE_CHECK(write(fd, garbage.data(), garbage.size()) == static_cast<ssize_t>(garbage.size()),
              "write garbage");
  close(fd);
}

void FaultFs::LoseOverwrites(const std::string& path, const FileState& state) {
  std::string kept = state.durable;
  YIJIE_CHECK(kept.size() == state.current->size(), "overwrites keep the size");
  for (size_t sector = 0; sector < kept.size(); sector += kSectorBytes) {
    const size_t sector_bytes = std::min(kSectorBytes, kept.size() - sector);
    const uint64_t fate = Random(2);  // old, new, torn
    const size_t bytes = fate == 0 ? 0 : fate == 1 ? sector_bytes : Random(sector_bytes);
    kept.replace(sector, bytes, *state.current, sector, bytes);
  }
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  YIJIE_CHECK(pwrite(fd, kept.data(), kept.size(), 0) == static_cast<ssize_t>(kept.size()),
              "write back an overwritten file");
  close(fd);
}

IOStatus FaultFs::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                  std::unique_ptr<rocksdb::FSWritableFile>* result,
                                  IODebugContext* dbg) {
  MutexLock lock(mutex_);
  if (power_is_off_) return PowerIsOff();
  if (Strike(/*commit_path=*/false)) return Injected();
  std::unique_ptr<rocksdb::FSWritableFile> file;
  IOStatus status = target()->NewWritableFile(path, options, &file, dbg);
  if (!status.ok()) return status;
  files_[path] = FileState();
  *result = std::make_unique<AppendFile>(*this, path, std::move(file));
  return status;
}

IOStatus FaultFs::ReopenWritableFile(const std::string&, const rocksdb::FileOptions&,
                                     std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) {
  return IOStatus::NotSupported("test: the store appends to new files only");
}

IOStatus FaultFs::ReuseWritableFile(const std::string&, const std::string&,
                                    const rocksdb::FileOptions&,
                                    std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) {
  return IOStatus::NotSupported("test: the store does not reuse files");
}

IOStatus FaultFs::NewRandomRWFile(const std::string& path, const rocksdb::FileOptions& options,
                                  std::unique_ptr<rocksdb::FSRandomRWFile>* result,
                                  IODebugContext* dbg) {
  MutexLock lock(mutex_);
  if (power_is_off_) return PowerIsOff();
  std::unique_ptr<rocksdb::FSRandomRWFile> file;
  IOStatus status = target()->NewRandomRWFile(path, options, &file, dbg);
  if (!status.ok()) return status;
  const bool known = files_.count(path) > 0;
  FileState& state = files_[path];
  if (!known) state.name_durable = true;  // it was there before
  if (!state.current) {
    state.current.emplace();
    status = rocksdb::ReadFileToString(target(), path, &*state.current);
    state.durable = *state.current;
  }
  *result = std::make_unique<OverwriteFile>(*this, path, std::move(file));
  return status;
}

IOStatus FaultFs::NewDirectory(const std::string& path, const IOOptions& options,
                               std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext* dbg) {
  std::unique_ptr<rocksdb::FSDirectory> directory;
  IOStatus status = target()->NewDirectory(path, options, &directory, dbg);
  if (status.ok()) *result = std::make_unique<Directory>(*this, path, std::move(directory));
  return status;
}

IOStatus FaultFs::DeleteFile(const std::string& path, const IOOptions& options,
                             IODebugContext* dbg) {
  MutexLock lock(mutex_);
  if (power_is_off_) return PowerIsOff();
  if (Strike(/*commit_path=*/false)) return Injected();
  files_.erase(path);
  return target()->DeleteFile(path, options, dbg);
}

IOStatus FaultFs::RenameFile(const std::string& from, const std::string& to,
                             const IOOptions& options, IODebugContext* dbg) {
  MutexLock lock(mutex_);
  if (power_is_off_) return PowerIsOff();
  if (Strike(/*commit_path=*/false)) return Injected();
  IOStatus status = target()->RenameFile(from, to, options, dbg);
  if (!status.ok()) return status;
  MakeNamesDurable(ParentOf(from));
  const auto moved = files_.find(from);
  if (moved == files_.end()) return status;
  FileState state = moved->second;
  files_.erase(moved);
  files_[to] = std::move(state);
  return status;
}

IOStatus FaultFs::Truncate(const std::string& path, size_t size, const IOOptions& options,
                           IODebugContext* dbg) {
  MutexLock lock(mutex_);
  if (power_is_off_) return PowerIsOff();
  const auto file = files_.find(path);
  if (file != files_.end()) {
    file->second.written = std::min<uint64_t>(file->second.written, size);
    file->second.synced = std::min<uint64_t>(file->second.synced, size);
  }
  return target()->Truncate(path, size, options, dbg);
}

IOStatus FaultFs::GetFreeSpace(const std::string& path, const IOOptions& options,
                               uint64_t* free_bytes, IODebugContext* dbg) {
  {
    MutexLock lock(mutex_);
    if (free_bytes_) {
      *free_bytes = *free_bytes_;
      return IOStatus::OK();
    }
  }
  return target()->GetFreeSpace(path, options, free_bytes, dbg);
}

std::unique_ptr<rocksdb::Env> EnvOver(std::shared_ptr<FaultFs> fs) {
  return rocksdb::NewCompositeEnv(std::move(fs));
}

}  // namespace yijie::storage
