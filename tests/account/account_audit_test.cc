// The audit finds every defect that is planted in a good history of an account.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "engine/audit/audit.h"
#include "tests/account/account_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using store::v1::PersonEvent;
using store::v1::PersonState;

// A history with every act of an account, and where each stands.
class GoodHistory {
 public:
  GoodHistory() {
    world_.Put(500'000);
    credited_ = Do(Call::kCreditByPolicy, AccountWorld::CreditFor("2025-01", 500'000));
    paid_ = Do(Call::kPayFromAccount, AccountWorld::Pay(v1::AccountRules::FAMILY_PREMIUM, 300));
    settled_ = world_.Settle(2'000);
    transferred_ = Do(Call::kReceiveIntoAccount, AccountWorld::TransferIn("T", 10, 20));
    frozen_ = Do(Call::kFreezeAccount, AccountWorld::Freeze(true, "2025-02-01"));
    unfrozen_ = Do(Call::kFreezeAccount, AccountWorld::Freeze(false, ""));
    world_.PlantDebt("D1", "2025-01-01", 50);
    v1::OffsetDebtRequest offset;
    offset.set_psn_no(kOwner);
    offset_ = Do(Call::kOffsetDebt, offset);
    world_.GoTo("2025-07-01");
    interest_ = Do(Call::kCloseAccountYear, AccountWorld::CloseYear(2024));
    turned_ = interest_ - 1;
    undone_ = Do(Call::kUndoAccountPosting, AccountWorld::Undo(paid_));
    reversed_ = world_.Reverse(settled_.setl_id()).version();
    world_.GoTo("2025-07-20");
    ended_ = Do(Call::kEndAccount, AccountWorld::End(v1::ACT_TRANSFERRED_OUT, "X"));
  }

  AccountWorld& world() { return world_; }

  void EditEvent(int64_t version, const std::function<void(PersonEvent&)>& change) {
    storage::PersonVersion record = **world_.store().LoadVersion(kOwner, version);
    PersonEvent event = world_.Event(version);
    change(event);
    record.event = event.SerializeAsString();
    world_.store().PlantVersion(kOwner, record);
  }
  void EditReply(int64_t version, const std::function<void(v1::AccountResponse&)>& change) {
    EditEvent(version, [&](PersonEvent& event) {
      v1::AccountResponse reply;
      YIJIE_CHECK(reply.ParseFromString(event.reply()), "reply");
      change(reply);
      event.set_reply(reply.SerializeAsString());
    });
  }
  void EditState(int64_t version, const std::function<void(PersonState&)>& change) {
    storage::PersonVersion record = **world_.store().LoadVersion(kOwner, version);
    PersonState state;
    YIJIE_CHECK(state.ParseFromString(record.state), "state");
    change(state);
    record.state = state.SerializeAsString();
    world_.store().PlantVersion(kOwner, record);
  }

  int64_t credited_, paid_, transferred_, frozen_, unfrozen_, offset_, turned_, interest_, undone_,
      reversed_, ended_;
  v1::Settlement settled_;

 private:
  template <typename Request>
  int64_t Do(Call call, const Request& request) {
    const v1::AccountResponse response = world_.Act(call, request);
    EXPECT_EQ(response.outcome(), v1::ACCOUNT_DONE) << CallName(call) << response.reason();
    return response.version();
  }

  AccountWorld world_;
};

struct Defect {
  const char* name;
  std::function<void(GoodHistory&)> plant;
  const char* expected;  // part of a finding
};

std::vector<Defect> Defects() {
  const auto journal = [](int64_t GoodHistory::*version, int line,
                          const std::function<void(store::v1::JournalLine&)>& change) {
    return [=](GoodHistory& h) {
      h.EditEvent(h.*version, [&](PersonEvent& e) { change(*e.mutable_journal(line)); });
    };
  };
  return {
      {"CreditFromAnotherAccount",
       journal(&GoodHistory::credited_, 1,
               [](auto& line) { line.set_account(store::v1::INTEREST_EXPENSE); }),
       "INTEREST_EXPENSE does not belong to this act"},
      {"PaymentToAnInstitution",
       journal(&GoodHistory::paid_, 1,
               [](auto& line) { line.set_account(store::v1::INSTITUTION_PAYABLE); }),
       "INSTITUTION_PAYABLE does not belong to this act"},
      {"PaymentThatComesIn",
       [](GoodHistory& h) {
         h.EditEvent(h.paid_, [](PersonEvent& e) {
           for (auto& line : *e.mutable_journal()) line.set_amount_fen(-line.amount_fen());
         });
       },
       "the act moves money the wrong way"},
      {"FreezeThatMovesMoney",
       [](GoodHistory& h) {
         h.EditEvent(h.frozen_, [](PersonEvent& e) {
           e.add_journal()->set_amount_fen(5);
           e.add_journal()->set_amount_fen(-5);
         });
       },
       "an act that moves nothing has a journal"},
      {"AnothersDebt",
       journal(&GoodHistory::offset_, 1, [](auto& line) { line.set_subject("P9"); }),
       "the debt of another person was offset"},
      {"UnknownAct",
       [](GoodHistory& h) {
         h.EditEvent(h.paid_, [](PersonEvent& e) { e.mutable_account()->set_act(v1::ACT_OTHER); });
       },
       "the act on the account is of no known kind"},
      {"ReplyWithAnotherBalance",
       [](GoodHistory& h) {
         h.EditReply(h.credited_, [](auto& reply) { reply.set_balc_fen(reply.balc_fen() + 1); });
       },
       "outcome, psn_no, version or balances in the reply are not those of the record"},
      {"ReplyThatRefused",
       [](GoodHistory& h) {
         h.EditReply(h.paid_, [](auto& reply) { reply.set_outcome(v1::BALANCE_SHORT); });
       },
       "outcome, psn_no, version or balances in the reply are not those of the record"},
      {"PaymentThatChangesTotals",
       [](GoodHistory& h) {
         h.EditEvent(h.paid_, [](PersonEvent& e) { e.add_delta()->set_name("x"); });
       },
       "an act on the account changed accumulators"},
      {"TurnWithAMessage",
       [](GoodHistory& h) { h.EditEvent(h.turned_, [](PersonEvent& e) { e.set_msgid("m"); }); },
       "a turn of the year has a message"},
      {"TurnTheWrongWay",
       [](GoodHistory& h) {
         h.EditEvent(h.turned_, [](PersonEvent& e) {
           for (auto& line : *e.mutable_journal()) line.set_amount_fen(-line.amount_fen());
         });
       },
       "a turn of the year moves money the wrong way"},
      {"TurnBeforeTheYear",
       [](GoodHistory& h) {
         h.EditEvent(h.turned_,
                     [](PersonEvent& e) { e.mutable_account()->set_period("2026-07-01"); });
       },
       "the year was turned before it began"},
      {"TurnTwice",
       [](GoodHistory& h) {
         h.EditEvent(h.interest_, [](PersonEvent& e) {
           e.mutable_account()->set_act(v1::ACT_YEAR_TURNED);
           e.mutable_account()->set_period("2025-07-01");
         });
       },
       "the year was turned before"},
      {"InterestOnMoreThanThereWas",
       [](GoodHistory& h) {
         h.EditEvent(h.interest_, [](PersonEvent& e) {
           auto& part = *e.mutable_account()->mutable_interest()->mutable_part(0);
           part.set_fen_days(part.fen_days() + 1);
         });
       },
       "interest is on other balances than those of the journal"},
      {"InterestOneFenMore",
       [](GoodHistory& h) {
         h.EditEvent(h.interest_, [](PersonEvent& e) {
           auto& part = *e.mutable_account()->mutable_interest()->mutable_part(0);
           part.set_amount_fen(part.amount_fen() + 1);
         });
       },
       "interest is not the balances times the rate"},
      {"InterestForNoDays",
       [](GoodHistory& h) {
         h.EditEvent(h.interest_, [](PersonEvent& e) {
           e.mutable_account()->mutable_interest()->set_enddate("2024-06-30");
         });
       },
       "interest for no span of days"},
      {"InterestIsNotWhatWasBooked",
       [](GoodHistory& h) {
         h.EditEvent(h.interest_, [](PersonEvent& e) {
           for (auto& line : *e.mutable_journal()) line.set_amount_fen(line.amount_fen() * 2);
         });
       },
       "the journal does not book the interest"},
      {"UndoOfAnotherAmount",
       [](GoodHistory& h) {
         h.EditEvent(h.undone_, [](PersonEvent& e) {
           for (auto& line : *e.mutable_journal()) line.set_amount_fen(line.amount_fen() * 2);
         });
       },
       "the journal does not negate that of the posting it undoes"},
      {"UndoIntoThisYear",
       [](GoodHistory& h) {
         h.EditEvent(h.undone_, [](PersonEvent& e) {
           for (auto& line : *e.mutable_journal()) {
             if (line.subject() == "PAST_YEARS") line.set_subject("CURRENT_YEAR");
           }
         });
       },
       "the journal does not negate that of the posting it undoes"},
      {"UndoOfNothing",
       [](GoodHistory& h) {
         h.EditEvent(h.undone_,
                     [&](PersonEvent& e) { e.mutable_account()->set_undoes_version(h.frozen_); });
       },
       "which is no credit or payment before it"},
      {"UndoTwice",
       [](GoodHistory& h) {
         h.EditEvent(h.ended_, [&](PersonEvent& e) {
           e.mutable_account()->set_act(v1::ACT_UNDONE);
           e.mutable_account()->set_undoes_version(h.paid_);
         });
       },
       "was undone before"},
      {"ReversalIntoThisYear",
       [](GoodHistory& h) {
         h.EditEvent(h.reversed_, [](PersonEvent& e) {
           for (auto& line : *e.mutable_journal()) {
             if (line.subject() == "PAST_YEARS") line.set_subject("CURRENT_YEAR");
           }
         });
       },
       "the journal does not negate that of the settlement"},
      {"EndThatLeavesMoney",
       [](GoodHistory& h) {
         h.EditEvent(h.ended_, [](PersonEvent& e) {
           for (auto& line : *e.mutable_journal()) {
             if (line.amount_fen() > 1'000) line.set_amount_fen(line.amount_fen() - 1);
           }
         });
       },
       "an account that ended holds money"},
      {"StateChangedByASettlement",
       [](GoodHistory& h) {
         h.EditState(h.settled_.version(),
                     [](PersonState& s) { s.mutable_account()->set_ended(true); });
       },
       "the state of the account changed although nothing was done to it"},
      {"StateThatForgotTheTurn",
       [](GoodHistory& h) {
         h.EditState(h.turned_, [](PersonState& s) { s.mutable_account()->clear_year_begins(); });
       },
       "year_begins or turned_version is not that of the last turn of the year"},
      {"StateThatForgotTheUndo",
       [](GoodHistory& h) {
         h.EditState(h.undone_, [](PersonState& s) { s.mutable_account()->clear_undone(); });
       },
       "the list of undone postings is not the fold of the undoings"},
      {"FrozenInName",
       [](GoodHistory& h) {
         h.EditState(h.frozen_, [](PersonState& s) { s.mutable_account()->clear_freeze(); });
       },
       "a frozen account is not frozen"},
      {"ThawedInName",
       [](GoodHistory& h) {
         h.EditState(h.unfrozen_, [](PersonState& s) { s.mutable_account()->mutable_freeze(); });
       },
       "a freeze that was lifted stands"},
      {"EndedInName",
       [](GoodHistory& h) {
         h.EditState(h.ended_, [](PersonState& s) { s.mutable_account()->set_ended(false); });
       },
       "an account that was ended has not ended"},
  };
}

TEST(AccountAudit, FindsNothingInAGoodHistory) {
  GoodHistory history;
  EXPECT_TRUE(history.world().LedgerIsClean());
}

TEST(AccountAudit, FindsEveryPlantedDefect) {
  for (const Defect& defect : Defects()) {
    GoodHistory history;
    defect.plant(history);
    const auto report = AuditLedger(history.world().store());
    ASSERT_TRUE(report.ok());
    const bool found = std::any_of(
        report->findings.begin(), report->findings.end(),
        [&](const AuditFinding& f) { return absl::StrContains(f.what, defect.expected); });
    EXPECT_TRUE(found) << defect.name;
    for (const AuditFinding& f : report->findings) {
      if (!found) ADD_FAILURE() << f.version << ": " << f.what;
    }
  }
}

}  // namespace
}  // namespace yijie::engine
