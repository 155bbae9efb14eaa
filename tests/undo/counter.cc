#include "tests/undo/counter.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/accumulator_codec.h"
#include "engine/policy_archive.h"
#include "engine/queries.h"
#include "tests/correction/world.h"

namespace yijie::engine {

std::shared_ptr<const Reference> ReferenceWith(const std::string& sections) {
  const std::string text =
      absl::StrCat("id: \"a\" title: \"试\" admdvs: \"", kArea,
                   "\" begndate: \"2000-01-01\" sample_data: true\n",
                   "source { id: \"s1\" title: \"made up\" grade: \"SAMPLE\" }\n", sections);
  auto areas = AreaBook::Build({{"a.area", text}});
  YIJIE_CHECK(areas.ok(), std::string(areas.status().message()).c_str());
  auto reference = std::make_shared<Reference>(*CorrectionReference());
  reference->areas = std::make_shared<const AreaBook>(*std::move(areas));
  return reference;
}

Counter::Counter(std::shared_ptr<const Reference> reference) : reference_(std::move(reference)) {
  YIJIE_CHECK(ArchivePolicies(store_, *reference_->policies, absl::UnixEpoch()).ok(), "archive");
  Restart();
  Amend("enrol", SoundFacts(), DaysLater(-100));
}

void Counter::Restart(std::shared_ptr<const Reference> reference) {
  reference_ = std::move(reference);
  engine_.reset();
  engine_ = std::make_unique<Engine>(EngineOptions(), store_, metrics_, reference_);
}

v1::Settlement Counter::Settle(const v1::SettleRequest& request, const Moment& now) {
  return Parsed<v1::SettleResponse>(Send(Call::kSettle, request, now)).settlement();
}

void Counter::Credit(const std::string& msgid, v1::SubAccount sub_account, int64_t fen,
                     const Moment& now) {
  v1::CreditAccountRequest request = CreditOf(msgid, "P1", fen);
  request.set_sub_account(sub_account);
  YIJIE_CHECK(Send(Call::kCreditAccount, request, now).status.ok(), "a credit failed");
}

v1::Reversal Counter::Reverse(const std::string& msgid, const std::string& setl_id,
                              const Moment& now) {
  return Parsed<v1::ReverseResponse>(Send(Call::kReverse, ReverseOf(msgid, "P1", setl_id), now))
      .reversal();
}

void Counter::Amend(const std::string& msgid, const v1::PersonFacts& facts, const Moment& now) {
  v1::AmendPersonRequest request;
  *request.mutable_header() = Header(msgid);
  *request.mutable_facts() = facts;
  const Reply reply = Send(Call::kAmendPerson, request, now);
  YIJIE_CHECK(reply.status.ok(), std::string(reply.status.message()).c_str());
}

std::vector<std::string> Counter::SettlementIds() {
  std::vector<std::string> ids;
  const auto versions = LoadLater(store_, "P1", 0, person().version);
  YIJIE_CHECK(versions.ok(), "a history cannot be read");
  for (const storage::PersonVersion& version : *versions) {
    const store::v1::PersonEvent event = *ParseEvent(version);
    if (event.has_settled()) ids.push_back(event.settled().setl_id());
  }
  return ids;
}

Person Counter::person() { return *ParsePerson(**store_.LoadLatest("P1")); }

int64_t Counter::Ledger(store::v1::LedgerAccount account) {
  int64_t sum = 0;
  const auto versions = LoadLater(store_, "P1", 0, person().version);
  YIJIE_CHECK(versions.ok(), "a history cannot be read");
  for (const storage::PersonVersion& version : *versions) {
    const store::v1::PersonEvent event = *ParseEvent(version);
    for (const store::v1::JournalLine& line : event.journal()) {
      if (line.account() == account) sum += line.amount_fen();
    }
  }
  return sum;
}

std::string Counter::Totals() {
  std::vector<v1::AccumulatorValue> values;
  for (const rules::AccumulatorEntry& entry : person().accumulators)
    ToProto(entry, &values.emplace_back());
  std::sort(values.begin(), values.end(), RecordOrder);
  std::string text;
  for (const v1::AccumulatorValue& value : values)
    absl::StrAppend(&text, value.ShortDebugString(), "\n");
  return text;
}

}  // namespace yijie::engine
