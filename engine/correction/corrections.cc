#include "engine/correction/corrections.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "engine/account/year_turn.h"
#include "engine/accumulator_codec.h"
#include "engine/correction/settle_again.h"
#include "engine/deterministic_bytes.h"
#include "engine/payout/allowances.h"
#include "engine/payout/offline_claims.h"
#include "engine/stay/stay_state.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
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
  for (const rules::AccumulatorEntry& delta : deltas) ToProto(delta, &values.emplace_back());
  return MovesOf(std::move(values));
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

// The benefits of a corrected monthly allowance, each by the number of its schedule.
CorrectedAllowance AllowanceOf(const Corrected& corrected) {
  CorrectedAllowance allowance;
  allowance.claim_id = ClaimIdOf(corrected.claim->record.event.settled());
  if (corrected.claim->settles()) allowance.settlement = &corrected.claim->settlement;
  return allowance;
}

}  // namespace

Fen Posted(const PersonEvent& event, LedgerAccount account) {
  Fen sum;
  for (const JournalLine& line : event.journal()) {
    if (line.account() == account) sum += Fen(line.amount_fen());
  }
  return sum;
}

v1::MessageHeader HeaderOf(const PersonEvent& original) {
  v1::MessageHeader header;
  header.set_fixmedins_code(original.fixmedins_code());
  header.set_msgid(original.msgid());
  return header;
}

absl::StatusOr<std::vector<Corrected>> FindCorrections(const std::vector<ReplayedClaim>& replayed,
                                                       int64_t since_unix_ms) {
  std::vector<Corrected> corrected;
  for (const ReplayedClaim& claim : replayed) {
    if (!claim.stands || claim.came_unix_ms < since_unix_ms) continue;
    YIJIE_ASSIGN_OR_RETURN(v1::Settlement before, StoredSettlement(claim.record.event));
    if (!IsDifferent(claim, before)) continue;
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

const Corrected* FirstPaidByRelatives(const std::vector<Corrected>& corrected) {
  const auto found = std::find_if(corrected.begin(), corrected.end(), [](const Corrected& each) {
    return !each.claim->record.event.settled().family().empty();
  });
  return found == corrected.end() ? nullptr : &*found;
}

const Corrected* FirstSettledAcross(const std::vector<Corrected>& corrected) {
  const auto found = std::find_if(corrected.begin(), corrected.end(), [](const Corrected& each) {
    return each.claim->record.event.settled().has_cross();
  });
  return found == corrected.end() ? nullptr : &*found;
}

void CorrectionChain::Finish(Booking booking, const std::string& reply, v1::Correction* told) {
  const Fen owed = -Posted(booking.event(), yijie::store::v1::PERSON_CLEARING);
  told->set_owed_to_person_fen((Fen(told->owed_to_person_fen()) + owed).value());
  versions_.push_back(std::move(booking).Finish(reply));
}

absl::Status CorrectionChain::TakeBack(Corrected& corrected) {
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

void CorrectionChain::SettleAgain(Corrected& corrected) {
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
  moves.benefits_told_only = BenefitsAreToldOnly(record.event.settled());
  moves.claim_id = ClaimIdOf(record.event.settled());
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

absl::Status CorrectionChain::SettleUpAll(const std::vector<Corrected>& corrected,
                                          std::vector<DueChange> changes,
                                          const v1::MessageHeader& header) {
  const Person& last = person();
  const store::v1::PersonPayouts& before = last.rest->payouts();
  SettlingUp up;
  up.after = before;
  std::vector<CorrectedAllowance> allowances;
  for (const Corrected& each : corrected) {
    const std::string& claim_id = ClaimIdOf(each.claim->record.event.settled());
    if (each.claim->record.event.settled().paid_by_schedule())
      allowances.push_back(AllowanceOf(each));
    const std::vector<DueChange> found = DuesOfCorrection(
        claim_id, each.before, each.claim->settles() ? &each.claim->settlement : nullptr,
        Fen(each.told.owed_to_person_fen()));
    changes.insert(changes.end(), found.begin(), found.end());
    if (!each.claim->settles()) DropOfflineClaim(claim_id, last, &up.after);
  }
  ApplyDueChanges(changes, now_, &up);
  YIJIE_RETURN_IF_ERROR(SettleUpAllowances(reference_, last, allowances, now_, &up));
  if (up.after.SerializeAsString() == before.SerializeAsString() && up.journal.empty())
    return absl::OkStatus();
  YIJIE_RETURN_IF_ERROR(InstructIfPayable(reference_, last, now_, &up));
  Effect effect;
  effect.moves = true;
  effect.next = last;
  YIJIE_ASSIGN_OR_RETURN(effect, WithPayouts(header, store::v1::PayoutEvent::SETTLED_UP,
                                             std::move(up), now_, std::move(effect)));
  rows_ = std::move(effect.rows);
  versions_.push_back({std::move(effect.next), std::move(effect.event)});
  return absl::OkStatus();
}

void SetVersions(std::vector<BookedVersion> versions, Effect* effect) {
  effect->moves = true;
  effect->next = std::move(versions.back().next);
  effect->event = std::move(versions.back().event);
  versions.pop_back();
  effect->earlier = std::move(versions);
}

}  // namespace yijie::engine
