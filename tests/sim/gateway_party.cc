#include "tests/sim/gateway_party.h"

#include <memory>
#include <utility>

#include <google/protobuf/message.h>

#include "engine/edge.h"

namespace yijie::sim {
namespace {

std::string AreaOf(const Envelope& request) {
  const std::shared_ptr<google::protobuf::Message> message = engine::NewRequest(request.call);
  if (!message->ParseFromString(request.bytes)) return "";
  const auto* field = message->GetDescriptor()->FindFieldByName("insuplc_admdvs");
  return field == nullptr ? "" : message->GetReflection()->GetString(*message, field);
}

}  // namespace

void GatewayParty::Crash() {
  up_ = false;
  ++life_;
  under_way_.clear();
}

void GatewayParty::Deliver(const Envelope& envelope) {
  if (!up_) return;
  AfterLog([this, envelope] { envelope.is_reply ? PassBack(envelope) : PassOn(envelope); });
}

void GatewayParty::AfterLog(std::function<void()> act) {
  loop_.After(draws_.Between(200, 5 * kMillisecond), [this, life = life_, act = std::move(act)] {
    if (!up_ || life != life_) return;
    ++logged_;
    act();
  });
}

void GatewayParty::PassOn(const Envelope& request) {
  if (loop_.now() >= request.deadline) return;
  Envelope passed = request;
  passed.from = number_;
  const auto place = places_.find(AreaOf(request));
  if (place == places_.end()) {
    passed.to = request.from;
    passed.is_reply = true;
    passed.status = absl::NotFoundError("insuplc_admdvs: no such area");
    return network_.Send(std::move(passed));
  }
  passed.to = place->second;
  passed.number = next_++;
  under_way_[passed.number] = {request.from, request.number};
  network_.Send(std::move(passed));
}

void GatewayParty::PassBack(const Envelope& reply) {
  const auto asked = under_way_.extract(reply.number);
  if (!asked) return;  // an answer to a question nobody asked, or one that was answered
  Envelope passed = reply;
  passed.from = number_;
  passed.to = asked.mapped().from;
  passed.number = asked.mapped().number;
  network_.Send(std::move(passed));
}

}  // namespace yijie::sim
