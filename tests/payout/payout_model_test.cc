// Random histories of several persons, their payment files and the bank, against a model in memory
// that knows nothing of the engine. Between any two steps the engine may end and begin again, runs
// are cut off and repeated, messages and status files come twice. The seed is printed; YIJIE_SEED
// repeats a run.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <pugixml.hpp>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/payout/payout_world.h"

namespace yijie::engine {
namespace {

constexpr int kPersons = 3;
constexpr int kHistories = 60;
constexpr int kSteps = 120;

enum class Fate { kWaiting, kSent, kPaid, kBack, kGone };

struct ModelPayout {
  std::string person;
  std::string claim;  // settlement; for a month: the schedule
  std::string month;
  int64_t gross = 0;
  int64_t net = 0;
  Fate fate = Fate::kWaiting;
  std::string account;  // where it is to go
  int tries = 0;
  std::string file;  // of the last try
  std::string due;
};

struct ModelPerson {
  std::string account;  // registered
  std::map<std::string, bool> receipts;
  bool granted = false;
  std::string lump;      // settlement of the lump sum
  std::string schedule;  // settlement of the allowance
  int64_t rate = 0;
  std::map<std::string, int64_t> months;  // instructed
  int64_t debt = 0;
  std::vector<std::string> claims;  // reimbursements that stand, oldest first
};

struct ModelFile {
  std::string through;
  std::map<std::string, std::pair<int64_t, std::string>>
      transfers;  // end-to-end id -> fen, account
  std::string bytes;
};

// The bank: what it took in by EndToEndId. Money moves when a file first comes.
struct Bank {
  std::map<std::string, int64_t> received;  // by end-to-end id
  int64_t paid = 0;
};

class History {
 public:
  explicit History(uint64_t seed) : random_(seed), world_(kPersons) {}

  void Run() {
    for (int step = 0; step < kSteps && !testing::Test::HasFailure(); ++step) {
      Step();
      if (Below(8) == 0) world_.Restart();
      if (Below(5) == 0) NextDay();
    }
    Compare();
    EXPECT_TRUE(world_.LedgerIsClean());
  }

  static std::map<std::string, int>& Done() {
    static auto* const done = new std::map<std::string, int>();
    return *done;
  }

 private:
  int Below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
  std::string Today() { return FormatDate(world_.now().day); }
  // Bills of the beginning of June are filed within six months.
  void NextDay() {
    const Date next(world_.now().day.days() + 1 + Below(9));
    world_.SetDay(FormatDate(std::min(next, Date::FromCivil(2026, 11, 30))));
  }
  std::string AnyPerson() { return PayoutWorld::Person(1 + Below(kPersons)); }

  void Step() {
    switch (Below(12)) {
      case 0:
        return Register();
      case 1:
      case 2:
        return Reimburse();
      case 3:
        return Lump();
      case 4:
        return Monthly();
      case 5:
        return Withdraw();
      case 6:
        return MakeMonths();
      case 7:
      case 8:
        return ExportFile();
      case 9:
      case 10:
        return BankTells();
      default:
        return Reissue();
    }
  }

  void Register() {
    const std::string psn_no = AnyPerson();
    ModelPerson& person = persons_[psn_no];
    const std::string acct_no = absl::StrCat(100'000 + Below(900'000));
    const auto response = world_.Register(psn_no, world_.Account(psn_no, acct_no, Today()));
    ASSERT_EQ(response.outcome(0), v1::BANK_ACCOUNT_MATCHES) << response.reason();
    person.account = acct_no;
    ++Done()["register"];
  }

  // What the model thinks of a new payout of `gross`.
  ModelPayout NewPayout(const std::string& psn_no, const std::string& claim, int64_t gross) {
    ModelPerson& person = persons_[psn_no];
    ModelPayout payout;
    payout.person = psn_no;
    payout.claim = claim;
    payout.gross = gross;
    const int64_t deducted = std::min(person.debt, gross);
    person.debt -= deducted;
    payout.net = gross - deducted;
    payout.account = person.account;
    payout.due = Today();
    return payout;
  }

  void Take(const v1::Payout& told, ModelPayout payout) {
    EXPECT_EQ(told.amount_fen(), payout.net);
    EXPECT_EQ(told.gross_fen(), payout.gross);
    EXPECT_TRUE(payouts_.emplace(told.payout_id(), std::move(payout)).second);
  }

  // Sends it, perhaps twice, perhaps over a restart; the answers are the same bytes.
  template <typename Response, typename Request>
  Response SendTwice(Call call, const Request& request) {
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

  void Reimburse() {
    const std::string psn_no = AnyPerson();
    ModelPerson& person = persons_[psn_no];
    const std::string receipt = absl::StrCat("R", Below(6));
    const int64_t fen = 2 * (1 + Below(50'000));
    const auto response = SendTwice<v1::ReimburseResponse>(
        Call::kReimburse, world_.ReimburseOf(psn_no, receipt, fen));
    // Half, less 10 % of it, each rounded half up.
    const int64_t half = fen / 2;
    const int64_t owed = half - (half + 5) / 10;
    const auto want = person.receipts[receipt]             ? v1::OFFLINE_REIMBURSED_BEFORE
                      : person.account.empty() && owed > 0 ? v1::OFFLINE_ACCOUNT_REFUSED
                                                           : v1::OFFLINE_DONE;
    ASSERT_EQ(response.outcome(), want) << response.reason();
    if (want != v1::OFFLINE_DONE) return;
    ++Done()["reimburse"];
    const std::string setl_id = response.settlement().setl_id();
    person.receipts[receipt] = true;
    person.claims.push_back(setl_id);
    receipt_of_[setl_id] = receipt;
    ASSERT_EQ(response.payout_size(), owed > 0 ? 1 : 0);
    if (owed > 0) Take(response.payout(0), NewPayout(psn_no, setl_id, owed));
  }

  void Lump() {
    const std::string psn_no = AnyPerson();
    ModelPerson& person = persons_[psn_no];
    const int64_t fen = 1 + Below(90'000);
    const auto response = SendTwice<v1::ApplyBenefitResponse>(
        Call::kApplyBenefit, world_.BenefitOf(psn_no, "INJURY_LUMP_SUM", "2026-06-01", fen));
    const auto want = person.granted           ? v1::OFFLINE_GRANTED_BEFORE
                      : person.account.empty() ? v1::OFFLINE_ACCOUNT_REFUSED
                                               : v1::OFFLINE_DONE;
    ASSERT_EQ(response.outcome(), want) << response.reason();
    if (want != v1::OFFLINE_DONE) return;
    ++Done()["lump sum"];
    person.granted = true;
    person.lump = response.settlement().setl_id();
    ASSERT_EQ(response.payout_size(), 1);
    Take(response.payout(0), NewPayout(psn_no, person.lump, fen));
  }

  void Monthly() {
    const std::string psn_no = AnyPerson();
    ModelPerson& person = persons_[psn_no];
    if (!person.schedule.empty()) return;
    const int64_t fen = 1 + Below(9'000);
    const auto response = SendTwice<v1::ApplyBenefitResponse>(
        Call::kApplyBenefit, world_.BenefitOf(psn_no, "INJURY_MONTHLY", "2026-05-01", fen));
    const auto want = person.account.empty() ? v1::OFFLINE_ACCOUNT_REFUSED : v1::OFFLINE_DONE;
    ASSERT_EQ(response.outcome(), want) << response.reason();
    if (want != v1::OFFLINE_DONE) return;
    ++Done()["allowance"];
    person.schedule = response.settlement().setl_id();
    person.rate = fen;
  }

  static std::vector<std::string> MonthsThrough(const std::string& last) {
    std::vector<std::string> months;
    for (int year = 2026; year < 2032; ++year) {
      for (int month = 1; month <= 12; ++month) {
        const std::string text = absl::StrFormat("%04d-%02d", year, month);
        if (text >= "2026-05" && text <= last) months.push_back(text);
      }
    }
    return months;
  }

  void MakeMonths() {
    const std::string month = Today().substr(0, 7);
    const std::string run = absl::StrCat("r", ++runs_);
    const auto result = RunMonthly(
        kAgency, month, run, [](int64_t, int64_t) {}, world_);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_TRUE(result->refused.empty());
    int64_t made = 0;
    for (int i = 1; i <= kPersons; ++i) {
      const std::string psn_no = PayoutWorld::Person(i);
      ModelPerson& person = persons_[psn_no];
      if (person.schedule.empty()) continue;
      for (const std::string& each : MonthsThrough(month)) {
        if (person.months.count(each) > 0) continue;
        person.months[each] = person.rate;
        ModelPayout payout = NewPayout(psn_no, person.schedule, person.rate);
        payout.month = each;
        payout.due = std::max(absl::StrCat(each, "-10"), Today());
        const v1::Payout* told = nullptr;
        const auto now = world_.Payouts(psn_no);
        for (const v1::Payout& candidate : now.payout()) {
          if (candidate.source_item() == each && candidate.state() != v1::PAYOUT_CANCELLED &&
              payouts_.count(candidate.payout_id()) == 0)
            told = &candidate;
        }
        ASSERT_NE(told, nullptr) << psn_no << " " << each;
        Take(*told, payout);
        ++made;
      }
    }
    EXPECT_EQ(result->payouts, made);
    if (made > 0) ++Done()["months"];
    // The same run again, and another: nothing.
    for (const std::string& again : {run, absl::StrCat("r", ++runs_)}) {
      const auto repeated = RunMonthly(
          kAgency, month, again, [](int64_t, int64_t) {}, world_);
      ASSERT_TRUE(repeated.ok());
      EXPECT_EQ(repeated->payouts, again == run ? made : 0);
    }
  }

  // Reimbursements share a yearly total, so the newest goes first.
  void Withdraw() {
    const std::string psn_no = AnyPerson();
    ModelPerson& person = persons_[psn_no];
    const bool lump = Below(2) == 0;
    const std::string setl_id = lump                    ? person.lump
                                : person.claims.empty() ? ""
                                                        : person.claims.back();
    if (setl_id.empty()) return;
    const auto response = world_.Withdraw(psn_no, setl_id);
    std::vector<ModelPayout*> mine;
    for (auto& [id, payout] : payouts_) {
      if (payout.claim == setl_id) mine.push_back(&payout);
    }
    const bool on_its_way = std::any_of(mine.begin(), mine.end(), [](const ModelPayout* each) {
      return each->fate == Fate::kSent;
    });
    ASSERT_EQ(response.outcome(), on_its_way ? v1::WITHDRAW_PENDING : v1::WITHDRAWN)
        << response.reason() << response.reversal().reason();
    if (on_its_way) return;
    ++Done()["withdraw"];
    for (ModelPayout* each : mine) {
      if (each->fate == Fate::kPaid) {
        person.debt += each->gross;
        ++Done()["withdraw paid"];
      } else {
        person.debt += each->gross - each->net;  // what it had deducted is owed again
        each->fate = Fate::kGone;
      }
    }
    if (lump) {
      person.lump.clear();
      person.granted = false;
    } else {
      person.claims.pop_back();
      person.receipts[receipt_of_[setl_id]] = false;
    }
  }

  void ExportFile() {
    const std::string id = open_.empty() ? absl::StrCat("F", ++files_made_) : open_;
    const std::string through = open_.empty() ? Today() : files_[open_].through;
    if (open_.empty()) {
      // Which payouts go in is fixed when the file is opened.
      expected_.clear();
      for (const auto& [payout_id, payout] : payouts_) {
        if (payout.fate == Fate::kWaiting && payout.net > 0 && payout.due <= through)
          expected_.insert(payout_id);
      }
      if (!expected_.empty()) files_[id].through = through;
    }
    // Cut off after some calls, perhaps more than once.
    int calls_left = Below(3) == 0 ? 1 + Below(6) : 1'000;
    world_.before_call = [&calls_left] {
      return calls_left-- > 0 ? absl::OkStatus() : absl::UnavailableError("cut off");
    };
    const auto exported = ExportPayments(
        kAgency, id, through, [](int64_t, int64_t) {}, world_);
    world_.before_call = [] { return absl::OkStatus(); };
    SyncSent(id);
    if (!exported.ok()) {
      ASSERT_EQ(exported.status().code(), absl::StatusCode::kUnavailable) << exported.status();
      ++Done()["cut off"];
      if (!expected_.empty()) open_ = id;
      return;
    }
    ASSERT_TRUE(exported->other_file_id.empty());
    open_.clear();
    if (expected_.empty()) {
      EXPECT_TRUE(exported->bytes.empty());
      return;
    }
    if (exported->bytes.empty()) return;  // all were withdrawn meanwhile
    ModelFile& file = files_[id];
    file.bytes = exported->bytes;
    ReadFile(id, &file);
    ++Done()["export"];
  }

  // After a run that may have been cut off, some payouts of the file are on their way. Which, the
  // engine may choose; that they were expected, it may not.
  void SyncSent(const std::string& id) {
    for (int i = 1; i <= kPersons; ++i) {
      const v1::GetPayoutsResponse now = world_.Payouts(PayoutWorld::Person(i));
      for (const v1::Payout& told : now.payout()) {
        if (told.state() != v1::PAYOUT_IN_FILE) continue;
        ModelPayout& payout = payouts_.at(told.payout_id());
        if (payout.fate == Fate::kSent) continue;
        EXPECT_EQ(payout.fate, Fate::kWaiting);
        EXPECT_EQ(expected_.count(told.payout_id()), 1U);
        EXPECT_EQ(told.attempt(told.attempt_size() - 1).file_id(), id);
        payout.fate = Fate::kSent;
        payout.file = id;
        ++payout.tries;
      }
    }
  }

  // What the bank reads: every payout that is on its way in this file, once, to its account.
  void ReadFile(const std::string& id, ModelFile* file) {
    pugi::xml_document document;
    ASSERT_TRUE(document.load_buffer(file->bytes.data(), file->bytes.size()));
    int64_t total = 0;
    for (const pugi::xpath_node& node : document.select_nodes("//CdtTrfTxInf")) {
      const pugi::xml_node transfer = node.node();
      const std::string e2e = transfer.child("PmtId").child_value("EndToEndId");
      std::string digits = transfer.child("Amt").child_value("InstdAmt");
      digits.erase(digits.size() - 3, 1);
      const int64_t fen = std::stoll(digits);
      total += fen;
      const std::string account =
          transfer.child("CdtrAcct").child("Id").child("Othr").child_value("Id");
      EXPECT_TRUE(file->transfers.emplace(e2e, std::make_pair(fen, account)).second);
      // Twice in any file, at any time, would be money twice.
      EXPECT_TRUE(bank_.received.emplace(e2e, fen).second) << e2e;
      const ModelPayout& payout = payouts_.at(e2e.substr(0, 32));
      EXPECT_EQ(payout.fate, Fate::kSent);
      EXPECT_EQ(payout.file, id);
      EXPECT_EQ(fen, payout.net);
      EXPECT_EQ(account, payout.account);
    }
    size_t sent = 0;
    for (const auto& [payout_id, payout] : payouts_) {
      if (payout.fate == Fate::kSent && payout.file == id) ++sent;
    }
    EXPECT_EQ(file->transfers.size(), sent);
    EXPECT_GT(total, 0);
  }

  void BankTells() {
    std::vector<std::string> written;
    for (const auto& [id, file] : files_) {
      if (!file.transfers.empty()) written.push_back(id);
    }
    if (written.empty()) return;
    const std::string id = written[static_cast<size_t>(Below(static_cast<int>(written.size())))];
    const ModelFile& file = files_[id];
    std::vector<BankRow> rows;
    std::map<std::string, bool> decided;  // end-to-end id -> paid
    for (const auto& [e2e, what] : file.transfers) {
      const ModelPayout& payout = payouts_.at(e2e.substr(0, 32));
      const bool last = payout.file == id && payout.fate == Fate::kSent;
      if (!last || Below(4) == 0) continue;
      const int say = Below(3);
      if (say == 0) {
        rows.push_back({e2e, "PDNG", ""});
        continue;
      }
      rows.push_back({e2e, say == 1 ? "ACSC" : "RJCT", FormatYuan(Fen(what.first))});
      decided[e2e] = say == 1;
    }
    if (rows.empty()) return;
    const std::string status = StatusFileOf(absl::StrCat("S", ++statuses_), id, Today(), rows);
    if (Below(4) == 0) TellBadly(id, rows);
    if (Below(3) == 0) {
      int calls_left = 1 + Below(8);
      world_.before_call = [&calls_left] {
        return calls_left-- > 0 ? absl::OkStatus() : absl::UnavailableError("cut off");
      };
      (void)ImportStatuses(
          kAgency, status, [](int64_t, int64_t) {}, world_);
      world_.before_call = [] { return absl::OkStatus(); };
      if (Below(2) == 0) world_.Restart();
    }
    const auto imported = ImportStatuses(
        kAgency, status, [](int64_t, int64_t) {}, world_);
    ASSERT_TRUE(imported.ok()) << imported.status();
    for (const v1::StatusFileDefect& defect : imported->defects)
      ADD_FAILURE() << defect.path() << " " << defect.reason();
    for (const auto& [e2e, paid] : decided) {
      ModelPayout& payout = payouts_.at(e2e.substr(0, 32));
      payout.fate = paid ? Fate::kPaid : Fate::kBack;
      if (paid) bank_.paid += payout.net;
      ++Done()[paid ? "paid" : "returned"];
    }
    told_.push_back(status);
    // Any status file of the past again.
    const std::string& old = told_[static_cast<size_t>(Below(static_cast<int>(told_.size())))];
    const auto again = ImportStatuses(
        kAgency, old, [](int64_t, int64_t) {}, world_);
    ASSERT_TRUE(again.ok());
    EXPECT_TRUE(again->defects.empty());
    EXPECT_EQ(again->paid + again->returned, 0);
  }

  // A wrong amount in one row: nothing is applied.
  void TellBadly(const std::string& id, std::vector<BankRow> rows) {
    rows[0].status = "ACSC";
    rows[0].yuan = "0.01";
    if (files_[id].transfers.at(rows[0].end_to_end_id).first == 1) rows[0].yuan = "0.02";
    const auto imported = ImportStatuses(
        kAgency, StatusFileOf(absl::StrCat("B", ++statuses_), id, Today(), rows),
        [](int64_t, int64_t) {}, world_);
    ASSERT_TRUE(imported.ok()) << imported.status();
    EXPECT_EQ(imported->defects.size(), 1U);
    ++Done()["bad status file"];
  }

  void Reissue() {
    std::vector<std::string> known;
    for (const auto& [id, payout] : payouts_) known.push_back(id);
    if (known.empty()) return;
    const std::string id = known[static_cast<size_t>(Below(static_cast<int>(known.size())))];
    ModelPayout& payout = payouts_.at(id);
    ModelPerson& person = persons_[payout.person];
    // Perhaps to an account that was corrected since.
    if (payout.fate == Fate::kBack && Below(2) == 0) {
      const std::string acct_no = absl::StrCat(100'000 + Below(900'000));
      ASSERT_EQ(world_.Register(payout.person, world_.Account(payout.person, acct_no, Today()))
                    .outcome(0),
                v1::BANK_ACCOUNT_MATCHES);
      person.account = acct_no;
    }
    const auto response = world_.Reissue(payout.person, id);
    if (payout.fate != Fate::kBack) {
      EXPECT_EQ(response.outcome(), v1::PAYOUT_WRONG_STATE);
      return;
    }
    const bool changed = person.account != payout.account;
    if (response.outcome() == v1::PAYOUT_ACCOUNT_UNCHANGED) {
      EXPECT_FALSE(changed);
      return;
    }
    ASSERT_EQ(response.outcome(), v1::PAYOUT_DONE) << response.reason();
    payout.fate = Fate::kWaiting;
    payout.account = person.account;
    ++Done()["reissue"];
  }

  void Compare() {
    int64_t paid = 0;
    std::set<std::string> seen;
    for (int i = 1; i <= kPersons; ++i) {
      const std::string psn_no = PayoutWorld::Person(i);
      const auto told = world_.Payouts(psn_no);
      int64_t debt = 0;
      for (const v1::BenefitDebt& each : told.debt()) debt += each.amount_fen();
      EXPECT_EQ(debt, persons_[psn_no].debt) << psn_no;
      for (const v1::Payout& payout : told.payout()) {
        seen.insert(payout.payout_id());
        const ModelPayout& model = payouts_.at(payout.payout_id());
        const Fate fate = payout.state() == v1::PAYOUT_IN_FILE     ? Fate::kSent
                          : payout.state() == v1::PAYOUT_PAID      ? Fate::kPaid
                          : payout.state() == v1::PAYOUT_RETURNED  ? Fate::kBack
                          : payout.state() == v1::PAYOUT_CANCELLED ? Fate::kGone
                                                                   : Fate::kWaiting;
        EXPECT_EQ(static_cast<int>(fate), static_cast<int>(model.fate)) << payout.payout_id();
        EXPECT_EQ(payout.attempt_size(), model.tries);
        if (fate == Fate::kPaid) paid += payout.amount_fen();
      }
    }
    for (const auto& [id, payout] : payouts_) EXPECT_EQ(seen.count(id), 1U) << id;
    EXPECT_EQ(paid, bank_.paid);
    // Every file again gives its bytes.
    for (const auto& [id, file] : files_) {
      if (file.bytes.empty()) continue;
      const auto again = ExportPayments(
          kAgency, id, file.through, [](int64_t, int64_t) {}, world_);
      ASSERT_TRUE(again.ok()) << again.status();
      EXPECT_EQ(again->bytes, file.bytes);
    }
  }

  std::mt19937_64 random_;
  PayoutWorld world_;
  std::map<std::string, ModelPerson> persons_;
  std::map<std::string, ModelPayout> payouts_;  // by payout id
  std::map<std::string, std::string> receipt_of_;
  std::map<std::string, ModelFile> files_;
  std::set<std::string> expected_;  // payouts of the file that is open
  std::string open_;
  std::vector<std::string> told_;
  Bank bank_;
  int files_made_ = 0;
  int statuses_ = 0;
  int runs_ = 0;
};

TEST(PayoutModel, NothingIsPaidTwiceInRandomHistories) {
  const char* const given = std::getenv("YIJIE_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20261122;
  std::printf("YIJIE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  const char* const wanted = std::getenv("YIJIE_HISTORIES");
  const uint64_t histories =
      wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : uint64_t{kHistories};
  for (uint64_t i = 0; i < histories && !HasFailure(); ++i) {
    SCOPED_TRACE(absl::StrCat("YIJIE_SEED=", seed + i, " (first history)"));
    History(seed + i).Run();
  }
  for (const auto& [what, times] : History::Done()) std::printf("%s %d\n", what.c_str(), times);
  if (given != nullptr) return;
  for (const char* what :
       {"register", "reimburse", "lump sum", "allowance", "months", "withdraw", "withdraw paid",
        "export", "cut off", "paid", "returned", "reissue", "bad status file"}) {
    EXPECT_GT(History::Done()[what], 5) << what;
  }
}

}  // namespace
}  // namespace yijie::engine
