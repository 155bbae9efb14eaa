#include "engine/newborn/arrival.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/account/year_turn.h"
#include "engine/arrears.h"
#include "engine/correction/corrections.h"
#include "engine/correction/settle_again.h"
#include "engine/settlement_id.h"
#include "engine/stay/stay_state.h"
#include "engine/stored_day.h"
#include "engine/transactions.h"
#include "yijie/v1/area.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using store::v1::Departure;
using store::v1::PersonEvent;
using store::v1::Stay;

// The bill as that of the child.
v1::Claim ClaimOfChild(const v1::RepointRequest& request, const v1::Claim& claim) {
  v1::Claim of_child = claim;
  of_child.set_psn_no(request.psn_no());
  of_child.clear_insuplc_admdvs();  // the mother's
  if (!request.insutype().empty()) of_child.set_insutype(request.insutype());
  if (!request.med_type().empty()) of_child.set_med_type(request.med_type());
  return of_child;
}

Stay StayOfChild(const v1::RepointRequest& request, const Stay& stay) {
  Stay of_child = stay;
  if (!request.insutype().empty()) of_child.set_insutype(request.insutype());
  if (!request.med_type().empty()) of_child.set_med_type(request.med_type());
  return of_child;
}

// Why the stay cannot be the child's; empty if it can.
std::string StayRefusal(const Reference& reference, const Stay& stay, const Person& person) {
  const store::v1::PersonStays& stays = person.rest->stays();
  if (FindStay(stays, stay.fixmedins_code(), stay.mdtrt_id()) >= 0)
    return "新生儿名下已有该就诊ID的住院登记";
  const Date begndate = StoredDay(stay.begndate());
  const BenefitFacts facts(*reference.areas, *person.facts);
  const v1::Coverage* coverage = FindCoverage(facts, stay.insutype(), begndate);
  if (coverage == nullptr)
    return absl::StrCat(stay.begndate(), "无险种", stay.insutype(), "的参保关系");
  const bool overlaps = FindOverlapping(stays, {stay.begndate(), stay.enddate()}, -1) != nullptr;
  const bool refused =
      StayRulesFor(reference, coverage->insuplc_admdvs(), stay.begndate()).overlapping_stay() ==
      v1::StayRules::REFUSE;
  return overlaps && refused ? "该人员同一时段已有住院登记（重复住院）" : "";
}

// Why the bill cannot be of a child of this day of birth; ISO days compare as text.
std::string BirthRefusal(absl::string_view begndate, const v1::PersonFacts& facts) {
  if (begndate >= facts.brdy()) return "";
  return absl::StrCat("就诊开始日期", begndate, "早于新生儿出生日期", facts.brdy());
}

// The versions by which a bill arrives.
class ArrivalBooking {
 public:
  ArrivalBooking(const Reference& reference, const v1::RepointRequest& request,
                 const std::string& request_bytes, const Departure& departure, const Moment& now)
      : reference_(reference),
        request_(request),
        request_bytes_(request_bytes),
        departure_(departure),
        now_(now) {
    if (departure.has_claim()) claim_ = ClaimOfChild(request, departure.claim());
    if (departure.has_stay()) stay_ = StayOfChild(request, departure.stay());
  }

  // Why the bill does not arrive; empty if it does.
  absl::StatusOr<std::string> Refusal(std::vector<storage::PersonVersion> history,
                                      const Person& person);
  // There is no refusal.
  absl::StatusOr<Effect> Book(const Person& person);

  const std::string& later_setl_id() const { return later_setl_id_; }

 private:
  bool is_settled() const { return departure_.has_claim(); }
  absl::Status Evaluate(std::vector<storage::PersonVersion> history, const Person& person);
  storage::PersonVersion SettlementToCome(const Person& person) const;
  void SetRepointedFrom(PersonEvent* event) const;
  absl::Status BookMoney(CorrectionChain* chain);
  void SettleForChild(CorrectionChain* chain);
  void FinishResponse(const Person& last);

  const Reference& reference_;
  const v1::RepointRequest& request_;
  const std::string& request_bytes_;
  const Departure& departure_;
  const Moment& now_;
  v1::Claim claim_;
  Stay stay_;
  std::vector<ReplayedClaim> replayed_;
  const ReplayedClaim* arriving_ = nullptr;  // of replayed_
  std::vector<Corrected> corrected_;
  std::string later_setl_id_;
  v1::RepointResponse response_;
};

void ArrivalBooking::SetRepointedFrom(PersonEvent* event) const {
  store::v1::RepointedFrom& from = *event->mutable_settled()->mutable_repointed_from();
  from.set_psn_no(departure_.psn_no());
  from.set_departure_version(departure_.version());
  from.set_as_of_unix_ms(departure_.as_of_unix_ms());
}

// The settlement as it will stand in the history.
storage::PersonVersion ArrivalBooking::SettlementToCome(const Person& person) const {
  PersonEvent event;
  event.set_time_unix_ms(now_.unix_ms);
  event.set_fixmedins_code(departure_.fixmedins_code());
  *event.mutable_settled()->mutable_claim() = claim_;
  SetRepointedFrom(&event);
  storage::PersonVersion version;
  version.version = person.version + 1;
  version.event = event.SerializeAsString();
  return version;
}

absl::Status ArrivalBooking::Evaluate(std::vector<storage::PersonVersion> history,
                                      const Person& person) {
  const int64_t version = person.version + 1;
  history.push_back(SettlementToCome(person));
  YIJIE_ASSIGN_OR_RETURN(replayed_, ReplayHistory(reference_, history, person.facts));
  const auto arriving = std::find_if(
      replayed_.begin(), replayed_.end(),
      [version](const ReplayedClaim& claim) { return claim.record.version == version; });
  if (arriving == replayed_.end()) return absl::InternalError("a claim was not evaluated");
  arriving->stands = false;  // it is no settlement yet that could be corrected
  arriving_ = &*arriving;
  YIJIE_ASSIGN_OR_RETURN(corrected_, FindCorrections(replayed_, departure_.as_of_unix_ms()));
  return absl::OkStatus();
}

absl::StatusOr<std::string> ArrivalBooking::Refusal(std::vector<storage::PersonVersion> history,
                                                    const Person& person) {
  std::string refusal =
      BirthRefusal(is_settled() ? claim_.begndate() : stay_.begndate(), *person.facts);
  if (refusal.empty() && departure_.has_stay()) refusal = StayRefusal(reference_, stay_, person);
  if (!refusal.empty() || !is_settled()) return refusal;
  YIJIE_RETURN_IF_ERROR(Evaluate(std::move(history), person));
  if (!arriving_->settles())
    return absl::StrCat("新生儿名下不能结算：", arriving_->settlement.reason());
  if (const Corrected* paid = FirstPaidByRelatives(corrected_)) {
    later_setl_id_ = paid->before.setl_id();
    return std::string("新生儿其后的结算随之变化，且使用了家庭共济账户，请先撤销该结算");
  }
  if (const Corrected* away = FirstSettledAcross(corrected_)) {
    later_setl_id_ = away->before.setl_id();
    return std::string("新生儿其后的异地结算随之变化，请先由就医地撤销该结算");
  }
  return refusal;
}

void ArrivalBooking::SettleForChild(CorrectionChain* chain) {
  v1::SettleResponse response;
  v1::Settlement& settlement = *response.mutable_settlement();
  settlement = arriving_->settlement;
  ClaimMoves moves;
  moves.SetPolicy(*arriving_->program);
  moves.admdvs = arriving_->admdvs;
  moves.deltas = arriving_->deltas;
  moves.terms = TermsAt(reference_, departure_.fixmedins_code(), now_);
  moves.cash_paid = Fen(departure_.cash_paid_fen());
  SettleNow(
      arriving_->turned_since ? CarriedOver(arriving_->account_paid) : arriving_->account_paid,
      chain->person(), now_, &moves, &settlement);
  settlement.set_medins_setl_id(departure_.bill_msgid());

  v1::MessageHeader header;
  header.set_fixmedins_code(departure_.fixmedins_code());
  header.set_msgid(departure_.bill_msgid());
  Booking booking(chain->person(), header, "", now_);
  BookSettlement(moves, now_, &settlement, &booking);
  *booking.event().mutable_settled()->mutable_claim() = claim_;
  SetRepointedFrom(&booking.event());
  if (departure_.has_stay()) {
    for (store::v1::FeeBatch& batch : *stay_.mutable_batch())
      batch.set_settled_version(booking.next().version);
    *booking.state().mutable_stays()->add_stay() = stay_;
  }
  const Fen owed = -Posted(booking.event(), store::v1::PERSON_CLEARING);
  response_.set_owed_to_person_fen(owed.value());
  *response_.mutable_settlement() = settlement;
  chain->Add(std::move(booking).Finish(response.SerializeAsString()));
}

absl::Status ArrivalBooking::BookMoney(CorrectionChain* chain) {
  for (auto each = corrected_.rbegin(); each != corrected_.rend(); ++each)
    YIJIE_RETURN_IF_ERROR(chain->TakeBack(*each));
  SettleForChild(chain);
  const Fen own(response_.owed_to_person_fen());
  Fen owed = own;
  for (Corrected& each : corrected_) {
    if (each.claim->settles()) chain->SettleAgain(each);
    owed += Fen(each.told.owed_to_person_fen());
    *response_.add_correction() = each.told;
  }
  const v1::Settlement& settlement = response_.settlement();
  YIJIE_RETURN_IF_ERROR(chain->SettleUpAll(
      corrected_, DuesOfCorrection(settlement.setl_id(), v1::Settlement(), &settlement, own),
      request_.header()));
  response_.set_owed_to_person_fen(owed.value());
  return absl::OkStatus();
}

void ArrivalBooking::FinishResponse(const Person& last) {
  response_.set_outcome(v1::REPOINTED);
  response_.set_reversal_setl_id(departure_.reversal_setl_id());
  if (is_settled()) *response_.mutable_before() = departure_.before();
  response_.set_owed_to_from_fen(departure_.owed_to_person_fen());
  *response_.mutable_from_correction() = departure_.correction();
  response_.set_version(last.version);
}

absl::StatusOr<Effect> ArrivalBooking::Book(const Person& person) {
  if (person.version > kMaxVersion - 3 - static_cast<int64_t>(2 * corrected_.size()))
    return absl::ResourceExhaustedError("psn_no: the person has too many records");
  Booking first(person, request_.header(), request_bytes_, now_);
  store::v1::Arrival& arrival = *first.event().mutable_newborn()->mutable_arrived();
  arrival.set_from_psn_no(departure_.psn_no());
  arrival.set_departure_version(departure_.version());
  if (!is_settled()) *first.state().mutable_stays()->add_stay() = stay_;
  CorrectionChain chain(reference_, first.next(), now_);
  if (is_settled()) YIJIE_RETURN_IF_ERROR(BookMoney(&chain));
  FinishResponse(chain.person());

  Effect effect;
  effect.reply = response_.SerializeAsString();
  effect.outcome = response_.outcome();
  effect.setl_id = response_.settlement().setl_id();
  effect.answered_by = first.next().version;
  std::vector<BookedVersion> versions = std::move(chain.versions());
  versions.insert(versions.begin(), std::move(first).Finish(effect.reply));
  SetVersions(std::move(versions), &effect);
  effect.rows = std::move(chain.rows());
  return effect;
}

}  // namespace

absl::StatusOr<Effect> Arrive(const Reference& reference, const v1::RepointRequest& request,
                              const std::string& request_bytes, const Departure& departure,
                              std::vector<storage::PersonVersion> history,
                              v1::RepointOutcome if_refused, const Person& person,
                              const Moment& now) {
  ArrivalBooking booking(reference, request, request_bytes, departure, now);
  YIJIE_ASSIGN_OR_RETURN(const std::string refusal, booking.Refusal(std::move(history), person));
  if (!refusal.empty()) return RefuseRepoint(if_refused, refusal, booking.later_setl_id());
  return booking.Book(person);
}

Effect RefuseRepoint(v1::RepointOutcome outcome, absl::string_view reason,
                     const std::string& later_setl_id) {
  v1::RepointResponse response;
  response.set_outcome(outcome);
  response.set_reason(std::string(reason));
  response.set_later_setl_id(later_setl_id);
  return Answer(response.SerializeAsString(), outcome);
}

}  // namespace yijie::engine
