#include "engine/replay/report.h"

#include <algorithm>
#include <utility>

namespace yijie::engine {
namespace {

bool LosesMore(const PersonTally& a, const PersonTally& b) {
  if (a.loss() != b.loss()) return b.loss() < a.loss();
  return a.psn_no < b.psn_no;
}

// The value of a key, made if it is missing; a known key costs no string.
template <typename Map>
typename Map::mapped_type& At(Map& map, absl::string_view key) {
  const auto found = map.find(key);
  if (found != map.end()) return found->second;
  return map.try_emplace(std::string(key)).first->second;
}

void AddFunds(const std::vector<FundShare>& stored, const std::vector<FundShare>& draft,
              std::map<std::string, FundTally, std::less<>>* funds) {
  for (const FundShare& share : stored) {
    FundTally& fund = At(*funds, share.fund_pay_type);
    ++fund.claims;
    fund.stored += share.amount;
  }
  for (const FundShare& share : draft) {
    FundTally& fund = At(*funds, share.fund_pay_type);
    fund.draft += share.amount;
    const bool before = std::any_of(stored.begin(), stored.end(), [&](const FundShare& other) {
      return other.fund_pay_type == share.fund_pay_type;
    });
    if (!before) ++fund.claims;
  }
}

void MergeFunds(const std::map<std::string, FundTally, std::less<>>& part,
                std::map<std::string, FundTally, std::less<>>* funds) {
  for (const auto& [code, fund] : part) {
    FundTally& sum = At(*funds, code);
    sum.claims += fund.claims;
    sum.stored += fund.stored;
    sum.draft += fund.draft;
  }
}

}  // namespace

void Tally::Add(const ClaimResult& stored_result, const ClaimResult& draft_result) {
  ++claims;
  changed += stored_result == draft_result ? 0 : 1;
  refused_now += stored_result.settled() && !draft_result.settled() ? 1 : 0;
  settled_now += !stored_result.settled() && draft_result.settled() ? 1 : 0;
  stored += stored_result.paid;
  draft += draft_result.paid;
}

Tally& Tally::operator+=(const Tally& other) {
  claims += other.claims;
  changed += other.changed;
  refused_now += other.refused_now;
  settled_now += other.settled_now;
  stored += other.stored;
  draft += other.draft;
  return *this;
}

Tally& ReplayReport::Group(Dimension dimension, absl::string_view key) {
  return At(groups[static_cast<size_t>(dimension)], key);
}

void ReplayReport::Add(const ClaimGroups& of, const ClaimResult& stored, const ClaimResult& draft) {
  total.Add(stored, draft);
  for (size_t i = 0; i < kDimensions; ++i) At(groups[i], of[i]).Add(stored, draft);
  AddFunds(stored.funds, draft.funds, &funds);
  AddFunds(stored.benefits, draft.benefits, &benefits);
  if (stored.settled() && !draft.settled()) ++refused_now_by_outcome[draft.outcome];
  if (stored.settled() && stored.policy != draft.policy) ++other_package;
}

void ReplayReport::AddLoser(PersonTally person, size_t most) {
  if (person.loss() <= Fen(0)) return;
  if (losers.size() >= most && (most == 0 || !LosesMore(person, losers.back()))) return;
  losers.insert(std::upper_bound(losers.begin(), losers.end(), person, LosesMore),
                std::move(person));
  if (losers.size() > most) losers.pop_back();
}

void ReplayReport::ChainHash(const Digest& person) {
  std::string bytes(hash.begin(), hash.end());
  bytes.append(person.begin(), person.end());
  hash = Sha256(bytes);
}

void ReplayReport::Merge(ReplayReport part, size_t most_losers) {
  persons += part.persons;
  reversed += part.reversed;
  other_package += part.other_package;
  total += part.total;
  for (size_t i = 0; i < kDimensions; ++i) {
    for (const auto& [key, tally] : part.groups[i]) At(groups[i], key) += tally;
  }
  MergeFunds(part.funds, &funds);
  MergeFunds(part.benefits, &benefits);
  for (const auto& [outcome, count] : part.refused_now_by_outcome) {
    refused_now_by_outcome[outcome] += count;
  }
  for (PersonTally& person : part.losers) AddLoser(std::move(person), most_losers);
  history_ns += part.history_ns;
  settle_ns += part.settle_ns;
}

}  // namespace yijie::engine
