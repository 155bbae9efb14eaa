#include "engine/replay/person_replay.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/replay/claim_groups.h"

namespace yijie::engine {
namespace {

// One result as text that no other result has.
void AppendResult(const ClaimResult& result, std::string* out) {
  absl::StrAppend(out, " ", static_cast<int>(result.outcome), " ", result.paid.fund.value(), " ",
                  result.paid.account.value(), " ", result.paid.cash.value(), " ",
                  result.paid.hospital.value());
  for (const FundShare& share : result.funds) {
    absl::StrAppend(out, " ", share.fund_pay_type, "=", share.amount.value());
  }
  for (const FundShare& share : result.benefits) {
    absl::StrAppend(out, " benefit ", share.fund_pay_type, "=", share.amount.value());
  }
}

}  // namespace

void PersonReplay::Begin(absl::string_view psn_no) {
  track_.Begin();
  psn_no_ = std::string(psn_no);
  claims_.clear();
}

void PersonReplay::SetFacts(std::shared_ptr<const v1::PersonFacts> facts) {
  track_.SetFacts(std::move(facts));
}

void PersonReplay::Settle(int64_t version, absl::string_view fixmedins_code, const v1::Claim& claim,
                          Date received, ClaimResult stored) {
  Compared& compared = claims_.emplace_back();
  compared.version = version;
  compared.groups = GroupsOf(reference_, *track_.person().facts, fixmedins_code, claim);
  compared.stored = std::move(stored);
  compared.draft = track_.Settle(version, fixmedins_code, claim, received, compared.stored.family);
}

void PersonReplay::Reverse(int64_t version) {
  track_.Reverse(version);
  const auto claim = std::find_if(claims_.begin(), claims_.end(),
                                  [&](const Compared& c) { return c.version == version; });
  if (claim != claims_.end()) claim->reversed = true;
}

void PersonReplay::Finish(size_t most_losers, BatchResult* result) {
  ReplayReport& report = result->report;
  PersonTally person;
  person.psn_no = psn_no_;
  for (const Compared& claim : claims_) {
    if (claim.reversed) {
      ++report.reversed;
      continue;
    }
    report.Add(claim.groups, claim.stored, claim.draft);
    person.tally.Add(claim.stored, claim.draft);
  }
  ++report.persons;
  report.AddLoser(std::move(person), most_losers);
  result->persons.push_back(DigestOfPerson());
}

Digest PersonReplay::DigestOfPerson() const {
  std::string text = psn_no_;
  for (const Compared& claim : claims_) {
    absl::StrAppend(&text, "\n", claim.version, claim.reversed ? " reversed" : "");
    AppendResult(claim.stored, &text);
    text += " ->";
    AppendResult(claim.draft, &text);
  }
  return Sha256(text);
}

}  // namespace yijie::engine
