// Work injury across provinces (工伤保险跨省异地就医) through a gateway of its own, beside that of
// medical insurance: real ports and certificates, the shipped table of work injury.

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/file.h"
#include "rules/loader.h"
#include "tests/gateway/hop_world.h"
#include "yijie/v1/agency.pb.h"
#include "yijie/v1/registration.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr char kInjury[] = "410";
constexpr char kMedical[] = "310";
constexpr char kRecognition[] = "GS2026001";

InsuredPlace WithWorkInjury() {
  const auto text = ReadFile(
      absl::StrCat(YIJIE_SOURCE_DIR, "/rules/tables/national/national-work-injury.policy"));
  YIJIE_CHECK(text.ok(), "the table of work injury");
  auto program = rules::CompilePackage("national-work-injury.policy", *text);
  YIJIE_CHECK(program.ok(), std::string(program.status().message()).c_str());
  std::vector<std::unique_ptr<const rules::Program>> programs;
  programs.push_back(*std::move(program));
  programs.push_back(TestProgram(kMedical));
  InsuredPlace home;
  home.policies = *rules::RuleBook::Build(std::move(programs));
  return home;
}

class WorkInjuryHop : public testing::Test {
 protected:
  // P1 is insured against work injury too.
  WorkInjuryHop() {
    Amend("insure", [](v1::PersonFacts* facts) {
      v1::Coverage coverage = facts->coverage(0);
      coverage.set_insutype(kInjury);
      *facts->add_coverage() = coverage;
    });
  }

  void Amend(const std::string& msgid, const std::function<void(v1::PersonFacts*)>& change) {
    v1::AmendPersonRequest request;
    *request.mutable_header() = Header(msgid);
    *request.mutable_facts() = *areas().insured().facts;
    change(request.mutable_facts());
    const Reply reply = areas().AtHome(Call::kAmendPerson, request);
    ASSERT_TRUE(reply.status.ok()) << reply.status;
  }

  void Recognise() {
    Amend("recognise", [](v1::PersonFacts* facts) {
      facts->add_injury()->set_recognition_no(kRecognition);
      facts->mutable_injury(0)->set_injury_date("2026-01-15");
    });
  }

  // Without a recognition there is nothing to register.
  v1::RegistrationResponse Register() {
    v1::RegisterRequest request;
    request.mutable_header()->set_fixmedins_code("AGENCY");
    request.mutable_header()->set_msgid("register");
    request.set_psn_no("P1");
    request.set_kind(v1::LONG_TERM);
    request.set_long_term_reason(v1::POSTED);
    request.set_work_injury(true);
    request.set_admdvs("620100");
    request.set_filer(v1::FILED_BY_PERSON);
    request.set_reason("常驻异地工作");
    return Parsed<v1::RegistrationResponse>(areas().AtHome(Call::kRegister, request));
  }
  void RecogniseAndRegister() {
    Recognise();
    const v1::RegistrationResponse filed = Register();
    ASSERT_EQ(filed.outcome(), v1::REGISTRATION_FILED) << filed.reason();
  }

  v1::SettleRequest InjuryBill(const std::string& msgid) {
    v1::SettleRequest request = BillAway(msgid, 150'000);
    request.mutable_claim()->set_insutype(kInjury);
    // Work injury is registered before the admission.
    request.mutable_claim()->set_begndate("2026-06-15");
    request.mutable_claim()->set_enddate("2026-06-15");
    request.mutable_claim()->set_injury_no(kRecognition);
    request.mutable_claim()->set_acct_used_flag(v1::ACCT_NOT_USED);
    return request;
  }

  // The same message until it is answered, as an institution does.
  v1::Settlement Settle(const v1::SettleRequest& request) {
    Reply reply;
    for (int tries = 0; tries < 100; ++tries) {
      reply = areas().AtCare(Call::kSettle, request);
      if (reply.status.ok()) break;
    }
    world_.AwaitNothingOpen();
    return Parsed<v1::SettleResponse>(reply).settlement();
  }

  void ExpectEqual(const std::string& scheme, int64_t records) {
    const ThreeWayResult books = world_.Compare(scheme);
    EXPECT_TRUE(books.equal()) << ThreeWayAsText(ScopeOfPair("2026-06-14", "2026-06-16"), books);
    ASSERT_EQ(books.days.size(), records == 0 ? 0U : 1U);
    for (const ThreeWayDay& day : books.days)
      for (const v1::BookTotals& totals : day.totals) EXPECT_EQ(totals.count(), records);
  }

  CrossWorld& areas() { return world_.areas(); }

  HopWorld world_{WithWorkInjury(), {"", kInjury}};
};

TEST_F(WorkInjuryHop, SettlesThroughItsOwnGatewayBesideMedicalInsurance) {
  RecogniseAndRegister();
  ASSERT_EQ(Settle(BillAway("M1", 150'000)).outcome(), v1::SETTLED);
  const v1::Settlement injury = Settle(InjuryBill("M2"));
  ASSERT_EQ(injury.outcome(), v1::SETTLED) << injury.reason();
  // No deductible, no ratio, no cap: all that is listed.
  EXPECT_EQ(injury.amounts().fund_pay_sumamt_fen(), 150'000);
  EXPECT_EQ(injury.amounts().psn_cash_pay_fen(), 0);
  ExpectEqual(kInjury, 1);
  ExpectEqual(kMedical, 1);
  // Each instance has its own scheme and nothing else.
  EXPECT_EQ(StoreBook(world_.gateway(kInjury).log()).TotalsOf("2026-06-15").count(), 1);
  EXPECT_EQ(StoreBook(world_.gateway("").log()).TotalsOf("2026-06-15").count(), 1);

  const v1::Reversal undone =
      Parsed<v1::ReverseResponse>(areas().AtCare(Call::kReverse, UndoAway("R1", injury.setl_id())))
          .reversal();
  ASSERT_EQ(undone.outcome(), v1::REVERSED) << undone.reason();
  world_.AwaitNothingOpen();
  ExpectEqual(kInjury, 2);
  ExpectEqual(kMedical, 1);
  areas().ExpectSoundBooks();
  ExpectSoundStore(world_.gateway(kInjury).log());
  ExpectSoundStore(world_.gateway("").log());
}

TEST_F(WorkInjuryHop, IsRefusedWithoutRecognition) {
  const v1::RegistrationResponse filed = Register();
  EXPECT_NE(filed.outcome(), v1::REGISTRATION_FILED);
  EXPECT_TRUE(absl::StrContains(filed.reason(), "没有工伤认定")) << filed.reason();
  const v1::Settlement refused = Settle(InjuryBill("M1"));
  EXPECT_EQ(refused.outcome(), v1::OTHER_ROUTE);
  EXPECT_TRUE(absl::StrContains(refused.reason(), "没有工伤认定")) << refused.reason();
  ExpectEqual(kInjury, 0);
  EXPECT_FALSE(areas().insured().rest->cross().has_reservation());
  areas().ExpectSoundBooks();
}

TEST_F(WorkInjuryHop, IsRefusedWithoutRegistration) {
  Recognise();
  const v1::Settlement refused = Settle(InjuryBill("M1"));
  EXPECT_EQ(refused.outcome(), v1::OTHER_ROUTE);
  EXPECT_TRUE(absl::StrContains(refused.reason(), "须先备案")) << refused.reason();
  ExpectEqual(kInjury, 0);
  areas().ExpectSoundBooks();
}

TEST_F(WorkInjuryHop, ATrialGoesThroughTheSameGateway) {
  RecogniseAndRegister();
  v1::PreSettleRequest trial;
  trial.set_fixmedins_code(kCareHospital);
  *trial.mutable_claim() = InjuryBill("M1").claim();
  const Reply reply = areas().AtCare(Call::kPreSettle, trial);
  EXPECT_EQ(Parsed<v1::PreSettleResponse>(reply).settlement().amounts().fund_pay_sumamt_fen(),
            150'000);
  ExpectEqual(kInjury, 0);
}

}  // namespace
}  // namespace yijie::engine
