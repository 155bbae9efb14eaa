#ifndef YIJIE_BENCH_OPTIONS_H_
#define YIJIE_BENCH_OPTIONS_H_

#include <chrono>
#include <cstdint>
#include <regex>
#include <string>

namespace yijie::bench {

struct Options {
  std::string filter = ".*";  // regular expression; a row runs if its name has a match
  bool quick = false;
  int repetitions = 5;

  // The scale campaign in place of the benchmarks.
  bool scale = false;
  int64_t scale_persons = 10'000'000;
  int64_t scale_settlements = 1'000'000;
  bool scale_continue = false;  // with what one that ended early left in `data`

  std::string policies;  // directory of the policy tables
  std::string yijie;     // the program to serve with
  std::string data;      // directory on the disk that is measured
  std::string result;    // JSON file; empty: chosen by main

  bool with_peers = false;  // run what other systems do beside what the engine does
  std::string peers;        // their scripts
  std::string zen_modules;  // directory whose node_modules has zen-engine
  std::string postgres;     // programs of PostgreSQL

  bool Matches(const std::string& name) const {
    return std::regex_search(name, std::regex(filter));
  }
  bool everything() const { return filter == ".*" && !quick; }

  // Of one timed window of a load benchmark, and of one repetition of a CPU benchmark.
  std::chrono::milliseconds window() const { return std::chrono::milliseconds(quick ? 200 : 1500); }
  double cpu_seconds() const { return quick ? 0.02 : 0.3; }
  // Appends and syncs timed at once.
  int syncs() const { return quick ? 50 : 200; }
  // Generated persons; somewhat more than half of them can settle.
  int persons() const { return quick ? 4'000 : 40'000; }
};

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_OPTIONS_H_
