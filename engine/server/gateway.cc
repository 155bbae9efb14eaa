#include "engine/server/gateway.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/moment.h"
#include "engine/server/books.h"
#include "engine/server/bytes.h"
#include "engine/server/health.h"
#include "yijie/v1/gateway.grpc.pb.h"

namespace yijie::engine {
namespace {

template <typename Response>
grpc::Status Tell(absl::StatusOr<Response> answer, Response* response) {
  if (!answer.ok()) return ToGrpc(answer.status());
  *response = *std::move(answer);
  return grpc::Status::OK;
}

class GatewayEdge final : public v1::GatewayService::Service {
 public:
  explicit GatewayEdge(GatewayQueries& queries) : queries_(queries) {}

  grpc::Status ListPeers(grpc::ServerContext* /*context*/, const v1::ListPeersRequest* /*request*/,
                         v1::ListPeersResponse* response) override {
    *response = queries_.ListPeers();
    return grpc::Status::OK;
  }
  grpc::Status GetAreaClearing(grpc::ServerContext* /*context*/,
                               const v1::GetAreaClearingRequest* request,
                               v1::GetAreaClearingResponse* response) override {
    return Tell(queries_.GetAreaClearing(*request), response);
  }
  grpc::Status GetAdvanceFunds(grpc::ServerContext* /*context*/,
                               const v1::GetAdvanceFundsRequest* request,
                               v1::GetAdvanceFundsResponse* response) override {
    const Date today = MomentOf(absl::ToUnixMillis(absl::Now())).day;
    return Tell(queries_.GetAdvanceFunds(*request, today), response);
  }

 private:
  GatewayQueries& queries_;
};

}  // namespace

struct GatewayServer::Impl {
  Impl(GatewayQueries& queries, BookQueries& books) : gateway_edge(queries), books_edge(&books) {}

  HealthEdge health;
  GatewayEdge gateway_edge;
  BooksEdge books_edge;
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

GatewayServer::GatewayServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

absl::StatusOr<std::unique_ptr<GatewayServer>> GatewayServer::Start(const std::string& address,
                                                                    GatewayQueries& queries,
                                                                    BookQueries& books) {
  auto impl = std::make_unique<Impl>(queries, books);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &impl->port);
  builder.RegisterService(&impl->health);
  builder.RegisterService(&impl->gateway_edge);
  builder.RegisterService(&impl->books_edge);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MAX_POLLERS, 1);
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr || impl->port == 0)
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address, ": is the port taken?"));
  return std::unique_ptr<GatewayServer>(new GatewayServer(std::move(impl)));
}

GatewayServer::~GatewayServer() {
  impl_->health.Stop();
  impl_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
}

int GatewayServer::port() const { return impl_->port; }

}  // namespace yijie::engine
