#include "storage/high_water_mark.h"

#include <array>
#include <chrono>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "base/thread_name.h"
#include "storage/crc.h"
#include "storage/rocks_status.h"

namespace yijie::storage {
namespace {

constexpr size_t kSlotBytes = 512;  // what a disk writes whole
constexpr size_t kSlots = 2;
constexpr size_t kFileBytes = kSlots * kSlotBytes;
constexpr std::array<char, 8> kMagic = {'Y', 'J', 'M', 'A', 'R', 'K', '1', '\0'};
constexpr size_t kSequenceOffset = kMagic.size();
constexpr size_t kCrcOffset = kSequenceOffset + 8;

// Longest time a mark is only in the memory of the machine.
constexpr std::chrono::milliseconds kSyncInterval{100};

using Slot = std::array<char, kSlotBytes>;

uint32_t SlotCrc(const char* slot) { return ExtendCrc32(0, slot, kCrcOffset); }

Slot EncodeSlot(uint64_t sequence) {
  Slot slot{};
  std::memcpy(slot.data(), kMagic.data(), kMagic.size());
  for (size_t i = 0; i < 8; ++i) {
    slot[kSequenceOffset + i] = static_cast<char>((sequence >> (56 - 8 * i)) & 0xff);
  }
  const uint32_t crc = SlotCrc(slot.data());
  for (size_t i = 0; i < 4; ++i) {
    slot[kCrcOffset + i] = static_cast<char>((crc >> (24 - 8 * i)) & 0xff);
  }
  return slot;
}

std::optional<uint64_t> DecodeSlot(absl::string_view slot) {
  uint64_t sequence = 0;
  for (size_t i = 0; i < 8; ++i) {
    sequence = sequence << 8 | static_cast<uint8_t>(slot[kSequenceOffset + i]);
  }
  // Comparing the whole slot checks magic, checksum and padding at once.
  const Slot whole = EncodeSlot(sequence);
  if (slot != absl::string_view(whole.data(), whole.size())) return std::nullopt;
  return sequence;
}

}  // namespace

absl::StatusOr<uint64_t> HighWaterMark::Read(rocksdb::FileSystem& fs, const std::string& path) {
  const rocksdb::IOStatus exists = fs.FileExists(path, {}, nullptr);
  if (exists.IsNotFound()) return absl::NotFoundError(absl::StrCat("no file ", path));
  std::string bytes;
  YIJIE_RETURN_IF_ERROR(
      FromRocks(rocksdb::ReadFileToString(&fs, path, &bytes), "read the acknowledged mark"));
  std::optional<uint64_t> newest;
  for (size_t i = 0; bytes.size() == kFileBytes && i < kSlots; ++i) {
    const auto sequence = DecodeSlot(absl::string_view(bytes).substr(i * kSlotBytes, kSlotBytes));
    if (sequence && (!newest || *sequence > *newest)) newest = sequence;
  }
  if (!newest) {
    return absl::DataLossError(absl::StrCat("no slot of the acknowledged mark ", path,
                                            " can be read: restore a copy of the store"));
  }
  return *newest;
}

absl::Status HighWaterMark::Create(rocksdb::FileSystem& fs, const std::string& path) {
  const Slot zero = EncodeSlot(0);
  std::string bytes(zero.data(), zero.size());
  bytes += bytes;
  return FromRocks(rocksdb::WriteStringToFile(&fs, bytes, path, /*should_sync=*/true),
                   "create the acknowledged mark");
}

absl::StatusOr<std::unique_ptr<HighWaterMark>> HighWaterMark::Open(rocksdb::FileSystem& fs,
                                                                   const std::string& path) {
  std::unique_ptr<rocksdb::FSRandomRWFile> write_file;
  std::unique_ptr<rocksdb::FSRandomRWFile> sync_file;
  for (auto* file : {&write_file, &sync_file}) {
    YIJIE_RETURN_IF_ERROR(
        FromRocks(fs.NewRandomRWFile(path, {}, file, nullptr), "open the acknowledged mark"));
  }
  return std::unique_ptr<HighWaterMark>(
      new HighWaterMark(std::move(write_file), std::move(sync_file)));
}

HighWaterMark::HighWaterMark(std::unique_ptr<rocksdb::FSRandomRWFile> write_file,
                             std::unique_ptr<rocksdb::FSRandomRWFile> sync_file)
    : write_file_(std::move(write_file)), sync_file_(std::move(sync_file)) {
  sync_thread_ = std::thread([this] { SyncLoop(); });
}

HighWaterMark::~HighWaterMark() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  changed_.NotifyOne();
  sync_thread_.join();
}

absl::Status HighWaterMark::Write(uint64_t sequence) {
  if (!failed_) {
    const Slot slot = EncodeSlot(sequence);
    const rocksdb::IOStatus status = write_file_->Write(
        (sequence % kSlots) * kSlotBytes, rocksdb::Slice(slot.data(), slot.size()), {}, nullptr);
    if (!status.ok()) Fail(status);
  }
  if (failed_) return absl::UnavailableError("the acknowledged mark cannot be written");
  bool was_dirty = false;
  {
    MutexLock lock(mutex_);
    was_dirty = std::exchange(dirty_, true);
  }
  if (!was_dirty) changed_.NotifyOne();
  return absl::OkStatus();
}

void HighWaterMark::SyncLoop() {
  NameThisThread("mark");
  for (;;) {
    {
      MutexLock lock(mutex_);
      while (!dirty_ && !stop_) changed_.Wait(mutex_);
      if (!dirty_) return;  // told to stop, and all is synced
      dirty_ = false;
    }
    // After a failed sync the kernel may have dropped the pages: a second sync would lie.
    if (failed_) continue;
    const rocksdb::IOStatus status = sync_file_->Sync({}, nullptr);
    if (!status.ok()) Fail(status);
    const auto next = std::chrono::steady_clock::now() + kSyncInterval;
    MutexLock lock(mutex_);
    while (!stop_ && std::chrono::steady_clock::now() < next) {
      changed_.WaitFor(mutex_, next - std::chrono::steady_clock::now());
    }
  }
}

void HighWaterMark::Fail(const rocksdb::IOStatus& status) {
  if (failed_.exchange(true)) return;
  LogLine("store_mark_failed").Text("what", status.ToString());
}

}  // namespace yijie::storage
