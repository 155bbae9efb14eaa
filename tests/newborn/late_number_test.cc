// A bill settled under the mother and re-pointed = a bill settled under the child from the
// beginning, on random histories of both.
//
// YIJIE_HISTORIES scales it and YIJIE_SEED replays it: history number n has the seed YIJIE_SEED +
// n.

#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/correction/world.h"
#include "tests/engine/engine_fixture.h"
#include "tests/newborn/two_persons.h"

namespace yijie::engine {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr int kDays = 150;  // of a history; the last is that of TestNow

// `tick` tells apart what happens on one day.
Moment On(int day, int tick = 0) {
  return MomentOf(TestNow().unix_ms - (kDays - day) * kDayMs + tick);
}

struct Operation {
  enum Kind { kSettle, kCredit, kReverse } kind = kSettle;
  Moment at;
  std::string holder;  // under whom it is now
  v1::SettleRequest settle;
  v1::CreditAccountRequest credit;
  size_t reverses = 0;  // index of the settlement

  // Of a settlement:
  bool of_child = false;  // though the mother holds it
  bool stands = false;
  bool refused = false;  // by a correction
  std::string setl_id;
  int64_t cash_paid = 0;
};

class History {
 public:
  History(uint64_t seed, TwoPersons::Spoil spoil) : random_(seed), spoil_(std::move(spoil)) {}

  // Empty, or how the late history ends differently.
  std::string Run(const std::shared_ptr<const Reference>& reference) {
    const v1::PersonFacts mother = RandomFacts(MotherFacts());
    const v1::PersonFacts child = RandomFacts(ChildFacts());
    TwoPersons late(reference, mother, child, spoil_);
    int day = 1;
    const int count = Number(2, 10);
    for (int i = 0; i < count; ++i) {
      day += Number(0, (kDays - 5) / count);
      Act(late, i, day);
    }
    while (RepointOne(late, TestNow())) {
    }
    return Compare(late, reference, mother, child);
  }
  int repointed() const { return repointed_; }
  int corrected() const { return corrected_; }

 private:
  int Number(int least, int most) {
    return std::uniform_int_distribution<int>(least, most)(random_);
  }

  v1::PersonFacts RandomFacts(v1::PersonFacts facts) {
    if (Number(0, 1) == 0) {
      v1::AssistanceSpan* span = facts.add_assistance();
      span->set_class_(v1::DIBAO);
      span->set_begndate(FormatDate(On(Number(1, kDays)).day));
    }
    const int kind = Number(0, 9);
    if (kind == 0) facts.set_cvlserv_flag(true);
    if (kind == 1) facts.mutable_coverage(0)->set_psn_type("12");
    if (kind == 2) facts.mutable_coverage(0)->set_enddate(FormatDate(On(Number(1, kDays)).day));
    return facts;
  }

  void Act(TwoPersons& world, int i, int day) {
    const int kind = Number(0, 9);
    if (kind < 2) return Credit(world, i, day);
    if (kind == 2) return Reverse(world, i, day);
    if (kind == 3) {
      RepointOne(world, On(day, i));
      return;
    }
    Settle(world, i, day);
  }

  void Credit(TwoPersons& world, int i, int day) {
    Operation operation;
    operation.kind = Operation::kCredit;
    operation.at = On(day, i);
    operation.holder = Number(0, 1) == 0 ? "M" : "C";
    operation.credit = CreditOf(absl::StrCat("c", i), operation.holder, Number(1, 150'000));
    if (Number(0, 2) == 0) operation.credit.set_sub_account(v1::PAST_YEARS);
    world.Do<v1::CreditAccountResponse>(Call::kCreditAccount, operation.credit, operation.at);
    operations_.push_back(operation);
  }

  void Settle(TwoPersons& world, int i, int day) {
    Operation operation;
    operation.at = On(day, i);
    const int whose = Number(0, 3);
    operation.holder = whose == 0 ? "C" : "M";
    operation.of_child = whose > 1;
    const int scheme = Number(0, 5);
    operation.settle =
        SettleOf(absl::StrCat("s", i), operation.holder,
                 Number(0, 4) == 0 ? Number(100'000, 1'500'000) : Number(1'000, 150'000),
                 scheme == 0 ? "510" : "310");
    v1::Claim* claim = operation.settle.mutable_claim();
    if (scheme > 1) claim->set_med_type("11");
    claim->set_begndate(FormatDate(On(day - Number(0, 3)).day));
    claim->clear_enddate();
    if (Number(0, 3) == 0) claim->clear_acct_used_flag();
    if (Number(0, 3) == 0) claim->mutable_fee_line(0)->set_med_list_codg("B");
    const auto settlement =
        world.Do<v1::SettleResponse>(Call::kSettle, operation.settle, operation.at).settlement();
    if (settlement.outcome() != v1::SETTLED) return;
    operation.stands = true;
    operation.setl_id = settlement.setl_id();
    operation.cash_paid = settlement.amounts().psn_cash_pay_fen();
    operations_.push_back(operation);
  }

  static v1::UndoSettlementRequest UndoRequest(const std::string& msgid, const std::string& psn_no,
                                               const std::string& setl_id) {
    v1::UndoSettlementRequest request;
    *request.mutable_header() = Header(msgid);
    request.set_psn_no(psn_no);
    request.set_setl_id(setl_id);
    request.set_fixmedins_code(kHospital);
    request.set_reason("test");
    return request;
  }

  // The newest claim of both that stands.
  void Reverse(TwoPersons& world, int i, int day) {
    for (size_t k = operations_.size(); k-- > 0;) {
      if (!operations_[k].stands) continue;
      const auto response = world.Do<v1::ReverseResponse>(
          Call::kUndoSettlement,
          UndoRequest(absl::StrCat("r", i), operations_[k].holder, operations_[k].setl_id),
          On(day, i));
      if (response.reversal().outcome() != v1::REVERSED) return;
      operations_[k].stands = false;
      Operation operation;
      operation.kind = Operation::kReverse;
      operation.at = On(day, i);
      operation.reverses = k;
      operations_.push_back(operation);
      return;
    }
  }

  // Some bill of the child that the mother holds; false if there is none.
  bool RepointOne(TwoPersons& world, const Moment& now) {
    std::vector<Operation*> candidates;
    for (Operation& operation : operations_) {
      if (operation.of_child && operation.stands) candidates.push_back(&operation);
    }
    if (candidates.empty()) return false;
    Operation& moved =
        *candidates[static_cast<size_t>(Number(0, static_cast<int>(candidates.size()) - 1))];
    moved.of_child = false;
    v1::RepointRequest request;
    *request.mutable_header() = Header(absl::StrCat("p", ++messages_));
    request.set_psn_no("C");
    request.set_from_psn_no("M");
    request.set_fixmedins_code(kHospital);
    request.set_setl_id(moved.setl_id);
    request.set_reason("test");
    const auto response = world.Do<v1::RepointResponse>(Call::kRepoint, request, now);
    if (response.outcome() != v1::REPOINTED) return true;
    ++repointed_;
    moved.holder = "C";
    moved.setl_id = response.settlement().setl_id();
    for (const v1::Correction& correction : response.correction()) Follow(correction);
    for (const v1::Correction& correction : response.from_correction()) Follow(correction);
    return true;
  }

  void Follow(const v1::Correction& correction) {
    ++corrected_;
    for (Operation& operation : operations_) {
      if (operation.setl_id != correction.orig_setl_id()) continue;
      operation.setl_id = correction.setl_id();
      if (correction.outcome() == v1::SETTLED) continue;
      operation.stands = false;
      operation.refused = true;
      operation.of_child = false;
    }
  }

  // What a history leaves, beside what the ledger says.
  struct Ending {
    std::map<std::string, int64_t> owed;  // to the persons
    int64_t payable = 0;
  };

  // The same operations, each settled under whom it is in the end.
  Ending OnTime(TwoPersons& world) {
    Ending ending;
    std::vector<std::string> setl_ids(operations_.size());
    for (size_t k = 0; k < operations_.size(); ++k) {
      const Operation& operation = operations_[k];
      if (operation.kind == Operation::kCredit)
        world.Do<v1::CreditAccountResponse>(Call::kCreditAccount, operation.credit, operation.at);
      if (operation.kind == Operation::kReverse && !setl_ids[operation.reverses].empty()) {
        const auto response = world.Do<v1::ReverseResponse>(
            Call::kUndoSettlement,
            UndoRequest(absl::StrCat("u", k), operations_[operation.reverses].holder,
                        setl_ids[operation.reverses]),
            operation.at);
        EXPECT_EQ(response.reversal().outcome(), v1::REVERSED);
      }
      if (operation.kind != Operation::kSettle) continue;
      // What the claim leaves to the person; all of it if it is refused.
      const int64_t total = operation.settle.claim().medfee_sumamt_fen();
      int64_t cash = total;
      if (!operation.refused) {
        v1::SettleRequest request = operation.settle;
        request.mutable_claim()->set_psn_no(operation.holder);
        const auto settlement =
            world.Do<v1::SettleResponse>(Call::kSettle, request, operation.at).settlement();
        setl_ids[k] = settlement.setl_id();
        if (settlement.outcome() == v1::SETTLED) cash = settlement.amounts().psn_cash_pay_fen();
      }
      if (!operation.stands && !operation.refused) continue;  // undone
      ending.owed[operation.holder] += operation.cash_paid - cash;
      ending.payable += total - operation.cash_paid;
    }
    return ending;
  }

  static int64_t Sum(const std::map<std::string, int64_t>& sums) {
    int64_t sum = 0;
    for (const auto& [subject, amount] : sums) sum += amount;
    return sum;
  }

  std::string Compare(TwoPersons& late, const std::shared_ptr<const Reference>& reference,
                      const v1::PersonFacts& mother, const v1::PersonFacts& child) {
    TwoPersons on_time(reference, mother, child);
    Ending ending = OnTime(on_time);
    int64_t payable = 0;
    for (const std::string psn_no : {"M", "C"}) {
      const auto differs = [&](absl::string_view what) { return absl::StrCat(psn_no, ": ", what); };
      if (late.person(psn_no).account != on_time.person(psn_no).account)
        return differs("the account differs");
      if (late.Totals(psn_no) != on_time.Totals(psn_no)) return differs("running totals differ");
      if (late.Ledger(psn_no, store::v1::FUND_EXPENSE) !=
          on_time.Ledger(psn_no, store::v1::FUND_EXPENSE))
        return differs("what the funds spent differs");
      if (-Sum(late.Ledger(psn_no, store::v1::PERSON_CLEARING)) != ending.owed[psn_no])
        return differs("PERSON_CLEARING is not the difference in cash");
      payable -= Sum(late.Ledger(psn_no, store::v1::INSTITUTION_PAYABLE));
    }
    if (payable != ending.payable) return "the institution is owed another amount";
    return late.Problem();
  }

  std::mt19937_64 random_;
  const TwoPersons::Spoil spoil_;
  std::vector<Operation> operations_;
  int messages_ = 0;
  int repointed_ = 0;
  int corrected_ = 0;
};

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

TEST(LateNumber, EndsAsIfTheBillHadBeenTheChildsFromTheBeginning) {
  const auto seed = static_cast<uint64_t>(FromEnvironment("YIJIE_SEED", 20261122));
  const int64_t histories = FromEnvironment("YIJIE_HISTORIES", 3'000);
  std::printf("YIJIE_SEED=%llu YIJIE_HISTORIES=%lld\n", static_cast<unsigned long long>(seed),
              static_cast<long long>(histories));
  const auto reference = CorrectionReference();
  int64_t repointed = 0;
  int64_t corrected = 0;
  for (uint64_t n = 0; n < static_cast<uint64_t>(histories); ++n) {
    History history(seed + n, nullptr);
    const std::string difference = history.Run(reference);
    repointed += history.repointed();
    corrected += history.corrected();
    ASSERT_EQ(difference, "") << "YIJIE_SEED=" << seed + n << " YIJIE_HISTORIES=1";
  }
  std::printf("%lld bills re-pointed, %lld settlements corrected\n",
              static_cast<long long>(repointed), static_cast<long long>(corrected));
  if (histories < 100) return;
  EXPECT_GT(repointed, histories);
  EXPECT_GT(corrected, histories / 4);
}

TEST(LateNumber, TheComparisonFindsPlantedDefects) {
  const std::vector<std::pair<std::string, TwoPersons::Spoil>> defects = {
      {"as of today", [](store::v1::Departure* d) { d->set_as_of_unix_ms(TestNow().unix_ms); }},
      {"forgets the cash", [](store::v1::Departure* d) { d->set_cash_paid_fen(0); }},
      {"never uses the account",
       [](store::v1::Departure* d) { d->mutable_claim()->set_acct_used_flag(v1::ACCT_NOT_USED); }},
      {"loses a fen",
       [](store::v1::Departure* d) { d->set_cash_paid_fen(d->cash_paid_fen() - 1); }}};
  const auto reference = CorrectionReference();
  for (const auto& [name, spoil] : defects) {
    uint64_t seed = 1;
    constexpr uint64_t kMost = 500;
    while (seed <= kMost && History(seed, spoil).Run(reference).empty()) ++seed;
    EXPECT_LE(seed, kMost) << name;
    std::printf("%s: history %llu\n", name.c_str(), static_cast<unsigned long long>(seed));
  }
}

}  // namespace
}  // namespace yijie::engine
