#ifndef YIJIE_BENCH_REPORT_H_
#define YIJIE_BENCH_REPORT_H_

// Results of a run: one table for people, one JSON file for keeping.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "bench/latency.h"
#include "bench/machine.h"

namespace yijie::bench {

enum class Better { kLess, kMore };

// One figure of ours beside the floor of the same run.
struct Row {
  std::string name;
  std::string unit;
  Better better = Better::kLess;
  std::vector<double> ours;   // one value a repetition
  std::string floor_name;     // what the floor is; empty: there is none
  std::vector<double> floor;  // one value a repetition
  // Calls of operator new in one item of ours; below 0: not counted.
  double allocations = -1;
  // An append and fdatasync of as many bytes, timed in the same repetition, where the figure waits
  // for the disk; one value a repetition.
  std::vector<Latencies> disk = {};
};

// What one repetition gave.
inline void Append(Row& row, double ours, double floor) {
  row.ours.push_back(ours);
  row.floor.push_back(floor);
}

// The middle value; 0 if there is none.
double Median(std::vector<double> values);

class Report {
 public:
  void Add(Row row);
  // Facts about the run that are no measurements: sizes, counts.
  void Note(absl::string_view name, absl::string_view value);

  bool empty() const { return rows_.empty(); }
  // The table, columns aligned; `ratio` is how many times worse than the floor ours is.
  std::string Table() const;
  absl::Status WriteJson(const Machine& machine, const std::string& path) const;

 private:
  std::vector<Row> rows_;
  std::vector<std::pair<std::string, std::string>> notes_;
};

// What goes on, on stderr as it was when the program began: the engine logs to file descriptor 2,
// which the load benchmarks turn to a file.
void Progress(absl::string_view text);
// Turns file descriptor 2 to a file until destroyed.
class LogToFile {
 public:
  explicit LogToFile(const std::string& path);
  ~LogToFile();
  LogToFile(const LogToFile&) = delete;
  LogToFile& operator=(const LogToFile&) = delete;
};

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_REPORT_H_
