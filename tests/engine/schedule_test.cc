// Random schedules: jobs of all kinds from two threads over a store that fails, answers late and
// out of order. What each caller was told is compared with what is durable at that moment, and
// after recovery with a model. Seed and number of schedules: YIJIE_SEED, YIJIE_SCHEDULES. Planted
// defects: stores that break their contract must be noticed.

#include <cstdlib>
#include <future>
#include <map>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "engine/settlement_id.h"
#include "tests/engine/engine_fixture.h"
#include "tests/engine/fault_store.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using storage::FaultStore;
using Defect = FaultStore::Defect;
using yijie::store::v1::PersonEvent;
using yijie::store::v1::PersonState;
using yijie::store::v1::Verdict;

constexpr const char* kPersons[] = {"P1", "P2"};
constexpr int64_t kBalances[] = {150'000, 0};

class Draws {
 public:
  explicit Draws(uint64_t seed) : state_(seed * 0x2545f4914f6cdd1d + 1) {}
  int64_t Below(int64_t n) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<int64_t>(state_ % static_cast<uint64_t>(n));
  }

 private:
  uint64_t state_;
};

// A job of a schedule, to be made anew for every attempt.
struct Order {
  Call call;
  std::shared_ptr<const google::protobuf::Message> request;
  std::string key;         // "call/msgid" of calls that have one
  bool only_copy = false;  // it has a key, and no other order of the schedule uses it

  std::unique_ptr<Job> Make() const {
    std::unique_ptr<google::protobuf::Message> copy(request->New());
    copy->CopyFrom(*request);
    auto job = MakeJob(call, std::move(copy), TestNow());
    YIJIE_CHECK(job.ok(), "a request of the schedule is malformed");
    return *std::move(job);
  }
};

template <typename Request>
Order OrderOf(Call call, const Request& request, const std::string& msgid) {
  return {call, std::make_shared<Request>(request),
          msgid.empty() ? "" : absl::StrCat(static_cast<int>(call), "/", msgid)};
}

// One to four message ids a call, so that copies, undos and fences meet.
Order MakeOrder(Draws& draws) {
  const std::string psn_no = kPersons[draws.Below(2)];
  const std::string id = absl::StrCat("m", draws.Below(4));
  const int64_t fen = 100 * (1 + draws.Below(8)) * 250;  // few, so that copies are often equal
  switch (draws.Below(10)) {
    case 0:
    case 1:
    case 2:
      return OrderOf(Call::kSettle, SettleOf(id, psn_no, draws.Below(10) == 0 ? fen : 90'000), id);
    case 3:
      return OrderOf(Call::kSettle, SettleOf("r" + id, psn_no, 70'000, "390"), "r" + id);
    case 4:
    case 5:
      return OrderOf(Call::kCreditAccount, CreditOf(id, psn_no, draws.Below(10) == 0 ? fen : 1'000),
                     id);
    case 6:
      return OrderOf(Call::kReverseByMessage, UndoOf(id, psn_no, absl::StrCat("m", draws.Below(4))),
                     id);
    case 7: {
      const std::string setl_id =
          MakeSettlementId(kArea, TestNow().day, psn_no, 2 + draws.Below(4));
      return OrderOf(Call::kReverse, ReverseOf(id, psn_no, setl_id), id);
    }
    case 8:
      return OrderOf(Call::kQueryMessage, QueryOf(id, draws.Below(4) == 0), "");
    default:
      return OrderOf(Call::kGetAccount, AccountOf(psn_no), "");
  }
}

// Everything that was promised and did not hold.
class Violations {
 public:
  void Add(absl::string_view what) {
    const MutexLock lock(mutex_);
    if (list_.size() < 5) list_.emplace_back(what);
  }
  std::vector<std::string> list() {
    const MutexLock lock(mutex_);
    return list_;
  }

 private:
  Mutex mutex_;
  std::vector<std::string> list_ ABSL_GUARDED_BY(mutex_);
};

// The stored answer to a message; nothing if there is none.
std::optional<std::string> StoredReply(storage::MemoryStore& durable,
                                       const storage::MessageKey& key) {
  const auto entry = *durable.FindMessage(key);
  if (!entry) return std::nullopt;
  if (entry->psn_no.empty()) {
    Verdict verdict;
    YIJIE_CHECK(verdict.ParseFromString(entry->verdict), "a verdict");
    return verdict.reply();
  }
  const auto version = *durable.LoadVersion(entry->psn_no, entry->version);
  PersonEvent event;
  if (!version || !event.ParseFromString(version->event)) return std::nullopt;
  return event.reply();
}

bool IsClosed(storage::MemoryStore& durable, const storage::MessageKey& key) {
  const auto entry = *durable.FindMessage(key);
  Verdict verdict;
  return entry && entry->psn_no.empty() && verdict.ParseFromString(entry->verdict) &&
         verdict.closed();
}

int64_t BalanceOf(const storage::PersonVersion& version) {
  return ParsePerson(version)->balance().value();
}

// The second stay of a year is refused under scheme 390: a first one must be durable.
bool HasStay(storage::MemoryStore& durable, const std::string& psn_no) {
  const auto history = *durable.LoadHistory(psn_no, 0, 1'000);
  for (const storage::PersonVersion& version : history) {
    PersonEvent event;
    YIJIE_CHECK(event.ParseFromString(version.event), "an event");
    if (event.settled().insutype() == "390") return true;
  }
  return false;
}

void CheckRefusal(storage::MemoryStore& durable, const Reply& reply, Violations& violations) {
  v1::SettleResponse response;
  YIJIE_CHECK(response.ParseFromString(reply.bytes), "SettleResponse");
  const v1::Settlement& settlement = response.settlement();
  if (settlement.outcome() != v1::EXCLUDED_BY_POLICY) return;
  if (!HasStay(durable, settlement.psn_no()))
    violations.Add("refused for a stay that is not durable");
}

// Looks at one reply at the moment it is given: what it says must be durable.
void CheckReply(storage::MemoryStore& durable, const Order& order, const Job& job,
                const Reply& reply, Violations& violations) {
  if (reply.status.code() == absl::StatusCode::kInternal) violations.Add(reply.status.ToString());
  if (reply.status.code() == absl::StatusCode::kDataLoss) violations.Add(reply.status.ToString());
  const bool not_applied = reply.status.code() == absl::StatusCode::kResourceExhausted;
  // The key is given up before the answer leaves, so another copy may have been applied since.
  if (order.only_copy && not_applied && (*durable.FindMessage(job.key)).has_value()) {
    violations.Add("told not applied, and it is");
  }
  if (!reply.status.ok()) return;
  if (job.has_key && !IsClosed(durable, job.key) && StoredReply(durable, job.key) != reply.bytes) {
    violations.Add("told success, and the store does not hold it");
  }
  if (order.call == Call::kSettle) CheckRefusal(durable, reply, violations);
  if (order.call == Call::kGetAccount) {
    v1::GetAccountResponse response;
    YIJIE_CHECK(response.ParseFromString(reply.bytes), "GetAccountResponse");
    const auto version = *durable.LoadVersion(response.psn_no(), response.version());
    if (!version) return violations.Add("told of a version that is not durable");
    if (BalanceOf(*version) != response.balc_fen()) violations.Add("told another balance");
  }
  if (order.call == Call::kQueryMessage) {
    v1::QueryMessageResponse response;
    YIJIE_CHECK(response.ParseFromString(reply.bytes), "QueryMessageResponse");
    const auto& request = static_cast<const v1::QueryMessageRequest&>(*order.request);
    const storage::MessageKey key{request.fixmedins_code(), static_cast<uint8_t>(v1::SETTLE),
                                  request.msgid()};
    const bool known = (*durable.FindMessage(key)).has_value();
    if (response.state() == v1::ANSWERED && !known)
      violations.Add("told answered, and it is not stored");
    if (response.state() == v1::NEVER_SEEN && request.fence() && !known)
      violations.Add("a fence is not stored");
  }
}

// Versions without gaps, each the one before plus its event, each made by one message.
void CheckHistories(storage::MemoryStore& durable, Violations& violations) {
  std::map<std::pair<std::string, int64_t>, int> messages;
  (void)durable.ForEachMessage(
      [&](const storage::MessageKey& key, const storage::MessageEntry& entry) {
        if (entry.psn_no.empty()) return absl::OkStatus();
        ++messages[{entry.psn_no, entry.version}];
        const auto version = *durable.LoadVersion(entry.psn_no, entry.version);
        PersonEvent event;
        const bool right =
            version && event.ParseFromString(version->event) && event.msgid() == key.msgid;
        if (!right) violations.Add("a message leads to another's version");
        return absl::OkStatus();
      });
  for (const char* psn_no : kPersons) {
    const auto history = *durable.LoadHistory(psn_no, 0, 1'000);
    for (size_t i = 0; i < history.size(); ++i) {
      if (history[i].version != static_cast<int64_t>(i) + 1) violations.Add("a version is missing");
      if (i == 0) continue;
      if (messages[{psn_no, history[i].version}] != 1)
        violations.Add("a version without its message");
      PersonEvent event;
      YIJIE_CHECK(event.ParseFromString(history[i].event), "an event");
      int64_t expected = BalanceOf(history[i - 1]);
      int64_t sum = 0;
      for (const auto& line : event.journal()) {
        sum += line.amount_fen();
        if (line.account() == yijie::store::v1::PERSONAL_ACCOUNT) expected -= line.amount_fen();
      }
      if (sum != 0) violations.Add("a journal does not balance");
      if (BalanceOf(history[i]) != expected)
        violations.Add("a balance does not follow from its event");
    }
  }
}

// What a successful reply does to whom, by the model: an account is what was paid in less what was
// paid out.
std::pair<std::string, int64_t> EffectOf(const Order& order, const std::string& bytes,
                                         bool* moves) {
  *moves = false;
  if (order.call == Call::kCreditAccount) {
    const auto& request = static_cast<const v1::CreditAccountRequest&>(*order.request);
    *moves = true;
    return {request.psn_no(), request.amount_fen()};
  }
  if (order.call == Call::kSettle) {
    v1::SettleResponse response;
    YIJIE_CHECK(response.ParseFromString(bytes), "SettleResponse");
    *moves = response.settlement().outcome() == v1::SETTLED;
    return {response.settlement().psn_no(),
            *moves ? -response.settlement().amounts().acct_pay_fen() : 0};
  }
  v1::ReverseResponse response;  // the bytes of both undo calls are alike
  YIJIE_CHECK(response.ParseFromString(bytes), "ReverseResponse");
  *moves = response.reversal().outcome() == v1::REVERSED;
  const std::string psn_no =
      order.call == Call::kReverse
          ? static_cast<const v1::ReverseRequest&>(*order.request).psn_no()
          : static_cast<const v1::ReverseByMessageRequest&>(*order.request).psn_no();
  return {psn_no, *moves ? -response.reversal().amounts().acct_pay_fen() : 0};
}

struct Told {
  Order order;
  Reply reply;
};

// An id may also be taken by an undo or a fence, so those that could meet are no only copies.
void MarkOnlyCopies(std::vector<Told>& told) {
  std::map<std::string, int> uses;
  for (const Told& each : told) ++uses[each.order.key];
  for (Told& each : told) {
    // No undo and no fence names the messages of scheme 390.
    const bool closable =
        each.order.call == Call::kSettle && each.order.key.find("/r") == std::string::npos;
    each.order.only_copy = !each.order.key.empty() && !closable && uses[each.order.key] == 1;
  }
}

// After recovery every caller asks again; whoever was told success hears the same bytes, and the
// sums are those of the model.
void Recover(storage::MemoryStore& durable, const std::shared_ptr<const Reference>& reference,
             const std::vector<Told>& told, Violations& violations) {
  Metrics metrics;
  Engine engine(EngineOptions(), durable, metrics, reference);
  std::map<std::string, int64_t> balance = {{kPersons[0], kBalances[0]},
                                            {kPersons[1], kBalances[1]}};
  std::map<std::string, int64_t> versions = {{kPersons[0], 1}, {kPersons[1], 1}};
  std::set<std::string> counted;
  for (const Told& each : told) {
    if (each.order.key.empty()) continue;
    Inbox inbox;
    engine.Submit(inbox.Await(each.order.Make()));
    const Reply reply = inbox.Get();
    if (each.reply.status.ok() && reply.bytes != each.reply.bytes)
      violations.Add("another answer after recovery");
    if (!reply.status.ok() || !counted.insert(each.order.key).second) continue;
    bool moves = false;
    const auto [psn_no, amount] = EffectOf(each.order, reply.bytes, &moves);
    balance[psn_no] += amount;
    versions[psn_no] += moves ? 1 : 0;
  }
  engine.Drain();
  for (const char* psn_no : kPersons) {
    const auto newest = *durable.LoadLatest(psn_no);
    if (BalanceOf(*newest) != balance[psn_no])
      violations.Add("the balance is not that of the model");
    if (newest->version != versions[psn_no]) violations.Add("the version is not that of the model");
  }
}

// Ends the process with the seed if the engine does not come to an end.
void DrainOrDie(Engine& engine, uint64_t seed) {
  auto drained = std::async(std::launch::async, [&engine] { engine.Drain(); });
  if (drained.wait_for(std::chrono::seconds(60)) == std::future_status::ready) return;
  std::printf("Drain does not end: YIJIE_SEED=%llu YIJIE_SCHEDULES=1\n",
              static_cast<unsigned long long>(seed));
  std::abort();
}

std::vector<std::string> RunSchedule(uint64_t seed, Defect defect,
                                     const std::shared_ptr<const Reference>& reference) {
  Draws draws(seed);
  Violations violations;
  storage::MemoryStore durable;
  for (int i = 0; i < 2; ++i) PlantPerson(kPersons[i], kBalances[i], 0, &durable);
  FaultStore::Options faults;
  faults.seed = seed;
  faults.not_applied_percent = static_cast<int>(draws.Below(3)) * 12;
  faults.unknown_permille = draws.Below(4) == 0 ? 60 : 0;
  faults.late_percent = static_cast<int>(draws.Below(3)) * 40;
  faults.defect = defect;
  FaultStore store(durable, faults);
  Metrics metrics;
  EngineOptions options;
  options.lanes = 1 + static_cast<int>(draws.Below(2));
  options.cached_persons = draws.Below(2) == 0 ? 1 : 1'000;
  std::vector<Told> told(16);
  std::vector<std::atomic<int>> replies(told.size());
  {
    Engine engine(options, store, metrics, reference);
    for (Told& each : told) each.order = MakeOrder(draws);
    MarkOnlyCopies(told);
    const auto submit = [&](size_t from) {
      for (size_t i = from; i < told.size(); i += 2) {
        auto job = told[i].order.Make();
        const Job* raw = job.get();
        job->respond = [&, i, raw](Reply reply) {
          CheckReply(durable, told[i].order, *raw, reply, violations);
          told[i].reply = std::move(reply);
          ++replies[i];
        };
        engine.Submit(std::move(job));
        if (i % 5 == 4) std::this_thread::yield();
      }
    };
    std::thread other(submit, 1);
    submit(0);
    other.join();
    DrainOrDie(engine, seed);
  }
  for (const auto& count : replies) {
    if (count.load() != 1) violations.Add("not exactly one reply");
  }
  CheckHistories(durable, violations);
  Recover(durable, reference, told, violations);
  CheckHistories(durable, violations);
  return violations.list();
}

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

TEST(Schedules, WhatIsToldIsDurableAndTheSumsAreThoseOfTheModel) {
  const auto seed = static_cast<uint64_t>(FromEnvironment("YIJIE_SEED", 20261121));
  const int64_t schedules = FromEnvironment("YIJIE_SCHEDULES", 5'000);
  std::printf("YIJIE_SEED=%llu YIJIE_SCHEDULES=%lld\n", static_cast<unsigned long long>(seed),
              static_cast<long long>(schedules));
  const auto reference = TestReference();
  const QuietLog quiet;
  for (int64_t i = 0; i < schedules && !testing::Test::HasFailure(); ++i) {
    const uint64_t this_seed = seed + static_cast<uint64_t>(i);
    for (const std::string& violation : RunSchedule(this_seed, Defect::kNone, reference)) {
      ADD_FAILURE() << violation << " (YIJIE_SEED=" << this_seed << " YIJIE_SCHEDULES=1)";
    }
  }
}

struct Planted {
  const char* name;
  Defect defect;
};

class PlantedDefect : public testing::TestWithParam<Planted> {};

TEST_P(PlantedDefect, IsNoticed) {
  const auto reference = TestReference();
  const QuietLog quiet;
  std::vector<std::string> violations;
  for (uint64_t seed = 1; seed <= 2'000 && violations.empty(); ++seed) {
    violations = RunSchedule(seed, GetParam().defect, reference);
  }
  EXPECT_FALSE(violations.empty());
}

INSTANTIATE_TEST_SUITE_P(Stores, PlantedDefect,
                         testing::Values(Planted{"Forgets", Defect::kForgets},
                                         Planted{"SwapsResults", Defect::kSwapsResults},
                                         Planted{"LosesMessages", Defect::kLosesMessages},
                                         Planted{"ShowsEarly", Defect::kShowsEarly},
                                         Planted{"AnswersEarly", Defect::kAnswersEarly},
                                         Planted{"AppliesWhatItRefused",
                                                 Defect::kAppliesWhatItRefused},
                                         Planted{"LosesTheState", Defect::kLosesTheState}),
                         [](const auto& row) { return std::string(row.param.name); });

void AnswerTwice() {
  storage::MemoryStore durable;
  PlantPerson(kPersons[0], 0, 0, &durable);
  FaultStore::Options faults;
  faults.defect = Defect::kAnswersTwice;
  FaultStore store(durable, faults);
  Metrics metrics;
  Engine engine(EngineOptions(), store, metrics, TestReference());
  for (int i = 0; i < 10; ++i) {
    (void)Ask(engine, Call::kCreditAccount, CreditOf(absl::StrCat("c", i), kPersons[0], 1));
  }
  engine.Drain();
}

TEST(PlantedDefectDeathTest, AStoreThatAnswersTwiceStopsTheProcess) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(AnswerTwice(), "check_failed");
}

}  // namespace
}  // namespace yijie::engine
