#include "tests/registration/registration_world.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/check.h"
#include "base/file.h"
#include "engine/audit/audit.h"
#include "engine/policy_archive.h"
#include "rules/loader.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// 80 %; elsewhere 5 points less for referral and emergency, 10 for the rest.
constexpr char kPolicy[] = R"policy(
id: "test-registration" title: "t" admdvs: "410199" insutype: "310" med_type: "21"
valid_from: "2000-01-01" version_by: BY_ENDDATE benefit_year_start: "01-01" rounding: FEN_HALF_UP
sample_data: true
source { id: "s1" title: "made up" grade: "SAMPLE" }
step { id: "classify" label: "c" cite: "s1 1" classify {} }
step {
  id: "hifp_pay" label: "p" cite: "s1 1"
  pay {
    fund: HIFP fund_pay_type: "310100" base: "inscp_scp_amt"
    row { band { ratio: "80%" } }
    adjust { when { care_place: "not(LOCAL)" registration: "REFERRAL, EMERGENCY" } points: "-5%" cite: "s1 2" }
    adjust { when { care_place: "not(LOCAL)" registration: "NOT_REGISTERED, TEMPORARY" } points: "-10%" cite: "s1 3" }
  }
}
)policy";

std::unique_ptr<const rules::Program> Compiled(const std::string& name, const std::string& text) {
  auto program = rules::CompilePackage(name, text);
  YIJIE_CHECK(program.ok(), std::string(program.status().message()).c_str());
  return *std::move(program);
}

std::unique_ptr<const rules::Program> Shipped(const std::string& name) {
  const auto text = ReadFile(absl::StrCat(YIJIE_SOURCE_DIR, "/rules/tables/", name));
  YIJIE_CHECK(text.ok(), name.c_str());
  return Compiled(name, *text);
}

v1::Institution InstitutionIn(const char* code, const char* admdvs) {
  v1::Institution institution = *TestReference()->FindInstitution(kHospital);
  institution.set_fixmedins_code(code);
  institution.set_admdvs(admdvs);
  institution.set_kind(code[0] == 'P' ? v1::PHARMACY : v1::HOSPITAL);
  return institution;
}

std::shared_ptr<const Reference> ReferenceWith(const std::string& sections) {
  auto reference = std::make_shared<Reference>(*TestReference());
  std::vector<std::unique_ptr<const rules::Program>> programs;
  programs.push_back(Compiled("test.policy", kPolicy));
  programs.push_back(TestProgram("510"));
  programs.push_back(Shipped("national/national-work-injury.policy"));
  programs.push_back(Shipped("national/national-work-injury-rehabilitation.policy"));
  reference->policies = *rules::RuleBook::Build(std::move(programs));
  for (const auto& [code, admdvs] :
       {std::pair(kInProvinceHospital, "410200"), std::pair(kOutOfProvinceHospital, "620100"),
        std::pair(kPharmacyAtHome, "410199")})
    reference->institutions[code] = InstitutionIn(code, admdvs);
  auto areas = AreaBook::Build(
      {{"test.area", absl::StrCat(R"area(id: "test-area" title: "示例" admdvs: "410199"
begndate: "2020-01-01" sample_data: true source { id: "s1" title: "made up" grade: "SAMPLE" }
route { cite: "s1 1" insutype: "340" text: "x" }
)area",
                                  sections)}});
  YIJIE_CHECK(areas.ok(), std::string(areas.status().message()).c_str());
  reference->areas = std::make_shared<const AreaBook>(*std::move(areas));
  return reference;
}

}  // namespace

Moment DaysLater(int days) {
  constexpr int64_t kDayMs = 86'400'000;
  return MomentOf(TestNow().unix_ms + days * kDayMs);
}

v1::PersonFacts InsuredFacts() {
  v1::PersonFacts facts = TestFacts("P1");
  facts.set_psn_cert_type("99");
  facts.set_certno("T1");
  facts.set_gend("1");
  for (v1::Coverage& coverage : *facts.mutable_coverage()) {
    if (coverage.insutype() == "390") coverage.set_insutype("410");
  }
  v1::InjuryRecognition& injury = *facts.add_injury();
  injury.set_recognition_no(kInjuryNo);
  injury.set_injury_date("2026-01-15");
  return facts;
}

RegistrationWorld::RegistrationWorld(const std::string& sections)
    : reference_(ReferenceWith(sections)) {
  YIJIE_CHECK(ArchivePolicies(store_, *reference_->policies, absl::UnixEpoch()).ok(), "archive");
  Restart();
  Amend("enrol", [](v1::PersonFacts*) {});
}

RegistrationWorld::~RegistrationWorld() = default;

void RegistrationWorld::Restart() {
  engine_.reset();
  engine_ = std::make_unique<Engine>(EngineOptions(), store_, metrics_, reference_);
}

v1::AmendPersonResponse RegistrationWorld::Amend(const std::string& msgid,
                                                 void (*change)(v1::PersonFacts*),
                                                 const Moment& now) {
  v1::AmendPersonRequest request;
  *request.mutable_header() = Header(msgid);
  *request.mutable_facts() = InsuredFacts();
  change(request.mutable_facts());
  return Parsed<v1::AmendPersonResponse>(Send(Call::kAmendPerson, request, now));
}

v1::GetRegistrationsResponse RegistrationWorld::Filed() {
  v1::GetRegistrationsRequest request;
  request.set_psn_no("P1");
  return Parsed<v1::GetRegistrationsResponse>(Send(Call::kGetRegistrations, request));
}

void RegistrationWorld::ExpectSound() {
  const absl::StatusOr<AuditReport> report = AuditLedger(store_);
  ASSERT_TRUE(report.ok()) << report.status();
  for (const AuditFinding& finding : report->findings)
    ADD_FAILURE() << finding.psn_no << " version " << finding.version << ": " << finding.what;
}

v1::RegisterRequest ReferralOf(const std::string& msgid) {
  v1::RegisterRequest request;
  *request.mutable_header() = Header(msgid);
  request.mutable_header()->set_fixmedins_code("AGENCY");
  request.set_psn_no("P1");
  request.set_kind(v1::REFERRAL);
  request.set_admdvs("620100");
  request.set_filer(v1::FILED_BY_PERSON);
  request.set_reason("本地条件所限");
  return request;
}

v1::RegisterRequest ResidenceOf(const std::string& msgid) {
  v1::RegisterRequest request = ReferralOf(msgid);
  request.set_kind(v1::LONG_TERM);
  request.set_long_term_reason(v1::RESIDENT);
  request.clear_reason();
  return request;
}

v1::SettleRequest StayAt(const std::string& msgid, const std::string& hospital) {
  v1::SettleRequest request = SettleOf(msgid, "P1", 100'000);
  request.mutable_header()->set_fixmedins_code(hospital);
  return request;
}

}  // namespace yijie::engine
