#ifndef YIJIE_BENCH_APART_H_
#define YIJIE_BENCH_APART_H_

// Servers and their clients on processors of their own: clients elsewhere would not take from a
// server the time it takes to send.

#include <sched.h>

#include <vector>

#include "bench/process.h"

namespace yijie::bench {

// While it lives, all threads of the servers keep to the first half of the processors this thread
// may use, and this thread and what it starts to the rest. With one processor it does nothing.
class Apart {
 public:
  // The servers outlive it.
  explicit Apart(std::vector<const ServerProcess*> servers);
  ~Apart();
  Apart(const Apart&) = delete;
  Apart& operator=(const Apart&) = delete;

 private:
  const std::vector<const ServerProcess*> servers_;
  cpu_set_t before_;
};

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_APART_H_
