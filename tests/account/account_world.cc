#include "tests/account/account_world.h"

#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/account/account_history.h"
#include "engine/policy_archive.h"
#include "rules/loader.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr int64_t kNoonMillis = 12 * 3'600'000;
constexpr char kFirstKnown[] = "2025-01-10";

std::unique_ptr<const rules::Program> Compiled(const std::string& med_type,
                                               const std::string& body) {
  const std::string text =
      absl::StrCat("id: \"test-", absl::AsciiStrToLower(med_type), "\" title: \"试\" admdvs: \"",
                   kArea, "\" insutype: \"310\" med_type: \"", med_type,
                   "\" valid_from: \"2020-01-01\" version_by: BY_ENDDATE rounding: FEN_HALF_UP "
                   "sample_data: true "
                   "source { id: \"s1\" title: \"made up\" grade: \"SAMPLE\" } ",
                   body);
  auto program = rules::CompilePackage(absl::StrCat(med_type, ".policy"), text);
  YIJIE_CHECK(program.ok(), std::string(program.status().message()).c_str());
  return *std::move(program);
}

std::unique_ptr<const rules::Program> HalfPolicy() {
  return Compiled("11", R"policy(
step { id: "classify" label: "c" cite: "s1 1" classify {} }
step {
  id: "hifp_pay" label: "p" cite: "s1 1"
  pay {
    fund: HIFP fund_pay_type: "310100" base: "inscp_scp_amt"
    row { when { psn_type: "not(RETIRED)" } band { ratio: "50%" } }
    row { when { psn_type: "RETIRED" } band { ratio: "70%" } }
  }
}
step {
  id: "acct_pay" label: "a" cite: "s1 1"
  account { of: "psn_part_amt" order: "CURRENT_YEAR" order: "PAST_YEARS" }
}
)policy");
}

std::unique_ptr<const rules::Program> CreditPolicy() {
  return Compiled("ACCOUNT_CREDIT", R"policy(
given { name: "contribution_base" label: "缴费基数" holds: MONEY }
step {
  id: "scope" label: "s" cite: "s1 1"
  gate { row { when { psn_type: "not(IN_SERVICE, RETIRED)" } reason: "不在范围" } }
}
step {
  id: "credit" label: "划入" cite: "s1 1"
  benefit {
    fund: HIFP fund_pay_type: "310200"
    row { when { psn_type: "IN_SERVICE" } of: "contribution_base" ratio: "2%" }
    row { when { psn_type: "RETIRED" } amount: "900" }
  }
}
)policy");
}

Person FirstVersionOf(const char* psn_no) {
  Person person = TestPerson(psn_no, 0, 0);
  person.facts = std::make_shared<v1::PersonFacts>(AccountWorld::SoundFacts(psn_no));
  return person;
}

std::shared_ptr<const Reference> AccountReference(absl::string_view account_rules) {
  auto reference = std::make_shared<Reference>(*TestReference());
  std::vector<std::unique_ptr<const rules::Program>> programs;
  programs.push_back(TestProgram("310"));
  programs.push_back(HalfPolicy());
  programs.push_back(CreditPolicy());
  reference->policies = *rules::RuleBook::Build(std::move(programs));
  const std::string area = absl::StrCat(
      "id: \"test\" title: \"试\" admdvs: \"", kArea,
      "\" begndate: \"2020-01-01\" year_start: \"07-01\" sample_data: true source { id: \"s1\" "
      "title: \"made up\" grade: \"SAMPLE\" } clearing { cite: \"s1 1\" "
      "reversal_by_institution: SAME_PERIOD } account { cite: \"s1 1\" ",
      account_rules, " }");
  auto book = AreaBook::Build({{"test.area", area}});
  YIJIE_CHECK(book.ok(), std::string(book.status().message()).c_str());
  reference->areas = std::make_shared<const AreaBook>(*std::move(book));
  return reference;
}

}  // namespace

AccountWorld::AccountWorld(absl::string_view account_rules)
    : reference_(AccountReference(account_rules)) {
  YIJIE_CHECK(ArchivePolicies(store_, *reference_->policies, absl::UnixEpoch()).ok(), "archive");
  GoTo(kFirstKnown);
  for (const char* psn_no : {kOwner, kHeir}) {
    store::v1::PersonEvent event;
    event.set_time_unix_ms(now_ms_);
    event.set_clr_date(kFirstKnown);
    event.mutable_facts_loaded();
    store_.PlantVersion(psn_no,
                        {1, SerializeState(FirstVersionOf(psn_no)), event.SerializeAsString()});
  }
  Restart();
}

void AccountWorld::Restart() {
  engine_.reset();
  engine_ = std::make_unique<Engine>(EngineOptions(), store_, metrics_, reference_);
}

void AccountWorld::GoTo(const std::string& day) { GoTo(*ParseDate(day)); }

void AccountWorld::GoTo(Date day) {
  if (day == day_) return;
  day_ = day;
  now_ms_ = StartOfDay(day) + kNoonMillis;
}

v1::PersonFacts AccountWorld::SoundFacts(const std::string& psn_no) {
  v1::PersonFacts facts = TestFacts(psn_no);
  facts.set_psn_cert_type("99");
  facts.set_certno(psn_no);
  facts.set_gend("1");
  while (facts.coverage_size() > 1) facts.mutable_coverage()->RemoveLast();  // 310 stays
  return facts;
}

v1::MessageHeader AccountWorld::AgencyHeader() {
  v1::MessageHeader header = Header(absl::StrCat("a", ++messages_));
  header.set_fixmedins_code(kAgency);
  return header;
}

v1::CreditByPolicyRequest AccountWorld::CreditFor(const std::string& period, int64_t base_fen) {
  v1::CreditByPolicyRequest request;
  request.set_psn_no(kOwner);
  request.set_period(period);
  v1::GivenValue* const given = request.add_given();
  given->set_name("contribution_base");
  given->set_value(base_fen);
  return request;
}

v1::CloseAccountYearRequest AccountWorld::CloseYear(int year) {
  v1::CloseAccountYearRequest request;
  request.set_psn_no(kOwner);
  request.set_year(year);
  return request;
}

v1::PayFromAccountRequest AccountWorld::Pay(v1::AccountRules::Purpose purpose, int64_t fen) {
  v1::PayFromAccountRequest request;
  request.set_psn_no(kOwner);
  request.set_purpose(purpose);
  request.set_payee("INSURER1");
  request.set_amount_fen(fen);
  request.set_document_no("D1");
  return request;
}

v1::FreezeAccountRequest AccountWorld::Freeze(bool frozen, const std::string& begndate) {
  v1::FreezeAccountRequest request;
  request.set_psn_no(kOwner);
  request.set_frozen(frozen);
  request.set_begndate(begndate);
  request.set_reason("核查");
  return request;
}

v1::EndAccountRequest AccountWorld::End(v1::AccountAct act, const std::string& document) {
  v1::EndAccountRequest request;
  request.set_psn_no(kOwner);
  request.set_act(act);
  request.set_document_no(document);
  if (act == v1::ACT_INHERITED) request.set_heir_psn_no(kHeir);
  if (act == v1::ACT_TRANSFERRED_OUT) request.set_admdvs("430199");
  return request;
}

v1::ReceiveIntoAccountRequest AccountWorld::TransferIn(const std::string& document,
                                                       int64_t current_fen, int64_t past_fen) {
  v1::ReceiveIntoAccountRequest request;
  request.set_psn_no(kOwner);
  request.set_act(v1::ACT_TRANSFERRED_IN);
  request.set_document_no(document);
  request.set_admdvs("430199");
  request.set_current_year_fen(current_fen);
  request.set_past_years_fen(past_fen);
  return request;
}

v1::UndoAccountPostingRequest AccountWorld::Undo(int64_t version) {
  v1::UndoAccountPostingRequest request;
  request.set_psn_no(kOwner);
  request.set_version(version);
  request.set_reason("录入错误");
  return request;
}

int64_t AccountWorld::Put(int64_t fen, v1::SubAccount sub_account) {
  v1::CreditAccountRequest request = CreditOf("", kOwner, fen);
  *request.mutable_header() = AgencyHeader();
  request.set_sub_account(sub_account);
  return Parsed<v1::CreditAccountResponse>(Send(Call::kCreditAccount, request)).version();
}

v1::Settlement AccountWorld::Settle(int64_t fen) {
  v1::SettleRequest request = SettleOf(absl::StrCat("s", ++messages_), kOwner, fen);
  request.mutable_claim()->set_med_type("11");
  request.mutable_claim()->set_begndate(FormatDate(day_));
  request.mutable_claim()->set_enddate(FormatDate(day_));
  for (auto& line : *request.mutable_claim()->mutable_fee_line()) line.clear_fee_ocur_date();
  return Parsed<v1::SettleResponse>(Send(Call::kSettle, request)).settlement();
}

v1::Reversal AccountWorld::Reverse(const std::string& setl_id) {
  return Parsed<v1::ReverseResponse>(
             Send(Call::kReverse, ReverseOf(absl::StrCat("r", ++messages_), kOwner, setl_id)))
      .reversal();
}

v1::AmendPersonResponse AccountWorld::Amend(const v1::PersonFacts& facts) {
  v1::AmendPersonRequest request;
  *request.mutable_header() = AgencyHeader();
  *request.mutable_facts() = facts;
  return Parsed<v1::AmendPersonResponse>(Send(Call::kAmendPerson, request));
}

v1::PersonFacts AccountWorld::FactsOf(const std::string& psn_no) {
  return *ParsePerson(**store_.LoadLatest(psn_no))->facts;
}

void AccountWorld::PlantDebt(const std::string& debt_id, const std::string& since, int64_t fen) {
  storage::PersonVersion version = **store_.LoadLatest(kOwner);
  store::v1::PersonState state;
  YIJIE_CHECK(state.ParseFromString(version.state), "state");
  v1::BenefitDebt* const debt = state.mutable_payouts()->add_debt();
  debt->set_debt_id(debt_id);
  debt->set_since(since);
  debt->set_amount_fen(fen);
  // As the undo of a claim that was paid leaves it.
  store::v1::PersonEvent event;
  YIJIE_CHECK(event.ParseFromString(version.event), "event");
  store::v1::PersonEvent owed;
  owed.set_time_unix_ms(event.time_unix_ms());
  owed.set_clr_date(event.clr_date());
  owed.set_setlym(event.setlym());
  owed.mutable_payout()->set_kind(store::v1::PayoutEvent::WITHDRAWN);
  const auto post = [&owed](store::v1::LedgerAccount account, const std::string& subject,
                            int64_t amount) {
    store::v1::JournalLine* const line = owed.add_journal();
    line->set_account(account);
    line->set_subject(subject);
    line->set_amount_fen(amount);
  };
  post(store::v1::PERSON_CLEARING, kOwner, fen);
  post(store::v1::FUND_EXPENSE, "310100", -fen);
  version.version += 1;
  version.state = state.SerializeAsString();
  version.event = owed.SerializeAsString();
  store_.PlantVersion(kOwner, version);
  Restart();
}

AccountWorld::Balances AccountWorld::Of(
    const google::protobuf::RepeatedPtrField<v1::SubBalance>& sub_balances) {
  Balances balances;
  for (const v1::SubBalance& sub : sub_balances)
    (sub.sub_account() == v1::CURRENT_YEAR ? balances.current : balances.past) += sub.balc_fen();
  return balances;
}

AccountWorld::Balances AccountWorld::Now(const std::string& psn_no) {
  return Of(
      Parsed<v1::GetAccountResponse>(Send(Call::kGetAccount, AccountOf(psn_no))).sub_balance());
}

v1::GetAccountAsOfResponse AccountWorld::AsOf(int64_t unix_ms) {
  v1::GetAccountAsOfRequest request;
  request.set_psn_no(kOwner);
  request.set_instant(
      absl::FormatTime(absl::RFC3339_full, absl::FromUnixMillis(unix_ms), absl::UTCTimeZone()));
  return Parsed<v1::GetAccountAsOfResponse>(Send(Call::kGetAccountAsOf, request));
}

int64_t AccountWorld::Version(const std::string& psn_no) {
  return (*store_.LoadLatest(psn_no))->version;
}

store::v1::PersonEvent AccountWorld::Event(int64_t version, const std::string& psn_no) {
  return *ParseEvent(**store_.LoadVersion(psn_no, version));
}

bool AccountWorld::LedgerIsClean() {
  const auto report = AuditLedger(store_);
  if (!report.ok()) return false;
  for (const AuditFinding& finding : report->findings)
    ADD_FAILURE() << finding.psn_no << " " << finding.version << ": " << finding.what;
  return report->clean();
}

}  // namespace yijie::engine
