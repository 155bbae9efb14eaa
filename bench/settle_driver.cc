#include "bench/settle_driver.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "engine/edge.h"

namespace yijie::bench {
namespace {

absl::StatusOr<std::unique_ptr<engine::Job>> MakeJob(engine::Call call, const std::string& bytes) {
  std::shared_ptr<google::protobuf::Message> request = engine::NewRequest(call);
  if (!request->ParseFromString(bytes)) return absl::InternalError("a request is not a message");
  return engine::MakeJob(call, std::move(request),
                         engine::MomentOf(absl::ToUnixMillis(absl::Now())));
}

}  // namespace

void SettleDriver::Submit(std::string request) {
  const Clock::time_point arrived = Clock::now();
  auto job = MakeJob(engine::Call::kSettle, request);
  auto respond = [this, arrived, bytes = std::move(request)](engine::Reply reply) mutable {
    const Clock::time_point replied = Clock::now();
    if (reply.status.ok()) reply.status = CheckSettled(reply.bytes);
    const MutexLock lock(mutex_);
    done_.push_back({std::move(bytes), arrived, replied, std::move(reply.status)});
    answered_.NotifyOne();  // under the lock: afterwards the driver may be gone
  };
  if (!job.ok()) return respond({job.status(), ""});
  (*job)->arrived = arrived;
  (*job)->respond = std::move(respond);
  engine_.Submit(*std::move(job));
}

std::vector<SettleDriver::Done> SettleDriver::TakeDone() {
  const MutexLock lock(mutex_);
  while (done_.empty()) answered_.Wait(mutex_);
  return std::exchange(done_, {});
}

absl::StatusOr<Window> SettleDriver::Run(int in_flight, std::chrono::milliseconds length) {
  const Clock::time_point end = Clock::now() + length;
  YIJIE_ASSIGN_OR_RETURN(Window window, RunWhile(
                                            in_flight, [end] { return Clock::now() < end; }, end));
  window.per_second = static_cast<double>(window.answered_inside) / Seconds(length);
  return window;
}

absl::StatusOr<Window> SettleDriver::RunCalls(int in_flight, int64_t calls) {
  const Clock::time_point begin = Clock::now();
  int64_t left = calls - in_flight;
  YIJIE_ASSIGN_OR_RETURN(Window window,
                         RunWhile(
                             in_flight, [&left] { return left-- > 0; }, Clock::time_point::max()));
  window.per_second = static_cast<double>(window.settled) / Seconds(Clock::now() - begin);
  return window;
}

absl::StatusOr<Window> SettleDriver::RunWhile(int in_flight, const std::function<bool()>& open,
                                              Clock::time_point end) {
  Window window;
  std::vector<int64_t> latencies;
  absl::Status failure;
  int inside = in_flight;
  for (int i = 0; i < in_flight; ++i) Submit(requests_.Next());
  while (inside > 0) {
    for (Done& done : TakeDone()) {
      const bool busy = absl::IsResourceExhausted(done.status);
      if (busy) {
        ++window.busy;
      } else if (!done.status.ok()) {
        failure.Update(done.status);
      } else {
        ++window.settled;
        if (done.replied < end) latencies.push_back(Nanoseconds(done.replied - done.arrived));
      }
      const bool go_on = failure.ok() && (busy || open());
      if (!go_on) {
        --inside;
      } else {
        Submit(busy ? std::move(done.request) : requests_.Next());
      }
    }
  }
  YIJIE_RETURN_IF_ERROR(failure);
  window.answered_inside = static_cast<int64_t>(latencies.size());
  window.latency = Percentiles(latencies);
  return window;
}

absl::Status SettleDriver::WarmUp() {
  constexpr size_t kAtOnce = 256;
  for (size_t begin = 0; begin < requests_.size(); begin += kAtOnce) {
    const size_t end = std::min(begin + kAtOnce, requests_.size());
    for (size_t i = begin; i < end; ++i) {
      v1::GetAccountRequest request;
      request.set_psn_no(requests_.psn_no(i));
      YIJIE_ASSIGN_OR_RETURN(auto job,
                             MakeJob(engine::Call::kGetAccount, request.SerializeAsString()));
      job->respond = [this](engine::Reply reply) {
        const MutexLock lock(mutex_);
        done_.push_back({"", {}, {}, std::move(reply.status)});
        answered_.NotifyOne();
      };
      engine_.Submit(std::move(job));
    }
    for (size_t answered = begin; answered < end;) {
      for (const Done& done : TakeDone()) {
        YIJIE_RETURN_IF_ERROR(done.status);
        ++answered;
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace yijie::bench
