#include "engine/transactions.h"

#include <algorithm>
#include <memory>

#include <google/protobuf/arena.h>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/account/year_turn.h"
#include "engine/accumulator_codec.h"
#include "engine/books/clearing_class.h"
#include "engine/correction/settle_again.h"
#include "engine/entitlement.h"
#include "engine/explain.h"
#include "engine/family/family_state.h"
#include "engine/payout/dues.h"
#include "engine/settlement_id.h"
#include "engine/stay/stay_state.h"
#include "rules/evaluate.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// The first block stays with the arena; what a long bill takes beyond it is freed.
google::protobuf::ArenaOptions RoomForAnswers() {
  constexpr size_t kBytes = 16 << 10;
  thread_local const std::unique_ptr<char[]> block(new char[kBytes]);
  google::protobuf::ArenaOptions options;
  options.initial_block = block.get();
  options.initial_block_size = kBytes;
  return options;
}

using yijie::store::v1::FamilyPart;
using yijie::store::v1::JournalLine;
using yijie::store::v1::PersonEvent;

// Whether the person may settle here, coverage and policy aside; else `input` gets the refusal. The
// agreement of the institution decides before the person does, everything else after.
bool CheckPerson(const EntitlementQuestion& question, ClaimInput* input) {
  if (input->refusal == v1::INSTITUTION_NOT_IN_FORCE) return false;
  Entitlement entitlement = CheckEntitlement(question);
  if (entitlement.outcome == v1::SETTLED) return true;
  input->refusal = entitlement.outcome;
  input->reason = std::move(entitlement.reason);
  return false;
}

// Settlements of a person, with the version that settled each claim first: replacing one by a
// correction does not change when its claim came.
class Settlements {
 public:
  static absl::StatusOr<Settlements> Read(const std::vector<storage::PersonVersion>& versions) {
    Settlements settlements;
    for (const storage::PersonVersion& version : versions) {
      YIJIE_ASSIGN_OR_RETURN(PersonEvent event, ParseEvent(version));
      if (!event.has_settled()) continue;
      const int64_t corrects = event.settled().corrects_version();
      settlements.first_[version.version] =
          corrects == 0 ? version.version : settlements.FirstOf(corrects);
      settlements.events_.emplace_back(version.version, std::move(event));
    }
    return settlements;
  }

  int64_t FirstOf(int64_t version) const {
    const auto found = first_.find(version);
    return found == first_.end() ? version : found->second;
  }

  // Of those that stand, whose claim came after that of `original`, and that counted on a total
  // which the original added to, the one whose claim came last; 0 if there is none.
  int64_t LaterDependent(const SettledRecord& original, const Person& person) const {
    absl::flat_hash_set<std::string> totals;
    for (const v1::AccumulatorValue& delta : original.event.delta()) {
      if (delta.value() != 0) totals.insert(NameOf(delta));
    }
    int64_t found = 0;
    int64_t latest = FirstOf(original.version);
    for (const auto& [version, event] : events_) {
      if (FirstOf(version) <= latest || person.ReversedBy(version) != 0) continue;
      const bool shares = std::any_of(
          event.delta().begin(), event.delta().end(),
          [&](const v1::AccumulatorValue& delta) { return totals.contains(NameOf(delta)); });
      if (!shares) continue;
      found = version;
      latest = FirstOf(version);
    }
    return found;
  }

 private:
  static std::string NameOf(const v1::AccumulatorValue& value) {
    return absl::StrCat(value.insutype(), "/", value.name(), "/", value.period(), "/", value.key());
  }

  absl::flat_hash_map<int64_t, int64_t> first_;
  std::vector<std::pair<int64_t, PersonEvent>> events_;
};

// The id of the settlement of `version`, one of `later`.
absl::StatusOr<std::string> SettlementIdOf(int64_t version,
                                           const std::vector<storage::PersonVersion>& later) {
  for (const storage::PersonVersion& each : later) {
    if (each.version != version) continue;
    YIJIE_ASSIGN_OR_RETURN(const PersonEvent event, ParseEvent(each));
    return event.settled().setl_id();
  }
  return absl::DataLossError("a later settlement is not in the history");
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

// The opposite of every posting and of every running total of the original. Money of the account
// goes back to where that money is now.
absl::Status TakeBack(const SettledRecord& record, Booking* booking) {
  const PersonEvent& original = record.event;
  for (const JournalLine& line : original.journal()) {
    const auto sub_account = line.account() == yijie::store::v1::PERSONAL_ACCOUNT
                                 ? SubAccountNamed(line.subject())
                                 : std::nullopt;
    if (sub_account) {
      booking->TakeFrom(SubAccountNow(*sub_account, record.version, booking->next()),
                        -Fen(line.amount_fen()));
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

// A visit is paid once. Claims filed with the agency have their own checks before.
bool WasReimbursed(const yijie::store::v1::PersonState& state, const std::string& fixmedins_code,
                   const v1::Claim& claim) {
  if (claim.mdtrt_id().empty()) return false;
  const auto& filed = state.payouts().offline_claim();
  return std::any_of(filed.begin(), filed.end(), [&](const yijie::store::v1::OfflineClaim& each) {
    return each.fixmedins_code() == fixmedins_code && each.mdtrt_id() == claim.mdtrt_id();
  });
}

// Leaves the funds what the area takes off a bill that is filed afterwards; the person bears it.
void ReduceFunds(int32_t reduction_1e6, rules::Decision* decision, v1::Settlement* out) {
  Fen reduced;
  for (rules::FundPayment& payment : decision->funds) {
    const Fen less = Apply(payment.amount, Ratio(reduction_1e6), Rounding::kFenHalfUp);
    payment.amount -= less;
    reduced += less;
  }
  decision->amount[rules::kPsnPartAmt] += reduced;
  if (reduced == Fen(0)) return;
  v1::SettlementFlag* flag = out->add_flag();
  flag->set_code("OFFLINE_REDUCTION");
  flag->set_text(absl::StrCat("零星报销下浮，基金少付", FormatYuan(reduced), "元"));
}

// What of a settlement goes to the person's own account apart from the bill, by fund.
Fen PostBenefits(const v1::Settlement& settlement, Booking* booking) {
  Fen owed;
  for (const v1::BenefitPayment& benefit : settlement.benefit()) {
    if (benefit.fund_pay_type().empty()) continue;  // the employer owes it
    booking->Post(yijie::store::v1::FUND_EXPENSE, benefit.fund_pay_type(),
                  Fen(benefit.amount_fen()));
    owed += Fen(benefit.amount_fen());
  }
  return owed;
}

// What each hold pays of `paid`, in the order in which relatives were asked.
std::vector<FamilyPart> PartsOf(const FamilyMoney& family, Fen paid) {
  std::vector<FamilyPart> parts;
  for (const FamilyHeld& held : family.held) {
    const Fen part = std::min(paid, held.amount);
    if (part == Fen(0)) break;
    FamilyPart& each = parts.emplace_back();
    each.set_giver_psn_no(held.giver);
    each.set_hold_version(held.hold_version);
    each.set_paid_fen(part.value());
    paid -= part;
  }
  return parts;
}

// The givers of `original` are owed their parts again.
void OweFamily(const PersonEvent& original, Booking* booking) {
  if (original.settled().family().empty()) return;
  yijie::store::v1::PersonFamily family = booking->next().rest->family();
  for (yijie::store::v1::FamilyOwed& owed : OwedFor(original)) *family.add_owed() = std::move(owed);
  SetFamily(std::move(family), booking);
}

// What accounts paid, those of relatives included.
Fen AccountPart(const v1::Amounts& amounts) {
  return Fen(amounts.acct_pay_fen()) + Fen(amounts.acct_mulaid_pay_fen());
}

// What funds and accounts pay of a bill.
Fen PaidForPerson(const v1::Amounts& amounts) {
  return Fen(amounts.fund_pay_sumamt_fen()) + AccountPart(amounts);
}

void MarkReversed(int64_t version, Person* next) {
  yijie::store::v1::ReversedSettlement mark;
  mark.set_version(version);
  mark.set_reversed_by_version(next->version);
  next->reversed.push_back(mark);
}

}  // namespace

// For want of a right to settle at all, and not for what is settled.
std::optional<RefusedRight> RightRefusedBy(const v1::Settlement& refused) {
  const v1::Outcome outcome = refused.outcome();
  if (outcome != v1::INSTITUTION_NOT_IN_FORCE && outcome != v1::CREDENTIAL_REFUSED)
    return std::nullopt;
  return RefusedRight{refused.psn_no(), "", v1::Outcome_Name(outcome), refused.reason()};
}

ClearingTerms TermsAt(const Reference& reference, absl::string_view fixmedins_code,
                      const Moment& now) {
  return TermsOf(reference.AreaOfInstitution(fixmedins_code, now.day).clearing());
}

namespace {

// A bill of another place that ends on a day which has come there has ended, though midnight is
// still to come here: clocks of two places differ. The moment it is then judged at.
std::optional<Moment> TomorrowOfOtherClock(const v1::Claim& claim, const Moment& now) {
  constexpr int64_t kDayMs = 86'400'000;
  const std::string& last_day = claim.enddate().empty() ? claim.begndate() : claim.enddate();
  Moment tomorrow = MomentOf(now.unix_ms + kDayMs);
  if (last_day != FormatDate(tomorrow.day)) return std::nullopt;
  return tomorrow;
}

}  // namespace

absl::Status EvaluateClaim(const Reference& reference, absl::string_view field,
                           const std::string& fixmedins_code, const v1::Claim& claim,
                           const CounterMessage* counter, const Person& person, const Moment& now,
                           ClaimInput* input, rules::Decision* decision, v1::Settlement* out,
                           Fen family_offered) {
  const v1::Institution* institution = reference.FindInstitution(fixmedins_code);
  if (institution == nullptr)
    return absl::NotFoundError(absl::StrCat(field, ": no such institution"));
  const CareSide care{*institution, nullptr, counter != nullptr && counter->filed};
  return EvaluateClaimAt(reference, care, claim, counter, person, now, input, decision, out,
                         family_offered);
}

absl::Status EvaluateClaimAt(const Reference& reference, const CareSide& care,
                             const v1::Claim& claim, const CounterMessage* counter,
                             const Person& person, const Moment& came, ClaimInput* input,
                             rules::Decision* decision, v1::Settlement* out, Fen family_offered) {
  const std::optional<Moment> ahead =
      care.line_class == nullptr ? std::nullopt : TomorrowOfOtherClock(claim, came);
  const Moment& now = ahead ? *ahead : came;
  const std::string& fixmedins_code = care.institution.fixmedins_code();
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
  MakeClaimInput(reference, care, person, claim, now.day, input);
  const bool may_settle =
      CheckPerson({reference, *person.facts, person.rest->cards(), claim, now, counter,
                   input->coverage, input->area, &care.institution, &person.rest->registrations()},
                  input);
  // In the order of v1::Outcome: a stay and a reimbursement refuse before status of coverage and
  // policy do.
  if (may_settle && !input->admdvs.empty() && RefusedDuringStay(input->area, person, claim, out)) {
    return absl::OkStatus();
  }
  const bool comes_in = !care.reimbursed && !care.taken_in;
  if (may_settle && comes_in && WasReimbursed(*person.rest, fixmedins_code, claim)) {
    out->clear_flag();
    out->set_outcome(v1::REIMBURSED_BEFORE);
    out->set_reason("该就诊已由经办机构手工报销，不能再联网结算");
    return absl::OkStatus();
  }
  if (input->refusal != v1::SETTLED) {
    out->clear_flag();
    out->set_outcome(input->refusal);
    out->set_reason(input->reason);
    return absl::OkStatus();
  }
  if (claim.acct_used_flag() == v1::ACCT_FAMILY) input->input.family_offered = family_offered;
  rules::Evaluate(*input->program, input->input, *decision);
  if (decision->verdict != rules::Verdict::kSettled) {
    DescribeRefusal(*input->program, *decision, out);
    return absl::OkStatus();
  }
  if (counter != nullptr && counter->filed)
    ReduceFunds(counter->filed->reduction_1e6, decision, out);
  Describe(*input->program, *decision, input->input, claim, out);
  const absl::string_view clr_type =
      ClearingClass(claim.med_type(), input->admdvs, care.institution.admdvs());
  out->set_clr_type(clr_type.data(), clr_type.size());
  out->set_balc_fen((person.balance() - decision->acct_pay()).value());
  return absl::OkStatus();
}

void BookSettlement(const ClaimMoves& moves, const Moment& now, v1::Settlement* settlement,
                    Booking* booking) {
  const bool paid_elsewhere = moves.cross != nullptr && !moves.cross->at_insured_place();
  if (paid_elsewhere) {
    booking->Post(yijie::store::v1::CROSS_RECEIVABLE, moves.cross->peer_admdvs(),
                  PaidForPerson(settlement->amounts()));
  } else {
    for (const v1::FundPayment& payment : settlement->setldetail()) {
      booking->Post(yijie::store::v1::FUND_EXPENSE, payment.fund_pay_type(),
                    Fen(payment.fund_payamt_fen()));
    }
  }
  for (size_t i = 0; i < rules::kSubAccounts; ++i)
    booking->TakeFrom(static_cast<rules::SubAccount>(i), moves.account_paid[i]);
  yijie::store::v1::SettledEvent* event = booking->event().mutable_settled();
  for (const FamilyPart& part : moves.family) {
    booking->Post(yijie::store::v1::FAMILY_CLEARING, part.giver_psn_no(), Fen(part.paid_fen()));
    *event->add_family() = part;
  }
  Fen owed_to_person;
  if (moves.cash_paid) {
    owed_to_person = *moves.cash_paid - Fen(settlement->amounts().psn_cash_pay_fen());
    event->set_cash_given(true);
    event->set_cash_paid_fen(moves.cash_paid->value());
  }
  const bool by_schedule = moves.filed && moves.filed->paid_by_schedule;
  if (!by_schedule && !moves.benefits_told_only && !paid_elsewhere)
    owed_to_person += PostBenefits(*settlement, booking);
  event->set_settled_up(true);
  event->set_benefits_told_only(moves.benefits_told_only);
  event->set_claim_id(moves.claim_id);
  if (moves.filed) {
    event->set_bill_institution(settlement->fixmedins_code());
    event->set_reduction_1e6(moves.filed->reduction_1e6);
    event->set_paid_by_schedule(moves.filed->paid_by_schedule);
  }
  booking->Post(yijie::store::v1::PERSON_CLEARING, settlement->psn_no(), -owed_to_person);
  const Fen due = booking->Sum();
  if (moves.cross != nullptr && moves.cross->at_insured_place()) {
    booking->Post(yijie::store::v1::CROSS_PAYABLE, moves.cross->peer_admdvs(), -due);
  } else {
    const Fen held = QualityDeposit(due, AccountPart(settlement->amounts()), moves.terms);
    booking->Post(yijie::store::v1::QUALITY_DEPOSIT, settlement->fixmedins_code(), -held);
    booking->Post(yijie::store::v1::INSTITUTION_PAYABLE, settlement->fixmedins_code(), held - due);
    event->set_quality_deposit_1e6(static_cast<int32_t>(moves.terms.quality_share.millionths()));
    event->set_account_part_subject_to_deposit(moves.terms.account_is_subject);
  }
  booking->Add(moves.deltas);
  const int64_t version = booking->next().version;
  settlement->set_setl_id(
      MakeSettlementId(moves.admdvs, now.day, booking->next().facts->psn_no(), version));
  settlement->set_version(version);
  settlement->set_setlym(booking->event().setlym());
  event->set_setl_id(settlement->setl_id());
  event->set_insutype(settlement->insutype());
  event->set_policy(std::string(moves.policy));
  event->set_policy_hash(std::string(moves.policy_hash));
  if (moves.cross != nullptr) *event->mutable_cross() = *moves.cross;
}

absl::Status BookReversal(const SettledRecord& original, const Moment& now, Booking* booking,
                          v1::Reversal* reversal) {
  YIJIE_ASSIGN_OR_RETURN(const v1::Settlement settled, StoredSettlement(original.event));
  Person& next = booking->next();
  reversal->set_balc_before_fen(next.balance().value());
  YIJIE_RETURN_IF_ERROR(TakeBack(original, booking));
  MarkReversed(original.version, &next);
  ReopenStay(original.version, booking);
  OweFamily(original.event, booking);

  const std::string& orig_setl_id = original.event.settled().setl_id();
  reversal->set_outcome(v1::REVERSED);
  reversal->set_setl_id(
      MakeSettlementId(orig_setl_id.substr(0, 6), now.day, next.facts->psn_no(), next.version));
  reversal->set_orig_setl_id(orig_setl_id);
  Negate(settled.amounts(), reversal->mutable_amounts());
  TakeBackBenefits(settled, reversal);
  reversal->set_cash_paid_fen(CashPaid(original, settled).value());
  reversal->set_balc_fen(next.balance().value());
  reversal->set_version(next.version);
  reversal->set_setl_time(now.rfc3339);
  reversal->set_clr_date(FormatDate(now.day));
  yijie::store::v1::ReversedEvent* event = booking->event().mutable_reversed();
  event->set_setl_id(reversal->setl_id());
  event->set_orig_version(original.version);
  event->set_orig_setl_id(orig_setl_id);
  event->set_settled_up(true);
  return absl::OkStatus();
}

absl::StatusOr<v1::Settlement> PreSettle(const Reference& reference,
                                         const v1::PreSettleRequest& request, const Person& person,
                                         const Moment& now) {
  ClaimInput input;
  thread_local rules::Decision decision;
  v1::Settlement settlement;
  YIJIE_RETURN_IF_ERROR(EvaluateClaim(reference, "fixmedins_code", request.fixmedins_code(),
                                      request.claim(), nullptr, person, now, &input, &decision,
                                      &settlement));
  return settlement;
}

absl::StatusOr<Effect> Settle(const Reference& reference, const v1::SettleRequest& request,
                              const std::string& request_bytes, const Person& person,
                              const Moment& now, const FamilyMoney* family) {
  return SettleClaim(
      reference, request.header(), request.claim(),
      request.has_credential() ? &request.credential() : nullptr, request_bytes, person, now,
      [](v1::Settlement*, Booking*) {}, family);
}

absl::StatusOr<Effect> SettleClaim(const Reference& reference, const v1::MessageHeader& header,
                                   const v1::Claim& claim, const v1::Credential* credential,
                                   const std::string& request_bytes, const Person& person,
                                   const Moment& now, const SettlementChange& change,
                                   const FamilyMoney* family) {
  if (family != nullptr) YIJIE_RETURN_IF_ERROR(family->status);
  // Before relatives are asked, how much they could pay is asked for.
  const Fen family_offered = family == nullptr ? Fen(kMaxClaimFen) : family->sum();
  const CounterMessage counter{header.fixmedins_code(), header.msgid(), credential, std::nullopt};
  ClaimInput input;
  thread_local rules::Decision decision;
  // Room for the answer, kept from claim to claim. Not reentrant, nor is `change`.
  thread_local google::protobuf::Arena room(RoomForAnswers());
  room.Reset();
  v1::SettleResponse& response = *google::protobuf::Arena::CreateMessage<v1::SettleResponse>(&room);
  v1::Settlement& settlement = *response.mutable_settlement();
  YIJIE_RETURN_IF_ERROR(EvaluateClaim(reference, "header.fixmedins_code", header.fixmedins_code(),
                                      claim, &counter, person, now, &input, &decision, &settlement,
                                      family_offered));
  settlement.set_medins_setl_id(header.msgid());
  if (settlement.outcome() != v1::SETTLED) {
    Effect effect = Answer(response.SerializeAsString(), settlement.outcome());
    effect.refused = RightRefusedBy(settlement);
    return effect;
  }
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(person, "claim.psn_no"));
  if (family == nullptr && decision.family_paid > Fen(0)) {
    Effect effect;
    effect.family_plan.emplace().need = decision.family_paid;
    return effect;
  }
  Booking booking(person, header, request_bytes, now);
  ClaimMoves moves;
  moves.SetPolicy(*input.program);
  moves.admdvs = input.admdvs;
  moves.account_paid = decision.account_paid;
  if (family != nullptr) moves.family = PartsOf(*family, decision.family_paid);
  moves.deltas = decision.deltas;
  moves.terms = TermsAt(reference, header.fixmedins_code(), now);
  BookSettlement(moves, now, &settlement, &booking);
  change(&settlement, &booking);
  return SettleUp(
      reference, header, DuesOfSettlement(settlement), now,
      std::move(booking).Finish(response.SerializeAsString(), v1::SETTLED, settlement.setl_id()));
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

int64_t ClaimCameAt(const PersonEvent& event) {
  const yijie::store::v1::SettledEvent& settled = event.settled();
  if (settled.has_remainder_of()) return settled.remainder_of().as_of_unix_ms();
  if (settled.has_repointed_from()) return settled.repointed_from().as_of_unix_ms();
  return event.time_unix_ms();
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
  YIJIE_ASSIGN_OR_RETURN(const Settlements settlements, Settlements::Read(later));
  if (const int64_t dependent = settlements.LaterDependent(original, person); dependent != 0) {
    YIJIE_ASSIGN_OR_RETURN(found.setl_id, SettlementIdOf(dependent, later));
    found.reason = "该人员此后另有结算使用了相同的累计额，请先撤销最近一次结算";
    return found;
  }
  const auto first_of = [&](int64_t version) { return settlements.FirstOf(version); };
  const int64_t part = LaterPartOfStay(original.version, person.rest->stays(), first_of);
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
  Effect effect = std::move(booking).Finish(reply.reply, reply.outcome, reply.setl_id);
  effect.family_owed = OwedFor(original.event);
  return effect;
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
