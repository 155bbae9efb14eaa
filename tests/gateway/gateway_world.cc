#include "tests/gateway/gateway_world.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "engine/audit/audit.h"
#include "engine/books/check_owed.h"
#include "engine/cross/cross_digest.h"
#include "engine/gateway/passed_on.h"

namespace yijie::engine {

PeerTable TwoProvinces(const std::string& more) {
  v1::GatewayPeers peers;
  YIJIE_CHECK(google::protobuf::TextFormat::ParseFromString(
                  absl::StrCat("peer { admdvs: '620000' address: 'gansu:7302' name: '甘肃省' }"
                               "peer { admdvs: '410000' address: 'henan:7302' name: '河南省' }",
                               more),
                  &peers),
              "peers of a test");
  return *PeerTable::Make(std::move(peers));
}

void FullStore::CommitGroup(std::vector<storage::Commit> group, storage::CommitDone done) {
  if (!full) return MemoryStore::CommitGroup(std::move(group), std::move(done));
  done(std::vector<storage::CommitOutcome>(group.size(), storage::CommitOutcome::kNotApplied));
}

void GatewayLink::Send(Call call, std::shared_ptr<const google::protobuf::Message> request,
                       std::chrono::steady_clock::time_point deadline,
                       std::function<void(Reply)> done) {
  gateway_->Take({call, identity, request->SerializeAsString(), deadline}, std::move(done));
}

GatewayWorld::GatewayWorld() {
  RestartGateway();
  areas_.GoBy(link_);
}

void GatewayWorld::RestartGateway() {
  gateway_.reset();
  GatewayOptions options;
  options.steady = std::chrono::steady_clock::now;
  options.wall = [] { return TestNow(); };
  gateway_ = std::make_unique<Gateway>(options, WaysOf(table_, {&areas_.peer(), &areas_.peer()}),
                                       log_, metrics_);
  link_.Connect(gateway_.get());
}

Reply GatewayWorld::Take(Call call, const google::protobuf::Message& request,
                         std::chrono::milliseconds time) {
  Reply answer;
  gateway_->Take(
      {call, link_.identity, request.SerializeAsString(), std::chrono::steady_clock::now() + time},
      [&answer](Reply reply) { answer = std::move(reply); });
  return answer;
}

ThreeWayResult GatewayWorld::Compare() {
  areas_.Resolve();
  StoreBook care(areas_.care_store()), log(log_), home(areas_.home_store());
  const auto result = CompareThreeWays(ScopeOfPair("2026-06-14", "2026-06-16"), care, log, home);
  YIJIE_CHECK(result.ok(), std::string(result.status().message()).c_str());
  return *result;
}

void GatewayWorld::ExpectEqualBooks(int64_t records) {
  const ThreeWayResult result = Compare();
  EXPECT_TRUE(result.equal()) << ThreeWayAsText(ScopeOfPair("2026-06-14", "2026-06-16"), result);
  ASSERT_EQ(result.days.size(), records == 0 ? 0U : 1U);
  for (const ThreeWayDay& day : result.days)
    for (const v1::BookTotals& totals : day.totals) EXPECT_EQ(totals.count(), records);
  areas_.ExpectSoundBooks();
  for (storage::Store* store :
       {static_cast<storage::Store*>(&areas_.care_store()), static_cast<storage::Store*>(&log_),
        static_cast<storage::Store*>(&areas_.home_store())})
    ExpectSoundStore(*store);
}

v1::BookScope ScopeOfPair(const std::string& first_day, const std::string& last_day) {
  v1::BookScope scope;
  scope.set_fixmedins_code(kPair);
  scope.set_begndate(first_day);
  scope.set_enddate(last_day);
  scope.set_refund(v1::ALL_RECORDS);
  return scope;
}

v1::BookScope StoreBook::ScopeOf(const std::string& day) const {
  v1::BookScope scope = ScopeOfPair(day, day);
  scope.set_fixmedins_code(pair_);
  scope.set_insutype(insutype_);
  return scope;
}

v1::BookTotals StoreBook::TotalsOf(const std::string& day) {
  v1::GetBookTotalsRequest request;
  *request.mutable_scope() = ScopeOf(day);
  return queries_.GetTotals(request)->centre();
}

std::vector<v1::BookRow> StoreBook::RowsOf(const std::string& day) {
  v1::GetBookDetailsRequest request;
  *request.mutable_scope() = ScopeOf(day);
  request.set_page_size(1'000);
  const v1::GetBookDetailsResponse response = *queries_.GetDetails(request);
  YIJIE_CHECK(response.next_page_token().empty(), "a book of a test has one page");
  return {response.row().begin(), response.row().end()};
}

v1::CompareBookResponse StoreBook::Compare(const v1::CompareBookRequest& request) {
  return *queries_.Compare(request);
}

void ExpectSoundStore(storage::Store& store) {
  BookProjection projection(store);
  EXPECT_TRUE(projection.CatchUp().ok());
  const absl::StatusOr<AuditReport> report = AuditLedger(store);
  ASSERT_TRUE(report.ok()) << report.status();
  for (const AuditFinding& finding : report->findings)
    ADD_FAILURE() << finding.psn_no << " version " << finding.version << ": " << finding.what;
  for (const auto& check : {CheckBooks, CheckOwed}) {
    const absl::StatusOr<std::vector<std::string>> differences = check(store);
    ASSERT_TRUE(differences.ok()) << differences.status();
    for (const std::string& difference : *differences) ADD_FAILURE() << difference;
  }
}

namespace {

std::string Padded(std::string id) {
  constexpr size_t kIdSize = 30;
  id.resize(kIdSize, '0');
  return id;
}

}  // namespace

std::string CareIdOf(const std::string& resv_id) { return Padded(absl::StrCat("C", resv_id, "x")); }
std::string HomeIdOf(const std::string& resv_id) { return Padded(absl::StrCat("H", resv_id, "x")); }

v1::ConfirmRequest ConfirmOf(const std::string& resv_id, const std::string& care,
                             const std::string& insured, const std::string& clr_date) {
  v1::ConfirmRequest request;
  request.mutable_header()->set_fixmedins_code(care);
  request.mutable_header()->set_msgid(resv_id);
  request.set_insuplc_admdvs(insured);
  request.set_psn_no(absl::StrCat("P", resv_id));
  request.set_setl_id(CareIdOf(resv_id));
  request.set_clr_date(clr_date);
  request.set_reserved_digest(std::string(32, 'd'));
  request.set_insutype("310");
  Seal(&request);
  return request;
}

v1::ConfirmResponse AnswerTo(const v1::ConfirmRequest& request, int64_t fund, int64_t account) {
  v1::ConfirmResponse response;
  response.set_resv_id(request.header().msgid());
  v1::Settlement& settlement = *response.mutable_settlement();
  settlement.set_outcome(v1::SETTLED);
  settlement.set_resv_id(request.header().msgid());
  settlement.set_setl_id(HomeIdOf(request.header().msgid()));
  settlement.set_psn_no(request.psn_no());
  settlement.set_insuplc_admdvs(request.insuplc_admdvs());
  settlement.set_clr_date(request.clr_date());
  settlement.set_insutype("310");
  settlement.set_clr_type("21");
  settlement.set_fixmedins_code("H62010000001");
  v1::Amounts& amounts = *settlement.mutable_amounts();
  amounts.set_medfee_sumamt_fen(fund + account);
  amounts.set_inscp_scp_amt_fen(fund + account);
  amounts.set_fund_pay_sumamt_fen(fund);
  amounts.set_hifp_pay_fen(fund);
  amounts.set_psn_part_amt_fen(account);
  amounts.set_acct_pay_fen(account);
  if (fund != 0) {
    v1::FundPayment& payment = *settlement.add_setldetail();
    payment.set_fund_pay_type("310100");
    payment.set_fund_payamt_fen(fund);
  }
  return response;
}

v1::ConfirmUndoRequest ConfirmUndoOf(const std::string& resv_id, const v1::ConfirmRequest& original,
                                     const std::string& clr_date) {
  v1::ConfirmUndoRequest request;
  request.mutable_header()->set_fixmedins_code(original.header().fixmedins_code());
  request.mutable_header()->set_msgid(resv_id);
  request.set_insuplc_admdvs(original.insuplc_admdvs());
  request.set_psn_no(original.psn_no());
  request.set_setl_id(CareIdOf(resv_id));
  request.set_clr_date(clr_date);
  request.set_reserved_digest(std::string(32, 'd'));
  request.set_orig_resv_id(original.header().msgid());
  request.set_insutype(original.insutype());
  Seal(&request);
  return request;
}

v1::ConfirmUndoResponse AnswerTo(const v1::ConfirmUndoRequest& request,
                                 const v1::ConfirmResponse& original) {
  v1::ConfirmUndoResponse response;
  response.set_resv_id(request.header().msgid());
  v1::Reversal& reversal = *response.mutable_reversal();
  reversal.set_outcome(v1::REVERSED);
  reversal.set_setl_id(HomeIdOf(request.header().msgid()));
  reversal.set_orig_setl_id(original.settlement().setl_id());
  reversal.set_clr_date(request.clr_date());
  const v1::Amounts& settled = original.settlement().amounts();
  v1::Amounts& amounts = *reversal.mutable_amounts();
  const auto* const fields = v1::Amounts::descriptor();
  for (int i = 0; i < fields->field_count(); ++i) {
    const int64_t fen = settled.GetReflection()->GetInt64(settled, fields->field(i));
    amounts.GetReflection()->SetInt64(&amounts, fields->field(i), -fen);
  }
  return response;
}

void Commit(absl::StatusOr<storage::Commit> commit, storage::Store& store) {
  ASSERT_TRUE(commit.ok()) << commit.status();
  std::vector<storage::Commit> group;
  group.push_back(*std::move(commit));
  store.CommitGroup(std::move(group), [](const std::vector<storage::CommitOutcome>& outcomes) {
    EXPECT_EQ(outcomes[0], storage::CommitOutcome::kDone);
  });
}

}  // namespace yijie::engine
