#ifndef YIJIE_TESTS_SIM_BOOKS_H_
#define YIJIE_TESTS_SIM_BOOKS_H_

// What may be on the disks of all places together, checked with every commit that becomes durable.
// Knows the records and the promises of the protocol, and nothing of how the engine keeps them.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "engine/job.h"
#include "storage/store.h"
#include "tests/sim/coverage.h"
#include "tests/sim/world.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::sim {

class Books {
 public:
  Books(const World& world, Coverage& coverage) : world_(world), coverage_(coverage) {}

  // --- As it happens
  void Durable(int place, const storage::Commit& commit);
  // A message is about to be worked on: for the coverage of states by messages.
  void Taken(int place, engine::Call call, const google::protobuf::Message& request);
  void CameBack(int place, engine::Call call, const google::protobuf::Message& request,
                const engine::Reply& reply);
  void Answered(int place, engine::Call call, const engine::Reply& reply);
  void Crashed(int place);

  // --- When nothing is under way any more
  void CheckAgree();
  // Of the whole disk: nothing is open, and what the last states say is what this class saw.
  void CheckDisk(int place, storage::Store& disk);

  // The first thing that must not be; empty if all is well.
  const std::string& violation() const { return violation_; }

  // Nothing is under way: no reservation, and no attempt that the insured place does not know the
  // end of.
  bool nothing_open() const { return open_attempts_ == 0 && held_.empty(); }

  int64_t settled() const { return static_cast<int64_t>(care_.size()); }
  int64_t undone() const { return static_cast<int64_t>(care_undone_.size()); }
  int64_t cancelled() const { return cancelled_count_; }

 private:
  // A settlement or undo across areas as one side has booked it.
  struct Booked {
    int64_t owed_fen = 0;  // by the insured place to the place of care
    std::string setl_id;   // at the place of care
    std::string own_setl_id;
    std::string clr_date;
    std::string orig;  // resv_id of what an undo undoes
    int place = 0;
    std::string person;
  };
  enum class Decision : uint8_t { kUndecided, kConfirmed, kCancelled };
  struct Attempt {
    Decision decision = Decision::kUndecided;
    std::string visitor;
    int place = 0;
    bool crashed = false;  // the place of care died while it was undecided
    bool ended = false;
  };
  // What the insured place knows of an id.
  enum class Known : uint8_t { kHeld, kReleased, kConfirmed };

  void Fail(const std::string& what);
  void CheckJournal(const yijie::store::v1::PersonEvent& event);
  void Event(int place, const std::string& admdvs, const std::string& psn_no,
             const yijie::store::v1::PersonEvent& event);
  // `books`: the commit settles or undoes too.
  void Step(int place, const std::string& admdvs, const storage::Commit& commit,
            const yijie::store::v1::CrossEvent& event, bool books);
  void BookedAtCare(const Booked& booked, const std::string& name, bool undo);
  void BookedAtHome(const Booked& booked, const std::string& name, bool undo);
  static Booked Read(int place, const std::string& psn_no,
                     const yijie::store::v1::PersonEvent& event);
  std::string StateAtHome(int place, const std::string& psn_no, const std::string& name) const;
  std::string StateAtCare(int place, const std::string& visitor) const;

  const World& world_;
  Coverage& coverage_;
  std::string violation_;
  // Names of reservations: area of the place of care, and resv_id.
  std::map<std::string, Booked> care_, home_;
  std::map<std::string, Booked> care_undone_, home_undone_;  // by name of the undo
  std::map<std::string, Attempt> attempts_;                  // by name
  std::map<std::string, Known> known_;                       // by name
  std::set<std::string> seen_;                               // ids that came to an insured place
  std::map<std::pair<int, std::string>, std::pair<std::string, bool>>
      held_;  // by place and person: resv_id, and whether it is an undo
  std::map<std::string, std::string> resv_of_;  // own settlement id at either place -> resv_id
  std::set<std::tuple<int, std::string, std::string>>
      settled_messages_;                      // place, institution, msgid
  std::set<std::string> durable_;             // settlement ids
  std::set<std::string> undone_settlements_;  // place:orig_setl_id
  int64_t cancelled_count_ = 0;
  int64_t open_attempts_ = 0;
};

}  // namespace yijie::sim

#endif  // YIJIE_TESTS_SIM_BOOKS_H_
