#ifndef YIJIE_TESTS_SIM_DEFECT_H_
#define YIJIE_TESTS_SIM_DEFECT_H_

// Where a protocol that is wrong could be wrong. Planted from outside: the engine under test is
// always the real one, and what is between the parties, or between engine and disk, does to its
// messages and records what an engine with the defect would have done.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <google/protobuf/message.h>

#include "engine/job.h"
#include "storage/store.h"

namespace yijie::sim {

class EngineParty;

struct Defect {
  // --- At the place of care
  // A message that leaves for the insured place. False: it does not leave.
  std::function<bool(EngineParty&, engine::Call, google::protobuf::Message&)> outgoing;
  // An answer that came back.
  std::function<void(EngineParty&, engine::Call, const google::protobuf::Message& request,
                     engine::Reply&)>
      came_back;

  // --- At the insured place
  // A message that comes in. False: it is not worked on, and `reply` is the answer.
  std::function<bool(EngineParty&, engine::Call, google::protobuf::Message&, engine::Reply& reply)>
      incoming;
  // What is answered.
  std::function<void(EngineParty&, engine::Call, const google::protobuf::Message& request,
                     engine::Reply&)>
      answered;

  // --- At both
  // What is written. False: it is not, and nobody notices.
  std::function<bool(EngineParty&, storage::Commit&)> write;
  bool answers_early = false;    // commits are answered before they are durable
  bool hides_full_disk = false;  // what a full disk did not take is answered as done
  bool resolves = true;          // what is open is taken up again at starts and now and then
  // Once a second.
  std::function<void(EngineParty&)> every_second;
  // When a process starts.
  std::function<void(EngineParty&)> started;
};

// A defect, and what it is. `make` gives one for one simulation: it may remember things.
struct PlantedDefect {
  const char* name;
  const char* what;
  std::function<Defect()> make;
};
const std::vector<PlantedDefect>& PlantedDefects();

}  // namespace yijie::sim

#endif  // YIJIE_TESTS_SIM_DEFECT_H_
