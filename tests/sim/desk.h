#ifndef YIJIE_TESTS_SIM_DESK_H_
#define YIJIE_TESTS_SIM_DESK_H_

// All hospitals, pharmacies and agencies of a place: they send a message, and send the same one
// again until they have a definite answer.

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include <google/protobuf/message.h>

#include "engine/job.h"
#include "tests/sim/draws.h"
#include "tests/sim/event_loop.h"
#include "tests/sim/network.h"

namespace yijie::sim {

// True of the answers that promise that nothing was done and nothing will be.
bool SaysNotApplied(const absl::Status& status);

struct Errand {
  engine::Call call = engine::Call::kSettle;
  std::string bytes;  // of the request
  storage::MessageKey key;
  Micros budget = 0;
  bool gives_up = false;  // once told "not applied", if no copy of the message is left anywhere
  bool answered = false;
  bool given_up = false;
  int attempts = 0;
  engine::Reply answer;
  // Counts the copies that may have been applied; its owners are the errand and what is on its way.
  std::shared_ptr<int> copies = std::make_shared<int>(0);
  std::function<void(const Errand&)> then;

  bool is_over() const { return answered || given_up; }
};

class Desk : public Party {
 public:
  Desk(int number, int place, EventLoop& loop, Network& network, Draws& draws)
      : number_(number), place_(place), loop_(loop), network_(network), draws_(draws.Next()) {}

  // Errands never move.
  Errand& Run(Errand errand);
  // Sends a copy of a message that was answered.
  void Repeat(const Errand& errand);

  void Deliver(const Envelope& envelope) override;

  // What cannot be: an answer that differs from the first, or an error that no sound engine gives.
  const std::string& complaint() const { return complaint_; }
  const std::deque<Errand>& errands() const { return errands_; }

 private:
  void Send(size_t index);
  void SendCopy(size_t index);
  void Take(Errand& errand, const Envelope& envelope);
  void SendAgain(size_t index);

  const int number_;
  const int place_;
  EventLoop& loop_;
  Network& network_;
  Draws draws_;
  std::deque<Errand> errands_;
  std::string complaint_;
};

}  // namespace yijie::sim

#endif  // YIJIE_TESTS_SIM_DESK_H_
