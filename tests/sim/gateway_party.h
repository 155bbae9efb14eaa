#ifndef YIJIE_TESTS_SIM_GATEWAY_PARTY_H_
#define YIJIE_TESTS_SIM_GATEWAY_PARTY_H_

// A gateway that passes messages on by the area they go to, and keeps a log of its own: nothing is
// passed on before it is in the log.

#include <map>
#include <string>

#include "tests/sim/draws.h"
#include "tests/sim/event_loop.h"
#include "tests/sim/network.h"

namespace yijie::sim {

class GatewayParty : public Party {
 public:
  GatewayParty(int number, EventLoop& loop, Network& network, Draws& draws)
      : number_(number), loop_(loop), network_(network), draws_(draws.Next()) {}

  // Messages for the insured area go there.
  void Route(const std::string& admdvs, int place) { places_[admdvs] = place; }

  void Start() { up_ = true; }
  // What was under way is forgotten; the log stays.
  void Crash();
  bool is_up() const { return up_; }

  void Deliver(const Envelope& envelope) override;

  int64_t logged() const { return logged_; }

 private:
  struct Passed {
    int from = 0;
    uint64_t number = 0;
  };
  void PassOn(const Envelope& request);
  void PassBack(const Envelope& reply);
  // Does it once the log is synced, unless the gateway dies before.
  void AfterLog(std::function<void()> act);

  const int number_;
  EventLoop& loop_;
  Network& network_;
  Draws draws_;
  std::map<std::string, int> places_;
  bool up_ = true;
  int life_ = 0;
  uint64_t next_ = 1;  // over all lives
  std::map<uint64_t, Passed> under_way_;
  int64_t logged_ = 0;
};

}  // namespace yijie::sim

#endif  // YIJIE_TESTS_SIM_GATEWAY_PARTY_H_
