#ifndef YIJIE_ENGINE_REPLAY_PERSON_REPLAY_H_
#define YIJIE_ENGINE_REPLAY_PERSON_REPLAY_H_

// Settles the claims of one person after another again under the draft and compares.

#include <string>
#include <vector>

#include "engine/replay/report.h"
#include "engine/replay/track.h"

namespace yijie::engine {

// What a batch of persons came to.
struct BatchResult {
  ReplayReport report;
  std::vector<Digest> persons;  // one a person, in order, for ReplayReport::ChainHash
};

// Not thread-safe. Memory is kept from person to person.
class PersonReplay {
 public:
  // `draft` outlives the replay.
  explicit PersonReplay(const Reference& draft) : reference_(draft), track_(draft) {}

  void Begin(absl::string_view psn_no);

  // The calls of a person come in the order of the commits.
  void SetFacts(std::shared_ptr<const v1::PersonFacts> facts);
  void Credit(rules::SubAccount sub_account, Fen amount) { track_.Credit(sub_account, amount); }
  void TurnYear() { track_.TurnYear(); }
  void SetAccount(const store::v1::PersonAccount& account) { track_.SetAccount(account); }
  void SetRegistrations(const store::v1::PersonRegistrations& registrations) {
    track_.SetRegistrations(registrations);
  }
  // `received` is the day the claim came in, `stored` what it came to when it was settled.
  void Settle(int64_t version, absl::string_view fixmedins_code, const v1::Claim& claim,
              Date received, ClaimResult stored);
  // Undoes the settlement of `version`, there and here.
  void Reverse(int64_t version);

  // The person is complete: adds them. Keeps at most `most_losers` of the batch.
  void Finish(size_t most_losers, BatchResult* result);

  const Person& person() const { return track_.person(); }

 private:
  struct Compared {
    int64_t version = 0;
    bool reversed = false;
    ClaimGroups groups;
    ClaimResult stored, draft;
  };

  Digest DigestOfPerson() const;

  const Reference& reference_;
  Track track_;
  std::string psn_no_;
  std::vector<Compared> claims_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REPLAY_PERSON_REPLAY_H_
