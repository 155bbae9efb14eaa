#include "engine/card/card_state.h"

#include <algorithm>
#include <string>

#include "base/check.h"
#include "engine/receipt.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
namespace store = yijie::store::v1;

constexpr int64_t kDayMs = 86'400'000;
constexpr int32_t kMostWrongPins = 1'000;  // where nothing locks, counting ends

store::CardFunctionState& FunctionOf(store::CardState& card, v1::CardFunction function) {
  return function == v1::BANK_FUNCTION ? *card.mutable_bank() : *card.mutable_social();
}

void EndLoss(store::CardFunctionState& function) {
  function.clear_loss();
  function.clear_loss_changes_at_ms();
  function.clear_cancelled_then();
}

void Cancel(store::CardFunctionState& function) {
  EndLoss(function);
  function.set_cancelled(true);
}

// Does what time did until `now_ms`.
void Advance(store::CardFunctionState& function, int64_t now_ms) {
  if (function.loss() == v1::LOSS_KIND_UNSPECIFIED) return;
  if (function.loss_changes_at_ms() == 0 || now_ms < function.loss_changes_at_ms()) return;
  if (function.cancelled_then()) {
    Cancel(function);
  } else {
    EndLoss(function);
  }
}

// The loss ends or cancels the function, whichever comes first; on a tie it ends.
void BeginLoss(store::CardFunctionState& function, v1::LossKind kind, int64_t days,
               int64_t cancel_days, int64_t now_ms) {
  EndLoss(function);
  function.set_loss(kind);
  const int64_t end_days = kind == v1::TEMPORARY_LOSS ? days : 0;
  const bool ends = end_days > 0 && (cancel_days == 0 || end_days <= cancel_days);
  if (ends || cancel_days > 0) {
    function.set_loss_changes_at_ms(now_ms + (ends ? end_days : cancel_days) * kDayMs);
    function.set_cancelled_then(!ends);
  }
}

bool IsInUse(const store::CardState& card) {
  return !card.social().cancelled() || !card.bank().cancelled();
}

// A change of one person's cards; every member takes its part of CardChange.
class CardMachine {
 public:
  CardMachine(const v1::CardRules& rules, int64_t now_ms, store::PersonCards& cards)
      : rules_(rules), now_ms_(now_ms), cards_(cards) {
    for (store::CardState& card : *cards_.mutable_card()) {
      Advance(*card.mutable_social(), now_ms_);
      Advance(*card.mutable_bank(), now_ms_);
    }
  }

  v1::CardRefusal Apply(const v1::CardChange& change) {
    switch (change.change_case()) {
      case v1::CardChange::kIssue:
        return Issue(change.issue());
      case v1::CardChange::kActivate:
        return Activate(change.activate());
      case v1::CardChange::kReportLoss:
        return ReportLoss(change.report_loss());
      case v1::CardChange::kLiftLoss:
        return LiftLoss(change.lift_loss());
      case v1::CardChange::kReplace:
        return Replace(change.replace());
      case v1::CardChange::kCancel:
        return CancelBoth(change.cancel());
      case v1::CardChange::kWrongPin:
        return WrongPin(change.wrong_pin());
      case v1::CardChange::kRightPin:
        return RightPin(change.right_pin());
      case v1::CardChange::kUnlockPin:
        return UnlockPin(change.unlock_pin());
      case v1::CardChange::CHANGE_NOT_SET:
        break;
    }
    YIJIE_CHECK(false, "a change of a card without a kind");
    return v1::CARD_NOT_REFUSED;
  }

 private:
  store::CardState* Find(const std::string& card_no) {
    for (store::CardState& card : *cards_.mutable_card()) {
      if (card.card_no() == card_no) return &card;
    }
    return nullptr;
  }

  void Add(const std::string& card_no, const std::string& card_sn) {
    store::CardState& card = *cards_.add_card();
    card.set_card_no(card_no);
    card.set_card_sn(card_sn);
    card.mutable_social();
    card.mutable_bank();
  }

  // Of a card of which nothing is left in use.
  static v1::CardRefusal RefusalOfDead(const store::CardState& card) {
    if (IsInUse(card)) return v1::CARD_NOT_REFUSED;
    return card.replaced() ? v1::CARD_WAS_REPLACED : v1::CARD_IS_CANCELLED;
  }

  v1::CardRefusal Issue(const v1::IssueCard& issue) {
    if (Find(issue.card_no()) != nullptr) return v1::CARD_ALREADY_THERE;
    const auto& cards = cards_.card();
    if (std::any_of(cards.begin(), cards.end(), IsInUse)) return v1::OTHER_CARD_IN_USE;
    Add(issue.card_no(), issue.card_sn());
    return v1::CARD_NOT_REFUSED;
  }

  v1::CardRefusal Activate(const v1::ActivateCard& activate) {
    store::CardState* card = Find(activate.card_no());
    if (card == nullptr) return v1::CARD_NOT_FOUND;
    const v1::CardRefusal refusal = RefusalOfUse(*card, activate.function(), now_ms_);
    if (refusal == v1::CARD_NOT_REFUSED) return v1::CARD_ALREADY_ENABLED;
    if (refusal != v1::CARD_NOT_ENABLED) return refusal;
    const bool social = activate.function() == v1::SOCIAL_FUNCTION;
    if (social && rules_.bank_function_first() && !card->bank().enabled())
      return v1::BANK_FUNCTION_NOT_ENABLED;
    FunctionOf(*card, activate.function()).set_enabled(true);
    return v1::CARD_NOT_REFUSED;
  }

  // Calls `change` on the functions that a report about `function` is for and that are not
  // cancelled. The answer is no refusal if any of them took the change, else that of the function
  // named.
  template <typename Change>
  v1::CardRefusal ForFunctions(const std::string& card_no, v1::CardFunction function,
                               const Change& change) {
    store::CardState* card = Find(card_no);
    if (card == nullptr) return v1::CARD_NOT_FOUND;
    v1::CardRefusal of_named = v1::CARD_NOT_REFUSED;
    bool changed = false;
    for (const v1::CardFunction one : {v1::SOCIAL_FUNCTION, v1::BANK_FUNCTION}) {
      if (one != function && !rules_.loss_covers_both_functions()) continue;
      store::CardFunctionState& state = FunctionOf(*card, one);
      v1::CardRefusal refusal = RefusalOfDead(*card);
      if (refusal == v1::CARD_NOT_REFUSED)
        refusal = state.cancelled() ? v1::CARD_IS_CANCELLED : change(one, state);
      changed = changed || refusal == v1::CARD_NOT_REFUSED;
      if (one == function) of_named = refusal;
    }
    return changed ? v1::CARD_NOT_REFUSED : of_named;
  }

  v1::CardRefusal ReportLoss(const v1::ReportLoss& report) {
    return ForFunctions(report.card_no(), report.function(),
                        [&](v1::CardFunction function, store::CardFunctionState& state) {
                          if (state.loss() == v1::FORMAL_LOSS) return v1::CARD_REPORTED_LOST;
                          if (state.loss() == report.kind()) return v1::CARD_REPORTED_LOST;
                          const int32_t days = function == v1::BANK_FUNCTION
                                                   ? rules_.temporary_loss_days_bank()
                                                   : rules_.temporary_loss_days();
                          BeginLoss(state, report.kind(), days, rules_.lost_cancel_days(), now_ms_);
                          return v1::CARD_NOT_REFUSED;
                        });
  }

  v1::CardRefusal LiftLoss(const v1::LiftLoss& lift) {
    return ForFunctions(lift.card_no(), lift.function(),
                        [](v1::CardFunction, store::CardFunctionState& state) {
                          if (state.loss() == v1::FORMAL_LOSS) return v1::FORMAL_LOSS_STANDS;
                          if (state.loss() != v1::TEMPORARY_LOSS) return v1::CARD_NOT_LOST;
                          EndLoss(state);
                          return v1::CARD_NOT_REFUSED;
                        });
  }

  v1::CardRefusal Replace(const v1::ReplaceCard& replace) {
    store::CardState* old = Find(replace.card_no());
    if (old == nullptr) return v1::CARD_NOT_FOUND;
    if (Find(replace.new_card_no()) != nullptr) return v1::CARD_ALREADY_THERE;
    const v1::CardRefusal dead = RefusalOfDead(*old);
    if (dead != v1::CARD_NOT_REFUSED) return dead;
    Cancel(*old->mutable_social());
    Cancel(*old->mutable_bank());
    old->set_replaced(true);
    Add(replace.new_card_no(), replace.new_card_sn());
    return v1::CARD_NOT_REFUSED;
  }

  v1::CardRefusal CancelBoth(const v1::CancelCard& cancel) {
    store::CardState* card = Find(cancel.card_no());
    if (card == nullptr) return v1::CARD_NOT_FOUND;
    const v1::CardRefusal dead = RefusalOfDead(*card);
    if (dead != v1::CARD_NOT_REFUSED) return dead;
    Cancel(*card->mutable_social());
    Cancel(*card->mutable_bank());
    return v1::CARD_NOT_REFUSED;
  }

  v1::CardRefusal WrongPin(const v1::ReportWrongPin& report) {
    store::CardState* card = Find(report.card_no());
    if (card == nullptr) return v1::CARD_NOT_FOUND;
    const v1::CardRefusal refusal = RefusalOfUse(*card, v1::SOCIAL_FUNCTION, now_ms_);
    if (refusal != v1::CARD_NOT_REFUSED) return refusal;
    card->set_wrong_pins(std::min(card->wrong_pins() + 1, kMostWrongPins));
    if (rules_.wrong_pin_lock() == 0 || card->wrong_pins() < rules_.wrong_pin_lock())
      return v1::CARD_NOT_REFUSED;
    const int32_t most_unlocks = rules_.wrong_pin_unlocks_lifetime();
    if (most_unlocks > 0 && card->unlocks() >= most_unlocks) {
      Cancel(*card->mutable_social());
    } else {
      card->mutable_social()->set_locked(true);
    }
    return v1::CARD_NOT_REFUSED;
  }

  v1::CardRefusal RightPin(const v1::ReportRightPin& report) {
    store::CardState* card = Find(report.card_no());
    if (card == nullptr) return v1::CARD_NOT_FOUND;
    const v1::CardRefusal refusal = RefusalOfUse(*card, v1::SOCIAL_FUNCTION, now_ms_);
    if (refusal == v1::CARD_NOT_REFUSED) card->clear_wrong_pins();
    return refusal;
  }

  v1::CardRefusal UnlockPin(const v1::UnlockPin& unlock) {
    store::CardState* card = Find(unlock.card_no());
    if (card == nullptr) return v1::CARD_NOT_FOUND;
    const v1::CardRefusal refusal = RefusalOfUse(*card, v1::SOCIAL_FUNCTION, now_ms_);
    if (refusal == v1::CARD_NOT_REFUSED) return v1::CARD_NOT_LOCKED;
    if (refusal != v1::CARD_PIN_LOCKED) return refusal;
    card->mutable_social()->set_locked(false);
    card->clear_wrong_pins();
    card->set_unlocks(card->unlocks() + 1);
    return v1::CARD_NOT_REFUSED;
  }

  const v1::CardRules& rules_;
  const int64_t now_ms_;
  store::PersonCards& cards_;
};

}  // namespace

CardDecision ApplyCardChange(const v1::CardRules& rules, const store::PersonCards& cards,
                             const v1::CardChange& change, int64_t now_ms) {
  CardDecision decision{v1::CARD_NOT_REFUSED, cards};
  decision.refusal = CardMachine(rules, now_ms, decision.cards).Apply(change);
  return decision;
}

v1::CardStatus StatusAt(const store::CardFunctionState& function, int64_t now_ms) {
  store::CardFunctionState then = function;
  Advance(then, now_ms);
  if (then.cancelled()) return v1::CARD_CANCELLED;
  if (then.loss() != v1::LOSS_KIND_UNSPECIFIED) return v1::CARD_LOST;
  if (then.locked()) return v1::CARD_LOCKED;
  return then.enabled() ? v1::CARD_NORMAL : v1::CARD_SEALED;
}

v1::CardRefusal RefusalOfUse(const store::CardState& card, v1::CardFunction function,
                             int64_t now_ms) {
  const store::CardFunctionState& state =
      function == v1::BANK_FUNCTION ? card.bank() : card.social();
  switch (StatusAt(state, now_ms)) {
    case v1::CARD_NORMAL:
      return v1::CARD_NOT_REFUSED;
    case v1::CARD_SEALED:
      return v1::CARD_NOT_ENABLED;
    case v1::CARD_LOCKED:
      return v1::CARD_PIN_LOCKED;
    case v1::CARD_LOST:
      return v1::CARD_REPORTED_LOST;
    default:
      return card.replaced() ? v1::CARD_WAS_REPLACED : v1::CARD_IS_CANCELLED;
  }
}

v1::CardView ViewOf(const store::CardState& card, int64_t now_ms) {
  store::CardState then = card;
  Advance(*then.mutable_social(), now_ms);
  Advance(*then.mutable_bank(), now_ms);
  v1::CardView view;
  view.set_card_no(MaskNumber(then.card_no()));
  view.set_social(StatusAt(then.social(), now_ms));
  view.set_bank(StatusAt(then.bank(), now_ms));
  view.set_replaced(then.replaced());
  view.set_social_changes_at_ms(then.social().loss_changes_at_ms());
  view.set_bank_changes_at_ms(then.bank().loss_changes_at_ms());
  return view;
}

absl::string_view ReasonText(v1::CardRefusal refusal) {
  switch (refusal) {
    case v1::CREDENTIAL_MISSING:
      return "未提供就诊凭证";
    case v1::MEDICAL_CODE_FOR_INJURY:
      return "工伤就医应使用社会保障卡（含电子社保卡），不能使用医保电子凭证";
    case v1::CREDENTIAL_OF_ANOTHER_PERSON:
      return "就诊凭证不属于就诊人本人";
    case v1::CARD_NOT_FOUND:
      return "就诊人名下无此社会保障卡";
    case v1::CARD_SN_DIFFERS:
      return "卡识别码与卡号不符";
    case v1::CARD_ALREADY_THERE:
      return "该卡号已登记";
    case v1::OTHER_CARD_IN_USE:
      return "已有在用的社会保障卡，请先注销或办理补换卡";
    case v1::CARD_WAS_REPLACED:
      return "该卡已补换，请使用新卡";
    case v1::CARD_IS_CANCELLED:
      return "该卡已注销";
    case v1::CARD_REPORTED_LOST:
      return "该卡已挂失";
    case v1::CARD_PIN_LOCKED:
      return "密码错误次数过多，社保功能已锁定，请先解锁";
    case v1::CARD_NOT_ENABLED:
      return "该卡处于封存状态，请先启用";
    case v1::CARD_ALREADY_ENABLED:
      return "该功能已启用";
    case v1::BANK_FUNCTION_NOT_ENABLED:
      return "请先在银行启用金融功能";
    case v1::FORMAL_LOSS_STANDS:
      return "正式挂失不能解挂，请办理补换卡";
    case v1::CARD_NOT_LOST:
      return "该卡未挂失";
    case v1::CARD_NOT_LOCKED:
      return "该卡未锁定";
    case v1::PIN_PROOF_MISSING:
      return "未提供密码校验凭据";
    case v1::PIN_PROOF_NOT_GENUINE:
      return "密码校验凭据无效";
    case v1::PIN_PROOF_OUT_OF_TIME:
      return "密码校验凭据已过期，请重新输入密码";
    default:
      return "";
  }
}

}  // namespace yijie::engine
