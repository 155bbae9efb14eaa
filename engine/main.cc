// yijie (医结): the settlement engine and its tools, one program.

#include <CLI/CLI.hpp>

#include "absl/synchronization/mutex.h"
#include "engine/commands/commands.h"

int main(int argc, char** argv) {
  // The distribution builds abseil with its debugging checks: every lock that gRPC takes would be
  // entered in one graph of all locks, under one lock.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  CLI::App yijie("yijie 医结: real-time medical settlement");
  yijie.require_subcommand(1);
  yijie.set_version_flag("--version", YIJIE_VERSION);
  yijie::engine::AddServeCommand(yijie);
  yijie::engine::AddLoadCommand(yijie);
  yijie::engine::AddSettleCommand(yijie);
  yijie::engine::AddReverseCommand(yijie);
  yijie::engine::AddAccountCommand(yijie);
  yijie::engine::AddCallCommand(yijie);
  yijie::engine::AddFamilyCommand(yijie);
  yijie::engine::AddEvaluateCommand(yijie);
  yijie::engine::AddPolicyCommand(yijie);
  yijie::engine::AddReconcileCommand(yijie);
  yijie::engine::AddClearingCommand(yijie);
  yijie::engine::AddInquireCommand(yijie);
  yijie::engine::AddRightsCommand(yijie);
  yijie::engine::AddChangesCommand(yijie);
  yijie::engine::AddPayoutCommand(yijie);
  yijie::engine::AddAgreementCommand(yijie);
  yijie::engine::AddUndoCommands(yijie);
  yijie::engine::AddGatewayCommand(yijie);
  yijie::engine::AddLedgerCommand(yijie);
  CLI11_PARSE(yijie, argc, argv);
  return 0;
}
