// The checksum of a record is the CRC-32 of zlib, whatever computes it: stores of earlier programs
// hold it.

#include "storage/record_codec.h"

#include <cstdint>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/storage/store_fixture.h"

namespace yijie::storage {
namespace {

// By its definition, bit by bit.
uint32_t SlowCrc(absl::string_view bytes) {
  constexpr uint32_t kReversedPolynomial = 0xedb88320;
  uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? kReversedPolynomial : 0);
  }
  return ~crc;
}

std::string BigEndian(uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>(number >> shift & 0xff));
  return bytes;
}

TEST(RecordCodec, TheChecksumIsTheCrc32OfKeyAndValue) {
  EXPECT_EQ(SlowCrc("123456789"), 0xcbf43926);  // the check value of the standard
  std::mt19937_64 random(TestSeed("record codec"));
  const auto random_bytes = [&random](size_t most) {
    std::string bytes(random() % (most + 1), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
  };
  for (int i = 0; i < 2'000; ++i) {
    const std::string key = random_bytes(i % 2 == 0 ? 40 : 1'100);
    const std::string record = EncodeRowRecord(key, random_bytes(i % 2 == 0 ? 300 : 5'000));
    const std::string covered = record.substr(0, record.size() - 4);
    ASSERT_EQ(record.substr(covered.size()), BigEndian(SlowCrc(absl::StrCat(key, covered))))
        << key.size() << " bytes of key, " << covered.size() << " of value";
  }
}

}  // namespace
}  // namespace yijie::storage
