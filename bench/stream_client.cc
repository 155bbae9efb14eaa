#include "bench/stream_client.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "bench/stream_bytes.h"

namespace yijie::bench {
namespace {

using Clock = std::chrono::steady_clock;

enum Event : intptr_t { kStarted = 1, kRead, kWritten, kClosed, kFinished };

void* TagOf(Event event) { return reinterpret_cast<void*>(event); }

// One run of a stream.
class Run {
 public:
  Run(grpc::GenericStub& stub, grpc::CompletionQueue& queue, const StreamClient::Traffic& traffic)
      : queue_(queue),
        traffic_(traffic),
        stream_(stub.PrepareCall(&context_, kSettleStreamMethod, &queue)) {}

  absl::StatusOr<Window> Drive() {
    end_ = Clock::now() + traffic_.length;
    stream_->StartCall(TagOf(kStarted));
    for (void* tag = nullptr; tag != TagOf(kFinished);) {
      bool ok = false;
      queue_.Next(&tag, &ok);
      Take(static_cast<Event>(reinterpret_cast<intptr_t>(tag)), ok);
    }
    if (!ended_.ok())
      failure_.Update(
          absl::InternalError(absl::StrCat("a stream ended: ", ended_.error_message())));
    YIJIE_RETURN_IF_ERROR(failure_);
    window_.per_second = static_cast<double>(latencies_.size()) / Seconds(traffic_.length);
    window_.latency = Percentiles(latencies_);
    return window_;
  }

 private:
  void Take(Event event, bool ok) {
    if (event == kStarted || (event == kRead && ok)) {
      if (event == kRead) TakeAnswers();
      stream_->Read(&incoming_, TagOf(kRead));
    } else if (event == kRead) {
      stream_->Finish(&ended_, TagOf(kFinished));
    }
    if (event == kWritten || event == kClosed) writing_ = false;
    if (event != kFinished) MaybeWrite();
  }

  void MaybeWrite() {
    if (writing_ || closed_) return;
    const bool open = failure_.ok() && Clock::now() < end_;
    if (!open && inside_ == 0) {
      writing_ = closed_ = true;
      return stream_->WritesDone(TagOf(kClosed));
    }
    if (!open || inside_ + traffic_.batch > traffic_.in_flight) return;
    std::string message;
    const Clock::time_point now = Clock::now();
    for (int i = 0; i < traffic_.batch; ++i) {
      AppendClaim(traffic_.requests->Next(), /*deadline_ms=*/0, &message);
      begins_.emplace(traffic_.requests->serial(), now);
    }
    inside_ += traffic_.batch;
    writing_ = true;
    const grpc::Slice slice(message);
    stream_->Write(grpc::ByteBuffer(&slice, 1), TagOf(kWritten));
  }

  void TakeAnswers() {
    grpc::Slice slice;
    if (!incoming_.TrySingleSlice(&slice).ok()) (void)incoming_.DumpToSingleSlice(&slice);
    const Clock::time_point now = Clock::now();
    const bool whole =
        ForEachAnswer({reinterpret_cast<const char*>(slice.begin()), slice.size()},
                      [this, now](const AnswerView& answer) { TakeAnswer(answer, now); });
    if (!whole) failure_.Update(absl::InternalError("an answer message cannot be read"));
  }

  void TakeAnswer(const AnswerView& answer, Clock::time_point now) {
    --inside_;
    const auto sent = begins_.extract(answer.serial.value_or(0));
    if (sent.empty()) return failure_.Update(absl::InternalError("an answer names no claim sent"));
    if (answer.code == grpc::RESOURCE_EXHAUSTED) {
      ++window_.busy;
      return;
    }
    if (answer.code != 0) {
      failure_.Update(absl::InternalError(absl::StrCat("a claim failed: ", answer.code)));
      return;
    }
    failure_.Update(CheckSettled(answer.reply));
    ++window_.settled;
    if (now < end_) latencies_.push_back(Nanoseconds(now - sent.mapped()));
  }

  grpc::CompletionQueue& queue_;
  const StreamClient::Traffic& traffic_;
  grpc::ClientContext context_;
  const std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::ByteBuffer incoming_;
  grpc::Status ended_;
  Clock::time_point end_;
  bool writing_ = false, closed_ = false;
  int inside_ = 0;
  absl::flat_hash_map<uint64_t, Clock::time_point> begins_;  // of claims on the way, by serial
  Window window_;
  std::vector<int64_t> latencies_;
  absl::Status failure_;
};

}  // namespace

struct StreamClient::Impl {
  explicit Impl(int port)
      : stub(grpc::CreateChannel(absl::StrCat("127.0.0.1:", port),
                                 grpc::InsecureChannelCredentials())) {}
  grpc::GenericStub stub;
  grpc::CompletionQueue queue;
};

StreamClient::StreamClient(int port) : impl_(std::make_unique<Impl>(port)) {}

StreamClient::~StreamClient() { impl_->queue.Shutdown(); }

absl::StatusOr<Window> StreamClient::Run(const Traffic& traffic) {
  return bench::Run(impl_->stub, impl_->queue, traffic).Drive();
}

}  // namespace yijie::bench
