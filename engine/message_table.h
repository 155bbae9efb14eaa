#ifndef YIJIE_ENGINE_MESSAGE_TABLE_H_
#define YIJIE_ENGINE_MESSAGE_TABLE_H_

// The messages being worked on now. A message id is held by one job from before the store is asked
// about it until its commit is durable, so that a second copy of the message neither runs beside
// the first nor is answered from anything that could still be lost. A Settle and a SettleStay of
// one id are held as one message.

#include <list>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "engine/job.h"

namespace yijie::engine {

class MessageTable {
 public:
  enum class Claim : uint8_t { kMine, kWaits };

  // Thread-safe. kMine: the caller holds the key and will Release it. kWaits: another job holds it;
  // `waiter`, which `key` may be a part of, is moved from, and gets the key when those that came
  // before it have given it up.
  // `copy`: it is the key of the waiter itself, so who holds it is a copy of it.
  Claim TryClaim(const storage::MessageKey& key, bool copy, std::unique_ptr<Job>& waiter);

  // Thread-safe. True if somebody holds the key.
  bool IsHeld(const storage::MessageKey& key) const;

  // Thread-safe. Gives the key to the job that waited for it longest, which is to be dispatched
  // again as the one that holds it; null if none did.
  [[nodiscard]] std::unique_ptr<Job> Release(const storage::MessageKey& key);

 private:
  mutable Mutex mutex_;
  // By name of the key: who waits for it, seldom anybody.
  absl::flat_hash_map<std::string, std::list<std::unique_ptr<Job>>> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_MESSAGE_TABLE_H_
