// The checksums on disk stay those that were written before, whichever library computes them.

#include "storage/crc.h"

#include <algorithm>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "tests/storage/store_fixture.h"

// What RocksDB calls, and what it would have called.
uint32_t CalledByRocks(uint32_t crc, const char* data,
                       size_t size) __asm__("_ZN7rocksdb6crc32c6ExtendEjPKcm");
uint32_t OfRocks(uint32_t crc, const char* data,
                 size_t size) __asm__("__real__ZN7rocksdb6crc32c6ExtendEjPKcm");

namespace yijie::storage {
namespace {

constexpr char kDigits[] = "123456789";  // the check value of every catalogue of CRCs

TEST(CrcTest, KnownValues) {
  EXPECT_EQ(ExtendCrc32(0, kDigits, 9), 0xCBF43926U);
  EXPECT_EQ(ExtendCrc32(ExtendCrc32(0, kDigits, 4), kDigits + 4, 5), 0xCBF43926U);
  EXPECT_EQ(ExtendCrc32c(0, kDigits, 9), 0xE3069283U);
  EXPECT_EQ(ExtendCrc32c(ExtendCrc32c(0, kDigits, 4), kDigits + 4, 5), 0xE3069283U);
}

TEST(CrcTest, RocksCallsOursWhichIsTheSame) {
  EXPECT_EQ(&CalledByRocks, &ExtendCrc32c);
  EXPECT_NE(&OfRocks, &ExtendCrc32c);
  std::mt19937_64 random(TestSeed("crc"));
  std::string bytes(20'000, 0);
  for (char& byte : bytes) byte = static_cast<char>(random());
  for (int i = 0; i < 2'000; ++i) {
    const size_t begin = random() % bytes.size();
    const size_t size = std::min(i < 300 ? i : random() % 9'000, bytes.size() - begin);
    const auto before = static_cast<uint32_t>(random());
    ASSERT_EQ(ExtendCrc32c(before, bytes.data() + begin, size),
              OfRocks(before, bytes.data() + begin, size))
        << begin << " " << size;
  }
}

}  // namespace
}  // namespace yijie::storage
