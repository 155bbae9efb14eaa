#include "bench/machine.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/latency.h"

namespace yijie::bench {
namespace {

constexpr size_t kCommitBytes = 600;
constexpr int kSyncs = 300;

// First line a command prints; empty if it fails.
std::string FirstLineOf(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  char line[256] = "";
  const bool read = std::fgets(line, sizeof(line), pipe) != nullptr;
  pclose(pipe);
  return read ? std::string(absl::StripAsciiWhitespace(line)) : "";
}

std::string CpuModel() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!absl::StartsWith(line, "model name")) continue;
    return std::string(absl::StripAsciiWhitespace(line.substr(line.find(':') + 1)));
  }
  return "unknown";
}

std::string Today() {
  const std::time_t now = std::time(nullptr);
  char text[16] = "";
  std::strftime(text, sizeof(text), "%Y-%m-%d", std::localtime(&now));
  return text;
}

}  // namespace

Machine LookAtMachine(const std::string& source_root, const std::string& directory) {
  Machine machine;
  machine.date = Today();
  machine.commit = FirstLineOf(
      absl::StrCat("git -C '", source_root, "' describe --always --dirty --abbrev=7 2>/dev/null"));
  if (machine.commit.empty()) machine.commit = "unknown";
  machine.build = YIJIE_BUILD_TYPE;
  machine.cpu = CpuModel();
  machine.cores = static_cast<int>(std::thread::hardware_concurrency());
  double load = 0;
  if (getloadavg(&load, 1) == 1) machine.load = load;
  const Latencies syncs = TimeAppendAndSync(directory + "/sync", kCommitBytes, kSyncs);
  machine.fsync_p50_us = syncs.p50_us;
  machine.fsync_p99_us = syncs.p99_us;
  return machine;
}

std::string Machine::Text() const {
  return absl::StrFormat(
      "machine   %d x %s, load before the run %.1f\n"
      "commit    %s (%s), %s\n"
      "disk      append 600 B + fdatasync: p50 %.0f us, p99 %.0f us\n",
      cores, cpu, load, commit, build, date, fsync_p50_us, fsync_p99_us);
}

std::string Machine::Title() const {
  return absl::StrFormat(
      "%s, commit %s, %d x %s, load before %.1f, fsync p50 %.0f us p99 %.0f us\n", date, commit,
      cores, cpu, load, fsync_p50_us, fsync_p99_us);
}

std::string Machine::Json() const {
  return absl::StrFormat(
      "{\"date\": \"%s\", \"commit\": \"%s\", \"build\": \"%s\", \"cpu\": \"%s\", \"cores\": %d, "
      "\"load\": %.2f, \"fsync_p50_us\": %.1f, \"fsync_p99_us\": %.1f}",
      date, commit, build, cpu, cores, load, fsync_p50_us, fsync_p99_us);
}

}  // namespace yijie::bench
