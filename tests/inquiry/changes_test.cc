// Change events: each committed version once and in order, whatever the reader does.

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "engine/inquiry/change_feed.h"
#include "engine/person.h"
#include "tests/engine/engine_fixture.h"
#include "tests/inquiry/made_history.h"
#include "tests/memory_store.h"
#include "tests/storage/store_fixture.h"

namespace yijie::engine {
namespace {

using storage::Commit;
using storage::CommitOutcome;
using store::v1::PersonEvent;
using PersonVersionName = std::pair<std::string, int64_t>;

std::string CardEvent() {
  PersonEvent event;
  event.set_time_unix_ms(TestNow().unix_ms);
  event.mutable_card_changed();
  return event.SerializeAsString();
}

// Commits groups of persons who move by one version or several.
class Mover {
 public:
  explicit Mover(uint64_t seed) : random_(seed) {}

  void CommitGroup(storage::Store& store) {
    std::vector<Commit> group;
    const size_t size = random_() % 6 + 1;
    for (size_t i = 0; i < size; ++i) {
      const std::string psn_no = absl::StrCat("P", random_() % 9);
      Commit commit;
      commit.psn_no = psn_no;
      commit.expected_version = versions_[psn_no];
      const std::string state = SerializeState(TestPerson(psn_no, 0, 0));
      for (size_t more = random_() % 4 == 0 ? random_() % 5 : 0; more > 0; --more)
        commit.earlier.push_back({state, CardEvent()});
      commit.state = state;
      commit.event = CardEvent();
      for (int64_t v = commit.expected_version + 1; v <= commit.new_version(); ++v)
        all.emplace_back(psn_no, v);
      versions_[psn_no] = commit.new_version();
      group.push_back(std::move(commit));
    }
    for (const CommitOutcome outcome : storage::CommitAndWait(store, std::move(group)))
      ASSERT_EQ(outcome, CommitOutcome::kDone);
  }

  std::vector<PersonVersionName> all;  // in the order of commits

 private:
  std::mt19937_64 random_;
  std::map<std::string, int64_t> versions_;
};

v1::WatchChangesRequest From(const std::string& cursor) {
  v1::WatchChangesRequest request;
  request.set_cursor(cursor);
  return request;
}

TEST(Changes, EachVersionOnceFromWhateverCursorTheReaderGoesOn) {
  const uint64_t seed = storage::TestSeed("changes");
  std::mt19937_64 random(seed);
  const storage::TempDirectory directory;
  auto store = *storage::OpenRocksStore(storage::TestOptions(directory.path()));
  Mover mover(random());
  std::vector<PersonVersionName> seen;
  std::string cursor;
  for (int round = 0; round < 300; ++round) {
    for (size_t i = random() % 4; i > 0; --i) mover.CommitGroup(*store);
    if (random() % 40 == 0) {
      store.reset();
      store = *storage::OpenRocksStore(storage::TestOptions(directory.path()));
    }
    ChangeFeed feed(*store);
    absl::StatusOr<Watch> watch = feed.Begin(From(cursor));
    ASSERT_TRUE(watch.ok()) << watch.status();
    const auto response = feed.Next(&*watch);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(FormatCursor(watch->cursor), response->cursor());
    // The reader dies somewhere in the message, and goes on from what it had.
    const int taken =
        response->change().empty()
            ? 0
            : static_cast<int>(random() % static_cast<size_t>(response->change_size() + 1));
    for (int i = 0; i < taken; ++i) {
      seen.emplace_back(response->change(i).psn_no(), response->change(i).version());
      cursor = response->change(i).cursor();
    }
    if (taken == response->change_size()) cursor = response->cursor();
  }
  ChangeFeed feed(*store);
  Watch watch = *feed.Begin(From(cursor));
  bool caught_up = false;
  while (!caught_up) {
    const auto response = feed.Next(&watch);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_LE(response->change_size(), 100);
    for (const auto& change : response->change())
      seen.emplace_back(change.psn_no(), change.version());
    caught_up = response->caught_up();
  }
  EXPECT_EQ(seen, mover.all);  // one thread commits, so the groups are in its order
  EXPECT_GT(seen.size(), 500U);
}

TEST(Changes, FilterLeavesOutAndTheCursorGoesOn) {
  storage::MemoryStore store;
  Mover mover(11);
  for (int i = 0; i < 400; ++i) mover.CommitGroup(store);
  ChangeFeed feed(store);
  v1::WatchChangesRequest request;
  request.mutable_filter()->add_psn_no("P3");
  Watch watch = *feed.Begin(request);
  std::vector<PersonVersionName> seen, expected;
  bool caught_up = false;
  while (!caught_up) {
    const auto response = feed.Next(&watch);
    ASSERT_TRUE(response.ok()) << response.status();
    for (const auto& change : response->change())
      seen.emplace_back(change.psn_no(), change.version());
    caught_up = response->caught_up();
  }
  for (const PersonVersionName& each : mover.all) {
    if (each.first == "P3") expected.push_back(each);
  }
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(watch.cursor, *NewestCursor(store));
}

TEST(Changes, FromNowTellsOnlyWhatComes) {
  storage::MemoryStore store;
  EXPECT_EQ(*NewestCursor(store), ChangeCursor());
  Mover mover(12);
  for (int i = 0; i < 77; ++i) mover.CommitGroup(store);
  ChangeFeed feed(store);
  v1::WatchChangesRequest request;
  request.set_from_now(true);
  Watch watch = *feed.Begin(request);
  EXPECT_TRUE(feed.Next(&watch)->change().empty());
  const size_t before = mover.all.size();
  mover.CommitGroup(store);
  EXPECT_EQ(static_cast<size_t>(feed.Next(&watch)->change_size()), mover.all.size() - before);
}

TEST(Changes, TellTheMoneyOfTheAnswers) {
  MadeHistory history(storage::TestSeed("changes of money"));
  for (int i = 0; i < 200; ++i) history.Step();
  std::map<int64_t, v1::ChangeEvent> changes;
  ChangeFeed feed(history.store());
  Watch watch = *feed.Begin({});
  bool caught_up = false;
  while (!caught_up) {
    const auto response = feed.Next(&watch);
    ASSERT_TRUE(response.ok()) << response.status();
    for (const auto& change : response->change()) changes[change.version()] = change;
    caught_up = response->caught_up();
  }
  ASSERT_EQ(changes.size(), history.versions.size());
  Fen before;
  for (const auto& [version, change] : changes) {
    const ModelVersion& model = history.version(version);
    const Fen after = model.account[0] + model.account[1];
    EXPECT_EQ(change.balc_fen(), after.value());
    EXPECT_EQ(change.account_fen(), (after - before).value());
    before = after;
  }
  for (const ModelSettlement& settlement : history.settlements) {
    const v1::ChangeEvent& change = changes[settlement.version];
    EXPECT_EQ(change.kind(), v1::CHANGE_SETTLED);
    EXPECT_EQ(change.setl_id(), settlement.setl_id);
    EXPECT_EQ(change.medfee_sumamt_fen(), settlement.amounts.medfee_sumamt_fen());
    EXPECT_EQ(change.psn_cash_pay_fen(), settlement.amounts.psn_cash_pay_fen());
    EXPECT_EQ(change.correction(), !settlement.corrects.empty());
  }
}

TEST(Consumers, KeepTheirCursorAndNeverGoBack) {
  const storage::TempDirectory directory;
  auto store = *storage::OpenRocksStore(storage::TestOptions(directory.path()));
  Mover mover(13);
  for (int i = 0; i < 9; ++i) mover.CommitGroup(*store);
  std::vector<std::string> cursors;
  {
    ChangeFeed feed(*store);
    Watch watch = *feed.Begin({});
    const auto response = feed.Next(&watch);
    ASSERT_TRUE(response.ok()) << response.status();
    for (const auto& change : response->change()) cursors.push_back(change.cursor());
    ASSERT_GT(cursors.size(), 5U);
    v1::AckChangesRequest ack;
    ack.set_consumer("push");
    ack.set_cursor(cursors[4]);
    EXPECT_EQ(feed.Acknowledge(ack)->cursor(), cursors[4]);
    ack.set_cursor(cursors[2]);
    EXPECT_EQ(feed.Acknowledge(ack)->cursor(), cursors[4]);
  }
  store.reset();
  store = *storage::OpenRocksStore(storage::TestOptions(directory.path()));
  ChangeFeed feed(*store);
  v1::WatchChangesRequest request;
  request.set_consumer("push");
  Watch watch = *feed.Begin(request);
  EXPECT_EQ(feed.Next(&watch)->change(0).cursor(), cursors[5]);
  request.set_consumer("another");
  watch = *feed.Begin(request);
  EXPECT_EQ(feed.Next(&watch)->change(0).cursor(), cursors[0]);
}

TEST(Consumers, AreLimited) {
  storage::MemoryStore store;
  Mover mover(14);
  mover.CommitGroup(store);
  ChangeFeed feed(store);
  v1::AckChangesRequest ack;
  ack.set_cursor(FormatCursor(*NewestCursor(store)));
  for (int i = 0; i < ConsumerCursors::kMaxConsumers; ++i) {
    ack.set_consumer(absl::StrCat("c", i));
    EXPECT_TRUE(feed.Acknowledge(ack).ok());
  }
  ack.set_consumer("one-too-many");
  EXPECT_EQ(feed.Acknowledge(ack).status().code(), absl::StatusCode::kResourceExhausted);
  ack.set_consumer("c0");
  EXPECT_TRUE(feed.Acknowledge(ack).ok());
}

TEST(Changes, MalformedRequestsNameTheField) {
  storage::MemoryStore store;
  Mover mover(15);
  mover.CommitGroup(store);
  mover.CommitGroup(store);
  const std::string good = FormatCursor(*NewestCursor(store));
  ChangeFeed feed(store);
  const auto expect = [](const absl::Status& status, const std::string& field) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_EQ(std::string(status.message()).rfind(field, 0), 0U) << status;
  };
  EXPECT_TRUE(feed.Begin(From(good)).ok());
  for (const char* cursor :
       {"x", "1", "1.", ".1", "0.1", "1.0", "01.1", "+1.1", "1.1.1", "-1.1", "1.1 ",
        "99999999999999999999.1",
        // Well-formed, and not in this store: it was restored from an older copy.
        "3.1", "1.99", "18446744073709551615.4294967295"}) {
    expect(feed.Begin(From(cursor)).status(), "cursor:");
    v1::AckChangesRequest ack;
    ack.set_consumer("c");
    ack.set_cursor(cursor);
    expect(feed.Acknowledge(ack).status(), "cursor:");
  }
  for (const std::string& consumer :
       {std::string("a b"), std::string(51, 'a'), std::string("é"), std::string("a\0b", 3)}) {
    v1::WatchChangesRequest request;
    request.set_consumer(consumer);
    if (consumer != "é") expect(feed.Begin(request).status(), "consumer:");
    v1::AckChangesRequest ack;
    ack.set_consumer(consumer);
    ack.set_cursor(good);
    expect(feed.Acknowledge(ack).status(), "consumer:");
  }
  v1::AckChangesRequest nobody;
  nobody.set_cursor(good);
  expect(feed.Acknowledge(nobody).status(), "consumer:");
  v1::WatchChangesRequest both = From(good);
  both.set_consumer("c");
  expect(feed.Begin(both).status(), "consumer:");
  both.set_from_now(true);
  expect(feed.Begin(both).status(), "from_now:");
  v1::WatchChangesRequest filter;
  filter.mutable_filter()->add_psn_no("P 1");
  expect(feed.Begin(filter).status(), "filter.psn_no[0]:");
  filter.Clear();
  for (int i = 0; i < 101; ++i) filter.mutable_filter()->add_psn_no(absl::StrCat("P", i));
  expect(feed.Begin(filter).status(), "filter.psn_no:");
  filter.Clear();
  filter.mutable_filter()->set_fixmedins_code("H 1");
  expect(feed.Begin(filter).status(), "filter.fixmedins_code:");
  filter.Clear();
  filter.mutable_filter()->add_kind(v1::CHANGE_KIND_UNSPECIFIED);
  expect(feed.Begin(filter).status(), "filter.kind[0]:");
  filter.mutable_filter()->set_kind(0, static_cast<v1::ChangeKind>(99));
  expect(feed.Begin(filter).status(), "filter.kind[0]:");
}

}  // namespace
}  // namespace yijie::engine
