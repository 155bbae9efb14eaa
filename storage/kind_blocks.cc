#include "storage/kind_blocks.h"

#include <utility>

namespace yijie::storage {
namespace {

using rocksdb::BlockBasedTableOptions;
using rocksdb::BlockBuilder;
using rocksdb::FlushBlockPolicy;
using rocksdb::FlushBlockPolicyFactory;
using rocksdb::Slice;

class KindBlocks final : public FlushBlockPolicy {
 public:
  explicit KindBlocks(std::unique_ptr<FlushBlockPolicy> by_size) : by_size_(std::move(by_size)) {}

  // True: `key` begins a block. Never so for the first key of a file, as nothing is before it.
  bool Update(const Slice& key, const Slice& value) override {
    const int kind = static_cast<unsigned char>(key[0]);  // no key is empty
    const int before = std::exchange(kind_, kind);
    return by_size_->Update(key, value) || (before != kNone && before != kind);
  }

 private:
  static constexpr int kNone = -1;

  const std::unique_ptr<FlushBlockPolicy> by_size_;
  int kind_ = kNone;  // of the key before
};

class KindBlocksFactory final : public FlushBlockPolicyFactory {
 public:
  // The name is in the OPTIONS files, which nothing reads back.
  const char* Name() const override { return "yijie.KindBlocks"; }

  FlushBlockPolicy* NewFlushBlockPolicy(const BlockBasedTableOptions& options,
                                        const BlockBuilder& block) const override {
    return new KindBlocks(
        std::unique_ptr<FlushBlockPolicy>(by_size_.NewFlushBlockPolicy(options, block)));
  }

 private:
  const rocksdb::FlushBlockBySizePolicyFactory by_size_;
};

}  // namespace

std::shared_ptr<FlushBlockPolicyFactory> NewKindBlocks() {
  return std::make_shared<KindBlocksFactory>();
}

}  // namespace yijie::storage
