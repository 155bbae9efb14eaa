#include "engine/person.h"

#include <algorithm>
#include <climits>

#include "base/check.h"
#include "engine/accumulator_codec.h"
#include "google/protobuf/io/coded_stream.h"

namespace yijie::engine {
namespace {

using google::protobuf::io::CodedOutputStream;
using yijie::store::v1::PersonState;
using yijie::v1::SubBalance;

constexpr std::array<yijie::v1::SubAccount, rules::kSubAccounts> kSubAccountNames = {
    yijie::v1::CURRENT_YEAR, yijie::v1::PAST_YEARS};

// The tag of a field that holds a message.
constexpr uint32_t kFactsTag = PersonState::kFactsFieldNumber << 3 | 2;

// The fields of a state between facts and the rest.
void FillBetween(const Person& person, PersonState* state) {
  for (size_t i = 0; i < rules::kSubAccounts; ++i) {
    SubBalance* balance = state->add_sub_balance();
    balance->set_sub_account(kSubAccountNames[i]);
    balance->set_balc_fen(person.account[i].value());
  }
  auto& accumulators = *state->mutable_accumulator();
  for (const rules::AccumulatorEntry& entry : person.accumulators)
    ToProto(entry, accumulators.Add());
  // By their places: the messages themselves stay where they are.
  const auto before = [](const auto* a, const auto* b) { return RecordOrder(*a, *b); };
  std::sort(accumulators.pointer_begin(), accumulators.pointer_end(), before);
  for (const auto& entry : person.reversed) *state->add_reversed() = entry;
}

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
  // Fields of a message may be written one after the other. Facts and the rest are not copied for
  // it, and the messages between are kept from state to state: this is done for every commit.
  thread_local PersonState between;
  between.Clear();
  FillBetween(person, &between);
  const size_t facts_size = person.facts->ByteSizeLong();
  const size_t size = CodedOutputStream::VarintSize32(kFactsTag) +
                      CodedOutputStream::VarintSize64(facts_size) + facts_size +
                      between.ByteSizeLong() + person.rest->ByteSizeLong();
  YIJIE_CHECK(size <= INT_MAX, "the state of a person is below 2 GiB");
  std::string bytes(size, '\0');
  auto* const begin = reinterpret_cast<uint8_t*>(bytes.data());
  uint8_t* end = CodedOutputStream::WriteTagToArray(kFactsTag, begin);
  end = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(facts_size), end);
  end = person.facts->SerializeWithCachedSizesToArray(end);
  end = between.SerializeWithCachedSizesToArray(end);
  end = person.rest->SerializeWithCachedSizesToArray(end);
  YIJIE_CHECK(end == begin + size, "the state of a person has the size it was given");
  return bytes;
}

}  // namespace yijie::engine
