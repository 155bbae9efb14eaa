#ifndef YIJIE_BENCH_ALLOCATIONS_H_
#define YIJIE_BENCH_ALLOCATIONS_H_

#include <cstdint>

namespace yijie::bench {

// Calls of operator new by this thread since it began. The benchmark program replaces operator new
// to count them; malloc called directly is not seen.
uint64_t AllocationsOfThisThread();

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_ALLOCATIONS_H_
