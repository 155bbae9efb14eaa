#ifndef YIJIE_STORAGE_KIND_BLOCKS_H_
#define YIJIE_STORAGE_KIND_BLOCKS_H_

#include <memory>

#include "rocksdb/flush_block_policy.h"

namespace yijie::storage {

// Blocks of the size the table options ask for that hold records of one kind only: keys with the
// same first byte. Else the last persons, rows and messages share a block with the catalogue,
// several MiB in one record, and whoever looks for a person behind the last one, or scans the last
// rows, decompresses it each time; it never stays in the cache. Files with other blocks read well.
std::shared_ptr<rocksdb::FlushBlockPolicyFactory> NewKindBlocks();

}  // namespace yijie::storage

#endif  // YIJIE_STORAGE_KIND_BLOCKS_H_
