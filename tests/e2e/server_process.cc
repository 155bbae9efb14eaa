#include "tests/e2e/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <random>
#include <sstream>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/check.h"

namespace yijie::e2e {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(1);
constexpr auto kStartLimit = std::chrono::seconds(60);

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// YIJIE_PROGRAM, for those who test the tests with another one.
const char* Program() {
  const char* other = std::getenv("YIJIE_PROGRAM");
  return other == nullptr ? YIJIE_PROGRAM : other;
}

// stdout and stderr of the new process go to `output`.
pid_t Spawn(const std::vector<std::string>& arguments, int output) {
  std::vector<char*> argv = {const_cast<char*>(Program())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = fork();
  YIJIE_CHECK(pid >= 0, "fork");
  if (pid > 0) return pid;
  // Between fork and exec only what is async-signal-safe: gRPC threads may hold any lock.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execv(argv[0], argv.data());
  _exit(127);
}

int WaitFor(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) != pid) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// A number in the line of the event "serving".
std::optional<int> NumberOf(const std::string& log, absl::string_view name) {
  const std::string mark = absl::StrCat("\"", name, "\":");
  for (const absl::string_view line : absl::StrSplit(log, '\n')) {
    if (line.find("\"event\":\"serving\"") == absl::string_view::npos) continue;
    const size_t at = line.find(mark);
    if (at == absl::string_view::npos || line.back() != '}') continue;
    const absl::string_view rest = line.substr(at + mark.size());
    int port = 0;
    if (absl::SimpleAtoi(rest.substr(0, rest.find_first_of(",}")), &port)) return port;
  }
  return std::nullopt;
}

}  // namespace

// The log does not tell which port the metrics page took. Below those that the kernel gives to
// connections, or one of another test could take it before the server does.
int FreePort() {
  constexpr int kFirst = 10'000, kLast = 32'000;
  static std::mt19937 random{std::random_device()()};
  while (true) {
    const int port = std::uniform_int_distribution<int>(kFirst, kLast)(random);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    close(fd);
    if (bound) return port;
  }
}

std::string TablesDirectory() { return YIJIE_TABLES; }

CommandResult RunYijie(const std::vector<std::string>& arguments) {
  int ends[2];
  YIJIE_CHECK(pipe2(ends, O_CLOEXEC) == 0, "pipe");
  const pid_t pid = Spawn(arguments, ends[1]);
  close(ends[1]);
  CommandResult result;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof(buffer))) > 0;) {
    result.output.append(buffer, static_cast<size_t>(got));
  }
  close(ends[0]);
  result.exit_code = WaitFor(pid);
  return result;
}

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(
    const ServerSettings& settings) {
  std::vector<std::string> arguments = {
      "serve",         "--data",         settings.data, "--policies", settings.policies, "--listen",
      settings.listen, "--min-free-mib", "64",          "--budget",   settings.budgets};
  arguments.insert(arguments.end(), settings.more_arguments.begin(), settings.more_arguments.end());
  return StartCommand(std::move(arguments), settings.log);
}

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::StartCommand(
    std::vector<std::string> arguments, const std::string& log) {
  const int metrics_port = FreePort();
  arguments.insert(arguments.end(), {"--metrics", absl::StrCat("127.0.0.1:", metrics_port)});
  const int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  YIJIE_CHECK(fd >= 0, "the log file of the server");
  const pid_t pid = Spawn(arguments, fd);
  close(fd);
  std::unique_ptr<ServerProcess> server(new ServerProcess(pid, log, metrics_port));
  if (absl::Status status = server->WaitUntilServing(); !status.ok()) return status;
  return server;
}

ServerProcess::~ServerProcess() { Kill(); }

absl::Status ServerProcess::WaitUntilServing() {
  const auto limit = std::chrono::steady_clock::now() + kStartLimit;
  while (std::chrono::steady_clock::now() < limit) {
    if (const std::optional<int> port = NumberOf(Log(), "port"); port) {
      port_ = *port;
      return absl::OkStatus();
    }
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      return absl::InternalError(absl::StrCat("the server ended at its start:\n", Log()));
    }
    std::this_thread::sleep_for(kPoll);
  }
  return absl::DeadlineExceededError(absl::StrCat("the server does not serve:\n", Log()));
}

void ServerProcess::Signal(int signal) const {
  if (pid_ != 0) kill(pid_, signal);
}

void ServerProcess::Pause() const {
  Signal(SIGSTOP);
  siginfo_t stopped;
  if (pid_ != 0) waitid(P_PID, pid_, &stopped, WSTOPPED | WEXITED | WNOWAIT);
}

void ServerProcess::Continue() const { Signal(SIGCONT); }

int ServerProcess::Wait() {
  if (pid_ != 0) exit_code_ = WaitFor(pid_);
  pid_ = 0;
  return exit_code_;
}

int ServerProcess::Terminate() {
  Signal(SIGTERM);
  return Wait();
}

void ServerProcess::Kill() {
  Signal(SIGKILL);
  Wait();
}

int ServerProcess::NumberWhenServing(const std::string& name) const {
  return NumberOf(Log(), name).value_or(0);
}

std::string ServerProcess::Log() const { return ReadFile(log_); }

}  // namespace yijie::e2e
