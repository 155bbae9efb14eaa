#ifndef YIJIE_ENGINE_BUDGET_ADMISSION_H_
#define YIJIE_ENGINE_BUDGET_ADMISSION_H_

// Who is let in when there are more calls than can be worked on. docs/latency.md tells why the
// bounds are as they are.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "engine/job.h"

namespace yijie::engine {

// What goes first, in this order.
enum class Priority : uint8_t {
  kStep,    // what the engine began: its own steps, and calls that come back from
            // other parties
  kQuery,   // what became of a message or a settlement
  kUndo,    // reversals (撤销, 冲正, 退费), and decisions of another place about
            // what is reserved
  kChange,  // settlements and all else that changes something
  kView,    // pre-settlements and all else that only looks
};
inline constexpr size_t kPriorities = 5;

// Of a call of a client, whatever its request.
Priority PriorityOf(Call call);

// What a call counts for.
struct CallLoad {
  Priority priority = Priority::kStep;
  uint64_t institution = 0;  // as a number; 0 if it names none
  int64_t bytes = 0;         // of memory, roughly, while it is inside
};

// Of a call of a client.
CallLoad LoadOf(const Job& job);
// Of a step that the engine sends itself.
CallLoad LoadOfStep(const Job& step);

struct AdmissionLimits {
  int64_t calls = 0;
  int64_t bytes = 0;
};

// Thread-safe.
class Admission {
 public:
  enum class Verdict : uint8_t { kIn, kFull, kShare };

  explicit Admission(AdmissionLimits limits) : limits_(limits) {}

  // kIn: the call is inside until it leaves. kFull: there are too many, or they are too large.
  // kShare: the institution has as many inside as there is room left for all. Changes find it full
  // at 7/8, views at 3/4, so that what undoes and asks still comes in.
  Verdict TryEnter(const CallLoad& load);

  // kFull for a call of this priority, most likely: a look without the lock.
  bool IsFull(Priority priority) const;

  // Of a step of the engine, whatever is inside.
  void Enter(const CallLoad& load);

  // As it entered.
  void Leave(const CallLoad& load);

  int64_t inside() const { return inside_.load(std::memory_order_relaxed); }

  // Waits until nothing is inside.
  void AwaitEmpty();

 private:
  void Add(const CallLoad& load) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const AdmissionLimits limits_;
  std::atomic<int64_t> inside_{0};  // changed under the lock
  Mutex mutex_;
  CondVar empty_;
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<uint64_t, int64_t> by_institution_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BUDGET_ADMISSION_H_
