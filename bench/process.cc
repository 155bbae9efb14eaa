#include "bench/process.h"

#include <errno.h>
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
#include "base/status_macros.h"

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
[[noreturn]] void Become(char* const* arguments, int out, int log) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);  // it may have to clean up
  dup2(log, STDERR_FILENO);
  dup2(out, STDOUT_FILENO);
  execv(arguments[0], arguments);
  _exit(127);
}

// Starts `command`; its stdout goes to `out`, its stderr to `log`.
absl::StatusOr<pid_t> Launch(const std::vector<std::string>& command, int out, int log) {
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) Become(arguments.data(), out, log);
  if (pid < 0) return absl::ResourceExhaustedError("cannot fork");
  return pid;
}

// All there is until the other end is closed.
std::string ReadAll(int fd) {
  std::string text;
  char block[4096];
  for (ssize_t got = 1; got > 0 || (got < 0 && errno == EINTR);) {
    got = read(fd, block, sizeof(block));
    if (got > 0) text.append(block, static_cast<size_t>(got));
  }
  return text;
}

std::string LastLineOf(const std::string& log_file) {
  std::ifstream log(log_file);
  std::string last;
  for (std::string line; std::getline(log, line);) {
    if (!line.empty()) last = line;
  }
  return last;
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
  const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) return absl::UnknownError(absl::StrCat("cannot write ", log_file));
  const absl::StatusOr<pid_t> launched = Launch(command, log, log);
  close(log);
  YIJIE_RETURN_IF_ERROR(launched.status());
  const pid_t pid = *launched;
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

double ServerProcess::ResidentMegabytes() const {
  std::ifstream file(absl::StrCat("/proc/", pid_, "/statm"));
  int64_t all = 0, resident = 0;
  file >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

absl::StatusOr<std::string> RunProgram(const std::vector<std::string>& command,
                                       const std::string& log_file) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::ResourceExhaustedError("cannot make a pipe");
  const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const absl::StatusOr<pid_t> pid = Launch(command, ends[1], log);
  close(log);
  close(ends[1]);
  const std::string out = ReadAll(ends[0]);
  close(ends[0]);
  YIJIE_RETURN_IF_ERROR(pid.status());
  int ended = 0;
  while (waitpid(*pid, &ended, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(ended) && WEXITSTATUS(ended) == 0) return out;
  return absl::UnknownError(absl::StrCat(command[0], " failed: ", LastLineOf(log_file)));
}

}  // namespace yijie::bench
