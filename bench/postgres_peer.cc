#include "bench/postgres_peer.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"

namespace yijie::bench {
namespace {

namespace fs = std::filesystem;

constexpr char kLogPrefix[] = "pgbench_log";

// The number between `before` and the next blank in what pgbench printed.
absl::StatusOr<double> Printed(absl::string_view text, absl::string_view before) {
  const size_t at = text.find(before);
  if (at == absl::string_view::npos) {
    return absl::InternalError(absl::StrCat("pgbench does not say: ", before));
  }
  const std::vector<absl::string_view> words =
      absl::StrSplit(text.substr(at + before.size()), absl::ByAnyChar(" \n/"), absl::SkipEmpty());
  double number = 0;
  if (words.empty() || !absl::SimpleAtod(words[0], &number)) {
    return absl::InternalError(absl::StrCat("pgbench prints no number behind: ", before));
  }
  return number;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresPeer>> PostgresPeer::Start(const std::string& binaries,
                                                                  const std::string& scripts,
                                                                  const std::string& directory) {
  std::unique_ptr<PostgresPeer> peer(new PostgresPeer(binaries, scripts, directory));
  // A path of a socket is short.
  char socket[] = "/tmp/yijie-bench-XXXXXX";
  if (mkdtemp(socket) == nullptr) return absl::UnknownError("cannot make a directory in /tmp");
  peer->socket_ = socket;
  const std::string log = directory + "/cluster.log";
  auto cluster = ServerProcess::Start({"/usr/bin/env", "bash", scripts + "/cluster.sh", binaries,
                                       directory + "/cluster", peer->socket_},
                                      log);
  if (!cluster.ok()) {
    std::ifstream file(log);
    std::stringstream text;
    text << file.rdbuf();
    fs::remove_all(peer->socket_);
    return absl::UnavailableError(absl::StrCat(cluster.status().message(), "\n", text.str()));
  }
  peer->cluster_ = *std::move(cluster);
  return peer;
}

absl::StatusOr<std::string> PostgresPeer::Psql(const std::vector<std::string>& arguments) {
  // psql reads the files to load where it runs.
  std::vector<std::string> command = {
      "/usr/bin/env", "-C",    directory_, binaries_ + "/psql", "-X", "-q",
      "-A",           "-t",    "-v",       "ON_ERROR_STOP=1",   "-v", "VERBOSITY=terse",
      "-h",           socket_, "-U",       "postgres"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return RunProgram(command, log_);
}

absl::Status PostgresPeer::Load() {
  std::vector<std::string> files;
  for (const char* name : {"schema", "policy", "settle", "load"}) {
    files.push_back("-f");
    files.push_back(absl::StrCat(scripts_, "/", name, ".sql"));
  }
  YIJIE_RETURN_IF_ERROR(Psql(files).status());
  return Psql({"-c", "VACUUM ANALYZE", "-c", "CHECKPOINT"}).status();
}

absl::StatusOr<int64_t> PostgresPeer::CheckDecisions() {
  YIJIE_ASSIGN_OR_RETURN(const std::string out, Psql({"-c", "BEGIN", "-c", "SELECT check_claims()",
                                                      "-c", "ROLLBACK", "-c", "VACUUM"}));
  int64_t checked = 0;
  if (!absl::SimpleAtoi(absl::StripAsciiWhitespace(out), &checked) || checked == 0) {
    return absl::InternalError("PostgreSQL settled no claim of the sample");
  }
  return checked;
}

absl::StatusOr<PostgresPeer::Result> PostgresPeer::Run(const Traffic& traffic) {
  std::vector<std::string> command = {binaries_ + "/pgbench",
                                      "-h",
                                      socket_,
                                      "-U",
                                      "postgres",
                                      "--no-vacuum",
                                      "--protocol=prepared",
                                      "--log",
                                      absl::StrCat("--log-prefix=", directory_, "/", kLogPrefix),
                                      absl::StrCat("--client=", traffic.clients),
                                      absl::StrCat("--jobs=", std::min(traffic.clients, 2)),
                                      absl::StrCat("--time=", traffic.seconds),
                                      absl::StrCat("--file=", scripts_, "/settle.pgbench"),
                                      absl::StrCat("--define=first=", traffic.claims.first),
                                      absl::StrCat("--define=last=", traffic.claims.last),
                                      absl::StrCat("--define=run=", ++runs_),
                                      "--define=serial=0"};
  if (traffic.per_second > 0) {
    command.push_back(absl::StrFormat("--rate=%.1f", traffic.per_second));
  }
  command.push_back("postgres");
  YIJIE_ASSIGN_OR_RETURN(const std::string out, RunProgram(command, log_));
  Result result;
  YIJIE_ASSIGN_OR_RETURN(result.per_second, Printed(out, "tps = "));
  YIJIE_ASSIGN_OR_RETURN(const double done,
                         Printed(out, "number of transactions actually processed: "));
  YIJIE_ASSIGN_OR_RETURN(const double failed, Printed(out, "number of failed transactions: "));
  if (failed > 0) return absl::InternalError("a settlement of PostgreSQL failed");
  answered_ += static_cast<int64_t>(done);
  YIJIE_ASSIGN_OR_RETURN(result.nanoseconds, TakeLogs());
  result.latency = Percentiles(result.nanoseconds);
  return result;
}

absl::StatusOr<std::vector<int64_t>> PostgresPeer::TakeLogs() {
  std::vector<int64_t> nanoseconds;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(directory_)) {
    if (absl::StartsWith(entry.path().filename().string(), kLogPrefix)) {
      files.push_back(entry.path());
    }
  }
  for (const fs::path& path : files) {
    std::ifstream file(path);
    // Client, number of the transaction, microseconds, ...
    for (std::string line; std::getline(file, line);) {
      const std::vector<absl::string_view> fields = absl::StrSplit(line, ' ');
      int64_t microseconds = 0;
      if (fields.size() < 3 || !absl::SimpleAtoi(fields[2], &microseconds)) {
        return absl::InternalError("pgbench logged no latency");
      }
      nanoseconds.push_back(microseconds * 1000);
    }
    file.close();
    fs::remove(path);
  }
  return nanoseconds;
}

absl::Status PostgresPeer::CheckBooks() {
  return Psql({"-c", absl::StrCat("SELECT check_books(", answered_, ")")}).status();
}

absl::StatusOr<std::string> PostgresPeer::Version() {
  YIJIE_ASSIGN_OR_RETURN(const std::string out, Psql({"-c", "SHOW server_version"}));
  // "15.18 (Debian 15.18-0+deb12u1)"
  return out.substr(0, out.find_first_of(" \n"));
}

}  // namespace yijie::bench
