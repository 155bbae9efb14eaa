#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "engine/commands/client.h"
#include "engine/commands/commands.h"
#include "engine/receipt.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

struct ReverseOptions {
  ClientOptions client;
  v1::MessageHeader header;
  std::string psn_no;
  std::string setl_id;
  std::string omsgid;
  bool stay = false;
  std::string insured_area;
  bool json = false;
};

v1::Reversal CallReverse(const ReverseOptions& options, v1::SettlementService::Stub& stub) {
  grpc::ClientContext context;
  SetDeadline(options.client, &context);
  if (!options.omsgid.empty()) {
    v1::ReverseByMessageRequest request;
    *request.mutable_header() = options.header;
    request.set_psn_no(options.psn_no);
    request.set_omsgid(options.omsgid);
    if (options.stay) request.set_transaction(v1::SETTLE_STAY);
    request.set_insuplc_admdvs(options.insured_area);
    v1::ReverseByMessageResponse response;
    const grpc::Status status = stub.ReverseByMessage(&context, request, &response);
    if (!status.ok()) FailCall("reverse", status);
    return response.reversal();
  }
  v1::ReverseRequest request;
  *request.mutable_header() = options.header;
  request.set_psn_no(options.psn_no);
  request.set_setl_id(options.setl_id);
  v1::ReverseResponse response;
  const grpc::Status status = stub.Reverse(&context, request, &response);
  if (!status.ok()) FailCall("reverse", status);
  return response.reversal();
}

}  // namespace

void AddReverseCommand(CLI::App& yijie) {
  auto options = std::make_shared<ReverseOptions>();
  CLI::App* reverse = yijie.add_subcommand("reverse",
                                           "Undo a settlement by its id (撤销), or by the message "
                                           "id of the bill when its answer was lost (冲正).");
  AddClientOptions(*reverse, &options->client);
  reverse
      ->add_option("--institution", *options->header.mutable_fixmedins_code(),
                   "Institution that settled")
      ->required();
  reverse
      ->add_option("--msgid", *options->header.mutable_msgid(),
                   "Message id of this undo; keep it for a retry")
      ->required();
  reverse->add_option("--psn", options->psn_no, "Person number")->required();
  CLI::Option* setl_id = reverse->add_option("--setl-id", options->setl_id, "Settlement to undo");
  CLI::Option* omsgid =
      reverse->add_option("--omsgid", options->omsgid, "Message id of the bill to undo");
  setl_id->excludes(omsgid);
  reverse->add_flag("--stay", options->stay, "The bill was one of a stay (SettleStay)")
      ->needs(omsgid);
  reverse
      ->add_option("--insured-area", options->insured_area,
                   "Area where a person from elsewhere is insured, as in the bill")
      ->needs(omsgid);
  reverse->add_flag("--json", options->json, "Print the answer as JSON");
  reverse->callback([options] {
    if (options->setl_id.empty() && options->omsgid.empty())
      Fail(absl::InvalidArgumentError("reverse: --setl-id or --omsgid"));
    const v1::Reversal reversal = CallReverse(*options, *Connect(options->client));
    std::cout << (options->json ? ToJson(reversal) : PrintReversal(reversal)) << "\n";
    // Refused; to have nothing left to undo is what was wanted.
    if (reversal.outcome() != v1::REVERSED && reversal.outcome() != v1::NOTHING_TO_REVERSE &&
        reversal.outcome() != v1::ALREADY_REVERSED) {
      throw CLI::RuntimeError(1);
    }
  });
}

}  // namespace yijie::engine
