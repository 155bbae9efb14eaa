#include "engine/edge.h"

#include <array>
#include <vector>

#include "base/mutex.h"
#include "base/status_macros.h"
#include "engine/call.h"
#include "engine/deterministic_bytes.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

using google::protobuf::Message;

constexpr size_t kUsualBytes = 32 << 10;  // of a request whose room is worth keeping

// The header of the request of a call that has a message id.
const v1::MessageHeader& HeaderOf(Call call, const Message& request) {
  static const auto* const fields = [] {
    auto* found = new std::array<const google::protobuf::FieldDescriptor*, kCalls>;
    for (const CallSpec* spec : AllCalls()) {
      (*found)[static_cast<size_t>(spec->call)] =
          spec->request == nullptr ? nullptr
                                   : spec->request->GetDescriptor()->FindFieldByName("header");
    }
    return found;
  }();
  return static_cast<const v1::MessageHeader&>(
      request.GetReflection()->GetMessage(request, (*fields)[static_cast<size_t>(call)]));
}

// Requests that are done with, to be parsed into again: their lines and texts cost more to make,
// on one thread, and to free, on another, than to fill. Thread-safe.
class SpareRequests {
 public:
  std::unique_ptr<Message> Take() {
    const MutexLock lock(mutex_);
    if (spare_.empty()) return nullptr;
    std::unique_ptr<Message> request = std::move(spare_.back());
    spare_.pop_back();
    return request;
  }
  void Give(std::unique_ptr<Message> request) {
    request->Clear();
    const MutexLock lock(mutex_);
    if (spare_.size() < kMostSpare) spare_.push_back(std::move(request));
  }

 private:
  static constexpr size_t kMostSpare = 512;
  Mutex mutex_;
  std::vector<std::unique_ptr<Message>> spare_ ABSL_GUARDED_BY(mutex_);
};

SpareRequests& SpareOf(Call call) {
  // Never destroyed: a request may outlive every other object.
  static auto* const spare = new std::array<SpareRequests, kCalls>;
  return (*spare)[static_cast<size_t>(call)];
}

// Hands `request`, which passed all checks, back to the spare ones when nobody needs it any more.
// Long bills keep no room.
std::shared_ptr<const Message> ToBeUsedAgain(Call call, std::unique_ptr<Message> request) {
  return {request.release(),
          [call](Message* used) { SpareOf(call).Give(std::unique_ptr<Message>(used)); }};
}

// The key under which the answer is kept.
void SetKey(const Message& request, const v1::MessageHeader& header, v1::Transaction transaction,
            Job* job) {
  job->has_key = true;
  job->key = {header.fixmedins_code(), static_cast<uint8_t>(transaction), header.msgid()};
  job->body = DeterministicBytes(request);
  job->digest = Sha256(job->body);
}

}  // namespace

std::unique_ptr<Message> NewRequest(Call call) {
  std::unique_ptr<Message> spare = SpareOf(call).Take();
  return spare != nullptr ? std::move(spare)
                          : std::unique_ptr<Message>(SpecOf(call).request->New());
}

absl::StatusOr<std::unique_ptr<Job>> MakeJob(Call call, std::unique_ptr<Message> request,
                                             const Moment& now) {
  const CallSpec& spec = SpecOf(call);
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(*request));
  auto job = std::make_unique<Job>();
  job->call = call;
  job->now = now;
  job->arrived = std::chrono::steady_clock::now();
  job->deadline = std::chrono::steady_clock::time_point::max();
  const bool has_header = spec.transaction != v1::TRANSACTION_UNSPECIFIED;
  const v1::MessageHeader* const header = has_header ? &HeaderOf(call, *request) : nullptr;
  if (header != nullptr) YIJIE_RETURN_IF_ERROR(CheckHeader(*header));
  YIJIE_RETURN_IF_ERROR(spec.prepare(*request, job.get()));
  if (header != nullptr) SetKey(*request, *header, spec.transaction, job.get());
  if (has_header && job->body.size() <= kUsualBytes) {
    job->request = ToBeUsedAgain(call, std::move(request));
  } else {
    job->request = std::move(request);
  }
  return job;
}

}  // namespace yijie::engine
