// The floor under the RPC benchmark: the server of engine/server.cc with the engine taken out. One
// completion queue, one thread that polls it, bytes in, the same bytes out every time.

#include <grpcpp/grpcpp.h>

#include <fstream>
#include <sstream>

#include "base/log.h"
#include "bench/benches.h"
#include "yijie/v1/service.grpc.pb.h"

namespace yijie::bench {
namespace {

using EchoService = v1::SettlementService::WithRawMethod_Settle<v1::SettlementService::Service>;

constexpr int kOpenCalls = 16;  // as the server has

struct Echo {
  EchoService service;
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
  std::unique_ptr<grpc::Server> server;
  std::string reply;
};

// One call: waits for a request, answers it, and deletes itself.
class EchoCall {
 public:
  explicit EchoCall(Echo& echo) : echo_(echo), writer_(&context_) {
    echo_.service.RequestSettle(&context_, &request_, &writer_, echo_.queue.get(),
                                echo_.queue.get(), this);
  }

  void Proceed(bool ok) {
    if (replied_ || !ok) {
      delete this;
      return;
    }
    replied_ = true;
    new EchoCall(echo_);
    const grpc::Slice slice(echo_.reply);
    writer_.Finish(grpc::ByteBuffer(&slice, 1), grpc::Status::OK, this);
  }

 private:
  Echo& echo_;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> writer_;
  bool replied_ = false;
};

}  // namespace

int RunEchoServer(const std::string& reply_file) {
  Echo echo;
  std::ostringstream reply;
  reply << std::ifstream(reply_file, std::ios::binary).rdbuf();
  echo.reply = reply.str();
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&echo.service);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 1024);
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MAX_POLLERS, 1);
  echo.queue = builder.AddCompletionQueue();
  echo.server = builder.BuildAndStart();
  if (echo.server == nullptr) return 1;
  for (int i = 0; i < kOpenCalls; ++i) new EchoCall(echo);
  LogLine("serving").Number("port", port);
  void* tag = nullptr;
  bool ok = false;
  while (echo.queue->Next(&tag, &ok)) static_cast<EchoCall*>(tag)->Proceed(ok);
  return 0;
}

}  // namespace yijie::bench
