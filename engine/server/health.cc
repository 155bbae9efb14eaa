#include "engine/server/health.h"

#include <grpcpp/support/method_handler.h>

#include "engine/server/bytes.h"

namespace yijie::engine {
namespace {

// HealthCheckResponse.ServingStatus. The messages are not in Debian's headers; one field each makes
// them easy to write and read by hand.
enum ServingStatus : char { kServing = 1, kNotServing = 2, kServiceUnknown = 3 };

grpc::ByteBuffer ResponseOf(ServingStatus status) {
  return BufferOf(std::string("\x08") + static_cast<char>(status));
}

// An empty message: HealthCheckRequest.service is empty, which asks for the server as a whole.
bool AsksForServer(const grpc::ByteBuffer& request) { return request.Length() == 0; }

constexpr char kCheck[] = "/grpc.health.v1.Health/Check";
constexpr char kWatch[] = "/grpc.health.v1.Health/Watch";

}  // namespace

HealthEdge::HealthEdge() {
  using grpc::ByteBuffer;
  using grpc::internal::RpcMethod;
  // gRPC owns the methods and their handlers.
  AddMethod(new grpc::internal::RpcServiceMethod(
      kCheck, RpcMethod::NORMAL_RPC,
      new grpc::internal::RpcMethodHandler<HealthEdge, ByteBuffer, ByteBuffer>(
          [](HealthEdge* edge, grpc::ServerContext* /*context*/, const ByteBuffer* request,
             ByteBuffer* response) { return edge->Check(*request, response); },
          this)));
  AddMethod(new grpc::internal::RpcServiceMethod(
      kWatch, RpcMethod::SERVER_STREAMING,
      new grpc::internal::ServerStreamingHandler<HealthEdge, ByteBuffer, ByteBuffer>(
          [](HealthEdge* edge, grpc::ServerContext* context, const ByteBuffer* request,
             Writer* writer) { return edge->Watch(*context, *request, *writer); },
          this)));
}

grpc::Status HealthEdge::Check(const grpc::ByteBuffer& request, grpc::ByteBuffer* response) {
  if (!AsksForServer(request))
    return {grpc::NOT_FOUND, "only the server as a whole is known: leave `service` empty"};
  *response = ResponseOf(serving() ? kServing : kNotServing);
  return grpc::Status::OK;
}

grpc::Status HealthEdge::Watch(grpc::ServerContext& context, const grpc::ByteBuffer& request,
                               Writer& writer) {
  {
    const MutexLock lock(mutex_);
    if (watchers_ == kMaxWatchers)
      return {grpc::RESOURCE_EXHAUSTED, "as many as can be served watch already"};
    ++watchers_;
  }
  const bool known = AsksForServer(request);
  bool serves = serving();
  writer.Write(ResponseOf(!known ? kServiceUnknown : serves ? kServing : kNotServing));
  while (serves && !context.IsCancelled()) {
    serves = Pause();
    if (!serves && known) writer.Write(ResponseOf(kNotServing));
  }
  const MutexLock lock(mutex_);
  --watchers_;
  return {grpc::UNAVAILABLE, "the engine is stopping"};
}

void HealthEdge::Stop() {
  const MutexLock lock(mutex_);
  serving_ = false;
  stopped_.NotifyAll();
}

bool HealthEdge::serving() {
  const MutexLock lock(mutex_);
  return serving_;
}

bool HealthEdge::Pause() {
  const MutexLock lock(mutex_);
  if (serving_) stopped_.WaitFor(mutex_, kPoll);
  return serving_;
}

}  // namespace yijie::engine
