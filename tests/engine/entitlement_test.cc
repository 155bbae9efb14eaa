// Who may settle: every refusal in its order, and cards changed while the engine runs.

#include "engine/entitlement.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "engine/audit/audit.h"
#include "engine/card/pin_key_file.h"
#include "engine/transactions.h"
#include "tests/engine/engine_fixture.h"
#include "yijie/v1/agency.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr char kCardNo[] = "X0001234567";
constexpr char kCardSn[] = "430199D156000005";

// Rules of the test area: a credential is asked for, and category 13 has a route of its own.
constexpr char kArea2026[] = R"area(
id: "test-area" title: "示例" admdvs: "410199" begndate: "2026-01-01" sample_data: true
source { id: "s1" title: "made up" grade: "SAMPLE" }
card { cite: "s1 1" credential_required: true }
route { cite: "s1 2" psn_type_prefix: "13" text: "离休人员请到原渠道结算" }
)area";

std::shared_ptr<const Reference> ReferenceWithArea() {
  auto reference = std::make_shared<Reference>(*TestReference());
  auto areas = AreaBook::Build({{"test.area", kArea2026}});
  YIJIE_CHECK(areas.ok(), std::string(areas.status().message()).c_str());
  reference->areas = std::make_shared<const AreaBook>(*std::move(areas));
  return reference;
}

v1::Credential CardShown() {
  v1::Credential credential;
  credential.set_mdtrt_cert_type("03");
  credential.set_mdtrt_cert_no(kCardNo);
  credential.set_card_sn(kCardSn);
  return credential;
}

v1::SettleRequest ByCard(const std::string& msgid) {
  v1::SettleRequest request = SettleOf(msgid, "P1", 10'000);
  *request.mutable_credential() = CardShown();
  return request;
}

// A person, a card in use and a claim to which nothing is wrong; each member of Wrong spoils
// something.
struct Case {
  std::shared_ptr<const Reference> reference = ReferenceWithArea();
  v1::PersonFacts facts = TestFacts("P1");
  store::v1::PersonCards cards;
  v1::SettleRequest request = ByCard("m1");
  bool shown = true;

  Case() {
    store::v1::CardState& card = *cards.add_card();
    card.set_card_no(kCardNo);
    card.set_card_sn(kCardSn);
    card.mutable_social()->set_enabled(true);
  }

  Person MakePerson() const {
    Person person = TestPerson("P1", 0, 0);
    person.facts = std::make_shared<v1::PersonFacts>(facts);
    auto rest = std::make_shared<store::v1::PersonState>();
    *rest->mutable_cards() = cards;
    person.rest = rest;
    return person;
  }

  // What Settle answers.
  v1::Settlement Settled() const {
    v1::SettleRequest sent = request;
    if (!shown) sent.clear_credential();
    const auto effect = Settle(*reference, sent, "request", MakePerson(), TestNow());
    YIJIE_CHECK(effect.ok(), std::string(effect.status().message()).c_str());
    v1::SettleResponse response;
    YIJIE_CHECK(response.ParseFromString(effect->reply), "a reply cannot be read");
    EXPECT_EQ(effect->moves, response.settlement().outcome() == v1::SETTLED);
    EXPECT_EQ(response.settlement().reason().empty(), effect->moves);
    return response.settlement();
  }

  v1::Settlement PreSettled() const {
    v1::PreSettleRequest query;
    query.set_fixmedins_code(kHospital);
    *query.mutable_claim() = request.claim();
    return *PreSettle(*reference, query, MakePerson(), TestNow());
  }
};

struct Wrong {
  v1::Outcome outcome;
  std::function<void(Case&)> spoil;
};

// In the order in which they decide.
std::vector<Wrong> AllWrongs() {
  return {
      {v1::INSTITUTION_NOT_IN_FORCE,
       [](Case& c) {
         auto reference = std::make_shared<Reference>(*c.reference);
         reference->institutions[kHospital].set_enddate("2026-05-31");
         c.reference = reference;
       }},
      {v1::PERSON_DECEASED, [](Case& c) { c.facts.set_death_date("2026-05-31"); }},
      {v1::NETWORK_SUSPENDED,
       [](Case& c) {
         v1::NetworkSuspension& suspension = *c.facts.add_suspension();
         suspension.set_begndate("2026-04-01");
         suspension.set_enddate("2026-07-01");
       }},
      {v1::CREDENTIAL_REFUSED, [](Case& c) { c.shown = false; }},
      {v1::OTHER_ROUTE, [](Case& c) { c.facts.mutable_coverage(0)->set_psn_type("1301"); }},
      {v1::COVERAGE_NOT_NORMAL,
       [](Case& c) { c.facts.mutable_coverage(0)->set_psn_insu_stas("2"); }},
      {v1::NO_POLICY, [](Case& c) { c.request.mutable_claim()->set_med_type("11"); }},
      {v1::EXCLUDED_BY_POLICY, [](Case& c) { c.request.mutable_claim()->set_rel_ttp_flag(true); }},
  };
}

TEST(Entitlement, NothingWrongSettles) {
  EXPECT_EQ(Case().Settled().outcome(), v1::SETTLED);
  EXPECT_EQ(Case().PreSettled().outcome(), v1::SETTLED);
}

TEST(Entitlement, TheInsuredAreaMayBeSaidInEveryForm) {
  for (const char* area : {"", "410199", "410100", "410105", "410000", "419900"}) {
    Case one;
    one.request.mutable_claim()->set_insuplc_admdvs(area);
    EXPECT_EQ(one.Settled().outcome(), v1::SETTLED) << area;
  }
  for (const char* area : {"110105", "110100", "119900", "110000"}) {
    Case one;  // a municipality is one city
    one.facts.mutable_coverage(0)->set_insuplc_admdvs("119900");
    one.request.mutable_claim()->set_insuplc_admdvs(area);
    EXPECT_EQ(one.Settled().outcome(), v1::NO_POLICY) << area;
  }
  for (const char* area : {"410399", "110000"}) {
    Case one;
    one.request.mutable_claim()->set_insuplc_admdvs(area);
    EXPECT_EQ(one.Settled().outcome(), v1::NOT_INSURED) << area;
    EXPECT_EQ(one.PreSettled().outcome(), v1::NOT_INSURED) << area;
  }
}

TEST(Entitlement, OneThingWrongIsTheOutcome) {
  for (const Wrong& wrong : AllWrongs()) {
    Case one;
    wrong.spoil(one);
    EXPECT_EQ(one.Settled().outcome(), wrong.outcome);
  }
}

TEST(Entitlement, OfTwoThingsWrongTheEarlierOutcomeIsGiven) {
  const std::vector<Wrong> wrongs = AllWrongs();
  const auto* type = v1::Outcome_descriptor();
  for (size_t i = 0; i < wrongs.size(); ++i) {
    for (size_t j = i + 1; j < wrongs.size(); ++j) {
      EXPECT_LT(type->FindValueByNumber(wrongs[i].outcome)->index(),
                type->FindValueByNumber(wrongs[j].outcome)->index());
      Case both;
      wrongs[j].spoil(both);
      wrongs[i].spoil(both);
      EXPECT_EQ(both.Settled().outcome(), wrongs[i].outcome) << i << " and " << j;
    }
  }
}

TEST(Entitlement, QueriesTellEverythingButTheCredential) {
  for (const Wrong& wrong : AllWrongs()) {
    Case one;
    wrong.spoil(one);
    EXPECT_EQ(one.PreSettled().outcome(),
              wrong.outcome == v1::CREDENTIAL_REFUSED ? v1::SETTLED : wrong.outcome);
  }
}

TEST(Entitlement, CareUpToTheDayOfDeathSettles) {
  Case one;
  one.facts.set_death_date("2026-06-01");  // the first day of care
  EXPECT_EQ(one.Settled().outcome(), v1::SETTLED);
}

TEST(Entitlement, SuspensionHoldsOnTheDayOfCareAndOnTheDayOfSettlement) {
  const auto outcome = [](const char* begndate, const char* enddate, const char* insutype) {
    Case one;
    v1::NetworkSuspension& suspension = *one.facts.add_suspension();
    suspension.set_begndate(begndate);
    suspension.set_enddate(enddate);
    suspension.set_reason("冒名就医");
    one.request.mutable_claim()->set_insutype(insutype);
    const v1::Settlement settlement = one.Settled();
    if (settlement.outcome() == v1::NETWORK_SUSPENDED) {
      EXPECT_TRUE(absl::StrContains(settlement.reason(), "冒名就医"));
    }
    return settlement.outcome();
  };
  // Care from 2026-06-01, settled on 2026-06-15.
  EXPECT_EQ(outcome("2026-01-01", "2026-05-31", "310"), v1::SETTLED);
  EXPECT_EQ(outcome("2026-01-01", "2026-06-01", "310"), v1::NETWORK_SUSPENDED);
  EXPECT_EQ(outcome("2026-06-15", "", "310"), v1::NETWORK_SUSPENDED);
  EXPECT_EQ(outcome("2026-06-16", "", "310"), v1::SETTLED);
  // Work injury is no medical insurance: the person lacks the coverage, that is all.
  EXPECT_EQ(outcome("2026-01-01", "", "410"), v1::NOT_INSURED);
}

TEST(Entitlement, ReasonsOfCredentialsSayWhatIsWrongAndNoNumber) {
  const auto reason = [](const std::function<void(Case&)>& spoil) {
    Case one;
    spoil(one);
    const v1::Settlement settlement = one.Settled();
    EXPECT_EQ(settlement.outcome(), v1::CREDENTIAL_REFUSED);
    EXPECT_FALSE(absl::StrContains(settlement.reason(), kCardNo));
    return settlement.reason();
  };
  EXPECT_EQ(reason([](Case& c) { c.shown = false; }), "未提供就诊凭证");
  EXPECT_EQ(reason([](Case& c) { c.cards.clear_card(); }), "就诊人名下无此社会保障卡");
  EXPECT_EQ(
      reason([](Case& c) { c.cards.mutable_card(0)->mutable_social()->set_loss(v1::FORMAL_LOSS); }),
      "该卡已挂失");
  EXPECT_EQ(reason([](Case& c) { c.cards.mutable_card(0)->mutable_social()->set_enabled(false); }),
            "该卡处于封存状态，请先启用");
}

TEST(Entitlement, WithoutAreaRulesNoCredentialIsNeededButABadOneIsRefused) {
  Case one;
  one.reference = TestReference();
  one.shown = false;
  EXPECT_EQ(one.Settled().outcome(), v1::SETTLED);
  one.shown = true;
  one.cards.clear_card();
  EXPECT_EQ(one.Settled().outcome(), v1::CREDENTIAL_REFUSED);
}

// Takes proofs for one message only.
class OneMessage final : public PinProofVerifier {
 public:
  bool IsGenuine(absl::string_view issuer, absl::string_view statement,
                 absl::string_view /*mac*/) const override {
    return issuer == "pin-1" && absl::StrContains(statement, "12:H41019900001");
  }
};

TEST(Entitlement, ProofsAreJudgedByTheVerifierOfTheReferenceForThisMessage) {
  Case one;
  v1::PinProof& proof = *one.request.mutable_credential()->mutable_pin_proof();
  proof.set_issuer("pin-1");
  proof.set_msgid("m1");
  proof.set_time_ms(TestNow().unix_ms);
  proof.set_mac(std::string(32, 'x'));
  EXPECT_EQ(one.Settled().outcome(), v1::CREDENTIAL_REFUSED);  // nobody vouches for it
  auto reference = std::make_shared<Reference>(*one.reference);
  reference->pin_proofs = std::make_shared<const OneMessage>();
  one.reference = reference;
  EXPECT_EQ(one.Settled().outcome(), v1::SETTLED);
  one.request.mutable_header()->set_msgid("m2");
  EXPECT_EQ(one.Settled().outcome(), v1::CREDENTIAL_REFUSED);
}

TEST(PinKeys, BadFilesNameTheLineAndNoKey) {
  const std::string key(64, 'a');
  EXPECT_EQ(ParsePinKeys("f", absl::StrCat("# keys\n\npin-1 ", key, "\n"))->size(), 1U);
  const auto error = [](const std::string& text) {
    const auto keys = ParsePinKeys("f", text);
    EXPECT_FALSE(keys.ok());
    EXPECT_FALSE(absl::StrContains(keys.status().message(), "aaaa"));
    return std::string(keys.status().message());
  };
  EXPECT_TRUE(absl::StartsWith(error("\npin-1\n"), "f:2: "));
  EXPECT_TRUE(absl::StartsWith(error(absl::StrCat("pin-1 ", key, "a\n")), "f:1: "));
  EXPECT_TRUE(absl::StartsWith(error(absl::StrCat("p ", key, "\np ", key)), "f:2: "));
  EXPECT_EQ(error("# nothing\n"), "f: has no key");
}

TEST(PinKeys, AFileThatOthersMayReadIsRefused) {
  namespace fs = std::filesystem;
  const std::string path = testing::TempDir() + "/entitlement_test_pin_keys";
  ASSERT_TRUE(WriteFile(path, "pin-1 " + std::string(64, 'a') + "\n").ok());
  fs::permissions(path, fs::perms::owner_read | fs::perms::others_read);
  EXPECT_EQ(LoadPinKeys(path).status().code(), absl::StatusCode::kFailedPrecondition);
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_TRUE(LoadPinKeys(path).ok());
  ASSERT_TRUE(WriteFile(path, "pin-1 aaaa\n").ok());  // too short a key
  EXPECT_EQ(LoadPinKeys(path).status().code(), absl::StatusCode::kInvalidArgument);
  fs::remove(path);
  EXPECT_EQ(LoadPinKeys(path).status().code(), absl::StatusCode::kNotFound);
}

// --- Through the engine

v1::ChangeCardRequest ChangeOf(const std::string& msgid,
                               const std::function<void(v1::CardChange&)>& change) {
  v1::ChangeCardRequest request;
  request.mutable_header()->set_fixmedins_code("CARDS");
  request.mutable_header()->set_msgid(msgid);
  request.set_psn_no("P1");
  change(*request.mutable_change());
  return request;
}

v1::ChangeCardRequest Issue(const std::string& msgid, const char* card_sn = kCardSn) {
  return ChangeOf(msgid, [card_sn](v1::CardChange& change) {
    change.mutable_issue()->set_card_no(kCardNo);
    change.mutable_issue()->set_card_sn(card_sn);
  });
}

template <typename OfFunction>
void Name(OfFunction* change) {
  change->set_card_no(kCardNo);
  change->set_function(v1::SOCIAL_FUNCTION);
}

v1::ChangeCardRequest Activate(const std::string& msgid) {
  return ChangeOf(msgid, [](v1::CardChange& change) { Name(change.mutable_activate()); });
}

v1::ChangeCardRequest ReportLoss(const std::string& msgid) {
  return ChangeOf(msgid, [](v1::CardChange& change) {
    Name(change.mutable_report_loss());
    change.mutable_report_loss()->set_kind(v1::TEMPORARY_LOSS);
  });
}

v1::ChangeCardRequest LiftLoss(const std::string& msgid) {
  return ChangeOf(msgid, [](v1::CardChange& change) { Name(change.mutable_lift_loss()); });
}

class CardCallsTest : public testing::Test {
 protected:
  CardCallsTest() {
    PlantPerson("P1", 100'000, 0, &store_);
    engine_ = std::make_unique<Engine>(EngineOptions(), store_, metrics_, ReferenceWithArea());
  }
  v1::ChangeCardResponse Change(const v1::ChangeCardRequest& request) {
    return Parsed<v1::ChangeCardResponse>(Ask(*engine_, Call::kChangeCard, request));
  }
  v1::Settlement SettleByCard(const std::string& msgid) {
    return Parsed<v1::SettleResponse>(Ask(*engine_, Call::kSettle, ByCard(msgid))).settlement();
  }
  v1::GetCardsResponse Cards() {
    v1::GetCardsRequest request;
    request.set_psn_no("P1");
    return Parsed<v1::GetCardsResponse>(Ask(*engine_, Call::kGetCards, request));
  }
  int64_t Version() { return (*store_.LoadLatest("P1"))->version; }

  const QuietLog quiet_;
  storage::MemoryStore store_;
  Metrics metrics_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(CardCallsTest, AReportedLossStopsSettlementsUntilItIsLifted) {
  EXPECT_EQ(Change(Issue("c1")).version(), 2);
  EXPECT_EQ(SettleByCard("s0").outcome(), v1::CREDENTIAL_REFUSED);  // sealed
  EXPECT_EQ(Change(Activate("c2")).card(0).social(), v1::CARD_NORMAL);
  EXPECT_EQ(SettleByCard("s1").outcome(), v1::SETTLED);
  EXPECT_EQ(Change(ReportLoss("c3")).card(0).social(), v1::CARD_LOST);
  EXPECT_EQ(SettleByCard("s2").outcome(), v1::CREDENTIAL_REFUSED);
  v1::PreSettleRequest query;
  query.set_fixmedins_code(kHospital);
  *query.mutable_claim() = ByCard("").claim();
  EXPECT_EQ(
      Parsed<v1::PreSettleResponse>(Ask(*engine_, Call::kPreSettle, query)).settlement().outcome(),
      v1::SETTLED);
  EXPECT_EQ(
      Parsed<v1::GetAccountResponse>(Ask(*engine_, Call::kGetAccount, AccountOf("P1"))).version(),
      Version());
  EXPECT_EQ(Change(LiftLoss("c4")).refusal(), v1::CARD_NOT_REFUSED);
  EXPECT_EQ(SettleByCard("s3").outcome(), v1::SETTLED);
  // The answer to a message stays.
  EXPECT_EQ(SettleByCard("s2").outcome(), v1::CREDENTIAL_REFUSED);
}

TEST_F(CardCallsTest, ALossReportedBeforeASettlementThatIsOnItsWayBeatsIt) {
  (void)Change(Issue("c1"));
  (void)Change(Activate("c2"));
  Inbox report;
  Inbox settle;
  engine_->Submit(report.Await(JobOf(Call::kChangeCard, ReportLoss("c3"))));
  engine_->Submit(settle.Await(JobOf(Call::kSettle, ByCard("s1"))));
  EXPECT_EQ(Parsed<v1::SettleResponse>(settle.Get()).settlement().outcome(),
            v1::CREDENTIAL_REFUSED);
  EXPECT_EQ(Parsed<v1::ChangeCardResponse>(report.Get()).version(), 4);
  EXPECT_EQ(Version(), 4);
}

TEST_F(CardCallsTest, SameMessageGetsTheSameBytesAndOtherContentIsRefused) {
  const Reply first = Ask(*engine_, Call::kChangeCard, Issue("c1"));
  EXPECT_EQ(Ask(*engine_, Call::kChangeCard, Issue("c1")).bytes, first.bytes);
  const Reply other = Ask(*engine_, Call::kChangeCard, Issue("c1", "OTHER"));
  EXPECT_EQ(other.status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_FALSE(absl::StrContains(other.status.message(), "OTHER"));
  EXPECT_EQ(Version(), 2);
}

TEST_F(CardCallsTest, ARefusedChangeMovesNothingAndIsFinal) {
  (void)Change(Issue("c1"));
  const Reply refused = Ask(*engine_, Call::kChangeCard, LiftLoss("c2"));
  const auto response = Parsed<v1::ChangeCardResponse>(refused);
  EXPECT_EQ(response.refusal(), v1::CARD_NOT_LOST);
  EXPECT_NE(response.reason(), "");
  EXPECT_EQ(Version(), 2);
  (void)Change(Activate("c3"));
  (void)Change(ReportLoss("c4"));
  EXPECT_EQ(Ask(*engine_, Call::kChangeCard, LiftLoss("c2")).bytes, refused.bytes);
  EXPECT_EQ(Cards().card(0).social(), v1::CARD_LOST);
}

TEST_F(CardCallsTest, CardsAreShownMaskedAndSurviveARestart) {
  (void)Change(Issue("c1"));
  const v1::GetCardsResponse before = Cards();
  ASSERT_EQ(before.card_size(), 1);
  EXPECT_NE(before.card(0).card_no(), kCardNo);
  engine_ = std::make_unique<Engine>(EngineOptions(), store_, metrics_, ReferenceWithArea());
  EXPECT_EQ(Cards().SerializeAsString(), before.SerializeAsString());
}

TEST_F(CardCallsTest, TheAuditAgreesWithChangesOfCards) {
  (void)Change(Issue("c1"));
  (void)Change(Activate("c2"));
  (void)Change(ReportLoss("c3"));
  EXPECT_EQ(SettleByCard("s1").outcome(), v1::CREDENTIAL_REFUSED);
  EXPECT_TRUE(Ask(*engine_, Call::kCreditAccount, CreditOf("m1", "P1", 5)).status.ok());
  engine_->Drain();
  const auto report = AuditLedger(store_);
  ASSERT_TRUE(report.ok()) << report.status();
  for (const AuditFinding& finding : report->findings)
    EXPECT_LE(finding.version, 1) << finding.what;  // the person was planted, not loaded
}

TEST_F(CardCallsTest, BadRequestsNameTheFieldAndUnknownPersonsAreNotFound) {
  v1::ChangeCardRequest request = Issue("c1");
  request.set_psn_no("P9");
  EXPECT_EQ(Ask(*engine_, Call::kChangeCard, request).status.code(), absl::StatusCode::kNotFound);
  v1::GetCardsRequest query;
  query.set_psn_no("P9");
  EXPECT_EQ(Ask(*engine_, Call::kGetCards, query).status.code(), absl::StatusCode::kNotFound);
  const auto error = [](Call call, const auto& bad) {
    using Request = std::decay_t<decltype(bad)>;
    const auto job = MakeJob(call, std::make_unique<Request>(bad), TestNow());
    EXPECT_EQ(job.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(job.status().message());
  };
  request.clear_change();
  EXPECT_TRUE(absl::StartsWith(error(Call::kChangeCard, request), "change"));
  v1::SettleRequest settle = ByCard("s1");
  settle.mutable_credential()->clear_card_sn();
  EXPECT_TRUE(absl::StartsWith(error(Call::kSettle, settle), "credential.card_sn: "));
}

}  // namespace
}  // namespace yijie::engine
