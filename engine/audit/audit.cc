#include "engine/audit/audit.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "engine/audit/audit_person.h"
#include "engine/cross/cross_audit.h"
#include "engine/family/family_audit.h"
#include "engine/newborn/newborn_audit.h"
#include "engine/policy_archive.h"
#include "storage/visit_rows.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::engine {
namespace {

using storage::MessageEntry;
using storage::MessageKey;
using storage::PersonVersion;
using store::v1::PersonEvent;

// Calls whose message may have led to an event.
std::vector<v1::Transaction> CallsOf(const PersonEvent& event) {
  switch (event.what_case()) {
    case PersonEvent::kSettled:
      return {v1::SETTLE,        v1::SETTLE_STAY, v1::REIMBURSE,
              v1::APPLY_BENEFIT, v1::REFUND,      v1::CONFIRM};
    case PersonEvent::kReversed:
      return {v1::REVERSE, v1::REVERSE_BY_MESSAGE, v1::WITHDRAW_CLAIM, v1::UNDO_SETTLEMENT,
              v1::CONFIRM_UNDO};
    case PersonEvent::kCredited:
      return {v1::CREDIT_ACCOUNT};
    case PersonEvent::kFactsAmended:
      return {v1::AMEND_PERSON};
    case PersonEvent::kCardChanged:
      return {v1::CHANGE_CARD};
    case PersonEvent::kRegistration:
      return {v1::REGISTER, v1::CHANGE_REGISTRATION, v1::CANCEL_REGISTRATION,
              v1::SUPPLY_REGISTRATION_PAPERS};
    case PersonEvent::kStay:
      return {v1::ADMIT,       v1::CHANGE_STAY, v1::CANCEL_ADMISSION, v1::UPLOAD_FEES,
              v1::CANCEL_FEES, v1::DISCHARGE,   v1::CANCEL_DISCHARGE};
    case PersonEvent::kAccount:
      return {v1::CREDIT_BY_POLICY, v1::CLOSE_ACCOUNT_YEAR,  v1::PAY_FROM_ACCOUNT,
              v1::FREEZE_ACCOUNT,   v1::END_ACCOUNT,         v1::RECEIVE_INTO_ACCOUNT,
              v1::OFFSET_DEBT,      v1::UNDO_ACCOUNT_POSTING};
    case PersonEvent::kPayout:
      return {v1::REGISTER_BANK_ACCOUNT, v1::STOP_ALLOWANCE,      v1::MAKE_DUE_PAYOUTS,
              v1::PUT_PAYOUTS_IN_FILE,   v1::APPLY_PAYOUT_STATUS, v1::REISSUE_PAYOUT,
              v1::INSTRUCT_DUES,         v1::AMEND_ALLOWANCE};
    case PersonEvent::kFamily:
      return event.family().has_bond_changed()
                 ? std::vector<v1::Transaction>{v1::CHANGE_FAMILY_BOND}
                 : std::vector<v1::Transaction>{v1::FAMILY_REFUND};
    case PersonEvent::kCross:
      return {v1::RESERVE, v1::RESERVE_UNDO,       v1::CANCEL_RESERVATION, v1::SETTLE,
              v1::REVERSE, v1::REVERSE_BY_MESSAGE, v1::UNDO_SETTLEMENT};
    case PersonEvent::kNewborn:
      return {v1::REPOINT};
    case PersonEvent::kFactsLoaded:
    case PersonEvent::WHAT_NOT_SET:
      break;
  }
  return {};
}

// Loaded, a turn of the year, part of what an earlier version of the same commit asked for (a
// correction, the payouts of a settlement, a bill that left or arrived) or of the refund that the
// next one did, or a step of an act over two persons, which the state keeps from happening twice.
bool HasNoMessage(const PersonEvent& event) {
  const store::v1::PayoutEvent::Kind kind = event.payout().kind();
  const store::v1::FamilyEvent& family = event.family();
  const store::v1::CrossEvent& cross = event.cross();
  // A release without a request is followed by the settlement of the same Confirm.
  const bool cross_step = cross.has_began() || cross.has_cancelled() || cross.has_ended() ||
                          (cross.has_released() && event.request().empty());
  return cross_step || kind == store::v1::PayoutEvent::INSTRUCTED ||
         kind == store::v1::PayoutEvent::WITHDRAWN || kind == store::v1::PayoutEvent::SETTLED_UP ||
         family.has_held() || family.has_closed() || family.has_refund_ended() ||
         event.what_case() == PersonEvent::WHAT_NOT_SET || event.has_facts_loaded() ||
         event.account().act() == v1::ACT_YEAR_TURNED || event.settled().corrects_version() != 0 ||
         event.settled().has_repointed_from() || event.reversed().correction() ||
         event.reversed().refund() || event.reversed().repointed() ||
         (event.has_newborn() && !event.newborn().has_arrived());
}

// Settled by the policies of another place, whose archive has them: of a visitor, or logged by a
// gateway.
bool IsByOtherPolicies(const PersonEvent& event) {
  return event.settled().has_cross() && !event.settled().cross().at_insured_place();
}

void Count(const PersonEvent& event, AuditReport& report) {
  switch (event.what_case()) {
    case PersonEvent::kSettled:
      ++report.settled;
      break;
    case PersonEvent::kReversed:
      ++report.reversed;
      break;
    case PersonEvent::kCredited:
      ++report.credited;
      break;
    case PersonEvent::kFactsLoaded:
    case PersonEvent::kFactsAmended:
      ++report.facts_loaded;
      break;
    case PersonEvent::kAccount:
      ++report.account_acts;
      break;
    case PersonEvent::kCardChanged:
    case PersonEvent::kCross:
    case PersonEvent::kFamily:
    case PersonEvent::kNewborn:
    case PersonEvent::kStay:
    case PersonEvent::kPayout:
    case PersonEvent::kRegistration:
    case PersonEvent::WHAT_NOT_SET:
      break;
  }
}

// From the event to its message entry.
absl::Status CheckEventHasMessage(absl::string_view psn_no, int64_t version,
                                  const PersonEvent& event, storage::Store& store,
                                  AuditReport& report) {
  if (HasNoMessage(event)) return absl::OkStatus();
  if (event.fixmedins_code().empty() || event.msgid().empty()) {
    report.Add(psn_no, version, "the event names no message");
    return absl::OkStatus();
  }
  int entries = 0;
  for (const v1::Transaction call : CallsOf(event)) {
    YIJIE_ASSIGN_OR_RETURN(
        const std::optional<MessageEntry> entry,
        store.FindMessage({event.fixmedins_code(), static_cast<uint8_t>(call), event.msgid()}));
    if (entry && entry->psn_no == psn_no && entry->version == version) ++entries;
  }
  if (entries != 1) {
    report.Add(
        psn_no, version,
        absl::StrCat("the message of the event has ", entries, " entries that lead to it, not 1"));
  }
  return absl::OkStatus();
}

// What is wrong with the package of a settlement in the archive; each package is looked up once.
class ArchiveAudit {
 public:
  explicit ArchiveAudit(storage::Store& store) : store_(store) {}

  // Fails only if the store cannot be read.
  absl::StatusOr<std::string> Problem(const std::string& policy_hash) {
    const auto [known, added] = problems_.try_emplace(policy_hash);
    if (added) {
      YIJIE_ASSIGN_OR_RETURN(known->second, Look(policy_hash));
    }
    return known->second;
  }

 private:
  absl::StatusOr<std::string> Look(const std::string& policy_hash) {
    Digest hash;
    if (policy_hash.size() != hash.size()) return "the settlement names no policy package";
    std::copy(policy_hash.begin(), policy_hash.end(), hash.begin());
    const absl::Status found = ArchivedPolicyText(store_, hash).status();
    if (found.ok()) return std::string();
    if (!absl::IsNotFound(found) && !absl::IsDataLoss(found)) return found;
    return absl::StrCat("the policy package of the settlement: ", found.message());
  }

  storage::Store& store_;
  absl::flat_hash_map<std::string, std::string> problems_;  // by hash; empty if it is there
};

std::string Describe(const MessageKey& key) {
  return absl::StrCat("message ", key.msgid, " of ", key.institution, ", call ", key.transaction,
                      ", ");
}

// An entry of a message that changed no person.
void CheckVerdict(const MessageKey& key, const MessageEntry& entry, AuditReport& report) {
  if (entry.version != 0) {
    report.Add("", 0, absl::StrCat(Describe(key), "names a version but no person"));
  }
  store::v1::Verdict verdict;
  if (!verdict.ParseFromString(entry.verdict)) {
    report.Add("", 0, absl::StrCat(Describe(key), "has a verdict that cannot be read"));
    return;
  }
  const Digest expected = verdict.closed() ? Digest{} : Sha256(verdict.request());
  if (entry.body != expected) {
    report.Add("", 0, absl::StrCat(Describe(key), "has another digest than its request"));
  }
}

// From an entry to the version it names.
absl::Status CheckMessage(const MessageKey& key, const MessageEntry& entry, storage::Store& store,
                          AuditReport& report) {
  if (entry.psn_no.empty()) {
    CheckVerdict(key, entry, report);
    return absl::OkStatus();
  }
  const auto add = [&](absl::string_view what) {
    report.Add(entry.psn_no, entry.version, absl::StrCat(Describe(key), what));
  };
  if (entry.version < 1) {
    add("names a person but no version");
    return absl::OkStatus();
  }
  YIJIE_ASSIGN_OR_RETURN(const std::optional<PersonVersion> version,
                         store.LoadVersion(entry.psn_no, entry.version));
  if (!version) {
    add("leads to a version that does not exist");
    return absl::OkStatus();
  }
  if (!entry.verdict.empty()) add("has a verdict although it changed a person");
  PersonEvent event;
  if (!event.ParseFromString(version->event)) return absl::OkStatus();  // found with the person
  if (event.fixmedins_code() != key.institution || event.msgid() != key.msgid) {
    add("leads to an event of another message");
    return absl::OkStatus();
  }
  const std::vector<v1::Transaction> calls = CallsOf(event);
  if (std::find(calls.begin(), calls.end(), key.transaction) == calls.end()) {
    add("leads to an event of another kind");
  }
  if (entry.body != Sha256(event.request())) add("has another digest than the event's request");
  return absl::OkStatus();
}

// The rows of due payouts and of persons with allowances, compared with the persons.
class RowAudit {
 public:
  RowAudit(storage::Store& store, AuditReport& report) : store_(store), report_(report) {}

  // Each person once.
  absl::Status Person(const PersonAudit& person) {
    const std::set<std::string> due = person.payouts().DueKeys();
    for (const std::string& key : due) {
      YIJIE_RETURN_IF_ERROR(Expect("payout_due", key, person.psn_no()));
    }
    due_ += due.size();
    if (!person.payouts().HasSchedule()) return absl::OkStatus();
    ++allowances_;
    return Expect("allowance", person.psn_no(), person.psn_no());
  }

  absl::Status Finish() {
    YIJIE_RETURN_IF_ERROR(Compare("payout_due", due_));
    return Compare("allowance", allowances_);
  }

 private:
  absl::Status Expect(absl::string_view table, const std::string& key, const std::string& psn_no) {
    YIJIE_ASSIGN_OR_RETURN(const auto row, store_.GetRow(table, key));
    if (!row) report_.Add(psn_no, 0, absl::StrCat("a row of table ", table, " is missing"));
    return absl::OkStatus();
  }

  absl::Status Compare(absl::string_view table, size_t expected) {
    size_t found = 0;
    YIJIE_RETURN_IF_ERROR(storage::VisitRows(store_, table, [&found](const storage::Row&) {
      ++found;
      return absl::OkStatus();
    }));
    if (found != expected) {
      report_.Add(
          "", 0,
          absl::StrCat("table ", table, " has ", found, " rows, the persons stand for ", expected));
    }
    return absl::OkStatus();
  }

  storage::Store& store_;
  AuditReport& report_;
  size_t due_ = 0;
  size_t allowances_ = 0;
};

}  // namespace

void AuditReport::Add(absl::string_view psn_no, int64_t version, absl::string_view what) {
  ++finding_count;
  if (findings.size() < kMaxListed) {
    findings.push_back({std::string(psn_no), version, std::string(what)});
  }
}

absl::StatusOr<std::set<std::string>> RowKeys(storage::StoreReader& store,
                                              absl::string_view table) {
  std::set<std::string> keys;
  YIJIE_RETURN_IF_ERROR(storage::VisitRows(store, table, [&keys](const storage::Row& row) {
    keys.insert(row.key);
    return absl::OkStatus();
  }));
  return keys;
}

absl::StatusOr<AuditReport> AuditLedger(storage::Store& store) {
  AuditReport report;
  RowAudit rows(store, report);
  ArchiveAudit archive(store);
  FamilyAudit family(report);
  CrossAudit cross(report);
  NewbornAudit newborn(report);
  std::optional<PersonAudit> person;
  YIJIE_RETURN_IF_ERROR(store.ForEachVersion(
      [&](absl::string_view psn_no, const PersonVersion& version) -> absl::Status {
        ++report.versions;
        if (!person || person->psn_no() != psn_no) {
          if (person) {
            absl::Status checked = rows.Person(*person);
            if (!checked.ok()) return checked;
          }
          ++report.persons;
          person.emplace(psn_no, report);
        }
        const std::optional<PersonEvent> event = person->Check(version);
        if (!event) return absl::OkStatus();
        store::v1::PersonState state;
        if (state.ParseFromString(version.state)) {
          family.Add(psn_no, version.version, state, *event);
          cross.Add(psn_no, version.version, state, *event);
          newborn.Add(psn_no, version.version, state, *event);
        }
        Count(*event, report);
        if (event->has_settled() && !IsByOtherPolicies(*event)) {
          YIJIE_ASSIGN_OR_RETURN(const std::string problem,
                                 archive.Problem(event->settled().policy_hash()));
          if (!problem.empty()) report.Add(psn_no, version.version, problem);
        }
        return CheckEventHasMessage(psn_no, version.version, *event, store, report);
      }));
  if (person) YIJIE_RETURN_IF_ERROR(rows.Person(*person));
  YIJIE_RETURN_IF_ERROR(rows.Finish());
  YIJIE_RETURN_IF_ERROR(family.Finish(store));
  YIJIE_RETURN_IF_ERROR(cross.Finish(store));
  YIJIE_RETURN_IF_ERROR(newborn.Finish(store));
  YIJIE_RETURN_IF_ERROR(
      store.ForEachMessage([&](const MessageKey& key, const MessageEntry& entry) -> absl::Status {
        ++report.messages;
        return CheckMessage(key, entry, store, report);
      }));
  return report;
}

bool IsLedgerClean(storage::Store& store) {
  const absl::StatusOr<AuditReport> report = AuditLedger(store);
  return report.ok() && report->clean();
}

}  // namespace yijie::engine
