#include "engine/correction/amendment.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/account/year_turn.h"
#include "engine/accumulator_codec.h"
#include "engine/correction/settle_again.h"
#include "engine/deterministic_bytes.h"
#include "engine/settlement_id.h"
#include "engine/stay/stay_state.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {
namespace {

using yijie::store::v1::JournalLine;
using yijie::store::v1::LedgerAccount;
using yijie::store::v1::PersonEvent;

// What of a settlement is money for a fund or a person.
std::string MoneyOf(const v1::Settlement& settlement) {
  v1::Settlement money;
  *money.mutable_amounts() = settlement.amounts();
  *money.mutable_setldetail() = settlement.setldetail();
  *money.mutable_benefit() = settlement.benefit();
  return DeterministicBytes(money);
}

// The totals that move, in the order of records.
std::string MovesOf(std::vector<v1::AccumulatorValue> deltas) {
  deltas.erase(std::remove_if(deltas.begin(), deltas.end(),
                              [](const v1::AccumulatorValue& delta) { return delta.value() == 0; }),
               deltas.end());
  std::sort(deltas.begin(), deltas.end(), RecordOrder);
  PersonEvent event;
  for (v1::AccumulatorValue& delta : deltas) *event.add_delta() = std::move(delta);
  return DeterministicBytes(event);
}

std::string MovesOf(const std::vector<rules::AccumulatorEntry>& deltas) {
  std::vector<v1::AccumulatorValue> values;
  for (const rules::AccumulatorEntry& delta : deltas) values.push_back(ToProto(delta));
  return MovesOf(std::move(values));
}

Fen Posted(const PersonEvent& event, LedgerAccount account) {
  Fen sum;
  for (const JournalLine& line : event.journal()) {
    if (line.account() == account) sum += Fen(line.amount_fen());
  }
  return sum;
}

// Who stands for a correction in records: the institution and the message of the settlement.
v1::MessageHeader HeaderOf(const PersonEvent& original) {
  v1::MessageHeader header;
  header.set_fixmedins_code(original.fixmedins_code());
  header.set_msgid(original.msgid());
  return header;
}

// Whether the claim comes out otherwise than `before`, the settlement that stands: outcome,
// amounts, funds, benefits, running totals or use of the account.
bool IsDifferent(const ReplayedClaim& claim, const v1::Settlement& before) {
  if (!claim.settles()) return true;
  const PersonEvent& event = claim.record.event;
  const bool account = claim.turned_since
                           ? CarriedOver(AccountPaid(event)) == CarriedOver(claim.account_paid)
                           : AccountPaid(event) == claim.account_paid;
  return MoneyOf(before) != MoneyOf(claim.settlement) || !account ||
         MovesOf(std::vector<v1::AccumulatorValue>(event.delta().begin(), event.delta().end())) !=
             MovesOf(claim.deltas);
}

// Relatives' accounts and places of care cannot take part in the one commit that a correction is.
absl::Status CheckNobodyElsePaid(const SettledRecord& record) {
  if (record.event.settled().has_cross()) {
    return absl::FailedPreconditionError(
        absl::StrCat("facts: settlement ", record.event.settled().setl_id(),
                     " comes out differently and was made at another place of care, ",
                     record.event.settled().cross().setl_id(), " there; undo it there first"));
  }
  if (record.event.settled().family().empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("facts: settlement ", record.event.settled().setl_id(),
                   " comes out differently and was paid in part by a relative's account; undo it "
                   "first, and settle it again afterwards"));
}

// A settlement on its way through a correction.
struct Corrected {
  const ReplayedClaim* claim = nullptr;
  v1::Settlement before;
  v1::Correction told;
};

absl::StatusOr<std::vector<Corrected>> FindCorrections(const std::vector<ReplayedClaim>& replayed) {
  std::vector<Corrected> corrected;
  for (const ReplayedClaim& claim : replayed) {
    if (!claim.stands) continue;
    YIJIE_ASSIGN_OR_RETURN(v1::Settlement before, StoredSettlement(claim.record.event));
    if (!IsDifferent(claim, before)) continue;
    YIJIE_RETURN_IF_ERROR(CheckNobodyElsePaid(claim.record));
    Corrected& each = corrected.emplace_back();
    each.claim = &claim;
    each.before = std::move(before);
    each.told.set_orig_setl_id(each.before.setl_id());
    each.told.set_outcome(claim.settlement.outcome());
    each.told.set_reason(claim.settlement.reason());
    *each.told.mutable_before() = each.before.amounts();
  }
  return corrected;
}

absl::Status CheckRoom(const std::vector<Corrected>& corrected, const Person& person) {
  if (corrected.size() > kMaxCorrections) {
    return absl::ResourceExhaustedError(absl::StrCat("facts: ", corrected.size(),
                                                     " settlements come out differently; at most ",
                                                     kMaxCorrections, " can be corrected"));
  }
  const auto needed = static_cast<int64_t>(1 + 2 * corrected.size());
  if (person.version <= kMaxVersion - needed) return absl::OkStatus();
  return absl::ResourceExhaustedError("facts.psn_no: the person has too many records");
}

// Books the versions that follow one another. The last one is the person they lead to.
class Chain {
 public:
  // `reference` and `start` outlive this object.
  Chain(const Reference& reference, const Person& start, const Moment& now)
      : reference_(reference), start_(start), now_(now) {}

  const Person& person() const { return versions_.empty() ? start_ : versions_.back().next; }
  std::vector<BookedVersion>& versions() { return versions_; }

  absl::Status TakeBack(Corrected& corrected);
  void SettleAgain(Corrected& corrected);

 private:
  void Finish(Booking booking, const std::string& reply, v1::Correction* told);

  const Reference& reference_;
  const Person& start_;
  const Moment& now_;
  std::vector<BookedVersion> versions_;
};

void Chain::Finish(Booking booking, const std::string& reply, v1::Correction* told) {
  const Fen owed = -Posted(booking.event(), yijie::store::v1::PERSON_CLEARING);
  told->set_owed_to_person_fen((Fen(told->owed_to_person_fen()) + owed).value());
  versions_.push_back(std::move(booking).Finish(reply));
}

absl::Status Chain::TakeBack(Corrected& corrected) {
  const SettledRecord& record = corrected.claim->record;
  Booking booking(person(), HeaderOf(record.event), "", now_);
  v1::ReverseResponse response;
  YIJIE_RETURN_IF_ERROR(BookReversal(record, now_, &booking, response.mutable_reversal()));
  booking.event().mutable_reversed()->set_correction(true);
  // A corrected stay stays settled: its fees must not be settled a second time.
  if (person().rest->has_stays()) *booking.state().mutable_stays() = person().rest->stays();
  if (!corrected.claim->settles()) {
    const Fen owed = Posted(record.event, yijie::store::v1::INSTITUTION_PAYABLE);
    const Fen held = Posted(record.event, yijie::store::v1::QUALITY_DEPOSIT);
    const std::string& institution = record.event.fixmedins_code();
    booking.Post(yijie::store::v1::PERSON_CLEARING, booking.next().facts->psn_no(), -owed - held);
    booking.Post(yijie::store::v1::QUALITY_DEPOSIT, institution, held);
    booking.Post(yijie::store::v1::INSTITUTION_PAYABLE, institution, owed);
  }
  corrected.told.set_reversal_setl_id(response.reversal().setl_id());
  Finish(std::move(booking), response.SerializeAsString(), &corrected.told);
  return absl::OkStatus();
}

void Chain::SettleAgain(Corrected& corrected) {
  const ReplayedClaim& claim = *corrected.claim;
  const SettledRecord& record = claim.record;
  v1::SettleResponse response;
  v1::Settlement& settlement = *response.mutable_settlement();
  settlement = claim.settlement;
  // What was beside the claim when it came is still for a reviewer.
  *settlement.mutable_flag() = corrected.before.flag();
  ClaimMoves moves;
  moves.SetPolicy(*claim.program);
  moves.admdvs = claim.admdvs;
  moves.deltas = claim.deltas;
  if (!claim.filed) moves.terms = TermsAt(reference_, record.event.fixmedins_code(), now_);
  moves.cash_paid = CashPaid(record, corrected.before);
  moves.filed = claim.filed;
  SettleNow(claim.turned_since ? CarriedOver(claim.account_paid) : claim.account_paid, person(),
            now_, &moves, &settlement);
  settlement.set_medins_setl_id(record.event.msgid());
  settlement.set_corrects_setl_id(corrected.before.setl_id());

  Booking booking(person(), HeaderOf(record.event), "", now_);
  BookSettlement(moves, now_, &settlement, &booking);
  yijie::store::v1::SettledEvent* event = booking.event().mutable_settled();
  *event->mutable_claim() = claim.claim;
  event->set_corrects_version(record.version);
  MoveFeesToReplacement(record.version, &booking);
  corrected.told.set_setl_id(settlement.setl_id());
  *corrected.told.mutable_after() = settlement.amounts();
  Finish(std::move(booking), response.SerializeAsString(), &corrected.told);
}

v1::AmendPersonResponse ResponseOf(std::vector<Corrected> corrected, const Person& person) {
  v1::AmendPersonResponse response;
  response.set_psn_no(person.facts->psn_no());
  response.set_version(person.version);
  response.set_balc_fen(person.balance().value());
  Fen owed;
  for (Corrected& each : corrected) {
    owed += Fen(each.told.owed_to_person_fen());
    *response.add_correction() = std::move(each.told);
  }
  response.set_owed_to_person_fen(owed.value());
  return response;
}

}  // namespace

absl::StatusOr<Effect> BookAmendment(const Reference& reference,
                                     const v1::AmendPersonRequest& request,
                                     const std::string& request_bytes,
                                     const std::vector<ReplayedClaim>& replayed,
                                     const Person& person, const Moment& now) {
  YIJIE_ASSIGN_OR_RETURN(std::vector<Corrected> corrected, FindCorrections(replayed));
  YIJIE_RETURN_IF_ERROR(CheckRoom(corrected, person));
  Booking facts(person, request.header(), request_bytes, now);
  facts.next().facts = std::make_shared<const v1::PersonFacts>(request.facts());
  facts.event().mutable_facts_amended()->set_corrected(static_cast<int32_t>(corrected.size()));

  Chain chain(reference, facts.next(), now);
  for (auto each = corrected.rbegin(); each != corrected.rend(); ++each)
    YIJIE_RETURN_IF_ERROR(chain.TakeBack(*each));
  for (Corrected& each : corrected) {
    if (each.claim->settles()) chain.SettleAgain(each);
  }

  Effect effect;
  effect.moves = true;
  effect.answered_by = facts.next().version;
  effect.reply = ResponseOf(std::move(corrected), chain.person()).SerializeAsString();
  std::vector<BookedVersion> versions = std::move(chain.versions());
  versions.insert(versions.begin(), std::move(facts).Finish(effect.reply));
  effect.next = std::move(versions.back().next);
  effect.event = std::move(versions.back().event);
  versions.pop_back();
  effect.earlier = std::move(versions);
  return effect;
}

}  // namespace yijie::engine
