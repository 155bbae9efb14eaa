// The audit against settlements and reversals as the engine makes them: it must find nothing.

#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/audit/audit.h"
#include "engine/deterministic_bytes.h"
#include "engine/load/load.h"
#include "engine/person.h"
#include "engine/policy_archive.h"
#include "engine/reference.h"
#include "engine/reference_tables.h"
#include "engine/sample/generate.h"
#include "engine/transactions.h"
#include "gtest/gtest.h"
#include "rules/loader.h"
#include "tests/load/files.h"
#include "tests/memory_store.h"

namespace yijie::engine {
namespace {

constexpr int kPersons = 200;
constexpr int kItems = 500;
constexpr uint64_t kSeed = 7;

class SettledHistory : public testing::Test {
 protected:
  void SetUp() override {
    LoadSample(LoadKind::kInstitutions, WriteInstitutions, 20);
    LoadSample(LoadKind::kCatalogue, WriteCatalogue, kItems);
    LoadSample(LoadKind::kPersons, WritePersons, kPersons);
    LoadSample(LoadKind::kAccounts, WriteAccounts, kPersons);
    auto policies = rules::LoadRuleBook(YIJIE_SOURCE_ROOT "/rules/tables");
    ASSERT_TRUE(policies.ok()) << policies.status();
    reference_.policies = *policies;
    ASSERT_TRUE(ArchivePolicies(store_, **policies, absl::UnixEpoch()).ok());
    reference_.catalogue = *ParseCatalogue(**store_.GetTable(kCatalogueTable));
    reference_.institutions = *ParseInstitutions(**store_.GetTable(kInstitutionsTable));
  }

  void LoadSample(LoadKind kind, void (*write)(int64_t, uint64_t, std::ostream&), int64_t count) {
    std::ostringstream text;
    write(count, kSeed, text);
    const auto result = Load(kind, text.str(), store_);
    ASSERT_TRUE(result.ok()) << result.status();
  }

  // The commit of an effect. False if it moved nothing.
  bool Apply(const std::string& psn_no, const storage::MessageKey& key, const std::string& request,
             const absl::StatusOr<Effect>& effect) {
    EXPECT_TRUE(effect.ok()) << effect.status();
    if (!effect.ok() || !effect->moves) return false;
    storage::Commit commit;
    commit.psn_no = psn_no;
    commit.expected_version = effect->next.version - 1;
    commit.state = SerializeState(effect->next);
    commit.event = effect->event;
    commit.messages.push_back({key, {Sha256(request), psn_no, effect->next.version, ""}});
    store_.CommitGroup({std::move(commit)}, [](const std::vector<storage::CommitOutcome>& result) {
      EXPECT_EQ(result[0], storage::CommitOutcome::kDone);
    });
    return true;
  }

  // An out-patient bill of three items.
  bool SettleBill(const std::string& psn_no, int number) {
    v1::SettleRequest request;
    request.mutable_header()->set_fixmedins_code(SampleInstitutionCode(0));
    request.mutable_header()->set_msgid(absl::StrCat("S", psn_no, number));
    v1::Claim& claim = *request.mutable_claim();
    claim.set_psn_no(psn_no);
    claim.set_insutype("310");
    claim.set_med_type("11");
    claim.set_begndate("2026-11-20");
    claim.set_acct_used_flag(v1::ACCT_OWN);
    int64_t total = 0;
    for (int i = 0; i < 3; ++i) {
      const int64_t amount_fen = 4321 + 777 * number + 50'000 * i;
      v1::FeeLine& line = *claim.add_fee_line();
      line.set_feedetl_sn(absl::StrCat(i + 1));
      line.set_med_list_codg(SampleItemCode((number * 31 + i) % kItems));
      line.set_cnt_1e4(10'000);
      line.set_pric_fen_1e4(amount_fen * 10'000);
      line.set_det_item_fee_sumamt_fen(amount_fen);
      total += amount_fen;
    }
    claim.set_medfee_sumamt_fen(total);
    const std::string bytes = DeterministicBytes(request);
    const Person person = *ParsePerson(**store_.LoadLatest(psn_no));
    return Apply(psn_no, {request.header().fixmedins_code(), v1::SETTLE, request.header().msgid()},
                 bytes, Settle(reference_, request, bytes, person, MomentOf(kNow)));
  }

  // Undoes the newest version, which is a settlement.
  bool ReverseNewest(const std::string& psn_no) {
    const storage::PersonVersion newest = **store_.LoadLatest(psn_no);
    SettledRecord original{newest.version, {}};
    EXPECT_TRUE(original.event.ParseFromString(newest.event));
    v1::ReverseRequest request;
    request.mutable_header()->set_fixmedins_code(original.event.fixmedins_code());
    request.mutable_header()->set_msgid(absl::StrCat("R", psn_no));
    request.set_psn_no(psn_no);
    request.set_setl_id(original.event.settled().setl_id());
    const std::string bytes = DeterministicBytes(request);
    return Apply(
        psn_no, {request.header().fixmedins_code(), v1::REVERSE, request.header().msgid()}, bytes,
        Reverse(request.header(), bytes, original, {}, *ParsePerson(newest), MomentOf(kNow)));
  }

  storage::MemoryStore store_;
  Reference reference_;
};

TEST_F(SettledHistory, IsClean) {
  int settled = 0;
  int reversed = 0;
  for (int i = 0; i < kPersons; ++i) {
    if (!IsSampleEmployee(i, kSeed)) continue;
    const std::string psn_no = SamplePersonNumber(i);
    bool last_settled = false;
    for (int number = 0; number < 6; ++number) {
      last_settled = SettleBill(psn_no, number);
      settled += last_settled ? 1 : 0;
    }
    if (last_settled && ReverseNewest(psn_no)) ++reversed;
  }
  EXPECT_GT(settled, 100);
  EXPECT_GT(reversed, 20);

  const auto report = AuditLedger(store_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->settled, settled);
  EXPECT_EQ(report->reversed, reversed);
  for (const AuditFinding& finding : report->findings) {
    ADD_FAILURE() << finding.psn_no << " version " << finding.version << ": " << finding.what;
  }
}

}  // namespace
}  // namespace yijie::engine
