#ifndef YIJIE_BENCH_CPU_SUITE_H_
#define YIJIE_BENCH_CPU_SUITE_H_

// Benchmarks of one thread's work, run by google-benchmark. Ours and floors take turns in random
// order, so that noise of the machine falls on both.

#include <benchmark/benchmark.h>

#include <functional>
#include <string>
#include <vector>

#include "bench/options.h"
#include "bench/report.h"

namespace yijie::bench {

class CpuSuite {
 public:
  // Runs one item of work; items are numbered through.
  using Work = std::function<void(size_t item)>;

  explicit CpuSuite(const Options& options) : options_(options) {}

  // A row of the table: CPU ns of one item. Left out if the filter does not match.
  void Add(const std::string& name, Work ours, const std::string& floor_name = "",
           Work floor = nullptr);
  bool empty() const { return entries_.empty(); }
  // Runs all and adds the rows, with how often ours allocates in one item.
  void Run(Report& report);

 private:
  struct Entry {
    Row row;
    Work ours, floor;
  };

  const Options& options_;
  std::vector<Entry> entries_;
};

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_CPU_SUITE_H_
