#include "engine/server/stream_messages.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "engine/edge.h"
#include "engine/validate.h"
#include "engine/wire.h"

namespace yijie::engine {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr auto kDelimited = WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
constexpr uint32_t kAnswerTag =
    WireFormatLite::MakeTag(v1::SettleStreamResponse::kAnswerFieldNumber, kDelimited);
constexpr uint32_t kReplyTag =
    WireFormatLite::MakeTag(v1::StreamedAnswer::kReplyFieldNumber, kDelimited);
constexpr uint32_t kSettleTag =
    WireFormatLite::MakeTag(v1::SettleStreamRequest::kSettleFieldNumber, kDelimited);
constexpr uint32_t kRequestTag =
    WireFormatLite::MakeTag(v1::StreamedSettle::kRequestFieldNumber, kDelimited);
constexpr uint32_t kDeadlineTag = WireFormatLite::MakeTag(
    v1::StreamedSettle::kDeadlineMsFieldNumber, WireFormatLite::WIRETYPE_VARINT);
// Fields `request` of one claim, which are merged. Nobody sends two; a million empty ones, which
// fit into a message, would take eight times its bytes.
constexpr size_t kMaxParts = 16;
// The most a tag and a length take.
constexpr size_t kMostHead = 10;

bool ReadClaim(absl::string_view bytes, StreamedClaim* claim) {
  CodedInputStream input = StreamOf(bytes);
  while (const uint32_t tag = input.ReadTag()) {
    uint64_t value = 0;
    bool whole = true;
    if (tag == kRequestTag) {
      whole =
          claim->request.size() < kMaxParts && ReadDelimited(input, &claim->request.emplace_back());
    } else if (tag == kDeadlineTag) {
      whole = input.ReadVarint64(&value);
      claim->deadline_ms = static_cast<int64_t>(value);
    } else {
      whole = WireFormatLite::SkipField(&input, tag);
      claim->has_unknown_field = true;
    }
    if (!whole) return false;
  }
  return input.ConsumedEntireMessage();
}

}  // namespace

absl::StatusOr<std::vector<StreamedClaim>> ReadClaims(absl::string_view message) {
  CodedInputStream input = StreamOf(message);
  std::vector<StreamedClaim> claims;
  bool unknown = false;
  while (const uint32_t tag = input.ReadTag()) {
    absl::string_view bytes;
    bool whole = true;
    if (tag == kSettleTag) {
      if (claims.size() == kMaxClaimsInMessage) {
        return BadField("settle",
                        absl::StrCat("a message has at most ", kMaxClaimsInMessage, " claims"));
      }
      StreamedClaim& claim = claims.emplace_back();
      claim.index = static_cast<int>(claims.size()) - 1;
      whole = ReadDelimited(input, &bytes) && ReadClaim(bytes, &claim);
    } else {
      whole = WireFormatLite::SkipField(&input, tag);
      unknown = true;
    }
    if (!whole) return BadField("request", "not a message of this call");
  }
  if (!input.ConsumedEntireMessage()) return BadField("request", "not a message of this call");
  if (unknown) return BadField("request", "unknown field");
  return claims;
}

std::shared_ptr<google::protobuf::Message> ParseRequest(const StreamedClaim& claim) {
  std::shared_ptr<google::protobuf::Message> request = NewRequest(Call::kSettle);
  for (const absl::string_view bytes : claim.request) {
    CodedInputStream input = StreamOf(bytes);
    if (!request->MergeFromCodedStream(&input) || !input.ConsumedEntireMessage()) return nullptr;
  }
  return request;
}

void AppendAnswer(const v1::StreamedAnswer& answer, absl::string_view reply_bytes,
                  std::string* message) {
  YIJIE_CHECK(!answer.has_reply(), "the reply of an answer comes as bytes");
  const size_t head = answer.ByteSizeLong();
  const auto reply_size = static_cast<uint32_t>(reply_bytes.size());
  size_t size = head;
  if (reply_size > 0) {
    size += CodedOutputStream::VarintSize32(kReplyTag) +
            CodedOutputStream::VarintSize32(reply_size) + reply_size;
  }
  const size_t begin = message->size();
  message->resize(begin + kMostHead + size);
  auto* const first = reinterpret_cast<uint8_t*>(&(*message)[begin]);
  uint8_t* to = CodedOutputStream::WriteTagToArray(kAnswerTag, first);
  to = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(size), to);
  to = answer.SerializeWithCachedSizesToArray(to);
  if (reply_size > 0) {
    to = CodedOutputStream::WriteTagToArray(kReplyTag, to);
    to = CodedOutputStream::WriteVarint32ToArray(reply_size, to);
    to = CodedOutputStream::WriteRawToArray(reply_bytes.data(), static_cast<int>(reply_size), to);
  }
  message->resize(begin + static_cast<size_t>(to - first));
}

}  // namespace yijie::engine
