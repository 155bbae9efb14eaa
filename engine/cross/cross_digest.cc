#include "engine/cross/cross_digest.h"

#include <memory>

#include "base/check.h"
#include "base/digest.h"
#include "engine/deterministic_bytes.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const FieldDescriptor* DigestField(const Message& message) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName("digest");
  YIJIE_CHECK(field != nullptr, "a message without a digest");
  return field;
}

}  // namespace

std::string DigestOf(const Message& message) {
  const std::unique_ptr<Message> bare(message.New());
  bare->CopyFrom(message);
  bare->GetReflection()->ClearField(bare.get(), DigestField(message));
  const Digest digest = Sha256(DeterministicBytes(*bare));
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

void Seal(Message* message) {
  message->GetReflection()->SetString(message, DigestField(*message), DigestOf(*message));
}

absl::Status CheckSeal(const Message& message) {
  const std::string told = message.GetReflection()->GetString(message, DigestField(message));
  if (told == DigestOf(message)) return absl::OkStatus();
  return BadField("digest", "does not fit the message");
}

}  // namespace yijie::engine
