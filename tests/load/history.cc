#include "tests/load/history.h"

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/digest.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {
namespace {

using storage::MessageWrite;
using store::v1::LedgerAccount;
using store::v1::PersonEvent;
using store::v1::PersonState;

constexpr int64_t kTime = 1795219200000;  // 2026-11-21 08:00 in UTC+8
constexpr char kDay[] = "2026-11-21";
constexpr char kAgency[] = "AG1";

void AddLine(LedgerAccount account, const char* subject, int64_t amount_fen, PersonEvent& event) {
  store::v1::JournalLine& line = *event.add_journal();
  line.set_account(account);
  line.set_subject(subject);
  line.set_amount_fen(amount_fen);
}

void SetAccumulator(int64_t value, v1::AccumulatorValue& accumulator) {
  accumulator.set_insutype("310");
  accumulator.set_name("hifp_year");
  accumulator.set_period("2026-01-01");
  accumulator.set_value(value);
}

PersonEvent MakeEvent(const char* institution, const char* msgid) {
  PersonEvent event;
  event.set_time_unix_ms(kTime);
  event.set_clr_date(kDay);
  event.set_fixmedins_code(institution);
  event.set_msgid(msgid);
  event.set_request(absl::StrCat("request ", msgid));
  return event;
}

// Adds a version with the message that led to it.
void AddVersion(const PersonState& state, const PersonEvent& event, v1::Transaction call,
                History& history) {
  const auto version = static_cast<int64_t>(history.versions.size()) + 1;
  history.versions.push_back({version, state, event});
  if (call == v1::TRANSACTION_UNSPECIFIED) return;
  MessageWrite message;
  message.key = {event.fixmedins_code(), static_cast<uint8_t>(call), event.msgid()};
  message.entry.body = Sha256(event.request());
  message.entry.psn_no = kHistoryPerson;
  message.entry.version = version;
  history.messages.push_back(std::move(message));
}

void AddCredit(PersonState& state, History& history) {
  PersonEvent event = MakeEvent(kAgency, "V1");
  v1::CreditAccountRequest request;
  request.set_psn_no(kHistoryPerson);
  request.set_sub_account(v1::CURRENT_YEAR);
  request.set_amount_fen(20000);
  event.set_request(request.SerializeAsString());
  AddLine(store::v1::PERSONAL_ACCOUNT, "CURRENT_YEAR", -20000, event);
  AddLine(store::v1::ACCOUNT_FUNDING, kAgency, 20000, event);
  v1::CreditAccountResponse reply;
  reply.set_psn_no(kHistoryPerson);
  reply.set_balc_fen(20000);
  reply.set_version(2);
  event.set_reply(reply.SerializeAsString());
  event.mutable_credited();
  v1::SubBalance& sub = *state.add_sub_balance();
  sub.set_sub_account(v1::CURRENT_YEAR);
  sub.set_balc_fen(20000);
  AddVersion(state, event, v1::CREDIT_ACCOUNT, history);
}

// The amounts of the settlements, multiplied by `sign`.
v1::Amounts MakeAmounts(int sign) {
  v1::Amounts amounts;
  amounts.set_medfee_sumamt_fen(sign * 100000);
  amounts.set_fulamt_ownpay_amt_fen(sign * 5000);
  amounts.set_overlmt_selfpay_fen(sign * 1000);
  amounts.set_preselfpay_amt_fen(sign * 4000);
  amounts.set_inscp_scp_amt_fen(sign * 90000);
  amounts.set_hifp_pay_fen(sign * 50000);
  amounts.set_hifob_pay_fen(sign * 10000);
  amounts.set_fund_pay_sumamt_fen(sign * 60000);
  amounts.set_psn_part_amt_fen(sign * 40000);
  amounts.set_acct_pay_fen(sign * 10000);
  amounts.set_psn_cash_pay_fen(sign * 30000);
  return amounts;
}

// The benefit of the settlements: beside the bill, in no journal.
void SetBenefit(int64_t amount_fen, v1::BenefitPayment& benefit) {
  benefit.set_step("allowance");
  benefit.set_label("生育津贴");
  benefit.set_fund_pay_type("510100");
  benefit.set_amount_fen(amount_fen);
}

v1::SettleResponse MakeReply(const PersonEvent& event, int64_t balc_before_fen, int64_t version) {
  v1::SettleResponse reply;
  v1::Settlement& settlement = *reply.mutable_settlement();
  settlement.set_setl_id(event.settled().setl_id());
  settlement.set_outcome(v1::SETTLED);
  settlement.set_psn_no(kHistoryPerson);
  settlement.set_insutype("310");
  settlement.set_fixmedins_code(kHistoryHospital);
  settlement.set_medins_setl_id(event.msgid());
  settlement.set_clr_date(kDay);
  *settlement.mutable_amounts() = MakeAmounts(1);
  for (const auto& [fund, amount_fen] : {std::pair("310100", 50000), std::pair("330100", 10000)}) {
    v1::FundPayment& payment = *settlement.add_setldetail();
    payment.set_fund_pay_type(fund);
    payment.set_fund_payamt_fen(amount_fen);
  }
  SetBenefit(80000, *settlement.add_benefit());
  settlement.set_balc_before_fen(balc_before_fen);
  settlement.set_balc_fen(balc_before_fen - 10000);
  settlement.set_version(version);
  v1::LineResult& line = *settlement.add_line();
  line.set_fulamt_ownpay_amt_fen(5000);
  line.set_overlmt_amt_fen(1000);
  line.set_preselfpay_amt_fen(4000);
  line.set_inscp_scp_amt_fen(90000);
  return reply;
}

void AddSettlement(const char* msgid, const char* setl_id, PersonState& state, History& history) {
  PersonEvent event = MakeEvent(kHistoryHospital, msgid);
  event.mutable_settled()->set_setl_id(setl_id);
  event.mutable_settled()->set_insutype("310");
  const Digest policy_hash = Sha256(kHistoryPolicy);
  event.mutable_settled()->set_policy_hash(policy_hash.data(), policy_hash.size());
  AddLine(store::v1::FUND_EXPENSE, "310100", 50000, event);
  AddLine(store::v1::FUND_EXPENSE, "330100", 10000, event);
  AddLine(store::v1::PERSONAL_ACCOUNT, "CURRENT_YEAR", 10000, event);
  AddLine(store::v1::INSTITUTION_PAYABLE, kHistoryHospital, -70000, event);
  SetAccumulator(50000, *event.add_delta());
  const auto version = static_cast<int64_t>(history.versions.size()) + 1;
  v1::SubBalance& sub = *state.mutable_sub_balance(0);
  event.set_reply(MakeReply(event, sub.balc_fen(), version).SerializeAsString());
  sub.set_balc_fen(sub.balc_fen() - 10000);
  if (state.accumulator().empty()) state.add_accumulator();
  SetAccumulator(state.accumulator(0).value() + 50000, *state.mutable_accumulator(0));
  AddVersion(state, event, v1::SETTLE, history);
}

void AddReversal(PersonState& state, History& history) {
  PersonEvent event = MakeEvent(kHistoryHospital, "R1");
  event.mutable_reversed()->set_setl_id("SETL5");
  event.mutable_reversed()->set_orig_version(4);
  event.mutable_reversed()->set_orig_setl_id("SETL4");
  AddLine(store::v1::INSTITUTION_PAYABLE, kHistoryHospital, 70000, event);
  AddLine(store::v1::PERSONAL_ACCOUNT, "CURRENT_YEAR", -10000, event);
  AddLine(store::v1::FUND_EXPENSE, "330100", -10000, event);
  AddLine(store::v1::FUND_EXPENSE, "310100", -50000, event);
  SetAccumulator(-50000, *event.add_delta());
  v1::ReverseResponse reply;
  v1::Reversal& reversal = *reply.mutable_reversal();
  reversal.set_outcome(v1::REVERSED);
  reversal.set_setl_id("SETL5");
  reversal.set_orig_setl_id("SETL4");
  *reversal.mutable_amounts() = MakeAmounts(-1);
  SetBenefit(-80000, *reversal.add_benefit());
  reversal.set_balc_before_fen(0);
  reversal.set_balc_fen(10000);
  reversal.set_version(5);
  reversal.set_clr_date(kDay);
  event.set_reply(reply.SerializeAsString());
  state.mutable_sub_balance(0)->set_balc_fen(10000);
  SetAccumulator(50000, *state.mutable_accumulator(0));
  store::v1::ReversedSettlement& entry = *state.add_reversed();
  entry.set_version(4);
  entry.set_reversed_by_version(5);
  AddVersion(state, event, v1::REVERSE, history);
}

void AddRefusal(History& history) {
  store::v1::Verdict verdict;
  verdict.set_request("request S9");
  MessageWrite message;
  message.key = {kHistoryHospital, static_cast<uint8_t>(v1::SETTLE), "S9"};
  message.entry.body = Sha256(verdict.request());
  message.entry.verdict = verdict.SerializeAsString();
  history.messages.push_back(std::move(message));
}

}  // namespace

History MakeHistory() {
  History history;
  PersonState state;
  state.mutable_facts()->set_psn_no(kHistoryPerson);
  PersonEvent loaded;
  loaded.set_time_unix_ms(kTime);
  loaded.set_clr_date(kDay);
  loaded.mutable_facts_loaded();
  AddVersion(state, loaded, v1::TRANSACTION_UNSPECIFIED, history);
  AddCredit(state, history);
  AddSettlement("S1", "SETL3", state, history);
  AddSettlement("S2", "SETL4", state, history);
  AddReversal(state, history);
  AddRefusal(history);
  return history;
}

std::string HistoryPolicyTable() {
  return absl::StrCat("policy/", HexPrefix(Sha256(kHistoryPolicy), 32));
}

void Plant(const History& history, storage::MemoryStore& store) {
  YIJIE_CHECK(store.PutTable(HistoryPolicyTable(), kHistoryPolicy).ok(), "an archived policy");
  for (const HistoryVersion& version : history.versions) {
    store.PlantVersion(kHistoryPerson, {version.version, version.state.SerializeAsString(),
                                        version.event.SerializeAsString()});
  }
  for (const MessageWrite& message : history.messages) {
    store.PlantMessage(message.key, message.entry);
  }
}

}  // namespace yijie::engine
