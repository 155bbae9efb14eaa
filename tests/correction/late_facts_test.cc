// Late fact + correction = fact known on time, on random histories.
//
// YIJIE_HISTORIES scales it and YIJIE_SEED replays it: history number n has the seed YIJIE_SEED +
// n.

#include <cstdio>
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "engine/audit/audit.h"
#include "tests/correction/world.h"
#include "tests/engine/engine_fixture.h"

namespace yijie::engine {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr int kDays = 150;  // of a history; the last is that of TestNow

Moment On(int day) { return MomentOf(TestNow().unix_ms - (kDays - day) * kDayMs); }

absl::StatusOr<std::vector<ReplayedClaim>> Right(
    const Reference& reference, const std::vector<storage::PersonVersion>& versions,
    std::shared_ptr<const v1::PersonFacts> facts, const Moment& /*now*/) {
  return ReplayHistory(reference, versions, std::move(facts));
}

// An operation that was accepted.
struct Operation {
  enum Kind { kSettle, kCredit, kReverse } kind = kSettle;
  Moment at;
  v1::SettleRequest settle;
  v1::CreditAccountRequest credit;
  size_t reverses = 0;  // index of the settlement

  // Of a settlement, while it stands:
  bool stands = false;
  bool refused = false;  // by a correction
  std::string setl_id;
  int64_t cash_paid = 0;
};

class History {
 public:
  explicit History(uint64_t seed) : random_(seed) {}

  // Empty, or how the late history ends differently.
  std::string Run(const std::shared_ptr<const Reference>& reference, const Replayer& replayer) {
    World late(reference, SoundFacts());
    int day = 1;
    const int count = Number(2, 8);
    const int amend_at = Number(0, 2) == 0 ? Number(1, count) : -1;
    for (int i = 0; i < count; ++i) {
      day += Number(0, (kDays - 5) / count);
      if (i == amend_at) Amend(late, replayer, RandomFacts(), On(day));
      Act(late, i, day);
    }
    const v1::PersonFacts facts = RandomFacts();
    Amend(late, replayer, facts, TestNow());
    return Compare(late, OnTime(reference, facts));
  }
  int corrected() const { return corrected_; }

 private:
  int Number(int least, int most) {
    return std::uniform_int_distribution<int>(least, most)(random_);
  }

  v1::PersonFacts RandomFacts() {
    v1::PersonFacts facts = SoundFacts();
    const std::string day = FormatDate(On(Number(1, kDays)).day);
    if (Number(0, 1) == 0) {
      v1::AssistanceSpan* span = facts.add_assistance();
      span->set_class_(v1::DIBAO);
      span->set_begndate(day);
      if (Number(0, 3) == 0) span->set_enddate(FormatDate(TestNow().day));
    }
    switch (Number(0, 6)) {
      case 0:
        facts.mutable_coverage(0)->set_enddate(day);
        break;
      case 1:
        facts.mutable_coverage(0)->set_psn_type("12");
        break;
      case 2:
        facts.set_cvlserv_flag(true);
        break;
      case 3:  // moves to the other scheme
        facts.mutable_coverage(0)->set_enddate(day);
        *facts.add_coverage() = facts.coverage(0);
        facts.mutable_coverage(2)->set_insutype("510");
        facts.mutable_coverage(2)->set_begndate("2019-01-01");
        facts.mutable_coverage(2)->set_enddate("2019-12-31");
        break;
      default:
        break;
    }
    return facts;
  }

  void Act(World& world, int i, int day) {
    const int kind = Number(0, 9);
    if (kind < 2) return Credit(world, i, day);
    if (kind < 4) return Reverse(world, i, day);
    Settle(world, i, day);
  }

  void Credit(World& world, int i, int day) {
    Operation operation;
    operation.kind = Operation::kCredit;
    operation.at = On(day);
    operation.credit = CreditOf(absl::StrCat("c", i), "P1", Number(1, 150'000));
    if (Number(0, 2) == 0) operation.credit.set_sub_account(v1::PAST_YEARS);
    world.Credit(operation.credit, operation.at);
    operations_.push_back(operation);
  }

  void Settle(World& world, int i, int day) {
    Operation operation;
    operation.at = On(day);
    const int scheme = Number(0, 5);
    operation.settle =
        SettleOf(absl::StrCat("s", i), "P1",
                 Number(0, 4) == 0 ? Number(100'000, 1'500'000) : Number(1'000, 150'000),
                 scheme == 0 ? "510" : "310");
    v1::Claim* claim = operation.settle.mutable_claim();
    if (scheme > 1) claim->set_med_type("11");
    claim->set_begndate(FormatDate(On(day - Number(0, 3)).day));
    claim->clear_enddate();
    if (Number(0, 3) == 0) claim->clear_acct_used_flag();
    if (Number(0, 3) == 0) claim->mutable_fee_line(0)->set_med_list_codg("B");
    const v1::Settlement settlement = world.Settle(operation.settle, operation.at);
    if (settlement.outcome() != v1::SETTLED) return;
    operation.stands = true;
    operation.setl_id = settlement.setl_id();
    operation.cash_paid = settlement.amounts().psn_cash_pay_fen();
    operations_.push_back(operation);
  }

  // Undoes the newest claim that stands.
  void Reverse(World& world, int i, int day) {
    for (size_t k = operations_.size(); k-- > 0;) {
      if (!operations_[k].stands) continue;
      const v1::Reversal reversal =
          world.Reverse(absl::StrCat("r", i), operations_[k].setl_id, On(day));
      if (reversal.outcome() != v1::REVERSED) return;
      operations_[k].stands = false;
      Operation operation;
      operation.kind = Operation::kReverse;
      operation.at = On(day);
      operation.reverses = k;
      operations_.push_back(operation);
      return;
    }
  }

  void Amend(World& world, const Replayer& replayer, const v1::PersonFacts& facts,
             const Moment& at) {
    const v1::AmendPersonResponse response = world.AmendWith(replayer, facts, at);
    corrected_ += response.correction_size();
    for (const v1::Correction& correction : response.correction()) {
      for (Operation& operation : operations_) {
        if (operation.setl_id != correction.orig_setl_id()) continue;
        operation.setl_id = correction.setl_id();
        if (correction.outcome() == v1::SETTLED) continue;
        operation.stands = false;
        operation.refused = true;
      }
    }
  }

  struct Ending {
    World world;
    int64_t owed = 0;  // to the person
    int64_t payable = 0;
  };

  // The same operations with the fact known from the beginning.
  Ending OnTime(const std::shared_ptr<const Reference>& reference, const v1::PersonFacts& facts) {
    Ending ending{World(reference, facts)};
    std::vector<std::string> setl_ids(operations_.size());
    for (size_t k = 0; k < operations_.size(); ++k) {
      const Operation& operation = operations_[k];
      if (operation.kind == Operation::kCredit) ending.world.Credit(operation.credit, operation.at);
      if (operation.kind == Operation::kReverse && !setl_ids[operation.reverses].empty()) {
        EXPECT_EQ(
            ending.world.Reverse(absl::StrCat("u", k), setl_ids[operation.reverses], operation.at)
                .outcome(),
            v1::REVERSED);
      }
      if (operation.kind != Operation::kSettle) continue;
      // What the claim leaves to the person; all of it if it is refused.
      const int64_t total = operation.settle.claim().medfee_sumamt_fen();
      int64_t cash = total;
      if (!operation.refused) {
        const v1::Settlement settlement = ending.world.Settle(operation.settle, operation.at);
        setl_ids[k] = settlement.setl_id();
        if (settlement.outcome() == v1::SETTLED) cash = settlement.amounts().psn_cash_pay_fen();
      }
      if (!operation.stands && !operation.refused) continue;  // undone
      ending.owed += operation.cash_paid - cash;
      ending.payable += total - operation.cash_paid;
    }
    return ending;
  }

  static int64_t Sum(const std::map<std::string, int64_t>& sums) {
    int64_t sum = 0;
    for (const auto& [subject, amount] : sums) sum += amount;
    return sum;
  }

  static std::string Compare(World& late, Ending on_time) {
    if (late.person().account != on_time.world.person().account) return "the account differs";
    if (late.Totals() != on_time.world.Totals()) return "running totals differ";
    if (late.Ledger(store::v1::FUND_EXPENSE) != on_time.world.Ledger(store::v1::FUND_EXPENSE))
      return "what the funds spent differs";
    if (-Sum(late.Ledger(store::v1::PERSON_CLEARING)) != on_time.owed)
      return "PERSON_CLEARING is not the difference in cash";
    if (-Sum(late.Ledger(store::v1::INSTITUTION_PAYABLE)) != on_time.payable)
      return "the institution is owed another amount";
    if (!IsLedgerClean(late.store())) return "the audit finds something";
    return "";
  }

  std::mt19937_64 random_;
  std::vector<Operation> operations_;
  int corrected_ = 0;
};

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

TEST(LateFacts, EndInTheSameBalancesAndTotalsAsFactsKnownOnTime) {
  const auto seed = static_cast<uint64_t>(FromEnvironment("YIJIE_SEED", 20261122));
  const int64_t histories = FromEnvironment("YIJIE_HISTORIES", 20'000);
  std::printf("YIJIE_SEED=%llu YIJIE_HISTORIES=%lld\n", static_cast<unsigned long long>(seed),
              static_cast<long long>(histories));
  const auto reference = CorrectionReference();
  int64_t corrected = 0;
  for (uint64_t n = 0; n < static_cast<uint64_t>(histories); ++n) {
    History history(seed + n);
    const std::string difference = history.Run(reference, Right);
    corrected += history.corrected();
    ASSERT_EQ(difference, "") << "YIJIE_SEED=" << seed + n << " YIJIE_HISTORIES=1";
  }
  std::printf("%lld settlements corrected\n", static_cast<long long>(corrected));
  if (histories < 100) return;
  EXPECT_GT(corrected, histories / 2);
}

// --- Defects that the property must find

using Versions = std::vector<storage::PersonVersion>;
using store::v1::PersonEvent;

PersonEvent EventOf(const storage::PersonVersion& version) {
  PersonEvent event;
  EXPECT_TRUE(event.ParseFromString(version.event));
  return event;
}

// The same money, but not by a claim.
void MakeCredit(storage::PersonVersion& version) {
  PersonEvent event = EventOf(version);
  event.mutable_credited();
  version.event = event.SerializeAsString();
}

bool IsUndone(const Versions& versions, int64_t settled) {
  for (const storage::PersonVersion& version : versions) {
    if (EventOf(version).reversed().orig_version() == settled) return true;
  }
  return false;
}

absl::StatusOr<std::vector<ReplayedClaim>> AsOfToday(const Reference& reference,
                                                     const Versions& versions,
                                                     std::shared_ptr<const v1::PersonFacts> facts,
                                                     const Moment& now) {
  Versions dated = versions;
  for (storage::PersonVersion& version : dated) {
    PersonEvent event = EventOf(version);
    event.set_time_unix_ms(now.unix_ms);
    version.event = event.SerializeAsString();
  }
  return ReplayHistory(reference, dated, std::move(facts));
}

absl::StatusOr<std::vector<ReplayedClaim>> FirstClaimOnly(
    const Reference& reference, const Versions& versions,
    std::shared_ptr<const v1::PersonFacts> facts, const Moment& /*now*/) {
  auto replayed = ReplayHistory(reference, versions, std::move(facts));
  if (replayed.ok() && replayed->size() > 1)
    replayed->erase(replayed->begin() + 1, replayed->end());
  return replayed;
}

// Each claim from the account and the totals as they were.
absl::StatusOr<std::vector<ReplayedClaim>> FromOldState(
    const Reference& reference, const Versions& versions,
    std::shared_ptr<const v1::PersonFacts> facts, const Moment& /*now*/) {
  std::vector<ReplayedClaim> replayed;
  for (size_t k = 0; k < versions.size(); ++k) {
    if (!EventOf(versions[k]).has_settled() || IsUndone(versions, versions[k].version)) continue;
    Versions others = versions;
    for (size_t i = 0; i < others.size(); ++i) {
      if (i != k) MakeCredit(others[i]);
    }
    auto one = ReplayHistory(reference, others, facts);
    if (!one.ok()) return one;
    for (ReplayedClaim& claim : *one) replayed.push_back(std::move(claim));
  }
  return replayed;
}

// Undone claims as if they had never been.
absl::StatusOr<std::vector<ReplayedClaim>> WithoutUndone(
    const Reference& reference, const Versions& versions,
    std::shared_ptr<const v1::PersonFacts> facts, const Moment& /*now*/) {
  Versions standing;
  for (const storage::PersonVersion& version : versions) {
    const PersonEvent event = EventOf(version);
    const bool undone = event.has_settled() && IsUndone(versions, version.version);
    if (!undone && !event.has_reversed()) standing.push_back(version);
  }
  return ReplayHistory(reference, standing, std::move(facts));
}

absl::StatusOr<std::vector<ReplayedClaim>> UnderOldFacts(
    const Reference& reference, const Versions& versions,
    std::shared_ptr<const v1::PersonFacts> facts, const Moment& /*now*/) {
  if (!versions.empty()) facts = ParsePerson(versions.back())->facts;
  return ReplayHistory(reference, versions, std::move(facts));
}

// Result of the right replay, spoilt.
Replayer Spoilt(std::function<void(ReplayedClaim&)> spoil) {
  return [spoil](const Reference& reference, const Versions& versions,
                 std::shared_ptr<const v1::PersonFacts> facts, const Moment& /*now*/) {
    auto replayed = ReplayHistory(reference, versions, std::move(facts));
    if (replayed.ok()) {
      for (ReplayedClaim& claim : *replayed) spoil(claim);
    }
    return replayed;
  };
}

TEST(LateFacts, TheComparisonFindsPlantedDefects) {
  const std::vector<std::pair<std::string, Replayer>> defects = {
      {"as of today", AsOfToday},
      {"the first claim only", FirstClaimOnly},
      {"from the old state", FromOldState},
      {"without undone claims", WithoutUndone},
      {"under the old facts", UnderOldFacts},
      {"forgets running totals", Spoilt([](ReplayedClaim& c) { c.deltas.clear(); })},
      {"leaves the account alone", Spoilt([](ReplayedClaim& c) { c.account_paid = {}; })},
      {"forgets the cash of the first settlement",
       Spoilt([](ReplayedClaim& c) { c.record.event.mutable_settled()->clear_cash_given(); })},
      {"corrects what was undone", Spoilt([](ReplayedClaim& c) { c.stands = true; })},
      {"keeps what is refused now", Spoilt([](ReplayedClaim& c) {
         if (!c.settles()) c.stands = false;
       })},
  };
  const auto reference = CorrectionReference();
  for (const auto& [name, replayer] : defects) {
    uint64_t seed = 1;
    constexpr uint64_t kMost = 2'000;
    while (seed <= kMost && History(seed).Run(reference, replayer).empty()) ++seed;
    EXPECT_LE(seed, kMost) << name;
    std::printf("%s: history %llu\n", name.c_str(), static_cast<unsigned long long>(seed));
  }
}

}  // namespace
}  // namespace yijie::engine
