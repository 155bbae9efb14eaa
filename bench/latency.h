#ifndef YIJIE_BENCH_LATENCY_H_
#define YIJIE_BENCH_LATENCY_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace yijie::bench {

struct Latencies {
  double p50_us = 0, p99_us = 0;
};

// Of latencies in nanoseconds; sorts them.
Latencies Percentiles(std::vector<int64_t>& nanoseconds);

// Appends `bytes` to a new file and syncs its data, `times` times; removes the file. Stops the
// program if the disk fails.
Latencies TimeAppendAndSync(const std::string& path, size_t bytes, int times);

inline int64_t Nanoseconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}
inline double Seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_LATENCY_H_
