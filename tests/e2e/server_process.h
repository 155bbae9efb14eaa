#ifndef YIJIE_TESTS_E2E_SERVER_PROCESS_H_
#define YIJIE_TESTS_E2E_SERVER_PROCESS_H_

// The real program, as a process of its own. It dies with the thread that started it.

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace yijie::e2e {

struct CommandResult {
  int exit_code = 0;   // 128 + signal if a signal ended it
  std::string output;  // stdout and stderr
};

// Runs `yijie` with these arguments to its end.
CommandResult RunYijie(const std::vector<std::string>& arguments);

// Directory of the policy tables of the repository; sample/ is in it.
std::string TablesDirectory();

struct ServerSettings {
  std::string data;
  std::string policies = TablesDirectory();
  std::string listen = "127.0.0.1:0";
  std::string log;  // file that takes what it prints; written anew
  // Long, since tests run on machines that stand still now and then.
  std::string budgets = "pharmacy=60s,out-patient=60s,in-patient=60s,other=60s";
  std::vector<std::string> more_arguments;
};

// A port that was free a moment ago.
int FreePort();

class ServerProcess {
 public:
  // Starts it and waits until it serves. The error has what it printed.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(const ServerSettings& settings);
  // The same for any command of the program that serves: its arguments, all but `--metrics`.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> StartCommand(
      std::vector<std::string> arguments, const std::string& log);
  // Kills it if it still runs.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  int port() const { return port_; }
  int metrics_port() const { return metrics_port_; }

  void Signal(int signal) const;
  // Waits for its end; the exit code, 128 + signal if a signal ended it.
  int Wait();
  // SIGTERM, and the exit code.
  int Terminate();
  // SIGKILL; gone when this returns.
  void Kill();
  // SIGSTOP: it stands still, all of its threads, when this returns; until SIGCONT. A signal that
  // was only sent leaves a busy machine the time to answer calls first.
  void Pause() const;
  void Continue() const;

  // A number in the line of the log that says it serves, such as "peer_port"; 0 if there is none.
  int NumberWhenServing(const std::string& name) const;

  // What it printed so far.
  std::string Log() const;

 private:
  ServerProcess(pid_t pid, std::string log, int metrics_port)
      : log_(std::move(log)), pid_(pid), metrics_port_(metrics_port) {}
  absl::Status WaitUntilServing();

  const std::string log_;  // file
  pid_t pid_;              // 0 once it was waited for
  int exit_code_ = 0;
  int port_ = 0;
  const int metrics_port_;
};

}  // namespace yijie::e2e

#endif  // YIJIE_TESTS_E2E_SERVER_PROCESS_H_
