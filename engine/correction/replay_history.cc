#include "engine/correction/replay_history.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/status_macros.h"
#include "engine/account/year_turn.h"
#include "engine/accumulator_codec.h"
#include "engine/queries.h"
#include "engine/registration/registration_state.h"
#include "yijie/store/v1/record.pb.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {
namespace {

using yijie::store::v1::PersonEvent;

struct DatedEvent {
  const storage::PersonVersion* record = nullptr;
  int64_t version = 0;
  PersonEvent event;
};

absl::StatusOr<std::vector<DatedEvent>> ParseEvents(
    absl::Span<const storage::PersonVersion> versions) {
  std::vector<DatedEvent> events(versions.size());
  for (size_t i = 0; i < versions.size(); ++i) {
    events[i].record = &versions[i];
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
  bool left = false;  // it was re-pointed to another person
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
      fate.left = each.event.reversed().repointed();
    }
  }

  absl::flat_hash_map<int64_t, int64_t> first_;
  absl::flat_hash_map<int64_t, Fate> fates_;
};

void Apply(const ReplayedClaim& claim, int64_t sign, Person& person) {
  const auto paid = claim.turned_since ? CarriedOver(claim.account_paid) : claim.account_paid;
  for (size_t i = 0; i < rules::kSubAccounts; ++i) person.account[i] -= Fen(sign * paid[i].value());
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

// The account a claim found.
struct AccountThen {
  std::array<Fen, rules::kSubAccounts> balances{};
  std::shared_ptr<const yijie::store::v1::PersonState> rest;
};

// A movement or change of the account that no claim asked for. A turn of the year carries over what
// would have been there.
absl::Status ApplyAccountEvent(const DatedEvent& each, std::vector<ReplayedClaim>& replayed,
                               Person& person) {
  YIJIE_ASSIGN_OR_RETURN(const Person then, ParsePerson(*each.record));
  auto rest = std::make_shared<yijie::store::v1::PersonState>(*person.rest);
  *rest->mutable_account() = then.rest->account();
  person.rest = std::move(rest);
  if (each.event.account().act() != v1::ACT_YEAR_TURNED) return ApplyAsItWas(each.event, person);
  // What came in since the year began stayed this year's.
  constexpr auto kCurrent = static_cast<size_t>(rules::SubAccount::kCurrentYear);
  const Fen kept = std::min(person.account[kCurrent], then.account[kCurrent]);
  person.account[kCurrent] -= kept;
  person.account = CarriedOver(person.account);
  person.account[kCurrent] = kept;
  for (ReplayedClaim& claim : replayed) claim.turned_since = true;
  return absl::OkStatus();
}

// Registrations for care elsewhere count from when they became known.
void ApplyRegistration(const yijie::store::v1::RegistrationEvent& event, Person& person) {
  auto rest = std::make_shared<yijie::store::v1::PersonState>(*person.rest);
  FoldRegistrations(event, rest->mutable_registrations());
  person.rest = std::move(rest);
}

// What relatives' accounts paid: they are not asked again.
Fen FamilyPaid(const PersonEvent& event) {
  Fen paid;
  for (const yijie::store::v1::FamilyPart& part : event.settled().family())
    paid += Fen(part.paid_fen());
  return paid;
}

// When something happened for the person: a bill that arrived, when it came in first.
int64_t TimeOf(const PersonEvent& event) {
  return event.settled().has_repointed_from() ? ClaimCameAt(event) : event.time_unix_ms();
}

// Puts bills that arrived from another person where they would have been.
void PutArrivalsInPlace(std::vector<DatedEvent>* events) {
  for (auto arrival = events->begin(); arrival != events->end(); ++arrival) {
    if (!arrival->event.settled().has_repointed_from()) continue;
    const int64_t came = TimeOf(arrival->event);
    const auto place = std::find_if(events->begin(), arrival, [came](const DatedEvent& before) {
      return TimeOf(before.event) > came;
    });
    std::rotate(place, arrival, arrival + 1);
  }
}

// `person` is as it would have been before the claim, which came in with `first`.
absl::StatusOr<ReplayedClaim> Evaluate(const Reference& reference, const DatedEvent& first,
                                       const Fate& fate, Person person) {
  ReplayedClaim replayed;
  replayed.record = {fate.newest->version, fate.newest->event};
  replayed.stands = fate.undone_by == 0;
  replayed.came_unix_ms = ClaimCameAt(first.event);
  YIJIE_ASSIGN_OR_RETURN(replayed.claim, StoredClaim(fate.newest->event));
  // Money that other movements took is not there to pay with.
  for (Fen& balance : person.account) balance = std::max(balance, Fen(0));
  ClaimInput input;
  thread_local rules::Decision decision;
  const yijie::store::v1::SettledEvent& settled = first.event.settled();
  const bool filed = !settled.bill_institution().empty();
  CounterMessage counter;
  counter.filed = FiledClaim{settled.reduction_1e6(), settled.paid_by_schedule()};
  if (filed) replayed.filed = counter.filed;
  const yijie::store::v1::CrossBill& bill = settled.cross().bill();
  const std::string& code = filed ? settled.bill_institution() : first.event.fixmedins_code();
  const v1::Institution* institution =
      settled.has_cross() ? &bill.institution() : reference.FindInstitution(code);
  if (institution == nullptr) return absl::NotFoundError("fixmedins_code: no such institution");
  const CareSide care{*institution, settled.has_cross() ? &bill.line_class() : nullptr, filed,
                      /*taken_in=*/true};
  YIJIE_RETURN_IF_ERROR(
      EvaluateClaimAt(reference, care, replayed.claim, filed ? &counter : nullptr, person,
                      MomentOf(ClaimCameAt(first.event)), &input, &decision, &replayed.settlement,
                      settled.has_cross() ? Fen() : FamilyPaid(fate.newest->event)));
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
  YIJIE_ASSIGN_OR_RETURN(std::vector<DatedEvent> events, ParseEvents(versions));
  PutArrivalsInPlace(&events);
  const Claims claims(events);
  std::vector<ReplayedClaim> replayed;
  absl::flat_hash_map<int64_t, size_t> index;  // into `replayed`, by first version
  // Account before each claim, likewise.
  absl::flat_hash_map<int64_t, AccountThen> accounts;
  Person person;
  person.facts = std::move(facts);
  for (const DatedEvent& each : events) {
    person.version = each.version - 1;
    if (each.event.has_settled()) {
      if (each.event.settled().corrects_version() != 0) continue;
      const Fate& fate = claims.FateOf(each.version);
      if (fate.refused_by_correction || fate.left) continue;
      Person before = person;
      bool turned_since = false;
      if (each.event.settled().has_remainder_of()) {
        const int64_t first = claims.FirstOf(each.event.settled().remainder_of().version());
        const AccountThen& then = accounts[first];
        before.account = then.balances;
        if (then.rest != nullptr) before.rest = then.rest;
        if (const auto found = index.find(first); found != index.end())
          turned_since = replayed[found->second].turned_since;
      }
      accounts[each.version] = {before.account, before.rest};
      YIJIE_ASSIGN_OR_RETURN(ReplayedClaim claim,
                             Evaluate(reference, each, fate, std::move(before)));
      claim.turned_since = turned_since;
      Apply(claim, 1, person);
      index[each.version] = replayed.size();
      replayed.push_back(std::move(claim));
    } else if (each.event.has_reversed()) {
      if (each.event.reversed().correction() || each.event.reversed().repointed()) continue;
      const auto undone = index.find(claims.FirstOf(each.event.reversed().orig_version()));
      if (undone == index.end()) return absl::DataLossError("an undo without its settlement");
      Apply(replayed[undone->second], -1, person);
    } else if (each.event.has_registration()) {
      ApplyRegistration(each.event.registration(), person);
    } else if (each.event.has_account()) {
      YIJIE_RETURN_IF_ERROR(ApplyAccountEvent(each, replayed, person));
    } else {
      YIJIE_RETURN_IF_ERROR(ApplyAsItWas(each.event, person));
    }
  }
  return replayed;
}

}  // namespace yijie::engine
