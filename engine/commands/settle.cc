#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/status_macros.h"
#include "engine/commands/client.h"
#include "engine/commands/commands.h"
#include "engine/commands/settle_stream.h"
#include "engine/receipt.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

struct SettleOptions {
  ClientOptions client;
  std::vector<std::string> files;
  bool pre = false;
  bool json = false;
  bool stream = false;
  ReceiptNames names;
};

// Settles or pre-settles one bill; `refused` is set if the answer is a business refusal.
void SettleFile(const SettleOptions& options, v1::SettlementService::Stub& stub,
                const std::string& file, bool* refused) {
  v1::SettleRequest request;
  if (const absl::Status read = ReadJson(file, &request); !read.ok()) Fail(read);
  grpc::ClientContext context;
  SetDeadline(options.client, &context);
  v1::SettleResponse response;
  grpc::Status status;
  if (options.pre) {
    v1::PreSettleRequest pre;
    pre.set_fixmedins_code(request.header().fixmedins_code());
    *pre.mutable_claim() = request.claim();
    v1::PreSettleResponse answer;
    status = stub.PreSettle(&context, pre, &answer);
    *response.mutable_settlement() = answer.settlement();
  } else {
    status = stub.Settle(&context, request, &response);
  }
  PrintTiming(options.client, context);
  if (!status.ok()) options.pre ? FailAsk(file, status) : FailCall(file, status);
  *refused = *refused || response.settlement().outcome() != v1::SETTLED;
  std::cout << (options.json ? ToJson(response)
                             : PrintReceipt(response.settlement(), options.names))
            << "\n";
}

}  // namespace

void AddSettleCommand(CLI::App& yijie) {
  auto options = std::make_shared<SettleOptions>();
  CLI::App* settle = yijie.add_subcommand(
      "settle",
      "Send bills to a running engine and print the settlement statement (医保结算单) of each.\n"
      "Sending a file again is safe: the message id in it is settled once.\n"
      "Exit code 1 if a bill was refused, malformed or not applied, 2 if a result is not known.");
  settle
      ->add_option("FILE", options->files,
                   "Bills: yijie.v1.SettleRequest as protobuf JSON; with --stream one a line")
      ->required()
      ->check(CLI::ExistingFile | CLI::IsMember({"-"}));
  AddClientOptions(*settle, &options->client);
  AddTimingOption(*settle, &options->client);
  CLI::Option* pre =
      settle->add_flag("--pre", options->pre, "Only compute (预结算); nothing is changed");
  CLI::Option* stream = settle->add_flag("--stream", options->stream,
                                         "Many bills over one stream, one JSON a line, \"-\" for "
                                         "stdin; prints one JSON answer a line,\n"
                                         "in the order in which they are settled");
  settle->add_flag("--json", options->json, "Print the answer as JSON instead of a statement");
  settle->add_option("--psn-name", options->names.psn_name,
                     "Name for the statement; printed masked, never sent");
  settle->add_option("--certno", options->names.certno,
                     "Certificate number for the statement; printed masked, never sent");
  settle->add_option("--institution-name", options->names.institution_name,
                     "Name of the institution for the statement");
  pre->excludes(stream);
  settle->callback([options] {
    if (options->stream) {
      const int code = SettleOverStream(options->client, options->files);
      if (code != 0) throw CLI::RuntimeError(code);
      return;
    }
    const auto stub = Connect(options->client);
    bool refused = false;
    for (const std::string& file : options->files) SettleFile(*options, *stub, file, &refused);
    if (refused) throw CLI::RuntimeError(1);
  });
}

}  // namespace yijie::engine
