#include "storage/rocks_options.h"

#include <cstring>
#include <memory>

#include "rocksdb/cache.h"
#include "rocksdb/file_checksum.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"
#include "storage/kind_blocks.h"
#include "storage/record_codec.h"

namespace yijie::storage {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

// Percent of the largest run that the others may come to before all are rewritten for the space of
// what was overwritten: almost nothing is.
constexpr unsigned kNeverForSpace = 100'000;

// All versions of a person have one prefix: 'p' psn_no 0x00. Other keys have none. The name is in
// the files: DO NOT CHANGE.
class PersonPrefixExtractor final : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "yijie.PersonPrefix.1"; }
  bool InDomain(const rocksdb::Slice& key) const override { return PrefixBytes(key) > 0; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    return {key.data(), PrefixBytes(key)};
  }

 private:
  static size_t PrefixBytes(const rocksdb::Slice& key) {
    if (key.empty() || key[0] != kPersonTag) return 0;
    const void* separator = std::memchr(key.data(), '\0', key.size());
    if (separator == nullptr) return 0;
    return static_cast<size_t>(static_cast<const char*>(separator) - key.data()) + 1;
  }
};

void SetDurability(rocksdb::Options& options) {
  // Stops at the first bad record: the only mode that always opens after a power cut. What it
  // drops in silence is found by the high-water mark.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.track_and_verify_wals_in_manifest = true;  // finds lost closed logs; never the live one
  options.manual_wal_flush = false;        // else a killed process loses what it acknowledged
  options.two_write_queues = false;        // log, sync, memtable: in this order only on the
  options.unordered_write = false;         //   plain path, so readers see only what is durable
  options.enable_pipelined_write = false;  //   (same)
  options.allow_2pc = false;               // a log sync was missing with it (fixed in 9.3.0)
  options.atomic_flush = false;            // one column family, log always on: nothing to gain
  options.recycle_log_file_num = 0;        // old records in reused files look like new ones
  options.wal_compression = rocksdb::kNoCompression;  // recovery fixes after 7.8.3
  options.best_efforts_recovery = false;              // ignores the log
  options.avoid_flush_during_recovery = false;        // recovered data gets its own files at once
  options.max_bgerror_resume_count = 0;  // after an error: stop and recover, no second try inside
  options.use_fsync = false;             // fdatasync also writes a changed file length
}

void SetIntegrity(rocksdb::Options& options) {
  options.memtable_protection_bytes_per_key = kProtectionBytesPerKey;
  options.paranoid_checks = true;                   // damage seen is an error, never skipped
  options.force_consistency_checks = true;          // order of files and levels
  options.flush_verify_memtable_count = true;       // entries read back = entries written
  options.verify_sst_unique_id_in_manifest = true;  // finds swapped files
  options.check_flush_compaction_key_order = true;  // finds a memtable that lost its order
  options.paranoid_file_checks = true;              // reads every new file back
  options.skip_checking_sst_file_sizes_on_db_open = false;  // finds cut files at open
  options.fail_if_options_file_error = true;  // a store that cannot write must not start
  options.write_dbid_to_manifest = true;      // a copied IDENTITY file cannot mislead
  options.file_checksum_gen_factory =
      rocksdb::GetFileChecksumGenCrc32cFactory();  // lets a scrub find what block checksums miss
}

void SetSize(rocksdb::Options& options) {
  options.write_buffer_size = 64 * kMiB;    // fewer, longer data files: less is compacted. Two of
                                            //   them bound the log read at start
  options.max_write_buffer_number = 2;      // more can reorder a retried flush (fixed in 7.9.0)
  options.max_total_wal_size = 256 * kMiB;  // bounds recovery time
  // Keys are random and hardly any is written twice: once there are eight, sorted runs are merged
  // with those of their size, instead of rewriting a whole level for what is added to it.
  options.compaction_style = rocksdb::kCompactionStyleUniversal;
  options.compaction_options_universal.max_size_amplification_percent = kNeverForSpace;
  options.level0_file_num_compaction_trigger = 8;  // runs before some are merged
  options.level0_slowdown_writes_trigger = 64;  // commits are refused from here on: never, unless
  options.level0_stop_writes_trigger = 80;      //   merging cannot keep up for minutes
  options.max_background_jobs = 3;  // a flush and two compactions: a long one holds up no short one
  options.bytes_per_sync = kMiB / 2;  // a data file that reaches the disk at its end, all at once,
                                      //   holds up the syncs of commits for 10 ms
  options.max_open_files = -1;        // all files open and checked at start, none later
  options.memtable_prefix_bloom_size_ratio = 0.05;  // most look-ups are for keys that must not
  options.memtable_whole_key_filtering = true;      //   exist: new versions, new messages
  options.compression = rocksdb::kLZ4Compression;   // smaller and cheaper than the default, Snappy
  options.prefix_extractor = std::make_shared<PersonPrefixExtractor>();

  rocksdb::BlockBasedTableOptions table;
  table.block_size = 16 << 10;  // 4 KiB holds one or two records: nothing to compress against,
                                //   and an index, held in memory, four times as long
  table.flush_block_policy_factory = NewKindBlocks();  // no block with persons and the catalogue
  table.format_version = 5;                            // newest of 7.8.3
  table.checksum = rocksdb::kXXH3;  // default since 6.27, stated because it decides
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));  // about 1 % false positives
  table.whole_key_filtering = true;  // for the look-ups of keys that must not exist
  table.block_cache = rocksdb::NewLRUCache(64 * kMiB);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
}

void SetSecrecy(rocksdb::Options& options) {
  options.allow_data_in_errors = false;   // keys hold person numbers; errors reach the log
  options.db_host_id = "";                // no host name in the files
  options.max_log_file_size = 16 * kMiB;  // RocksDB's own LOG must not fill the disk
  options.keep_log_file_num = 8;          //   (same)
}

}  // namespace

rocksdb::Options MakeRocksOptions(rocksdb::Env* env) {
  rocksdb::Options options;
  options.env = env;
  SetDurability(options);
  SetIntegrity(options);
  SetSize(options);
  SetSecrecy(options);
  return options;
}

rocksdb::WriteOptions MakeWriteOptions() {
  rocksdb::WriteOptions options;
  options.sync = true;                                        // kDone is durable
  options.no_slowdown = true;                                 // a stall is a definite "not applied"
  options.protection_bytes_per_key = kProtectionBytesPerKey;  // from the batch on
  return options;
}

}  // namespace yijie::storage
