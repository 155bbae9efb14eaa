#ifndef YIJIE_ENGINE_SERVER_HEALTH_H_
#define YIJIE_ENGINE_SERVER_HEALTH_H_

// grpc.health.v1.Health of the whole server: is it serving? Not gRPC's own, which stands on the
// callback API: its threads would take the network events of every call away from the thread that
// polls the queue, and each would cost a switch of threads.

#include <chrono>

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/service_type.h>

#include "base/mutex.h"

namespace yijie::engine {

class HealthEdge final : public grpc::Service {
 public:
  // Clients that watch at once, each with a thread of gRPC's; one more is refused with
  // RESOURCE_EXHAUSTED.
  static constexpr int kMaxWatchers = 16;
  // Whether a watching client has left is looked for this often.
  static constexpr std::chrono::milliseconds kPoll{500};

  HealthEdge();

  // Says NOT_SERVING from now on. Watching clients are told, and their calls end.
  void Stop();

 private:
  using Writer = grpc::ServerWriter<grpc::ByteBuffer>;

  grpc::Status Check(const grpc::ByteBuffer& request, grpc::ByteBuffer* response);
  grpc::Status Watch(grpc::ServerContext& context, const grpc::ByteBuffer& request, Writer& writer);
  bool serving();
  // False once it serves no longer.
  bool Pause();

  Mutex mutex_;
  CondVar stopped_;
  bool serving_ ABSL_GUARDED_BY(mutex_) = true;
  int watchers_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_SERVER_HEALTH_H_
