#include "bench/raw_store.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "storage/batch_builder.h"  // and RocksDB with it: only storage/ includes that by name
#include "storage/record_codec.h"
#include "storage/rocks_options.h"
#include "storage/rocks_status.h"

namespace yijie::bench {
namespace {

struct Record {
  std::string key, value;
};

// Makes a key that was not written yet out of one of the same length.
void Renumber(uint64_t number, std::string* key) {
  for (size_t i = 1; i <= 8; ++i) {
    (*key)[key->size() - i] = static_cast<char>(number & 0xff);
    number >>= 8;
  }
}

}  // namespace

struct RawStore::Impl {
  std::unique_ptr<rocksdb::DB> db;
  std::vector<Record> persons, messages;  // one of each a commit
  std::vector<std::string> psn_nos;       // by commit
  uint64_t written = 0;
  uint64_t batches = 0;
  rocksdb::WriteBatch batch{/*reserved_bytes=*/0, /*max_bytes=*/0, storage::kProtectionBytesPerKey,
                            /*default_cf_ts_sz=*/0};

  // One batch of `group` commits. Incomplete means that RocksDB wants no writes for a moment.
  rocksdb::Status WriteBatchOf(int group) {
    batch.Clear();
    std::vector<storage::CommittedPerson> moved;
    rocksdb::Status status;
    for (int i = 0; status.ok() && i < group; ++i) {
      ++written;
      const size_t commit = static_cast<size_t>(written) % persons.size();
      for (std::vector<Record>* records : {&persons, &messages}) {
        Record& record = (*records)[commit];
        Renumber(written, &record.key);
        if (status.ok()) status = batch.Put(record.key, record.value);
      }
      moved.push_back({psn_nos[commit], static_cast<int64_t>(written)});
    }
    const std::string group_key = storage::GroupKey(++batches);
    const std::string group_record = storage::EncodeGroupRecord(group_key, moved);
    if (status.ok()) status = batch.Put(group_key, group_record);
    const std::string sequence = storage::EncodeSequenceRecord(batches);
    if (status.ok()) status = batch.Put(storage::ToSlice(storage::kSequenceKey), sequence);
    if (status.ok()) status = db->Write(storage::MakeWriteOptions(), &batch);
    return status;
  }
};

RawStore::RawStore(std::unique_ptr<Impl> impl, size_t commit_bytes)
    : impl_(std::move(impl)), commit_bytes_(commit_bytes) {}

RawStore::~RawStore() = default;

absl::StatusOr<std::unique_ptr<RawStore>> RawStore::Open(
    const std::string& directory, const std::vector<storage::Commit>& commits) {
  auto impl = std::make_unique<Impl>();
  size_t bytes = 0;
  for (const storage::Commit& commit : commits) {
    const std::string person = storage::PersonKey(commit.psn_no, commit.expected_version + 1);
    const storage::MessageWrite& write = commit.messages.front();
    const std::string message = storage::EncodeMessageKey(write.key);
    impl->persons.push_back(
        {person, storage::EncodePersonRecord(person, commit.state, commit.event)});
    impl->psn_nos.push_back(commit.psn_no);
    impl->messages.push_back({message, storage::EncodeMessageRecord(message, write.entry)});
    for (const Record& record : {impl->persons.back(), impl->messages.back()}) {
      bytes += record.key.size() + record.value.size();
    }
  }
  rocksdb::Options options = storage::MakeRocksOptions(rocksdb::Env::Default());
  options.create_if_missing = true;
  // Best of those that can be read, docs/decisions/0015.
  options.memtable_factory.reset(rocksdb::NewHashLinkListRepFactory());
  options.allow_concurrent_memtable_write = false;  // it takes no concurrent writers
  rocksdb::DB* db = nullptr;
  YIJIE_RETURN_IF_ERROR(storage::FromRocks(rocksdb::DB::Open(options, directory, &db),
                                           "open the database of the floor"));
  impl->db.reset(db);
  return std::unique_ptr<RawStore>(new RawStore(std::move(impl), bytes / commits.size()));
}

absl::StatusOr<Window> RawStore::Run(int group, std::chrono::milliseconds length) {
  using Clock = std::chrono::steady_clock;
  Window window;
  std::vector<int64_t> latencies;
  const Clock::time_point begin = Clock::now();
  Clock::time_point now = begin;
  while (now < begin + length) {
    const rocksdb::Status status = impl_->WriteBatchOf(group);
    const Clock::time_point written = Clock::now();
    if (status.IsIncomplete()) {
      window.busy += group;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    } else {
      YIJIE_RETURN_IF_ERROR(storage::FromRocks(status, "write to the database of the floor"));
      window.settled += group;
      latencies.push_back(Nanoseconds(written - now));
    }
    now = Clock::now();
  }
  window.per_second = static_cast<double>(window.settled) / Seconds(now - begin);
  window.latency = Percentiles(latencies);
  return window;
}

}  // namespace yijie::bench
