#include "engine/person.h"

#include <algorithm>

#include "base/check.h"
#include "base/status_macros.h"
#include "engine/accumulator_codec.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace yijie::engine {
namespace {

using yijie::v1::SubBalance;

constexpr std::array<yijie::v1::SubAccount, rules::kSubAccounts> kSubAccountNames = {
    yijie::v1::CURRENT_YEAR, yijie::v1::PAST_YEARS};

// The tag of a field that holds a message.
constexpr uint32_t kFactsTag = yijie::store::v1::PersonState::kFactsFieldNumber << 3 | 2;

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
  // it: this is done for every commit.
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.WriteTag(kFactsTag);
    out.WriteVarint32(static_cast<uint32_t>(person.facts->ByteSizeLong()));
    person.facts->SerializeWithCachedSizes(&out);
  }
  yijie::store::v1::PersonState state;  // the fields between
  for (size_t i = 0; i < rules::kSubAccounts; ++i) {
    SubBalance* balance = state.add_sub_balance();
    balance->set_sub_account(kSubAccountNames[i]);
    balance->set_balc_fen(person.account[i].value());
  }
  for (const rules::AccumulatorEntry& entry : person.accumulators)
    *state.add_accumulator() = ToProto(entry);
  std::sort(state.mutable_accumulator()->begin(), state.mutable_accumulator()->end(), RecordOrder);
  for (const auto& entry : person.reversed) *state.add_reversed() = entry;
  const bool written = state.AppendToString(&bytes) && person.rest->AppendToString(&bytes);
  YIJIE_CHECK(written, "the state of a person is below 2 GiB");
  return bytes;
}

}  // namespace yijie::engine
