#include "engine/person.h"

#include <algorithm>

#include "base/check.h"
#include "base/status_macros.h"
#include "engine/accumulator_codec.h"

namespace yijie::engine {
namespace {

using yijie::v1::SubBalance;

constexpr std::array<yijie::v1::SubAccount, rules::kSubAccounts> kSubAccountNames = {
    yijie::v1::CURRENT_YEAR, yijie::v1::PAST_YEARS};

}  // namespace

int64_t Person::ReversedBy(int64_t settled_version) const {
  for (const auto& entry : reversed) {
    if (entry.version() == settled_version) return entry.reversed_by_version();
  }
  return 0;
}

void Person::Add(absl::Span<const rules::AccumulatorEntry> deltas) {
  for (const rules::AccumulatorEntry& delta : deltas) {
    const auto same = std::find_if(
        accumulators.begin(), accumulators.end(),
        [&delta](const rules::AccumulatorEntry& entry) { return entry.key == delta.key; });
    if (same == accumulators.end()) {
      if (delta.value != 0) accumulators.push_back(delta);
    } else if (same->value += delta.value; same->value == 0) {
      accumulators.erase(same);
    }
  }
}

Person NewPerson(const std::string& psn_no) {
  auto facts = std::make_shared<yijie::v1::PersonFacts>();
  facts->set_psn_no(psn_no);
  Person person;
  person.facts = std::move(facts);
  return person;
}

absl::StatusOr<Person> ParsePerson(const storage::PersonVersion& record) {
  yijie::store::v1::PersonState state;
  if (!state.ParseFromString(record.state))
    return absl::DataLossError("the state of a person cannot be read");
  Person person;
  person.version = record.version;
  for (const SubBalance& balance : state.sub_balance()) {
    for (size_t i = 0; i < rules::kSubAccounts; ++i) {
      if (kSubAccountNames[i] == balance.sub_account()) person.account[i] = Fen(balance.balc_fen());
    }
  }
  person.accumulators.reserve(static_cast<size_t>(state.accumulator_size()));
  for (const auto& value : state.accumulator()) {
    const absl::StatusOr<rules::AccumulatorEntry> entry = FromProto(value);
    if (!entry.ok()) return absl::DataLossError(entry.status().message());
    person.accumulators.push_back(*entry);
  }
  person.reversed.assign(state.reversed().begin(), state.reversed().end());
  person.facts = std::make_shared<yijie::v1::PersonFacts>(std::move(*state.mutable_facts()));
  state.clear_facts();
  state.clear_sub_balance();
  state.clear_accumulator();
  state.clear_reversed();
  person.rest = std::make_shared<const yijie::store::v1::PersonState>(std::move(state));
  return person;
}

absl::StatusOr<yijie::store::v1::PersonEvent> ParseEvent(const storage::PersonVersion& record) {
  yijie::store::v1::PersonEvent event;
  if (event.ParseFromString(record.event)) return event;
  return absl::DataLossError("an event of a person cannot be read");
}

std::string SerializeState(const Person& person) {
  yijie::store::v1::PersonState state = *person.rest;
  *state.mutable_facts() = *person.facts;
  for (size_t i = 0; i < rules::kSubAccounts; ++i) {
    SubBalance* balance = state.add_sub_balance();
    balance->set_sub_account(kSubAccountNames[i]);
    balance->set_balc_fen(person.account[i].value());
  }
  for (const rules::AccumulatorEntry& entry : person.accumulators)
    *state.add_accumulator() = ToProto(entry);
  std::sort(state.mutable_accumulator()->begin(), state.mutable_accumulator()->end(), RecordOrder);
  for (const auto& entry : person.reversed) *state.add_reversed() = entry;
  return state.SerializeAsString();
}

}  // namespace yijie::engine
