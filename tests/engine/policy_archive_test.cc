// The archive of policy packages, and what a reload does to an engine.

#include "engine/policy_archive.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/policy_reload.h"
#include "tests/engine/engine_fixture.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

std::shared_ptr<const rules::RuleBook> BookOf(const std::vector<std::string>& schemes) {
  std::vector<std::unique_ptr<const rules::Program>> programs;
  for (const std::string& scheme : schemes) programs.push_back(TestProgram(scheme));
  return *rules::RuleBook::Build(std::move(programs));
}

// Ids in the order of the archive.
std::string Listed(storage::Store& store) {
  const auto archive = ListArchivedPolicies(store);
  EXPECT_TRUE(archive.ok()) << archive.status();
  std::string ids;
  for (const auto& policy : archive->policy()) absl::StrAppend(&ids, policy.id(), " ");
  return ids;
}

std::string TableOf(const Digest& hash) { return absl::StrCat("policy/", HexPrefix(hash, 32)); }

TEST(PolicyArchive, WhatWasPutThereCompilesToTheSameProgram) {
  storage::MemoryStore store;
  ASSERT_TRUE(ArchivePolicies(store, *BookOf({"310", "390"}), absl::UnixEpoch()).ok());
  const std::unique_ptr<const rules::Program> original = TestProgram("310");
  const auto text = ArchivedPolicyText(store, original->hash);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, original->text);
  const auto program = ArchivedPolicy(store, original->hash);
  ASSERT_TRUE(program.ok()) << program.status();
  EXPECT_EQ((*program)->id, original->id);
  EXPECT_EQ((*program)->hash, original->hash);
  EXPECT_EQ((*program)->steps.size(), original->steps.size());
}

TEST(PolicyArchive, KeepsEverythingAndListsItOnceInTheOrderInWhichItCame) {
  storage::MemoryStore store;
  EXPECT_EQ(Listed(store), "");
  ASSERT_TRUE(ArchivePolicies(store, *BookOf({"390"}), absl::UnixEpoch()).ok());
  ASSERT_TRUE(ArchivePolicies(store, *BookOf({"310", "390"}), absl::FromUnixSeconds(5)).ok());
  ASSERT_TRUE(ArchivePolicies(store, *BookOf({"310"}), absl::FromUnixSeconds(9)).ok());
  EXPECT_EQ(Listed(store), "test-390 test-310 ");
  EXPECT_EQ(ListArchivedPolicies(store)->policy(1).time_unix_ms(), 5'000);
  EXPECT_TRUE(ArchivedPolicyText(store, TestProgram("390")->hash).ok());
}

TEST(PolicyArchive, UnknownHashesAndOtherTextsAreErrors) {
  storage::MemoryStore store;
  ASSERT_TRUE(ArchivePolicies(store, *BookOf({"310"}), absl::UnixEpoch()).ok());
  EXPECT_EQ(ArchivedPolicy(store, Digest{}).status().code(), absl::StatusCode::kNotFound);
  const Digest hash = TestProgram("310")->hash;
  ASSERT_TRUE(store.PutTable(TableOf(hash), "id: \"other\"").ok());
  EXPECT_EQ(ArchivedPolicy(store, hash).status().code(), absl::StatusCode::kDataLoss);
  // The text is known, so it is put right.
  ASSERT_TRUE(ArchivePolicies(store, *BookOf({"310"}), absl::UnixEpoch()).ok());
  EXPECT_TRUE(ArchivedPolicy(store, hash).ok());
  EXPECT_EQ(Listed(store), "test-310 ");
}

TEST(PolicyArchive, AListThatCannotBeReadIsAnError) {
  storage::MemoryStore store;
  ASSERT_TRUE(store.PutTable("policies", "\xFF").ok());
  EXPECT_EQ(ListArchivedPolicies(store).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ArchivePolicies(store, *BookOf({"310"}), absl::UnixEpoch()).code(),
            absl::StatusCode::kDataLoss);
}

// A memory store whose tables can stop taking writes.
class FullStore : public storage::MemoryStore {
 public:
  absl::Status PutTable(absl::string_view name, absl::string_view bytes) override {
    if (full) return absl::ResourceExhaustedError("the disk is full");
    return MemoryStore::PutTable(name, bytes);
  }
  bool full = false;
};

std::string NewFolder() {
  std::string path = (std::filesystem::temp_directory_path() / "yijie-reload-XXXXXX").string();
  YIJIE_CHECK(mkdtemp(path.data()) != nullptr, "a temporary folder");
  return path;
}

class PolicyReloadTest : public testing::Test {
 protected:
  PolicyReloadTest() { PlantPerson("P1", 0, 0, &store_); }
  ~PolicyReloadTest() override { std::filesystem::remove_all(directory_); }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(absl::StrCat(directory_, "/", name, ".policy"), std::ios::binary) << text;
  }
  v1::Settlement Ask310() {
    v1::PreSettleRequest request;
    request.set_fixmedins_code(kHospital);
    *request.mutable_claim() = SettleOf("m", "P1", 100'000).claim();
    return Parsed<v1::PreSettleResponse>(Ask(engine_, Call::kPreSettle, request)).settlement();
  }

  const QuietLog quiet_;
  const std::string directory_ = NewFolder();
  FullStore store_;
  Metrics metrics_;
  Engine engine_{EngineOptions(), store_, metrics_, TestReference()};
  PolicyReload reload_{directory_, store_, metrics_, engine_};
};

TEST_F(PolicyReloadTest, SaysWhatIsNewChangedGoneAndUnchanged) {
  const std::string text310 = TestProgram("310")->text;
  Write("a", text310 + "# a remark\n");
  Write("b", TestProgram("390")->text);
  Write("c", absl::StrReplaceAll(text310, {{"test-310", "test-320"}, {"\"310\"", "\"320\""}}));
  const v1::ReloadPoliciesResponse response = reload_.Run();
  ASSERT_TRUE(response.reloaded()) << response.error();
  std::string told;
  for (const v1::ReloadedPolicy& policy : response.policy()) {
    absl::StrAppend(&told, policy.id(), " ", v1::PolicyChange_Name(policy.change()), " ",
                    policy.hash_before().empty() ? "" : "before ",
                    policy.policy_hash().empty() ? "" : "now ", "\n");
  }
  EXPECT_EQ(told,
            "test-310 POLICY_CHANGED before now \n"
            "test-320 POLICY_NEW now \n"
            "test-390 POLICY_UNCHANGED before now \n"
            "test-510 POLICY_GONE before \n");
  EXPECT_EQ(response.policy(0).policy_hash(), HexPrefix(Sha256(text310 + "# a remark\n"), 32));
  EXPECT_EQ(Listed(store_), "test-310 test-390 test-320 ");
}

TEST_F(PolicyReloadTest, ClaimsSentAfterwardsAreJudgedByTheNewTables) {
  const v1::Settlement before = Ask310();
  EXPECT_EQ(before.amounts().hifp_pay_fen(), 40'000);  // 80 % of 500 yuan
  Write("a", absl::StrReplaceAll(TestProgram("310")->text, {{"80%", "60%"}}));
  ASSERT_TRUE(reload_.Run().reloaded());
  const v1::Settlement after = Ask310();
  EXPECT_EQ(after.amounts().hifp_pay_fen(), 30'000);
  EXPECT_NE(after.explanation().policy_hash(), before.explanation().policy_hash());
}

TEST_F(PolicyReloadTest, ABadFileChangesNothing) {
  const std::string before = Ask310().SerializeAsString();
  const auto reference = engine_.reference();
  struct Bad {
    const char* name;
    std::string text;
    const char* error;
  };
  const std::string good = TestProgram("310")->text;
  for (const Bad& bad : {
           Bad{"syntax", good + "\nstep {", "/z.policy:"},
           Bad{"not UTF-8", good + "\n\xFF\xFE", "/z.policy:"},
           Bad{"no text", "", "/z.policy:1:1: "},
           Bad{"same id twice", good, "is also in"},
           Bad{"overflow", absl::StrReplaceAll(good, {{"\"500\"", "\"99999999999999999999\""}}),
               "too large"},
           Bad{"overlap", absl::StrReplaceAll(good, {{"test-310", "other"}}), "both in force"},
       }) {
    SCOPED_TRACE(bad.name);
    Write("a", absl::StrReplaceAll(good, {{"80%", "60%"}}));
    Write("z", bad.text);
    const v1::ReloadPoliciesResponse response = reload_.Run();
    EXPECT_FALSE(response.reloaded());
    EXPECT_TRUE(absl::StrContains(response.error(), bad.error)) << response.error();
    EXPECT_EQ(response.policy_size(), 0);
    EXPECT_EQ(engine_.reference(), reference);
    EXPECT_EQ(Ask310().SerializeAsString(), before);
    EXPECT_EQ(Listed(store_), "");
  }
}

TEST_F(PolicyReloadTest, AnEmptyDirectoryChangesNothing) {
  const auto reference = engine_.reference();
  const v1::ReloadPoliciesResponse response = reload_.Run();
  EXPECT_FALSE(response.reloaded());
  EXPECT_TRUE(absl::StrContains(response.error(), "no *.policy file")) << response.error();
  EXPECT_EQ(engine_.reference(), reference);
}

TEST_F(PolicyReloadTest, WhatCannotBeArchivedDoesNotComeIntoForce) {
  const auto reference = engine_.reference();
  Write("a", TestProgram("310")->text);
  store_.full = true;
  const v1::ReloadPoliciesResponse response = reload_.Run();
  EXPECT_FALSE(response.reloaded());
  EXPECT_EQ(response.error(), "the disk is full");
  EXPECT_EQ(engine_.reference(), reference);
  store_.full = false;
  EXPECT_TRUE(reload_.Run().reloaded());
}

TEST_F(PolicyReloadTest, CatalogueAndInstitutionsStay) {
  Write("a", TestProgram("310")->text);
  const auto before = engine_.reference();
  ASSERT_TRUE(reload_.Run().reloaded());
  EXPECT_NE(engine_.reference(), before);
  EXPECT_EQ(engine_.reference()->catalogue.size(), before->catalogue.size());
  EXPECT_EQ(engine_.reference()->institutions.size(), before->institutions.size());
}

}  // namespace
}  // namespace yijie::engine
