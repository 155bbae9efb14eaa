#include "engine/peers/peer_port.h"

#include <grpcpp/generic/async_generic_service.h>

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "engine/call.h"
#include "engine/edge.h"
#include "engine/peers/identity.h"
#include "engine/peers/peer_channel.h"

namespace yijie::engine {
namespace {

grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

std::chrono::steady_clock::time_point SteadyDeadline(
    std::chrono::system_clock::time_point deadline) {
  const auto left = deadline - std::chrono::system_clock::now();
  const auto now = std::chrono::steady_clock::now();
  return left > std::chrono::hours(24) ? std::chrono::steady_clock::time_point::max() : now + left;
}

// The calls of peers by their paths.
absl::flat_hash_map<std::string, Call> CallsOfPeers() {
  absl::flat_hash_map<std::string, Call> calls;
  for (const CallSpec* spec : AllCalls())
    if (spec->of_peers) calls.emplace(PathOf(spec->call), spec->call);
  return calls;
}

// What is refused is in the log: who tried what.
void LogRefusal(absl::string_view method, absl::string_view identity, absl::string_view reason) {
  LogLine("peer_refused").Text("call", method).Text("identity", identity).Text("reason", reason);
}

// One call: reads its message, hands it on, answers, and deletes itself.
class PeerCall final : public grpc::ServerGenericBidiReactor {
 public:
  PeerCall(Call call, grpc::GenericCallbackServerContext* context, const PeerHandler& handler)
      : handler_(handler) {
    message_.call = call;
    message_.identity = IdentityIn(context->auth_context());
    message_.deadline = SteadyDeadline(context->deadline());
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    grpc::Slice slice;
    if (!ok || !request_.DumpToSingleSlice(&slice).ok()) {
      LogRefusal(CallName(message_.call), message_.identity,
                 "no message, or one that is too large");
      return Finish({grpc::INVALID_ARGUMENT, "request: not a message"});
    }
    message_.bytes.assign(reinterpret_cast<const char*>(slice.begin()), slice.size());
    handler_(std::move(message_), [this](Reply reply) { Answer(std::move(reply)); });
  }

  void OnDone() override { delete this; }

 private:
  void Answer(Reply reply) {
    if (!reply.status.ok()) return Finish(ToGrpc(reply.status));
    const grpc::Slice slice(reply.bytes);
    reply_ = grpc::ByteBuffer(&slice, 1);
    StartWriteAndFinish(&reply_, grpc::WriteOptions(), grpc::Status::OK);
  }

  const PeerHandler& handler_;
  PeerMessage message_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer reply_;
};

// A call nobody offers.
class UnknownCall final : public grpc::ServerGenericBidiReactor {
 public:
  UnknownCall() { Finish({grpc::UNIMPLEMENTED, "no call of this port"}); }
  void OnDone() override { delete this; }
};

void Refuse(const PeerMessage& message, absl::Status status,
            const std::function<void(Reply)>& respond) {
  LogRefusal(CallName(message.call), message.identity, status.message());
  respond({std::move(status), ""});
}

}  // namespace

class PeerPort::Service final : public grpc::CallbackGenericService {
 public:
  explicit Service(PeerHandler handler) : handler_(std::move(handler)) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    const auto found = calls_.find(context->method());
    if (found == calls_.end()) {
      LogRefusal("unknown", IdentityIn(context->auth_context()), "no call of this port");
      return new UnknownCall();
    }
    return new PeerCall(found->second, context, handler_);
  }

 private:
  const PeerHandler handler_;
  const absl::flat_hash_map<std::string, Call> calls_ = CallsOfPeers();
};

PeerPort::PeerPort() = default;

PeerPort::~PeerPort() { Shutdown(); }

absl::StatusOr<std::unique_ptr<PeerPort>> PeerPort::Start(const std::string& address,
                                                          const TlsFiles& files,
                                                          PeerHandler handler) {
  YIJIE_ASSIGN_OR_RETURN(const auto credentials, ServerCredentialsOf(files));
  std::unique_ptr<PeerPort> port(new PeerPort());
  port->service_ = std::make_unique<Service>(std::move(handler));
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, credentials, &port->port_);
  builder.RegisterCallbackGenericService(port->service_.get());
  builder.SetMaxReceiveMessageSize(kMaxPeerMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 1024);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 8 << 10);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 2000);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Peers look every ten seconds whether this end is still there.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  port->server_ = builder.BuildAndStart();
  if (port->server_ == nullptr || port->port_ == 0)
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address, ": is the port taken?"));
  return port;
}

int PeerPort::port() const { return port_; }

void PeerPort::Shutdown() {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
  server_.reset();
}

PeerHandler ForEngine(Engine& engine) {
  return [&engine](PeerMessage message, std::function<void(Reply)> respond) {
    if (message.identity != kGatewayIdentity)
      return Refuse(message, absl::PermissionDeniedError("only the gateway may call here"),
                    respond);
    std::shared_ptr<google::protobuf::Message> request = NewRequest(message.call);
    if (!request->ParseFromString(message.bytes))
      return Refuse(message, absl::InvalidArgumentError("request: not a message of this call"),
                    respond);
    absl::StatusOr<std::unique_ptr<Job>> job =
        MakeJob(message.call, std::move(request), MomentOf(absl::ToUnixMillis(absl::Now())));
    if (!job.ok()) return Refuse(message, job.status(), respond);
    (*job)->deadline = message.deadline;
    (*job)->respond = std::move(respond);
    engine.Submit(*std::move(job));
  };
}

}  // namespace yijie::engine
