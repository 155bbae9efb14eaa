#include "bench/open_loop.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/sync_stream.h>
#include <sys/prctl.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "bench/stream_bytes.h"

namespace yijie::bench {
namespace {

using Clock = std::chrono::steady_clock;

std::shared_ptr<grpc::Channel> Connect(const std::string& server) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetMaxReceiveMessageSize(-1);
  auto channel = grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments);
  channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10));
  return channel;
}

absl::string_view BytesOf(const grpc::ByteBuffer& buffer, grpc::Slice* slice) {
  if (!buffer.TrySingleSlice(slice).ok() && !buffer.DumpToSingleSlice(slice).ok()) return "";
  return {reinterpret_cast<const char*>(slice->begin()), slice->size()};
}

// When claims are due.
class Schedule {
 public:
  Schedule(const LoadPlan& plan, Clock::time_point begin)
      : plan_(plan), end_(begin + plan.length), due_(begin), random_(plan.seed) {}

  std::optional<Clock::time_point> Next() {
    if (due_ >= end_) return std::nullopt;
    const Clock::time_point due = due_;
    const double draw = 1.0 - static_cast<double>(random_.Next() >> 11) * 0x1.0p-53;
    const double gap = plan_.arrivals == Arrivals::kFixed ? 1.0 : -std::log(draw);
    due_ += std::chrono::nanoseconds(static_cast<int64_t>(gap / plan_.per_second * 1e9) + 1);
    return due;
  }

 private:
  const LoadPlan& plan_;
  const Clock::time_point end_;
  Clock::time_point due_;
  Random random_;
};

// What came back. Of the thread that reads answers; `left_out`, `offered` and `late` are of the one
// that sends.
class Record {
 public:
  Record(LoadResult& result, Clock::time_point begin) : result_(result), begin_(begin) {}

  void Late(Clock::time_point due) {
    result_.late.push_back(std::max<int64_t>(0, Nanoseconds(Clock::now() - due)));
  }
  void RefusedAfter(Clock::duration since_sent) {
    result_.refused_from_send.push_back(Nanoseconds(since_sent));
  }
  void Answered(Clock::time_point due, int code, absl::string_view reply,
                const std::string& message) {
    const Clock::time_point now = Clock::now();
    const int64_t latency = Nanoseconds(now - due);
    if (code != grpc::OK) {
      result_.refused[code].push_back(latency);
      // The last says that the deadline passed while the commit was being written.
      const bool expected = code == grpc::RESOURCE_EXHAUSTED || code == grpc::DEADLINE_EXCEEDED ||
                            code == grpc::UNAVAILABLE;
      if (!expected)
        result_.failure.Update(
            absl::InternalError(absl::StrCat("a claim failed: ", code, " ", message)));
      return;
    }
    result_.failure.Update(CheckSettled(reply));
    result_.admitted.push_back(latency);
    result_.timeline.push_back({Nanoseconds(due - begin_), Nanoseconds(now - begin_)});
  }

 private:
  LoadResult& result_;
  const Clock::time_point begin_;
};

void SleepUntil(Clock::time_point due) {
  thread_local const int exact = prctl(PR_SET_TIMERSLACK, 1UL);  // not 50 us later than asked
  (void)exact;
  if (due > Clock::now()) std::this_thread::sleep_until(due);
}

// --- Unary

struct OpenCall {
  Clock::time_point due, sent;
  grpc::ClientContext context;
  grpc::ByteBuffer reply;
  grpc::Status status;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
};

void RunUnary(const LoadPlan& plan, LoadResult& result) {
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs;
  for (int i = 0; i < plan.connections; ++i)
    stubs.push_back(std::make_unique<grpc::GenericStub>(Connect(plan.server)));
  const auto limit = plan.deadline.count() == 0 ? std::chrono::milliseconds(20'000) : plan.deadline;
  grpc::CompletionQueue queue;
  std::atomic<int64_t> open{0};
  SleepUntil(plan.begin);
  const Clock::time_point begin = Clock::now();
  Record record(result, begin);
  std::thread reader([&] {
    void* tag = nullptr;
    bool ok = false;
    while (queue.Next(&tag, &ok)) {
      const std::unique_ptr<OpenCall> call(static_cast<OpenCall*>(tag));
      grpc::Slice slice;
      const bool settled = call->status.ok();
      if (!settled) record.RefusedAfter(Clock::now() - call->sent);
      record.Answered(call->due, call->status.error_code(),
                      settled ? BytesOf(call->reply, &slice) : "", call->status.error_message());
      --open;
    }
  });
  Schedule schedule(plan, begin);
  while (const auto due = schedule.Next()) {
    SleepUntil(*due);
    ++result.offered;
    const Clock::time_point now = Clock::now();
    const bool too_late = plan.most_late.count() > 0 && now - *due > plan.most_late;
    if (open >= plan.most_open || too_late) {
      ++result.left_out;
      continue;
    }
    record.Late(*due);
    auto* const call = new OpenCall;
    call->due = *due;
    call->sent = now;
    call->context.set_deadline(std::chrono::system_clock::now() + limit);
    const grpc::Slice slice(plan.requests->Next());
    grpc::GenericStub& stub = *stubs[static_cast<size_t>(result.offered) % stubs.size()];
    call->reader =
        stub.PrepareUnaryCall(&call->context, kSettleMethod, grpc::ByteBuffer(&slice, 1), &queue);
    ++open;
    call->reader->StartCall();
    call->reader->Finish(&call->reply, &call->status, call);
  }
  result.seconds = Seconds(Clock::now() - begin);
  while (open > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  queue.Shutdown();
  reader.join();
}

// --- Over a stream

// Claims on their way, by serial.
class OnTheWay {
 public:
  void Sent(uint64_t serial, Clock::time_point due) {
    const MutexLock lock(mutex_);
    due_.emplace(serial, due);
  }
  std::optional<Clock::time_point> Answered(uint64_t serial) {
    const MutexLock lock(mutex_);
    const auto found = due_.find(serial);
    if (found == due_.end()) return std::nullopt;
    const Clock::time_point due = found->second;
    due_.erase(found);
    return due;
  }
  int64_t size() {
    const MutexLock lock(mutex_);
    return static_cast<int64_t>(due_.size());
  }

 private:
  Mutex mutex_;
  absl::flat_hash_map<uint64_t, Clock::time_point> due_ ABSL_GUARDED_BY(mutex_);
};

void RunStream(const LoadPlan& plan, LoadResult& result) {
  using Buffer = grpc::ByteBuffer;
  const auto channel = Connect(plan.server);
  grpc::ClientContext context;
  const grpc::internal::RpcMethod method(kSettleStreamMethod,
                                         grpc::internal::RpcMethod::BIDI_STREAMING);
  const std::unique_ptr<grpc::ClientReaderWriter<Buffer, Buffer>> stream(
      grpc::internal::ClientReaderWriterFactory<Buffer, Buffer>::Create(channel.get(), method,
                                                                        &context));
  OnTheWay on_the_way;
  const Clock::time_point begin = Clock::now();
  Record record(result, begin);
  std::thread reader([&] {
    Buffer buffer;
    while (stream->Read(&buffer)) {
      grpc::Slice slice;
      const bool whole = ForEachAnswer(BytesOf(buffer, &slice), [&](const AnswerView& answer) {
        const auto due = on_the_way.Answered(answer.serial.value_or(0));
        if (due) record.Answered(*due, answer.code, answer.reply, "over a stream");
      });
      if (!whole) result.failure.Update(absl::InternalError("an answer message cannot be read"));
    }
  });
  Schedule schedule(plan, begin);
  auto due = schedule.Next();
  bool open = true;
  while (due && open) {
    SleepUntil(*due);
    std::string message;
    const Clock::time_point now = Clock::now();
    for (int i = 0; i < plan.batch && due && *due <= now; ++i, due = schedule.Next()) {
      ++result.offered;
      if (on_the_way.size() >= plan.most_open) {
        ++result.left_out;
        continue;
      }
      record.Late(*due);
      AppendClaim(plan.requests->Next(), plan.deadline.count(), &message);
      on_the_way.Sent(plan.requests->serial(), *due);
    }
    const grpc::Slice slice(message);
    if (!message.empty()) open = stream->Write(Buffer(&slice, 1));
  }
  result.seconds = Seconds(Clock::now() - begin);
  stream->WritesDone();
  reader.join();
  const grpc::Status status = stream->Finish();
  if (!status.ok()) result.failure.Update(absl::InternalError(status.error_message()));
}

}  // namespace

double LoadResult::Goodput() const {
  const auto end = static_cast<int64_t>(seconds * 1e9);
  const auto in_time = std::count_if(timeline.begin(), timeline.end(), [end](const Served& served) {
    return served.answered <= end;
  });
  return static_cast<double>(in_time) / seconds;
}

int64_t LoadResult::Refusals() const {
  int64_t count = 0;
  for (const auto& [code, latencies] : refused) count += static_cast<int64_t>(latencies.size());
  return count;
}

std::vector<int64_t> LoadResult::AllRefused() const {
  std::vector<int64_t> all;
  for (const auto& [code, latencies] : refused)
    all.insert(all.end(), latencies.begin(), latencies.end());
  std::sort(all.begin(), all.end());
  return all;
}

double QuantileUs(const std::vector<int64_t>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto index = static_cast<size_t>(share * static_cast<double>(sorted.size() - 1));
  return static_cast<double>(sorted[index]) / 1000;
}

LoadResult RunOpenLoop(const LoadPlan& plan) {
  LoadResult result;
  plan.stream ? RunStream(plan, result) : RunUnary(plan, result);
  std::sort(result.admitted.begin(), result.admitted.end());
  std::sort(result.late.begin(), result.late.end());
  std::sort(result.refused_from_send.begin(), result.refused_from_send.end());
  for (auto& [code, latencies] : result.refused) std::sort(latencies.begin(), latencies.end());
  return result;
}

}  // namespace yijie::bench
