#ifndef YIJIE_STORAGE_CRC_H_
#define YIJIE_STORAGE_CRC_H_

#include <cstddef>
#include <cstdint>

namespace yijie::storage {

// CRC-32 as zlib has it, of bytes before, whose CRC is `crc` (0: none), and `data` after them.
uint32_t ExtendCrc32(uint32_t crc, const char* data, size_t size);

// The same for CRC-32C. Every call of rocksdb::crc32c::Extend comes here (storage/CMakeLists.txt):
// records of the log and whole data files have one.
uint32_t ExtendCrc32c(uint32_t crc, const char* data,
                      size_t size) __asm__("__wrap__ZN7rocksdb6crc32c6ExtendEjPKcm");

}  // namespace yijie::storage

#endif  // YIJIE_STORAGE_CRC_H_
