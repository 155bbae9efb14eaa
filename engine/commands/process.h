#ifndef YIJIE_ENGINE_COMMANDS_PROCESS_H_
#define YIJIE_ENGINE_COMMANDS_PROCESS_H_

// What programs that serve do with their process.

#include <signal.h>

namespace CLI {
class App;
}

namespace yijie::engine {

struct TlsFiles;

// Memory holds personal data: no core files, no debugger attached by others.
void ForbidDumps();

// SIGTERM, SIGINT and SIGHUP are taken by sigwait in the main thread, so every thread must have
// them blocked: call before any starts.
sigset_t BlockSignals();

// A write ended without an answer: whatever is in memory may be ahead of the disk. Leaves at once;
// the supervisor starts the program again and recovery finds out (docs/storage.md).
void ExitAfterStoreFailure();

// What gRPC finds wrong (handshakes that fail, above all) goes into the log as lines like others.
void LogErrorsOfGrpc();

// Adds --tls-authority, --tls-certificate and --tls-key.
void AddTlsOptions(CLI::App& command, TlsFiles* files);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_COMMANDS_PROCESS_H_
