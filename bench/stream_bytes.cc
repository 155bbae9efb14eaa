#include "bench/stream_bytes.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "bench/world.h"
#include "engine/wire.h"
#include "yijie/v1/service.pb.h"

namespace yijie::bench {
namespace {

using engine::ReadDelimited;
using engine::StreamOf;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr uint32_t Delimited(int field) {
  return WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}

void AppendHead(uint32_t tag, size_t size, std::string* message) {
  uint8_t head[10];
  uint8_t* end = CodedOutputStream::WriteTagToArray(tag, head);
  end = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(size), end);
  message->append(reinterpret_cast<const char*>(head), static_cast<size_t>(end - head));
}

std::optional<uint64_t> SerialIn(absl::string_view msgid) {
  uint64_t serial = 0;
  if (!absl::ConsumePrefix(&msgid, RequestBytes::kMsgidHead)) return std::nullopt;
  return absl::SimpleAtoi(msgid, &serial) ? std::optional<uint64_t>(serial) : std::nullopt;
}

bool ReadAnswer(absl::string_view bytes, AnswerView* answer) {
  constexpr uint32_t kCode = WireFormatLite::MakeTag(v1::StreamedAnswer::kCodeFieldNumber,
                                                     WireFormatLite::WIRETYPE_VARINT);
  CodedInputStream input = StreamOf(bytes);
  while (const uint32_t tag = input.ReadTag()) {
    absl::string_view value;
    uint32_t code = 0;
    bool whole = true;
    if (tag == Delimited(v1::StreamedAnswer::kMsgidFieldNumber)) {
      whole = ReadDelimited(input, &value);
      answer->serial = SerialIn(value);
    } else if (tag == kCode) {
      whole = input.ReadVarint32(&code);
      answer->code = static_cast<int>(code);
    } else if (tag == Delimited(v1::StreamedAnswer::kReplyFieldNumber)) {
      whole = ReadDelimited(input, &answer->reply);
    } else {
      whole = WireFormatLite::SkipField(&input, tag);
    }
    if (!whole) return false;
  }
  return input.ConsumedEntireMessage();
}

// Nothing if it is 0.
std::string DeadlineField(int64_t deadline_ms) {
  v1::StreamedSettle settle;
  settle.set_deadline_ms(deadline_ms);
  return settle.SerializeAsString();
}

}  // namespace

void AppendClaim(absl::string_view request, int64_t deadline_ms, std::string* message) {
  constexpr uint32_t kSettle = Delimited(v1::SettleStreamRequest::kSettleFieldNumber);
  constexpr uint32_t kRequest = Delimited(v1::StreamedSettle::kRequestFieldNumber);
  const auto size = static_cast<uint32_t>(request.size());
  const std::string deadline = DeadlineField(deadline_ms);
  const size_t inner = CodedOutputStream::VarintSize32(kRequest) +
                       CodedOutputStream::VarintSize32(size) + size + deadline.size();
  AppendHead(kSettle, inner, message);
  AppendHead(kRequest, size, message);
  message->append(request.data(), request.size());
  *message += deadline;
}

bool ForEachAnswer(absl::string_view message, const std::function<void(const AnswerView&)>& take) {
  CodedInputStream input = StreamOf(message);
  while (const uint32_t tag = input.ReadTag()) {
    absl::string_view bytes;
    AnswerView answer;
    if (tag != Delimited(v1::SettleStreamResponse::kAnswerFieldNumber)) return false;
    if (!ReadDelimited(input, &bytes) || !ReadAnswer(bytes, &answer)) return false;
    take(answer);
  }
  return input.ConsumedEntireMessage();
}

}  // namespace yijie::bench
