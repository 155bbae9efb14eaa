#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/books/book_view.h"
#include "engine/books/descent.h"
#include "engine/books/set_digest.h"
#include "engine/commands/client.h"
#include "engine/commands/commands.h"
#include "engine/gateway/three_way.h"
#include "yijie/v1/books.grpc.pb.h"
#include "yijie/v1/gateway.grpc.pb.h"

// The subcommands of `yijie gateway` that ask a gateway which runs.

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

struct DeskOptions {
  ClientOptions client;
  bool json = false;
  v1::GetAreaClearingRequest clearing;
  v1::GetAdvanceFundsRequest advance;
};

std::unique_ptr<v1::GatewayService::Stub> ConnectGateway(const ClientOptions& options) {
  return v1::GatewayService::NewStub(ConnectChannel(options));
}

absl::string_view StateWords(v1::PeerState state) {
  switch (state) {
    case v1::PEER_UP:
      return "正常";
    case v1::PEER_SLOW:
      return "缓慢";
    case v1::PEER_DEAD:
      return "中断";
    default:
      return "尚未连通";
  }
}

void PrintPeers(const DeskOptions& options) {
  grpc::ClientContext context;
  SetDeadline(options.client, &context);
  v1::ListPeersResponse response;
  const grpc::Status status =
      ConnectGateway(options.client)->ListPeers(&context, v1::ListPeersRequest(), &response);
  if (!status.ok()) FailAsk("gateway peers", status);
  if (options.json) {
    std::cout << ToJson(response) << "\n";
    return;
  }
  for (const v1::PeerStatus& peer : response.peer()) {
    std::cout << peer.admdvs() << " " << peer.name() << "  " << peer.address() << "  "
              << StateWords(peer.state()) << "  转发 " << peer.calls() << " 次，无应答 "
              << peer.failures() << " 次，平均 " << peer.mean_latency_us() << " 微秒\n";
  }
}

void PrintClearing(const DeskOptions& options) {
  grpc::ClientContext context;
  SetDeadline(options.client, &context);
  v1::GetAreaClearingResponse response;
  const grpc::Status status =
      ConnectGateway(options.client)->GetAreaClearing(&context, options.clearing, &response);
  if (!status.ok()) FailAsk("gateway clearing", status);
  std::cout << (options.json ? ToJson(response.clearing()) + "\n" : response.text());
}

void PrintAdvance(const DeskOptions& options) {
  grpc::ClientContext context;
  SetDeadline(options.client, &context);
  v1::GetAdvanceFundsResponse response;
  const grpc::Status status =
      ConnectGateway(options.client)->GetAdvanceFunds(&context, options.advance, &response);
  if (!status.ok()) FailAsk("gateway advance", status);
  std::cout << (options.json ? ToJson(response.funds()) + "\n" : response.text());
}

// --- Three-way reconciliation

struct ThreeWayOptions {
  ClientOptions gateway;
  std::string care;
  std::string insured;
  v1::BookScope scope;
};

// The book of a pair as one of the three sides serves it.
class RemoteBook final : public PairBook {
 public:
  RemoteBook(ClientOptions options, const std::string& address, v1::BookScope scope)
      : options_(std::move(options)), scope_(std::move(scope)) {
    options_.server = address;
    stub_ = v1::BooksService::NewStub(ConnectChannel(options_));
  }

  v1::BookTotals TotalsOf(const std::string& day) override {
    v1::GetBookTotalsRequest request;
    *request.mutable_scope() = ScopeOf(day);
    return Call<v1::GetBookTotalsResponse>([&](auto* context, auto* response) {
             return stub_->GetBookTotals(context, request, response);
           })
        .centre();
  }

  std::vector<v1::BookRow> RowsOf(const std::string& day) override {
    constexpr int kPage = 1'000;
    v1::GetBookDetailsRequest request;
    *request.mutable_scope() = ScopeOf(day);
    request.set_page_size(kPage);
    std::vector<v1::BookRow> rows;
    do {
      auto response = Call<v1::GetBookDetailsResponse>(
          [&](auto* context, auto* out) { return stub_->GetBookDetails(context, request, out); });
      for (v1::BookRow& row : *response.mutable_row()) rows.push_back(std::move(row));
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    return rows;
  }

  v1::CompareBookResponse Compare(const v1::CompareBookRequest& request) override {
    return Call<v1::CompareBookResponse>([&](auto* context, auto* response) {
      return stub_->CompareBook(context, request, response);
    });
  }

 private:
  v1::BookScope ScopeOf(const std::string& day) const {
    v1::BookScope scope = scope_;
    scope.set_begndate(day);
    scope.set_enddate(day);
    return scope;
  }

  template <typename Response, typename Ask>
  Response Call(const Ask& ask) {
    grpc::ClientContext context;
    SetDeadline(options_, &context);
    Response response;
    const grpc::Status status = ask(&context, &response);
    if (!status.ok()) FailAsk(absl::StrCat("gateway reconcile: ", options_.server), status);
    return response;
  }

  ClientOptions options_;
  const v1::BookScope scope_;
  std::unique_ptr<v1::BooksService::Stub> stub_;
};

absl::StatusOr<bool> Reconcile(const ThreeWayOptions& options) {
  RemoteBook care(options.gateway, options.care, options.scope);
  RemoteBook gateway(options.gateway, options.gateway.server, options.scope);
  RemoteBook insured(options.gateway, options.insured, options.scope);
  YIJIE_ASSIGN_OR_RETURN(const ThreeWayResult result,
                         CompareThreeWays(options.scope, care, gateway, insured));
  std::cout << ThreeWayAsText(options.scope, result);
  return result.equal();
}

}  // namespace

void AddGatewayDeskCommands(CLI::App& gateway) {
  auto peers = std::make_shared<DeskOptions>();
  peers->client.server = "127.0.0.1:7312";
  CLI::App* list = gateway.add_subcommand("peers", "Who is up, slow or dead.");
  AddClientOptions(*list, &peers->client);
  list->add_flag("--json", peers->json, "Print the answer as JSON");
  list->callback([peers] { PrintPeers(*peers); });

  auto clearing = std::make_shared<DeskOptions>(*peers);
  CLI::App* clear = gateway.add_subcommand(
      "clearing", "What each area owes each for a month (月度清算), gross and net.");
  AddClientOptions(*clear, &clearing->client);
  clear->add_option("--period", *clearing->clearing.mutable_setlym(), "Month, such as 2026-11")
      ->required();
  clear->add_flag("--json", clearing->json, "Print the answer as JSON");
  clear->callback([clearing] { PrintClearing(*clearing); });

  auto advance = std::make_shared<DeskOptions>(*peers);
  CLI::App* funds = gateway.add_subcommand(
      "advance", "Use of the advance funds (预付金) in a month, warnings and forecast.");
  AddClientOptions(*funds, &advance->client);
  funds->add_option("--period", *advance->advance.mutable_setlym(), "Month, such as 2026-11")
      ->required();
  funds->add_option("--as-of", *advance->advance.mutable_as_of(),
                    "Count up to this day; else up to today");
  funds->add_flag("--json", advance->json, "Print the answer as JSON");
  funds->callback([advance] { PrintAdvance(*advance); });

  auto three = std::make_shared<ThreeWayOptions>();
  three->gateway.server = peers->client.server;
  three->scope.set_refund(v1::ALL_RECORDS);
  CLI::App* reconcile = gateway.add_subcommand(
      "reconcile",
      "Compare the books of a pair of areas at the place of care, the gateway and the insured "
      "place (三方对账), day by day. Exit code 0: equal; 1: different, "
      "or refused; 2: a side gave no answer, nothing is known.");
  AddClientOptions(*reconcile, &three->gateway);
  reconcile->add_option("--care", three->care, "Address of the engine of the place of care")
      ->required();
  reconcile->add_option("--insured", three->insured, "Address of the engine of the insured place")
      ->required();
  reconcile
      ->add_option("--pair", *three->scope.mutable_fixmedins_code(),
                   "Place of care and insured place, such as 620000410000")
      ->required();
  reconcile->add_option("--from", *three->scope.mutable_begndate(), "First clearing day")
      ->required();
  reconcile->add_option("--to", *three->scope.mutable_enddate(), "Last clearing day")->required();
  reconcile->add_option("--insutype", *three->scope.mutable_insutype(),
                        "Scheme (险种): where another instance carries others of the pair, each is "
                        "compared by itself");
  reconcile->callback([three] {
    const absl::StatusOr<bool> equal = Reconcile(*three);
    if (!equal.ok()) Fail(equal.status());
    if (!*equal) throw CLI::RuntimeError(1);
  });
}

}  // namespace yijie::engine
