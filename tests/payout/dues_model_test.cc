// Benefits beside bills and corrections, on random histories of bills, undos, refunds, late facts,
// payment files and restarts.
//
// The model knows bills, facts and the bank, nothing of debts, dues or cancelled payouts. What the
// bank paid, what is on its way, what waits, less what is owed, must always be what the standing
// bills come to under the facts of the day.
//
// YIJIE_SEED repeats a run, YIJIE_HISTORIES sets its length.

#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>
#include <pugixml.hpp>

#include "absl/strings/str_cat.h"
#include "tests/payout/payout_world.h"

namespace yijie::engine {
namespace {

constexpr int kPersons = 2;
constexpr int kSteps = 60;
constexpr uint64_t kHistories = 60;

struct Bill {
  std::string psn_no;
  std::string setl_id;  // the newest
  int64_t fen = 0;
  int64_t benefit = 0;
  int64_t cash_paid = 0;  // still with the institution
  bool refused = false;   // by a correction: it stays so
  bool refunded = false;
};

class DuesHistory {
 public:
  explicit DuesHistory(uint64_t seed) : random_(seed), world_(kPersons) {}

  void Run() {
    for (int step = 0; step < kSteps && !testing::Test::HasFailure(); ++step) {
      SCOPED_TRACE(step);
      Step();
      if (Below(6) == 0) world_.Restart();
      if (Below(6) == 0) NextDay();
      Compare();
    }
    EXPECT_TRUE(world_.LedgerIsClean());
  }

  static std::map<std::string, int>& Done() {
    static auto* const done = new std::map<std::string, int>();
    return *done;
  }

 private:
  int Below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
  void NextDay() {
    const Date next(world_.now().day.days() + 1 + Below(5));
    world_.SetDay(FormatDate(std::min(next, Date::FromCivil(2026, 6, 30))));
  }
  std::string AnyPerson() { return PayoutWorld::Person(1 + Below(kPersons)); }

  template <typename Response, typename Request>
  Response Send(Call call, const Request& request) {
    const Reply first = world_.Send(call, request);
    if (Below(3) == 0) {
      if (Below(2) == 0) world_.Restart();
      EXPECT_EQ(world_.Send(call, request).bytes, first.bytes);
    }
    EXPECT_TRUE(first.status.ok()) << first.status;
    Response response;
    EXPECT_TRUE(response.ParseFromString(first.bytes));
    return response;
  }

  // What the person pays of `fen` in cash under the facts of today.
  int64_t CashOf(const Bill& bill) const {
    if (bill.refused) return bill.fen;
    const int percent = poor_.count(bill.psn_no) > 0 ? 80 : 50;
    return bill.fen - (bill.fen * percent + 50) / 100;
  }

  Bill* AnyBill() {
    if (bills_.empty()) return nullptr;
    return &bills_[static_cast<size_t>(Below(static_cast<int>(bills_.size())))];
  }

  void Step() {
    switch (Below(14)) {
      case 0:
      case 1:
      case 2:
        return Settle();
      case 3:
        return Undo();
      case 4:
        return Refund();
      case 5:
      case 6:
        return Amend();
      case 7:
        return Refuse();
      case 8:
        return Register();
      case 9:
      case 10:
        return Export();
      case 11:
      case 12:
        return BankTells();
      default:
        return Below(2) == 0 ? Reissue() : InstructDues();
    }
  }

  void Settle() {
    Bill bill;
    bill.psn_no = AnyPerson();
    if (uninsured_.count(bill.psn_no) > 0) return;
    bill.fen = 2 * (1 + Below(50'000));
    bill.benefit = Below(3) == 0 ? 0 : 1 + Below(40'000);
    const auto response = Send<v1::SettleResponse>(
        Call::kSettle, world_.CounterBillOf(bill.psn_no, bill.fen, bill.benefit));
    ASSERT_EQ(response.settlement().outcome(), v1::SETTLED) << response.settlement().reason();
    bill.setl_id = response.settlement().setl_id();
    bill.cash_paid = CashOf(bill);
    ASSERT_EQ(response.settlement().amounts().psn_cash_pay_fen(), bill.cash_paid);
    bills_.push_back(bill);
    ++Done()["settle"];
  }

  void Undo() {
    Bill* bill = AnyBill();
    if (bill == nullptr || bill->refused) return;
    const auto response = Send<v1::ReverseResponse>(
        Call::kReverse, ReverseOf(world_.NextHeader().msgid(), bill->psn_no, bill->setl_id));
    ASSERT_EQ(response.reversal().outcome(), v1::REVERSED) << response.reversal().reason();
    bills_.erase(bills_.begin() + (bill - bills_.data()));
    ++Done()["undo"];
  }

  // One of the two units.
  void Refund() {
    Bill* bill = AnyBill();
    if (bill == nullptr || bill->refused || bill->refunded) return;
    v1::RefundRequest request;
    *request.mutable_header() = Header(world_.NextHeader().msgid());
    request.set_psn_no(bill->psn_no);
    request.set_setl_id(bill->setl_id);
    request.add_line()->set_line(1);
    request.mutable_line(0)->set_cnt_1e4(10'000);
    const auto response = Send<v1::RefundResponse>(Call::kRefund, request);
    ASSERT_EQ(response.outcome(), v1::REFUNDED) << response.reason();
    const int64_t before = CashOf(*bill);
    bill->fen /= 2;
    bill->cash_paid -= std::min(before - CashOf(*bill), bill->cash_paid);
    bill->refunded = true;
    bill->setl_id = response.remainder_setl_id();
    ++Done()["refund"];
  }

  void Take(const v1::AmendPersonResponse& response) {
    for (const v1::Correction& correction : response.correction()) {
      for (Bill& bill : bills_) {
        if (bill.setl_id != correction.orig_setl_id()) continue;
        if (correction.outcome() == v1::SETTLED) {
          bill.setl_id = correction.setl_id();
        } else {
          bill.refused = true;
          bill.benefit = 0;
        }
      }
    }
    ++Done()[response.correction_size() > 0 ? "correct" : "amend"];
  }

  // The person is found to be poor, or not to be.
  void Amend() {
    const std::string psn_no = AnyPerson();
    v1::PersonFacts facts = world_.Facts(psn_no);
    facts.clear_assistance();
    if (poor_.erase(psn_no) == 0) {
      poor_.insert(psn_no);
      v1::AssistanceSpan* span = facts.add_assistance();
      span->set_class_(v1::DIBAO);
      span->set_begndate("2026-01-01");
    }
    Take(world_.Amend(facts));
  }

  // The person is found not to have been insured, and later insured from now on.
  void Refuse() {
    const std::string psn_no = AnyPerson();
    if (Below(3) != 0 && uninsured_.count(psn_no) == 0) return;
    v1::PersonFacts facts = world_.Facts(psn_no);
    const bool insured = uninsured_.erase(psn_no) > 0;
    if (!insured) uninsured_.insert(psn_no);
    facts.mutable_coverage(0)->set_begndate(insured ? "2020-01-01" : "2026-06-05");
    Take(world_.Amend(facts));
    ++Done()["refuse"];
  }

  void Register() {
    const std::string psn_no = AnyPerson();
    v1::BankAccount account = world_.Account(psn_no, absl::StrCat(100'000 + Below(900'000)),
                                             FormatDate(world_.now().day));
    if (Below(3) == 0) {
      account.set_acct_name("别人");
      EXPECT_EQ(world_.Register(psn_no, account).outcome(0), v1::NAME_MISMATCH);
      return;
    }
    EXPECT_EQ(world_.Register(psn_no, account).outcome(0), v1::BANK_ACCOUNT_MATCHES);
    EXPECT_EQ(world_.Payouts(psn_no).due_size(), 0);
    ++Done()["register"];
  }

  void InstructDues() {
    v1::InstructDuesRequest request;
    *request.mutable_header() = world_.NextHeader();
    request.set_psn_no(AnyPerson());
    const auto before = world_.Payouts(request.psn_no());
    const auto response = Send<v1::InstructDuesResponse>(Call::kInstructDues, request);
    EXPECT_EQ(response.outcome(), before.due_size() == 0       ? v1::PAYOUT_REPEATED
                                  : before.account_size() == 0 ? v1::PAYOUT_ACCOUNT_REFUSED
                                                               : v1::PAYOUT_DONE);
    ++Done()["instruct dues"];
  }

  void Export() {
    const std::string id = absl::StrCat("F", ++files_);
    const auto exported = ExportPayments(
        kAgency, id, FormatDate(world_.now().day), [](int64_t, int64_t) {}, world_);
    ASSERT_TRUE(exported.ok()) << exported.status();
    if (exported->bytes.empty()) return;
    pugi::xml_document document;
    ASSERT_TRUE(document.load_buffer(exported->bytes.data(), exported->bytes.size()));
    for (const pugi::xpath_node& node : document.select_nodes("//CdtTrfTxInf")) {
      const std::string e2e = node.node().child("PmtId").child_value("EndToEndId");
      // Twice in any file, at any time, would be money twice.
      EXPECT_TRUE(seen_.insert(e2e).second) << e2e;
      on_its_way_[e2e] = id;
    }
    ++Done()["export"];
  }

  void BankTells() {
    if (on_its_way_.empty()) return;
    const auto at = std::next(on_its_way_.begin(), Below(static_cast<int>(on_its_way_.size())));
    const auto [e2e, file] = *at;
    const bool paid = Below(3) != 0;
    const auto told =
        StatusFileOf(absl::StrCat("S", ++statuses_), file, FormatDate(world_.now().day),
                     {{e2e, paid ? "ACSC" : "RJCT", ""}});
    for (int i = 0; i < 2; ++i) {
      const auto result = ImportStatuses(
          kAgency, told, [](int64_t, int64_t) {}, world_);
      ASSERT_TRUE(result.ok()) << result.status();
      EXPECT_TRUE(result->defects.empty());
      EXPECT_EQ(result->paid + result->returned, i == 0 ? 1 : 0);
    }
    on_its_way_.erase(at);
    ++Done()[paid ? "paid" : "returned"];
  }

  void Reissue() {
    for (int i = 1; i <= kPersons; ++i) {
      const std::string psn_no = PayoutWorld::Person(i);
      const v1::GetPayoutsResponse now = world_.Payouts(psn_no);
      for (const v1::Payout& payout : now.payout()) {
        if (payout.state() != v1::PAYOUT_RETURNED) continue;
        world_.Register(psn_no, world_.Account(psn_no, absl::StrCat(100'000 + Below(900'000)),
                                               FormatDate(world_.now().day)));
        if (world_.Reissue(psn_no, payout.payout_id()).outcome() == v1::PAYOUT_DONE)
          ++Done()["reissue"];
        return;
      }
    }
  }

  void Compare() {
    for (int i = 1; i <= kPersons; ++i) {
      const std::string psn_no = PayoutWorld::Person(i);
      int64_t entitled = 0;
      for (const Bill& bill : bills_) {
        if (bill.psn_no == psn_no) entitled += bill.benefit + bill.cash_paid - CashOf(bill);
      }
      const v1::GetPayoutsResponse told = world_.Payouts(psn_no);
      int64_t got = 0;
      for (const v1::Payout& payout : told.payout()) {
        if (payout.state() != v1::PAYOUT_CANCELLED) got += payout.amount_fen();
        if (payout.state() == v1::PAYOUT_CANCELLED) ++Done()["cancelled"];
        if (payout.deduction_size() > 0) ++Done()["deducted"];
      }
      for (const v1::BenefitDue& due : told.due()) got += due.amount_fen();
      for (const v1::BenefitDebt& debt : told.debt()) got -= debt.amount_fen();
      EXPECT_EQ(got, entitled) << psn_no << "\n" << told.ShortDebugString();
      if (told.debt_size() > 0) ++Done()["debt"];
      if (told.due_size() > 0) ++Done()["due"];
    }
  }

  std::mt19937_64 random_;
  PayoutWorld world_;
  std::vector<Bill> bills_;
  std::set<std::string> poor_;
  std::set<std::string> uninsured_;
  std::set<std::string> seen_;                     // EndToEndIds the bank took in
  std::map<std::string, std::string> on_its_way_;  // EndToEndId -> file
  int files_ = 0;
  int statuses_ = 0;
};

TEST(DuesModel, PersonsGetWhatTheirBillsComeTo) {
  const char* const given = std::getenv("YIJIE_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20261122;
  std::printf("YIJIE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  const char* const wanted = std::getenv("YIJIE_HISTORIES");
  const uint64_t histories =
      wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : uint64_t{kHistories};
  for (uint64_t i = 0; i < histories && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(absl::StrCat("YIJIE_SEED=", seed + i, " (first history)"));
    DuesHistory(seed + i).Run();
  }
  for (const auto& [what, times] : DuesHistory::Done()) std::printf("%s %d\n", what.c_str(), times);
  if (given != nullptr) return;
  for (const char* what : {"settle", "undo", "refund", "correct", "refuse", "register", "export",
                           "paid", "returned", "reissue", "cancelled", "deducted", "debt", "due"})
    EXPECT_GT(DuesHistory::Done()[what], 5) << what;
}

}  // namespace
}  // namespace yijie::engine
