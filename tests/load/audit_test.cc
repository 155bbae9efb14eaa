// The audit finds every defect that is planted in a good history.

#include "engine/audit/audit.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/load/history.h"
#include "tests/memory_store.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {
namespace {

using storage::MemoryStore;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;

struct Defect {
  std::string name;
  std::function<void(History&)> plant;
  std::string expected;  // part of a finding
  int64_t version = 0;   // that the finding names
  bool only = true;      // there is no other finding
};

// Changes a serialized message.
template <typename Message>
void Edit(std::string* bytes, const std::function<void(Message&)>& change) {
  Message message;
  ASSERT_TRUE(message.ParseFromString(*bytes));
  change(message);
  *bytes = message.SerializeAsString();
}

void EditSettlement(History& history, const std::function<void(v1::Settlement&)>& change) {
  Edit<v1::SettleResponse>(
      history.at(3).event.mutable_reply(),
      [&change](v1::SettleResponse& reply) { change(*reply.mutable_settlement()); });
}

void EditReversal(History& history, const std::function<void(v1::Reversal&)>& change) {
  Edit<v1::ReverseResponse>(
      history.at(5).event.mutable_reply(),
      [&change](v1::ReverseResponse& reply) { change(*reply.mutable_reversal()); });
}

// Changes an amount of the settlement of version 3 and the one it is paired with in no identity.
Defect Identity(std::string name, std::function<void(v1::Amounts&)> change, std::string expected) {
  return {std::move(name),
          [change](History& h) {
            EditSettlement(h, [&change](v1::Settlement& s) { change(*s.mutable_amounts()); });
          },
          std::move(expected), 3, false};
}

class PlantedDefect : public testing::TestWithParam<Defect> {};

TEST_P(PlantedDefect, IsFound) {
  History history = MakeHistory();
  GetParam().plant(history);
  MemoryStore store;
  Plant(history, store);

  const absl::StatusOr<AuditReport> report = AuditLedger(store);

  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->clean());
  EXPECT_FALSE(IsLedgerClean(store));
  std::vector<std::string> found;
  for (const AuditFinding& finding : report->findings) {
    found.push_back(absl::StrCat(finding.version, ": ", finding.what));
  }
  const auto expected = testing::AllOf(testing::StartsWith(absl::StrCat(GetParam().version, ": ")),
                                       HasSubstr(GetParam().expected));
  EXPECT_THAT(found, Contains(expected));
  if (GetParam().only) {
    EXPECT_EQ(found.size(), 1u) << testing::PrintToString(found);
  }
}

std::vector<Defect> InVersions() {
  return {
      {"Gap", [](History& h) { h.at(5).version = 6; }, "follows version 4", 6, false},
      {"FirstVersionMissing", [](History& h) { h.versions.erase(h.versions.begin()); },
       "follows version 0", 2, false},
      {"JournalNotZero",
       [](History& h) { h.at(3).event.mutable_journal(0)->set_amount_fen(50001); },
       "do not add up to 0", 3, false},
      {"NoSubAccount", [](History& h) { h.at(2).event.mutable_journal(0)->set_subject("FAMILY"); },
       "names no sub-account", 2, false},
      {"Balance", [](History& h) { h.at(5).state.mutable_sub_balance(0)->set_balc_fen(10001); },
       "sub-balances are not the fold", 5},
      {"BalanceInTheOtherSubAccount",
       [](History& h) { h.at(5).state.mutable_sub_balance(0)->set_sub_account(v1::PAST_YEARS); },
       "sub-balances are not the fold", 5},
      {"BalanceLost", [](History& h) { h.at(5).state.clear_sub_balance(); },
       "sub-balances are not the fold", 5},
      {"BalanceTwice",
       [](History& h) { *h.at(5).state.add_sub_balance() = h.at(5).state.sub_balance(0); },
       "a sub-balance is there twice", 5},
      {"BalanceNegative",
       [](History& h) { h.at(5).state.mutable_sub_balance(0)->set_balc_fen(-1); },
       "a sub-balance is negative", 5, false},
      {"Accumulator", [](History& h) { h.at(5).state.mutable_accumulator(0)->set_value(1); },
       "accumulators are not the fold", 5},
      {"AccumulatorLost", [](History& h) { h.at(5).state.clear_accumulator(); },
       "accumulators are not the fold", 5},
      {"AccumulatorOfAnotherPeriod",
       [](History& h) { h.at(5).state.mutable_accumulator(0)->set_period("2027-01-01"); },
       "accumulators are not the fold", 5},
      {"AccumulatorZero", [](History& h) { h.at(5).state.add_accumulator()->set_insutype("390"); },
       "an accumulator of 0 is kept", 5},
      {"AccumulatorTwice",
       [](History& h) { *h.at(5).state.add_accumulator() = h.at(5).state.accumulator(0); },
       "accumulators are not in order", 5},
      {"FactsOfAnother", [](History& h) { h.at(1).state.mutable_facts()->set_psn_no("P2"); },
       "psn_no of the facts is not that of the person", 1, false},
      {"FactsChanged", [](History& h) { h.at(5).state.mutable_facts()->set_gend("1"); },
       "facts changed although none were loaded", 5},
      {"CardsChanged",
       [](History& h) { h.at(5).state.mutable_cards()->add_card()->set_card_no("X1"); },
       "cards changed although no change of a card was asked for", 5},
      {"CardsLost",
       [](History& h) { h.at(1).state.mutable_cards()->add_card()->set_card_no("X1"); },
       "cards changed although no change of a card was asked for", 2, false},
      {"LoadMovedMoney",
       [](History& h) {
         *h.at(1).event.mutable_journal() = h.at(2).event.journal();
         *h.at(1).state.mutable_sub_balance() = h.at(2).state.sub_balance();
       },
       "an event that is no settlement, undo or credit moved money", 1, false},
      {"CreditChangedAccumulators",
       [](History& h) {
         *h.at(2).event.mutable_delta() = h.at(3).event.delta();
         *h.at(2).state.mutable_accumulator() = h.at(3).state.accumulator();
       },
       "a credit changed accumulators", 2, false},
      {"EventOfNoKind", [](History& h) { h.at(2).event.clear_what(); },
       "the event is of no known kind", 2, false},
      {"ClearingDay", [](History& h) { h.at(2).event.set_clr_date("2026-11-20"); },
       "clr_date is not the local day", 2},
      {"SettlementIdTwice",
       [](History& h) {
         h.at(3).event.mutable_settled()->set_setl_id("SETL4");
         EditSettlement(h, [](v1::Settlement& s) { s.set_setl_id("SETL4"); });
       },
       "has the settlement id of version 3", 4},
      {"NoSettlementId",
       [](History& h) {
         h.at(3).event.mutable_settled()->clear_setl_id();
         EditSettlement(h, [](v1::Settlement& s) { s.clear_setl_id(); });
       },
       "has no settlement id", 3},
  };
}

std::vector<Defect> InReversals() {
  return {
      {"NotInTheList", [](History& h) { h.at(5).state.clear_reversed(); },
       "the list of reversed settlements is not the fold", 5},
      {"ListNamesAnother", [](History& h) { h.at(5).state.mutable_reversed(0)->set_version(3); },
       "the list of reversed settlements is not the fold", 5},
      {"ReversedTwice",
       [](History& h) {
         HistoryVersion again = h.at(5);
         again.version = 6;
         h.versions.push_back(again);
       },
       "reverses version 4, which version 5 reversed before", 6, false},
      {"OfNoSettlement", [](History& h) { h.at(5).event.mutable_reversed()->set_orig_version(2); },
       "reverses version 2, which is no settlement", 5, false},
      {"OfALaterVersion", [](History& h) { h.at(5).event.mutable_reversed()->set_orig_version(7); },
       "reverses version 7, which is no settlement before it", 5, false},
      {"OrigSettlementId",
       [](History& h) {
         h.at(5).event.mutable_reversed()->set_orig_setl_id("SETL3");
         EditReversal(h, [](v1::Reversal& r) { r.set_orig_setl_id("SETL3"); });
       },
       "orig_setl_id is not the id", 5},
      {"FundsSwapped",
       [](History& h) {
         h.at(5).event.mutable_journal(2)->set_subject("310100");
         h.at(5).event.mutable_journal(3)->set_subject("330100");
       },
       "the journal does not negate", 5},
      {"DeltaNotNegated",
       [](History& h) {
         h.at(5).event.mutable_delta(0)->set_value(-40000);
         h.at(5).state.mutable_accumulator(0)->set_value(60000);
       },
       "the deltas do not negate", 5},
      {"ByAnotherInstitution",
       [](History& h) {
         h.at(5).event.set_fixmedins_code("H41010000002");
         h.messages[3].key.institution = "H41010000002";
       },
       "reverses a settlement of another institution", 5},
      {"ReplyAmount",
       [](History& h) {
         EditReversal(h, [](v1::Reversal& r) { r.mutable_amounts()->set_hifp_pay_fen(1); });
       },
       "hifp_pay_fen in the reply is not the negated amount", 5},
      {"ReplyBenefit",
       [](History& h) {
         EditReversal(h, [](v1::Reversal& r) { r.mutable_benefit(0)->set_amount_fen(80000); });
       },
       "the benefits in the reply are not the negated ones", 5},
      {"ReplyBenefitOfAnotherPayer",
       [](History& h) {
         EditReversal(h, [](v1::Reversal& r) { r.mutable_benefit(0)->clear_fund_pay_type(); });
       },
       "the benefits in the reply are not the negated ones", 5},
      {"ReplyBenefitMissing",
       [](History& h) { EditReversal(h, [](v1::Reversal& r) { r.clear_benefit(); }); },
       "the benefits in the reply are not the negated ones", 5},
      {"ReplyBalance",
       [](History& h) { EditReversal(h, [](v1::Reversal& r) { r.set_balc_fen(1); }); },
       "balances in the reply", 5},
      {"ReplyOutcome",
       [](History& h) {
         EditReversal(h, [](v1::Reversal& r) { r.set_outcome(v1::NOTHING_TO_REVERSE); });
       },
       "the outcome in the reply is not REVERSED", 5},
      {"ReplyId", [](History& h) { EditReversal(h, [](v1::Reversal& r) { r.set_setl_id("X"); }); },
       "in the reply is not that of the event", 5},
  };
}

std::vector<Defect> InReplies() {
  const auto settlement = [](std::string name, std::function<void(v1::Settlement&)> change,
                             std::string expected) {
    return Defect{std::move(name), [change](History& h) { EditSettlement(h, change); },
                  std::move(expected), 3};
  };
  return {
      Identity(
          "Buckets", [](v1::Amounts& a) { a.set_inscp_scp_amt_fen(90001); },
          "medfee_sumamt is not fulamt_ownpay_amt"),
      Identity(
          "Shares", [](v1::Amounts& a) { a.set_hosp_part_amt_fen(1); },
          "medfee_sumamt is not fund_pay_sumamt + hosp_part_amt"),
      Identity(
          "Cash", [](v1::Amounts& a) { a.set_psn_cash_pay_fen(30001); },
          "psn_part_amt is not acct_pay + acct_mulaid_pay + psn_cash_pay"),
      Identity(
          "Funds", [](v1::Amounts& a) { a.set_maf_pay_fen(1); },
          "fund_pay_sumamt is not the sum of the funds"),
      Identity(
          "Negative",
          [](v1::Amounts& a) {
            a.set_hifes_pay_fen(-1);
            a.set_maf_pay_fen(1);
          },
          "hifes_pay_fen is negative"),
      settlement(
          "Lines", [](v1::Settlement& s) { s.add_line()->set_inscp_scp_amt_fen(1); },
          "the lines of the bill do not add up"),
      settlement(
          "FundDetail",
          [](v1::Settlement& s) {
            s.mutable_setldetail(0)->set_fund_payamt_fen(50001);
            s.mutable_setldetail(1)->set_fund_payamt_fen(9999);
          },
          "FUND_EXPENSE lines of the journal are not setldetail"),
      settlement(
          "BenefitOfNothing", [](v1::Settlement& s) { s.mutable_benefit(0)->set_amount_fen(0); },
          "the amount of a benefit is not above 0"),
      settlement(
          "BenefitNegative", [](v1::Settlement& s) { s.mutable_benefit(0)->set_amount_fen(-1); },
          "the amount of a benefit is not above 0"),
      settlement(
          "BenefitWithoutLabel", [](v1::Settlement& s) { s.mutable_benefit(0)->clear_label(); },
          "a benefit has no label"),
      settlement(
          "BenefitOfNoFund",
          [](v1::Settlement& s) { s.mutable_benefit(0)->set_fund_pay_type("51010"); },
          "neither a code of six digits nor empty"),
      settlement(
          "BenefitOfWords",
          [](v1::Settlement& s) { s.mutable_benefit(0)->set_fund_pay_type("51010X"); },
          "neither a code of six digits nor empty"),
      {"FundDetailSum",
       [](History& h) {
         EditSettlement(h, [](v1::Settlement& s) { s.mutable_setldetail()->RemoveLast(); });
       },
       "setldetail does not add up to fund_pay_sumamt", 3, false},
      {"Payable", [](History& h) { h.at(3).event.mutable_journal(3)->set_subject("H41010000002"); },
       "the INSTITUTION_PAYABLE line", 3},
      {"AccountPayment",
       [](History& h) {
         h.at(3).event.mutable_journal(2)->set_account(store::v1::ACCOUNT_FUNDING);
       },
       "PERSONAL_ACCOUNT lines of the journal are not acct_pay", 3, false},
      settlement(
          "BalanceInReply", [](v1::Settlement& s) { s.set_balc_fen(1); }, "balances in the reply"),
      settlement(
          "VersionInReply", [](v1::Settlement& s) { s.set_version(4); }, "version in the reply"),
      settlement(
          "PersonInReply", [](v1::Settlement& s) { s.set_psn_no("P2"); },
          "in the reply is not that of the event"),
      settlement(
          "OutcomeInReply", [](v1::Settlement& s) { s.set_outcome(v1::NOT_INSURED); },
          "the outcome in the reply is not SETTLED"),
      {"ReplyUnreadable", [](History& h) { h.at(3).event.set_reply("\xFF"); },
       "the reply cannot be read", 3},
  };
}

std::vector<Defect> InCredits() {
  return {
      {"CreditReplyUnreadable", [](History& h) { h.at(2).event.set_reply("\xFF"); },
       "request or reply cannot be read", 2},
      {"CreditAmount",
       [](History& h) {
         Edit<v1::CreditAccountRequest>(
             h.at(2).event.mutable_request(),
             [](v1::CreditAccountRequest& request) { request.set_amount_fen(1); });
         h.messages[0].entry.body = Sha256(h.at(2).event.request());
       },
       "is not the amount of the request", 2},
      {"CreditPerson",
       [](History& h) {
         Edit<v1::CreditAccountResponse>(
             h.at(2).event.mutable_reply(),
             [](v1::CreditAccountResponse& reply) { reply.set_psn_no("P2"); });
       },
       "psn_no in request or reply is another", 2},
  };
}

// messages: 0 the credit, 1 and 2 the settlements, 3 the reversal, 4 the refusal.
std::vector<Defect> InMessages() {
  return {
      {"EntryMissing", [](History& h) { h.messages.erase(h.messages.begin() + 1); },
       "has 0 entries that lead to it", 3},
      {"EntryOfTwoCalls",
       [](History& h) {
         h.messages.push_back(h.messages[3]);
         h.messages.back().key.transaction = v1::REVERSE_BY_MESSAGE;
       },
       "has 2 entries that lead to it", 5},
      {"EntryLeadsNowhere",
       [](History& h) {
         h.messages.push_back(h.messages[1]);
         h.messages.back().key.msgid = "S8";
         h.messages.back().entry.version = 9;
       },
       "leads to a version that does not exist", 9},
      {"EntryOfAnotherMessage",
       [](History& h) {
         h.messages.push_back(h.messages[1]);
         h.messages.back().key.msgid = "S8";
       },
       "leads to an event of another message", 3},
      {"EntryOfAnotherCall",
       [](History& h) {
         h.messages.push_back(h.messages[1]);
         h.messages.back().key.transaction = v1::CREDIT_ACCOUNT;
       },
       "leads to an event of another kind", 3},
      {"EntryWithoutVersion",
       [](History& h) {
         h.messages.push_back(h.messages[1]);
         h.messages.back().key.msgid = "S8";
         h.messages.back().entry.version = 0;
       },
       "names a person but no version", 0},
      {"EntryDigest", [](History& h) { h.messages[1].entry.body = Sha256("other"); },
       "has another digest than the event's request", 3},
      {"EntryWithVerdict", [](History& h) { h.messages[1].entry.verdict = "x"; },
       "has a verdict although it changed a person", 3},
      {"VerdictUnreadable", [](History& h) { h.messages[4].entry.verdict = "\xFF"; },
       "has a verdict that cannot be read", 0},
      {"VerdictDigest", [](History& h) { h.messages[4].entry.body = Sha256("other"); },
       "has another digest than its request", 0},
      {"VerdictWithVersion", [](History& h) { h.messages[4].entry.version = 3; },
       "names a version but no person", 0},
      {"EventNamesNoMessage",
       [](History& h) {
         h.at(2).event.clear_msgid();
         h.messages.erase(h.messages.begin());
       },
       "the event names no message", 2},
  };
}

std::string NameOf(const testing::TestParamInfo<Defect>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Versions, PlantedDefect, testing::ValuesIn(InVersions()), NameOf);
INSTANTIATE_TEST_SUITE_P(Reversals, PlantedDefect, testing::ValuesIn(InReversals()), NameOf);
INSTANTIATE_TEST_SUITE_P(Replies, PlantedDefect, testing::ValuesIn(InReplies()), NameOf);
INSTANTIATE_TEST_SUITE_P(Credits, PlantedDefect, testing::ValuesIn(InCredits()), NameOf);
INSTANTIATE_TEST_SUITE_P(Messages, PlantedDefect, testing::ValuesIn(InMessages()), NameOf);

TEST(Audit, FindsNothingInAGoodHistory) {
  MemoryStore store;
  Plant(MakeHistory(), store);
  const auto report = AuditLedger(store);
  ASSERT_TRUE(report.ok()) << report.status();
  for (const AuditFinding& finding : report->findings) ADD_FAILURE() << finding.what;
  EXPECT_TRUE(report->clean());
  EXPECT_EQ(report->persons, 1);
  EXPECT_EQ(report->versions, 5);
  EXPECT_EQ(report->facts_loaded, 1);
  EXPECT_EQ(report->credited, 1);
  EXPECT_EQ(report->settled, 2);
  EXPECT_EQ(report->reversed, 1);
  EXPECT_EQ(report->messages, 5);
}

TEST(Audit, FindsPackagesThatAreNotInTheArchive) {
  for (const bool other_text : {false, true}) {
    MemoryStore store;
    Plant(MakeHistory(), store);
    ASSERT_TRUE(store.PutTable(HistoryPolicyTable(), other_text ? "id: \"other\"" : "").ok());
    const auto report = AuditLedger(store);
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_EQ(report->finding_count, 2);  // both settlements
    EXPECT_EQ(report->findings[0].version, 3);
    EXPECT_THAT(report->findings[0].what, HasSubstr(other_text ? "has another text in the archive"
                                                               : "is not in the archive"));
  }
}

TEST(Audit, FindsASettlementWithoutPackage) {
  MemoryStore store;
  History history = MakeHistory();
  history.at(3).event.mutable_settled()->clear_policy_hash();
  Plant(history, store);
  const auto report = AuditLedger(store);
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->finding_count, 1);
  EXPECT_EQ(report->findings[0].version, 3);
  EXPECT_EQ(report->findings[0].what, "the settlement names no policy package");
}

TEST(Audit, FindsNothingInAClosedMessage) {
  MemoryStore store;
  store::v1::Verdict verdict;
  verdict.set_closed(true);
  store.PlantMessage({kHistoryHospital, v1::SETTLE, "S1"},
                     {Digest{}, "", 0, verdict.SerializeAsString()});
  EXPECT_TRUE(IsLedgerClean(store));
}

TEST(Audit, FindsNothingInAnEmptyStore) {
  MemoryStore store;
  EXPECT_TRUE(IsLedgerClean(store));
}

TEST(Audit, FindsRecordsThatCannotBeRead) {
  for (const bool state : {true, false}) {
    MemoryStore store;
    Plant(MakeHistory(), store);
    auto version = **store.LoadVersion(kHistoryPerson, 5);
    (state ? version.state : version.event) = "\xFF";
    store.PlantVersion(kHistoryPerson, version);
    EXPECT_EQ(AuditLedger(store)->findings.at(0).what,
              state ? "the state cannot be read" : "the event cannot be read");
  }
}

TEST(Audit, ReportsADefectOnceAndListsAHundred) {
  MemoryStore store;
  for (int person = 0; person < 150; ++person) {
    const std::string psn_no = absl::StrCat("Q", person);
    store::v1::PersonState state;
    state.mutable_facts()->set_psn_no(psn_no);
    state.add_sub_balance()->set_sub_account(v1::PAST_YEARS);
    state.mutable_sub_balance(0)->set_balc_fen(1);  // out of nowhere
    store::v1::PersonEvent event;
    event.set_clr_date("1970-01-01");
    event.mutable_facts_loaded();
    for (const int64_t version : {1, 2}) {
      store.PlantVersion(psn_no, {version, state.SerializeAsString(), event.SerializeAsString()});
    }
  }
  const auto report = AuditLedger(store);
  EXPECT_EQ(report->finding_count, 150);
  EXPECT_EQ(report->findings.size(), 100u);
}

}  // namespace
}  // namespace yijie::engine
