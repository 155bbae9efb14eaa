// What a gateway refuses: nothing of it reaches an insured place, and nothing is logged. And what
// insured places answer that is not given back.

#include <gtest/gtest.h>

#include <functional>

#include "engine/cross/cross_digest.h"
#include "engine/edge.h"
#include "engine/gateway/passed_on.h"
#include "tests/gateway/gateway_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using absl::StatusCode;

// Counts what comes, remembers the last deadline, and answers as it is told.
class ScriptedPeer : public CrossPeer {
 public:
  void Send(Call /*call*/, std::shared_ptr<const google::protobuf::Message> /*request*/,
            std::chrono::steady_clock::time_point deadline,
            std::function<void(Reply)> done) override {
    ++calls;
    last_deadline = deadline;
    done(answer);
  }

  int calls = 0;
  std::chrono::steady_clock::time_point last_deadline;
  Reply answer{absl::UnavailableError("silent"), ""};
};

class GatewayRefusal : public ::testing::Test {
 protected:
  GatewayRefusal() { Open(TwoProvinces()); }

  void Open(PeerTable table) {
    table_ = std::make_unique<PeerTable>(std::move(table));
    metrics_ = std::make_unique<GatewayMetrics>();
    GatewayOptions options;
    options.steady = [this] { return now_; };
    options.wall = [] { return TestNow(); };
    gateway_.reset();
    gateway_ =
        std::make_unique<Gateway>(options, WaysOf(*table_, {&peer_, &peer_}), store_, *metrics_);
  }

  Reply Take(Call call, const std::string& bytes,
             const std::string& identity = "urn:yijie:area:620000",
             std::chrono::milliseconds time = std::chrono::seconds(3)) {
    Reply answer;
    gateway_->Take({call, identity, bytes, now_ + time},
                   [&answer](Reply reply) { answer = std::move(reply); });
    return answer;
  }

  bool LogIsEmpty() { return store_.ScanGroups(0, 1)->empty(); }

  const QuietLog quiet_;
  const std::chrono::steady_clock::time_point now_ = std::chrono::steady_clock::now();
  ScriptedPeer peer_;
  FullStore store_;
  std::unique_ptr<PeerTable> table_;
  std::unique_ptr<GatewayMetrics> metrics_;
  std::unique_ptr<Gateway> gateway_;
};

v1::ConfirmRequest Good() { return ConfirmOf("R1", "620000", "410199", "2026-06-15"); }

std::string Changed(const std::function<void(v1::ConfirmRequest*)>& change, bool seal = true) {
  v1::ConfirmRequest request = Good();
  change(&request);
  if (seal) Seal(&request);
  return request.SerializeAsString();
}

TEST_F(GatewayRefusal, NothingOfItReachesAnInsuredPlace) {
  const std::string good = Good().SerializeAsString();
  const std::string area = "urn:yijie:area:620000";
  struct Case {
    const char* what;
    std::string identity;
    std::string bytes;
    StatusCode code;
  };
  const Case cases[] = {
      {"no certificate", "", good, StatusCode::kPermissionDenied},
      {"the gateway's own certificate", "urn:yijie:gateway", good, StatusCode::kPermissionDenied},
      {"no peer", "urn:yijie:area:330000", good, StatusCode::kPermissionDenied},
      {"another peer's certificate", "urn:yijie:area:410000", good, StatusCode::kPermissionDenied},
      {"another area in the header", area,
       Changed([](auto* r) { r->mutable_header()->set_fixmedins_code("630000"); }),
       StatusCode::kPermissionDenied},
      {"no area in the header", area,
       Changed([](auto* r) { r->mutable_header()->set_fixmedins_code("H62010000001"); }),
       StatusCode::kInvalidArgument},
      {"no reservation", area, Changed([](auto* r) { r->mutable_header()->clear_msgid(); }),
       StatusCode::kInvalidArgument},
      {"unknown area", area, Changed([](auto* r) { r->set_insuplc_admdvs("330100"); }),
       StatusCode::kNotFound},
      {"no area", area, Changed([](auto* r) { r->set_insuplc_admdvs("4101"); }),
       StatusCode::kInvalidArgument},
      {"altered", area, Changed([](auto* r) { r->set_clr_date("2026-06-16"); }, false),
       StatusCode::kInvalidArgument},
      {"sealed by nobody", area, Changed([](auto* r) { r->clear_digest(); }, false),
       StatusCode::kInvalidArgument},
      {"no message", area, "\xff\xff\xff", StatusCode::kInvalidArgument},
      {"too large", area,
       Changed([](auto* r) { r->set_psn_no(std::string(kMaxPeerMessageBytes, 'x')); }),
       StatusCode::kInvalidArgument},
  };
  for (const Case& each : cases) {
    const Reply reply = Take(Call::kConfirm, each.bytes, each.identity);
    EXPECT_EQ(reply.status.code(), each.code) << each.what << ": " << reply.status;
    EXPECT_EQ(peer_.calls, 0) << each.what;
  }
  EXPECT_TRUE(LogIsEmpty());
  Take(Call::kConfirm, good);
  EXPECT_EQ(peer_.calls, 1);  // the good one was passed on
}

TEST_F(GatewayRefusal, BillsOfOtherSchemesGoThroughAnotherGateway) {
  Open(TwoProvinces("insutype: '410'"));
  EXPECT_EQ(Take(Call::kConfirm, Good().SerializeAsString()).status.code(),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(peer_.calls, 0);
  Take(Call::kConfirm, Changed([](auto* r) { r->set_insutype("410"); }));
  EXPECT_EQ(peer_.calls, 1);
}

TEST_F(GatewayRefusal, EachHopPassesOnLessThanItGotAndRefusesWhatCannotFit) {
  using std::chrono::milliseconds;
  Take(Call::kConfirm, Good().SerializeAsString(), "urn:yijie:area:620000", milliseconds(100));
  EXPECT_EQ(peer_.last_deadline, now_ + milliseconds(80));
  const Reply late =
      Take(Call::kConfirm, Good().SerializeAsString(), "urn:yijie:area:620000", milliseconds(29));
  EXPECT_EQ(late.status.code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(peer_.calls, 1);
}

TEST_F(GatewayRefusal, AnswersNobodyAskedForAreNotGivenBack) {
  const v1::ConfirmRequest request = Good();
  const std::pair<const char*, std::function<void(v1::ConfirmResponse*)>> cases[] = {
      {"other reservation", [](auto* r) { r->set_resv_id("R2"); }},
      {"other reservation inside", [](auto* r) { r->mutable_settlement()->set_resv_id("R2"); }},
      {"not settled", [](auto* r) { r->mutable_settlement()->set_outcome(v1::NOT_INSURED); }},
      {"other person", [](auto* r) { r->mutable_settlement()->set_psn_no("X"); }},
      {"other area", [](auto* r) { r->mutable_settlement()->set_insuplc_admdvs("330100"); }},
      {"other day", [](auto* r) { r->mutable_settlement()->set_clr_date("2026-06-16"); }},
      {"no id", [](auto* r) { r->mutable_settlement()->clear_setl_id(); }},
      {"does not add up",
       [](auto* r) { r->mutable_settlement()->mutable_amounts()->set_acct_pay_fen(1); }},
      {"funds do not add up",
       [](auto* r) { r->mutable_settlement()->mutable_setldetail(0)->set_fund_payamt_fen(1); }},
      {"amounts beyond all sums",
       [](auto* r) {
         r->mutable_settlement()->mutable_amounts()->set_fund_pay_sumamt_fen(INT64_MAX);
         r->mutable_settlement()->mutable_amounts()->set_acct_pay_fen(INT64_MAX);
       }},
      {"payments beyond all sums",
       [](auto* r) {
         auto* settlement = r->mutable_settlement();
         settlement->mutable_setldetail(0)->set_fund_payamt_fen(INT64_MAX);
         *settlement->add_setldetail() = settlement->setldetail(0);
       }},
      {"negative",
       [](auto* r) {
         r->mutable_settlement()->mutable_amounts()->set_fund_pay_sumamt_fen(-80'000);
         r->mutable_settlement()->mutable_setldetail(0)->set_fund_payamt_fen(-80'000);
         r->mutable_settlement()->mutable_amounts()->set_medfee_sumamt_fen(-60'000);
       }},
  };
  for (const auto& [what, change] : cases) {
    v1::ConfirmResponse response = AnswerTo(request, 80'000, 20'000);
    change(&response);
    peer_.answer = {absl::OkStatus(), response.SerializeAsString()};
    const Reply reply = Take(Call::kConfirm, request.SerializeAsString());
    EXPECT_EQ(reply.status.code(), StatusCode::kDataLoss) << what << ": " << reply.status;
    EXPECT_TRUE(LogIsEmpty()) << what;
  }
  peer_.answer = {absl::OkStatus(), AnswerTo(request, 80'000, 20'000).SerializeAsString()};
  EXPECT_TRUE(Take(Call::kConfirm, request.SerializeAsString()).status.ok());
  EXPECT_FALSE(LogIsEmpty());
}

TEST_F(GatewayRefusal, AnotherAnswerThanBeforeIsNotGivenBack) {
  const v1::ConfirmRequest request = Good();
  const std::string first = AnswerTo(request, 80'000, 20'000).SerializeAsString();
  peer_.answer = {absl::OkStatus(), first};
  ASSERT_TRUE(Take(Call::kConfirm, request.SerializeAsString()).status.ok());
  peer_.answer = {absl::OkStatus(), AnswerTo(request, 80'001, 19'999).SerializeAsString()};
  EXPECT_EQ(Take(Call::kConfirm, request.SerializeAsString()).status.code(), StatusCode::kDataLoss);
  peer_.answer = {absl::OkStatus(), first};
  EXPECT_EQ(Take(Call::kConfirm, request.SerializeAsString()).bytes, first);
  ExpectSoundStore(store_);
}

TEST_F(GatewayRefusal, AnUndoThatIsNotTheOppositeIsNotGivenBack) {
  const v1::ConfirmRequest request = Good();
  const v1::ConfirmResponse answer = AnswerTo(request, 80'000, 20'000);
  peer_.answer = {absl::OkStatus(), answer.SerializeAsString()};
  ASSERT_TRUE(Take(Call::kConfirm, request.SerializeAsString()).status.ok());
  const v1::ConfirmUndoRequest undo = ConfirmUndoOf("U1", request, "2026-06-15");
  const std::pair<const char*, std::function<void(v1::ConfirmUndoResponse*)>> cases[] = {
      {"other reservation", [](auto* r) { r->set_resv_id("U2"); }},
      {"not undone", [](auto* r) { r->mutable_reversal()->set_outcome(v1::NO_SUCH_SETTLEMENT); }},
      {"other settlement", [](auto* r) { r->mutable_reversal()->set_orig_setl_id("X"); }},
      {"other day", [](auto* r) { r->mutable_reversal()->set_clr_date("2026-06-16"); }},
      {"other amounts",
       [](auto* r) { r->mutable_reversal()->mutable_amounts()->set_acct_pay_fen(-1); }},
  };
  for (const auto& [what, change] : cases) {
    v1::ConfirmUndoResponse response = AnswerTo(undo, answer);
    change(&response);
    peer_.answer = {absl::OkStatus(), response.SerializeAsString()};
    EXPECT_EQ(Take(Call::kConfirmUndo, undo.SerializeAsString()).status.code(),
              StatusCode::kDataLoss)
        << what;
    EXPECT_FALSE(store_.LoadVersion(PassedOnKey("R1", "620000"), 2)->has_value()) << what;
  }
  peer_.answer = {absl::OkStatus(), AnswerTo(undo, answer).SerializeAsString()};
  EXPECT_TRUE(Take(Call::kConfirmUndo, undo.SerializeAsString()).status.ok());
  ExpectSoundStore(store_);
}

TEST_F(GatewayRefusal, AnAlteredReservationIsNotGivenBack) {
  v1::ReserveRequest request;
  request.mutable_header()->set_fixmedins_code("620000");
  request.mutable_header()->set_msgid("R1");
  request.set_insuplc_admdvs("410199");
  request.mutable_claim()->set_insutype("310");
  Seal(&request);
  v1::ReserveResponse response;
  response.set_outcome(v1::RESERVED);
  response.set_resv_id("R1");
  response.set_request_digest(request.digest());
  Seal(&response);
  peer_.answer = {absl::OkStatus(), response.SerializeAsString()};
  EXPECT_TRUE(Take(Call::kReserve, request.SerializeAsString()).status.ok());
  v1::ReserveResponse altered = response;
  altered.mutable_settlement()->mutable_amounts()->set_fund_pay_sumamt_fen(1);
  peer_.answer = {absl::OkStatus(), altered.SerializeAsString()};
  EXPECT_EQ(Take(Call::kReserve, request.SerializeAsString()).status.code(), StatusCode::kDataLoss);
  v1::ReserveResponse of_other = response;
  of_other.set_request_digest("x");
  Seal(&of_other);
  peer_.answer = {absl::OkStatus(), of_other.SerializeAsString()};
  EXPECT_EQ(Take(Call::kReserve, request.SerializeAsString()).status.code(), StatusCode::kDataLoss);
}

TEST_F(GatewayRefusal, PeersAreReportedByWhatTheyAnswer) {
  for (int i = 0; i < 3; ++i) Take(Call::kConfirm, Good().SerializeAsString());
  const std::vector<v1::PeerStatus> peers = gateway_->Peers();
  ASSERT_EQ(peers.size(), 2U);
  EXPECT_EQ(peers[0].admdvs(), "410000");
  EXPECT_EQ(peers[0].state(), v1::PEER_DEAD);
  EXPECT_EQ(peers[0].failures(), 3);
  EXPECT_EQ(peers[1].state(), v1::PEER_UNTRIED);
  // A refusal is an answer.
  peer_.answer = {absl::FailedPreconditionError("nothing is reserved"), ""};
  Take(Call::kConfirm, Good().SerializeAsString());
  EXPECT_EQ(gateway_->Peers()[0].state(), v1::PEER_UP);
}

TEST_F(GatewayRefusal, ADrainingGatewayTakesNothing) {
  gateway_->Drain();
  EXPECT_EQ(Take(Call::kConfirm, Good().SerializeAsString()).status.code(),
            StatusCode::kUnavailable);
  EXPECT_EQ(peer_.calls, 0);
}

}  // namespace
}  // namespace yijie::engine
