#ifndef YIJIE_STORAGE_ROCKS_OPTIONS_H_
#define YIJIE_STORAGE_ROCKS_OPTIONS_H_

#include <cstddef>

#include "rocksdb/env.h"
#include "rocksdb/options.h"

namespace yijie::storage {

// Bytes of checksum RocksDB carries with a key from batch to memtable, against flipped RAM bits.
// 8 is the only value 7.8.3 knows.
inline constexpr size_t kProtectionBytesPerKey = 8;

// Settings of the database. The reasons are beside the values, the evidence in docs/storage.md.
rocksdb::Options MakeRocksOptions(rocksdb::Env* env);

// The one way anything is written. All writes are alike.
rocksdb::WriteOptions MakeWriteOptions();

}  // namespace yijie::storage

#endif  // YIJIE_STORAGE_ROCKS_OPTIONS_H_
