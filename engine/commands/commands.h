#ifndef YIJIE_ENGINE_COMMANDS_COMMANDS_H_
#define YIJIE_ENGINE_COMMANDS_COMMANDS_H_

// The subcommands of `yijie`. Each function adds one to the program, with its options and help; its
// callback does the work when it was chosen and ends the program with an exit code other than 0 by
// throwing CLI::RuntimeError(code).
//
// Exit codes: 0 done; 1 refused or failed, told on stderr; 2 there is no answer, so that the result
// is not known (ask again by message id). `yijie policy diff` alone answers like diff: 0 no
// difference, 1 differences, 2 failed.

namespace CLI {
class App;
}

namespace yijie::engine {

void AddServeCommand(CLI::App& yijie);
void AddLoadCommand(CLI::App& yijie);
void AddSettleCommand(CLI::App& yijie);
void AddReverseCommand(CLI::App& yijie);
void AddAccountCommand(CLI::App& yijie);
void AddAccountDeskCommands(CLI::App& account);  // of `yijie account`
void AddCallCommand(CLI::App& yijie);
void AddFamilyCommand(CLI::App& yijie);
void AddEvaluateCommand(CLI::App& yijie);
void AddPolicyCommand(CLI::App& yijie);
// Of `yijie policy`.
void AddPolicyVersionCommands(CLI::App& policy);
void AddPolicyLintCommand(CLI::App& policy);
void AddPolicyReplayCommand(CLI::App& policy);  // to `yijie policy`
void AddPolicyTextCommands(CLI::App& policy);   // show and diff
void AddReconcileCommand(CLI::App& yijie);
void AddPayoutCommand(CLI::App& yijie);
void AddClearingCommand(CLI::App& yijie);
void AddInquireCommand(CLI::App& yijie);
void AddRightsCommand(CLI::App& yijie);
void AddChangesCommand(CLI::App& yijie);
void AddAgreementCommand(CLI::App& yijie);
void AddUndoCommands(CLI::App& yijie);  // refund and undo
void AddGatewayCommand(CLI::App& yijie);
void AddGatewayDeskCommands(CLI::App& gateway);  // of `yijie gateway`
void AddLedgerCommand(CLI::App& yijie);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_COMMANDS_COMMANDS_H_
