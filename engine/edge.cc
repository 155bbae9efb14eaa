#include "engine/edge.h"

#include "base/status_macros.h"
#include "engine/call.h"
#include "engine/deterministic_bytes.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

using google::protobuf::Message;

const v1::MessageHeader& HeaderOf(const Message& request) {
  const auto* field = request.GetDescriptor()->FindFieldByName("header");
  return static_cast<const v1::MessageHeader&>(request.GetReflection()->GetMessage(request, field));
}

// The key under which the answer is kept.
void SetKey(const Message& request, v1::Transaction transaction, Job* job) {
  const v1::MessageHeader& header = HeaderOf(request);
  job->has_key = true;
  job->key = {header.fixmedins_code(), static_cast<uint8_t>(transaction), header.msgid()};
  job->body = DeterministicBytes(request);
  job->digest = Sha256(job->body);
}

}  // namespace

std::unique_ptr<Message> NewRequest(Call call) {
  return std::unique_ptr<Message>(SpecOf(call).request->New());
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
  if (has_header) YIJIE_RETURN_IF_ERROR(CheckHeader(HeaderOf(*request)));
  YIJIE_RETURN_IF_ERROR(spec.prepare(*request, job.get()));
  if (has_header) SetKey(*request, spec.transaction, job.get());
  job->request = std::move(request);
  return job;
}

}  // namespace yijie::engine
