// A look for a small record never decompresses a large one of another kind that lies beside it.

#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "rocksdb/perf_context.h"
#include "rocksdb/perf_level.h"
#include "tests/storage/store_fixture.h"

namespace yijie::storage {
namespace {

constexpr size_t kLarge = size_t{4} << 20;
// Two blocks of 16 KiB, and room for one that is a little longer.
constexpr uint64_t kSmall = 64 << 10;

// Bytes that no compression makes shorter.
std::string Noise(size_t bytes) {
  std::mt19937_64 random(7);
  std::string text(bytes, '\0');
  for (char& byte : text) byte = static_cast<char>(random());
  return text;
}

// Bytes of blocks that `read` reads from files.
template <typename Read>
uint64_t BytesRead(Read read) {
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableCount);
  rocksdb::get_perf_context()->Reset();
  read();
  const uint64_t bytes = rocksdb::get_perf_context()->block_read_byte;
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
  return bytes;
}

TEST(KindBlocks, AScanOfTheLastRowsDoesNotReadTheTableBehindThem) {
  const TempDirectory directory;
  {
    const auto store = OpenRocksStore(TestOptions(directory.path()));
    ASSERT_TRUE(store.ok()) << store.status();
    Commit commit = MakeCommit("P1", 0, "m1");
    commit.rows = {{"open", "a", "1"}, {"open", "b", "2"}};
    ASSERT_EQ(CommitAndWait(**store, commit), CommitOutcome::kDone);
    ASSERT_TRUE((*store)->PutTable("catalogue", Noise(kLarge)).ok());
  }
  // Opening writes what was in the log to a data file.
  const auto store = OpenRocksStore(TestOptions(directory.path()));
  ASSERT_TRUE(store.ok()) << store.status();

  EXPECT_LT(BytesRead([&] { EXPECT_EQ((*store)->ScanRows("open", "", "", 10)->size(), 2); }),
            kSmall);
  EXPECT_LT(BytesRead([&] { EXPECT_TRUE((*store)->ScanRows("open", "c", "", 10)->empty()); }),
            kSmall);
  EXPECT_LT(BytesRead([&] { EXPECT_EQ((*store)->LoadLatest("P1")->value().version, 1); }), kSmall);
  // The measure sees the large record when it is read.
  EXPECT_GT(BytesRead([&] { EXPECT_EQ((*store)->GetTable("catalogue")->value().size(), kLarge); }),
            kLarge);
}

}  // namespace
}  // namespace yijie::storage
