// Refusals: one row for each outcome in the order of settlement.proto, and for each pair of
// neighbours a claim to which both apply.

#include <functional>

#include "absl/strings/str_cat.h"
#include "tests/e2e/e2e_test.h"

namespace yijie::e2e {
namespace {

constexpr char kEndedAgreement[] = "H43010099907";  // since 2026
constexpr char kSuspended[] = "S4301000004";        // in 310
constexpr char kDeceased[] = "S4301000099";         // since 2026-03-01
constexpr char kOfZhengzhou[] = "S4101000001";      // 310 in Zhengzhou

struct Refusal {
  const char* name;
  v1::Outcome outcome;
  bool fenced = false;  // the id is closed before the message comes
  std::function<void(v1::SettleRequest*)> change;
};

void AtEndedAgreement(v1::SettleRequest* bill) {
  bill->mutable_header()->set_fixmedins_code(kEndedAgreement);
}
void ByDeceased(v1::SettleRequest* bill) { bill->mutable_claim()->set_psn_no(kDeceased); }
void WithIdentityOfAnother(v1::SettleRequest* bill) {
  bill->mutable_credential()->set_mdtrt_cert_type("02");
  bill->mutable_credential()->set_mdtrt_cert_no("11010519491231002X");
}
void InOtherScheme(v1::SettleRequest* bill) { bill->mutable_claim()->set_insutype("390"); }
void BySuspended(v1::SettleRequest* bill) { bill->mutable_claim()->set_psn_no(kSuspended); }
void OfKindWithoutPolicy(v1::SettleRequest* bill) { bill->mutable_claim()->set_med_type("99"); }
void ByThirdParty(v1::SettleRequest* bill) { bill->mutable_claim()->set_rel_ttp_flag(true); }
void WithoutRow(v1::SettleRequest* bill) {
  bill->mutable_header()->set_fixmedins_code(kHospitalWithoutRow);
  bill->mutable_claim()->set_psn_no(kOfZhengzhou);
  bill->mutable_claim()->set_med_type("21");
}

// Where the outcome stands in the list of settlement.proto.
int Precedence(v1::Outcome outcome) {
  const auto* type = v1::Outcome_descriptor();
  return type->FindValueByNumber(outcome)->index();
}

const std::vector<Refusal>& Refusals() {
  static const auto* const kRefusals = new std::vector<Refusal>{
      {"fenced", v1::REVERSED_BEFORE_ARRIVAL, true, [](v1::SettleRequest*) {}},
      {"fenced, agreement ended", v1::REVERSED_BEFORE_ARRIVAL, true, AtEndedAgreement},
      {"agreement ended", v1::INSTITUTION_NOT_IN_FORCE, false, AtEndedAgreement},
      {"agreement ended, other scheme", v1::INSTITUTION_NOT_IN_FORCE, false,
       [](v1::SettleRequest* bill) {
         AtEndedAgreement(bill);
         InOtherScheme(bill);
       }},
      {"agreement ended, deceased", v1::INSTITUTION_NOT_IN_FORCE, false,
       [](v1::SettleRequest* bill) {
         AtEndedAgreement(bill);
         ByDeceased(bill);
       }},
      {"agreement ended, credential of another", v1::INSTITUTION_NOT_IN_FORCE, false,
       [](v1::SettleRequest* bill) {
         AtEndedAgreement(bill);
         WithIdentityOfAnother(bill);
       }},
      {"deceased", v1::PERSON_DECEASED, false, ByDeceased},
      {"deceased, credential of another", v1::PERSON_DECEASED, false,
       [](v1::SettleRequest* bill) {
         ByDeceased(bill);
         WithIdentityOfAnother(bill);
       }},
      {"credential of another", v1::CREDENTIAL_REFUSED, false, WithIdentityOfAnother},
      {"credential of another, other scheme", v1::CREDENTIAL_REFUSED, false,
       [](v1::SettleRequest* bill) {
         WithIdentityOfAnother(bill);
         InOtherScheme(bill);
       }},
      {"other scheme", v1::NOT_INSURED, false, InOtherScheme},
      {"never in this scheme", v1::NOT_INSURED, false,
       [](v1::SettleRequest* bill) {
         bill->mutable_claim()->set_psn_no("S4101000003");  // in Zhengzhou since 2026-06-01
         bill->mutable_claim()->set_insutype("410");
       }},
      {"other scheme, suspended in the right one", v1::NOT_INSURED, false,
       [](v1::SettleRequest* bill) {
         BySuspended(bill);
         InOtherScheme(bill);
       }},
      {"suspended", v1::COVERAGE_NOT_NORMAL, false, BySuspended},
      {"suspended, no policy", v1::COVERAGE_NOT_NORMAL, false,
       [](v1::SettleRequest* bill) {
         BySuspended(bill);
         OfKindWithoutPolicy(bill);
       }},
      {"no policy", v1::NO_POLICY, false, OfKindWithoutPolicy},
      {"no policy, third party", v1::NO_POLICY, false,
       [](v1::SettleRequest* bill) {
         OfKindWithoutPolicy(bill);
         ByThirdParty(bill);
       }},
      {"a number nobody asks for", v1::CLAIM_INCOMPLETE, false,
       [](v1::SettleRequest* bill) {
         v1::GivenValue& given = *bill->mutable_claim()->add_given();
         given.set_name("own_wage");
         given.set_value(1);
         ByThirdParty(bill);
       }},
      {"third party", v1::EXCLUDED_BY_POLICY, false, ByThirdParty},
      {"injury without recognition", v1::EXCLUDED_BY_POLICY, false,
       [](v1::SettleRequest* bill) {
         *bill->mutable_claim() = SampleBill("06-work-injury-inpatient.json").claim();
         bill->mutable_claim()->set_injury_no("SAMPLE-GS-NONE");
       }},
      {"third party, no row", v1::EXCLUDED_BY_POLICY, false,
       [](v1::SettleRequest* bill) {
         WithoutRow(bill);
         ByThirdParty(bill);
       }},
      {"no row", v1::POLICY_INCOMPLETE, false, WithoutRow}};
  return *kRefusals;
}

class RefusalTest : public E2eTest {
 protected:
  void SetUp() override {
    MakeSampleData(data());
    const TempFolder folder;
    const std::string persons = folder.Path("persons.csv");
    WriteFile(persons, absl::StrCat("psn_no,psn_name,psn_cert_type,certno,gend,brdy,cvlserv_flag,"
                                    "insutype,psn_type,insuplc_admdvs,begndate,enddate,"
                                    "psn_insu_stas,assistance,assistance_begndate,injury_no,"
                                    "injury_date,death_date\n",
                                    kDeceased,
                                    ",样例,02,ARMY-99,1,1940-01-01,0,310,12,430199,2010-07-01,,1,,,"
                                    ",,2026-03-01\n"));
    Load(data(), "persons", persons);
    StartServer();
  }

  v1::SettleRequest BillOf(const Refusal& refusal, int number) {
    v1::SettleRequest bill = OutpatientBill("S4301000001", absl::StrCat("m", number), 50'000);
    refusal.change(&bill);
    return bill;
  }
};

// "2020-01-01" is when every sample institution begins, so the agreement decides before coverage.
TEST_F(RefusalTest, BeforeTheAgreementBegins) {
  v1::SettleRequest bill = OutpatientBill("S4301000002", "early", 50'000);
  bill.mutable_claim()->set_begndate("2018-06-30");
  const auto answer = client().Send(bill);
  ASSERT_TRUE(answer.ok()) << answer.status.error_message();
  EXPECT_EQ(answer->settlement().outcome(), v1::INSTITUTION_NOT_IN_FORCE);
}

TEST_F(RefusalTest, OutcomesInTheOrderOfPrecedence) {
  int number = 0;
  int last = 0;
  for (const Refusal& refusal : Refusals()) {
    SCOPED_TRACE(refusal.name);
    EXPECT_GE(Precedence(refusal.outcome), last) << "rows are in the order of the contract";
    last = Precedence(refusal.outcome);
    const v1::SettleRequest bill = BillOf(refusal, number++);
    const std::string& psn_no = bill.claim().psn_no();
    const v1::GetAccountResponse before = Account(psn_no);
    if (refusal.fenced) {
      const auto fence = client().Send(QueryOf(bill.header().fixmedins_code(), v1::SETTLE,
                                               bill.header().msgid(), /*fence=*/true));
      ASSERT_TRUE(fence.ok()) << fence.status.error_message();
    }
    const auto first = client().Send(bill);
    ASSERT_TRUE(first.ok()) << first.status.error_message();
    EXPECT_EQ(first->settlement().outcome(), refusal.outcome)
        << v1::Outcome_Name(first->settlement().outcome()) << first->settlement().reason();
    ExpectNone(SettlementProblems(first->settlement(), bill.claim()));
    // A query shows no credential.
    if (!refusal.fenced && refusal.outcome != v1::CREDENTIAL_REFUSED) {
      const auto pre = client().Send(PreSettleOf(bill));
      ASSERT_TRUE(pre.ok()) << pre.status.error_message();
      EXPECT_EQ(pre->settlement().outcome(), refusal.outcome);
      EXPECT_EQ(pre->settlement().reason(), first->settlement().reason());
    }
    EXPECT_EQ(client().Send(bill).bytes, first.bytes);
    EXPECT_EQ(Account(psn_no).SerializeAsString(), before.SerializeAsString());
    const auto undo = client().Send(UndoOf(bill, absl::StrCat("u", number)));
    ASSERT_TRUE(undo.ok()) << undo.status.error_message();
    EXPECT_EQ(undo->reversal().outcome(), v1::NOTHING_TO_REVERSE);
    EXPECT_EQ(client().Send(bill).bytes, first.bytes) << "an undo changed a refusal";
  }
  EXPECT_EQ(EndAndAudit().settled, 0);
}

// Outcomes that rest on facts no file carries, on a stay or on a claim filed with the agency;
// tests/engine, tests/stay and tests/payout have them.
bool IsOfAgencyOrStay(int outcome) {
  return outcome == v1::NETWORK_SUSPENDED || outcome == v1::OTHER_ROUTE ||
         outcome == v1::IN_HOSPITAL || outcome == v1::REIMBURSED_BEFORE;
}

// Every other value of Outcome has its row.
TEST_F(RefusalTest, TheTableIsComplete) {
  for (int value = 0; value <= v1::Outcome_MAX; ++value) {
    if (!v1::Outcome_IsValid(value) || value == v1::OUTCOME_UNSPECIFIED || value == v1::SETTLED ||
        IsOfAgencyOrStay(value)) {
      continue;
    }
    bool found = false;
    for (const Refusal& refusal : Refusals()) found = found || refusal.outcome == value;
    EXPECT_TRUE(found) << v1::Outcome_Name(static_cast<v1::Outcome>(value));
  }
}

}  // namespace
}  // namespace yijie::e2e
