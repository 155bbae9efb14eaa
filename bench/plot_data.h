#ifndef YIJIE_BENCH_PLOT_DATA_H_
#define YIJIE_BENCH_PLOT_DATA_H_

// The figures behind the plots: CSV files that bench/plots draws. docs/benchmarks.md defines them.
// Every program that measures adds its series to the files of one directory; the name of a series
// has letters, digits and -_.+/% only.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "bench/latency.h"

namespace yijie::bench {

class PlotData {
 public:
  // `directory` is made when the first figure comes.
  explicit PlotData(std::string directory) : directory_(std::move(directory)) {}

  // Removes the files of an earlier run, plots included, and the directory if nothing else is in
  // it.
  void Clear() const;

  // latency_cdf.csv: the share of calls answered within so long. `nanoseconds` is sorted.
  absl::Status AddLatencies(absl::string_view series,
                            const std::vector<int64_t>& nanoseconds) const;

  struct LoadPoint {
    double offered = 0, achieved = 0;  // calls a second
    Latencies latency;                 // of those answered, from when each was meant to be sent
    double refused = 0;                // share of the calls, 0 to 1
  };
  // load.csv
  absl::Status AddLoad(absl::string_view series, const LoadPoint& point) const;

  struct SizePoint {
    int64_t persons = 0, settlements = 0;  // stored
    double us_per_settle = 0, rss_mb = 0, disk_mb = 0;
  };
  // size.csv
  absl::Status AddSize(absl::string_view series, const SizePoint& point) const;

  // run.txt: where and with what the figures were made, for the titles.
  absl::Status Describe(absl::string_view text) const;

  const std::string& directory() const { return directory_; }

 private:
  absl::Status Append(absl::string_view name, absl::string_view header,
                      absl::string_view rows) const;

  const std::string directory_;
};

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_PLOT_DATA_H_
