// The stored books against the history they come from: random settlements and undos, restarts of
// the projection anywhere, writes that fail.

#include "engine/books/book_projection.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "engine/books/book_entry.h"
#include "engine/books/book_queries.h"
#include "engine/books/descent.h"
#include "storage/hand_over.h"
#include "tests/books/book_maker.h"
#include "tests/engine/engine_fixture.h"
#include "tests/storage/store_fixture.h"

namespace yijie::engine {
namespace {

using yijie::store::v1::BookEntry;

constexpr char kDay[] = "2026-06-15";  // of TestNow
constexpr int kPersons = 12;

// A store with another behind it that refuses writes of the books while told to.
class RefusingStore : public storage::MemoryStore {
 public:
  void CommitGroup(std::vector<storage::Commit> group, storage::CommitDone done) override {
    if (refuses && group[0].psn_no.empty() && group[0].messages.empty()) {
      return done({storage::CommitOutcome::kNotApplied});
    }
    MemoryStore::CommitGroup(std::move(group), std::move(done));
  }

  bool refuses = false;
};

// What an institution would have booked itself, from the answers it got.
class OwnBook {
 public:
  void Settled(const v1::Settlement& settlement) {
    v1::BookRow row;
    row.set_setl_id(settlement.setl_id());
    row.set_psn_no(settlement.psn_no());
    row.set_clr_date(settlement.clr_date());
    row.set_insutype(settlement.insutype());
    row.set_clr_type(settlement.med_type() == "21" ? "21" : "99940");
    row.set_medfee_sumamt_fen(settlement.amounts().medfee_sumamt_fen());
    row.set_fund_pay_sumamt_fen(settlement.amounts().fund_pay_sumamt_fen());
    row.set_acct_pay_fen(settlement.amounts().acct_pay_fen());
    row.set_psn_cash_pay_fen(settlement.amounts().psn_cash_pay_fen());
    rows[row.setl_id()] = row;
  }
  void Undone(const v1::Reversal& reversal) {
    v1::BookRow row = rows.at(reversal.orig_setl_id());
    row.set_setl_id(reversal.setl_id());
    row.set_orig_setl_id(reversal.orig_setl_id());
    row.set_clr_date(reversal.clr_date());
    row.set_refd_setl_flag(true);
    row.set_medfee_sumamt_fen(-row.medfee_sumamt_fen());
    row.set_fund_pay_sumamt_fen(-row.fund_pay_sumamt_fen());
    row.set_acct_pay_fen(-row.acct_pay_fen());
    row.set_psn_cash_pay_fen(-row.psn_cash_pay_fen());
    rows[row.setl_id()] = row;
  }
  std::vector<v1::BookRow> All() const {
    std::vector<v1::BookRow> all;
    for (const auto& [id, row] : rows) all.push_back(row);
    return all;
  }

  std::map<std::string, v1::BookRow> rows;
};

v1::BookScope TheDay() {
  v1::BookScope scope;
  scope.set_fixmedins_code(kHospital);
  scope.set_begndate(kDay);
  scope.set_enddate(kDay);
  scope.set_refund(v1::ALL_RECORDS);
  return scope;
}

// Settles and undoes at random.
class History {
 public:
  // Message ids begin with `name`.
  History(storage::Store& store, std::mt19937_64& random, std::string name = "m")
      : random_(random), name_(std::move(name)), engine_({}, store, metrics_, TestReference()) {}

  void Step(OwnBook* own) {
    const std::string msgid = absl::StrCat(name_, ++messages_);
    const std::string psn_no = absl::StrCat("P", random_() % kPersons);
    if (random_() % 4 != 0 || settled_.empty()) {
      static constexpr const char* kSchemes[] = {"310", "390", "510"};
      const auto response = Parsed<v1::SettleResponse>(
          Ask(engine_, Call::kSettle,
              SettleOf(msgid, psn_no, static_cast<int64_t>(random_() % 500'000 + 1),
                       kSchemes[random_() % 3])));
      if (response.settlement().outcome() != v1::SETTLED) return;
      own->Settled(response.settlement());
      settled_.push_back(response.settlement());
      return;
    }
    const v1::Settlement& undone = settled_[random_() % settled_.size()];
    const auto response = Parsed<v1::ReverseResponse>(
        Ask(engine_, Call::kReverse, ReverseOf(msgid, undone.psn_no(), undone.setl_id())));
    if (response.reversal().outcome() == v1::REVERSED) own->Undone(response.reversal());
  }

 private:
  std::mt19937_64& random_;
  const std::string name_;
  Metrics metrics_;
  Engine engine_;
  int messages_ = 0;
  std::vector<v1::Settlement> settled_;
};

// The stored book holds `own`, found equal by the search of the institution.
void ExpectEqualBooks(storage::Store& store, BookProjection& projection, const OwnBook& own) {
  BookQueries queries(store, projection);
  const absl::StatusOr<SortedBook> book = SortedBook::Make(own.All());
  ASSERT_TRUE(book.ok()) << book.status();
  absl::StatusOr<Descent> descent = Descent::Start(*book, TheDay());
  ASSERT_TRUE(descent.ok()) << descent.status();
  while (!descent->done()) {
    const auto response = queries.Compare(descent->request());
    ASSERT_TRUE(response.ok()) << response.status();
    ASSERT_TRUE(descent->Take(*response).ok());
  }
  EXPECT_TRUE(descent->differences().empty()) << DifferencesAsText(descent->differences());
  EXPECT_EQ(descent->centre().count(), static_cast<int64_t>(own.rows.size()));
}

// The stored records are those of `own`, each once, in pages of whatever size.
void ExpectSameRows(storage::Store& store, BookProjection& projection, const OwnBook& own,
                    int page_size) {
  BookQueries queries(store, projection);
  v1::GetBookDetailsRequest request;
  *request.mutable_scope() = TheDay();
  request.set_page_size(page_size);
  std::map<std::string, v1::BookRow> rows;
  do {
    const auto page = queries.GetDetails(request);
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_LE(page->row_size(), page_size);
    for (v1::BookRow row : page->row()) {
      row.clear_medins_setl_id();
      row.clear_mdtrt_id();
      EXPECT_TRUE(rows.emplace(row.setl_id(), row).second) << "twice: " << row.setl_id();
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  ASSERT_EQ(rows.size(), own.rows.size());
  for (const auto& [id, row] : own.rows) {
    ASSERT_EQ(rows.count(id), 1U);
    EXPECT_EQ(rows[id].SerializeAsString(), row.SerializeAsString());
  }
}

void ExpectNoFindings(storage::StoreReader& store) {
  const auto findings = CheckBooks(store);
  ASSERT_TRUE(findings.ok()) << findings.status();
  for (const std::string& finding : *findings) ADD_FAILURE() << finding;
}

TEST(ProjectionTest, RandomHistoryWithRestartsAndRefusedWrites) {
  std::mt19937_64 random(SeedOfRun());
  const QuietLog quiet;
  RefusingStore store;
  for (int i = 0; i < kPersons; ++i) PlantPerson(absl::StrCat("P", i), 50'000, 50'000, &store);
  History history(store, random);
  OwnBook own;
  auto projection = std::make_unique<BookProjection>(store);
  for (int step = 0; step < 2'000; ++step) {
    history.Step(&own);
    if (random() % 20 == 0) projection = std::make_unique<BookProjection>(store);
    store.refuses = random() % 10 == 0;
    if (random() % 7 == 0) {
      EXPECT_TRUE(projection->CatchUp().ok() || store.refuses);
    }
    if (step % 400 == 399) {
      ExpectNoFindings(store);  // also while the projection is behind
      store.refuses = false;
      ExpectEqualBooks(store, *projection, own);
      ExpectNoFindings(store);
    }
  }
  store.refuses = false;
  EXPECT_GT(own.rows.size(), 500U);
  for (const int page : {1, 7, 1'000}) ExpectSameRows(store, *projection, own, page);
}

TEST(ProjectionTest, OnDiskWithReopenedStore) {
  std::mt19937_64 random(SeedOfRun() + 1);
  const QuietLog quiet;
  storage::TempDirectory directory;
  OwnBook own;
  for (int round = 0; round < 4; ++round) {
    auto store = storage::OpenRocksStore(storage::TestOptions(directory.path()));
    ASSERT_TRUE(store.ok()) << store.status();
    if (round == 0) {
      for (int i = 0; i < kPersons; ++i) {
        storage::Commit commit;
        commit.psn_no = absl::StrCat("P", i);
        yijie::store::v1::PersonEvent event;
        event.mutable_facts_loaded();
        commit.state = SerializeState(TestPerson(commit.psn_no, 50'000, 50'000));
        commit.event = event.SerializeAsString();
        ASSERT_EQ(storage::CommitAndWait(**store, commit), storage::CommitOutcome::kDone);
      }
    }
    BookProjection projection(**store);
    History history(**store, random, absl::StrCat("r", round, "-"));
    for (int step = 0; step < 60; ++step) {
      history.Step(&own);
      // The last records of a round are left to the next.
      if (step < 40 && step % 7 == 0) {
        ASSERT_TRUE(projection.CatchUp().ok());
      }
    }
    ExpectNoFindings(**store);
    if (round % 2 == 1) ExpectEqualBooks(**store, projection, own);
  }
}

// A check that finds nothing must be able to find something.
TEST(ProjectionTest, CheckFindsWhatIsWrong) {
  std::mt19937_64 random(7);
  const QuietLog quiet;
  storage::MemoryStore store;
  for (int i = 0; i < kPersons; ++i) PlantPerson(absl::StrCat("P", i), 50'000, 50'000, &store);
  History history(store, random);
  OwnBook own;
  for (int step = 0; step < 20; ++step) history.Step(&own);
  BookProjection projection(store);
  ASSERT_TRUE(projection.CatchUp().ok());
  ExpectNoFindings(store);
  const auto rows = store.ScanRows(kBookTable, "", "", 1);
  ASSERT_TRUE(rows.ok() && rows->size() == 1);
  BookEntry entry;
  ASSERT_TRUE(entry.ParseFromString((*rows)[0].value));
  entry.mutable_amounts()->set_psn_cash_pay_fen(entry.amounts().psn_cash_pay_fen() + 1);
  ASSERT_TRUE(storage::WriteRows(
                  store, {{std::string(kBookTable), (*rows)[0].key, entry.SerializeAsString()}})
                  .ok());
  EXPECT_EQ(CheckBooks(store)->size(), 1U);
  ASSERT_TRUE(
      storage::WriteRows(store, {{std::string(kBookTable), (*rows)[0].key, (*rows)[0].value}})
          .ok());
  ExpectNoFindings(store);
  const auto groups = store.ScanRows(kBookGroupTable, "", "", 1);
  ASSERT_TRUE(
      storage::WriteRows(store, {{std::string(kBookGroupTable), (*groups)[0].key, std::nullopt}})
          .ok());
  EXPECT_EQ(CheckBooks(store)->size(), 2U);  // not its records, and not the history
}

class QueriesTest : public ::testing::Test {
 protected:
  QueriesTest() {
    for (int i = 0; i < kPersons; ++i) PlantPerson(absl::StrCat("P", i), 50'000, 50'000, &store_);
    History history(store_, random_);
    while (own_.rows.size() < 40) history.Step(&own_);
  }

  v1::ClosePeriodResponse Close(const std::string& msgid, const std::string& month,
                                const std::string& digest, const char* now = "2026-07-02") {
    v1::ClosePeriodRequest request;
    request.mutable_header()->set_fixmedins_code("JB410199");
    request.mutable_header()->set_msgid(msgid);
    request.set_fixmedins_code(kHospital);
    request.set_setlym(month);
    request.set_digest(digest);
    const int64_t days = ParseDate(now)->days() - TestNow().day.days();
    const auto response =
        queries_.Close(request, MomentOf(TestNow().unix_ms + days * 24 * 3600 * 1000));
    EXPECT_TRUE(response.ok()) << response.status();
    return *response;
  }
  v1::GetClearingStatementResponse Statement(const std::string& month) {
    v1::GetClearingStatementRequest request;
    request.set_fixmedins_code(kHospital);
    request.set_setlym(month);
    const auto response = queries_.GetStatement(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return *response;
  }

  const QuietLog quiet_;
  std::mt19937_64 random_{11};
  storage::MemoryStore store_;
  OwnBook own_;
  BookProjection projection_{store_};
  BookQueries queries_{store_, projection_};
};

TEST_F(QueriesTest, TotalsAreThoseOfTheAnswers) {
  SetDigest sum;
  for (const auto& [id, row] : own_.rows) sum.Add(FieldsOf(row));
  v1::GetBookTotalsRequest request;
  *request.mutable_scope() = TheDay();
  *request.mutable_own() = sum.ToTotals();
  auto response = queries_.GetTotals(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->stmt_rslt(), v1::FLAT);
  EXPECT_EQ(response->stmt_rslt_dscr(), "平");
  request.mutable_own()->set_acct_pay_fen(request.own().acct_pay_fen() + 1);
  EXPECT_EQ(queries_.GetTotals(request)->stmt_rslt(), v1::AMOUNTS_DIFFER);
  // What stands adds up to the same money: undone ones are a plus and a minus.
  *request.mutable_own() = sum.ToTotals();
  request.mutable_scope()->set_refund(v1::STANDING_ONLY);
  response = queries_.GetTotals(request);
  EXPECT_EQ(response->centre().medfee_sumamt_fen(), request.own().medfee_sumamt_fen());
  EXPECT_LT(response->centre().count(), request.own().count());
  // Another institution has nothing.
  request.mutable_scope()->set_fixmedins_code(kOtherHospital);
  EXPECT_EQ(queries_.GetTotals(request)->centre().count(), 0);
}

TEST_F(QueriesTest, MalformedRequestsNameTheField) {
  const auto expect = [](const absl::Status& status, const std::string& field) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(std::string(status.message()).rfind(field, 0), 0U) << status;
  };
  v1::GetBookTotalsRequest totals;
  *totals.mutable_scope() = TheDay();
  totals.mutable_own()->set_digest("short");
  expect(queries_.GetTotals(totals).status(), "own.digest:");
  totals.mutable_scope()->set_refund(v1::REFUND_SELECTION_UNSPECIFIED);
  expect(queries_.GetTotals(totals).status(), "scope.refund:");
  v1::GetBookDetailsRequest details;
  *details.mutable_scope() = TheDay();
  details.set_page_size(1'001);
  expect(queries_.GetDetails(details).status(), "page_size:");
  details.set_page_size(1);
  for (const char* token : {"x", "zz", "00", "ff"}) {
    details.set_page_token(token);
    expect(queries_.GetDetails(details).status(), "page_token:");
  }
  v1::GetClearingStatementRequest statement;
  statement.set_fixmedins_code(kHospital);
  statement.set_setlym("2026-13");
  expect(queries_.GetStatement(statement).status(), "setlym:");
  v1::ClosePeriodRequest close;
  close.mutable_header()->set_fixmedins_code("JB410199");
  close.mutable_header()->set_msgid("c");
  close.set_fixmedins_code(kHospital);
  close.set_setlym("2026-06");
  expect(queries_.Close(close, TestNow()).status(), "digest:");
}

TEST_F(QueriesTest, PeriodsCloseOnceInOrderAndAsSeen) {
  const auto june = Statement("2026-06");
  EXPECT_FALSE(june.closed());
  EXPECT_EQ(june.statement().records().count(), static_cast<int64_t>(own_.rows.size()));
  const std::string& digest = june.statement().records().digest();
  const std::string nothing = Statement("2026-07").statement().records().digest();
  EXPECT_EQ(Close("c1", "2026-06", digest, "2026-06-30").outcome(), v1::PERIOD_NOT_OVER);
  EXPECT_EQ(Close("c2", "2026-07", nothing, "2026-08-02").outcome(), v1::EARLIER_PERIOD_OPEN);
  EXPECT_EQ(Close("c3", "2026-06", nothing).outcome(), v1::RECORDS_CHANGED);
  EXPECT_FALSE(Statement("2026-06").closed());
  EXPECT_EQ(Close("c4", "2026-06", digest).outcome(), v1::PERIOD_CLOSED);
  EXPECT_EQ(Close("c4", "2026-06", digest).outcome(), v1::PERIOD_CLOSED) << "a retry";
  EXPECT_EQ(Close("c5", "2026-06", digest).outcome(), v1::PERIOD_CLOSED_BEFORE);
  EXPECT_EQ(Close("c6", "2026-05", nothing).outcome(), v1::PERIOD_CLOSED_BEFORE);
  EXPECT_TRUE(Statement("2026-06").closed());
  EXPECT_EQ(Close("c7", "2026-07", nothing, "2026-08-02").outcome(), v1::PERIOD_CLOSED);
}

}  // namespace
}  // namespace yijie::engine
