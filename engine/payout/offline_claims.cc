#include "engine/payout/offline_claims.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "engine/area/area_book.h"
#include "engine/claim_input.h"
#include "engine/payout/deadlines.h"
#include "engine/payout/payout_book.h"
#include "engine/payout/payout_state.h"
#include "engine/payout/payout_transactions.h"
#include "engine/settlement_id.h"
#include "engine/stored_day.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using yijie::store::v1::OfflineClaim;
using yijie::store::v1::PayoutEvent;
using yijie::store::v1::PersonPayouts;

constexpr absl::string_view kWorkInjury = "410";
constexpr absl::string_view kDeathBenefit = "INJURY_DEATH";

const std::string& EndOf(const v1::Claim& claim) {
  return claim.enddate().empty() ? claim.begndate() : claim.enddate();
}

Date FiledOn(const v1::Claim& claim, const Moment& now) {
  return claim.filed_on().empty() ? now.day : StoredDay(claim.filed_on());
}

const v1::ReimbursementRules& RulesOf(const Reference& reference, const Person& person,
                                      const v1::Claim& claim, const Moment& now) {
  const v1::Coverage* coverage =
      FindCoverage(*person.facts, claim.insutype(), StoredDay(claim.begndate()));
  if (coverage == nullptr) return AreaBook::Default().reimbursement();
  return reference.areas->Find(coverage->insuplc_admdvs(), FiledOn(claim, now)).reimbursement();
}

int DecisionDays(const v1::Claim& claim) {
  if (claim.insutype() == kWorkInjury) return kInjuryDecisionWorkingDays;
  if (claim.med_type() == "MATERNITY_ALLOWANCE") return kMaternityAllowanceDecisionWorkingDays;
  return kMedicalDecisionWorkingDays;
}

template <typename Response>
void TellDecisionDue(const v1::Claim& claim, const Moment& now, Response* response) {
  const DecisionDue due =
      DecisionDueAfter(FiledOn(claim, now), DecisionDays(claim), WorkCalendar());
  response->set_decision_due(FormatDate(due.day));
  response->set_decision_note(due.note);
}

template <typename Response>
Effect Refuse(v1::OfflineOutcome outcome, std::string reason, Response response) {
  response.set_outcome(outcome);
  response.set_reason(std::move(reason));
  return Answer(response.SerializeAsString(), outcome);
}

absl::string_view NameOf(v1::ReimbursementRules::Paper paper) {
  switch (paper) {
    case v1::ReimbursementRules::RECEIPT:
      return "收费票据";
    case v1::ReimbursementRules::FEE_LIST:
      return "费用清单";
    case v1::ReimbursementRules::DIAGNOSIS:
      return "诊断证明";
    case v1::ReimbursementRules::MEDICAL_RECORD:
      return "病历资料";
    default:
      return "材料";
  }
}

// Papers the area asks for that were not presented, by name.
std::vector<absl::string_view> MissingPapers(const v1::ReimbursementRules& rules,
                                             const v1::ReimburseRequest& request) {
  std::vector<absl::string_view> missing;
  for (const int wanted : rules.paper()) {
    if (std::find(request.paper().begin(), request.paper().end(), wanted) == request.paper().end())
      missing.push_back(NameOf(static_cast<v1::ReimbursementRules::Paper>(wanted)));
  }
  return missing;
}

bool IsSameBill(const OfflineClaim& claim, const v1::ReimburseRequest& request) {
  if (claim.fixmedins_code() != request.fixmedins_code() || !claim.med_type().empty()) return false;
  const std::string& visit = request.claim().mdtrt_id();
  return claim.receipt_no() == request.receipt_no() ||
         (!visit.empty() && claim.mdtrt_id() == visit);
}

// A benefit is granted once for an injury, and else once for what began on a day.
bool IsSameBenefit(const OfflineClaim& claim, const v1::Claim& asked) {
  if (claim.med_type() != asked.med_type() || claim.injury_no() != asked.injury_no()) return false;
  return !asked.injury_no().empty() || claim.begndate() == asked.begndate();
}

// A claim on its way to a commit.
struct Filing {
  const Reference& reference;
  const v1::MessageHeader& header;
  const std::string& request_bytes;
  const v1::Claim& claim;
  const std::string& fixmedins_code;  // institution of the bill
  FiledClaim terms;
  const Person& person;
  const Moment& now;
};

struct Evaluated {
  ClaimInput input;
  std::array<Fen, rules::kSubAccounts> account_paid{};
  std::vector<rules::AccumulatorEntry> deltas;
  v1::Settlement settlement;
};

absl::StatusOr<Evaluated> Evaluate(const Filing& filing) {
  Evaluated evaluated;
  thread_local rules::Decision decision;
  CounterMessage counter{filing.header.fixmedins_code(), filing.header.msgid(), nullptr,
                         filing.terms};
  YIJIE_RETURN_IF_ERROR(EvaluateClaim(filing.reference, "fixmedins_code", filing.fixmedins_code,
                                      filing.claim, &counter, filing.person, filing.now,
                                      &evaluated.input, &decision, &evaluated.settlement));
  evaluated.settlement.set_medins_setl_id(filing.header.msgid());
  if (evaluated.settlement.outcome() != v1::SETTLED) return evaluated;
  evaluated.account_paid = decision.account_paid;
  evaluated.deltas = decision.deltas;
  return evaluated;
}

// Books the settlement of a filed claim: the version to come has it, without its reply.
void BookFiled(const Filing& filing, Evaluated& evaluated, const OfflineClaim& noted,
               Booking* booking) {
  ClaimMoves moves;
  moves.SetPolicy(*evaluated.input.program);
  moves.admdvs = evaluated.input.admdvs;
  moves.account_paid = evaluated.account_paid;
  moves.deltas = evaluated.deltas;
  moves.filed = filing.terms;
  if (evaluated.settlement.amounts().medfee_sumamt_fen() > 0)
    moves.cash_paid = Fen(evaluated.settlement.amounts().medfee_sumamt_fen());
  BookSettlement(moves, filing.now, &evaluated.settlement, booking);
  *booking->event().mutable_settled()->mutable_claim() = filing.claim;
  OfflineClaim* added = booking->state().mutable_payouts()->add_offline_claim();
  *added = noted;
  added->set_version(booking->next().version);
}

// The effect of the version in `settled` and, if anything is to be instructed, of one after it.
// `made` and `schedules` go into the state of the second.
absl::StatusOr<Effect> FinishFiled(const Filing& filing, Booking settled, const std::string& reply,
                                   const std::string& setl_id, NewPayouts made,
                                   std::vector<v1::AllowanceSchedule> schedules) {
  const PersonPayouts& before = filing.person.rest->payouts();
  PersonPayouts after = settled.state().payouts();
  for (v1::Payout& payout : made.payouts) *after.add_payout() = std::move(payout);
  for (v1::AllowanceSchedule& schedule : schedules) *after.add_schedule() = std::move(schedule);
  after.mutable_debt()->Assign(made.debts.begin(), made.debts.end());
  YIJIE_RETURN_IF_ERROR(CheckRoomForPayouts(after));
  std::vector<storage::RowWrite> rows = PayoutRows(filing.person.facts->psn_no(), before, after);
  const bool instructs = after.payout_size() > before.payout_size() || !schedules.empty();
  if (!instructs) return std::move(settled).Finish(reply, v1::OFFLINE_DONE, setl_id);
  Effect effect;
  effect.earlier.push_back(std::move(settled).Finish(reply));
  const Person& between = effect.earlier.back().next;
  Booking instructed(between, filing.header, "", filing.now);
  Post(made.journal, &instructed);
  BookPayouts(PayoutEvent::INSTRUCTED, std::move(after), filing.now, &instructed);
  BookedVersion last = std::move(instructed).Finish("");
  effect.moves = true;
  effect.reply = reply;
  effect.answered_by = between.version;
  effect.next = std::move(last.next);
  effect.event = std::move(last.event);
  effect.rows = std::move(rows);
  effect.outcome = v1::OFFLINE_DONE;
  effect.setl_id = setl_id;
  return effect;
}

void AddSchedules(const std::vector<v1::AllowanceSchedule>& /*none*/,
                  v1::ReimburseResponse* /*response*/) {}
void AddSchedules(const std::vector<v1::AllowanceSchedule>& schedules,
                  v1::ApplyBenefitResponse* response) {
  response->mutable_schedule()->Assign(schedules.begin(), schedules.end());
}

// One schedule for each benefit that a fund owes each month.
std::vector<v1::AllowanceSchedule> SchedulesOf(const v1::Settlement& settlement,
                                               const std::string& begin_month, int32_t pay_day) {
  std::vector<v1::AllowanceSchedule> schedules;
  for (const v1::BenefitPayment& benefit : settlement.benefit()) {
    if (benefit.fund_pay_type().empty() || benefit.amount_fen() == 0) continue;
    v1::AllowanceSchedule& schedule = schedules.emplace_back();
    schedule.set_schedule_id(
        MakePayoutId(settlement.setl_id(), static_cast<int>(schedules.size())));
    schedule.set_kind(PayoutKindOf(settlement.med_type()));
    schedule.set_label(benefit.label());
    schedule.set_fund_pay_type(benefit.fund_pay_type());
    schedule.set_begin_month(begin_month);
    schedule.set_pay_day(pay_day);
    v1::AllowanceRate* rate = schedule.add_rate();
    rate->set_from_month(begin_month);
    rate->set_amount_fen(benefit.amount_fen());
  }
  return schedules;
}

// The settlement a schedule comes from.
absl::string_view ScheduleSource(absl::string_view schedule_id) {
  constexpr size_t kSettlementIdChars = 30;
  return schedule_id.substr(0, std::min(kSettlementIdChars, schedule_id.size()));
}

// Something goes to the person's bank account at once.
bool IsOwedNow(const v1::Settlement& settlement, bool bill, bool by_schedule) {
  const bool benefit =
      !by_schedule && std::any_of(settlement.benefit().begin(), settlement.benefit().end(),
                                  [](const v1::BenefitPayment& each) {
                                    return !each.fund_pay_type().empty() && each.amount_fen() > 0;
                                  });
  return benefit || (bill && settlement.amounts().fund_pay_sumamt_fen() > 0);
}

absl::Status CheckRoomForClaim(const Person& person) {
  constexpr int64_t kVersions = 2;
  if (person.version <= kMaxVersion - kVersions) return absl::OkStatus();
  return absl::ResourceExhaustedError("claim.psn_no: the person has too many records");
}

// What both calls do after their own checks. `schedules_of` makes the schedules of the settlement.
template <typename Response, typename MakeSchedules>
absl::StatusOr<Effect> File(const Filing& filing, const OfflineClaim& noted, Response response,
                            const MakeSchedules& make_schedules) {
  const bool bill = filing.claim.medfee_sumamt_fen() > 0;
  YIJIE_ASSIGN_OR_RETURN(Evaluated evaluated, Evaluate(filing));
  v1::Settlement& settlement = evaluated.settlement;
  const auto refuse = [&](v1::OfflineOutcome outcome, std::string reason) {
    return Refuse(outcome, std::move(reason), response);
  };
  if (settlement.outcome() != v1::SETTLED) {
    *response.mutable_settlement() = settlement;
    return refuse(v1::OFFLINE_CLAIM_REFUSED, settlement.reason());
  }
  if (settlement.amounts().hosp_part_amt_fen() != 0)
    return refuse(v1::OFFLINE_HOSPITAL_SHARE, "该费用按定额与医院结算，不能凭票据报销，请人工核定");
  const bool owed_now = IsOwedNow(settlement, bill, filing.terms.paid_by_schedule);
  const Payee payee = PayeeOf(filing.person, filing.now.day);
  if ((owed_now || filing.terms.paid_by_schedule) && !payee.match.ok())
    return refuse(v1::OFFLINE_ACCOUNT_REFUSED, payee.match.reason);
  YIJIE_RETURN_IF_ERROR(CheckRoomForClaim(filing.person));
  Booking booking(filing.person, filing.header, filing.request_bytes, filing.now);
  BookFiled(filing, evaluated, noted, &booking);
  NewPayouts made;
  const auto& debts = filing.person.rest->payouts().debt();
  made.debts.assign(debts.begin(), debts.end());
  if (owed_now) {
    absl::StatusOr<NewPayouts> payouts = MakePayouts(
        settlement, bill,
        TermsOf(filing.reference, filing.person, payee, settlement.setl_id(), filing.now));
    if (absl::IsFailedPrecondition(payouts.status()))
      return refuse(v1::OFFLINE_NO_PAYER, "该基金没有支出户，不能支付");
    YIJIE_RETURN_IF_ERROR(payouts.status());
    made = *std::move(payouts);
  }
  std::vector<v1::AllowanceSchedule> schedules = make_schedules(settlement);
  *response.mutable_settlement() = settlement;
  response.set_outcome(v1::OFFLINE_DONE);
  for (const v1::Payout& payout : made.payouts) *response.add_payout() = MaskedForOutput(payout);
  AddSchedules(schedules, &response);
  return FinishFiled(filing, std::move(booking), response.SerializeAsString(), settlement.setl_id(),
                     std::move(made), std::move(schedules));
}

// --- Withdrawal

// Payouts that come from the settlement.
std::vector<int> PayoutsOf(const std::string& setl_id, const PersonPayouts& payouts) {
  std::vector<int> found;
  for (int i = 0; i < payouts.payout_size(); ++i) {
    const v1::Payout& payout = payouts.payout(i);
    if (payout.source_id() == setl_id && payout.source_item().empty() &&
        payout.state() != v1::PAYOUT_CANCELLED) {
      found.push_back(i);
    }
  }
  return found;
}

Effect RefuseWithdrawal(v1::WithdrawOutcome outcome, std::string reason, v1::Reversal reversal) {
  v1::WithdrawClaimResponse response;
  response.set_outcome(outcome);
  response.set_reason(std::move(reason));
  *response.mutable_reversal() = std::move(reversal);
  return Answer(response.SerializeAsString(), outcome);
}

// What undoing a claim does to the person's payouts.
struct Withdrawal {
  PersonPayouts after;
  std::vector<Posting> journal;
  bool pending = false;
};

// The settlement's own payouts: their money comes from PERSON_CLEARING, to which the undo gives the
// expense back.
void WithdrawPayouts(const std::string& setl_id, const Moment& now, Withdrawal* out,
                     v1::WithdrawClaimResponse* response) {
  for (const int index : PayoutsOf(setl_id, out->after)) {
    v1::Payout* payout = out->after.mutable_payout(index);
    if (payout->state() == v1::PAYOUT_IN_FILE) {
      out->pending = true;
    } else if (IsCancellable(*payout)) {
      CancelAndOweAgain(payout, &out->after);
      const std::vector<Posting> lines = Opposite(PostInstructed(*payout));
      out->journal.insert(out->journal.end(), lines.begin(), lines.end());
      *response->add_payout() = MaskedForOutput(*payout);
    } else {  // paid
      v1::BenefitDebt debt;
      debt.set_debt_id(payout->payout_id());
      debt.set_since(FormatDate(now.day));
      debt.set_amount_fen(payout->gross_fen());
      AddDebt(debt, &out->after);
      *response->add_debt() = std::move(debt);
    }
  }
}

// The settlement's schedules: every month of them is taken back.
absl::Status WithdrawSchedules(const std::string& psn_no, const std::string& setl_id,
                               const Moment& now, Withdrawal* out,
                               v1::WithdrawClaimResponse* response) {
  for (int i = 0; i < out->after.schedule_size(); ++i) {
    v1::AllowanceSchedule* schedule = out->after.mutable_schedule(i);
    if (ScheduleSource(schedule->schedule_id()) != setl_id) continue;
    v1::AllowanceStop* stop = schedule->add_stop();
    stop->set_reason(v1::CONDITION_LOST);
    stop->set_from_month(schedule->begin_month());
    std::vector<MonthDue> none;
    YIJIE_ASSIGN_OR_RETURN(
        const MonthsTakenBack taken,
        AdvanceAndTakeBack(psn_no, schedule->begin_month(), i, now, &out->after, &none));
    out->pending = out->pending || taken.pending;
    out->journal.insert(out->journal.end(), taken.journal.begin(), taken.journal.end());
    for (const v1::Payout& payout : taken.cancelled)
      *response->add_payout() = MaskedForOutput(payout);
    for (const v1::BenefitDebt& debt : taken.debts) *response->add_debt() = debt;
  }
  return absl::OkStatus();
}

void DropOfflineClaim(int64_t version, PersonPayouts* payouts) {
  auto& claims = *payouts->mutable_offline_claim();
  claims.erase(
      std::remove_if(claims.begin(), claims.end(),
                     [version](const OfflineClaim& claim) { return claim.version() == version; }),
      claims.end());
}

}  // namespace

absl::StatusOr<Effect> Reimburse(const Reference& reference, const v1::ReimburseRequest& request,
                                 const std::string& request_bytes, bool settled_directly,
                                 const Person& person, const Moment& now) {
  const v1::Claim& claim = request.claim();
  const v1::ReimbursementRules& rules = RulesOf(reference, person, claim, now);
  v1::ReimburseResponse response;
  TellDecisionDue(claim, now, &response);
  const std::optional<Date> last_day =
      LastFilingDay(StoredDay(EndOf(claim)), {rules.filing_deadline_months(), 0, 0});
  if (last_day) response.set_last_filing_day(FormatDate(*last_day));
  const std::vector<absl::string_view> missing = MissingPapers(rules, request);
  if (!missing.empty()) {
    return Refuse(v1::OFFLINE_PAPERS_MISSING, absl::StrCat("缺少", absl::StrJoin(missing, "、")),
                  response);
  }
  if (last_day && FiledOn(claim, now) > *last_day) {
    return Refuse(v1::OFFLINE_TOO_LATE,
                  absl::StrCat("应于", FormatDate(*last_day), "前申报，已超过期限"), response);
  }
  for (const OfflineClaim& earlier : person.rest->payouts().offline_claim()) {
    if (IsSameBill(earlier, request))
      return Refuse(v1::OFFLINE_REIMBURSED_BEFORE, "该票据或就诊此前已报销", response);
  }
  if (settled_directly)
    return Refuse(v1::OFFLINE_SETTLED_DIRECTLY, "该就诊已联网直接结算", response);
  OfflineClaim noted;
  noted.set_fixmedins_code(request.fixmedins_code());
  noted.set_receipt_no(request.receipt_no());
  noted.set_mdtrt_id(claim.mdtrt_id());
  noted.set_begndate(claim.begndate());
  const Filing filing = {reference,
                         request.header(),
                         request_bytes,
                         claim,
                         request.fixmedins_code(),
                         FiledClaim{rules.reduction_1e6(), false},
                         person,
                         now};
  return File(filing, noted, std::move(response),
              [](const v1::Settlement&) { return std::vector<v1::AllowanceSchedule>(); });
}

absl::StatusOr<Effect> ApplyBenefit(const Reference& reference,
                                    const v1::ApplyBenefitRequest& request,
                                    const std::string& request_bytes, const Person& person,
                                    const Moment& now) {
  const v1::Claim& claim = request.claim();
  v1::ApplyBenefitResponse response;
  TellDecisionDue(claim, now, &response);
  for (const OfflineClaim& earlier : person.rest->payouts().offline_claim()) {
    if (IsSameBenefit(earlier, claim))
      return Refuse(v1::OFFLINE_GRANTED_BEFORE, "该项待遇此前已核定", response);
  }
  if (claim.med_type() == kDeathBenefit)
    return Refuse(v1::OFFLINE_OTHER_PAYEE, "工亡待遇由近亲属领取，不能支付到参保人账户", response);
  OfflineClaim noted;
  noted.set_fixmedins_code(request.fixmedins_code());
  noted.set_med_type(claim.med_type());
  noted.set_injury_no(claim.injury_no());
  noted.set_begndate(claim.begndate());
  const bool monthly = IsMonthly(claim.med_type());
  const Filing filing = {reference,
                         request.header(),
                         request_bytes,
                         claim,
                         request.fixmedins_code(),
                         FiledClaim{0, monthly},
                         person,
                         now};
  return File(filing, noted, std::move(response), [&](const v1::Settlement& settlement) {
    return monthly ? SchedulesOf(settlement, request.begin_month(), request.pay_day())
                   : std::vector<v1::AllowanceSchedule>();
  });
}

absl::StatusOr<Effect> WithdrawClaim(const v1::WithdrawClaimRequest& request,
                                     const std::string& request_bytes,
                                     const SettledRecord& original,
                                     const std::vector<storage::PersonVersion>& later,
                                     const Person& person, const Moment& now) {
  // The rules of order are those of every undo; only what comes of it is other.
  YIJIE_ASSIGN_OR_RETURN(const Effect order,
                         Reverse(request.header(), request_bytes, original, later, person, now));
  if (!order.moves) {
    v1::ReverseResponse refusal;
    if (!refusal.ParseFromString(order.reply))
      return absl::InternalError("the answer of an undo cannot be read");
    const std::string reason = refusal.reversal().reason();
    return RefuseWithdrawal(v1::WITHDRAW_REFUSED, reason, std::move(*refusal.mutable_reversal()));
  }
  if (original.event.settled().corrects_version() != 0) {
    return RefuseWithdrawal(v1::WITHDRAW_CORRECTED, "该申报已因信息更正重新结算，须人工办理",
                            v1::Reversal());
  }
  v1::WithdrawClaimResponse response;
  Withdrawal withdrawal;
  withdrawal.after = person.rest->payouts();
  WithdrawPayouts(request.setl_id(), now, &withdrawal, &response);
  YIJIE_RETURN_IF_ERROR(
      WithdrawSchedules(request.psn_no(), request.setl_id(), now, &withdrawal, &response));
  if (withdrawal.pending) {
    return RefuseWithdrawal(v1::WITHDRAW_PENDING, "支付指令已提交银行，待回执后再撤回",
                            v1::Reversal());
  }
  YIJIE_RETURN_IF_ERROR(CheckRoomForClaim(person));
  Booking undo(person, request.header(), request_bytes, now);
  YIJIE_RETURN_IF_ERROR(BookReversal(original, now, &undo, response.mutable_reversal()));
  response.set_outcome(v1::WITHDRAWN);
  DropOfflineClaim(original.version, &withdrawal.after);
  DropOfflineClaim(original.version, undo.state().mutable_payouts());
  std::vector<storage::RowWrite> rows =
      PayoutRows(request.psn_no(), person.rest->payouts(), withdrawal.after);
  Effect effect;
  effect.reply = response.SerializeAsString();
  effect.setl_id = response.reversal().setl_id();
  effect.outcome = v1::WITHDRAWN;
  effect.moves = true;
  effect.rows = std::move(rows);
  BookedVersion undone = std::move(undo).Finish(effect.reply);
  effect.answered_by = undone.next.version;
  effect.earlier.push_back(std::move(undone));
  Booking payouts(effect.earlier.back().next, request.header(), "", now);
  Post(withdrawal.journal, &payouts);
  BookPayouts(PayoutEvent::WITHDRAWN, std::move(withdrawal.after), now, &payouts);
  BookedVersion last = std::move(payouts).Finish("");
  effect.next = std::move(last.next);
  effect.event = std::move(last.event);
  return effect;
}

absl::StatusOr<bool> WasSettledDirectly(const std::vector<storage::PersonVersion>& versions,
                                        const Person& person, const std::string& fixmedins_code,
                                        const std::string& mdtrt_id) {
  if (mdtrt_id.empty()) return false;
  for (const storage::PersonVersion& version : versions) {
    if (person.ReversedBy(version.version) != 0) continue;
    YIJIE_ASSIGN_OR_RETURN(const store::v1::PersonEvent event, ParseEvent(version));
    if (!event.has_settled() || !event.settled().bill_institution().empty() ||
        event.fixmedins_code() != fixmedins_code) {
      continue;
    }
    YIJIE_ASSIGN_OR_RETURN(const v1::Settlement settlement, StoredSettlement(event));
    if (settlement.mdtrt_id() == mdtrt_id) return true;
  }
  return false;
}

}  // namespace yijie::engine
