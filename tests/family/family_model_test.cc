// Random life of a family, with crashes at any commit, against a model in memory that knows nothing
// of holds: it pays, and it takes back. And the comparison itself, against planted defects.
// YIJIE_SEED and YIJIE_HISTORIES choose the histories.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/family/family_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using Subs = std::array<int64_t, 2>;

constexpr int64_t kYearlyLimit = 6'000;

class Model {
 public:
  struct Bond {
    int64_t per_settlement = 0;
    int64_t per_year = 0;
    int rank = 1;
  };

  void Credit(const std::string& person, size_t sub, int64_t fen) { account_[person][sub] += fen; }
  void SetBond(const std::string& giver, const std::string& relative, const Bond& bond) {
    bonds_[{giver, relative}] = bond;
  }
  void EndBond(const std::string& giver, const std::string& relative) {
    bonds_.erase({giver, relative});
  }
  bool IsBound(const std::string& giver, const std::string& relative) const {
    return bonds_.count({giver, relative}) > 0;
  }

  // Of a bill of which the fund pays half. What relatives pay.
  int64_t Settle(const std::string& msgid, const std::string& person, int64_t bill) {
    Paid& paid = settled_[msgid];
    int64_t open = bill / 2;
    open -= Pay(person, open, &paid.own);
    paid.person = person;
    std::vector<std::pair<int, std::string>> givers;
    for (const auto& [key, bond] : bonds_) {
      if (key.second == person) givers.emplace_back(bond.rank, key.first);
    }
    std::sort(givers.begin(), givers.end());
    int64_t family = 0;
    for (const auto& [rank, giver] : givers) {
      const Bond& bond = bonds_[{giver, person}];
      int64_t amount = open;
      if (bond.per_settlement > 0) amount = std::min(amount, bond.per_settlement);
      if (bond.per_year > 0) amount = std::min(amount, bond.per_year - total_[{giver, person}]);
      amount = std::max<int64_t>(std::min(amount, kYearlyLimit - TotalOf(giver)), 0);
      const int64_t part = Pay(giver, amount, &paid.parts[giver]);
      total_[{giver, person}] += part;
      open -= part;
      family += part;
    }
    return family;
  }

  void Undo(const std::string& msgid) {
    const auto found = settled_.find(msgid);
    if (found == settled_.end()) return;
    const Paid& paid = found->second;
    for (size_t sub = 0; sub < 2; ++sub) account_[paid.person][sub] += paid.own[sub];
    for (const auto& [giver, part] : paid.parts) {
      for (size_t sub = 0; sub < 2; ++sub) account_[giver][sub] += part[sub];
      total_[{giver, paid.person}] -= part[0] + part[1];
    }
    settled_.erase(found);
  }

  Subs account(const std::string& person) { return account_[person]; }
  int64_t TotalOf(const std::string& giver) const {
    int64_t sum = 0;
    for (const auto& [key, fen] : total_) sum += key.first == giver ? fen : 0;
    return sum;
  }

 private:
  struct Paid {
    std::string person;
    Subs own{};
    std::map<std::string, Subs> parts;
  };

  int64_t Pay(const std::string& person, int64_t wanted, Subs* paid) {
    int64_t sum = 0;
    for (size_t sub = 0; sub < 2; ++sub) {
      const int64_t part = std::min(wanted - sum, account_[person][sub]);
      account_[person][sub] -= part;
      (*paid)[sub] += part;
      sum += part;
    }
    return sum;
  }

  std::map<std::string, Subs> account_;
  std::map<std::pair<std::string, std::string>, Bond> bonds_;
  std::map<std::pair<std::string, std::string>, int64_t> total_;
  std::map<std::string, Paid> settled_;
};

// One history; stops at the first difference.
class History {
 public:
  History(uint64_t seed, FamilyWorld::Spoil spoil) : random_(seed), world_(WithLimit(spoil)) {}

  // What was wrong; empty if nothing was.
  std::string Run(int operations) {
    for (int i = 0; i < operations; ++i) {
      Operate();
      world_.Quiesce();
      const std::string difference = Difference();
      if (!difference.empty()) return absl::StrCat("operation ", i, ": ", difference);
    }
    return world_.Problem();
  }

 private:
  static FamilyWorld::Options WithLimit(FamilyWorld::Spoil spoil) {
    FamilyWorld::Options options;
    options.lanes = 2;
    options.sharing = absl::StrCat("yearly_limit_fen: ", kYearlyLimit);
    options.spoil = std::move(spoil);
    return options;
  }

  int64_t Draw(int64_t from, int64_t to) {
    return std::uniform_int_distribution<int64_t>(from, to)(random_);
  }
  std::string Person() { return kFamily[static_cast<size_t>(Draw(0, 3))]; }

  // The reply, however often the engine dies before it gives one.
  template <typename Request>
  Reply Insist(Call call, const Request& request) {
    if (Draw(0, 2) == 0) world_.CrashAt(static_cast<int>(Draw(1, 6)), Draw(0, 1) == 0);
    Reply reply = world_.Send(call, request);
    world_.engine().AwaitIdle();
    if (world_.crashed()) world_.Restart();
    world_.CrashAt(0, false);
    if (!reply.status.ok()) {
      reply = world_.Send(call, request);
      world_.Quiesce();
    }
    return reply;
  }

  void Operate() {
    switch (Draw(0, 9)) {
      case 0:
      case 1:
        return Credit();
      case 2:
        return ChangeBond();
      case 3:
      case 4:
        return Undo();
      default:
        return Settle();
    }
  }

  void Credit() {
    v1::CreditAccountRequest request = CreditOf(world_.NextId(), Person(), Draw(1, 2'000));
    const bool past = Draw(0, 1) == 0;
    request.set_sub_account(past ? v1::PAST_YEARS : v1::CURRENT_YEAR);
    if (Insist(Call::kCreditAccount, request).status.ok())
      model_.Credit(request.psn_no(), past ? 1 : 0, request.amount_fen());
  }

  void ChangeBond() {
    const std::string giver = Person();
    const std::string relative = Person();
    if (giver == relative) return;
    v1::ChangeFamilyBondRequest request =
        BondOf(world_.NextId(), giver, relative, static_cast<int>(Draw(1, 5)));
    if (model_.IsBound(giver, relative) && Draw(0, 1) == 0) {
      request.set_change(v1::END_BOND);
      request.clear_bond();
      request.mutable_bond()->set_relative_psn_no(relative);
      Insist(Call::kChangeFamilyBond, request);
      return model_.EndBond(giver, relative);
    }
    if (model_.IsBound(giver, relative)) request.set_change(v1::CHANGE_BOND);
    if (Draw(0, 1) == 0) request.mutable_bond()->set_settlement_limit_fen(Draw(1, 900));
    if (Draw(0, 1) == 0) request.mutable_bond()->set_yearly_limit_fen(Draw(1, 3'000));
    Insist(Call::kChangeFamilyBond, request);
    const v1::FamilyBond& bond = request.bond();
    model_.SetBond(giver, relative,
                   {bond.settlement_limit_fen(), bond.yearly_limit_fen(), bond.rank()});
  }

  void Settle() {
    const std::string msgid = world_.NextId();
    const std::string person = Person();
    const int64_t bill = 2 * Draw(1, 2'000);
    const Reply reply = Insist(Call::kSettle, FamilyBill(msgid, person, bill));
    v1::SettleResponse response;
    if (!reply.status.ok() || !response.ParseFromString(reply.bytes)) {
      problem_ = absl::StrCat("Settle: ", reply.status.message());
      return;
    }
    const int64_t family = model_.Settle(msgid, person, bill);
    if (response.settlement().amounts().acct_mulaid_pay_fen() != family)
      problem_ = absl::StrCat("relatives pay ", family, " in the model");
    settled_.emplace_back(msgid, person);
  }

  void Undo() {
    if (settled_.empty()) return;
    const auto [msgid, person] =
        settled_[static_cast<size_t>(Draw(0, static_cast<int64_t>(settled_.size()) - 1))];
    Insist(Call::kReverseByMessage, UndoOf(world_.NextId(), person, msgid));
    model_.Undo(msgid);
  }

  std::string Difference() {
    if (!problem_.empty()) return problem_;
    for (const char* person : kFamily) {
      if (world_.SubBalances(person) != model_.account(person))
        return absl::StrCat("balances of ", person);
      int64_t total = 0;
      const store::v1::PersonFamily family = world_.FamilyOf(person);
      for (const store::v1::FamilyTotal& each : family.total()) total += each.fen();
      if (total != model_.TotalOf(person)) return absl::StrCat("total of ", person);
      if (family.hold_size() + family.owed_size() > 0)
        return absl::StrCat("something stays open at ", person);
    }
    return "";
  }

  std::mt19937_64 random_;
  FamilyWorld world_;
  Model model_;
  std::vector<std::pair<std::string, std::string>> settled_;
  std::string problem_;
};

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  int64_t value = otherwise;
  if (text != nullptr && !absl::SimpleAtoi(text, &value)) return otherwise;
  return value;
}

constexpr int kOperations = 60;

TEST(FamilyModel, RandomHistoriesWithCrashes) {
  const auto seed = static_cast<uint64_t>(FromEnvironment("YIJIE_SEED", 20261122));
  const int64_t histories = FromEnvironment("YIJIE_HISTORIES", 40);
  std::printf("YIJIE_SEED=%llu YIJIE_HISTORIES=%lld\n", static_cast<unsigned long long>(seed),
              static_cast<long long>(histories));
  for (int64_t i = 0; i < histories; ++i) {
    const uint64_t this_seed = seed + static_cast<uint64_t>(i);
    const std::string problem = History(this_seed, nullptr).Run(kOperations);
    ASSERT_EQ(problem, "") << "YIJIE_SEED=" << this_seed << " YIJIE_HISTORIES=1";
  }
}

// --- What the comparison must notice

store::v1::PersonEvent EventOf(const storage::Commit& commit) {
  store::v1::PersonEvent event;
  YIJIE_CHECK(event.ParseFromString(commit.event), "an event of a test cannot be read");
  return event;
}

struct Defect {
  const char* name;
  FamilyWorld::Spoil spoil;
};

const Defect kDefects[] = {
    {"open rows are not written",
     [](storage::Commit& commit) {
       auto& rows = commit.rows;
       rows.erase(
           std::remove_if(rows.begin(), rows.end(),
                          [](const storage::RowWrite& row) { return row.table == "family_open"; }),
           rows.end());
     }},
    {"giver rows are not removed",
     [](storage::Commit& commit) {
       for (storage::RowWrite& row : commit.rows)
         if (row.table == "family_giver" && !row.value) row.value = "";
     }},
    {"refunds have no message id",
     [](storage::Commit& commit) {
       auto& messages = commit.messages;
       messages.erase(std::remove_if(messages.begin(), messages.end(),
                                     [](const storage::MessageWrite& write) {
                                       return write.key.transaction == v1::FAMILY_REFUND;
                                     }),
                      messages.end());
     }},
    {"settlements do not say what relatives paid",
     [](storage::Commit& commit) {
       if (commit.psn_no.empty()) return;
       store::v1::PersonEvent event = EventOf(commit);
       if (!event.has_settled()) return;
       event.mutable_settled()->clear_family();
       commit.event = event.SerializeAsString();
     }},
    {"undone settlements owe nothing",
     [](storage::Commit& commit) {
       if (commit.psn_no.empty() || !EventOf(commit).has_reversed()) return;
       store::v1::PersonState state;
       YIJIE_CHECK(state.ParseFromString(commit.state), "a state of a test cannot be read");
       state.mutable_family()->clear_owed();
       commit.state = state.SerializeAsString();
     }},
    {"totals are not kept",
     [](storage::Commit& commit) {
       if (commit.psn_no.empty()) return;
       store::v1::PersonState state;
       YIJIE_CHECK(state.ParseFromString(commit.state), "a state of a test cannot be read");
       state.mutable_family()->clear_total();
       commit.state = state.SerializeAsString();
     }},
};

TEST(FamilyModel, PlantedDefectsAreNoticed) {
  for (const Defect& defect : kDefects) {
    bool noticed = false;
    for (uint64_t seed = 1; seed <= 40 && !noticed; ++seed)
      noticed = !History(seed, defect.spoil).Run(kOperations).empty();
    EXPECT_TRUE(noticed) << defect.name;
  }
}

}  // namespace
}  // namespace yijie::engine
