#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/books/four_way.h"
#include "engine/books/set_digest.h"
#include "engine/commands/client.h"
#include "engine/commands/commands.h"
#include "engine/load/input_file.h"
#include "engine/load/row_errors.h"
#include "yijie/v1/books.grpc.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

struct AgreementOptions {
  ClientOptions client;
  v1::BookScope scope;
  std::string roster;
  std::string receipts;
  int64_t heads = 0;
};

// Both files are read before the network is asked, so that all bad rows are told at once.
absl::Status ReadPapers(const AgreementOptions& options, FourWayInput* input) {
  YIJIE_ASSIGN_OR_RETURN(const InputFile roster, ReadInputFile(options.roster));
  YIJIE_ASSIGN_OR_RETURN(const InputFile receipts, ReadInputFile(options.receipts));
  RowErrors roster_errors(roster.path), receipt_errors(receipts.path);
  input->roster = ParseRoster(roster, roster_errors);
  input->receipts = ParseReceipts(receipts, receipt_errors);
  if (roster_errors.empty()) return receipt_errors.ToStatus();
  if (receipt_errors.empty()) return roster_errors.ToStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(roster_errors.ToStatus().message(), "\n", receipt_errors.ToStatus().message()));
}

std::vector<v1::BookRow> ReadRows(const AgreementOptions& options, v1::BooksService::Stub& stub) {
  constexpr int kPage = 1'000;
  std::vector<v1::BookRow> rows;
  v1::GetBookDetailsRequest request;
  *request.mutable_scope() = options.scope;
  request.set_page_size(kPage);
  do {
    grpc::ClientContext context;
    SetDeadline(options.client, &context);
    v1::GetBookDetailsResponse response;
    const grpc::Status status = stub.GetBookDetails(&context, request, &response);
    if (!status.ok()) FailAsk("agreement", status);
    for (v1::BookRow& row : *response.mutable_row()) rows.push_back(std::move(row));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return rows;
}

// Whether `rows` are the whole of the scope now.
bool IsWhole(const AgreementOptions& options, const std::vector<v1::BookRow>& rows,
             v1::BooksService::Stub& stub) {
  SetDigest read;
  for (const v1::BookRow& row : rows) read.Add(FieldsOf(row));
  v1::GetBookTotalsRequest request;
  *request.mutable_scope() = options.scope;
  *request.mutable_own() = read.ToTotals();
  grpc::ClientContext context;
  SetDeadline(options.client, &context);
  v1::GetBookTotalsResponse response;
  const grpc::Status status = stub.GetBookTotals(&context, request, &response);
  if (!status.ok()) FailAsk("agreement", status);
  return response.stmt_rslt() == v1::FLAT;
}

// The book may grow while its pages are read; then once more.
absl::StatusOr<std::vector<v1::BookRow>> ReadBook(const AgreementOptions& options) {
  constexpr int kAttempts = 5;
  const auto stub = v1::BooksService::NewStub(ConnectChannel(options.client));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::vector<v1::BookRow> rows = ReadRows(options, *stub);
    if (IsWhole(options, rows, *stub)) return rows;
  }
  return absl::AbortedError("agreement: the book changes while it is read; try again");
}

// Whether the four agree.
absl::StatusOr<bool> Agree(const AgreementOptions& options) {
  FourWayInput input;
  input.heads = options.heads;
  YIJIE_RETURN_IF_ERROR(ReadPapers(options, &input));
  YIJIE_ASSIGN_OR_RETURN(const std::vector<v1::BookRow> rows, ReadBook(options));
  input.payments = PaymentsOf(rows);
  const FourWayResult result = CompareFourWays(input);
  std::cout << "机构 " << options.scope.fixmedins_code() << "，清算日 " << options.scope.begndate()
            << " 至 " << options.scope.enddate() << "，账上记录 " << rows.size() << " 笔\n"
            << FourWayAsText(result);
  return result.agree();
}

}  // namespace

void AddAgreementCommand(CLI::App& yijie) {
  auto options = std::make_shared<AgreementOptions>();
  options->scope.set_refund(v1::ALL_RECORDS);
  CLI::App* agreement = yijie.add_subcommand(
      "agreement",
      "Do money, heads, roster and receipts agree (四相符：钱、人头、名册、票据)? Compares the "
      "centre's book of an institution with the papers. Exit code 0: they do; 1: they do not, or "
      "refused; 2: the engine gave no answer.");
  agreement->footer(absl::StrCat(kRosterColumnsHelp, "\n\n", kReceiptColumnsHelp));
  AddClientOptions(*agreement, &options->client);
  agreement->add_option("--institution", *options->scope.mutable_fixmedins_code(), "Whose book")
      ->required();
  agreement->add_option("--from", *options->scope.mutable_begndate(), "First clearing day")
      ->required();
  agreement->add_option("--to", *options->scope.mutable_enddate(), "Last clearing day")->required();
  agreement->add_option("--heads", options->heads, "Persons, as counted apart from the papers")
      ->check(CLI::NonNegativeNumber)
      ->required();
  agreement->add_option("--roster", options->roster, "Roster (名册), CSV")->required();
  agreement->add_option("--receipts", options->receipts, "Receipts (票据), CSV")->required();
  agreement->callback([options] {
    const absl::StatusOr<bool> agree = Agree(*options);
    if (!agree.ok()) Fail(agree.status());
    if (!*agree) throw CLI::RuntimeError(1);
  });
}

}  // namespace yijie::engine
