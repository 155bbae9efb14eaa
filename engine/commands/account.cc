#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "base/fen.h"
#include "engine/commands/client.h"
#include "engine/commands/commands.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

struct AccountOptions {
  ClientOptions client;
  std::string psn_no;
  bool json = false;
};

v1::GetAccountResponse GetAccount(const AccountOptions& options,
                                  v1::SettlementService::Stub& stub) {
  grpc::ClientContext context;
  SetDeadline(options.client, &context);
  v1::GetAccountRequest request;
  request.set_psn_no(options.psn_no);
  v1::GetAccountResponse response;
  const grpc::Status status = stub.GetAccount(&context, request, &response);
  if (!status.ok()) FailAsk("account", status);
  return response;
}

// All pages.
std::vector<v1::Posting> ListPostings(const AccountOptions& options,
                                      v1::SettlementService::Stub& stub) {
  std::vector<v1::Posting> postings;
  v1::ListPostingsRequest request;
  request.set_psn_no(options.psn_no);
  request.set_page_size(1000);
  v1::ListPostingsResponse response;
  do {
    grpc::ClientContext context;
    SetDeadline(options.client, &context);
    const grpc::Status status = stub.ListPostings(&context, request, &response);
    if (!status.ok()) FailAsk("account", status);
    postings.insert(postings.end(), response.posting().begin(), response.posting().end());
    if (!postings.empty()) request.set_after_version(postings.back().version());
  } while (response.more());
  return postings;
}

absl::string_view KindText(v1::PostingKind kind) {
  switch (kind) {
    case v1::POSTING_CREDIT:
      return "划入 credit    ";
    case v1::POSTING_SETTLEMENT:
      return "结算 settlement";
    case v1::POSTING_ACCOUNT:
      return "账户 account   ";
    case v1::POSTING_REVERSAL:
      return "撤销 reversal  ";
    case v1::POSTING_FAMILY:
      return "共济 family    ";
    case v1::POSTING_CROSS:
      return "异地 across    ";
    default:
      return "?";
  }
}

}  // namespace

void AddAccountCommand(CLI::App& yijie) {
  auto options = std::make_shared<AccountOptions>();
  CLI::App* account =
      yijie.add_subcommand("account", "Balance and postings of a personal account (个人账户).");
  account->add_option("PSN_NO", options->psn_no, "Person number");
  account->require_subcommand(0, 1);
  AddAccountDeskCommands(*account);
  AddClientOptions(*account, &options->client);
  account->add_flag("--json", options->json, "Print the balance as JSON, without postings");
  account->callback([account, options] {
    if (!account->get_subcommands().empty()) return;
    if (options->psn_no.empty()) throw CLI::RequiredError("PSN_NO");
    const auto stub = Connect(options->client);
    const v1::GetAccountResponse balance = GetAccount(*options, *stub);
    if (options->json) {
      std::cout << ToJson(balance) << "\n";
      return;
    }
    std::cout << "个人账户 account: 余额 balance " << FormatYuan(Fen(balance.balc_fen()))
              << " 元, 版本 version " << balance.version() << "\n";
    for (const v1::Posting& posting : ListPostings(*options, *stub)) {
      std::cout << "  " << posting.post_time() << "  " << KindText(posting.kind()) << "  "
                << FormatYuan(Fen(posting.amount_fen())) << "  余额 "
                << FormatYuan(Fen(posting.balc_fen())) << "  " << posting.reference() << "\n";
    }
  });
}

}  // namespace yijie::engine
