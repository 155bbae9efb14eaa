#ifndef YIJIE_TESTS_SIM_NETWORK_H_
#define YIJIE_TESTS_SIM_NETWORK_H_

// Messages between parties: lost, doubled, late, out of order, and cut off in one direction only.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/job.h"
#include "tests/sim/draws.h"
#include "tests/sim/event_loop.h"

namespace yijie::sim {

struct Envelope {
  int from = 0;
  int to = 0;
  bool is_reply = false;
  engine::Call call = engine::Call::kSettle;
  uint64_t number = 0;  // of the request, given by its sender; a reply has that of its request
  absl::Status status;  // of a reply
  std::string bytes;
  Micros deadline = 0;  // of a request; on the way it moves, as the receiver's clock starts late
  // Shared by all copies of a hospital's request, wherever they are.
  std::shared_ptr<int> copies;
};

class Party {
 public:
  virtual ~Party() = default;
  // A party that is down takes nothing.
  virtual void Deliver(const Envelope& envelope) = 0;
};

// How bad it is.
struct Weather {
  int loss_percent = 0;
  int double_percent = 0;
  Micros least_delay = 200;
  Micros most_delay = 20 * kMillisecond;
  int late_percent = 0;  // of messages, that take up to 5 s
};

class Network {
 public:
  Network(EventLoop& loop, Draws& draws) : loop_(loop), draws_(draws) {}

  // In the order of their numbers, from 0. They outlive the network.
  void Add(Party& party);
  void SetWeather(const Weather& weather) { weather_ = weather; }
  // Nothing gets from one to the other until then.
  void Cut(int from, int to, Micros until);
  void HealAll();

  void Send(Envelope envelope);

  // What was delivered so far, in order; for comparing two runs.
  uint64_t hash() const { return hash_; }
  int64_t delivered() const { return delivered_; }

 private:
  bool IsCut(int from, int to) const;
  void SendCopy(Envelope envelope);
  void Deliver(const Envelope& envelope);

  EventLoop& loop_;
  Draws& draws_;
  Weather weather_;
  std::vector<Party*> parties_;
  std::vector<std::vector<Micros>> cut_until_;
  uint64_t hash_ = 0;
  int64_t delivered_ = 0;
};

}  // namespace yijie::sim

#endif  // YIJIE_TESTS_SIM_NETWORK_H_
