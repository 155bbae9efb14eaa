#include "tests/campaign/final_state.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/audit/audit.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::campaign {
namespace {

namespace st = yijie::store::v1;

std::string Same(const char* what, int64_t expected, int64_t actual) {
  return expected == actual ? "" : absl::StrCat(what, ": ", expected, " expected, ", actual);
}

std::string ComparePurse(const Person& person, const st::PersonState& state) {
  Purse purse;
  for (const v1::SubBalance& sub : state.sub_balance())
    purse.fen[sub.sub_account() == v1::CURRENT_YEAR ? 0 : 1] += sub.balc_fen();
  const std::string current = Same("current year", person.purse.fen[0], purse.fen[0]);
  return current.empty() ? Same("past years", person.purse.fen[1], purse.fen[1]) : current;
}

std::string CompareTotals(const Person& person, const st::PersonState& state) {
  Totals totals;
  for (const v1::AccumulatorValue& value : state.accumulator())
    totals[{value.insutype(), value.name(), value.period()}] += value.value();
  const Totals expected = WithoutZeros(person.totals);
  for (const Totals* one : {&expected, static_cast<const Totals*>(&totals)}) {
    for (const auto& [name, value] : *one) {
      const auto a = expected.find(name);
      const auto b = totals.find(name);
      const std::string difference = Same(
          absl::StrCat(std::get<0>(name), "/", std::get<1>(name), "/", std::get<2>(name)).c_str(),
          a == expected.end() ? 0 : a->second, b == totals.end() ? 0 : b->second);
      if (!difference.empty()) return difference;
    }
  }
  return "";
}

std::string CompareStays(const Person& person, const st::PersonState& state) {
  const auto expected_size = static_cast<int64_t>(person.stays.size());
  if (std::string size = Same("stays", expected_size, state.stays().stay_size()); !size.empty())
    return size;
  for (size_t i = 0; i < person.stays.size(); ++i) {
    const Stay& expected = person.stays[i];
    const st::Stay& actual = state.stays().stay(static_cast<int>(i));
    const auto status = expected.settled      ? st::STAY_SETTLED
                        : expected.discharged ? st::DISCHARGED
                                              : st::IN_STAY;
    if (expected.mdtrt_id != actual.mdtrt_id() || expected.enddate != actual.enddate() ||
        status != actual.status() ||
        static_cast<int>(expected.batches.size()) != actual.batch_size())
      return absl::StrCat("stay ", expected.mdtrt_id, ": ", actual.ShortDebugString());
    for (size_t j = 0; j < expected.batches.size(); ++j) {
      const Batch& batch = expected.batches[j];
      const st::FeeBatch& stored = actual.batch(static_cast<int>(j));
      if (batch.number != stored.chrg_bchno() || batch.sum != stored.sum_fen() ||
          batch.settled_version != stored.settled_version())
        return absl::StrCat("stay ", expected.mdtrt_id, ": batch ", stored.ShortDebugString());
    }
  }
  return "";
}

std::string CompareUndone(const Person& person, const st::PersonState& state) {
  std::map<int64_t, int64_t> undone;
  for (const auto& [version, settlement] : person.settlements) {
    if (settlement.undone_by != 0) undone[version] = settlement.undone_by;
  }
  for (const st::ReversedSettlement& mark : state.reversed()) {
    const auto found = undone.find(mark.version());
    if (found == undone.end() || found->second != mark.reversed_by_version())
      return absl::StrCat("undone: ", mark.ShortDebugString());
    undone.erase(found);
  }
  return Same("settlements that should be undone and are not", 0,
              static_cast<int64_t>(undone.size()));
}

// What the person is paid by the bank, owes and is owed.
std::string ComparePayouts(const Person& person, const st::PersonPayouts& state) {
  std::string difference =
      Same("payouts", static_cast<int64_t>(person.payouts.size()), state.payout_size());
  if (difference.empty())
    difference = Same("debts", static_cast<int64_t>(person.debts.size()), state.debt_size());
  if (difference.empty())
    difference = Same("dues", static_cast<int64_t>(person.dues.size()), state.due_size());
  if (!difference.empty()) return difference;
  for (int i = 0; i < state.payout_size(); ++i) {
    const Payout& expected = person.payouts[static_cast<size_t>(i)];
    const v1::Payout& actual = state.payout(i);
    if (person.PayoutId(expected) != actual.payout_id() ||
        person.setl_ids.at(expected.source) != actual.source_id() ||
        expected.gross != actual.gross_fen() || expected.amount != actual.amount_fen() ||
        expected.state != actual.state())
      return absl::StrCat("payout ", person.PayoutId(expected), ": ", actual.ShortDebugString());
  }
  for (int i = 0; i < state.debt_size(); ++i) {
    if (person.debts[static_cast<size_t>(i)].SerializeAsString() !=
        state.debt(i).SerializeAsString())
      return absl::StrCat("debt: ", state.debt(i).ShortDebugString());
  }
  for (int i = 0; i < state.due_size(); ++i) {
    if (person.dues[static_cast<size_t>(i)].SerializeAsString() != state.due(i).SerializeAsString())
      return absl::StrCat("due: ", state.due(i).ShortDebugString());
  }
  return "";
}

// What funds and person owe each other is what waits and what is a debt.
std::string CompareClearing(const Person& person, const Model::Ledger& ledger) {
  int64_t owed = 0;
  for (const v1::BenefitDebt& debt : person.debts) owed += debt.amount_fen();
  for (const v1::BenefitDue& due : person.dues) owed -= due.amount_fen();
  const auto found = ledger.find({"PERSON_CLEARING", person.psn_no});
  return Same("debts less dues", owed, found == ledger.end() ? 0 : found->second);
}

std::string ComparePerson(const Person& person, const storage::PersonVersion& newest) {
  st::PersonState state;
  if (!state.ParseFromString(newest.state)) return "a state that cannot be read";
  std::string difference = Same("version", person.version, newest.version);
  if (difference.empty()) difference = ComparePurse(person, state);
  if (difference.empty()) difference = CompareTotals(person, state);
  if (difference.empty()) difference = CompareStays(person, state);
  if (difference.empty()) difference = CompareUndone(person, state);
  if (difference.empty()) difference = ComparePayouts(person, state.payouts());
  if (difference.empty() && state.facts().SerializeAsString() != person.facts.SerializeAsString())
    difference = "other facts";
  return difference;
}

std::string CompareLedgers(const Model::Ledger& expected, const Model::Ledger& actual) {
  for (const Model::Ledger* one : {&expected, &actual}) {
    for (const auto& [account, fen] : *one) {
      const auto a = expected.find(account);
      const auto b = actual.find(account);
      const std::string difference =
          Same(absl::StrCat(account.first, " ", account.second).c_str(),
               a == expected.end() ? 0 : a->second, b == actual.end() ? 0 : b->second);
      if (!difference.empty()) return difference;
    }
  }
  return "";
}

}  // namespace

FinalState CheckFinalState(storage::Store& store, Model& model) {
  FinalState found;
  const auto audit = engine::AuditLedger(store);
  if (!audit.ok()) {
    found.difference = audit.status().ToString();
    return found;
  }
  if (!audit->clean()) {
    found.psn_no = audit->findings[0].psn_no;
    found.difference = absl::StrCat("the audit finds ", audit->finding_count, ": version ",
                                    audit->findings[0].version, ": ", audit->findings[0].what);
    return found;
  }
  Model::Ledger ledger;
  int64_t sum = 0;
  int64_t personal = 0;
  std::map<std::string, storage::PersonVersion> newest;
  (void)store.ForEachVersion([&](absl::string_view psn_no, const storage::PersonVersion& version) {
    ++found.versions;
    newest[std::string(psn_no)] = version;
    st::PersonEvent event;
    if (!event.ParseFromString(version.event)) found.difference = "an event that cannot be read";
    for (const st::JournalLine& line : event.journal()) {
      sum += line.amount_fen();
      if (line.account() == st::PERSONAL_ACCOUNT) {
        personal += line.amount_fen();
      } else {
        ledger[{st::LedgerAccount_Name(line.account()), line.subject()}] += line.amount_fen();
      }
    }
    return absl::OkStatus();
  });
  if (found.difference.empty()) found.difference = Same("sum of the ledger", 0, sum);
  if (found.difference.empty()) found.difference = CompareLedgers(model.ledger(), ledger);
  int64_t balances = 0;
  for (const Person& person : model.persons()) {
    if (!found.difference.empty()) return found;
    balances += person.purse.sum();
    const auto stored = newest.find(person.psn_no);
    if (!person.known()) {
      found.difference = stored == newest.end() ? "" : "a person that was never enrolled";
    } else if (stored == newest.end()) {
      found.difference = "a person that is gone";
    } else {
      found.difference = ComparePerson(person, stored->second);
      if (found.difference.empty()) found.difference = CompareClearing(person, ledger);
    }
    if (!found.difference.empty()) found.psn_no = person.psn_no;
  }
  if (found.difference.empty()) found.difference = Same("personal accounts", -balances, personal);
  return found;
}

}  // namespace yijie::campaign
