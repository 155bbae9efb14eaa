#include "engine/peers/peer_channel.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "engine/call.h"

namespace yijie::engine {
namespace {

// Waits between attempts to connect; an insured place that is up again is to be reached at once.
constexpr int kFirstReconnectMs = 50;
constexpr int kMaxReconnectMs = 1'000;
// An attempt to connect, handshake of TLS included, is given at least this. It is to be more than a
// slow line or a busy machine needs: who gives up earlier may never connect.
constexpr int kConnectTimeoutMs = 5'000;
constexpr int kPingEveryMs = 10'000;
constexpr int kPingTimeoutMs = 5'000;

grpc::ByteBuffer BufferOf(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.DumpToSingleSlice(&slice).ok()) return "";
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

std::chrono::system_clock::time_point WallTime(std::chrono::steady_clock::time_point deadline) {
  return std::chrono::system_clock::now() +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(
             deadline - std::chrono::steady_clock::now());
}

}  // namespace

// How many calls still hold the connection. The last holder of a connection must not be a call that
// ends: gRPC's thread for callbacks would wait for itself.
class PeerChannel::Calls {
 public:
  void Begin() {
    const MutexLock lock(mutex_);
    ++calls_;
  }
  void End() {
    const MutexLock lock(mutex_);
    if (--calls_ == 0) none_.NotifyAll();
  }
  void AwaitNone() {
    const MutexLock lock(mutex_);
    while (calls_ > 0) none_.Wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar none_;
  int64_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
};

// One call on its way.
struct PeerChannel::Sent {
  // Counted until all below it is gone.
  struct Count {
    explicit Count(std::shared_ptr<Calls> counted) : calls(std::move(counted)) { calls->Begin(); }
    ~Count() { calls->End(); }
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;
    const std::shared_ptr<Calls> calls;
  };

  explicit Sent(std::shared_ptr<Calls> calls) : count(std::move(calls)) {}

  const Count count;
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer reply;
};

PeerChannel::PeerChannel(std::shared_ptr<grpc::Channel> channel, std::string identity)
    : channel_(std::move(channel)),
      stub_(channel_),
      identity_(std::move(identity)),
      calls_(std::make_shared<Calls>()) {}

PeerChannel::~PeerChannel() { calls_->AwaitNone(); }

std::string PathOf(Call call) {
  const std::string method(SpecOf(call).method);
  const size_t dot = method.rfind('.');
  return absl::StrCat("/", method.substr(0, dot), "/", method.substr(dot + 1));
}

absl::StatusOr<std::unique_ptr<PeerChannel>> PeerChannel::Open(const std::string& address,
                                                               const TlsFiles& files,
                                                               std::string identity) {
  YIJIE_ASSIGN_OR_RETURN(const auto credentials, ChannelCredentialsOf(files));
  return Open(address, credentials, std::move(identity));
}

std::unique_ptr<PeerChannel> PeerChannel::Open(
    const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    std::string identity) {
  grpc::ChannelArguments arguments;
  // The name says otherwise, but to gRPC this is the least timeout of an attempt.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectMs);
  // A party that is gone without a word is missed, and one that is silent is not given up.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kPingEveryMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_CLIENT_IDLE_TIMEOUT_MS, std::numeric_limits<int>::max());
  // Parties are told by their addresses: an environment's proxy is none of them.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return std::unique_ptr<PeerChannel>(new PeerChannel(
      grpc::CreateCustomChannel(address, credentials, arguments), std::move(identity)));
}

void PeerChannel::Send(Call call, std::shared_ptr<const google::protobuf::Message> request,
                       std::chrono::steady_clock::time_point deadline,
                       std::function<void(Reply)> done) {
  auto sent = std::make_shared<Sent>(calls_);
  sent->context.set_deadline(WallTime(deadline));
  sent->request = BufferOf(request->SerializeAsString());
  stub_.UnaryCall(
      &sent->context, PathOf(call), grpc::StubOptions(), &sent->request, &sent->reply,
      [sent, identity = identity_, done = std::move(done)](const grpc::Status& status) {
        if (!status.ok()) {
          return done({absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                                    status.error_message()),
                       ""});
        }
        if (IdentityIn(sent->context.auth_context()) != identity)
          return done({absl::PermissionDeniedError("the other end is not who it should be"), ""});
        done({absl::OkStatus(), BytesOf(sent->reply)});
      });
}

}  // namespace yijie::engine
