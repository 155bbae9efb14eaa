// The floor under the RPC benchmark: the server of engine/server/server.cc with the engine taken
// out. One completion queue, one thread that polls it, bytes in, the same bytes out every time. Of
// SettleStream it is the handler that gRPC's generated code makes easy: messages are parsed, and
// answered by messages that are serialised. (Bytes alone pass ten times as fast. No server can
// settle a claim it has not parsed, so they are a floor under nothing.)

#include <grpcpp/grpcpp.h>

#include <fstream>
#include <sstream>

#include "base/log.h"
#include "bench/benches.h"
#include "yijie/v1/service.grpc.pb.h"

namespace yijie::bench {
namespace {

using EchoService = v1::SettlementService::WithRawMethod_SettleStream<
    v1::SettlementService::WithRawMethod_Settle<v1::SettlementService::Service>>;

// As the server has.
constexpr int kOpenCalls = 16, kOpenCallsPerConnection = 256;

struct Echo {
  EchoService service;
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
  std::unique_ptr<grpc::Server> server;
  std::string reply;
  v1::StreamedAnswer answer;  // with the reply
};

class QueueEvent {
 public:
  virtual void Proceed(bool ok) = 0;

 protected:
  ~QueueEvent() = default;
};

// One call: waits for a request, answers it, and deletes itself.
class EchoCall final : public QueueEvent {
 public:
  explicit EchoCall(Echo& echo) : echo_(echo), writer_(&context_) {
    echo_.service.RequestSettle(&context_, &request_, &writer_, echo_.queue.get(),
                                echo_.queue.get(), this);
  }

  void Proceed(bool ok) override {
    if (replied_ || !ok) {
      delete this;
      return;
    }
    replied_ = true;
    new EchoCall(echo_);
    const grpc::Slice slice(echo_.reply);
    writer_.Finish(grpc::ByteBuffer(&slice, 1), grpc::Status::OK, this);
  }

 private:
  Echo& echo_;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> writer_;
  bool replied_ = false;
};

// One stream: reads on while it writes; answers that come meanwhile leave together, as the engine's
// do.
class EchoStream {
 public:
  explicit EchoStream(Echo& echo) : echo_(echo), stream_(&context_) {
    echo_.service.RequestSettleStream(&context_, &stream_, echo_.queue.get(), echo_.queue.get(),
                                      &accepted_);
  }

 private:
  struct Operation final : QueueEvent {
    Operation(EchoStream& the_stream, void (EchoStream::*the_end)(bool))
        : stream(the_stream), end(the_end) {}
    void Proceed(bool ok) override { (stream.*end)(ok); }
    EchoStream& stream;
    void (EchoStream::*const end)(bool);
  };

  void Accepted(bool ok) {
    if (!ok) return;
    new EchoStream(echo_);
    stream_.Read(&request_, &read_);
  }
  void ReadDone(bool ok) {
    reading_ = ok;
    if (ok) {
      v1::SettleStreamRequest message;
      grpc::Slice slice;
      if (!request_.TrySingleSlice(&slice).ok()) (void)request_.DumpToSingleSlice(&slice);
      message.ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
      for (const v1::StreamedSettle& settle : message.settle()) {
        v1::StreamedAnswer& answer = *answers_.add_answer();
        answer = echo_.answer;
        answer.set_fixmedins_code(settle.request().header().fixmedins_code());
        answer.set_msgid(settle.request().header().msgid());
      }
      stream_.Read(&request_, &read_);
    }
    MaybeWrite();
  }
  void WriteDone(bool /*ok*/) {
    writing_ = false;
    MaybeWrite();
  }
  void MaybeWrite() {
    if (writing_) return;
    if (answers_.answer_size() > 0) {
      writing_ = true;
      const grpc::Slice slice(answers_.SerializeAsString());
      answers_.Clear();
      stream_.Write(grpc::ByteBuffer(&slice, 1), &write_);
    } else if (!reading_) {
      stream_.Finish(grpc::Status::OK, &finish_);
    }
  }
  void FinishDone(bool /*ok*/) { delete this; }

  Echo& echo_;
  bool reading_ = true, writing_ = false;
  v1::SettleStreamResponse answers_;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer> stream_;
  Operation accepted_{*this, &EchoStream::Accepted};
  Operation read_{*this, &EchoStream::ReadDone};
  Operation write_{*this, &EchoStream::WriteDone};
  Operation finish_{*this, &EchoStream::FinishDone};
};

// As long as an answer of the engine is; without ids.
v1::StreamedAnswer AnswerWith(const std::string& reply) {
  v1::StreamedAnswer answer;
  answer.mutable_reply()->ParseFromString(reply);
  v1::Timing* const timing = answer.mutable_timing();
  timing->set_edge(30'000);
  timing->set_queue(30'000);
  timing->set_work(30'000);
  timing->set_group(300'000);
  timing->set_sync(300'000);
  timing->set_reply(30'000);
  timing->set_wall(900'000);
  return answer;
}

}  // namespace

int RunEchoServer(const std::string& reply_file) {
  Echo echo;
  std::ostringstream reply;
  reply << std::ifstream(reply_file, std::ios::binary).rdbuf();
  echo.reply = reply.str();
  echo.answer = AnswerWith(echo.reply);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&echo.service);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kOpenCallsPerConnection);
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MAX_POLLERS, 1);
  echo.queue = builder.AddCompletionQueue();
  echo.server = builder.BuildAndStart();
  if (echo.server == nullptr) return 1;
  for (int i = 0; i < kOpenCalls; ++i) new EchoCall(echo);
  new EchoStream(echo);
  LogLine("serving").Number("port", port);
  void* tag = nullptr;
  bool ok = false;
  while (echo.queue->Next(&tag, &ok)) static_cast<QueueEvent*>(tag)->Proceed(ok);
  return 0;
}

}  // namespace yijie::bench
