#ifndef YIJIE_ENGINE_SERVER_BYTES_H_
#define YIJIE_ENGINE_SERVER_BYTES_H_

// Between the byte buffers of gRPC and what the engine works with.

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <string>

#include "absl/status/status.h"

namespace yijie::engine {

// What waits for an event of the completion queue; the tag of the event is its address.
class QueueEvent {
 public:
  virtual void Proceed(bool ok) = 0;

 protected:
  ~QueueEvent() = default;
};

// False if the bytes are not such a message.
bool ParseBuffer(const grpc::ByteBuffer& buffer, google::protobuf::Message* message);

// The buffer keeps the string; nothing is copied.
grpc::ByteBuffer BufferOf(std::string bytes);

grpc::Status ToGrpc(const absl::Status& status);

// When the caller waits no longer; the greatest time point if it is a day or more.
std::chrono::steady_clock::time_point SteadyDeadline(const grpc::ServerContext& context);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_SERVER_BYTES_H_
