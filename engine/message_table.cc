#include "engine/message_table.h"

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "engine/budget/caller.h"
#include "yijie/v1/message.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// Institution and msgid are printable ASCII, so the separator is unambiguous.
std::string NameOf(const storage::MessageKey& key) {
  // A 冲正 that does not say which of the two it undoes holds the one name and asks for both.
  const int transaction = key.transaction == v1::SETTLE_STAY ? int{v1::SETTLE} : key.transaction;
  return absl::StrCat(key.institution, "\n", transaction, "\n", key.msgid);
}

}  // namespace

MessageTable::Claim MessageTable::TryClaim(const storage::MessageKey& key, bool copy,
                                           std::unique_ptr<Job>& waiter) {
  const MutexLock lock(mutex_);
  const auto [entry, mine] = held_.try_emplace(NameOf(key));
  if (mine) return Claim::kMine;
  if (copy && waiter->caller != nullptr) waiter->caller->WaitForCopy();
  entry->second.push_back(std::move(waiter));
  return Claim::kWaits;
}

bool MessageTable::IsHeld(const storage::MessageKey& key) const {
  const MutexLock lock(mutex_);
  return held_.contains(NameOf(key));
}

std::unique_ptr<Job> MessageTable::Release(const storage::MessageKey& key) {
  const MutexLock lock(mutex_);
  const auto entry = held_.find(NameOf(key));
  YIJIE_CHECK(entry != held_.end(), "releasing a message that is not held");
  std::list<std::unique_ptr<Job>>& waiters = entry->second;
  if (waiters.empty()) {
    held_.erase(entry);
    return nullptr;
  }
  std::unique_ptr<Job> next = std::move(waiters.front());
  waiters.pop_front();
  return next;
}

}  // namespace yijie::engine
