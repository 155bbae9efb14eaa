#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/date.h"
#include "base/fen.h"
#include "base/status_macros.h"
#include "engine/audit/audit.h"
#include "engine/books/book_projection.h"
#include "engine/books/check_owed.h"
#include "engine/commands/commands.h"
#include "engine/local_time.h"
#include "engine/refused_acts.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "storage/rocks_store.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::engine {
namespace {

using store::v1::PersonEvent;

struct LedgerOptions {
  std::string data;
  std::string psn_no;
  bool json = false;
  std::string institution;  // of refused acts; empty: of all
  std::string first_day;    // ISO
  std::string last_day;
};

absl::StatusOr<std::unique_ptr<storage::Store>> OpenStore(const LedgerOptions& options) {
  storage::RocksOptions rocks;
  rocks.directory = options.data;
  rocks.create_if_missing = false;
  return storage::OpenRocksStore(std::move(rocks));
}

std::string ToJson(const AuditReport& report) {
  google::protobuf::Struct json;
  auto& fields = *json.mutable_fields();
  const auto number = [&fields](const char* name, int64_t value) {
    fields[name].set_number_value(static_cast<double>(value));
  };
  fields["clean"].set_bool_value(report.clean());
  number("persons", report.persons);
  number("versions", report.versions);
  number("facts_loaded", report.facts_loaded);
  number("credited", report.credited);
  number("account_acts", report.account_acts);
  number("settled", report.settled);
  number("reversed", report.reversed);
  number("messages", report.messages);
  number("family_payments", report.family_payments);
  number("open_holds", report.open_holds);
  number("open_refunds", report.open_refunds);
  number("repointed", report.repointed);
  number("open_departures", report.open_departures);
  number("finding_count", report.finding_count);
  auto& list = *fields["findings"].mutable_list_value();
  for (const AuditFinding& finding : report.findings) {
    auto& entry = *list.add_values()->mutable_struct_value()->mutable_fields();
    entry["psn_no"].set_string_value(finding.psn_no);
    entry["version"].set_number_value(static_cast<double>(finding.version));
    entry["what"].set_string_value(finding.what);
  }
  google::protobuf::util::JsonPrintOptions print;
  print.add_whitespace = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(json, &text, print);
  return status.ok() ? text : status.ToString();
}

void PrintAudit(const AuditReport& report) {
  absl::PrintF("persons       %d\nversions      %d\n", report.persons, report.versions);
  absl::PrintF("  facts       %d\n  credits     %d\n  accounts    %d\n", report.facts_loaded,
               report.credited, report.account_acts);
  absl::PrintF("  settlements %d\n  reversals   %d\n", report.settled, report.reversed);
  absl::PrintF("messages      %d\n", report.messages);
  absl::PrintF("family        %d\n  open holds  %d\n  to refund   %d\n", report.family_payments,
               report.open_holds, report.open_refunds);
  absl::PrintF("re-pointed    %d\n  on the way  %d\n", report.repointed, report.open_departures);
  for (const AuditFinding& finding : report.findings) {
    const std::string where =
        finding.psn_no.empty()
            ? ""
            : absl::StrCat("person ", finding.psn_no, ", version ", finding.version, ": ");
    absl::PrintF("%s%s\n", where, finding.what);
  }
  const auto listed = static_cast<int64_t>(report.findings.size());
  if (report.finding_count > listed) absl::PrintF("and %d more\n", report.finding_count - listed);
  absl::PrintF("%s\n", report.clean()
                           ? "clean"
                           : absl::StrCat(report.finding_count,
                                          report.finding_count == 1 ? " finding" : " findings"));
}

// The books between centre and institutions, beside the history they come from.
absl::Status AuditBooks(storage::StoreReader& store, AuditReport* report) {
  for (const auto& check : {CheckBooks, CheckOwed}) {
    const absl::StatusOr<std::vector<std::string>> differences = check(store);
    if (absl::IsDataLoss(differences.status())) {
      report->Add("", 0,
                  absl::StrCat("the books cannot be read: ", differences.status().message()));
      continue;
    }
    YIJIE_RETURN_IF_ERROR(differences.status());
    for (const std::string& difference : *differences)
      report->Add("", 0, absl::StrCat("book of ", difference));
  }
  return absl::OkStatus();
}

std::string LineOfJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions print;
  print.preserve_proto_field_names = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, print);
  return status.ok() ? text : status.ToString();
}

// The exit code, if the audit could be done.
absl::StatusOr<int> Audit(const LedgerOptions& options) {
  YIJIE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::Store> store, OpenStore(options));
  YIJIE_ASSIGN_OR_RETURN(AuditReport report, AuditLedger(*store));
  YIJIE_RETURN_IF_ERROR(AuditBooks(*store, &report));
  if (options.json) {
    absl::PrintF("%s", ToJson(report));
  } else {
    PrintAudit(report);
  }
  return report.clean() ? 0 : 1;
}

std::string DescribeFamily(const PersonEvent& event) {
  const store::v1::FamilyEvent& family = event.family();
  switch (family.what_case()) {
    case store::v1::FamilyEvent::kBondChanged:
      return absl::StrCat("family bond changed by ", event.msgid());
    case store::v1::FamilyEvent::kHeld:
      return absl::StrCat("held for ", family.held().member_psn_no(), ", message ", event.msgid(),
                          " of ", event.fixmedins_code());
    case store::v1::FamilyEvent::kClosed:
      return absl::StrCat("hold of version ", family.closed().hold_version(), " closed");
    case store::v1::FamilyEvent::kRefunded:
      return absl::StrCat("refund of the hold of version ", family.refunded().hold_version());
    case store::v1::FamilyEvent::kRefundEnded:
      return absl::StrCat("refund to ", family.refund_ended().giver_psn_no(), " ended");
    case store::v1::FamilyEvent::WHAT_NOT_SET:
      break;
  }
  return "unknown";
}

std::string DescribeCross(const store::v1::CrossEvent& cross) {
  switch (cross.what_case()) {
    case store::v1::CrossEvent::kReserved:
      return absl::StrCat("reserved for another area, ", cross.reserved());
    case store::v1::CrossEvent::kReleased:
      return absl::StrCat("reservation ended, ", cross.released());
    case store::v1::CrossEvent::kBegan:
      return absl::StrCat("insured place is asked, ", cross.began());
    case store::v1::CrossEvent::kCancelled:
      return absl::StrCat("decided against, ", cross.cancelled());
    case store::v1::CrossEvent::kRefused:
      return absl::StrCat("refused by the insured place, ", cross.refused());
    case store::v1::CrossEvent::kEnded:
      return absl::StrCat("insured place knows, ", cross.ended());
    case store::v1::CrossEvent::WHAT_NOT_SET:
      break;
  }
  return "unknown";
}

std::string DescribeNewborn(const store::v1::NewbornEvent& event) {
  switch (event.what_case()) {
    case store::v1::NewbornEvent::kDeparted:
      return absl::StrCat("re-pointed away: ", event.departed().has_claim()
                                                   ? event.departed().setl_id()
                                                   : event.departed().stay().mdtrt_id());
    case store::v1::NewbornEvent::kTakenUp:
      return absl::StrCat("departure of version ", event.taken_up().version(), " taken up");
    case store::v1::NewbornEvent::kClosed:
      return absl::StrCat("departure of version ", event.closed().version(),
                          event.closed().arrived() ? " arrived" : " waits");
    case store::v1::NewbornEvent::kArrived:
      return absl::StrCat("re-pointed from ", event.arrived().from_psn_no(),
                          ", departure of version ", event.arrived().departure_version());
    case store::v1::NewbornEvent::WHAT_NOT_SET:
      break;
  }
  return "unknown";
}

std::string DescribeReversal(const PersonEvent& event) {
  if (event.reversed().by_agency()) {
    return absl::StrCat(" by agency ", event.fixmedins_code(), ": ",
                        absl::Utf8SafeCHexEscape(event.reversed().agency_reason()));
  }
  if (event.reversed().repointed()) return ", for a re-pointing";
  return event.reversed().refund() ? ", for a refund of lines" : "";
}

// What happened, and under which id.
std::string Describe(const PersonEvent& event) {
  switch (event.what_case()) {
    case PersonEvent::kFactsLoaded:
      return "facts loaded";
    case PersonEvent::kCredited:
      return absl::StrCat("credit ", event.msgid(), " of ", event.fixmedins_code());
    case PersonEvent::kSettled:
      return absl::StrCat("settlement ", event.settled().setl_id(), " of ", event.fixmedins_code(),
                          event.settled().has_remainder_of() ? ", what a refund left" : "");
    case PersonEvent::kReversed:
      return absl::StrCat("reversal ", event.reversed().setl_id(), " of version ",
                          event.reversed().orig_version(), DescribeReversal(event));
    case PersonEvent::kFactsAmended:
      return absl::StrCat("facts amended, ", event.facts_amended().corrected(), " corrected");
    case PersonEvent::kCardChanged:
      return "card changed";
    case PersonEvent::kRegistration:
      return "registration for care elsewhere";
    case PersonEvent::kStay:
      return absl::StrCat("stay ", event.stay().mdtrt_id(), " of ", event.stay().fixmedins_code());
    case PersonEvent::kAccount:
      return absl::StrCat("account ", v1::AccountAct_Name(event.account().act()), " ",
                          event.msgid());
    case PersonEvent::kPayout:
      return absl::StrCat("payouts, ", store::v1::PayoutEvent::Kind_Name(event.payout().kind()));
    case PersonEvent::kFamily:
      return DescribeFamily(event);
    case PersonEvent::kCross:
      return DescribeCross(event.cross());
    case PersonEvent::kNewborn:
      return DescribeNewborn(event.newborn());
    case PersonEvent::WHAT_NOT_SET:
      break;
  }
  return "unknown";
}

absl::Status PrintVersion(const storage::PersonVersion& version) {
  store::v1::PersonState state;
  PersonEvent event;
  if (!state.ParseFromString(version.state) || !event.ParseFromString(version.event)) {
    return absl::DataLossError(absl::StrCat("version ", version.version, " cannot be read"));
  }
  Fen balance;
  for (const v1::SubBalance& sub : state.sub_balance()) balance += Fen(sub.balc_fen());
  absl::PrintF("%6d  %s  %s  balance %s\n", version.version, FormatLocalTime(event.time_unix_ms()),
               Describe(event), FormatYuan(balance));
  for (const store::v1::JournalLine& line : event.journal()) {
    absl::PrintF("        %-20s %-14s %16s\n", store::v1::LedgerAccount_Name(line.account()),
                 line.subject(), FormatYuan(Fen(line.amount_fen())));
  }
  return absl::OkStatus();
}

absl::StatusOr<int> Show(const LedgerOptions& options) {
  constexpr int kPage = 1000;
  YIJIE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::Store> store, OpenStore(options));
  int64_t last = 0;
  for (;;) {
    YIJIE_ASSIGN_OR_RETURN(const std::vector<storage::PersonVersion> page,
                           store->LoadHistory(options.psn_no, last, kPage));
    if (page.empty()) break;
    for (const storage::PersonVersion& version : page) {
      YIJIE_RETURN_IF_ERROR(PrintVersion(version));
    }
    last = page.back().version;
  }
  if (last == 0) return absl::NotFoundError("no such person");
  return 0;
}

absl::StatusOr<int64_t> StartOf(const std::string& option, const std::string& day, int days_later) {
  const absl::StatusOr<Date> parsed = ParseDate(day);
  if (!parsed.ok())
    return absl::InvalidArgumentError(absl::StrCat(option, ": ", parsed.status().message()));
  constexpr int64_t kDayMs = 86'400'000;
  constexpr int64_t kUtc8Ms = 8 * 3'600'000;
  return (int64_t{parsed->days()} + days_later) * kDayMs - kUtc8Ms;
}

absl::StatusOr<int> ListRefused(const LedgerOptions& options) {
  int64_t first_ms = 0;
  int64_t end_ms = INT64_MAX;
  if (!options.first_day.empty()) {
    YIJIE_ASSIGN_OR_RETURN(first_ms, StartOf("--from", options.first_day, 0));
  }
  if (!options.last_day.empty()) {
    YIJIE_ASSIGN_OR_RETURN(end_ms, StartOf("--to", options.last_day, 1));
  }
  YIJIE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::Store> store, OpenStore(options));
  int64_t listed = 0;
  YIJIE_RETURN_IF_ERROR(VisitRefusedActs(
      *store, std::max<int64_t>(first_ms, 0), end_ms, [&](const store::v1::RefusedAct& act) {
        if (!options.institution.empty() && act.fixmedins_code() != options.institution)
          return absl::OkStatus();
        ++listed;
        absl::PrintF("%s\n", options.json ? LineOfJson(act) : RefusedActAsText(act));
        return absl::OkStatus();
      }));
  if (!options.json) absl::PrintF("共 %d 条\n", listed);
  return 0;
}

void EndWith(const absl::StatusOr<int>& code) {
  if (!code.ok()) absl::FPrintF(stderr, "%s\n", code.status().message());
  const int exit_code = code.ok() ? *code : 1;
  if (exit_code != 0) throw CLI::RuntimeError(exit_code);
}

CLI::App* AddCommand(CLI::App& ledger, const char* name, const char* what,
                     const std::shared_ptr<LedgerOptions>& options) {
  CLI::App* const command = ledger.add_subcommand(name, what);
  command->add_option("--data", options->data, "directory of the store")
      ->type_name("DIR")
      ->required();
  return command;
}

}  // namespace

void AddLedgerCommand(CLI::App& yijie) {
  CLI::App* const ledger = yijie.add_subcommand("ledger", "check and show the ledger of a store");
  ledger->require_subcommand(1);

  const auto audit_options = std::make_shared<LedgerOptions>();
  CLI::App* const audit =
      AddCommand(*ledger, "audit",
                 "check that every version, journal, reply, message and book of a store adds up",
                 audit_options);
  audit->add_flag("--json", audit_options->json, "print the result as JSON");
  audit->footer(
      "Exit code 0 if nothing was found, 1 otherwise. The engine must not be running on "
      "DIR.");
  audit->callback([audit_options] { EndWith(Audit(*audit_options)); });

  const auto show_options = std::make_shared<LedgerOptions>();
  CLI::App* const show =
      AddCommand(*ledger, "show", "history of one person, oldest first", show_options);
  show->add_option("--psn", show_options->psn_no, "person number")->type_name("PSN_NO")->required();
  show->footer(
      "Amounts are yuan: debits positive, credits negative. The engine must not be "
      "running on DIR.");
  show->callback([show_options] { EndWith(Show(*show_options)); });

  const auto refused_options = std::make_shared<LedgerOptions>();
  CLI::App* const refused = AddCommand(
      *ledger, "refused",
      "acts that were refused because whoever asked had no right to them (拒绝留痕), oldest "
      "first: who, when, what, why",
      refused_options);
  refused->add_option("--institution", refused_options->institution, "of this institution only")
      ->type_name("CODE");
  refused->add_option("--from", refused_options->first_day, "first day, such as 2026-11-21");
  refused->add_option("--to", refused_options->last_day, "last day");
  refused->add_flag("--json", refused_options->json, "print one JSON object a line");
  refused->footer("The engine must not be running on DIR.");
  refused->callback([refused_options] { EndWith(ListRefused(*refused_options)); });
}

}  // namespace yijie::engine
