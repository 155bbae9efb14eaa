#ifndef YIJIE_TESTS_CARD_CARD_MODEL_H_
#define YIJIE_TESTS_CARD_CARD_MODEL_H_

// A second telling of what cards do, on a calendar of whole days: a function is enabled from a day
// on, lost for a span of days and dead from a day on. Nothing is carried forward by time passing.

#include <array>
#include <string>
#include <vector>

#include "yijie/v1/area.pb.h"
#include "yijie/v1/card.pb.h"

namespace yijie::engine {

constexpr int kNever = 1'000'000;

class CardModel {
 public:
  struct Function {
    bool enabled = false;
    int lost_from = kNever;
    int lost_to = kNever;  // first day it is no longer lost
    bool formal = false;   // that loss
    int dead_from = kNever;
  };
  struct Card {
    std::string number;
    std::array<Function, 2> function;  // social, bank
    int wrong = 0;
    int unlocks = 0;
    bool locked = false;
    bool replaced = false;
  };

  explicit CardModel(const yijie::v1::CardRules& rules) : rules_(&rules) {}

  yijie::v1::CardRefusal Apply(const yijie::v1::CardChange& change, int day);
  yijie::v1::CardStatus Status(const Card& card, int function, int day) const;
  const std::vector<Card>& cards() const { return cards_; }
  // Those the person follows from now on; they outlive this object.
  void Follow(const yijie::v1::CardRules& rules) { rules_ = &rules; }

 private:
  Card* Named(const std::string& number);
  bool IsDead(const Card& card, int day) const;
  yijie::v1::CardRefusal Unusable(const Card& card, int function, int day) const;
  yijie::v1::CardRefusal Enable(const yijie::v1::ActivateCard& change, int day);
  yijie::v1::CardRefusal Lose(Card& card, int function, yijie::v1::LossKind kind, int day);
  yijie::v1::CardRefusal Find(Card& card, int function, int day);
  yijie::v1::CardRefusal End(const std::string& number, int day);
  yijie::v1::CardRefusal Pin(const yijie::v1::CardChange& change, int day);

  const yijie::v1::CardRules* rules_;
  std::vector<Card> cards_;
};

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_CARD_CARD_MODEL_H_
