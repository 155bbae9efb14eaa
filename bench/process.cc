#include "bench/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace yijie::bench {
namespace {

constexpr auto kStartLimit = std::chrono::seconds(60);
constexpr auto kPoll = std::chrono::milliseconds(20);

// The port in the log line that says "serving"; 0 if there is none yet.
int PortInLog(const std::string& log_file) {
  std::ifstream log(log_file);
  for (std::string line; std::getline(log, line);) {
    if (!absl::StrContains(line, "\"event\":\"serving\"")) continue;
    constexpr char kField[] = "\"port\":";
    const size_t at = line.find(kField);
    return at == std::string::npos ? 0 : std::atoi(line.c_str() + at + sizeof(kField) - 1);
  }
  return 0;
}

// In the child: only what is safe between fork and exec.
[[noreturn]] void Become(char* const* arguments, int log) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(log, STDERR_FILENO);
  dup2(log, STDOUT_FILENO);
  execv(arguments[0], arguments);
  _exit(127);
}

void Stop(pid_t pid) {
  kill(pid, SIGTERM);
  for (int i = 0; i < 500; ++i) {
    if (waitpid(pid, nullptr, WNOHANG) == pid) return;
    std::this_thread::sleep_for(kPoll);
  }
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(
    const std::vector<std::string>& command, const std::string& log_file) {
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) return absl::UnknownError(absl::StrCat("cannot write ", log_file));
  const pid_t pid = fork();
  if (pid == 0) Become(arguments.data(), log);
  close(log);
  if (pid < 0) return absl::ResourceExhaustedError("cannot fork");
  const auto limit = std::chrono::steady_clock::now() + kStartLimit;
  while (std::chrono::steady_clock::now() < limit) {
    if (const int port = PortInLog(log_file); port > 0) {
      return std::unique_ptr<ServerProcess>(new ServerProcess(pid, port));
    }
    if (waitpid(pid, nullptr, WNOHANG) == pid) {
      return absl::UnknownError(absl::StrCat(command[0], " ended at once; see ", log_file));
    }
    std::this_thread::sleep_for(kPoll);
  }
  Stop(pid);
  return absl::DeadlineExceededError(absl::StrCat(command[0], " did not serve; see ", log_file));
}

ServerProcess::~ServerProcess() { Stop(pid_); }

double ServerProcess::CpuMicroseconds() const {
  std::ifstream file(absl::StrCat("/proc/", pid_, "/stat"));
  std::string line;
  std::getline(file, line);
  // After the name in parentheses: state is field 3, utime and stime are 14 and 15.
  const std::vector<std::string> fields =
      absl::StrSplit(line.substr(line.rfind(')') + 1), ' ', absl::SkipEmpty());
  int64_t user = 0, system = 0;
  if (fields.size() < 13 || !absl::SimpleAtoi(fields[11], &user) ||
      !absl::SimpleAtoi(fields[12], &system)) {
    return 0;
  }
  return static_cast<double>(user + system) * 1e6 / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace yijie::bench
