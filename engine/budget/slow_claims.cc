#include "engine/budget/slow_claims.h"

#include <string>
#include <utility>

#include "base/log.h"
#include "yijie/v1/message.pb.h"

namespace yijie::engine {
namespace {

using std::chrono::microseconds;

constexpr int64_t kLinesASecond = 10;

int64_t Micros(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<microseconds>(time).count();
}

// The header of a request that has one.
const v1::MessageHeader* HeaderOf(const google::protobuf::Message& request) {
  const auto* field = request.GetDescriptor()->FindFieldByName("header");
  if (field == nullptr || field->message_type() != v1::MessageHeader::descriptor()) return nullptr;
  return static_cast<const v1::MessageHeader*>(
      &request.GetReflection()->GetMessage(request, field));
}

}  // namespace

bool SlowClaims::IsSlow(const StageTimes& times, TimePoint deadline) const {
  if (percent_ == 0 || deadline == TimePoint::max()) return false;
  return times.wall() >= (deadline - times.arrived) / 100 * percent_;
}

int64_t SlowClaims::Turn(TimePoint now) {
  const MutexLock lock(mutex_);
  if (now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    lines_ = 0;
  }
  if (++lines_ > kLinesASecond) {
    ++left_out_;
    return -1;
  }
  return std::exchange(left_out_, 0);
}

void SlowClaims::Log(absl::string_view call, Channel channel,
                     const google::protobuf::Message& request, const absl::Status& status,
                     const StageTimes& times, TimePoint deadline) {
  const int64_t left_out = Turn(times.since);
  if (left_out < 0) return;
  LogLine line("slow_claim");
  line.Text("call", call).Text("channel", NameOf(channel));
  if (const v1::MessageHeader* header = HeaderOf(request); header != nullptr)
    line.Text("institution", header->fixmedins_code()).Text("msgid", header->msgid());
  line.Text("status", absl::StatusCodeToString(status.code()));
  line.Number("budget_us", Micros(deadline - times.arrived)).Number("us", Micros(times.wall()));
  for (size_t i = 0; i < kStages; ++i)
    line.Number(std::string(NameOf(static_cast<Stage>(i))) + "_us", Micros(times.took[i]));
  if (left_out > 0) line.Number("left_out", left_out);
}

}  // namespace yijie::engine
