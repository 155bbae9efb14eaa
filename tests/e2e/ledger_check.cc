#include "tests/e2e/ledger_check.h"

#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "engine/audit/audit.h"
#include "storage/rocks_store.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::e2e {
namespace {

using store::v1::PersonEvent;
using store::v1::Verdict;

constexpr size_t kMostProblems = 50;

class LedgerCheck {
 public:
  LedgerCheck(storage::Store& store, LedgerFigures* figures) : store_(store), figures_(*figures) {}

  void CheckSent(const Sent& sent) {
    sent_.insert(NameOf(sent.institution, sent.transaction, sent.msgid));
    const auto entry = store_.FindMessage(sent.key());
    if (!entry.ok()) return Add(sent, entry.status().ToString());
    if (!sent.acknowledged) return CheckUnknown(sent, *entry);
    if (!entry->has_value()) return Add(sent, "was acknowledged and is lost");
    ++figures_.acknowledged;
    if ((*entry)->psn_no.empty()) return CheckVerdict(sent, **entry);
    CheckVersion(sent, **entry);
  }

  // Every event of the store comes from a message somebody sent, and only once.
  void CheckEvents() {
    absl::flat_hash_set<std::string> seen;
    const absl::Status status =
        store_.ForEachVersion([&](absl::string_view psn_no, const storage::PersonVersion& version) {
          PersonEvent event;
          const std::string where = absl::StrCat(psn_no, " version ", version.version, ": ");
          if (!event.ParseFromString(version.event)) {
            AddText(absl::StrCat(where, "cannot be read"));
          } else if (!event.has_facts_loaded()) {
            const std::string name = NameOfEvent(event);
            if (name.empty()) AddText(absl::StrCat(where, "comes from nothing that was sent"));
            if (!seen.insert(name).second) {
              AddText(absl::StrCat(where, "applies message ", event.msgid(), " a second time"));
            }
          }
          return absl::OkStatus();
        });
    if (!status.ok()) AddText(status.ToString());
  }

  // No two messages lead to one version.
  void CheckEntries() {
    std::set<std::pair<std::string, int64_t>> seen;
    const absl::Status status = store_.ForEachMessage(
        [&](const storage::MessageKey& key, const storage::MessageEntry& entry) {
          if (!entry.psn_no.empty() && !seen.emplace(entry.psn_no, entry.version).second) {
            AddText(absl::StrCat("message ", key.msgid, " leads to the version of another"));
          }
          return absl::OkStatus();
        });
    if (!status.ok()) AddText(status.ToString());
  }

  void Audit() {
    const absl::StatusOr<engine::AuditReport> report = engine::AuditLedger(store_);
    if (!report.ok()) return AddText(report.status().ToString());
    for (const engine::AuditFinding& finding : report->findings) {
      AddText(absl::StrCat("audit: ", finding.psn_no, " version ", finding.version, ": ",
                           finding.what));
    }
  }

  std::vector<std::string> Take() { return std::move(problems_); }

 private:
  static std::string NameOf(const std::string& institution, int transaction,
                            const std::string& msgid) {
    return absl::StrCat(institution, "/", transaction, "/", msgid);
  }

  // The name under which the message of an event was sent; empty if none was.
  std::string NameOfEvent(const PersonEvent& event) const {
    std::vector<v1::Transaction> calls;
    if (event.has_settled()) calls = {v1::SETTLE};
    if (event.has_credited()) calls = {v1::CREDIT_ACCOUNT};
    if (event.has_reversed()) calls = {v1::REVERSE, v1::REVERSE_BY_MESSAGE};
    for (const v1::Transaction call : calls) {
      std::string name = NameOf(event.fixmedins_code(), call, event.msgid());
      if (sent_.contains(name)) return name;
    }
    return "";
  }

  // A closed id is there because of an undo, not because of its own message.
  void CheckUnknown(const Sent& sent, const std::optional<storage::MessageEntry>& entry) {
    ++figures_.unknown;
    Verdict verdict;
    if (!entry) return;
    if (entry->psn_no.empty() && verdict.ParseFromString(entry->verdict) && verdict.closed())
      return;
    ++figures_.unknown_applied;
    if (sent.not_applied) Add(sent, "was said not to be applied, and is there");
  }

  void CheckVerdict(const Sent& sent, const storage::MessageEntry& entry) {
    Verdict verdict;
    if (!verdict.ParseFromString(entry.verdict)) return Add(sent, "its verdict cannot be read");
    if (verdict.closed()) {
      if (!IsClosedReply(sent.transaction, sent.reply)) {
        Add(sent, "was acknowledged otherwise and is closed");
      }
      return;
    }
    if (verdict.reply() != sent.reply) Add(sent, "another answer is stored");
    if (verdict.request() != sent.request) Add(sent, "another request is stored");
  }

  void CheckVersion(const Sent& sent, const storage::MessageEntry& entry) {
    if (entry.psn_no != sent.psn_no) return Add(sent, "leads to another person");
    const auto version = store_.LoadVersion(entry.psn_no, entry.version);
    if (!version.ok()) return Add(sent, version.status().ToString());
    PersonEvent event;
    if (!version->has_value() || !event.ParseFromString((*version)->event)) {
      return Add(sent, "leads to no version");
    }
    if (event.reply() != sent.reply) Add(sent, "another answer is stored");
    if (event.request() != sent.request) Add(sent, "another request is stored");
    const std::optional<AccountView> view = ViewOf(sent.transaction, sent.reply);
    if (!view || !view->moved || view->version != entry.version) {
      Add(sent, absl::StrCat("leads to version ", entry.version, ", which its answer is not"));
    }
  }

  void Add(const Sent& sent, absl::string_view what) {
    AddText(
        absl::StrCat(CallName(sent.transaction), " ", sent.msgid, " of ", sent.psn_no, ": ", what));
  }
  void AddText(std::string problem) {
    if (problems_.size() < kMostProblems) problems_.push_back(std::move(problem));
  }

  storage::Store& store_;
  LedgerFigures& figures_;
  absl::flat_hash_set<std::string> sent_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> LedgerProblems(storage::Store& store, const History& history,
                                        LedgerFigures* figures) {
  LedgerCheck check(store, figures);
  for (const Sent& sent : history.sent) check.CheckSent(sent);
  check.CheckEvents();
  check.CheckEntries();
  check.Audit();
  return check.Take();
}

std::vector<std::string> LedgerProblemsIn(const std::string& data, const History& history,
                                          LedgerFigures* figures) {
  storage::RocksOptions options;
  options.directory = data;
  options.create_if_missing = false;
  const auto store = storage::OpenRocksStore(std::move(options));
  if (!store.ok()) return {absl::StrCat("the store does not open: ", store.status().ToString())};
  return LedgerProblems(**store, history, figures);
}

}  // namespace yijie::e2e
