#include "tests/card/card_model.h"

#include <algorithm>

namespace yijie::engine {

namespace v1 = yijie::v1;

v1::CardStatus CardModel::Status(const Card& card, int function, int day) const {
  const Function& one = card.function[static_cast<size_t>(function)];
  if (day >= one.dead_from) return v1::CARD_CANCELLED;
  if (day >= one.lost_from && day < one.lost_to) return v1::CARD_LOST;
  if (function == 0 && card.locked) return v1::CARD_LOCKED;
  return one.enabled ? v1::CARD_NORMAL : v1::CARD_SEALED;
}

CardModel::Card* CardModel::Named(const std::string& number) {
  for (Card& card : cards_) {
    if (card.number == number) return &card;
  }
  return nullptr;
}

bool CardModel::IsDead(const Card& card, int day) const {
  return day >= card.function[0].dead_from && day >= card.function[1].dead_from;
}

v1::CardRefusal CardModel::Unusable(const Card& card, int function, int day) const {
  switch (Status(card, function, day)) {
    case v1::CARD_CANCELLED:
      return card.replaced ? v1::CARD_WAS_REPLACED : v1::CARD_IS_CANCELLED;
    case v1::CARD_LOST:
      return v1::CARD_REPORTED_LOST;
    case v1::CARD_LOCKED:
      return v1::CARD_PIN_LOCKED;
    case v1::CARD_SEALED:
      return v1::CARD_NOT_ENABLED;
    default:
      return v1::CARD_NOT_REFUSED;
  }
}

v1::CardRefusal CardModel::Enable(const v1::ActivateCard& change, int day) {
  Card* card = Named(change.card_no());
  if (card == nullptr) return v1::CARD_NOT_FOUND;
  const int function = change.function() == v1::SOCIAL_FUNCTION ? 0 : 1;
  const v1::CardRefusal unusable = Unusable(*card, function, day);
  if (unusable == v1::CARD_NOT_REFUSED) return v1::CARD_ALREADY_ENABLED;
  if (unusable != v1::CARD_NOT_ENABLED) return unusable;
  if (rules_->bank_function_first() && function == 0 && !card->function[1].enabled)
    return v1::BANK_FUNCTION_NOT_ENABLED;
  card->function[static_cast<size_t>(function)].enabled = true;
  return v1::CARD_NOT_REFUSED;
}

v1::CardRefusal CardModel::Lose(Card& card, int function, v1::LossKind kind, int day) {
  Function& one = card.function[static_cast<size_t>(function)];
  if (day >= one.dead_from) return Unusable(card, function, day);
  const bool lost = day >= one.lost_from && day < one.lost_to;
  if (lost && (one.formal || kind == v1::TEMPORARY_LOSS)) return v1::CARD_REPORTED_LOST;
  const int days =
      function == 0 ? rules_->temporary_loss_days() : rules_->temporary_loss_days_bank();
  one.lost_from = day;
  one.lost_to = kind == v1::TEMPORARY_LOSS && days > 0 ? day + days : kNever;
  one.formal = kind == v1::FORMAL_LOSS;
  const int dead = rules_->lost_cancel_days() > 0 ? day + rules_->lost_cancel_days() : kNever;
  one.dead_from = dead < one.lost_to ? dead : kNever;
  return v1::CARD_NOT_REFUSED;
}

v1::CardRefusal CardModel::Find(Card& card, int function, int day) {
  Function& one = card.function[static_cast<size_t>(function)];
  if (day >= one.dead_from) return Unusable(card, function, day);
  if (day < one.lost_from || day >= one.lost_to) return v1::CARD_NOT_LOST;
  if (one.formal) return v1::FORMAL_LOSS_STANDS;
  one.lost_to = day;
  one.dead_from = kNever;
  return v1::CARD_NOT_REFUSED;
}

v1::CardRefusal CardModel::End(const std::string& number, int day) {
  Card* card = Named(number);
  if (card == nullptr) return v1::CARD_NOT_FOUND;
  if (IsDead(*card, day)) return card->replaced ? v1::CARD_WAS_REPLACED : v1::CARD_IS_CANCELLED;
  for (Function& one : card->function) one.dead_from = std::min(one.dead_from, day);
  return v1::CARD_NOT_REFUSED;
}

v1::CardRefusal CardModel::Pin(const v1::CardChange& change, int day) {
  const bool unlock = change.has_unlock_pin();
  const std::string& number = unlock                   ? change.unlock_pin().card_no()
                              : change.has_wrong_pin() ? change.wrong_pin().card_no()
                                                       : change.right_pin().card_no();
  Card* card = Named(number);
  if (card == nullptr) return v1::CARD_NOT_FOUND;
  const v1::CardRefusal unusable = Unusable(*card, 0, day);
  if (unlock) {
    if (unusable == v1::CARD_NOT_REFUSED) return v1::CARD_NOT_LOCKED;
    if (unusable != v1::CARD_PIN_LOCKED) return unusable;
    card->locked = false;
    card->wrong = 0;
    ++card->unlocks;
    return v1::CARD_NOT_REFUSED;
  }
  if (unusable != v1::CARD_NOT_REFUSED) return unusable;
  card->wrong = change.has_wrong_pin() ? card->wrong + 1 : 0;
  if (rules_->wrong_pin_lock() > 0 && card->wrong >= rules_->wrong_pin_lock()) {
    const int most = rules_->wrong_pin_unlocks_lifetime();
    const bool last = most > 0 && card->unlocks >= most;
    card->locked = !last;
    if (last) card->function[0].dead_from = day;
  }
  return v1::CARD_NOT_REFUSED;
}

v1::CardRefusal CardModel::Apply(const v1::CardChange& change, int day) {
  if (change.has_issue()) {
    if (Named(change.issue().card_no()) != nullptr) return v1::CARD_ALREADY_THERE;
    for (const Card& card : cards_) {
      if (!IsDead(card, day)) return v1::OTHER_CARD_IN_USE;
    }
    cards_.emplace_back().number = change.issue().card_no();
    return v1::CARD_NOT_REFUSED;
  }
  if (change.has_activate()) return Enable(change.activate(), day);
  if (change.has_cancel()) return End(change.cancel().card_no(), day);
  if (change.has_replace()) {
    const v1::ReplaceCard& replace = change.replace();
    if (Named(replace.card_no()) == nullptr) return v1::CARD_NOT_FOUND;
    if (Named(replace.new_card_no()) != nullptr) return v1::CARD_ALREADY_THERE;
    const v1::CardRefusal refusal = End(replace.card_no(), day);
    if (refusal != v1::CARD_NOT_REFUSED) return refusal;
    Named(replace.card_no())->replaced = true;
    cards_.emplace_back().number = replace.new_card_no();
    return v1::CARD_NOT_REFUSED;
  }
  if (!change.has_report_loss() && !change.has_lift_loss()) return Pin(change, day);

  const bool lose = change.has_report_loss();
  Card* card = Named(lose ? change.report_loss().card_no() : change.lift_loss().card_no());
  if (card == nullptr) return v1::CARD_NOT_FOUND;
  const auto named = lose ? change.report_loss().function() : change.lift_loss().function();
  const int first = named == v1::SOCIAL_FUNCTION ? 0 : 1;
  const auto apply = [&](int function) {
    return lose ? Lose(*card, function, change.report_loss().kind(), day)
                : Find(*card, function, day);
  };
  const v1::CardRefusal refusal = apply(first);
  if (!rules_->loss_covers_both_functions()) return refusal;
  return apply(1 - first) == v1::CARD_NOT_REFUSED ? v1::CARD_NOT_REFUSED : refusal;
}

}  // namespace yijie::engine
