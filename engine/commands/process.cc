#include "engine/commands/process.h"

#include <grpc/support/log.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "engine/peers/tls.h"

namespace yijie::engine {

void ForbidDumps() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void ExitAfterStoreFailure() {
  LogLine("store_failed").Text("action", "exit; recover by starting again");
  constexpr int kStoreFailed = 3;
  _exit(kStoreFailed);
}

void LogErrorsOfGrpc() {
  gpr_set_log_function([](gpr_log_func_args* args) {
    LogLine("grpc")
        .Text("severity", gpr_log_severity_string(args->severity))
        .Text("message", args->message);
  });
}

void AddTlsOptions(CLI::App& command, TlsFiles* files) {
  command.add_option("--tls-authority", files->authority,
                     "Certificates that are believed on the ports between areas, PEM");
  command.add_option("--tls-certificate", files->certificate,
                     "Own certificate with its chain, PEM; its URI says who this is");
  command.add_option("--tls-key", files->key, "Own key, PEM; not readable by others");
}

}  // namespace yijie::engine
