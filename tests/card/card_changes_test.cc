// Every sequence of changes of a card and its replacement, against a second telling of the rules;
// and the comparison itself, against planted defects.

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/card/card_state.h"
#include "tests/card/card_model.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
namespace store = yijie::store::v1;

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kStartMs = 1'800'000'000'000;

int64_t Instant(int day) { return kStartMs + day * kDayMs; }

struct Step {
  v1::CardChange change;
  int days = 1;  // to the next step
};

v1::CardChange Activate(const char* card, v1::CardFunction function) {
  v1::CardChange change;
  change.mutable_activate()->set_card_no(card);
  change.mutable_activate()->set_function(function);
  return change;
}

v1::CardChange Lose(const char* card, v1::CardFunction function, v1::LossKind kind) {
  v1::CardChange change;
  change.mutable_report_loss()->set_card_no(card);
  change.mutable_report_loss()->set_function(function);
  change.mutable_report_loss()->set_kind(kind);
  return change;
}

v1::CardChange Lift(const char* card, v1::CardFunction function) {
  v1::CardChange change;
  change.mutable_lift_loss()->set_card_no(card);
  change.mutable_lift_loss()->set_function(function);
  return change;
}

v1::CardChange Issue(const char* card) {
  v1::CardChange change;
  change.mutable_issue()->set_card_no(card);
  change.mutable_issue()->set_card_sn("SN");
  return change;
}

v1::CardChange Replace(const char* card, const char* by) {
  v1::CardChange change;
  change.mutable_replace()->set_card_no(card);
  change.mutable_replace()->set_new_card_no(by);
  change.mutable_replace()->set_new_card_sn("SN");
  return change;
}

v1::CardChange Cancel(const char* card) {
  v1::CardChange change;
  change.mutable_cancel()->set_card_no(card);
  return change;
}

v1::CardChange WrongPin(const char* card) {
  v1::CardChange change;
  change.mutable_wrong_pin()->set_card_no(card);
  return change;
}

v1::CardChange RightPin(const char* card) {
  v1::CardChange change;
  change.mutable_right_pin()->set_card_no(card);
  return change;
}

v1::CardChange Unlock(const char* card) {
  v1::CardChange change;
  change.mutable_unlock_pin()->set_card_no(card);
  return change;
}

// What may happen to card A and its successor B. Some steps take long enough for losses to end.
std::vector<Step> Alphabet() {
  return {{Activate("A", v1::SOCIAL_FUNCTION)},
          {Activate("A", v1::BANK_FUNCTION)},
          {Lose("A", v1::SOCIAL_FUNCTION, v1::TEMPORARY_LOSS)},
          {Lose("A", v1::SOCIAL_FUNCTION, v1::TEMPORARY_LOSS), 3},
          {Lose("A", v1::BANK_FUNCTION, v1::TEMPORARY_LOSS), 2},
          {Lose("A", v1::SOCIAL_FUNCTION, v1::FORMAL_LOSS)},
          {Lose("A", v1::BANK_FUNCTION, v1::FORMAL_LOSS), 4},
          {Lift("A", v1::SOCIAL_FUNCTION)},
          {Lift("A", v1::BANK_FUNCTION)},
          {Replace("A", "B")},
          {Cancel("A")},
          {Issue("B")},
          {Activate("B", v1::SOCIAL_FUNCTION)},
          {WrongPin("A")},
          {RightPin("A")},
          {Unlock("A")}};
}

using ApplyFunction = std::function<CardDecision(const v1::CardRules&, const store::PersonCards&,
                                                 const v1::CardChange&, int64_t)>;

// Walks all sequences of `depth` steps; stops at the first difference.
class Comparison {
 public:
  Comparison(const v1::CardRules& rules, ApplyFunction apply)
      : rules_(rules), apply_(std::move(apply)), alphabet_(Alphabet()) {}

  // The sequence and what differs; empty if nothing does.
  std::string FirstDifference(int depth) {
    CardModel model(rules_);
    store::PersonCards cards;
    for (const v1::CardChange& change :
         {Issue("A"), Activate("A", v1::BANK_FUNCTION), Activate("A", v1::SOCIAL_FUNCTION)}) {
      cards = apply_(rules_, cards, change, Instant(0)).cards;
      model.Apply(change, 0);
      difference_ = Compare(model, cards, 0);
      if (!difference_.empty()) return difference_;
      Walk(model, cards, 1, depth);  // also from a card just issued, and half enabled
      if (!difference_.empty()) return difference_;
    }
    return "";
  }

  int64_t sequences() const { return sequences_; }

 private:
  void Walk(const CardModel& model, const store::PersonCards& cards, int day, int depth) {
    if (depth == 0) {
      ++sequences_;
      return;
    }
    for (const Step& step : alphabet_) {
      CardModel next = model;
      const v1::CardRefusal expected = next.Apply(step.change, day);
      const CardDecision decision = apply_(rules_, cards, step.change, Instant(day));
      if (decision.refusal != expected) {
        difference_ = absl::StrCat(v1::CardRefusal_Name(decision.refusal), " instead of ",
                                   v1::CardRefusal_Name(expected));
      } else {
        difference_ = Compare(next, decision.cards, day);
      }
      if (difference_.empty()) Walk(next, decision.cards, day + step.days, depth - 1);
      if (!difference_.empty()) {
        difference_ =
            absl::StrCat("day ", day, " ", step.change.ShortDebugString(), "\n", difference_);
        return;
      }
    }
  }

  // Now, and what will have become of it by itself, to the millisecond.
  static std::string Compare(const CardModel& model, const store::PersonCards& cards, int day) {
    if (static_cast<size_t>(cards.card_size()) != model.cards().size()) return "number of cards";
    for (int i = 0; i < cards.card_size(); ++i) {
      const CardModel::Card& expected = model.cards()[static_cast<size_t>(i)];
      const store::CardState& card = cards.card(i);
      if (card.card_no() != expected.number) return "card number";
      for (int on = day; on <= day + 9; ++on) {
        for (const int function : {0, 1}) {
          const auto& state = function == 0 ? card.social() : card.bank();
          const v1::CardStatus status = model.Status(expected, function, on);
          if (StatusAt(state, Instant(on)) != status) return Tell(expected, function, on, status);
          if (on > day &&
              StatusAt(state, Instant(on) - 1) != model.Status(expected, function, on - 1))
            return absl::StrCat("a millisecond before: ", Tell(expected, function, on, status));
        }
      }
    }
    return "";
  }

  static std::string Tell(const CardModel::Card& card, int function, int day,
                          v1::CardStatus status) {
    return absl::StrCat("card ", card.number, function == 0 ? " social" : " bank", " on day ", day,
                        " must be ", v1::CardStatus_Name(status));
  }

  const v1::CardRules rules_;
  const ApplyFunction apply_;
  const std::vector<Step> alphabet_;
  std::string difference_;
  int64_t sequences_ = 0;
};

v1::CardRules LockingRules() {
  v1::CardRules rules;
  rules.set_wrong_pin_lock(2);
  rules.set_wrong_pin_unlocks_lifetime(1);
  rules.set_temporary_loss_days(3);
  rules.set_temporary_loss_days_bank(2);
  rules.set_lost_cancel_days(4);
  return rules;
}

// No rule set; one with everything; both functions together; cancelled before it ends.
std::vector<v1::CardRules> RuleSets() {
  std::vector<v1::CardRules> sets(4, LockingRules());
  sets[0] = v1::CardRules();
  sets[2].set_loss_covers_both_functions(true);
  sets[2].set_bank_function_first(true);
  sets[2].set_wrong_pin_lock(1);
  sets[3].set_lost_cancel_days(2);
  sets[3].set_wrong_pin_unlocks_lifetime(0);
  return sets;
}

TEST(CardChanges, EverySequenceOfFourAsTheModelTells) {
  for (const v1::CardRules& rules : RuleSets()) {
    Comparison comparison(rules, ApplyCardChange);
    EXPECT_EQ(comparison.FirstDifference(4), "") << rules.ShortDebugString();
    EXPECT_EQ(comparison.sequences(), 3 * 16 * 16 * 16 * 16);
  }
}

TEST(CardChanges, EverySequenceOfFiveUnderTheRulesWithEverything) {
  Comparison comparison(LockingRules(), ApplyCardChange);
  EXPECT_EQ(comparison.FirstDifference(5), "");
  EXPECT_EQ(comparison.sequences(), 3 * 16 * 16 * 16 * 16 * 16);
}

struct PlantedDefect {
  const char* name;
  ApplyFunction apply;
};

// Changes the answer of a change of one kind.
ApplyFunction After(v1::CardChange::ChangeCase kind,
                    std::function<void(CardDecision&, const store::PersonCards&)> spoil) {
  return [kind, spoil](const v1::CardRules& rules, const store::PersonCards& cards,
                       const v1::CardChange& change, int64_t now_ms) {
    CardDecision decision = ApplyCardChange(rules, cards, change, now_ms);
    if (change.change_case() == kind && decision.cards.card_size() > 0) spoil(decision, cards);
    return decision;
  };
}

// Plays by other rules.
ApplyFunction Under(std::function<void(v1::CardRules&)> change_rules) {
  return [change_rules](const v1::CardRules& rules, const store::PersonCards& cards,
                        const v1::CardChange& change, int64_t now_ms) {
    v1::CardRules other = rules;
    change_rules(other);
    return ApplyCardChange(other, cards, change, now_ms);
  };
}

std::vector<PlantedDefect> PlantedDefects() {
  return {
      {"TemporaryLossADayLonger", Under([](auto& rules) { rules.set_temporary_loss_days(4); })},
      {"BankLossAsLongAsTheSocialOne",
       Under([](auto& rules) { rules.set_temporary_loss_days_bank(rules.temporary_loss_days()); })},
      {"LossNeverCancels", Under([](auto& rules) { rules.set_lost_cancel_days(0); })},
      {"LossCoversBoth", Under([](auto& rules) { rules.set_loss_covers_both_functions(true); })},
      {"LocksOneWrongPinLater", Under([](auto& rules) { rules.set_wrong_pin_lock(3); })},
      {"UnlocksForEver", Under([](auto& rules) { rules.set_wrong_pin_unlocks_lifetime(0); })},
      {"TemporaryLossAMillisecondLate",
       After(v1::CardChange::kReportLoss,
             [](CardDecision& decision, const auto&) {
               auto& social = *decision.cards.mutable_card(0)->mutable_social();
               if (social.loss() == v1::TEMPORARY_LOSS)
                 social.set_loss_changes_at_ms(social.loss_changes_at_ms() + 1);
             })},
      {"FormalLossIsLifted", After(v1::CardChange::kLiftLoss,
                                   [](CardDecision& decision, const auto&) {
                                     if (decision.refusal != v1::FORMAL_LOSS_STANDS) return;
                                     decision.refusal = v1::CARD_NOT_REFUSED;
                                     decision.cards.mutable_card(0)->mutable_social()->clear_loss();
                                   })},
      {"LiftedThoughRefused",
       After(v1::CardChange::kLiftLoss,
             [](CardDecision& decision, const auto&) {
               decision.cards.mutable_card(0)->mutable_social()->clear_loss();
             })},
      {"OldCardLivesOn", After(v1::CardChange::kReplace,
                               [](CardDecision& decision, const auto& before) {
                                 *decision.cards.mutable_card(0)->mutable_social() =
                                     before.card(0).social();
                               })},
      {"OldCardIsNotMarkedAsReplaced", After(v1::CardChange::kReplace,
                                             [](CardDecision& decision, const auto&) {
                                               decision.cards.mutable_card(0)->clear_replaced();
                                             })},
      {"NewCardIsEnabled", After(v1::CardChange::kReplace,
                                 [](CardDecision& decision, const auto&) {
                                   if (decision.cards.card_size() > 1)
                                     decision.cards.mutable_card(1)->mutable_social()->set_enabled(
                                         true);
                                 })},
      {"BankFunctionOutlivesCancellation",
       After(v1::CardChange::kCancel,
             [](CardDecision& decision, const auto&) {
               decision.cards.mutable_card(0)->mutable_bank()->set_cancelled(false);
             })},
      {"CancellationIsForgotten",
       After(v1::CardChange::kIssue,
             [](CardDecision& decision, const auto&) {
               decision.cards.mutable_card(0)->mutable_social()->set_cancelled(false);
             })},
      {"WrongPinsAreNotCountedInARow", After(v1::CardChange::kRightPin,
                                             [](CardDecision& decision, const auto& before) {
                                               decision.cards.mutable_card(0)->set_wrong_pins(
                                                   before.card(0).wrong_pins());
                                             })},
      {"UnlockKeepsTheWrongPins", After(v1::CardChange::kUnlockPin,
                                        [](CardDecision& decision, const auto& before) {
                                          decision.cards.mutable_card(0)->set_wrong_pins(
                                              before.card(0).wrong_pins());
                                        })},
      {"UnlockIsNotCounted", After(v1::CardChange::kUnlockPin,
                                   [](CardDecision& decision, const auto& before) {
                                     decision.cards.mutable_card(0)->set_unlocks(
                                         before.card(0).unlocks());
                                   })},
      {"EnablingSocialEnablesBank",
       After(v1::CardChange::kActivate,
             [](CardDecision& decision, const auto&) {
               decision.cards.mutable_card(0)->mutable_bank()->set_enabled(true);
             })},
      {"LossUnlocks", After(v1::CardChange::kReportLoss,
                            [](CardDecision& decision, const auto&) {
                              decision.cards.mutable_card(0)->mutable_social()->clear_locked();
                            })},
  };
}

TEST(CardChanges, PlantedDefectsAreFound) {
  for (const PlantedDefect& defect : PlantedDefects())
    EXPECT_NE(Comparison(LockingRules(), defect.apply).FirstDifference(5), "") << defect.name;
}

// Said once more in plain words.
TEST(CardChanges, AReplacedCardSettlesNothingAndTheNewOneAfterItIsEnabled) {
  const v1::CardRules rules;
  store::PersonCards cards;
  for (const v1::CardChange& change :
       {Issue("A"), Activate("A", v1::SOCIAL_FUNCTION),
        Lose("A", v1::SOCIAL_FUNCTION, v1::FORMAL_LOSS), Replace("A", "B")}) {
    const CardDecision decision = ApplyCardChange(rules, cards, change, Instant(0));
    ASSERT_EQ(decision.refusal, v1::CARD_NOT_REFUSED) << change.ShortDebugString();
    cards = decision.cards;
  }
  EXPECT_EQ(RefusalOfUse(cards.card(0), v1::SOCIAL_FUNCTION, Instant(0)), v1::CARD_WAS_REPLACED);
  EXPECT_EQ(RefusalOfUse(cards.card(1), v1::SOCIAL_FUNCTION, Instant(0)), v1::CARD_NOT_ENABLED);
  cards = ApplyCardChange(rules, cards, Activate("B", v1::SOCIAL_FUNCTION), Instant(0)).cards;
  EXPECT_EQ(RefusalOfUse(cards.card(1), v1::SOCIAL_FUNCTION, Instant(0)), v1::CARD_NOT_REFUSED);
}

TEST(CardChanges, AViewMasksTheNumber) {
  store::CardState card;
  card.set_card_no("X00012345678");
  card.mutable_social()->set_loss(v1::TEMPORARY_LOSS);
  card.mutable_social()->set_loss_changes_at_ms(Instant(3));
  const v1::CardView lost = ViewOf(card, Instant(3) - 1);
  EXPECT_EQ(lost.card_no(), "********5678");
  EXPECT_EQ(lost.social(), v1::CARD_LOST);
  EXPECT_EQ(lost.social_changes_at_ms(), Instant(3));
  const v1::CardView over = ViewOf(card, Instant(3));
  EXPECT_EQ(over.social(), v1::CARD_SEALED);
  EXPECT_EQ(over.social_changes_at_ms(), 0);
}

TEST(CardChanges, EveryRefusalHasAReason) {
  for (int value = 1; v1::CardRefusal_IsValid(value); ++value)
    EXPECT_NE(ReasonText(static_cast<v1::CardRefusal>(value)), "") << value;
}

}  // namespace
}  // namespace yijie::engine
