#include "tests/sim/network.h"

#include <utility>

namespace yijie::sim {
namespace {

uint64_t Mix(uint64_t hash, uint64_t value) {
  hash ^= value;
  hash *= 0xFF51AFD7ED558CCDu;
  return hash ^ (hash >> 32);
}

uint64_t Mix(uint64_t hash, absl::string_view bytes) {
  uint64_t word = bytes.size();
  for (size_t i = 0; i < bytes.size(); ++i) {
    word = (word << 8) | static_cast<uint8_t>(bytes[i]);
    if (i % 8 == 7) hash = Mix(hash, word);
  }
  return Mix(hash, word);
}

}  // namespace

void Network::Add(Party& party) {
  parties_.push_back(&party);
  for (std::vector<Micros>& row : cut_until_) row.push_back(0);
  cut_until_.emplace_back(parties_.size(), 0);
}

void Network::Cut(int from, int to, Micros until) {
  cut_until_[static_cast<size_t>(from)][static_cast<size_t>(to)] = until;
}

void Network::HealAll() {
  for (std::vector<Micros>& row : cut_until_) row.assign(row.size(), 0);
}

bool Network::IsCut(int from, int to) const {
  return loop_.now() < cut_until_[static_cast<size_t>(from)][static_cast<size_t>(to)];
}

void Network::Send(Envelope envelope) {
  const int copies = draws_.Percent(weather_.double_percent) ? 1 + draws_.Below(4) : 1;
  for (int i = 1; i < copies; ++i) SendCopy(envelope);
  SendCopy(std::move(envelope));
}

void Network::SendCopy(Envelope envelope) {
  if (draws_.Percent(weather_.loss_percent) || IsCut(envelope.from, envelope.to)) return;
  const Micros most = draws_.Percent(weather_.late_percent) ? 5 * kSecond : weather_.most_delay;
  const Micros delay = draws_.Between(weather_.least_delay, most);
  // What a message carries is how much time is left; nobody knows how long it was on the way.
  envelope.deadline += delay;
  auto shared = std::make_shared<const Envelope>(std::move(envelope));
  loop_.After(delay, [this, shared] { Deliver(*shared); });
}

void Network::Deliver(const Envelope& envelope) {
  if (IsCut(envelope.from, envelope.to)) return;
  ++delivered_;
  hash_ = Mix(hash_, static_cast<uint64_t>(loop_.now()));
  hash_ = Mix(hash_, static_cast<uint64_t>(envelope.from * 64 + envelope.to));
  hash_ = Mix(hash_, static_cast<uint64_t>(envelope.status.code()));
  hash_ = Mix(hash_, envelope.bytes);
  parties_[static_cast<size_t>(envelope.to)]->Deliver(envelope);
}

}  // namespace yijie::sim
