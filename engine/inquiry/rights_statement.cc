#include "engine/inquiry/rights_statement.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/arrears.h"
#include "engine/claim_input.h"
#include "engine/inquiry/history.h"
#include "engine/inquiry/movement.h"
#include "engine/inquiry/participation.h"
#include "engine/payout/bank_account.h"
#include "engine/receipt.h"
#include "engine/transactions.h"

namespace yijie::engine {
namespace {

using yijie::store::v1::JournalLine;
using yijie::store::v1::PersonEvent;
using yijie::store::v1::PersonState;

constexpr int kMaxVersions = 100'000;

void Add(const v1::Amounts& more, v1::Amounts* sum) {
  const auto* reflection = more.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(more, &fields);
  for (const auto* field : fields) {
    const Fen total =
        Fen(reflection->GetInt64(*sum, field)) + Fen(reflection->GetInt64(more, field));
    reflection->SetInt64(sum, field, total.value());
  }
}

void Add(const AccountAmounts& more, AccountAmounts* sum) {
  for (size_t i = 0; i < more.size(); ++i) (*sum)[i] += more[i];
}

struct Days {
  Date first;
  Date through;
};

Days DaysOf(int year, const Moment& now) {
  const Date last = Date::FromCivil(year, 12, 31);
  return {Date::FromCivil(year, 1, 1), now.day < last ? now.day : last};
}

// What the versions of the year come to.
class YearFold {
 public:
  YearFold(storage::StoreReader& store, const std::string& psn_no, Days days)
      : store_(store), psn_no_(psn_no), days_(days) {}

  // In the order of versions.
  absl::Status Take(const storage::PersonVersion& version, const PersonEvent& event);

  // Totals into `statement`; its account begins with `opening`, the balance before the first
  // version taken.
  absl::Status Finish(AccountAmounts opening, v1::RightsStatement* statement) const;

 private:
  struct AccountMoves {
    int count = 0;
    AccountAmounts amount{};
  };
  using Kind = std::pair<std::string, std::string>;  // insutype, med_type

  void TakeJournal(const PersonEvent& event);
  absl::Status TakeSettlement(const PersonEvent& event);
  absl::Status TakeReversal(const PersonEvent& event);
  v1::SettlementTotal& TotalOf(const v1::Settlement& settlement);
  void TakeBenefits(const google::protobuf::RepeatedPtrField<v1::BenefitPayment>& benefits);
  void SetBills(v1::RightsStatement* statement) const;
  void SetFunds(v1::RightsStatement* statement) const;
  absl::Status SetAccount(AccountAmounts opening, v1::RightsStatement* statement) const;

  storage::StoreReader& store_;
  const std::string& psn_no_;
  const Days days_;
  int64_t through_version_ = 0;
  AccountAmounts before_{}, after_{};  // moved by versions of other years among those taken
  std::map<v1::MovementKind, AccountMoves> moves_;
  std::map<Kind, v1::SettlementTotal> totals_;
  std::map<std::string, Fen> funds_;
  std::map<std::pair<std::string, std::string>, Fen> benefits_;  // label, fund
  bool sample_data_ = false;
  std::string last_state_;  // of the last version taken; empty: none was
};

absl::Status YearFold::Take(const storage::PersonVersion& version, const PersonEvent& event) {
  last_state_ = version.state;
  const Date day = DayOf(event);
  if (day < days_.first || days_.through < day) {
    for (const MovementPart& part : MovementsOf(event))
      Add(part.amount, day < days_.first ? &before_ : &after_);
    if (day < days_.first) through_version_ = version.version;
    return absl::OkStatus();
  }
  through_version_ = version.version;
  TakeJournal(event);
  if (event.has_settled()) return TakeSettlement(event);
  if (event.has_reversed()) return TakeReversal(event);
  return absl::OkStatus();
}

void YearFold::TakeJournal(const PersonEvent& event) {
  for (const MovementPart& part : MovementsOf(event)) {
    AccountMoves& moves = moves_[part.kind];
    ++moves.count;
    Add(part.amount, &moves.amount);
  }
  for (const JournalLine& line : event.journal()) {
    if (line.account() == yijie::store::v1::FUND_EXPENSE)
      funds_[line.subject()] += Fen(line.amount_fen());
  }
}

v1::SettlementTotal& YearFold::TotalOf(const v1::Settlement& settlement) {
  v1::SettlementTotal& total = totals_[{settlement.insutype(), settlement.med_type()}];
  total.set_insutype(settlement.insutype());
  total.set_med_type(settlement.med_type());
  return total;
}

void YearFold::TakeBenefits(
    const google::protobuf::RepeatedPtrField<v1::BenefitPayment>& benefits) {
  for (const v1::BenefitPayment& benefit : benefits)
    benefits_[{benefit.label(), benefit.fund_pay_type()}] += Fen(benefit.amount_fen());
}

absl::Status YearFold::TakeSettlement(const PersonEvent& event) {
  YIJIE_ASSIGN_OR_RETURN(const v1::Settlement settlement, StoredSettlement(event));
  v1::SettlementTotal& total = TotalOf(settlement);
  total.set_settled(total.settled() + 1);
  sample_data_ = sample_data_ || settlement.explanation().sample_data();
  Add(settlement.amounts(), total.mutable_amounts());
  TakeBenefits(settlement.benefit());
  return absl::OkStatus();
}

absl::Status YearFold::TakeReversal(const PersonEvent& event) {
  v1::ReverseResponse reply;  // both undo calls answer with a Reversal in field 1
  if (!reply.ParseFromString(event.reply()))
    return absl::DataLossError("a stored reply cannot be read");
  YIJIE_ASSIGN_OR_RETURN(const auto record,
                         store_.LoadVersion(psn_no_, event.reversed().orig_version()));
  if (!record) return absl::DataLossError("what an undo undid is not there");
  YIJIE_ASSIGN_OR_RETURN(const PersonEvent original, ParseEvent(*record));
  YIJIE_ASSIGN_OR_RETURN(const v1::Settlement settlement, StoredSettlement(original));
  v1::SettlementTotal& total = TotalOf(settlement);
  total.set_undone(total.undone() + 1);
  Add(reply.reversal().amounts(), total.mutable_amounts());
  TakeBenefits(reply.reversal().benefit());
  return absl::OkStatus();
}

void YearFold::SetBills(v1::RightsStatement* statement) const {
  for (const auto& [kind, total] : totals_) {
    *statement->add_settlement_total() = total;
    statement->set_settled(statement->settled() + total.settled());
    statement->set_undone(statement->undone() + total.undone());
    Add(total.amounts(), statement->mutable_amounts());
  }
  for (const auto& [name, amount] : benefits_) {
    if (amount == Fen(0)) continue;
    v1::BenefitTotal* benefit = statement->add_benefit();
    benefit->set_label(name.first);
    benefit->set_fund_pay_type(name.second);
    benefit->set_amount_fen(amount.value());
  }
}

void YearFold::SetFunds(v1::RightsStatement* statement) const {
  Fen sum;
  for (const auto& [fund, amount] : funds_) {
    if (amount == Fen(0)) continue;
    v1::FundTotal* total = statement->add_fund_total();
    total->set_fund_pay_type(fund);
    total->set_amount_fen(amount.value());
    sum += amount;
  }
  statement->set_other_fund_fen((sum - Fen(statement->amounts().fund_pay_sumamt_fen())).value());
}

absl::Status YearFold::SetAccount(AccountAmounts opening, v1::RightsStatement* statement) const {
  Add(before_, &opening);
  SetAmounts(opening, statement->mutable_opening());
  AccountAmounts closing = opening;
  for (const auto& [kind, moves] : moves_) {
    v1::AccountLine* line = statement->add_account_line();
    line->set_kind(kind);
    line->set_count(moves.count);
    SetAmounts(moves.amount, line->mutable_amount());
    Add(moves.amount, &closing);
  }
  SetAmounts(closing, statement->mutable_closing());
  if (last_state_.empty()) return absl::OkStatus();
  Add(after_, &closing);
  YIJIE_ASSIGN_OR_RETURN(const Person last, ParsePerson({0, last_state_, ""}));
  if (last.account == closing) return absl::OkStatus();
  return absl::DataLossError("the journals of a person do not account for its balances");
}

absl::Status YearFold::Finish(AccountAmounts opening, v1::RightsStatement* statement) const {
  if (through_version_ != 0) statement->set_through_version(through_version_);
  statement->set_sample_data(sample_data_);
  SetBills(statement);
  SetFunds(statement);
  return SetAccount(opening, statement);
}

absl::StatusOr<PersonState> LoadState(storage::StoreReader& store, const std::string& psn_no,
                                      int64_t version) {
  PersonState state;
  if (version == 0) return state;
  YIJIE_ASSIGN_OR_RETURN(const auto record, store.LoadVersion(psn_no, version));
  if (!record || !state.ParseFromString(record->state))
    return absl::DataLossError("the state of a person cannot be read");
  return state;
}

AccountAmounts BalancesOf(const PersonState& state) {
  AccountAmounts balances{};
  for (const v1::SubBalance& balance : state.sub_balance()) {
    const rules::SubAccount sub = balance.sub_account() == v1::CURRENT_YEAR
                                      ? rules::SubAccount::kCurrentYear
                                      : rules::SubAccount::kPastYears;
    balances[static_cast<size_t>(sub)] += Fen(balance.balc_fen());
  }
  return balances;
}

// --- Running totals and their bounds

bool IsOfArea(const rules::Program& program, absl::string_view admdvs) {
  return std::any_of(program.admdvs.begin(), program.admdvs.end(),
                     [&](const std::string& area) { return area == "*" || area == admdvs; });
}

// Whether the step bounds the running total of this number, or counts by it. Adds the figures.
bool Uses(const rules::Program& program, const rules::Step& step, uint16_t accumulator,
          std::set<int64_t>* bounds) {
  bool uses = step.accumulator == accumulator;
  for (uint32_t i = step.limits.begin; i < step.limits.end; ++i) {
    const rules::Limit& limit = program.limits[i];
    if (limit.accumulator != accumulator) continue;
    uses = true;
    for (uint32_t row = limit.rows.begin; row < limit.rows.end; ++row) {
      const rules::Row& figure = program.rows[row];
      if (!figure.no_bound && figure.formula == rules::kNoFormula)
        bounds->insert(figure.amount.value());
    }
  }
  return uses;
}

const rules::AccumulatorSpec* FindSpec(const rules::Program& program, absl::string_view name) {
  const auto symbol = rules::TryIntern(name);
  if (!symbol) return nullptr;
  const auto spec =
      std::find_if(program.accumulators.begin(), program.accumulators.end(),
                   [&](const rules::AccumulatorSpec& each) { return each.name == *symbol; });
  return spec == program.accumulators.end() ? nullptr : &*spec;
}

bool IsInForce(const rules::Program& program, const v1::Coverage& coverage, Date day) {
  return program.insutype == rules::TryIntern(coverage.insutype()) && program.valid_from <= day &&
         day <= program.valid_to && IsOfArea(program, coverage.insuplc_admdvs());
}

v1::AccumulatorUse UseOf(const v1::AccumulatorValue& value, const Reference& reference,
                         const v1::PersonFacts& facts, Date through) {
  v1::AccumulatorUse use;
  *use.mutable_value() = value;
  const BenefitFacts benefit(*reference.areas, facts);
  const v1::Coverage* coverage = FindCoverage(benefit, value.insutype(), through);
  std::set<int64_t> bounds;
  for (const auto& program : reference.policies->programs()) {
    const rules::AccumulatorSpec* spec = FindSpec(*program, value.name());
    if (spec == nullptr) continue;
    // A name means the same in every package.
    use.set_holds(static_cast<v1::Holds>(spec->holds));
    if (coverage == nullptr || !IsInForce(*program, *coverage, through)) continue;
    const auto number = static_cast<uint16_t>(spec - program->accumulators.data());
    for (size_t i = 0; i < program->steps.size(); ++i) {
      const bool uses = Uses(*program, program->steps[i], number, &bounds);
      if (uses && use.label().empty()) use.set_label(program->step_text[i].label);
    }
  }
  for (const int64_t bound : bounds) use.add_bound(bound);
  return use;
}

void SetAccumulators(const PersonState& state, const Reference& reference,
                     const v1::PersonFacts& facts, int year, Date through,
                     v1::RightsStatement* statement) {
  const std::string prefix = absl::StrCat(year, "-");
  for (const v1::AccumulatorValue& value : state.accumulator()) {
    if (!value.period().empty() && !absl::StartsWith(value.period(), prefix)) continue;
    v1::AccumulatorUse use = UseOf(value, reference, facts, through);
    if (use.holds() != v1::DAY) *statement->add_accumulator() = std::move(use);
  }
}

void SetPayouts(const Person& person, const Days& days, v1::RightsStatement* statement) {
  const std::string first = FormatDate(days.first);
  const std::string last = FormatDate(days.through);
  for (const v1::Payout& payout : person.rest->payouts().payout()) {
    // ISO days compare as text.
    if (first <= payout.due_date() && payout.due_date() <= last)
      *statement->add_payout() = MaskedForOutput(payout);
  }
}

}  // namespace

absl::StatusOr<v1::RightsStatement> MakeRightsStatement(storage::StoreReader& store,
                                                        const Reference& reference,
                                                        const Person& person, int year,
                                                        const Moment& now) {
  const v1::PersonFacts& facts = *person.facts;
  const Days days = DaysOf(year, now);
  v1::RightsStatement statement;
  statement.set_psn_no(facts.psn_no());
  statement.set_psn_name(MaskName(facts.psn_name()));
  statement.set_certno(MaskNumber(facts.certno()));
  statement.set_year(year);
  statement.set_through_day(FormatDate(days.through));
  *statement.mutable_month() = ParticipationByMonth(*reference.areas, facts, year, days.through);

  YIJIE_ASSIGN_OR_RETURN(const int64_t before,
                         VersionBefore(store, facts.psn_no(), person.version, days.first));
  YIJIE_ASSIGN_OR_RETURN(const PersonState opening, LoadState(store, facts.psn_no(), before));
  YearFold fold(store, facts.psn_no(), days);
  YIJIE_ASSIGN_OR_RETURN(
      const int64_t unread,
      VisitVersions(store, facts.psn_no(), before, person.version, days.through, kMaxVersions,
                    [&](const storage::PersonVersion& version,
                        const PersonEvent& event) -> absl::StatusOr<bool> {
                      YIJIE_RETURN_IF_ERROR(fold.Take(version, event));
                      return true;
                    }));
  if (unread != 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("year: the person has more than ", kMaxVersions, " records in it"));
  }
  statement.set_through_version(before);
  YIJIE_RETURN_IF_ERROR(fold.Finish(BalancesOf(opening), &statement));
  YIJIE_ASSIGN_OR_RETURN(const PersonState closing,
                         LoadState(store, facts.psn_no(), statement.through_version()));
  SetAccumulators(closing, reference, facts, year, days.through, &statement);
  SetPayouts(person, days, &statement);
  return statement;
}

}  // namespace yijie::engine
