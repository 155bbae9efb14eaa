#include "tests/e2e/client.h"

#include "absl/strings/str_cat.h"

namespace yijie::e2e {
namespace {

std::shared_ptr<grpc::Channel> MakeChannel(int port) {
  grpc::ChannelArguments arguments;
  // Channels to one address share a connection unless told not to.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port),
                                   grpc::InsecureChannelCredentials(), arguments);
}

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (buffer.Valid() && buffer.TrySingleSlice(&slice).ok()) {
    return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  std::string bytes;
  std::vector<grpc::Slice> slices;
  if (!buffer.Valid() || !buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& part : slices) {
    bytes.append(reinterpret_cast<const char*>(part.begin()), part.size());
  }
  return bytes;
}

}  // namespace

Client::Client(int port)
    : channel_(MakeChannel(port)),
      stub_(v1::SettlementService::NewStub(channel_)),
      generic_(channel_) {}

RawReply Client::CallMethod(const std::string& method, const std::string& request,
                            std::chrono::milliseconds deadline) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + deadline);
  const grpc::Slice slice(request);
  const grpc::ByteBuffer out(&slice, 1);
  grpc::ByteBuffer in;
  grpc::CompletionQueue queue;
  RawReply reply;
  const auto reader = generic_.PrepareUnaryCall(&context, method, out, &queue);
  reader->StartCall();
  reader->Finish(&in, &reply.status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  if (reply.status.ok()) reply.bytes = BytesOf(in);
  return reply;
}

RawReply Client::Call(const std::string& name, const std::string& request) {
  return CallMethod(absl::StrCat("/yijie.v1.SettlementService/", name), request);
}

bool Client::Connect() {
  return channel_->WaitForConnected(std::chrono::system_clock::now() + kDeadline);
}

}  // namespace yijie::e2e
