#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "engine/commands/client.h"
#include "engine/commands/commands.h"
#include "engine/receipt.h"
#include "yijie/v1/agency.grpc.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

struct RefundOptions {
  ClientOptions client;
  v1::RefundRequest request;
  std::vector<std::string> lines;  // "LINE:QUANTITY"
  bool json = false;
};

// A quantity such as 2 or 0.5, in 1/10,000 units.
absl::StatusOr<int64_t> ParseQuantity(absl::string_view text) {
  constexpr size_t kDecimals = 4;
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('.', 1));
  std::string digits = absl::StrCat(parts.first, parts.second);
  int64_t value = 0;
  const bool good = !parts.first.empty() && parts.second.size() <= kDecimals &&
                    text.back() != '.' && digits.size() <= 15 &&
                    digits.find_first_not_of("0123456789") == std::string::npos;
  digits.append(good ? kDecimals - parts.second.size() : 0, '0');
  if (!good || !absl::SimpleAtoi(digits, &value))
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no quantity such as 0.5"));
  return value;
}

absl::Status AddLine(absl::string_view text, v1::RefundRequest* request) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(text, ':');
  v1::RefundLine* line = request->add_line();
  int32_t number = 0;
  if (!absl::SimpleAtoi(parts.first, &number) || parts.second.empty())
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no LINE:QUANTITY"));
  line->set_line(number);
  YIJIE_ASSIGN_OR_RETURN(const int64_t quantity, ParseQuantity(parts.second));
  line->set_cnt_1e4(quantity);
  return absl::OkStatus();
}

void Refund(RefundOptions& options) {
  for (const std::string& line : options.lines) {
    if (const absl::Status status = AddLine(line, &options.request); !status.ok())
      Fail(absl::InvalidArgumentError(absl::StrCat("refund: --line: ", status.message())));
  }
  grpc::ClientContext context;
  SetDeadline(options.client, &context);
  v1::RefundResponse response;
  const grpc::Status status = Connect(options.client)->Refund(&context, options.request, &response);
  if (!status.ok()) FailCall("refund", status);
  std::cout << (options.json ? ToJson(response) : PrintRefund(response)) << "\n";
  if (response.outcome() != v1::REFUNDED) throw CLI::RuntimeError(1);
}

void AddRefundCommand(CLI::App& yijie) {
  auto options = std::make_shared<RefundOptions>();
  CLI::App* refund = yijie.add_subcommand(
      "refund", "Give back some lines of a settled bill (部分退费); the others are settled again.");
  AddClientOptions(*refund, &options->client);
  v1::MessageHeader& header = *options->request.mutable_header();
  refund->add_option("--institution", *header.mutable_fixmedins_code(), "Institution that settled")
      ->required();
  refund->add_option("--msgid", *header.mutable_msgid(), "Message id; keep it for a retry")
      ->required();
  refund->add_option("--psn", *options->request.mutable_psn_no(), "Person number")->required();
  refund->add_option("--setl-id", *options->request.mutable_setl_id(), "Settlement")->required();
  refund
      ->add_option("--line", options->lines,
                   "LINE:QUANTITY given back, such as 2:0.5: half a piece of the second line")
      ->required();
  refund->add_flag("--json", options->json, "Print the answer as JSON");
  refund->callback([options] { Refund(*options); });
}

struct UndoOptions {
  ClientOptions client;
  v1::UndoSettlementRequest request;
  bool json = false;
};

void Undo(const UndoOptions& options) {
  const auto stub = v1::AgencyService::NewStub(ConnectChannel(options.client));
  grpc::ClientContext context;
  SetDeadline(options.client, &context);
  v1::ReverseResponse response;
  const grpc::Status status = stub->UndoSettlement(&context, options.request, &response);
  if (!status.ok()) FailCall("undo", status);
  const v1::Reversal& reversal = response.reversal();
  std::cout << (options.json ? ToJson(reversal) : PrintReversal(reversal)) << "\n";
  if (reversal.outcome() != v1::REVERSED && reversal.outcome() != v1::ALREADY_REVERSED)
    throw CLI::RuntimeError(1);
}

void AddUndoCommand(CLI::App& yijie) {
  auto options = std::make_shared<UndoOptions>();
  CLI::App* undo = yijie.add_subcommand(
      "undo",
      "For the agency: undo a settlement that its institution cannot undo any more (业务回退). The "
      "opposite is a record of the current clearing period.");
  AddClientOptions(*undo, &options->client);
  v1::MessageHeader& header = *options->request.mutable_header();
  undo->add_option("--agency", *header.mutable_fixmedins_code(), "Agency")->required();
  undo->add_option("--msgid", *header.mutable_msgid(), "Message id; keep it for a retry")
      ->required();
  undo->add_option("--psn", *options->request.mutable_psn_no(), "Person number")->required();
  undo->add_option("--setl-id", *options->request.mutable_setl_id(), "Settlement")->required();
  undo->add_option("--institution", *options->request.mutable_fixmedins_code(),
                   "Institution that settled")
      ->required();
  undo->add_option("--reason", *options->request.mutable_reason(), "Why; kept in the record")
      ->required();
  undo->add_flag("--json", options->json, "Print the answer as JSON");
  undo->callback([options] { Undo(*options); });
}

}  // namespace

void AddUndoCommands(CLI::App& yijie) {
  AddRefundCommand(yijie);
  AddUndoCommand(yijie);
}

}  // namespace yijie::engine
