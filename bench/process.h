#ifndef YIJIE_BENCH_PROCESS_H_
#define YIJIE_BENCH_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace yijie::bench {

// A server in a process of its own. It ends with this object, and with this process.
class ServerProcess {
 public:
  // Runs a program, path first, that logs to stderr; that goes to `log_file`. Returns when the log
  // says {... "event":"serving" ... "port":N ...}.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(
      const std::vector<std::string>& command, const std::string& log_file);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  pid_t pid() const { return pid_; }
  int port() const { return port_; }
  // CPU time of all its threads so far, in steps of a clock tick.
  double CpuMicroseconds() const;
  // Resident memory.
  double ResidentMegabytes() const;

 private:
  ServerProcess(pid_t pid, int port) : pid_(pid), port_(port) {}

  const pid_t pid_;
  int port_;
};

// Runs a program, path first, to its end and gives what it wrote to stdout. Its stderr is added to
// `log_file`. An error, with the last line of that, unless it ended with 0.
absl::StatusOr<std::string> RunProgram(const std::vector<std::string>& command,
                                       const std::string& log_file);

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_PROCESS_H_
