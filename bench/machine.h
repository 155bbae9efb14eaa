#ifndef YIJIE_BENCH_MACHINE_H_
#define YIJIE_BENCH_MACHINE_H_

#include <string>

namespace yijie::bench {

// Where and with what a run was made.
struct Machine {
  std::string date;    // local day of the run, ISO
  std::string commit;  // "-dirty" behind it if the checkout had changes
  std::string build;   // CMake's build type
  std::string cpu;
  int cores = 0;
  double load = 0;  // load average of the minute before the run: other work on the machine
  double fsync_p50_us = 0, fsync_p99_us = 0;  // append of 600 bytes and fdatasync

  std::string Text() const;
  // One line for the title of a plot.
  std::string Title() const;
  std::string Json() const;
};

// `directory` is on the disk whose sync is timed.
Machine LookAtMachine(const std::string& source_root, const std::string& directory);

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_MACHINE_H_
