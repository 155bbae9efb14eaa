#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/fen.h"
#include "engine/account/bulk_file.h"
#include "engine/commands/client.h"
#include "engine/commands/commands.h"
#include "engine/load/progress_bar.h"
#include "yijie/v1/account.grpc.pb.h"

// `yijie account credit`, `close-year`, `as-of`, `statement`, `pay`, ...: the agency's desk.

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using Stub = v1::AccountService::Stub;

struct DeskOptions {
  ClientOptions client;
  std::string file;
  std::string psn_no;
  std::string instant;
  std::string begndate;
  std::string enddate;
};

std::unique_ptr<Stub> ConnectDesk(const DeskOptions& options) {
  return v1::AccountService::NewStub(ConnectChannel(options.client));
}

template <typename Request, typename Response>
using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Response*);

template <typename Request, typename Response>
grpc::Status Send(const DeskOptions& options, Stub& stub, Method<Request, Response> method,
                  const Request& request, Response* response) {
  grpc::ClientContext context;
  SetDeadline(options.client, &context);
  return (stub.*method)(&context, request, response);
}

template <typename Request>
AskAccount<Request> AskWith(const DeskOptions& options, Stub& stub,
                            Method<Request, v1::AccountResponse> method) {
  return [&options, &stub, method](const Request& request) -> absl::StatusOr<v1::AccountResponse> {
    v1::AccountResponse response;
    const grpc::Status status = Send(options, stub, method, request, &response);
    if (status.ok()) return response;
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  };
}

// Works a file off and tells what came of it.
void RunFile(
    const DeskOptions& options, absl::string_view word,
    const std::function<absl::StatusOr<BulkResult>(const InputFile&, const BulkProgress&)>& work) {
  const absl::StatusOr<InputFile> file = ReadInputFile(options.file);
  if (!file.ok()) Fail(file.status());
  absl::StatusOr<BulkResult> result = BulkResult();
  {
    ProgressBar bar("accounts");
    result = work(*file, [&bar](int64_t done, int64_t total) { bar.Update(done, total); });
  }
  if (!result.ok() && !absl::IsInvalidArgument(result.status()))
    FailCall("account", grpc::Status(static_cast<grpc::StatusCode>(result.status().code()),
                                     std::string(result.status().message())));
  if (!result.ok()) Fail(result.status());
  std::cout << word << " " << result->done << " 户，合计 " << FormatYuan(result->amount)
            << " 元；此前已办 " << result->done_before << " 户\n";
}

CLI::App* AddFileCommand(CLI::App& account, const char* name, const char* what,
                         absl::string_view columns, const std::shared_ptr<DeskOptions>& options) {
  CLI::App* const command = account.add_subcommand(name, what);
  command->footer(absl::StrCat(
      "CSV, UTF-8; the first line names the columns. If any row is wrong, nothing is done and "
      "every\nbad row is listed. Running the same file again does what is left.\n\n",
      columns));
  command->add_option("FILE", options->file, "CSV file")->required();
  AddClientOptions(*command, &options->client);
  return command;
}

void AddCredit(CLI::App& account) {
  const auto options = std::make_shared<DeskOptions>();
  AddFileCommand(account, "credit", "Credit accounts by policy (划入)", kCreditColumnsHelp, options)
      ->callback([options] {
        const auto stub = ConnectDesk(*options);
        RunFile(*options, "划入", [&](const InputFile& file, const BulkProgress& progress) {
          return CreditAll(file, AskWith(*options, *stub, &Stub::CheckCredit),
                           AskWith(*options, *stub, &Stub::CreditByPolicy), progress);
        });
      });
}

void AddCloseYear(CLI::App& account) {
  const auto options = std::make_shared<DeskOptions>();
  AddFileCommand(account, "close-year", "Book the interest of a year (年度结息)",
                 kCloseYearColumnsHelp, options)
      ->callback([options] {
        const auto stub = ConnectDesk(*options);
        RunFile(*options, "结息", [&](const InputFile& file, const BulkProgress& progress) {
          return CloseAll(file, AskWith(*options, *stub, &Stub::CloseAccountYear), progress);
        });
      });
}

// A single request as JSON; prints the answer. Exit code 1 for a refusal.
template <typename Request>
void AddRequest(CLI::App& account, const char* name, const char* what,
                Method<Request, v1::AccountResponse> method) {
  const auto options = std::make_shared<DeskOptions>();
  CLI::App* const command = account.add_subcommand(name, what);
  command->footer(absl::StrCat("FILE is the JSON of ", Request::descriptor()->full_name(),
                               " (proto/yijie/v1/account.proto)."));
  command->add_option("FILE", options->file, "JSON file")->required();
  AddClientOptions(*command, &options->client);
  command->callback([options, method] {
    Request request;
    if (const absl::Status read = ReadJson(options->file, &request); !read.ok()) Fail(read);
    const auto stub = ConnectDesk(*options);
    v1::AccountResponse response;
    const grpc::Status status = Send(*options, *stub, method, request, &response);
    if (!status.ok()) FailCall("account", status);
    std::cout << ToJson(response) << "\n";
    if (response.outcome() != v1::ACCOUNT_DONE) throw CLI::RuntimeError(1);
  });
}

absl::string_view ActText(v1::AccountAct act) {
  switch (act) {
    case v1::ACT_CREDITED:
    case v1::ACT_CREDIT:
      return "划入";
    case v1::ACT_YEAR_TURNED:
      return "年度结转";
    case v1::ACT_INTEREST:
      return "计息";
    case v1::ACT_PAID:
      return "支付";
    case v1::ACT_FROZEN:
      return "冻结";
    case v1::ACT_UNFROZEN:
      return "解冻";
    case v1::ACT_PAID_OUT:
      return "一次性支付";
    case v1::ACT_INHERITED:
      return "继承转出";
    case v1::ACT_TRANSFERRED_OUT:
      return "转出";
    case v1::ACT_TO_FUND:
      return "归入基金";
    case v1::ACT_INHERITANCE:
      return "继承转入";
    case v1::ACT_TRANSFERRED_IN:
      return "转入";
    case v1::ACT_DEBT_OFFSET:
      return "抵扣应退款";
    case v1::ACT_UNDONE:
      return "冲销";
    case v1::ACT_SETTLEMENT:
      return "结算";
    case v1::ACT_REVERSAL:
      return "撤销";
    default:
      return "其他";
  }
}

void PrintBalances(absl::string_view title,
                   const google::protobuf::RepeatedPtrField<v1::SubBalance>& balances) {
  std::cout << title;
  for (const v1::SubBalance& sub : balances) {
    std::cout << "  " << (sub.sub_account() == v1::CURRENT_YEAR ? "当年 " : "历年 ")
              << FormatYuan(Fen(sub.balc_fen())) << " 元";
  }
  std::cout << "\n";
}

void AddAsOf(CLI::App& account) {
  const auto options = std::make_shared<DeskOptions>();
  CLI::App* const command =
      account.add_subcommand("as-of", "What an account held at an instant (某一时点余额)");
  command->add_option("PSN_NO", options->psn_no, "Person number")->required();
  command->add_option("INSTANT", options->instant, "RFC 3339: 2026-03-31T23:59:59+08:00")
      ->required();
  AddClientOptions(*command, &options->client);
  command->callback([options] {
    const auto stub = ConnectDesk(*options);
    v1::GetAccountAsOfRequest request;
    request.set_psn_no(options->psn_no);
    request.set_instant(options->instant);
    v1::GetAccountAsOfResponse response;
    const grpc::Status status = Send(*options, *stub, &Stub::GetAccountAsOf, request, &response);
    if (!status.ok()) FailAsk("account", status);
    PrintBalances(absl::StrCat("余额 ", FormatYuan(Fen(response.balc_fen())), " 元"),
                  response.sub_balance());
    std::cout << "版本 " << response.version() << "  " << response.version_time()
              << (response.frozen() ? "  已冻结" : "") << (response.ended() ? "  已终止" : "")
              << "\n";
  });
}

void PrintLine(const v1::StatementLine& line) {
  std::cout << "  " << line.post_time() << "  " << ActText(line.act()) << "  当年 "
            << FormatYuan(Fen(line.current_year_fen())) << "  历年 "
            << FormatYuan(Fen(line.past_years_fen())) << "  余额 "
            << FormatYuan(Fen(line.balc_fen())) << "  " << line.reference() << "\n";
}

void AddStatement(CLI::App& account) {
  const auto options = std::make_shared<DeskOptions>();
  CLI::App* const command =
      account.add_subcommand("statement", "Movements of an account in a span of days (账户明细)");
  command->add_option("PSN_NO", options->psn_no, "Person number")->required();
  command->add_option("--from", options->begndate, "First day, 2026-01-01")->required();
  command->add_option("--to", options->enddate, "Last day, 2026-12-31")->required();
  AddClientOptions(*command, &options->client);
  command->callback([options] {
    const auto stub = ConnectDesk(*options);
    v1::GetAccountStatementRequest request;
    request.set_psn_no(options->psn_no);
    request.set_begndate(options->begndate);
    request.set_enddate(options->enddate);
    request.set_page_size(1000);
    v1::GetAccountStatementResponse response;
    do {
      const grpc::Status status =
          Send(*options, *stub, &Stub::GetAccountStatement, request, &response);
      if (!status.ok()) FailAsk("account", status);
      if (request.after_version() == 0) PrintBalances("期初", response.opening());
      for (const v1::StatementLine& line : response.line()) {
        PrintLine(line);
        request.set_after_version(line.version());
      }
    } while (response.more());
    PrintBalances("期末", response.closing());
  });
}

}  // namespace

void AddAccountDeskCommands(CLI::App& account) {
  AddCredit(account);
  AddCloseYear(account);
  AddAsOf(account);
  AddStatement(account);
  AddRequest(account, "pay", "Pay for another use than a bill", &Stub::PayFromAccount);
  AddRequest(account, "freeze", "Freeze, or lift the freeze (冻结、解冻)", &Stub::FreezeAccount);
  AddRequest(account, "end", "Pay out, pass on or transfer an account (注销、继承、转出)",
             &Stub::EndAccount);
  AddRequest(account, "receive", "Take in an inheritance or a transfer (继承、转入)",
             &Stub::ReceiveIntoAccount);
  AddRequest(account, "offset", "Deduct an over-payment (抵扣应退款)", &Stub::OffsetDebt);
  AddRequest(account, "undo", "Undo a credit or payment (冲销)", &Stub::UndoAccountPosting);
}

}  // namespace yijie::engine
