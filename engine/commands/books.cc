#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/books/book_file.h"
#include "engine/books/book_view.h"
#include "engine/books/clearing_statement.h"
#include "engine/books/descent.h"
#include "engine/commands/client.h"
#include "engine/commands/commands.h"
#include "engine/load/input_file.h"
#include "engine/load/row_errors.h"
#include "yijie/v1/books.grpc.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

struct ReconcileOptions {
  ClientOptions client;
  v1::BookScope scope;
  std::string file;
};

// What a comparison cost, both directions.
struct Traffic {
  int64_t messages = 0;
  uint64_t bytes = 0;
};

struct Comparison {
  std::vector<v1::BookDifference> differences;
  v1::BookTotals own;
  v1::BookTotals centre;
};

absl::StatusOr<SortedBook> ReadOwnBook(const std::string& path) {
  YIJIE_ASSIGN_OR_RETURN(const InputFile file, ReadInputFile(path));
  RowErrors errors(file.path);
  std::vector<v1::BookRow> rows = ParseBook(file, errors);
  YIJIE_RETURN_IF_ERROR(errors.ToStatus());
  return SortedBook::Make(std::move(rows));
}

absl::StatusOr<Comparison> CompareOnce(const ReconcileOptions& options, const SortedBook& book,
                                       v1::BooksService::Stub& stub, Traffic* traffic) {
  YIJIE_ASSIGN_OR_RETURN(Descent descent, Descent::Start(book, options.scope));
  while (!descent.done()) {
    grpc::ClientContext context;
    SetDeadline(options.client, &context);
    v1::CompareBookResponse response;
    const grpc::Status status = stub.CompareBook(&context, descent.request(), &response);
    if (!status.ok()) FailAsk("reconcile", status);
    traffic->messages += 2;
    traffic->bytes += descent.request().ByteSizeLong() + response.ByteSizeLong();
    YIJIE_RETURN_IF_ERROR(descent.Take(response));
  }
  return Comparison{descent.differences(), descent.own(), descent.centre()};
}

// The centre's book may change while it is searched; then once more.
absl::StatusOr<Comparison> Compare(const ReconcileOptions& options, const SortedBook& book,
                                   Traffic* traffic) {
  constexpr int kAttempts = 5;
  const auto stub = v1::BooksService::NewStub(ConnectChannel(options.client));
  for (int attempt = 1;; ++attempt) {
    absl::StatusOr<Comparison> comparison = CompareOnce(options, book, *stub, traffic);
    if (attempt == kAttempts || !absl::IsAborted(comparison.status())) return comparison;
  }
}

// Whether the books are equal.
absl::StatusOr<bool> Reconcile(const ReconcileOptions& options) {
  YIJIE_ASSIGN_OR_RETURN(const SortedBook book, ReadOwnBook(options.file));
  Traffic traffic;
  YIJIE_ASSIGN_OR_RETURN(const Comparison comparison, Compare(options, book, &traffic));
  const bool equal = comparison.differences.empty();
  std::cout << "机构 " << options.scope.fixmedins_code() << "，清算日 " << options.scope.begndate()
            << " 至 " << options.scope.enddate() << "\n"
            << "笔数：中心 " << comparison.centre.count() << "，机构 " << comparison.own.count()
            << "\n";
  if (equal) {
    std::cout << "对账结果：平\n";
  } else {
    std::cout << "对账结果：不平\n" << DifferencesAsText(comparison.differences);
  }
  std::cout << "往返报文 " << traffic.messages << " 个，共 " << traffic.bytes << " 字节\n";
  return equal;
}

struct ClearingOptions {
  ClientOptions client;
  v1::GetClearingStatementRequest request;
  bool json = false;
};

void PrintClearing(const ClearingOptions& options) {
  const auto stub = v1::BooksService::NewStub(ConnectChannel(options.client));
  grpc::ClientContext context;
  SetDeadline(options.client, &context);
  v1::GetClearingStatementResponse response;
  const grpc::Status status = stub->GetClearingStatement(&context, options.request, &response);
  if (!status.ok()) FailAsk("clearing", status);
  if (options.json) {
    std::cout << ToJson(response) << "\n";
    return;
  }
  std::cout << ClearingStatementAsText(response.statement())
            << (response.closed() ? "本清算期已关闭\n"
                                  : "本清算期尚未关闭，以上为截至目前的数据\n");
}

}  // namespace

void AddReconcileCommand(CLI::App& yijie) {
  auto options = std::make_shared<ReconcileOptions>();
  options->scope.set_refund(v1::ALL_RECORDS);
  CLI::App* reconcile = yijie.add_subcommand(
      "reconcile",
      "Compare an institution's own book with the centre's (对账) and print the records that "
      "differ. Exit code 0: equal; 1: different, or refused; 2: no answer, nothing is known.");
  reconcile->footer(std::string(kBookColumnsHelp));
  AddClientOptions(*reconcile, &options->client);
  reconcile->add_option("--institution", *options->scope.mutable_fixmedins_code(), "Whose book")
      ->required();
  reconcile->add_option("--from", *options->scope.mutable_begndate(), "First clearing day")
      ->required();
  reconcile->add_option("--to", *options->scope.mutable_enddate(), "Last clearing day")->required();
  reconcile->add_option("FILE", options->file, "The institution's book, CSV")->required();
  reconcile->callback([options] {
    const absl::StatusOr<bool> equal = Reconcile(*options);
    if (!equal.ok()) Fail(equal.status());
    if (!*equal) throw CLI::RuntimeError(1);
  });
}

void AddClearingCommand(CLI::App& yijie) {
  auto options = std::make_shared<ClearingOptions>();
  CLI::App* clearing = yijie.add_subcommand(
      "clearing", "Print what the centre owes an institution for a month (月度清算单).");
  AddClientOptions(*clearing, &options->client);
  clearing->add_option("--institution", *options->request.mutable_fixmedins_code(), "Institution")
      ->required();
  clearing->add_option("--period", *options->request.mutable_setlym(), "Month, such as 2026-11")
      ->required();
  clearing->add_flag("--json", options->json, "Print the answer as JSON");
  clearing->callback([options] { PrintClearing(*options); });
}

}  // namespace yijie::engine
