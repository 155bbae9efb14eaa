#include "bench/rpc_client.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <sys/prctl.h>

#include <atomic>
#include <cmath>
#include <thread>

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

  void Send(const std::string& method, std::string request,
            Clock::time_point begin = Clock::now()) {
    auto* const call = new OpenCall;
    call->request = std::move(request);
    call->begin = begin;
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

  // Null if no call is answered until `limit`.
  std::unique_ptr<OpenCall> Next(std::chrono::milliseconds limit) {
    void* tag = nullptr;
    bool ok = false;
    if (queue.AsyncNext(&tag, &ok, std::chrono::system_clock::now() + limit) !=
        grpc::CompletionQueue::GOT_EVENT) {
      return nullptr;
    }
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

absl::StatusOr<RpcClient::PacedWindow> RpcClient::RunAtRate(const Traffic& traffic,
                                                            double per_second) {
  PacedWindow out;
  std::atomic<int64_t> sent{0};
  std::atomic<bool> all_sent{false};
  const Clock::time_point end = Clock::now() + traffic.length;
  std::thread sender([&] {
    prctl(PR_SET_TIMERSLACK, 1);  // wake when asked to, not 50 us later
    Random random(static_cast<uint64_t>(end.time_since_epoch().count()));
    for (Clock::time_point due = Clock::now(); due < end;) {
      std::this_thread::sleep_until(due);
      impl_->Send(traffic.method, *traffic.next(), due);
      ++sent;
      const double gap = -std::log(1.0 - static_cast<double>(random.Next() >> 11) * 0x1.0p-53);
      due += std::chrono::nanoseconds(static_cast<int64_t>(gap / per_second * 1e9));
    }
    all_sent = true;
  });
  absl::Status failure;
  for (int64_t answered = 0; !all_sent || answered < sent;) {
    const std::unique_ptr<OpenCall> call = impl_->Next(std::chrono::milliseconds(50));
    if (call == nullptr) continue;
    const Clock::time_point now = Clock::now();
    ++answered;
    if (call->status.error_code() == grpc::RESOURCE_EXHAUSTED) {
      ++out.window.busy;
      continue;
    }
    grpc::Slice slice;
    failure.Update(call->status.ok() ? traffic.ok(Bytes(call->reply, &slice))
                                     : absl::InternalError(absl::StrCat(
                                           "a call failed: ", call->status.error_message())));
    ++out.window.settled;
    out.nanoseconds.push_back(Nanoseconds(now - call->begin));
  }
  sender.join();
  YIJIE_RETURN_IF_ERROR(failure);
  out.offered = static_cast<double>(sent) / Seconds(traffic.length);
  out.window.per_second = static_cast<double>(out.window.settled) / Seconds(traffic.length);
  out.window.latency = Percentiles(out.nanoseconds);
  return out;
}

}  // namespace yijie::bench
