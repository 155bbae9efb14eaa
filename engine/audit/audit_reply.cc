#include "engine/audit/audit_reply.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {
namespace {

using absl::int128;
using store::v1::JournalLine;
using store::v1::LedgerAccount;
using store::v1::PersonEvent;

int128 Sum(std::initializer_list<int64_t> amounts) {
  int128 sum = 0;
  for (const int64_t amount : amounts) sum += amount;
  return sum;
}

// Sum of the journal lines of an account by subject, without those that are 0.
std::map<std::string, int128> BySubject(const PersonEvent& event, LedgerAccount account) {
  std::map<std::string, int128> sums;
  for (const JournalLine& line : event.journal()) {
    if (line.account() == account && line.amount_fen() != 0) {
      sums[line.subject()] += line.amount_fen();
    }
  }
  return sums;
}

int128 Total(const std::map<std::string, int128>& sums) {
  int128 total = 0;
  for (const auto& [subject, sum] : sums) total += sum;
  return total;
}

// That the bill is from.
const std::string& InstitutionOf(const PersonEvent& event) {
  const store::v1::CrossPart& cross = event.settled().cross();
  if (cross.at_insured_place() || cross.at_gateway())
    return cross.bill().institution().fixmedins_code();
  const std::string& of_filed = event.settled().bill_institution();
  return of_filed.empty() ? event.fixmedins_code() : of_filed;
}

// What funds owe the person apart from the bill, by fund, if it is journalled.
std::map<std::string, int128> BenefitsPosted(const PersonEvent& event,
                                             const v1::Settlement& settlement) {
  std::map<std::string, int128> funds;
  const store::v1::SettledEvent& settled = event.settled();
  const bool posted = settled.bill_institution().empty()
                          ? settled.settled_up() && !settled.benefits_told_only()
                          : !settled.paid_by_schedule();
  if (!posted) return funds;
  for (const v1::BenefitPayment& benefit : settlement.benefit()) {
    if (!benefit.fund_pay_type().empty()) funds[benefit.fund_pay_type()] += benefit.amount_fen();
  }
  return funds;
}

// The identities of settlement.proto.
void CheckIdentities(const v1::Amounts& a, const FindingSink& add) {
  const int128 total = a.medfee_sumamt_fen();
  const int128 funds = a.fund_pay_sumamt_fen();
  if (total != Sum({a.fulamt_ownpay_amt_fen(), a.overlmt_selfpay_fen(), a.preselfpay_amt_fen(),
                    a.inscp_scp_amt_fen()})) {
    add("medfee_sumamt is not fulamt_ownpay_amt + overlmt_selfpay + preselfpay_amt + "
        "inscp_scp_amt");
  }
  if (total != funds + Sum({a.hosp_part_amt_fen(), a.psn_part_amt_fen()})) {
    add("medfee_sumamt is not fund_pay_sumamt + hosp_part_amt + psn_part_amt");
  }
  if (a.psn_part_amt_fen() !=
      Sum({a.acct_pay_fen(), a.acct_mulaid_pay_fen(), a.psn_cash_pay_fen()})) {
    add("psn_part_amt is not acct_pay + acct_mulaid_pay + psn_cash_pay");
  }
  if (funds != Sum({a.hifp_pay_fen(), a.cvlserv_pay_fen(), a.hifes_pay_fen(), a.hifmi_pay_fen(),
                    a.hifob_pay_fen(), a.maf_pay_fen(), a.oth_pay_fen()})) {
    add("fund_pay_sumamt is not the sum of the funds");
  }
  const auto* const fields = v1::Amounts::descriptor();
  for (int i = 0; i < fields->field_count(); ++i) {
    const auto* const field = fields->field(i);
    if (field->number() != v1::Amounts::kHospPartAmtFenFieldNumber &&
        a.GetReflection()->GetInt64(a, field) < 0) {
      add(absl::StrCat(field->name(), " is negative"));
    }
  }
}

// The buckets of the lines add up to those of the claim.
void CheckLines(const v1::Settlement& settlement, const FindingSink& add) {
  if (settlement.line().empty()) return;
  int128 ownpay = 0;
  int128 overlimit = 0;
  int128 prepay = 0;
  int128 in_scope = 0;
  for (const v1::LineResult& line : settlement.line()) {
    ownpay += line.fulamt_ownpay_amt_fen();
    overlimit += line.overlmt_amt_fen();
    prepay += line.preselfpay_amt_fen();
    in_scope += line.inscp_scp_amt_fen();
  }
  const v1::Amounts& a = settlement.amounts();
  if (ownpay != a.fulamt_ownpay_amt_fen() || overlimit != a.overlmt_selfpay_fen() ||
      prepay != a.preselfpay_amt_fen() || in_scope != a.inscp_scp_amt_fen()) {
    add("the lines of the bill do not add up to the amounts");
  }
}

// A fund is named by its code of six digits, the employer by none.
bool IsPayerOfBenefit(const std::string& fund_pay_type) {
  constexpr size_t kCodeSize = 6;
  return fund_pay_type.empty() ||
         (fund_pay_type.size() == kCodeSize &&
          std::all_of(fund_pay_type.begin(), fund_pay_type.end(), absl::ascii_isdigit));
}

// What benefits are in themselves; BenefitsPosted says which of them are journalled.
void CheckBenefits(const v1::Settlement& settlement, const FindingSink& add) {
  for (const v1::BenefitPayment& benefit : settlement.benefit()) {
    if (benefit.amount_fen() <= 0) add("the amount of a benefit is not above 0");
    if (benefit.label().empty()) add("a benefit has no label");
    if (!IsPayerOfBenefit(benefit.fund_pay_type())) {
      add("fund_pay_type of a benefit is neither a code of six digits nor empty");
    }
  }
}

void CheckBenefitsTakenBack(const MoneyOfReply& original, const v1::Reversal& reversal,
                            const FindingSink& add) {
  const bool negated = std::equal(
      original.benefits.begin(), original.benefits.end(), reversal.benefit().begin(),
      reversal.benefit().end(), [](const v1::BenefitPayment& then, const v1::BenefitPayment& now) {
        return now.step() == then.step() && now.label() == then.label() &&
               now.fund_pay_type() == then.fund_pay_type() &&
               int128(now.amount_fen()) == -int128(then.amount_fen());
      });
  if (!negated) add("the benefits in the reply are not the negated ones of the settlement");
}

// What of `paid`, all that the institution is owed, is held back under the terms of the event.
int128 HeldBack(const store::v1::SettledEvent& settled, int128 paid, int128 account_part) {
  constexpr int64_t kOne = 1'000'000;
  const int128 base = settled.account_part_subject_to_deposit() ? paid : paid - account_part;
  if (base <= 0) return 0;
  return (base * settled.quality_deposit_1e6() + kOne / 2) / kOne;
}

// `paid` is owed to the institution in two parts: what is payable, and what is held back.
void CheckShares(const PersonEvent& event, int128 paid, int128 account_part,
                 const FindingSink& add) {
  const int128 held = HeldBack(event.settled(), paid, account_part);
  const auto credit = [&event](int128 amount) {
    std::map<std::string, int128> sums;
    if (amount != 0) sums[InstitutionOf(event)] = -amount;
    return sums;
  };
  if (BySubject(event, store::v1::QUALITY_DEPOSIT) != credit(held)) {
    add("the QUALITY_DEPOSIT line of the journal is not the share the terms hold back");
  }
  if (BySubject(event, store::v1::INSTITUTION_PAYABLE) != credit(paid - held)) {
    add("the INSTITUTION_PAYABLE line of the journal is not what funds and account pay to the "
        "institution");
  }
}

// The journal posts what the reply says.
void CheckJournal(const PersonEvent& event, const v1::Settlement& settlement,
                  const FindingSink& add) {
  const v1::Amounts& a = settlement.amounts();
  std::map<std::string, int128> funds;
  for (const v1::FundPayment& payment : settlement.setldetail()) {
    if (payment.fund_payamt_fen() != 0) {
      funds[payment.fund_pay_type()] += payment.fund_payamt_fen();
    }
  }
  if (Total(funds) != a.fund_pay_sumamt_fen()) add("setldetail does not add up to fund_pay_sumamt");
  const std::map<std::string, int128> benefits = BenefitsPosted(event, settlement);
  for (const auto& [fund, amount] : benefits) funds[fund] += amount;
  if (BySubject(event, store::v1::FUND_EXPENSE) != funds) {
    add("FUND_EXPENSE lines of the journal are not setldetail");
  }
  if (Total(BySubject(event, store::v1::PERSONAL_ACCOUNT)) != a.acct_pay_fen()) {
    add("PERSONAL_ACCOUNT lines of the journal are not acct_pay");
  }
  std::map<std::string, int128> family;
  for (const store::v1::FamilyPart& part : event.settled().family())
    family[part.giver_psn_no()] += part.paid_fen();
  if (BySubject(event, store::v1::FAMILY_CLEARING) != family ||
      Total(family) != a.acct_mulaid_pay_fen())
    add("FAMILY_CLEARING lines of the journal are not the parts of relatives or not "
        "acct_mulaid_pay");
  std::map<std::string, int128> clearing;
  int128 owed_to_person = Total(benefits);
  const int128 account_part = Sum({a.acct_pay_fen(), a.acct_mulaid_pay_fen()});
  int128 paid = a.fund_pay_sumamt_fen() + account_part;
  if (event.settled().cash_given()) {
    const int128 too_much = int128(event.settled().cash_paid_fen()) - a.psn_cash_pay_fen();
    paid -= too_much;
    owed_to_person += too_much;
  }
  if (owed_to_person != 0) clearing[settlement.psn_no()] = -owed_to_person;
  if (BySubject(event, store::v1::PERSON_CLEARING) != clearing) {
    add("the PERSON_CLEARING line of the journal is not the difference between cash paid and "
        "psn_cash_pay, and the benefits");
  }
  if (event.settled().has_cross()) {
    std::map<std::string, int128> owed;
    if (paid != 0) owed[event.settled().cross().peer_admdvs()] = -paid;
    if (BySubject(event, store::v1::CROSS_PAYABLE) != owed)
      add("the CROSS_PAYABLE line of the journal is not what funds and account pay");
  } else {
    CheckShares(event, paid, account_part, add);
  }
  if (!BySubject(event, store::v1::ACCOUNT_FUNDING).empty()) {
    add("a settlement has an ACCOUNT_FUNDING line");
  }
}

// The bill of a visitor (异地就医): funds and account pay elsewhere, and that place owes it.
void CheckVisitorJournal(const PersonEvent& event, const v1::Settlement& settlement,
                         const FindingSink& add) {
  const v1::Amounts& a = settlement.amounts();
  const int128 account_part = Sum({a.acct_pay_fen(), a.acct_mulaid_pay_fen()});
  const int128 paid = a.fund_pay_sumamt_fen() + account_part;
  std::map<std::string, int128> owed;
  if (paid != 0) owed[event.settled().cross().peer_admdvs()] = paid;
  if (BySubject(event, store::v1::CROSS_RECEIVABLE) != owed)
    add("the CROSS_RECEIVABLE line of the journal is not what funds and account pay");
  if (!BySubject(event, store::v1::FUND_EXPENSE).empty() ||
      !BySubject(event, store::v1::PERSONAL_ACCOUNT).empty())
    add("the bill of a visitor is paid from funds or accounts of this place");
  CheckShares(event, paid, account_part, add);
}

// What a gateway passed on (异地就医网关): the insured place owes it, the place of care is owed it.
void CheckPassedOnJournal(const PersonEvent& event, const v1::Settlement& settlement,
                          const FindingSink& add) {
  const v1::Amounts& a = settlement.amounts();
  const int128 paid = a.fund_pay_sumamt_fen() + Sum({a.acct_pay_fen(), a.acct_mulaid_pay_fen()});
  const store::v1::CrossPart& part = event.settled().cross();
  std::map<std::string, int128> from, to;
  if (paid != 0) from[part.own_admdvs()] = paid;
  if (paid != 0) to[part.peer_admdvs()] = -paid;
  if (BySubject(event, store::v1::CROSS_RECEIVABLE) != from ||
      BySubject(event, store::v1::CROSS_PAYABLE) != to)
    add("the lines of the journal are not what funds and account pay, from the insured place to "
        "the place of care");
  const bool others =
      std::any_of(event.journal().begin(), event.journal().end(), [](const JournalLine& line) {
        return line.account() != store::v1::CROSS_RECEIVABLE &&
               line.account() != store::v1::CROSS_PAYABLE;
      });
  if (others) add("a gateway moved other money than that between two areas");
}

bool IsPassedOn(const PersonEvent& event) {
  return event.settled().cross().at_gateway() || event.reversed().cross().at_gateway();
}

bool IsOfVisitor(const PersonEvent& event) {
  const auto visits = [](const store::v1::CrossPart& part) {
    return !part.resv_id().empty() && !part.at_insured_place() && !part.at_gateway();
  };
  return visits(event.settled().cross()) || visits(event.reversed().cross());
}

// The person of a visitor is kept under another name, with the insured area; what a gateway passed
// on under the reservation.
bool IsPersonOf(const ReplyContext& context, const v1::Settlement& settlement) {
  if (IsPassedOn(context.event)) {
    const store::v1::CrossPart& part = context.event.settled().cross();
    return context.psn_no == absl::StrCat(settlement.resv_id(), "@", part.peer_admdvs());
  }
  return context.psn_no == (IsOfVisitor(context.event) ? absl::StrCat(settlement.psn_no(), "@",
                                                                      settlement.insuplc_admdvs())
                                                       : settlement.psn_no());
}

// The institution's message id; across areas the insured place has the reservation for it.
bool IsMessageOf(const PersonEvent& event, const v1::Settlement& settlement) {
  const store::v1::CrossPart& cross = event.settled().cross();
  const bool by_reservation = cross.at_insured_place() || cross.at_gateway();
  return (by_reservation ? settlement.resv_id() : settlement.medins_setl_id()) == event.msgid();
}

// What every reply about a person's money carries; balances are those of accounts kept here.
template <typename Reply>
void CheckBalances(const ReplyContext& context, const Reply& reply, const FindingSink& add) {
  if (IsPassedOn(context.event)) return;  // those of the insured place
  if (!IsOfVisitor(context.event) && (reply.balc_before_fen() != context.balance_before ||
                                      reply.balc_fen() != context.balance_after)) {
    add("balances in the reply are not those of the account");
  }
  if (reply.version() != context.version) add("version in the reply is not this one");
}

}  // namespace

void CheckSettleReply(const ReplyContext& context, const FindingSink& add, MoneyOfReply& money) {
  const PersonEvent& event = context.event;
  v1::SettleResponse reply;
  if (!reply.ParseFromString(event.reply())) {
    add("the reply cannot be read");
    return;
  }
  const v1::Settlement& settlement = reply.settlement();
  money.amounts = settlement.amounts();
  money.benefits = settlement.benefit();
  money.cash_paid_fen = event.settled().cash_given() ? event.settled().cash_paid_fen()
                                                     : money.amounts.psn_cash_pay_fen();
  if (settlement.outcome() != v1::SETTLED) add("the outcome in the reply is not SETTLED");
  if (settlement.setl_id() != event.settled().setl_id() || !IsPersonOf(context, settlement) ||
      settlement.insutype() != event.settled().insutype() ||
      settlement.fixmedins_code() != InstitutionOf(event) || !IsMessageOf(event, settlement) ||
      settlement.clr_date() != event.clr_date()) {
    add("setl_id, psn_no, insutype, fixmedins_code, medins_setl_id or clr_date in the reply is not "
        "that of the event");
  }
  CheckIdentities(money.amounts, add);
  CheckLines(settlement, add);
  CheckBenefits(settlement, add);
  if (IsPassedOn(event)) {
    CheckPassedOnJournal(event, settlement, add);
  } else if (IsOfVisitor(event)) {
    CheckVisitorJournal(event, settlement, add);
  } else {
    CheckJournal(event, settlement, add);
  }
  CheckBalances(context, settlement, add);
}

void CheckReversalReply(const ReplyContext& context, const MoneyOfReply& original,
                        const FindingSink& add) {
  const PersonEvent& event = context.event;
  // ReverseByMessageResponse has the same field.
  v1::ReverseResponse reply;
  if (!reply.ParseFromString(event.reply())) {
    add("the reply cannot be read");
    return;
  }
  const v1::Reversal& reversal = reply.reversal();
  if (reversal.outcome() != v1::REVERSED) add("the outcome in the reply is not REVERSED");
  if (reversal.setl_id() != event.reversed().setl_id() ||
      reversal.orig_setl_id() != event.reversed().orig_setl_id() ||
      reversal.clr_date() != event.clr_date()) {
    add("setl_id, orig_setl_id or clr_date in the reply is not that of the event");
  }
  const auto* const fields = v1::Amounts::descriptor();
  const v1::Amounts& amounts = reversal.amounts();
  for (int i = 0; i < fields->field_count(); ++i) {
    const auto* const field = fields->field(i);
    const int128 now = amounts.GetReflection()->GetInt64(amounts, field);
    if (now != -int128(amounts.GetReflection()->GetInt64(original.amounts, field))) {
      add(absl::StrCat(field->name(), " in the reply is not the negated amount"));
    }
  }
  if (reversal.has_cash_paid_fen() && reversal.cash_paid_fen() != original.cash_paid_fen)
    add("cash_paid_fen in the reply is not the cash that was paid");
  CheckBenefitsTakenBack(original, reversal, add);
  CheckBalances(context, reversal, add);
}

void CheckCreditReply(const ReplyContext& context, const FindingSink& add) {
  const PersonEvent& event = context.event;
  v1::CreditAccountResponse reply;
  v1::CreditAccountRequest request;
  if (!reply.ParseFromString(event.reply()) || !request.ParseFromString(event.request())) {
    add("request or reply cannot be read");
    return;
  }
  const std::map<std::string, int128> account = BySubject(event, store::v1::PERSONAL_ACCOUNT);
  const std::map<std::string, int128> expected = {
      {v1::SubAccount_Name(request.sub_account()), -int128(request.amount_fen())}};
  if (account != expected || request.amount_fen() <= 0) {
    add("the PERSONAL_ACCOUNT line of the journal is not the amount of the request");
  }
  if (reply.psn_no() != context.psn_no || request.psn_no() != context.psn_no) {
    add("psn_no in request or reply is another");
  }
  CheckBalances(context, reply, add);
}

}  // namespace yijie::engine
