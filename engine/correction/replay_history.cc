#include "engine/correction/replay_history.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/status_macros.h"
#include "engine/accumulator_codec.h"
#include "engine/queries.h"
#include "yijie/store/v1/record.pb.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {
namespace {

using yijie::store::v1::PersonEvent;

struct DatedEvent {
  int64_t version = 0;
  PersonEvent event;
};

absl::StatusOr<std::vector<DatedEvent>> ParseEvents(
    absl::Span<const storage::PersonVersion> versions) {
  std::vector<DatedEvent> events(versions.size());
  for (size_t i = 0; i < versions.size(); ++i) {
    events[i].version = versions[i].version;
    YIJIE_ASSIGN_OR_RETURN(events[i].event, ParseEvent(versions[i]));
  }
  return events;
}

// What became of a claim up to the end of the history.
struct Fate {
  const DatedEvent* newest = nullptr;  // its last settlement
  int64_t undone_by = 0;               // version of the undo of that; 0 if it stands
  bool refused_by_correction = false;
};

// Claims by the version that settled them first, and that version by every later one.
class Claims {
 public:
  explicit Claims(const std::vector<DatedEvent>& events) {
    for (const DatedEvent& each : events) Read(each);
  }

  int64_t FirstOf(int64_t version) const {
    const auto found = first_.find(version);
    return found == first_.end() ? version : found->second;
  }
  const Fate& FateOf(int64_t first) const { return fates_.at(first); }

 private:
  void Read(const DatedEvent& each) {
    if (each.event.has_settled()) {
      const int64_t corrects = each.event.settled().corrects_version();
      const int64_t first = corrects == 0 ? each.version : FirstOf(corrects);
      first_[each.version] = first;
      fates_[first] = {&each, 0, false};
    } else if (each.event.has_reversed()) {
      Fate& fate = fates_[FirstOf(each.event.reversed().orig_version())];
      fate.undone_by = each.version;
      fate.refused_by_correction = each.event.reversed().correction();  // until a replacement comes
    }
  }

  absl::flat_hash_map<int64_t, int64_t> first_;
  absl::flat_hash_map<int64_t, Fate> fates_;
};

void Apply(const ReplayedClaim& claim, int64_t sign, Person& person) {
  for (size_t i = 0; i < rules::kSubAccounts; ++i)
    person.account[i] -= Fen(sign * claim.account_paid[i].value());
  std::vector<rules::AccumulatorEntry> deltas = claim.deltas;
  for (rules::AccumulatorEntry& delta : deltas) delta.value *= sign;
  person.Add(deltas);
}

// A movement that no claim asked for.
absl::Status ApplyAsItWas(const PersonEvent& event, Person& person) {
  const std::array<Fen, rules::kSubAccounts> paid = AccountPaid(event);
  for (size_t i = 0; i < rules::kSubAccounts; ++i) person.account[i] -= paid[i];
  std::vector<rules::AccumulatorEntry> deltas;
  for (const v1::AccumulatorValue& delta : event.delta()) {
    YIJIE_ASSIGN_OR_RETURN(const rules::AccumulatorEntry entry, FromProto(delta));
    deltas.push_back(entry);
  }
  person.Add(deltas);
  return absl::OkStatus();
}

// `person` is as it would have been before the claim, which came in with `first`.
absl::StatusOr<ReplayedClaim> Evaluate(const Reference& reference, const DatedEvent& first,
                                       const Fate& fate, Person person) {
  ReplayedClaim replayed;
  replayed.record = {fate.newest->version, fate.newest->event};
  replayed.stands = fate.undone_by == 0;
  YIJIE_ASSIGN_OR_RETURN(replayed.claim, StoredClaim(fate.newest->event));
  // Money that other movements took is not there to pay with.
  for (Fen& balance : person.account) balance = std::max(balance, Fen(0));
  ClaimInput input;
  thread_local rules::Decision decision;
  YIJIE_RETURN_IF_ERROR(EvaluateClaim(
      reference, "fixmedins_code", first.event.fixmedins_code(), replayed.claim, nullptr, person,
      MomentOf(first.event.time_unix_ms()), &input, &decision, &replayed.settlement));
  if (!replayed.settles()) return replayed;
  replayed.program = input.program;
  replayed.admdvs = input.admdvs;
  replayed.account_paid = decision.account_paid;
  replayed.deltas = decision.deltas;
  return replayed;
}

}  // namespace

absl::StatusOr<std::vector<ReplayedClaim>> ReplayHistory(
    const Reference& reference, absl::Span<const storage::PersonVersion> versions,
    std::shared_ptr<const v1::PersonFacts> facts) {
  YIJIE_ASSIGN_OR_RETURN(const std::vector<DatedEvent> events, ParseEvents(versions));
  const Claims claims(events);
  std::vector<ReplayedClaim> replayed;
  absl::flat_hash_map<int64_t, size_t> index;  // into `replayed`, by first version
  Person person;
  person.facts = std::move(facts);
  for (const DatedEvent& each : events) {
    person.version = each.version - 1;
    if (each.event.has_settled()) {
      if (each.event.settled().corrects_version() != 0) continue;
      const Fate& fate = claims.FateOf(each.version);
      if (fate.refused_by_correction) continue;
      YIJIE_ASSIGN_OR_RETURN(ReplayedClaim claim, Evaluate(reference, each, fate, person));
      Apply(claim, 1, person);
      index[each.version] = replayed.size();
      replayed.push_back(std::move(claim));
    } else if (each.event.has_reversed()) {
      if (each.event.reversed().correction()) continue;
      const auto undone = index.find(claims.FirstOf(each.event.reversed().orig_version()));
      if (undone == index.end()) return absl::DataLossError("an undo without its settlement");
      Apply(replayed[undone->second], -1, person);
    } else {
      YIJIE_RETURN_IF_ERROR(ApplyAsItWas(each.event, person));
    }
  }
  return replayed;
}

}  // namespace yijie::engine
