#ifndef YIJIE_BENCH_SLOW_SYNC_H_
#define YIJIE_BENCH_SLOW_SYNC_H_

// A slower disk than this machine has: fsync and fdatasync that take longer. Linked into a program,
// or preloaded into one that knows nothing of it.

#include <chrono>

namespace yijie::bench {

// While it lives every fsync and fdatasync of this process takes so much longer. One at a time.
class SlowSyncs {
 public:
  explicit SlowSyncs(std::chrono::microseconds delay);
  ~SlowSyncs();
  SlowSyncs(const SlowSyncs&) = delete;
  SlowSyncs& operator=(const SlowSyncs&) = delete;
};

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_SLOW_SYNC_H_
