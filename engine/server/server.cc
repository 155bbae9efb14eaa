#include "engine/server/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/mutex.h"
#include "base/thread_name.h"
#include "engine/call.h"
#include "engine/edge.h"
#include "engine/server/books.h"
#include "engine/server/bytes.h"
#include "engine/server/health.h"
#include "engine/server/inquiry.h"
#include "engine/server/payout.h"
#include "engine/server/stream.h"
#include "engine/server/trailers.h"
#include "yijie/v1/service.grpc.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using Writer = grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>;

// Calls of one method that gRPC may hand over before the poller has taken the last one.
constexpr int kOpenCallsPerMethod = 16;
// Unary calls that a connection may have open, and streams. What a client wants beyond them waits
// at the client, which is told so: no one connection fills the engine.
constexpr int kOpenCallsPerConnection = 256;
constexpr char kSettleStream[] = "yijie.v1.SettlementService.SettleStream";

// What goes with every reply of the engine beside its bytes.
void AddTrailers(Reply& reply, grpc::ServerContext* context) {
  if (reply.timing.arrived != StageTimes::TimePoint()) {  // it came as far as the engine
    reply.timing.Spend(Stage::kReply, std::chrono::steady_clock::now());
    context->AddTrailingMetadata(kTimingTrailer, TimingTrailer(reply.timing));
  }
  if (reply.retry_after.count() > 0)
    context->AddTrailingMetadata(kRetryTrailer, absl::StrCat(reply.retry_after.count()));
}

// The calls of one service of the call table, passed through as bytes; that of Settle also has
// SettleStream.
class RawService final : public grpc::Service {
 public:
  explicit RawService(const std::vector<const CallSpec*>& calls) {
    for (const CallSpec* spec : calls) {
      Add(spec->method, grpc::internal::RpcMethod::NORMAL_RPC);
      calls_.push_back(spec->call);
    }
    has_stream_ = std::count(calls_.begin(), calls_.end(), Call::kSettle) > 0;
    if (has_stream_) Add(kSettleStream, grpc::internal::RpcMethod::BIDI_STREAMING);
  }

  const std::vector<Call>& calls() const { return calls_; }
  bool has_stream() const { return has_stream_; }

  void RequestNext(int method, grpc::ServerContext* context, grpc::ByteBuffer* bytes,
                   Writer* writer, grpc::ServerCompletionQueue* queue, void* tag) {
    RequestAsyncUnary(method, context, bytes, writer, queue, queue, tag);
  }
  void RequestNextStream(grpc::ServerContext* context, SettleStreams::Rpc* rpc,
                         grpc::ServerCompletionQueue* queue, void* tag) {
    RequestAsyncBidiStreaming(static_cast<int>(calls_.size()), context, rpc, queue, queue, tag);
  }

 private:
  // `method` is "package.Service.Method".
  void Add(const std::string& method, grpc::internal::RpcMethod::RpcType type) {
    const size_t dot = method.rfind('.');
    paths_.push_back("/" + method.substr(0, dot) + "/" + method.substr(dot + 1));
    // gRPC keeps the pointer of the name, and owns the method.
    AddMethod(new grpc::internal::RpcServiceMethod(paths_.back().c_str(), type, nullptr));
    MarkMethodRaw(static_cast<int>(paths_.size()) - 1);
  }

  std::deque<std::string> paths_;
  bool has_stream_ = false;
  std::vector<Call> calls_;
};

// One service of the call table after the other.
std::vector<std::unique_ptr<RawService>> MakeServices() {
  std::map<std::string, std::vector<const CallSpec*>> by_service;
  for (const CallSpec* spec : AllCalls()) {
    if (spec->internal || spec->of_peers) continue;
    const std::string method(spec->method);
    by_service[method.substr(0, method.rfind('.'))].push_back(spec);
  }
  std::vector<std::unique_ptr<RawService>> services;
  for (const auto& [name, calls] : by_service)
    services.push_back(std::make_unique<RawService>(calls));
  return services;
}

// Calls of the operator are few and may be slow, so they run on gRPC's own threads.
class Operator final : public v1::OperatorService::Service {
 public:
  explicit Operator(std::function<v1::ReloadPoliciesResponse()> reload)
      : reload_(std::move(reload)) {}

  grpc::Status ReloadPolicies(grpc::ServerContext* /*context*/,
                              const v1::ReloadPoliciesRequest* /*request*/,
                              v1::ReloadPoliciesResponse* response) override {
    if (!reload_) return {grpc::UNIMPLEMENTED, "this engine has no policy directory"};
    *response = reload_();
    return grpc::Status::OK;
  }

 private:
  const std::function<v1::ReloadPoliciesResponse()> reload_;
};

}  // namespace

struct Server::Impl {
  Impl(const ServerOptions& options, Engine& the_engine, Metrics& the_metrics)
      : engine(the_engine),
        metrics(the_metrics),
        operator_service(options.reload_policies),
        books_service(options.books),
        institution_inquiry({options.inquiry, options.changes}, inquiry_seats),
        inquiry({options.inquiry, options.changes}, inquiry_seats, options.watcher_patience),
        payment_file_service(options.payment_files) {
    SettleStreams::Options stream_options;
    stream_options.request_next = [this](grpc::ServerContext* context, SettleStreams::Rpc* rpc,
                                         void* tag) {
      return RequestNextStream(context, rpc, tag);
    };
    stream_options.max_message_bytes = static_cast<size_t>(options.max_message_bytes);
    stream_options.patience = options.stream_patience;
    streams = std::make_unique<SettleStreams>(std::move(stream_options), engine, metrics);
  }

  // One call: waits for a request, hands it on, sends the reply, and deletes itself.
  class RawCall final : public QueueEvent {
   public:
    RawCall(Impl& server, RawService& service, int method)
        : server_(server),
          service_(service),
          method_(method),
          call_(service.calls()[static_cast<size_t>(method)]),
          writer_(&context_) {
      service_.RequestNext(method_, &context_, &request_, &writer_, server_.queue.get(), this);
    }

    void Proceed(bool ok) override {
      if (replied_ || !ok || server_.shut_down) {
        delete this;
        return;
      }
      replied_ = true;  // the next event of this call is the end of Finish
      server_.Open(service_, method_);
      Handle();
    }

   private:
    void Handle() {
      const auto arrived = std::chrono::steady_clock::now();
      if (std::optional<Reply> refusal = server_.engine.RefusalAtOnce(call_))
        return Refuse(*std::move(refusal));
      std::shared_ptr<google::protobuf::Message> request = NewRequest(call_);
      const bool parsed = ParseBuffer(request_, request.get());
      request_.Clear();  // it would keep what the network read beside it for as long as the call
      if (!parsed)
        return Refuse({absl::InvalidArgumentError("request: not a message of this call"), ""});
      absl::StatusOr<std::unique_ptr<Job>> job =
          MakeJob(call_, std::move(request), MomentOf(absl::ToUnixMillis(absl::Now())));
      if (!job.ok()) return Refuse({job.status(), ""});
      (*job)->arrived = arrived;
      (*job)->deadline = SteadyDeadline(context_);
      (*job)->respond = [this](Reply reply) { Finish(std::move(reply)); };
      server_.engine.Submit(*std::move(job));
    }

    void Refuse(Reply reply) {
      server_.metrics.Rejected(call_, reply.status);
      Finish(std::move(reply));
    }

    // From any thread, once.
    void Finish(Reply reply) {
      AddTrailers(reply, &context_);
      if (!reply.status.ok()) return writer_.FinishWithError(ToGrpc(reply.status), this);
      writer_.Finish(BufferOf(std::move(reply.bytes)), grpc::Status::OK, this);
    }

    Impl& server_;
    RawService& service_;
    const int method_;
    const Call call_;
    grpc::ServerContext context_;
    grpc::ByteBuffer request_;
    Writer writer_;
    bool replied_ = false;
  };

  // Asks gRPC for the next call of a method.
  void Open(RawService& service, int method) {
    if (!shut_down) new RawCall(*this, service, method);
  }

  bool RequestNextStream(grpc::ServerContext* context, SettleStreams::Rpc* rpc, void* tag) {
    for (const std::unique_ptr<RawService>& service : services) {
      if (!service->has_stream() || shut_down) continue;
      service->RequestNextStream(context, rpc, queue.get(), tag);
      return true;
    }
    return false;
  }

  // Events go first. Between them a little of what streams brought.
  void Poll() {
    NameThisThread("poller");
    void* tag = nullptr;
    bool ok = false;
    bool has_work = false;
    while (true) {
      const auto patience =
          has_work ? gpr_inf_past(GPR_CLOCK_REALTIME) : gpr_inf_future(GPR_CLOCK_REALTIME);
      const auto next = queue->AsyncNext(&tag, &ok, patience);
      if (next == grpc::CompletionQueue::SHUTDOWN) return;
      const MutexLock lock(mutex);
      if (next == grpc::CompletionQueue::GOT_EVENT) static_cast<QueueEvent*>(tag)->Proceed(ok);
      if (streams->HasWork()) streams->WorkSome();
      has_work = streams->HasWork();
    }
  }

  Engine& engine;
  Metrics& metrics;
  const std::vector<std::unique_ptr<RawService>> services = MakeServices();
  HealthEdge health;
  Operator operator_service;
  BooksEdge books_service;
  InquirySeats inquiry_seats;
  InstitutionInquiryEdge institution_inquiry;
  InquiryEdge inquiry;
  PaymentFileEdge payment_file_service;
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
  std::unique_ptr<grpc::Server> server;
  int port = 0;
  // Held while an event is worked on, so that no operation is begun on a queue that was shut down.
  Mutex mutex;
  bool shut_down = false;  // under `mutex`
  std::unique_ptr<SettleStreams> streams;
  std::thread poller;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() { Shutdown(); }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, Engine& engine,
                                                      Metrics& metrics) {
  static const bool reflection = [] {
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  (void)reflection;
  auto impl = std::make_unique<Impl>(options, engine, metrics);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(options.address, grpc::InsecureServerCredentials(), &impl->port);
  for (const auto& service : impl->services) builder.RegisterService(service.get());
  builder.RegisterService(&impl->health);
  builder.RegisterService(&impl->operator_service);
  builder.RegisterService(&impl->books_service);
  builder.RegisterService(&impl->institution_inquiry);
  builder.RegisterService(&impl->inquiry);
  builder.RegisterService(&impl->payment_file_service);
  builder.SetMaxReceiveMessageSize(options.max_message_bytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kOpenCallsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 8 << 10);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 2000);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT,
                             0);  // a second engine on the port must fail, not share it
  // One thread that waits is enough for health, reflection, the operator, the books, inquiries and
  // payment files, the only services that are not asynchronous; gRPC adds another while one works.
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MAX_POLLERS, 1);
  impl->queue = builder.AddCompletionQueue();
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr || impl->port == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", options.address, ": is the port taken?"));
  }
  {
    const MutexLock lock(impl->mutex);
    for (const auto& service : impl->services) {
      for (size_t method = 0; method < service->calls().size(); ++method) {
        for (int i = 0; i < kOpenCallsPerMethod; ++i)
          impl->Open(*service, static_cast<int>(method));
      }
    }
    impl->streams->Open();
  }
  impl->poller = std::thread([raw = impl.get()] { raw->Poll(); });
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

int Server::port() const { return impl_->port; }

void Server::Shutdown() {
  if (impl_->server == nullptr) return;
  impl_->health.Stop();
  impl_->inquiry.Stop();
  impl_->streams->Stop();
  // What is inside is answered first. Meanwhile new calls are still taken, and refused by the
  // engine.
  impl_->engine.Drain();
  impl_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
  {
    const MutexLock lock(impl_->mutex);
    impl_->shut_down = true;
    impl_->streams->Close();
    impl_->queue->Shutdown();
  }
  impl_->poller.join();
  impl_->streams.reset();
  impl_->server.reset();
}

}  // namespace yijie::engine
