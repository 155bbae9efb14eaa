#include "tests/campaign/engine_under_test.h"

#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/check.h"
#include "engine/call.h"
#include "engine/edge.h"
#include "engine/family/family_state.h"
#include "engine/policy_archive.h"
#include "rules/loader.h"
#include "storage/rocks_store.h"
#include "tests/campaign/made_world.h"

namespace yijie::campaign {
namespace {

using google::protobuf::Message;

template <typename T>
T Checked(absl::StatusOr<T> result) {
  YIJIE_CHECK(result.ok(), std::string(result.status().message()).c_str());
  return *std::move(result);
}

std::string WithDefect(const Defect& defect, const std::string& text) {
  return defect.from.empty() ? text : absl::StrReplaceAll(text, {{defect.from, defect.to}});
}

rules::CatalogueItem ItemOf(const yijie::v1::CatalogueItem& made) {
  rules::CatalogueItem item;
  item.code = rules::Intern(made.med_list_codg());
  item.kind = rules::ItemKind::kDrug;
  item.item_class = made.chrgitm_lv() == yijie::v1::CLASS_A   ? rules::ItemClass::kA
                    : made.chrgitm_lv() == yijie::v1::CLASS_B ? rules::ItemClass::kB
                                                              : rules::ItemClass::kC;
  item.selfpay_prop = Ratio(made.selfpay_prop_1e6());
  item.price_limit = Fen(made.pric_uplmt_fen());
  return item;
}

std::shared_ptr<const engine::Reference> MakeReference(const Defect& defect) {
  auto reference = std::make_shared<engine::Reference>();
  std::vector<std::unique_ptr<const rules::Program>> programs;
  bool changed = defect.from.empty();
  for (const auto& [name, text] : PolicyTexts()) {
    const std::string judged_by = WithDefect(defect, text);
    changed = changed || judged_by != text;
    programs.push_back(Checked(rules::CompilePackage(absl::StrCat(name, ".policy"), judged_by)));
  }
  std::vector<engine::AreaBook::File> areas;
  for (const auto& [name, text] : AreaTexts()) {
    const std::string ruled_by = WithDefect(defect, text);
    changed = changed || ruled_by != text;
    areas.push_back({absl::StrCat(name, ".area"), ruled_by});
  }
  YIJIE_CHECK(changed, "a planted defect changes no text");
  reference->policies = Checked(rules::RuleBook::Build(std::move(programs)));
  reference->areas =
      std::make_shared<const engine::AreaBook>(Checked(engine::AreaBook::Build(areas)));
  std::vector<rules::CatalogueItem> items;
  for (const auto& item : Catalogue()) items.push_back(ItemOf(item));
  reference->catalogue = Checked(rules::Catalogue::Build(std::move(items)));
  for (const auto& institution : Institutions())
    reference->institutions.emplace(institution.fixmedins_code(), institution);
  auto payers = std::make_shared<yijie::v1::PayerAccounts>();
  payers->set_name("test");
  yijie::v1::FundBankAccount* account = payers->add_account();
  account->set_id(kPayer);
  account->set_acct_no("1");
  account->set_acct_name("test");
  account->set_bank_code("999100000014");
  for (const char* fund : kPaidByTheAgency) account->add_fund_pay_type(fund);
  reference->payers = std::move(payers);
  return reference;
}

// A store that writes something else than it is given.
class ChangedStore final : public storage::Store {
 public:
  ChangedStore(storage::Store& store, const std::function<void(storage::Commit&)>& change)
      : store_(store), change_(change) {}

  uint64_t Position() const override { return store_.Position(); }
  void CommitGroup(std::vector<storage::Commit> group, storage::CommitDone done) override {
    for (storage::Commit& commit : group) change_(commit);
    store_.CommitGroup(std::move(group), std::move(done));
  }
  absl::StatusOr<std::optional<storage::PersonVersion>> LoadLatest(
      absl::string_view psn_no) override {
    return store_.LoadLatest(psn_no);
  }
  absl::StatusOr<std::optional<storage::PersonVersion>> LoadVersion(absl::string_view psn_no,
                                                                    int64_t version) override {
    return store_.LoadVersion(psn_no, version);
  }
  absl::StatusOr<std::vector<storage::PersonVersion>> LoadHistory(absl::string_view psn_no,
                                                                  int64_t after_version,
                                                                  int limit) override {
    return store_.LoadHistory(psn_no, after_version, limit);
  }
  absl::StatusOr<std::optional<storage::MessageEntry>> FindMessage(
      const storage::MessageKey& key) override {
    return store_.FindMessage(key);
  }
  absl::StatusOr<std::optional<std::string>> GetTable(absl::string_view name) override {
    return store_.GetTable(name);
  }
  absl::StatusOr<std::vector<storage::Row>> ScanRows(absl::string_view table,
                                                     absl::string_view first, absl::string_view end,
                                                     int limit) override {
    return store_.ScanRows(table, first, end, limit);
  }
  absl::StatusOr<std::optional<std::string>> GetRow(absl::string_view table,
                                                    absl::string_view key) override {
    return store_.GetRow(table, key);
  }
  absl::StatusOr<std::vector<storage::CommittedGroup>> ScanGroups(uint64_t after_sequence,
                                                                  int limit) override {
    return store_.ScanGroups(after_sequence, limit);
  }
  absl::Status ForEachVersion(
      const std::function<absl::Status(absl::string_view, const storage::PersonVersion&)>& visit)
      override {
    return store_.ForEachVersion(visit);
  }
  absl::Status ForEachMessage(
      const std::function<absl::Status(const storage::MessageKey&, const storage::MessageEntry&)>&
          visit) override {
    return store_.ForEachMessage(visit);
  }
  absl::Status PutTable(absl::string_view name, absl::string_view bytes) override {
    return store_.PutTable(name, bytes);
  }

 private:
  storage::Store& store_;
  const std::function<void(storage::Commit&)>& change_;
};

engine::Call CallOf(const std::string& method) {
  static const auto* const kCalls = [] {
    auto* const calls = new std::map<std::string, engine::Call>();
    for (const engine::CallSpec* spec : engine::AllCalls()) (*calls)[spec->method] = spec->call;
    return calls;
  }();
  return kCalls->at(method);
}

}  // namespace

EngineUnderTest::EngineUnderTest(const Defect& defect, size_t cached_persons)
    : defect_(defect), cached_persons_(cached_persons), reference_(MakeReference(defect)) {
  Start();
}

EngineUnderTest::~EngineUnderTest() { engine_.reset(); }

void EngineUnderTest::Start() {
  store_ = Checked(storage::OpenRocksStore(storage::TestOptions(directory_.path())));
  if (defect_.commit) written_through_ = std::make_unique<ChangedStore>(*store_, defect_.commit);
  storage::Store& store = defect_.commit ? *written_through_ : *store_;
  YIJIE_CHECK(engine::ArchivePolicies(*store_, *reference_->policies, absl::UnixEpoch()).ok(),
              "archive");
  engine::EngineOptions options;
  options.lanes = 2;
  options.cached_persons = cached_persons_;
  engine_ = std::make_unique<engine::Engine>(options, store, metrics_, reference_);
  projection_ = std::make_unique<engine::BookProjection>(store);
  books_ = std::make_unique<engine::BookQueries>(store, *projection_);
  payment_files_ = std::make_unique<engine::PaymentFiles>(store, [this] { return reference_; });
}

absl::StatusOr<v1::GetClearingStatementResponse> EngineUnderTest::GetStatement(
    const std::string& institution, const std::string& setlym) {
  v1::GetClearingStatementRequest request;
  request.set_fixmedins_code(institution);
  request.set_setlym(setlym);
  return books_->GetStatement(request);
}

absl::StatusOr<v1::ClosePeriodResponse> EngineUnderTest::ClosePeriod(
    const v1::ClosePeriodRequest& request, const Now& now) {
  return books_->Close(request, engine::MomentOf(now.unix_ms));
}

bool EngineUnderTest::AwaitFamilySteps() {
  constexpr auto kMost = std::chrono::seconds(20);
  const auto begun = std::chrono::steady_clock::now();
  while (!Checked(store_->ScanRows(engine::kFamilyOpenTable, "", "", 1)).empty()) {
    if (std::chrono::steady_clock::now() - begun > kMost) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return true;
}

void EngineUnderTest::Restart() {
  payment_files_.reset();
  books_.reset();
  projection_.reset();
  engine_.reset();
  written_through_.reset();
  store_.reset();
  Start();
}

void EngineUnderTest::Submit(const char* method, const Message& request, const Now& now,
                             std::function<void(engine::Reply)> respond) {
  std::unique_ptr<Message> sent(request.New());
  sent->CopyFrom(request);
  if (defect_.request) defect_.request(*sent);
  if (defect_.reply) {
    std::shared_ptr<Message> copy(request.New());
    copy->CopyFrom(request);
    respond = [this, copy, told = std::move(respond)](engine::Reply reply) {
      defect_.reply(*copy, reply);
      told(std::move(reply));
    };
  }
  auto job = engine::MakeJob(CallOf(method), std::move(sent), engine::MomentOf(now.unix_ms));
  if (!job.ok()) return respond({job.status(), ""});
  (*job)->respond = std::move(respond);
  engine_->Submit(*std::move(job));
}

}  // namespace yijie::campaign
