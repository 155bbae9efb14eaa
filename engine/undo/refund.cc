#include "engine/undo/refund.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/account/year_turn.h"
#include "engine/correction/settle_again.h"
#include "engine/fee_amount.h"
#include "engine/payout/dues.h"
#include "engine/queries.h"
#include "engine/registration/registration_state.h"
#include "engine/settlement_id.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using yijie::store::v1::JournalLine;
using yijie::store::v1::PersonEvent;

// Why only the whole settlement can be undone; empty if lines can be given back.
absl::string_view NotAllowed(const Reference& reference, const RefundedClaim& refunded,
                             const Moment& now) {
  const PersonEvent& event = refunded.original.event;
  if (!reference.AreaOfInstitution(event.fixmedins_code(), now.day).undo().partial_refund_allowed())
    return "本统筹区不办理部分退费，请整单撤销";
  // The fees of a stay are in its batches, and a claim of the agency is on paper.
  if (refunded.first.event.settled().has_claim())
    return "住院等按已登记费用结算的，请整单撤销、更正费用后重新结算";
  const bool family = std::any_of(
      event.journal().begin(), event.journal().end(),
      [](const JournalLine& line) { return line.account() == yijie::store::v1::FAMILY_CLEARING; });
  return family ? "使用家庭共济账户的结算，请整单撤销" : "";
}

// The two versions a refund comes to, and what it answers.
class RefundBooking {
 public:
  RefundBooking(const Reference& reference, const v1::RefundRequest& request,
                const std::string& request_bytes, const RefundedClaim& refunded, const Moment& now)
      : reference_(reference),
        request_(request),
        request_bytes_(request_bytes),
        refunded_(refunded),
        now_(now) {}

  absl::StatusOr<Effect> Book(const Person& person, const v1::Claim& remaining);

 private:
  absl::Status Undo(const Person& person);
  absl::Status Evaluate(const v1::Claim& remaining);
  absl::StatusOr<Effect> SettleRemainder(const v1::Claim& remaining);
  // Tells what goes back to whom, and keeps the cash the person really paid.
  void ShareOut(ClaimMoves* moves);

  const Reference& reference_;
  const v1::RefundRequest& request_;
  const std::string& request_bytes_;
  const RefundedClaim& refunded_;
  const Moment& now_;
  BookedVersion undone_;
  std::array<Fen, rules::kSubAccounts> returned_;  // by the undo, to where the money is now
  ClaimInput input_;
  rules::Decision decision_;
  v1::Settlement before_;
  v1::RefundResponse response_;
};

absl::StatusOr<Effect> RefundBooking::Book(const Person& person, const v1::Claim& remaining) {
  YIJIE_ASSIGN_OR_RETURN(before_, StoredSettlement(refunded_.original.event));
  YIJIE_RETURN_IF_ERROR(Undo(person));
  YIJIE_RETURN_IF_ERROR(Evaluate(remaining));
  if (response_.settlement().outcome() != v1::SETTLED) {
    return RefuseRefund(
        v1::REFUND_REMAINDER_REFUSED,
        absl::StrCat("余下费用不能结算：", response_.settlement().reason(), "；请整单撤销"),
        before_.setl_id(), "");
  }
  return SettleRemainder(remaining);
}

absl::Status RefundBooking::Undo(const Person& person) {
  Booking booking(person, request_.header(), "", now_);
  v1::ReverseResponse reply;
  YIJIE_RETURN_IF_ERROR(BookReversal(refunded_.original, now_, &booking, reply.mutable_reversal()));
  booking.event().mutable_reversed()->set_refund(true);
  *response_.mutable_reversal() = reply.reversal();
  for (size_t i = 0; i < returned_.size(); ++i)
    returned_[i] = booking.next().account[i] - person.account[i];
  undone_ = std::move(booking).Finish(reply.SerializeAsString());
  return absl::OkStatus();
}

absl::Status RefundBooking::Evaluate(const v1::Claim& remaining) {
  Person then = undone_.next;
  then.account = refunded_.before.account;
  auto rest = std::make_shared<yijie::store::v1::PersonState>(*then.rest);
  *rest->mutable_account() = refunded_.before.rest->account();
  *rest->mutable_stays() = refunded_.before.rest->stays();
  *rest->mutable_registrations() = RegistrationsKnown(refunded_.before.rest->registrations(),
                                                      ClaimCameAt(refunded_.first.event));
  then.rest = std::move(rest);
  const v1::Institution* institution =
      reference_.FindInstitution(request_.header().fixmedins_code());
  if (institution == nullptr)
    return absl::NotFoundError("header.fixmedins_code: no such institution");
  const CareSide care{*institution, nullptr, /*reimbursed=*/false, /*taken_in=*/true};
  return EvaluateClaimAt(reference_, care, remaining, nullptr, then,
                         MomentOf(refunded_.first.event.time_unix_ms()), &input_, &decision_,
                         response_.mutable_settlement());
}

absl::StatusOr<Effect> RefundBooking::SettleRemainder(const v1::Claim& remaining) {
  v1::Settlement& settlement = *response_.mutable_settlement();
  ClaimMoves moves;
  moves.SetPolicy(*input_.program);
  moves.admdvs = input_.admdvs;
  moves.deltas = decision_.deltas;
  moves.terms = TermsAt(reference_, request_.header().fixmedins_code(), now_);
  const yijie::store::v1::SettledEvent& original = refunded_.original.event.settled();
  moves.claim_id = ClaimIdOf(original);
  moves.benefits_told_only = BenefitsAreToldOnly(original);
  const bool turned_since = SubAccountNow(rules::SubAccount::kCurrentYear, refunded_.first.version,
                                          undone_.next) != rules::SubAccount::kCurrentYear;
  SettleNow(turned_since ? CarriedOver(decision_.account_paid) : decision_.account_paid,
            undone_.next, now_, &moves, &settlement);
  settlement.set_medins_setl_id(request_.header().msgid());
  settlement.set_remainder_of_setl_id(before_.setl_id());
  ShareOut(&moves);

  Booking booking(undone_.next, request_.header(), request_bytes_, now_);
  BookSettlement(moves, now_, &settlement, &booking);
  yijie::store::v1::SettledEvent* event = booking.event().mutable_settled();
  *event->mutable_claim() = remaining;
  event->mutable_remainder_of()->set_version(refunded_.original.version);
  event->mutable_remainder_of()->set_as_of_unix_ms(refunded_.first.event.time_unix_ms());
  response_.set_outcome(v1::REFUNDED);
  response_.set_orig_setl_id(before_.setl_id());
  response_.set_remainder_setl_id(settlement.setl_id());
  const Fen owed = OwedToPerson(booking.event()) - OwedToPerson(refunded_.original.event);
  Effect effect =
      std::move(booking).Finish(response_.SerializeAsString(), v1::REFUNDED, settlement.setl_id());
  effect.earlier.push_back(std::move(undone_));
  return SettleUp(reference_, request_.header(),
                  DuesOfCorrection(moves.claim_id, before_, &settlement, owed), now_,
                  std::move(effect));
}

void RefundBooking::ShareOut(ClaimMoves* moves) {
  const v1::Amounts& then = before_.amounts();
  const v1::Amounts& after = response_.settlement().amounts();
  const Fen cash_less = Fen(then.psn_cash_pay_fen()) - Fen(after.psn_cash_pay_fen());
  const Fen cash_paid = CashPaid(refunded_.original, before_);
  // The institution hands out no more than it took; what a correction settled between agency and
  // person stays between them.
  const Fen cash_back = std::min(cash_less, cash_paid);
  if (refunded_.original.event.settled().cash_given()) moves->cash_paid = cash_paid - cash_back;
  response_.set_cash_back_fen(cash_back.value());
  response_.set_goods_fen(then.medfee_sumamt_fen() - after.medfee_sumamt_fen());
  response_.set_fund_back_fen(then.fund_pay_sumamt_fen() - after.fund_pay_sumamt_fen());
  for (size_t i = 0; i < returned_.size(); ++i) {
    const Fen back = returned_[i] - moves->account_paid[i];
    if (back == Fen(0)) continue;
    v1::SubAccountRefund* refund = response_.add_account_back();
    v1::SubAccount sub_account = v1::SUB_ACCOUNT_UNSPECIFIED;
    v1::SubAccount_Parse(std::string(SubAccountName(static_cast<rules::SubAccount>(i))),
                         &sub_account);
    refund->set_sub_account(sub_account);
    refund->set_amount_fen(back.value());
  }
}

}  // namespace

Effect RefuseRefund(v1::RefundOutcome outcome, absl::string_view reason,
                    const std::string& orig_setl_id, const std::string& setl_id) {
  v1::RefundResponse response;
  response.set_outcome(outcome);
  response.set_reason(std::string(reason));
  response.set_orig_setl_id(orig_setl_id);
  response.set_remainder_setl_id(setl_id);
  return Answer(response.SerializeAsString(), outcome);
}

RemainingClaim WithoutLines(const v1::Claim& claim,
                            const google::protobuf::RepeatedPtrField<v1::RefundLine>& refunded) {
  RemainingClaim remaining;
  remaining.claim = claim;
  auto& lines = *remaining.claim.mutable_fee_line();
  for (const v1::RefundLine& back : refunded) {
    if (back.line() > lines.size()) {
      return {v1::REFUND_NO_SUCH_LINE,
              absl::StrCat("原结算共", lines.size(), "行费用，没有第", back.line(), "行"),
              {}};
    }
    v1::FeeLine& line = lines[back.line() - 1];
    const int64_t left = line.cnt_1e4() - back.cnt_1e4();
    if (left < 0)
      return {v1::REFUND_MORE_THAN_BOUGHT,
              absl::StrCat("第", back.line(), "行的退费数量多于原数量"),
              {}};
    line.set_cnt_1e4(left);
    // An amount may be 1 fen off; what is left never costs more than all of it.
    line.set_det_item_fee_sumamt_fen(
        std::min(line.det_item_fee_sumamt_fen(),
                 static_cast<int64_t>(FeeAmount(left, line.pric_fen_1e4()))));
  }
  lines.erase(std::remove_if(lines.begin(), lines.end(),
                             [](const v1::FeeLine& line) { return line.cnt_1e4() == 0; }),
              lines.end());
  int64_t sum = 0;
  for (const v1::FeeLine& line : lines) sum += line.det_item_fee_sumamt_fen();
  remaining.claim.set_medfee_sumamt_fen(sum);
  if (sum == 0) return {v1::REFUND_NOTHING_LEFT, "没有余下的费用，请整单撤销", {}};
  return remaining;
}

absl::StatusOr<Effect> Refund(const Reference& reference, const v1::RefundRequest& request,
                              const std::string& request_bytes, const RefundedClaim& refunded,
                              const Person& person, const Moment& now) {
  const std::string& setl_id = refunded.original.event.settled().setl_id();
  const absl::string_view not_allowed = NotAllowed(reference, refunded, now);
  if (!not_allowed.empty()) return RefuseRefund(v1::REFUND_NOT_ALLOWED, not_allowed, setl_id, "");
  YIJIE_ASSIGN_OR_RETURN(const LaterSettlement later,
                         FindLaterSettlement(refunded.original, refunded.later, person));
  if (!later.setl_id.empty())
    return RefuseRefund(v1::REFUND_LATER_SETTLEMENT, later.reason, setl_id, later.setl_id);
  YIJIE_ASSIGN_OR_RETURN(const v1::Claim claim, StoredClaim(refunded.original.event));
  const RemainingClaim remaining = WithoutLines(claim, request.line());
  if (remaining.outcome != v1::REFUNDED)
    return RefuseRefund(remaining.outcome, remaining.reason, setl_id, "");
  if (person.version > kMaxVersion - 2)
    return absl::ResourceExhaustedError("psn_no: the person has too many records");
  return RefundBooking(reference, request, request_bytes, refunded, now)
      .Book(person, remaining.claim);
}

}  // namespace yijie::engine
