#include "engine/payout/offline_claims.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "engine/area/area_book.h"
#include "engine/arrears.h"
#include "engine/payout/allowances.h"
#include "engine/payout/deadlines.h"
#include "engine/payout/payee.h"
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

const std::string& EndOf(const v1::Claim& claim) {
  return claim.enddate().empty() ? claim.begndate() : claim.enddate();
}

Date FiledOn(const v1::Claim& claim, const Moment& now) {
  return claim.filed_on().empty() ? now.day : StoredDay(claim.filed_on());
}

const v1::ReimbursementRules& RulesOf(const Reference& reference, const Person& person,
                                      const v1::Claim& claim, const Moment& now) {
  const BenefitFacts facts(*reference.areas, *person.facts);
  const v1::Coverage* coverage = FindCoverage(facts, claim.insutype(), StoredDay(claim.begndate()));
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

// A benefit is granted once for an injury, and else once for what began on a day; to each dependant
// its own.
bool IsSameBenefit(const OfflineClaim& claim, const v1::Claim& asked,
                   const std::string& payee_certno) {
  if (claim.med_type() != asked.med_type() || claim.injury_no() != asked.injury_no()) return false;
  if (asked.med_type() == kDependantAllowance && claim.payee_certno() != payee_certno) return false;
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
  const v1::Payee* other_payee = nullptr;  // who is paid, if it is not the person
};

struct Evaluated {
  ClaimInput input;
  std::array<Fen, rules::kSubAccounts> account_paid{};
  std::vector<rules::AccumulatorEntry> deltas;
  v1::Settlement settlement;
};

absl::Status Evaluate(const Filing& filing, Evaluated* evaluated) {
  thread_local rules::Decision decision;
  CounterMessage counter{filing.header.fixmedins_code(), filing.header.msgid(), nullptr,
                         filing.terms};
  YIJIE_RETURN_IF_ERROR(EvaluateClaim(filing.reference, "fixmedins_code", filing.fixmedins_code,
                                      filing.claim, &counter, filing.person, filing.now,
                                      &evaluated->input, &decision, &evaluated->settlement));
  evaluated->settlement.set_medins_setl_id(filing.header.msgid());
  if (evaluated->settlement.outcome() != v1::SETTLED) return absl::OkStatus();
  evaluated->account_paid = decision.account_paid;
  evaluated->deltas = decision.deltas;
  return absl::OkStatus();
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
  for (const v1::AllowanceSchedule& schedule : schedules)
    *response->add_schedule() = MaskedForOutput(schedule);
}

// One schedule for each benefit that a fund owes each month.
std::vector<v1::AllowanceSchedule> SchedulesOf(const v1::Settlement& settlement,
                                               const v1::ApplyBenefitRequest& request) {
  const std::string& begin_month = request.begin_month();
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
    schedule.set_pay_day(request.pay_day());
    if (request.has_payee()) *schedule.mutable_payee() = request.payee();
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
  Evaluated evaluated;
  YIJIE_RETURN_IF_ERROR(Evaluate(filing, &evaluated));
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
  const Payee payee = filing.other_payee == nullptr
                          ? PayeeOf(filing.person, filing.now.day)
                          : Payee{&filing.other_payee->account(),
                                  MatchPayeeAccount(*filing.other_payee, filing.now.day)};
  if ((owed_now || filing.terms.paid_by_schedule) && !payee.match.ok())
    return refuse(v1::OFFLINE_ACCOUNT_REFUSED, payee.match.reason);
  YIJIE_RETURN_IF_ERROR(CheckRoomForClaim(filing.person));
  Booking booking(filing.person, filing.header, filing.request_bytes, filing.now);
  BookFiled(filing, evaluated, noted, &booking);
  NewPayouts made;
  const auto& debts = filing.person.rest->payouts().debt();
  made.debts.assign(debts.begin(), debts.end());
  if (owed_now) {
    PayoutTerms terms =
        TermsOf(filing.reference, filing.person, payee, settlement.setl_id(), filing.now);
    if (filing.other_payee != nullptr) terms.other_payee = *filing.other_payee;
    absl::StatusOr<NewPayouts> payouts = MakePayouts(settlement, bill, terms);
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

bool IsOnItsWay(const std::string& claim_id, const PersonPayouts& payouts) {
  return std::any_of(
      payouts.payout().begin(), payouts.payout().end(), [&](const v1::Payout& payout) {
        return payout.source_id() == claim_id && payout.state() == v1::PAYOUT_IN_FILE;
      });
}

Effect RefuseWithdrawal(v1::WithdrawOutcome outcome, std::string reason, v1::Reversal reversal) {
  v1::WithdrawClaimResponse response;
  response.set_outcome(outcome);
  response.set_reason(std::move(reason));
  *response.mutable_reversal() = std::move(reversal);
  return Answer(response.SerializeAsString(), outcome);
}

// The schedules of the claim: every month of them is taken back. True if money of one is on its
// way.
absl::StatusOr<bool> WithdrawSchedules(const std::string& psn_no, const std::string& claim_id,
                                       const Moment& now, SettlingUp* up) {
  bool pending = false;
  for (int i = 0; i < up->after.schedule_size(); ++i) {
    v1::AllowanceSchedule* schedule = up->after.mutable_schedule(i);
    if (ScheduleSource(schedule->schedule_id()) != claim_id) continue;
    v1::AllowanceStop* stop = schedule->add_stop();
    stop->set_reason(v1::CONDITION_LOST);
    stop->set_from_month(schedule->begin_month());
    YIJIE_ASSIGN_OR_RETURN(const MonthsBrought brought,
                           BringUpTo(psn_no, schedule->begin_month(), i, now, up));
    pending = pending || brought.pending;
  }
  return pending;
}

void DropClaimOfVersion(int64_t version, PersonPayouts* payouts) {
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
    if (IsSameBenefit(earlier, claim, request.payee().certno()))
      return Refuse(v1::OFFLINE_GRANTED_BEFORE, "该项待遇此前已核定", response);
  }
  if (!request.has_payee() && NeedsPayee(claim.med_type(), *person.facts))
    return Refuse(v1::OFFLINE_OTHER_PAYEE, "该待遇不能支付到参保人账户，须由近亲属或继承人领取",
                  response);
  if (request.has_payee()) {
    const PayeeMatch match = MatchPayee(request.payee(), *person.facts, claim.med_type(), now.day);
    response.mutable_payee_outcome()->Add(match.wrong.begin(), match.wrong.end());
    if (!match.ok()) return Refuse(v1::OFFLINE_PAYEE_REFUSED, match.reason, response);
  }
  OfflineClaim noted;
  noted.set_fixmedins_code(request.fixmedins_code());
  noted.set_med_type(claim.med_type());
  noted.set_injury_no(claim.injury_no());
  noted.set_begndate(claim.begndate());
  noted.set_payee_certno(request.payee().certno());
  const bool monthly = IsMonthly(claim.med_type());
  const Filing filing = {reference,
                         request.header(),
                         request_bytes,
                         claim,
                         request.fixmedins_code(),
                         FiledClaim{0, monthly},
                         person,
                         now,
                         request.has_payee() ? &request.payee() : nullptr};
  return File(filing, noted, std::move(response), [&](const v1::Settlement& settlement) {
    return monthly ? SchedulesOf(settlement, request) : std::vector<v1::AllowanceSchedule>();
  });
}

void DropOfflineClaim(const std::string& claim_id, const Person& person, PersonPayouts* payouts) {
  const auto version = VersionOfSettlementId(claim_id, person.facts->psn_no());
  if (version) DropClaimOfVersion(*version, payouts);
}

absl::StatusOr<Effect> WithdrawClaim(const Reference& reference,
                                     const v1::WithdrawClaimRequest& request,
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
  const std::string& claim_id = ClaimIdOf(original.event.settled());
  v1::WithdrawClaimResponse response;
  Booking undo(person, request.header(), request_bytes, now);
  YIJIE_RETURN_IF_ERROR(CheckRoomForClaim(person));
  YIJIE_RETURN_IF_ERROR(BookReversal(original, now, &undo, response.mutable_reversal()));
  response.mutable_reversal()->clear_cash_paid_fen();  // the bill at the institution stands
  DropOfflineClaim(claim_id, person, undo.state().mutable_payouts());
  SettlingUp up;
  up.after = undo.state().payouts();
  const bool pending = IsOnItsWay(claim_id, up.after);
  ApplyDueChanges(DuesOfUndo(original.event), now, &up);
  YIJIE_ASSIGN_OR_RETURN(const bool month_pending,
                         WithdrawSchedules(request.psn_no(), claim_id, now, &up));
  if (pending || month_pending) {
    return RefuseWithdrawal(v1::WITHDRAW_PENDING, "支付指令已提交银行，待回执后再撤回",
                            v1::Reversal());
  }
  YIJIE_RETURN_IF_ERROR(InstructIfPayable(reference, undo.next(), now, &up));
  response.set_outcome(v1::WITHDRAWN);
  for (const v1::Payout& payout : up.cancelled) *response.add_payout() = MaskedForOutput(payout);
  for (const v1::BenefitDebt& debt : up.debts) *response.add_debt() = MaskedForOutput(debt);
  Effect effect = std::move(undo).Finish(response.SerializeAsString(), v1::WITHDRAWN,
                                         response.reversal().setl_id());
  return WithPayouts(request.header(), PayoutEvent::WITHDRAWN, std::move(up), now,
                     std::move(effect));
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
