#include "storage/crc.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <limits>

namespace yijie::storage {

uint32_t ExtendCrc32(uint32_t crc, const char* data, size_t size) {
  return crc32_gzip_refl(crc, reinterpret_cast<const unsigned char*>(data), size);
}

uint32_t ExtendCrc32c(uint32_t crc, const char* data, size_t size) {
  constexpr size_t kMost = std::numeric_limits<int>::max();  // of one call
  crc = ~crc;
  while (size > 0) {
    const size_t part = std::min(size, kMost);
    // The library writes through no pointer; its declaration says too little.
    auto* bytes = reinterpret_cast<unsigned char*>(const_cast<char*>(data));
    crc = crc32_iscsi(bytes, static_cast<int>(part), crc);
    data += part;
    size -= part;
  }
  return ~crc;
}

}  // namespace yijie::storage
