#include "bench/rpc_client.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace yijie::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct OpenCall {
  std::string request;
  Clock::time_point begin;
  grpc::ClientContext context;
  grpc::ByteBuffer reply;
  grpc::Status status;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
};

absl::string_view Bytes(const grpc::ByteBuffer& buffer, grpc::Slice* slice) {
  if (!buffer.DumpToSingleSlice(slice).ok()) return "";
  return {reinterpret_cast<const char*>(slice->begin()), slice->size()};
}

}  // namespace

struct RpcClient::Impl {
  explicit Impl(int port)
      : stub(grpc::CreateChannel(absl::StrCat("127.0.0.1:", port),
                                 grpc::InsecureChannelCredentials())) {}

  void Send(const std::string& method, std::string request) {
    auto* const call = new OpenCall;
    call->request = std::move(request);
    call->begin = Clock::now();
    call->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    const grpc::Slice slice(call->request);
    call->reader =
        stub.PrepareUnaryCall(&call->context, method, grpc::ByteBuffer(&slice, 1), &queue);
    call->reader->StartCall();
    call->reader->Finish(&call->reply, &call->status, call);
  }

  std::unique_ptr<OpenCall> Next() {
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return std::unique_ptr<OpenCall>(static_cast<OpenCall*>(tag));
  }

  grpc::GenericStub stub;
  grpc::CompletionQueue queue;
};

RpcClient::RpcClient(int port) : impl_(std::make_unique<Impl>(port)) {}

RpcClient::~RpcClient() { impl_->queue.Shutdown(); }

absl::StatusOr<Window> RpcClient::Run(const Traffic& traffic) {
  Window window;
  std::vector<int64_t> latencies;
  absl::Status failure;
  const Clock::time_point end = Clock::now() + traffic.length;
  int inside = 0;
  const auto send_next = [&] {
    const std::string* const request = traffic.next();
    if (request == nullptr) return false;
    impl_->Send(traffic.method, *request);
    return true;
  };
  while (inside < traffic.in_flight && send_next()) ++inside;
  while (inside > 0) {
    const std::unique_ptr<OpenCall> call = impl_->Next();
    const Clock::time_point now = Clock::now();
    const bool busy = call->status.error_code() == grpc::RESOURCE_EXHAUSTED;
    if (busy) {
      ++window.busy;
    } else if (!call->status.ok()) {
      failure.Update(absl::InternalError(absl::StrCat("a call failed: ", call->status.error_code(),
                                                      " ", call->status.error_message())));
    } else {
      grpc::Slice slice;
      failure.Update(traffic.ok(Bytes(call->reply, &slice)));
      ++window.settled;
      if (now < end) latencies.push_back(Nanoseconds(now - call->begin));
    }
    const bool open = failure.ok() && now < end;
    if (open && busy) {
      impl_->Send(traffic.method, std::move(call->request));
    } else if (!open || !send_next()) {
      --inside;
    }
  }
  YIJIE_RETURN_IF_ERROR(failure);
  window.per_second = static_cast<double>(latencies.size()) / Seconds(traffic.length);
  window.latency = Percentiles(latencies);
  return window;
}

}  // namespace yijie::bench
