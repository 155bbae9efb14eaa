#include "engine/server/bytes.h"

#include <algorithm>
#include <utility>

#include <google/protobuf/io/coded_stream.h>
#include <grpcpp/support/proto_buffer_reader.h>

namespace yijie::engine {
namespace {

// Of the caller's time, what is left for the answer to reach it.
constexpr std::chrono::milliseconds kWayBack{3};

}  // namespace

bool ParseBuffer(const grpc::ByteBuffer& buffer, google::protobuf::Message* message) {
  // A message that fits into one read of the transport is one slice, and parses faster flat.
  grpc::Slice slice;
  if (buffer.TrySingleSlice(&slice).ok()) {
    return message->ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
  }
  grpc::ByteBuffer parts = buffer;
  grpc::ProtoBufferReader reader(&parts);
  return reader.status().ok() && message->ParseFromZeroCopyStream(&reader);
}

grpc::ByteBuffer BufferOf(std::string bytes) {
  auto* const kept = new std::string(std::move(bytes));
  const grpc::Slice slice(
      kept->data(), kept->size(), [](void* string) { delete static_cast<std::string*>(string); },
      kept);
  return grpc::ByteBuffer(&slice, 1);
}

static_assert(static_cast<int>(absl::StatusCode::kResourceExhausted) == grpc::RESOURCE_EXHAUSTED &&
              static_cast<int>(absl::StatusCode::kUnavailable) == grpc::UNAVAILABLE);
grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

std::chrono::steady_clock::time_point SteadyDeadline(const grpc::ServerContext& context) {
  constexpr auto kNever = std::chrono::steady_clock::time_point::max();
  const auto left = context.deadline() - std::chrono::system_clock::now();
  const auto now = std::chrono::steady_clock::now();
  if (left > std::chrono::hours(24)) return kNever;
  // The answer is to be there before the caller's timer ends.
  return now + left - std::min<std::chrono::nanoseconds>(left / 10, kWayBack);
}

}  // namespace yijie::engine
