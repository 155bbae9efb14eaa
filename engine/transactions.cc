#include "engine/transactions.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/accumulator_codec.h"
#include "engine/books/clearing_class.h"
#include "engine/entitlement.h"
#include "engine/explain.h"
#include "engine/settlement_id.h"
#include "engine/stay/stay_state.h"
#include "rules/evaluate.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using yijie::store::v1::JournalLine;
using yijie::store::v1::PersonEvent;

// Refuses in `input` what the person is not entitled to. The agreement of the institution decides
// before the person does, everything else after.
void CheckPerson(const EntitlementQuestion& question, ClaimInput* input) {
  if (input->refusal == v1::INSTITUTION_NOT_IN_FORCE) return;
  Entitlement entitlement = CheckEntitlement(question);
  if (entitlement.outcome == v1::SETTLED) return;
  input->refusal = entitlement.outcome;
  input->reason = std::move(entitlement.reason);
}

// A later settlement of the person that stands and added to a total the original added to; 0 if
// there is none.
absl::StatusOr<int64_t> LaterDependent(const PersonEvent& original,
                                       const std::vector<storage::PersonVersion>& later,
                                       const Person& person, std::string* setl_id) {
  absl::flat_hash_set<std::string> totals;
  const auto name = [](const v1::AccumulatorValue& value) {
    return absl::StrCat(value.insutype(), "/", value.name(), "/", value.period(), "/", value.key());
  };
  for (const v1::AccumulatorValue& delta : original.delta()) {
    if (delta.value() != 0) totals.insert(name(delta));
  }
  int64_t found = 0;
  for (const storage::PersonVersion& version : later) {
    YIJIE_ASSIGN_OR_RETURN(const PersonEvent event, ParseEvent(version));
    if (!event.has_settled() || person.ReversedBy(version.version) != 0) continue;
    const bool shares = std::any_of(
        event.delta().begin(), event.delta().end(),
        [&](const v1::AccumulatorValue& delta) { return totals.contains(name(delta)); });
    if (!shares) continue;
    found = version.version;  // the newest must go first
    *setl_id = event.settled().setl_id();
  }
  return found;
}

// The id of the settlement of `version`, one of `later`.
absl::StatusOr<std::string> SettlementIdOf(int64_t version,
                                           const std::vector<storage::PersonVersion>& later) {
  for (const storage::PersonVersion& each : later) {
    if (each.version != version) continue;
    YIJIE_ASSIGN_OR_RETURN(const PersonEvent event, ParseEvent(each));
    return event.settled().setl_id();
  }
  return absl::DataLossError("a settlement of a stay is not in the history");
}

Effect ReplyOnly(v1::Reversal reversal) {
  v1::ReverseResponse response;
  *response.mutable_reversal() = std::move(reversal);
  Effect effect = Answer(response.SerializeAsString(), response.reversal().outcome());
  effect.setl_id = response.reversal().setl_id();
  return effect;
}

void Negate(const v1::Amounts& original, v1::Amounts* out) {
  const auto* reflection = original.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(original, &fields);
  for (const auto* field : fields)
    reflection->SetInt64(out, field, -reflection->GetInt64(original, field));
}

void TakeBackBenefits(const v1::Settlement& original, v1::Reversal* out) {
  for (const v1::BenefitPayment& benefit : original.benefit()) {
    v1::BenefitPayment* opposite = out->add_benefit();
    *opposite = benefit;
    opposite->set_amount_fen(-benefit.amount_fen());
  }
}

// The opposite of every posting and of every running total of `original`.
absl::Status TakeBack(const PersonEvent& original, Booking* booking) {
  for (const JournalLine& line : original.journal()) {
    const auto sub_account = line.account() == yijie::store::v1::PERSONAL_ACCOUNT
                                 ? SubAccountNamed(line.subject())
                                 : std::nullopt;
    if (sub_account) {
      booking->TakeFrom(*sub_account, -Fen(line.amount_fen()));
    } else {
      booking->Post(line.account(), line.subject(), -Fen(line.amount_fen()));
    }
  }
  std::vector<rules::AccumulatorEntry> deltas;
  for (const v1::AccumulatorValue& delta : original.delta()) {
    YIJIE_ASSIGN_OR_RETURN(rules::AccumulatorEntry entry, FromProto(delta));
    entry.value = -entry.value;
    deltas.push_back(entry);
  }
  booking->Add(deltas);
  return absl::OkStatus();
}

// A refusal for want of a right to settle at all, and not for what is settled.
bool IsRefusedRight(v1::Outcome outcome) {
  return outcome == v1::INSTITUTION_NOT_IN_FORCE || outcome == v1::CREDENTIAL_REFUSED;
}

// What accounts paid, those of relatives included.
Fen AccountPart(const v1::Amounts& amounts) {
  return Fen(amounts.acct_pay_fen()) + Fen(amounts.acct_mulaid_pay_fen());
}

void MarkReversed(int64_t version, Person* next) {
  yijie::store::v1::ReversedSettlement mark;
  mark.set_version(version);
  mark.set_reversed_by_version(next->version);
  next->reversed.push_back(mark);
}

}  // namespace

ClearingTerms TermsAt(const Reference& reference, absl::string_view fixmedins_code,
                      const Moment& now) {
  return TermsOf(reference.AreaOfInstitution(fixmedins_code, now.day).clearing());
}

absl::Status EvaluateClaim(const Reference& reference, absl::string_view field,
                           const std::string& fixmedins_code, const v1::Claim& claim,
                           const CounterMessage* counter, const Person& person, const Moment& now,
                           ClaimInput* input, rules::Decision* decision, v1::Settlement* out) {
  const v1::Institution* institution = reference.FindInstitution(fixmedins_code);
  if (institution == nullptr)
    return absl::NotFoundError(absl::StrCat(field, ": no such institution"));
  const std::string& last_day = claim.enddate().empty() ? claim.begndate() : claim.enddate();
  // ISO days compare as text.
  if (last_day > FormatDate(now.day)) {
    return absl::InvalidArgumentError(
        absl::StrCat(claim.enddate().empty() ? "claim.begndate" : "claim.enddate", ": ", last_day,
                     " has not come yet"));
  }
  if (claim.filed_on() > FormatDate(now.day)) {
    return absl::InvalidArgumentError(
        absl::StrCat("claim.filed_on: ", claim.filed_on(), " has not come yet"));
  }
  out->set_psn_no(claim.psn_no());
  out->set_insutype(claim.insutype());
  out->set_med_type(claim.med_type());
  out->set_mdtrt_id(claim.mdtrt_id());
  out->set_fixmedins_code(fixmedins_code);
  out->set_setl_time(now.rfc3339);
  out->set_clr_date(FormatDate(now.day));
  out->set_balc_before_fen(person.balance().value());
  out->set_balc_fen(person.balance().value());
  out->set_version(person.version);
  MakeClaimInput(reference, *institution, person, claim, now.day, input);
  CheckPerson({reference, *person.facts, person.rest->cards(), claim, now, counter}, input);
  if (input->refusal != v1::SETTLED) {
    out->set_outcome(input->refusal);
    out->set_reason(input->reason);
    return absl::OkStatus();
  }
  if (RefusedDuringStay(reference, person, claim, input->admdvs, out)) return absl::OkStatus();
  rules::Evaluate(*input->program, input->input, *decision);
  if (decision->verdict != rules::Verdict::kSettled) {
    DescribeRefusal(*input->program, *decision, out);
    return absl::OkStatus();
  }
  Describe(*input->program, *decision, input->input, claim, out);
  const absl::string_view clr_type =
      ClearingClass(claim.med_type(), input->admdvs, institution->admdvs());
  out->set_clr_type(clr_type.data(), clr_type.size());
  out->set_balc_fen((person.balance() - decision->acct_pay()).value());
  return absl::OkStatus();
}

void BookSettlement(const ClaimMoves& moves, const Moment& now, v1::Settlement* settlement,
                    Booking* booking) {
  for (const v1::FundPayment& payment : settlement->setldetail()) {
    booking->Post(yijie::store::v1::FUND_EXPENSE, payment.fund_pay_type(),
                  Fen(payment.fund_payamt_fen()));
  }
  for (size_t i = 0; i < rules::kSubAccounts; ++i)
    booking->TakeFrom(static_cast<rules::SubAccount>(i), moves.account_paid[i]);
  yijie::store::v1::SettledEvent* event = booking->event().mutable_settled();
  if (moves.cash_paid) {
    booking->Post(yijie::store::v1::PERSON_CLEARING, settlement->psn_no(),
                  Fen(settlement->amounts().psn_cash_pay_fen()) - *moves.cash_paid);
    event->set_cash_given(true);
    event->set_cash_paid_fen(moves.cash_paid->value());
  }
  const Fen due = booking->Sum();
  const Fen held = QualityDeposit(due, AccountPart(settlement->amounts()), moves.terms);
  booking->Post(yijie::store::v1::QUALITY_DEPOSIT, settlement->fixmedins_code(), -held);
  booking->Post(yijie::store::v1::INSTITUTION_PAYABLE, settlement->fixmedins_code(), held - due);
  event->set_quality_deposit_1e6(static_cast<int32_t>(moves.terms.quality_share.millionths()));
  event->set_account_part_subject_to_deposit(moves.terms.account_is_subject);
  booking->Add(moves.deltas);
  const int64_t version = booking->next().version;
  settlement->set_setl_id(MakeSettlementId(moves.admdvs, now.day, settlement->psn_no(), version));
  settlement->set_version(version);
  event->set_setl_id(settlement->setl_id());
  event->set_insutype(settlement->insutype());
  event->set_policy(moves.program->id);
  event->set_policy_hash(moves.program->hash.data(), moves.program->hash.size());
}

absl::Status BookReversal(const SettledRecord& original, const Moment& now, Booking* booking,
                          v1::Reversal* reversal) {
  YIJIE_ASSIGN_OR_RETURN(const v1::Settlement settled, StoredSettlement(original.event));
  Person& next = booking->next();
  reversal->set_balc_before_fen(next.balance().value());
  YIJIE_RETURN_IF_ERROR(TakeBack(original.event, booking));
  MarkReversed(original.version, &next);
  ReopenStay(original.version, booking);

  const std::string& orig_setl_id = original.event.settled().setl_id();
  reversal->set_outcome(v1::REVERSED);
  reversal->set_setl_id(
      MakeSettlementId(orig_setl_id.substr(0, 6), now.day, next.facts->psn_no(), next.version));
  reversal->set_orig_setl_id(orig_setl_id);
  Negate(settled.amounts(), reversal->mutable_amounts());
  TakeBackBenefits(settled, reversal);
  reversal->set_balc_fen(next.balance().value());
  reversal->set_version(next.version);
  reversal->set_setl_time(now.rfc3339);
  reversal->set_clr_date(FormatDate(now.day));
  yijie::store::v1::ReversedEvent* event = booking->event().mutable_reversed();
  event->set_setl_id(reversal->setl_id());
  event->set_orig_version(original.version);
  event->set_orig_setl_id(orig_setl_id);
  return absl::OkStatus();
}

absl::StatusOr<v1::Settlement> PreSettle(const Reference& reference,
                                         const v1::PreSettleRequest& request, const Person& person,
                                         const Moment& now,
                                         std::vector<rules::AccumulatorEntry>* added) {
  ClaimInput input;
  thread_local rules::Decision decision;
  v1::Settlement settlement;
  YIJIE_RETURN_IF_ERROR(EvaluateClaim(reference, "fixmedins_code", request.fixmedins_code(),
                                      request.claim(), nullptr, person, now, &input, &decision,
                                      &settlement));
  if (added != nullptr) {
    added->clear();
    if (settlement.outcome() == v1::SETTLED) *added = decision.deltas;
  }
  return settlement;
}

absl::StatusOr<Effect> Settle(const Reference& reference, const v1::SettleRequest& request,
                              const std::string& request_bytes, const Person& person,
                              const Moment& now) {
  return SettleClaim(reference, request.header(), request.claim(),
                     request.has_credential() ? &request.credential() : nullptr, request_bytes,
                     person, now, [](v1::Settlement*, Booking*) {});
}

absl::StatusOr<Effect> SettleClaim(const Reference& reference, const v1::MessageHeader& header,
                                   const v1::Claim& claim, const v1::Credential* credential,
                                   const std::string& request_bytes, const Person& person,
                                   const Moment& now, const SettlementChange& change) {
  const CounterMessage counter{header.fixmedins_code(), header.msgid(), credential};
  ClaimInput input;
  thread_local rules::Decision decision;
  v1::SettleResponse response;
  v1::Settlement& settlement = *response.mutable_settlement();
  YIJIE_RETURN_IF_ERROR(EvaluateClaim(reference, "header.fixmedins_code", header.fixmedins_code(),
                                      claim, &counter, person, now, &input, &decision,
                                      &settlement));
  settlement.set_medins_setl_id(header.msgid());
  if (settlement.outcome() != v1::SETTLED) {
    Effect effect = Answer(response.SerializeAsString(), settlement.outcome());
    if (IsRefusedRight(settlement.outcome()))
      effect.refused = RefusedRight{claim.psn_no(), "", v1::Outcome_Name(settlement.outcome()),
                                    settlement.reason()};
    return effect;
  }
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(person, "claim.psn_no"));
  Booking booking(person, header, request_bytes, now);
  const ClaimMoves moves = {input.program,
                            input.admdvs,
                            decision.account_paid,
                            decision.deltas,
                            TermsAt(reference, header.fixmedins_code(), now),
                            std::nullopt};
  BookSettlement(moves, now, &settlement, &booking);
  change(&settlement, &booking);
  return std::move(booking).Finish(response.SerializeAsString(), v1::SETTLED, settlement.setl_id());
}

std::string ReplyToClosedSettle(const v1::SettleRequest& request, const Moment& closed) {
  v1::SettleResponse response;
  v1::Settlement& settlement = *response.mutable_settlement();
  settlement.set_outcome(v1::REVERSED_BEFORE_ARRIVAL);
  settlement.set_reason("本报文在到达前已被冲正或作废，不再受理");
  settlement.set_psn_no(request.claim().psn_no());
  settlement.set_insutype(request.claim().insutype());
  settlement.set_med_type(request.claim().med_type());
  settlement.set_mdtrt_id(request.claim().mdtrt_id());
  settlement.set_fixmedins_code(request.header().fixmedins_code());
  settlement.set_medins_setl_id(request.header().msgid());
  settlement.set_setl_time(closed.rfc3339);
  settlement.set_clr_date(FormatDate(closed.day));
  return response.SerializeAsString();
}

absl::StatusOr<v1::Settlement> StoredSettlement(const PersonEvent& event) {
  v1::SettleResponse response;
  if (!response.ParseFromString(event.reply()))
    return absl::DataLossError("a stored reply cannot be read");
  return std::move(*response.mutable_settlement());
}

absl::StatusOr<LaterSettlement> FindLaterSettlement(
    const SettledRecord& original, const std::vector<storage::PersonVersion>& later,
    const Person& person) {
  LaterSettlement found;
  YIJIE_ASSIGN_OR_RETURN(const int64_t dependent,
                         LaterDependent(original.event, later, person, &found.setl_id));
  if (dependent != 0) {
    found.reason = "该人员此后另有结算使用了相同的累计额，请先撤销最近一次结算";
    return found;
  }
  const int64_t part = LaterPartOfStay(original.version, person.rest->stays());
  if (part == 0) return found;
  YIJIE_ASSIGN_OR_RETURN(found.setl_id, SettlementIdOf(part, later));
  found.reason = "该次住院此后另有结算，请先撤销最近一次结算";
  return found;
}

absl::StatusOr<std::string> RemainderAfter(int64_t reversed_by,
                                           const std::vector<storage::PersonVersion>& later) {
  for (const storage::PersonVersion& version : later) {
    if (version.version < reversed_by) continue;
    YIJIE_ASSIGN_OR_RETURN(const PersonEvent event, ParseEvent(version));
    if (version.version == reversed_by && !event.reversed().refund()) return std::string();
    if (version.version > reversed_by) return event.settled().setl_id();
  }
  return std::string();
}

Effect RefuseReversal(v1::ReverseOutcome outcome, absl::string_view reason,
                      const std::string& later_setl_id, const SettledRecord& original,
                      const Person& person, const Moment& now) {
  v1::Reversal refusal;
  refusal.set_outcome(outcome);
  refusal.set_reason(std::string(reason));
  refusal.set_setl_id(later_setl_id);
  refusal.set_orig_setl_id(original.event.settled().setl_id());
  refusal.set_balc_before_fen(person.balance().value());
  refusal.set_balc_fen(person.balance().value());
  refusal.set_version(person.version);
  refusal.set_setl_time(now.rfc3339);
  return ReplyOnly(std::move(refusal));
}

absl::StatusOr<Effect> Reverse(const v1::MessageHeader& header, const std::string& request_bytes,
                               const SettledRecord& original,
                               const std::vector<storage::PersonVersion>& later,
                               const Person& person, const Moment& now,
                               absl::string_view agency_reason) {
  const auto refuse = [&](v1::ReverseOutcome outcome, absl::string_view reason,
                          const std::string& later_setl_id) {
    return RefuseReversal(outcome, reason, later_setl_id, original, person, now);
  };
  if (const int64_t by = person.ReversedBy(original.version); by != 0) {
    YIJIE_ASSIGN_OR_RETURN(const std::string remainder, RemainderAfter(by, later));
    return refuse(v1::ALREADY_REVERSED,
                  remainder.empty() ? "该结算此前已撤销" : "该结算此前已部分退费，余下费用另有结算",
                  remainder);
  }
  YIJIE_ASSIGN_OR_RETURN(const LaterSettlement first, FindLaterSettlement(original, later, person));
  if (!first.setl_id.empty())
    return refuse(v1::LATER_SETTLEMENT_EXISTS, first.reason, first.setl_id);
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(person, "psn_no"));
  Booking booking(person, header, request_bytes, now);
  v1::Reversal reversal;
  YIJIE_RETURN_IF_ERROR(BookReversal(original, now, &booking, &reversal));
  if (!agency_reason.empty()) {
    booking.event().mutable_reversed()->set_by_agency(true);
    booking.event().mutable_reversed()->set_agency_reason(std::string(agency_reason));
  }
  const Effect reply = ReplyOnly(std::move(reversal));
  return std::move(booking).Finish(reply.reply, reply.outcome, reply.setl_id);
}

absl::StatusOr<Effect> Credit(const v1::CreditAccountRequest& request,
                              const std::string& request_bytes, const Person& person,
                              const Moment& now) {
  if (person.balance().value() > kMaxBalanceFen - request.amount_fen()) {
    return absl::InvalidArgumentError("amount_fen: the account would hold too much");
  }
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(person, "psn_no"));
  Booking booking(person, request.header(), request_bytes, now);
  const Fen amount(request.amount_fen());
  booking.TakeFrom(request.sub_account() == v1::PAST_YEARS ? rules::SubAccount::kPastYears
                                                           : rules::SubAccount::kCurrentYear,
                   -amount);
  booking.Post(yijie::store::v1::ACCOUNT_FUNDING, request.header().fixmedins_code(), amount);
  booking.event().mutable_credited();
  v1::CreditAccountResponse response;
  response.set_psn_no(request.psn_no());
  response.set_balc_before_fen(person.balance().value());
  response.set_balc_fen(booking.next().balance().value());
  response.set_version(booking.next().version);
  response.set_post_time(now.rfc3339);
  return std::move(booking).Finish(response.SerializeAsString(), 0);
}

}  // namespace yijie::engine
