#ifndef YIJIE_TESTS_SIM_ENGINE_PARTY_H_
#define YIJIE_TESTS_SIM_ENGINE_PARTY_H_

// A place: the real engine over its disk, as place of care and as insured place, with a clock of
// its own that may be wrong, and with lives that end at any moment.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <google/protobuf/message.h>

#include "engine/engine.h"
#include "tests/memory_store.h"
#include "tests/sim/defect.h"
#include "tests/sim/draws.h"
#include "tests/sim/event_loop.h"
#include "tests/sim/network.h"
#include "tests/sim/sim_store.h"

namespace yijie::sim {

// Time at a place, as a simulation begins.
struct Calendar {
  int64_t begins_unix_ms = 0;
};

struct EnginePartyOptions {
  int number = 0;   // in the network
  int gateway = 0;  // where calls of CrossService go
  std::string admdvs;
  std::shared_ptr<const engine::Reference> reference;
  Calendar calendar;
  const Defect* defect = nullptr;
};

class EngineParty : public Party {
 public:
  struct Observer {
    std::function<void(int place, const storage::Commit&)> durable;
    // A message of CrossService or of a hospital is about to be worked on.
    std::function<void(int place, engine::Call, const google::protobuf::Message&)> taken;
    // What was answered, whether or not it arrives.
    std::function<void(int place, engine::Call, const engine::Reply&)> answered;
    // An answer of an insured place came back.
    std::function<void(int place, engine::Call, const google::protobuf::Message& request,
                       const engine::Reply&)>
        came_back;
    // The process is between two acts: a moment to die at.
    std::function<void(int place)> boundary;
  };

  // All outlive the party.
  EngineParty(EnginePartyOptions options, EventLoop& loop, Network& network, Draws& draws,
              engine::Metrics& metrics, const Observer& observer);
  ~EngineParty() override;

  void Start();
  // The process dies; what was not synced goes, or not.
  void Crash();
  bool is_up() const { return life_ != nullptr; }

  void Deliver(const Envelope& envelope) override;
  void Resolve();
  // The engine works off what is there.
  void Pump();

  storage::MemoryStore& disk() { return disk_; }
  const std::string& admdvs() const { return options_.admdvs; }
  int number() const { return options_.number; }
  engine::Moment Now() const;

  void SetReference(std::shared_ptr<const engine::Reference> reference);
  void SetSkew(int64_t milliseconds) { skew_ms_ = milliseconds; }
  // Its answers to places of care have a field that this release does not know.
  void SetNewerPeers(bool newer) { newer_ = newer; }
  void SetDiskFull(bool full) { disk_full_ = full; }

  // --- For planted defects: what a wrong engine does beside what the real one does.
  // Works on a message that nobody sent.
  void Submit(engine::Call call, const google::protobuf::Message& request);
  // Sends a message to the insured place, and takes no answer.
  void SendAcross(engine::Call call, const google::protobuf::Message& request);
  Micros virtual_now() const { return loop_.now(); }

 private:
  struct Life;
  class Peer;

  Peer& life_peer();
  std::string AsOfNextRelease(engine::Call call, const std::string& bytes);
  template <typename Response>
  std::string SealedAnew(const std::string& bytes);
  void ToThisRelease(engine::Call call, google::protobuf::Message& message) const;
  void Take(const Envelope& request);
  std::chrono::steady_clock::time_point Steady(Micros micros) const;

  const EnginePartyOptions options_;
  EventLoop& loop_;
  Network& network_;
  engine::Metrics& metrics_;
  const Observer& observer_;
  Draws draws_;
  storage::MemoryStore disk_;
  SimStore::Hooks hooks_;
  std::shared_ptr<const engine::Reference> reference_;
  int64_t skew_ms_ = 0;
  bool disk_full_ = false;
  bool newer_ = false;
  std::map<std::string, std::string> digests_;  // of a later release's answer -> of this one's
  uint64_t next_call_ = 1;  // over all lives: an answer to a call of a former life finds nobody
  std::unique_ptr<Life> life_;
};

}  // namespace yijie::sim

#endif  // YIJIE_TESTS_SIM_ENGINE_PARTY_H_
