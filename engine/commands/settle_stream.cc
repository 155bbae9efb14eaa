#include "engine/commands/settle_stream.h"

#include <google/protobuf/util/json_util.h>
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <deque>
#include <fstream>
#include <iostream>
#include <map>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "engine/commands/standing.h"
#include "engine/load/progress_bar.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using Stream = grpc::ClientReaderWriter<v1::SettleStreamRequest, v1::SettleStreamResponse>;

constexpr int kClaimsInMessage = 32;
// The engine takes 2 MiB in one message; a bill on a stream costs a few bytes more than itself.
constexpr size_t kMessageBytes = size_t{1} << 20;
constexpr size_t kMostBillBytes = (size_t{2} << 20) - 1024;
constexpr size_t kMostOnTheWay = 512;  // sent and not answered
constexpr std::chrono::milliseconds kPause(500);

// Who sent a message and its id there.
using Key = std::pair<std::string, std::string>;

Key KeyOf(const v1::SettleRequest& request) {
  return {request.header().fixmedins_code(), request.header().msgid()};
}

struct Counts {
  int64_t settled = 0, refused = 0, failed = 0, lost = 0;
};

// The bills of all files. One that cannot be read ends the command before anything is sent.
std::deque<v1::SettleRequest> ReadBills(const std::vector<std::string>& files) {
  std::deque<v1::SettleRequest> bills;
  for (const std::string& name : files) {
    std::ifstream file;
    if (name != "-") file.open(name);
    std::istream& in = name == "-" ? std::cin : file;
    int64_t number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      if (absl::StripAsciiWhitespace(line).empty()) continue;
      v1::SettleRequest bill;
      const auto status = google::protobuf::util::JsonStringToMessage(line, &bill);
      if (!status.ok()) {
        Fail(absl::InvalidArgumentError(
            absl::StrCat(name, ":", number, ": ", std::string(status.message()))));
      }
      if (bill.ByteSizeLong() > kMostBillBytes)
        Fail(absl::InvalidArgumentError(
            absl::StrCat(name, ":", number, ": the bill is larger than a message may be, 2 MiB")));
      bills.push_back(std::move(bill));
    }
  }
  return bills;
}

std::string JsonLine(const v1::StreamedAnswer& answer) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(answer, &json, options).ok()) return "{}";
  return json;
}

// Bills on their way to certainty: those to send, those sent and not answered, and those to send
// again over the next stream.
class Dispatch {
 public:
  explicit Dispatch(std::deque<v1::SettleRequest> bills)
      : total_(static_cast<int64_t>(bills.size())), unsent_(std::move(bills)) {}

  // Waits for room. Empty: nothing is left to send, or the stream is over.
  v1::SettleStreamRequest NextMessage() {
    const MutexLock lock(mutex_);
    while (on_the_way_.size() >= kMostOnTheWay && !over_) room_.Wait(mutex_);
    v1::SettleStreamRequest message;
    size_t bytes = 0;
    while (!over_ && !unsent_.empty() && message.settle_size() < kClaimsInMessage) {
      v1::SettleRequest& bill = unsent_.front();
      bytes += bill.ByteSizeLong();
      if (message.settle_size() > 0 && bytes > kMessageBytes) break;
      *message.add_settle()->mutable_request() = bill;
      on_the_way_.emplace(KeyOf(bill), std::move(bill));
      unsent_.pop_front();
    }
    return message;
  }

  // One bill of this id has its answer, or is to be sent `again`.
  void Answered(const v1::StreamedAnswer& answer, bool again) {
    const MutexLock lock(mutex_);
    auto bill = on_the_way_.extract({answer.fixmedins_code(), answer.msgid()});
    if (bill.empty()) return;
    if (again) {
      again_.push_back(std::move(bill.mapped()));
    } else {
      ++answered_;
    }
    room_.NotifyOne();
  }

  void StreamIsOver() {
    const MutexLock lock(mutex_);
    over_ = true;
    room_.NotifyOne();
  }
  // After the stream: what has no answer is to be sent again.
  void TakeBack() {
    const MutexLock lock(mutex_);
    over_ = false;
    for (v1::SettleRequest& bill : again_) unsent_.push_front(std::move(bill));
    again_.clear();
    for (auto& [key, bill] : on_the_way_) unsent_.push_front(std::move(bill));
    on_the_way_.clear();
  }

  bool all_answered() {
    const MutexLock lock(mutex_);
    return unsent_.empty() && on_the_way_.empty();
  }
  int64_t answered() {
    const MutexLock lock(mutex_);
    return answered_;
  }
  int64_t total() const { return total_; }

 private:
  const int64_t total_;
  Mutex mutex_;
  CondVar room_;
  std::deque<v1::SettleRequest> unsent_ ABSL_GUARDED_BY(mutex_);
  std::multimap<Key, v1::SettleRequest> on_the_way_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::SettleRequest> again_ ABSL_GUARDED_BY(mutex_);
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t answered_ ABSL_GUARDED_BY(mutex_) = 0;
};

bool IsToBeSentAgain(const v1::StreamedAnswer& answer) {
  if (answer.code() == 0) return false;
  const Standing standing = StandingOf(answer.code(), answer.message());
  return standing == Standing::kNotNow || standing == Standing::kUnknown;
}

// Of one that is not sent again.
void Count(const v1::StreamedAnswer& answer, Counts* counts) {
  if (answer.code() != 0) {
    ++(StandingOf(answer.code(), answer.message()) == Standing::kLost ? counts->lost
                                                                      : counts->failed);
  } else if (answer.reply().settlement().outcome() == v1::SETTLED) {
    ++counts->settled;
  } else {
    ++counts->refused;
  }
}

// One stream: sends and reads until all is answered or the stream ends. How long the engine wants
// bills to be held back, ms.
int64_t RunStream(v1::SettlementService::Stub& stub, Dispatch& dispatch, ProgressBar& progress,
                  Counts* counts) {
  grpc::ClientContext context;
  const std::unique_ptr<Stream> stream = stub.SettleStream(&context);
  std::thread sender([&] {
    for (v1::SettleStreamRequest message = dispatch.NextMessage(); message.settle_size() > 0;
         message = dispatch.NextMessage()) {
      if (!stream->Write(message)) return;
    }
    stream->WritesDone();
  });
  int64_t retry_after_ms = 0;
  v1::SettleStreamResponse response;
  while (stream->Read(&response)) {
    for (const v1::StreamedAnswer& answer : response.answer()) {
      const bool again = IsToBeSentAgain(answer);
      retry_after_ms = std::max(retry_after_ms, answer.retry_after_ms());
      dispatch.Answered(answer, again);
      if (again) continue;
      Count(answer, counts);
      std::cout << JsonLine(answer) << "\n";
    }
    progress.Update(dispatch.answered(), dispatch.total());
  }
  dispatch.StreamIsOver();
  sender.join();
  const grpc::Status status = stream->Finish();
  if (!status.ok() && status.error_code() != grpc::UNAVAILABLE)
    std::cerr << "the stream ended: " << status.error_message() << "\n";
  dispatch.TakeBack();
  return retry_after_ms;
}

}  // namespace

int SettleOverStream(const ClientOptions& client, const std::vector<std::string>& files) {
  Dispatch dispatch(ReadBills(files));
  const std::shared_ptr<grpc::Channel> channel = ConnectChannel(client);
  const auto stub = v1::SettlementService::NewStub(channel);
  const std::chrono::milliseconds timeout(client.timeout_ms);
  Counts counts;
  {
    ProgressBar progress("bills");
    auto last_answer = std::chrono::system_clock::now();
    while (!dispatch.all_answered() && channel->WaitForConnected(last_answer + timeout)) {
      const int64_t before = dispatch.answered();
      const std::chrono::milliseconds asked(RunStream(*stub, dispatch, progress, &counts));
      if (dispatch.answered() > before) last_answer = std::chrono::system_clock::now();
      if (std::chrono::system_clock::now() > last_answer + timeout) break;
      if (!dispatch.all_answered()) std::this_thread::sleep_for(std::max(asked, kPause));
    }
  }
  std::cout.flush();
  const int64_t unanswered = dispatch.total() - dispatch.answered();
  std::cerr << counts.settled << " settled, " << counts.refused << " refused, " << counts.failed
            << " malformed or failed, " << unanswered + counts.lost << " without an answer\n";
  if (counts.lost > 0) std::cerr << "DATA_LOSS: call the operator, and keep the message ids\n";
  if (unanswered > 0) std::cerr << "send the same files again: no bill can be settled twice\n";
  if (counts.lost + unanswered > 0) return 2;
  return counts.refused + counts.failed > 0 ? 1 : 0;
}

}  // namespace yijie::engine
