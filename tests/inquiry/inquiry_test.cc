// Pages and statements against a plain account of the same history; bad requests; the printed page.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/fen.h"
#include "engine/inquiry/history.h"
#include "engine/inquiry/inquiry_queries.h"
#include "engine/inquiry/rights_text.h"
#include "engine/policy_text/write_html.h"
#include "engine/policy_text/write_text.h"
#include "tests/engine/engine_fixture.h"
#include "tests/inquiry/made_history.h"
#include "tests/storage/store_fixture.h"

namespace yijie::engine {
namespace {

using store::v1::PersonEvent;

constexpr int kSteps = 250;

InquiryQueries QueriesOf(MadeHistory& history) {
  return InquiryQueries(history.store(), [&history] { return history.reference(); });
}

int64_t Total(const AccountAmounts& amounts) { return (amounts[0] + amounts[1]).value(); }

AccountAmounts AmountsOf(const google::protobuf::RepeatedPtrField<v1::SubAccountAmount>& amounts) {
  AccountAmounts out{};
  for (const v1::SubAccountAmount& amount : amounts)
    out[amount.sub_account() == v1::CURRENT_YEAR ? 0 : 1] += Fen(amount.amount_fen());
  return out;
}

// --- Pages

// All pages of a call, in pages of `page_size`.
template <typename Request, typename Ask, typename Take>
void ReadPages(Request request, int page_size, const Ask& ask, const Take& take) {
  request.mutable_page()->set_page_size(page_size);
  int64_t last = 0;
  do {
    const auto response = ask(request);
    ASSERT_TRUE(response.ok()) << response.status();
    take(*response);
    last = request.page().after_version();
    request.mutable_page()->set_after_version(response->next_version());
  } while (request.page().after_version() > last);
  ASSERT_EQ(request.page().after_version(), 0) << "a page led back";
}

void ExpectSettlement(const v1::SettlementRow& row, const ModelSettlement& model) {
  EXPECT_EQ(row.version(), model.version);
  EXPECT_EQ(row.setl_id(), model.setl_id);
  EXPECT_EQ(row.fixmedins_code(), model.institution);
  EXPECT_EQ(row.mdtrt_id(), model.mdtrt_id);
  EXPECT_EQ(row.med_type(), model.med_type);
  EXPECT_EQ(row.clr_date(), FormatDate(model.day));
  EXPECT_EQ(row.amounts().SerializeAsString(), model.amounts.SerializeAsString());
  EXPECT_EQ(row.state(), model.state) << v1::SettlementState_Name(row.state());
  EXPECT_EQ(row.undone_by_setl_id(), model.undone_by);
  EXPECT_EQ(row.corrects_setl_id(), model.corrects);
}

TEST(Inquiry, PagesHoldEachSettlementOnceWithItsState) {
  const uint64_t seed = storage::TestSeed("inquiry pages");
  std::mt19937_64 random(seed);
  std::set<v1::SettlementState> seen;
  for (int round = 0; round < 6; ++round) {
    MadeHistory history(random());
    for (int i = 0; i < kSteps; ++i) history.Step();
    InquiryQueries queries = QueriesOf(history);
    std::sort(history.settlements.begin(), history.settlements.end(),
              [](const auto& a, const auto& b) { return a.version < b.version; });
    for (int ask = 0; ask < 12; ++ask) {
      v1::ListSettlementsRequest request;
      request.set_psn_no("P1");
      const bool institution = random() % 2 == 0;
      if (institution) request.set_fixmedins_code(kOtherHospital);
      const size_t last = history.versions.size() - 1;
      Date first_day = history.versions[random() % (last + 1)].day;
      Date last_day = history.versions[random() % (last + 1)].day;
      if (last_day < first_day) std::swap(first_day, last_day);
      const bool span = random() % 3 != 0;
      if (span) request.mutable_page()->set_begndate(FormatDate(first_day));
      if (span) request.mutable_page()->set_enddate(FormatDate(last_day));
      std::vector<v1::SettlementRow> rows;
      const int page_size = static_cast<int>(random() % 7 + 1);
      ReadPages(
          request, page_size,
          [&](const auto& r) {
            return queries.ListSettlements(institution ? Inquirer::kInstitution : Inquirer::kAgency,
                                           r);
          },
          [&](const v1::ListSettlementsResponse& response) {
            EXPECT_LE(response.settlement_size(), page_size);
            for (const auto& row : response.settlement()) rows.push_back(row);
          });
      size_t next = 0;
      for (const ModelSettlement& model : history.settlements) {
        if (institution && model.institution != kOtherHospital) continue;
        if (span && (model.day < first_day || last_day < model.day)) continue;
        ASSERT_LT(next, rows.size());
        ExpectSettlement(rows[next++], model);
        seen.insert(model.state);
      }
      EXPECT_EQ(next, rows.size());
    }
  }
  EXPECT_EQ(seen.size(), 3U) << "some state was never seen";
}

TEST(Inquiry, VisitsAreTheSettlements) {
  MadeHistory history(storage::TestSeed("inquiry visits"));
  for (int i = 0; i < kSteps; ++i) history.Step();
  InquiryQueries queries = QueriesOf(history);
  std::map<int64_t, v1::VisitRow> visits;
  v1::ListVisitsRequest request;
  request.set_psn_no("P1");
  ReadPages(
      request, 3, [&](const auto& r) { return queries.ListVisits(Inquirer::kAgency, r); },
      [&](const v1::ListVisitsResponse& response) {
        for (const auto& visit : response.visit())
          EXPECT_TRUE(visits.emplace(visit.version(), visit).second);
      });
  ASSERT_EQ(visits.size(), history.settlements.size());
  for (const ModelSettlement& model : history.settlements) {
    const v1::VisitRow& visit = visits[model.version];
    EXPECT_EQ(visit.mdtrt_id(), model.mdtrt_id);
    EXPECT_EQ(visit.setl_id(), model.setl_id);
    EXPECT_EQ(visit.state() == v1::VISIT_SETTLED, model.state == v1::SETTLEMENT_STANDS);
    EXPECT_EQ(visit.medfee_sumamt_fen(), model.amounts.medfee_sumamt_fen());
  }
}

TEST(Inquiry, MovementsExplainEveryBalance) {
  const uint64_t seed = storage::TestSeed("inquiry movements");
  std::mt19937_64 random(seed);
  std::set<v1::MovementKind> seen;
  for (int round = 0; round < 5; ++round) {
    MadeHistory history(random());
    for (int i = 0; i < kSteps; ++i) history.Step();
    InquiryQueries queries = QueriesOf(history);
    std::map<int64_t, std::vector<v1::Movement>> by_version;
    v1::ListMovementsRequest request;
    request.set_psn_no("P1");
    ReadPages(
        request, 5, [&](const auto& r) { return queries.ListMovements(r); },
        [&](const v1::ListMovementsResponse& response) {
          for (const auto& movement : response.movement())
            by_version[movement.version()].push_back(movement);
        });
    AccountAmounts balance{};
    for (int64_t v = 1; v <= history.person().version; ++v) {
      const ModelVersion& model = history.version(v);
      for (const v1::Movement& movement : by_version[v]) {
        const AccountAmounts amount = AmountsOf(movement.amount());
        for (size_t i = 0; i < balance.size(); ++i) balance[i] += amount[i];
        EXPECT_EQ(movement.kind(), model.kind) << v1::MovementKind_Name(movement.kind());
        EXPECT_EQ(movement.clr_date(), FormatDate(model.day));
        seen.insert(movement.kind());
      }
      ASSERT_EQ(balance, model.account) << "version " << v;
    }
  }
  EXPECT_GE(seen.size(), 6U);
}

TEST(Inquiry, OpenStaysAreOnTheFirstPage) {
  storage::MemoryStore store;
  Person person = TestPerson("P1", 0, 0);
  auto rest = std::make_shared<store::v1::PersonState>();
  using store::v1::StayStatus;
  for (const auto& [visit, institution, status] :
       std::vector<std::tuple<const char*, const char*, StayStatus>>{
           {"V1", kHospital, store::v1::STAY_SETTLED},
           {"V2", kHospital, store::v1::DISCHARGED},
           {"V3", kOtherHospital, store::v1::IN_STAY}}) {
    store::v1::Stay* stay = rest->mutable_stays()->add_stay();
    stay->set_mdtrt_id(visit);
    stay->set_fixmedins_code(institution);
    stay->set_status(status);
    stay->add_batch()->set_sum_fen(700);
    stay->add_batch()->set_sum_fen(50);
    stay->mutable_batch(1)->set_settled_version(1);
  }
  person.rest = rest;
  store.PlantVersion("P1", {1, SerializeState(person), PersonEvent().SerializeAsString()});
  InquiryQueries queries(store, [reference = TestReference()] { return reference; });
  v1::ListVisitsRequest request;
  request.set_psn_no("P1");
  auto response = queries.ListVisits(Inquirer::kAgency, request);
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_EQ(response->open_size(), 2);
  EXPECT_EQ(response->open(0).state(), v1::VISIT_DISCHARGED);
  EXPECT_EQ(response->open(0).medfee_sumamt_fen(), 700);
  EXPECT_EQ(response->open(1).state(), v1::VISIT_IN_STAY);
  request.set_fixmedins_code(kHospital);
  response = queries.ListVisits(Inquirer::kInstitution, request);
  ASSERT_EQ(response->open_size(), 1);
  EXPECT_EQ(response->open(0).mdtrt_id(), "V2");
  request.mutable_page()->set_after_version(1);
  EXPECT_TRUE(queries.ListVisits(Inquirer::kInstitution, request)->open().empty());
  v1::GetParticipationRequest participation;
  participation.set_psn_no("P1");
  EXPECT_TRUE(queries.GetParticipation(Inquirer::kAgency, participation, TestNow())->in_stay());
}

// Counts the versions it gave out.
class CountingStore : public storage::MemoryStore {
 public:
  absl::StatusOr<std::vector<storage::PersonVersion>> LoadHistory(absl::string_view psn_no,
                                                                  int64_t after,
                                                                  int limit) override {
    auto history = MemoryStore::LoadHistory(psn_no, after, limit);
    if (history.ok()) given += history->size();
    return history;
  }
  absl::StatusOr<std::optional<storage::PersonVersion>> LoadVersion(absl::string_view psn_no,
                                                                    int64_t version) override {
    ++given;
    return MemoryStore::LoadVersion(psn_no, version);
  }

  size_t given = 0;
};

TEST(Inquiry, APageLooksAtABoundedNumberOfVersions) {
  constexpr int64_t kVersions = 100'000;
  CountingStore store;
  const std::string state = SerializeState(TestPerson("P1", 0, 0));
  for (int64_t v = 1; v <= kVersions; ++v) {
    PersonEvent event;
    event.set_time_unix_ms(TestNow().unix_ms + v * 1'000'000);  // a day is 86 versions
    event.mutable_card_changed();
    store.PlantVersion("P1", {v, state, event.SerializeAsString()});
  }
  InquiryQueries queries(store, [reference = TestReference()] { return reference; });
  v1::ListSettlementsRequest request;
  request.set_psn_no("P1");
  int pages = 0;
  do {
    store.given = 0;
    const auto response = queries.ListSettlements(Inquirer::kAgency, request);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->settlement_size(), 0);
    EXPECT_LE(store.given, 1'024U);
    request.mutable_page()->set_after_version(response->next_version());
    ++pages;
  } while (request.page().after_version() != 0);
  EXPECT_EQ(pages, 98);
  // A span in the middle is found without walking there, and its end is seen.
  const Moment middle = MomentOf(TestNow().unix_ms + kVersions / 2 * 1'000'000);
  request.mutable_page()->set_begndate(FormatDate(middle.day));
  request.mutable_page()->set_enddate(FormatDate(middle.day));
  store.given = 0;
  const auto response = queries.ListSettlements(Inquirer::kAgency, request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->next_version(), 0);
  EXPECT_LT(store.given, 700U);
}

// --- The yearly statement

void AddTo(const v1::Amounts& amounts, int64_t sign, v1::Amounts* sum) {
  sum->set_medfee_sumamt_fen(sum->medfee_sumamt_fen() + sign * amounts.medfee_sumamt_fen());
  sum->set_fund_pay_sumamt_fen(sum->fund_pay_sumamt_fen() + sign * amounts.fund_pay_sumamt_fen());
  sum->set_acct_pay_fen(sum->acct_pay_fen() + sign * amounts.acct_pay_fen());
  sum->set_psn_cash_pay_fen(sum->psn_cash_pay_fen() + sign * amounts.psn_cash_pay_fen());
  sum->set_psn_part_amt_fen(sum->psn_part_amt_fen() + sign * amounts.psn_part_amt_fen());
}

struct ModelYear {
  AccountAmounts opening{}, closing{};
  std::map<v1::MovementKind, std::pair<int, AccountAmounts>> moves;
  int settled = 0, undone = 0;
  v1::Amounts amounts;
  std::map<std::string, int64_t> funds;
};

ModelYear YearOf(const MadeHistory& history, int year) {
  ModelYear model;
  AccountAmounts before{};
  for (const ModelVersion& version : history.versions) {
    const int of = version.day.civil().year;
    if (of < year) model.opening = version.account;
    if (of <= year) model.closing = version.account;
    if (of == year && version.kind != v1::MOVEMENT_KIND_UNSPECIFIED) {
      auto& [count, amount] = model.moves[version.kind];
      ++count;
      for (size_t i = 0; i < amount.size(); ++i) amount[i] += version.account[i] - before[i];
    }
    before = version.account;
  }
  const auto add = [&](const ModelSettlement& settlement, int64_t sign) {
    AddTo(settlement.amounts, sign, &model.amounts);
    for (const auto& [fund, fen] : settlement.funds) model.funds[fund] += sign * fen;
  };
  for (const ModelSettlement& settlement : history.settlements) {
    if (settlement.day.civil().year != year) continue;
    ++model.settled;
    add(settlement, 1);
  }
  for (const ModelUndo& undo : history.undos) {
    if (undo.day.civil().year != year) continue;
    ++model.undone;
    add(history.settlements[undo.settlement], -1);
  }
  return model;
}

void ExpectStatement(const v1::RightsStatement& statement, const ModelYear& model) {
  EXPECT_EQ(AmountsOf(statement.opening()), model.opening);
  EXPECT_EQ(AmountsOf(statement.closing()), model.closing);
  ASSERT_EQ(statement.account_line_size(), static_cast<int>(model.moves.size()));
  AccountAmounts sum = AmountsOf(statement.opening());
  for (const v1::AccountLine& line : statement.account_line()) {
    ASSERT_EQ(model.moves.count(line.kind()), 1U) << v1::MovementKind_Name(line.kind());
    EXPECT_EQ(line.count(), model.moves.at(line.kind()).first);
    EXPECT_EQ(AmountsOf(line.amount()), model.moves.at(line.kind()).second);
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += AmountsOf(line.amount())[i];
  }
  EXPECT_EQ(sum, AmountsOf(statement.closing()));
  EXPECT_EQ(statement.settled(), model.settled);
  EXPECT_EQ(statement.undone(), model.undone);
  v1::Amounts parts, told;
  AddTo(statement.amounts(), 1, &told);
  for (const v1::SettlementTotal& total : statement.settlement_total())
    AddTo(total.amounts(), 1, &parts);
  EXPECT_EQ(told.SerializeAsString(), model.amounts.SerializeAsString());
  EXPECT_EQ(parts.SerializeAsString(), model.amounts.SerializeAsString());
  int64_t funds = 0;
  for (const v1::FundTotal& fund : statement.fund_total()) {
    EXPECT_EQ(fund.amount_fen(), model.funds.at(fund.fund_pay_type()));
    funds += fund.amount_fen();
  }
  EXPECT_EQ(funds, statement.amounts().fund_pay_sumamt_fen() + statement.other_fund_fen());
  EXPECT_EQ(statement.other_fund_fen(), 0);
  EXPECT_EQ(-Total(model.moves.count(v1::MOVEMENT_PAYMENT) != 0
                       ? model.moves.at(v1::MOVEMENT_PAYMENT).second
                       : AccountAmounts{}) -
                Total(model.moves.count(v1::MOVEMENT_REFUND) != 0
                          ? model.moves.at(v1::MOVEMENT_REFUND).second
                          : AccountAmounts{}),
            statement.amounts().acct_pay_fen());
}

TEST(RightsStatement, AddsUpOverRandomHistories) {
  const uint64_t seed = storage::TestSeed("rights statement");
  std::mt19937_64 random(seed);
  int years = 0;
  for (int round = 0; round < 8; ++round) {
    MadeHistory history(random());
    for (int i = 0; i < kSteps; ++i) history.Step();
    InquiryQueries queries = QueriesOf(history);
    AccountAmounts closing{};
    for (int year = 2025; year <= history.now().day.civil().year; ++year) {
      v1::GetRightsStatementRequest request;
      request.set_psn_no("P1");
      request.set_year(year);
      const auto response = queries.GetRightsStatement(request, history.now());
      ASSERT_TRUE(response.ok()) << response.status();
      ExpectStatement(response->statement(), YearOf(history, year));
      EXPECT_EQ(AmountsOf(response->statement().opening()), closing)
          << "a year begins as the one before it ended";
      closing = AmountsOf(response->statement().closing());
      ++years;
    }
    EXPECT_EQ(closing, history.person().account);
  }
  EXPECT_GT(years, 16);
}

TEST(RightsStatement, TakesRecordsOutOfOrderAtTheTurnOfTheYear) {
  storage::MemoryStore store;
  Person person = TestPerson("P1", 0, 0);
  person.version = 0;
  const int64_t new_year_ms = 1'767'196'800'000;  // 2026-01-01 at UTC+8
  // A bill that arrived before midnight was committed after one that came later.
  for (const auto& [shift_ms, fen] : std::vector<std::pair<int64_t, int64_t>>{
           {-40'000'000, 100}, {1'000, 10}, {-1'000, 1}, {3'600'000, 1'000}}) {
    Booking booking(person, Header("m"), "", MomentOf(new_year_ms + shift_ms));
    booking.TakeFrom(rules::SubAccount::kPastYears, Fen(-fen));
    booking.Post(store::v1::ACCOUNT_FUNDING, "AG", -booking.Sum());
    BookedVersion version = std::move(booking).Finish("");
    person = version.next;
    store.PlantVersion("P1", {person.version, SerializeState(person), version.event});
  }
  InquiryQueries queries(store, [reference = TestReference()] { return reference; });
  v1::GetRightsStatementRequest request;
  request.set_psn_no("P1");
  const auto balances = [&](int year) {
    request.set_year(year);
    const auto response = queries.GetRightsStatement(request, TestNow());
    EXPECT_TRUE(response.ok()) << response.status();
    return std::pair(Total(AmountsOf(response->statement().opening())),
                     Total(AmountsOf(response->statement().closing())));
  };
  EXPECT_EQ(balances(2025), std::pair(int64_t{0}, int64_t{101}));
  EXPECT_EQ(balances(2026), std::pair(int64_t{101}, int64_t{1'111}));
}

TEST(RightsStatement, CountsParticipationByMonthAndTotalsAgainstTheirLimits) {
  MadeHistory history(7);
  for (int i = 0; i < kSteps; ++i) history.Step();
  InquiryQueries queries = QueriesOf(history);
  v1::GetRightsStatementRequest request;
  request.set_psn_no("P1");
  request.set_year(2026);
  const auto response = queries.GetRightsStatement(request, history.now());
  ASSERT_TRUE(response.ok()) << response.status();
  const v1::RightsStatement& statement = response->statement();
  int days = 0;
  for (const v1::ParticipationMonth& month : statement.month()) {
    if (month.insutype() == "310") days += month.normal_days();
  }
  EXPECT_EQ(days, 365);
  bool pool = false;
  for (const v1::AccumulatorUse& use : statement.accumulator()) {
    EXPECT_EQ(use.value().period(), "2026-01-01");
    if (use.value().name() != "pool") continue;
    pool = true;
    ASSERT_EQ(use.bound_size(), 1);
    EXPECT_EQ(use.bound(0), 1'000'000);
    EXPECT_LE(use.value().value(), use.bound(0));
    EXPECT_EQ(use.label(), "p");
  }
  EXPECT_TRUE(pool);
  EXPECT_TRUE(statement.sample_data());
  EXPECT_TRUE(absl::StrContains(WriteText(RightsDocument(statement)), "示例数据"));
}

TEST(RightsStatement, IsRefusedWhereTheJournalsDoNotExplainTheBalances) {
  storage::MemoryStore store;
  PlantPerson("P1", 500, 0, &store);  // a balance out of nowhere, in 1970
  InquiryQueries queries(store, [reference = TestReference()] { return reference; });
  v1::GetRightsStatementRequest request;
  request.set_psn_no("P1");
  request.set_year(1970);
  EXPECT_EQ(queries.GetRightsStatement(request, TestNow()).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(RightsStatement, PrintsHostileTextHarmlessly) {
  constexpr char kHostile[] = "<script>alert(1)</script>\"'&\x01\x1b[2J";
  v1::RightsStatement statement;
  for (std::string* text : {statement.mutable_psn_no(), statement.mutable_psn_name(),
                            statement.mutable_certno(), statement.mutable_through_day()}) {
    *text = kHostile;
  }
  v1::ParticipationMonth* month = statement.add_month();
  for (std::string* text :
       {month->mutable_month(), month->mutable_insutype(), month->mutable_insuplc_admdvs(),
        month->mutable_psn_type(), month->mutable_psn_insu_stas()}) {
    *text = kHostile;
  }
  statement.add_settlement_total()->set_insutype(kHostile);
  statement.mutable_settlement_total(0)->set_med_type(kHostile);
  statement.add_fund_total()->set_fund_pay_type(kHostile);
  statement.add_accumulator()->mutable_value()->set_name(kHostile);
  statement.mutable_accumulator(0)->mutable_value()->set_key(kHostile);
  statement.add_benefit()->set_label(kHostile);
  statement.add_payout()->set_label(kHostile);
  statement.mutable_payout(0)->mutable_payee()->set_acct_no(kHostile);
  const std::string html = WriteHtml(RightsDocument(statement));
  EXPECT_FALSE(absl::StrContains(html, "<script"));
  EXPECT_TRUE(absl::StrContains(html, "&lt;script&gt;"));
  EXPECT_TRUE(absl::StrContains(html, "@page { size: A4"));
  const std::string text = WriteText(RightsDocument(statement));
  for (const std::string& page : {html, text}) {
    EXPECT_FALSE(absl::StrContains(page, "\x01"));
    EXPECT_FALSE(absl::StrContains(page, "\x1b"));
  }
}

// --- Movements by journal

TEST(Movements, AreNamedByTheOtherSide) {
  const auto event =
      [](std::vector<std::tuple<store::v1::LedgerAccount, std::string, int64_t>> lines) {
        PersonEvent made;
        for (const auto& [account, subject, fen] : lines) {
          store::v1::JournalLine* line = made.add_journal();
          line->set_account(account);
          line->set_subject(subject);
          line->set_amount_fen(fen);
        }
        return made;
      };
  using store::v1::PERSONAL_ACCOUNT;
  const auto parts = [](const PersonEvent& made) {
    std::vector<std::tuple<v1::MovementKind, int64_t, int64_t>> out;
    for (const MovementPart& part : MovementsOf(made))
      out.emplace_back(part.kind, part.amount[0].value(), part.amount[1].value());
    return out;
  };
  using Parts = std::vector<std::tuple<v1::MovementKind, int64_t, int64_t>>;
  // The turn of the year with interest in one event.
  EXPECT_EQ(parts(event({{PERSONAL_ACCOUNT, "CURRENT_YEAR", 100},
                         {PERSONAL_ACCOUNT, "PAST_YEARS", -103},
                         {store::v1::INTEREST_EXPENSE, "310200", 3}})),
            (Parts{{v1::MOVEMENT_CARRY_OVER, -100, 100}, {v1::MOVEMENT_INTEREST, 0, 3}}));
  // A bill that relatives pay in part stays a bill.
  EXPECT_EQ(parts(event({{PERSONAL_ACCOUNT, "CURRENT_YEAR", 10},
                         {PERSONAL_ACCOUNT, "PAST_YEARS", 20},
                         {store::v1::FAMILY_CLEARING, "P2", 5},
                         {store::v1::INSTITUTION_PAYABLE, "H", -35}})),
            (Parts{{v1::MOVEMENT_PAYMENT, -10, -20}}));
  EXPECT_EQ(
      parts(event({{PERSONAL_ACCOUNT, "PAST_YEARS", 5}, {store::v1::FAMILY_CLEARING, "P1", -5}})),
      (Parts{{v1::MOVEMENT_FAMILY, 0, -5}}));
  // Two givers and one sub-account: each its own.
  EXPECT_EQ(parts(event({{PERSONAL_ACCOUNT, "CURRENT_YEAR", -12},
                         {store::v1::ACCOUNT_FUNDING, "AG", 10},
                         {store::v1::INTEREST_EXPENSE, "310200", 2}})),
            (Parts{{v1::MOVEMENT_CREDIT, 10, 0}, {v1::MOVEMENT_INTEREST, 2, 0}}));
  // Two givers and two sub-accounts: nobody can tell.
  EXPECT_EQ(parts(event({{PERSONAL_ACCOUNT, "CURRENT_YEAR", -6},
                         {PERSONAL_ACCOUNT, "PAST_YEARS", -6},
                         {store::v1::ACCOUNT_FUNDING, "AG", 10},
                         {store::v1::INTEREST_EXPENSE, "310200", 2}})),
            (Parts{{v1::MOVEMENT_OTHER, 6, 6}}));
  EXPECT_TRUE(MovementsOf(event({{store::v1::FUND_EXPENSE, "310100", 1},
                                 {store::v1::INSTITUTION_PAYABLE, "H", -1}}))
                  .empty());
}

// --- Participation and bad requests

TEST(Participation, IsOfTheDayAndMasked) {
  storage::MemoryStore store;
  v1::PersonFacts facts = TestFacts("P1");
  facts.set_psn_name("张三丰");
  facts.set_certno("11010519491231002X");
  facts.mutable_coverage(0)->set_enddate("2026-03-31");
  v1::Right* right = facts.add_right();
  right->set_code("M01");
  right->set_begndate("2026-04-01");
  Person person = TestPerson("P1", 0, 0);
  person.facts = std::make_shared<v1::PersonFacts>(facts);
  PersonEvent event;
  event.mutable_facts_loaded();
  store.PlantVersion("P1", {1, SerializeState(person), event.SerializeAsString()});
  InquiryQueries queries(store, [reference = TestReference()] { return reference; });
  v1::GetParticipationRequest request;
  request.set_psn_no("P1");
  request.set_day("2026-03-31");
  auto response = queries.GetParticipation(Inquirer::kAgency, request, TestNow());
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->psn_name(), "张*");
  EXPECT_EQ(response->certno(), "110105********002X");
  EXPECT_TRUE(response->span(0).in_force());
  EXPECT_TRUE(response->right().empty());
  request.clear_day();  // 2026-06-15
  response = queries.GetParticipation(Inquirer::kAgency, request, TestNow());
  EXPECT_FALSE(response->span(0).in_force());
  EXPECT_TRUE(response->span(1).in_force());
  EXPECT_EQ(response->right_size(), 1);
}

TEST(Inquiry, MalformedRequestsNameTheField) {
  storage::MemoryStore store;
  PlantPerson("P1", 0, 0, &store);
  InquiryQueries queries(store, [reference = TestReference()] { return reference; });
  const auto expect = [](const absl::Status& status, absl::StatusCode code,
                         const std::string& field) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_TRUE(absl::StartsWith(status.message(), field)) << status;
  };
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  constexpr auto kNotFound = absl::StatusCode::kNotFound;
  const auto agency = Inquirer::kAgency;

  v1::ListSettlementsRequest good;
  good.set_psn_no("P1");
  EXPECT_TRUE(queries.ListSettlements(agency, good).ok());
  // Who does not say which institution it is learns nothing.
  expect(queries.ListSettlements(Inquirer::kInstitution, good).status(), kInvalid,
         "fixmedins_code:");
  struct Case {
    std::function<void(v1::ListSettlementsRequest*)> spoil;
    absl::StatusCode code;
    const char* field;
  };
  const std::vector<Case> cases = {
      {[](auto* r) { r->clear_psn_no(); }, kInvalid, "psn_no:"},
      {[](auto* r) { r->set_psn_no("P 1"); }, kInvalid, "psn_no:"},
      {[](auto* r) { r->set_psn_no(std::string(31, '1')); }, kInvalid, "psn_no:"},
      {[](auto* r) { r->set_psn_no("P2"); }, kNotFound, "psn_no:"},
      {[](auto* r) { r->set_fixmedins_code("H 1"); }, kInvalid, "fixmedins_code:"},
      {[](auto* r) { r->set_fixmedins_code("H99999999999"); }, kNotFound, "fixmedins_code:"},
      {[](auto* r) { r->mutable_page()->set_begndate("2026-02-30"); }, kInvalid, "page.begndate:"},
      {[](auto* r) { r->mutable_page()->set_enddate("x"); }, kInvalid, "page.enddate:"},
      {[](auto* r) {
         r->mutable_page()->set_begndate("2026-02-02");
         r->mutable_page()->set_enddate("2026-02-01");
       },
       kInvalid, "page.enddate:"},
      {[](auto* r) { r->mutable_page()->set_after_version(-1); }, kInvalid, "page.after_version:"},
      {[](auto* r) { r->mutable_page()->set_page_size(-1); }, kInvalid, "page.page_size:"},
      {[](auto* r) { r->mutable_page()->set_page_size(501); }, kInvalid, "page.page_size:"},
      {[](auto* r) { r->GetReflection()->MutableUnknownFields(r)->AddVarint(99, 1); }, kInvalid,
       ""},
  };
  for (const Case& each : cases) {
    v1::ListSettlementsRequest request = good;
    each.spoil(&request);
    SCOPED_TRACE(request.ShortDebugString());
    expect(queries.ListSettlements(agency, request).status(), each.code, each.field);
    v1::ListVisitsRequest visits;
    ASSERT_TRUE(visits.ParseFromString(request.SerializeAsString()));
    expect(queries.ListVisits(agency, visits).status(), each.code, each.field);
    if (!request.fixmedins_code().empty()) continue;
    v1::ListMovementsRequest movements;
    movements.set_psn_no(request.psn_no());
    *movements.mutable_page() = request.page();
    movements.GetReflection()
        ->MutableUnknownFields(&movements)
        ->MergeFrom(request.GetReflection()->GetUnknownFields(request));
    expect(queries.ListMovements(movements).status(), each.code, each.field);
  }
  v1::GetParticipationRequest participation;
  participation.set_psn_no("P1");
  participation.set_day("2026-13-01");
  expect(queries.GetParticipation(agency, participation, TestNow()).status(), kInvalid, "day:");
  participation.clear_day();
  expect(queries.GetParticipation(Inquirer::kInstitution, participation, TestNow()).status(),
         kInvalid, "fixmedins_code:");
  v1::ListPersonPayoutsRequest payouts;
  payouts.set_psn_no("P1");
  EXPECT_TRUE(queries.ListPersonPayouts(payouts).ok());
  payouts.set_after_payout_id("none");
  expect(queries.ListPersonPayouts(payouts).status(), kInvalid, "after_payout_id:");
  payouts.set_after_payout_id(std::string(33, 'x'));
  expect(queries.ListPersonPayouts(payouts).status(), kInvalid, "after_payout_id:");
  payouts.set_page_size(501);
  expect(queries.ListPersonPayouts(payouts).status(), kInvalid, "page_size:");
  v1::GetRightsStatementRequest rights;
  rights.set_psn_no("P1");
  for (const int year : {0, 1899, 2027, -1}) {
    rights.set_year(year);
    expect(queries.GetRightsStatement(rights, TestNow()).status(), kInvalid, "year:");
  }
  rights.set_year(2026);
  rights.set_psn_no("P2");
  expect(queries.GetRightsStatement(rights, TestNow()).status(), kNotFound, "psn_no:");
}

TEST(Inquiry, PayoutsAreMaskedAndPaged) {
  storage::MemoryStore store;
  Person person = TestPerson("P1", 0, 0);
  auto rest = std::make_shared<store::v1::PersonState>();
  for (int i = 0; i < 5; ++i) {
    v1::Payout* payout = rest->mutable_payouts()->add_payout();
    payout->set_payout_id(absl::StrCat("id", i));
    payout->mutable_payee()->set_acct_no("6222020200112233445");
    payout->mutable_payee()->set_acct_name("王小兰");
  }
  person.rest = rest;
  store.PlantVersion("P1", {1, SerializeState(person), PersonEvent().SerializeAsString()});
  InquiryQueries queries(store, [reference = TestReference()] { return reference; });
  v1::ListPersonPayoutsRequest request;
  request.set_psn_no("P1");
  request.set_page_size(2);
  std::vector<std::string> ids;
  bool more = true;
  while (more) {
    const auto response = queries.ListPersonPayouts(request);
    ASSERT_TRUE(response.ok()) << response.status();
    for (const v1::Payout& payout : response->payout()) {
      ids.push_back(payout.payout_id());
      EXPECT_FALSE(absl::StrContains(payout.payee().acct_no(), "2020011"));
      EXPECT_EQ(payout.payee().acct_name(), "王*");
    }
    more = response->more();
    request.set_after_payout_id(ids.back());
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"id0", "id1", "id2", "id3", "id4"}));
}

}  // namespace
}  // namespace yijie::engine
