#include "engine/load/load_accounts.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "engine/deterministic_bytes.h"
#include "engine/load/account_file.h"
#include "engine/load/row_errors.h"
#include "engine/person.h"
#include "engine/settlement_id.h"
#include "engine/transactions.h"

namespace yijie::engine {
namespace {

using storage::Commit;
using storage::MessageEntry;
using storage::MessageKey;
using storage::PersonVersion;

MessageKey KeyOf(const v1::CreditAccountRequest& request) {
  return {request.header().fixmedins_code(), static_cast<uint8_t>(v1::CREDIT_ACCOUNT),
          request.header().msgid()};
}

absl::StatusOr<std::optional<Person>> FindPerson(const std::string& psn_no, storage::Store& store) {
  YIJIE_ASSIGN_OR_RETURN(const std::optional<PersonVersion> latest, store.LoadLatest(psn_no));
  if (!latest) return std::nullopt;
  return ParsePerson(*latest);
}

// What a person's account will be when the credits so far are posted.
struct Outlook {
  bool known = false;
  int64_t version = 0;
  Fen balance;
};

// Refuses a credit that cannot be posted after those before it.
absl::Status CheckCredit(const AccountRow& row, storage::Store& store,
                         absl::flat_hash_map<std::string, Outlook>& outlooks, RowErrors& errors) {
  const std::string& psn_no = row.request.psn_no();
  const auto [found, is_new] = outlooks.try_emplace(psn_no);
  Outlook& outlook = found->second;
  if (is_new) {
    YIJIE_ASSIGN_OR_RETURN(const std::optional<Person> person, FindPerson(psn_no, store));
    if (person) outlook = {true, person->version, person->balance()};
  }
  if (!outlook.known) {
    errors.Add(row.line, kPsnNoColumn, "is not known: load the person first");
    return absl::OkStatus();
  }
  const Fen amount(row.request.amount_fen());
  // Credit would refuse it too, but only after a part of the file was written.
  if (outlook.balance > Fen(kMaxBalanceFen) - amount) {
    errors.Add(row.line, kAmountColumn, "would make the account hold too much");
  } else {
    outlook.balance += amount;
  }
  ++outlook.version;
  if (outlook.version > kMaxVersion) {
    errors.Add(row.line, kPsnNoColumn, "has too many records");
  }
  return absl::OkStatus();
}

// Checks the credits against the store. What remains in `credits` is to be posted; the result is
// how many were posted before.
absl::StatusOr<int64_t> CheckAgainstStore(std::vector<AccountRow>& credits, storage::Store& store,
                                          RowErrors& errors) {
  absl::flat_hash_map<std::string, Outlook> outlooks;
  std::vector<AccountRow> to_post;
  for (AccountRow& row : credits) {
    YIJIE_ASSIGN_OR_RETURN(const std::optional<MessageEntry> entry,
                           store.FindMessage(KeyOf(row.request)));
    if (!entry) {
      YIJIE_RETURN_IF_ERROR(CheckCredit(row, store, outlooks, errors));
      to_post.push_back(std::move(row));
    } else if (entry->body != Sha256(DeterministicBytes(row.request))) {
      errors.Add(row.line, kVoucherNoColumn, "was posted before with other content");
    }
  }
  const auto posted_before = static_cast<int64_t>(credits.size() - to_post.size());
  credits = std::move(to_post);
  return posted_before;
}

// The commit of a credit on top of `person`, who moves to the next version.
absl::StatusOr<Commit> MakeCommit(const v1::CreditAccountRequest& request, const Moment& now,
                                  Person& person) {
  const std::string bytes = DeterministicBytes(request);
  YIJIE_ASSIGN_OR_RETURN(Effect effect, Credit(request, bytes, person, now));
  Commit commit;
  commit.psn_no = request.psn_no();
  commit.expected_version = person.version;
  commit.state = SerializeState(effect.next);
  commit.event = std::move(effect.event);
  commit.messages.push_back(
      {KeyOf(request), {Sha256(bytes), request.psn_no(), effect.next.version, ""}});
  person = std::move(effect.next);
  return commit;
}

}  // namespace

absl::StatusOr<LoadResult> LoadAccounts(const InputFile& file, storage::Store& store,
                                        int64_t now_unix_ms, BulkCommitter& committer,
                                        const LoadProgress& progress) {
  RowErrors errors(file.path);
  std::vector<AccountRow> credits = ParseAccounts(file, errors);
  YIJIE_ASSIGN_OR_RETURN(const int64_t posted_before, CheckAgainstStore(credits, store, errors));
  YIJIE_RETURN_IF_ERROR(errors.ToStatus());

  LoadResult result;
  result.unchanged = posted_before;
  const auto total = static_cast<int64_t>(credits.size()) + posted_before;
  const Moment now = MomentOf(now_unix_ms);
  absl::flat_hash_map<std::string, Person> in_group;  // newest versions, not durable yet
  for (const AccountRow& row : credits) {
    const std::string& psn_no = row.request.psn_no();
    auto person = in_group.find(psn_no);
    if (person == in_group.end()) {
      YIJIE_ASSIGN_OR_RETURN(std::optional<Person> found, FindPerson(psn_no, store));
      if (!found) return absl::DataLossError("a person of the store is gone: restore a copy");
      person = in_group.emplace(psn_no, *std::move(found)).first;
    }
    YIJIE_ASSIGN_OR_RETURN(Commit commit, MakeCommit(row.request, now, person->second));
    YIJIE_RETURN_IF_ERROR(committer.Add(std::move(commit)));
    if (committer.pending() == 0) in_group.clear();
    ++result.added;
    result.credited += Fen(row.request.amount_fen());
    progress(posted_before + result.added, total);
  }
  YIJIE_RETURN_IF_ERROR(committer.Finish());
  return result;
}

}  // namespace yijie::engine
