// Random histories of stays against a small model that keeps whole bills in memory. The seed is
// printed; YIJIE_SEED repeats a run.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/stay/stay_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr int kHistories = 200;
constexpr int kSteps = 100;
constexpr int kForever = 99;
constexpr int kLastDay = 15;  // of June: the day of TestNow

struct Fee {
  int day = 0;
  int64_t fen = 0;
};
struct Batch {
  std::string serial;
  std::vector<Fee> fees;
  std::string setl_id;  // of the settlement that took it
  int64_t sum() const {
    int64_t sum = 0;
    for (const Fee& fee : fees) sum += fee.fen;
    return sum;
  }
  bool before(int day) const {
    return std::all_of(fees.begin(), fees.end(), [day](const Fee& fee) { return fee.day <= day; });
  }
  bool after(int day) const {
    return std::all_of(fees.begin(), fees.end(), [day](const Fee& fee) { return fee.day > day; });
  }
};
struct ModelStay {
  int from = 0;
  int to = kForever;
  bool settled = false;
  std::map<std::string, Batch> batches;

  bool any_settled() const {
    return std::any_of(batches.begin(), batches.end(),
                       [](const auto& batch) { return !batch.second.setl_id.empty(); });
  }
  int64_t open() const {
    int64_t sum = 0;
    for (const auto& [no, batch] : batches) sum += batch.setl_id.empty() ? batch.sum() : 0;
    return sum;
  }
  int last_fee() const {
    int last = 0;
    for (const auto& [no, batch] : batches) {
      for (const Fee& fee : batch.fees) last = std::max(last, fee.day);
    }
    return last;
  }
  int first_fee() const {
    int first = kForever;
    for (const auto& [no, batch] : batches) {
      for (const Fee& fee : batch.fees) first = std::min(first, fee.day);
    }
    return first;
  }
};

// One random history of one person in two hospitals.
class History {
 public:
  explicit History(uint64_t seed) : random_(seed) {}

  void Run() {
    for (int step = 0; step < kSteps && !testing::Test::HasFailure(); ++step) {
      hospital_ = Below(4) == 0 ? kOtherHospital : kHospital;
      visit_ = absl::StrCat("V", Below(2));
      world_.From(hospital_);
      Step();
      Compare();
      if (Below(20) == 0) world_.Restart();
    }
    EXPECT_TRUE(world_.LedgerIsClean());
  }

  // How many steps did something, by name: a run that never settles shows nothing.
  static std::map<std::string, int>& Done() {
    static auto* const done = new std::map<std::string, int>();
    return *done;
  }

 private:
  using Key = std::pair<std::string, std::string>;  // hospital, visit

  int Below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
  int Day() { return 1 + Below(kLastDay); }

  void Step() {
    switch (Below(11)) {
      case 0:
        return Admit();
      case 1:
        return Change();
      case 2:
        return Cancel();
      case 3:
      case 4:
      case 5:
        return Upload();
      case 6:
        return CancelFees();
      case 7:
        return Discharge();
      case 8:
        return CancelDischarge();
      case 9:
        return Settle();
      default:
        return Reverse();
    }
  }

  ModelStay* stay() {
    const auto found = stays_.find({hospital_, visit_});
    return found == stays_.end() ? nullptr : &found->second;
  }
  bool Overlaps(int from, int to) {
    for (const auto& [key, other] : stays_) {
      if (key == Key(hospital_, visit_)) continue;
      if (from < other.to && other.from < to) return true;
    }
    return false;
  }
  // True if the model expects the call to be done.
  bool Expect(const char* what, const v1::StayResponse& got, v1::StayOutcome want) {
    EXPECT_EQ(got.outcome(), want) << what << " " << hospital_ << " " << visit_;
    if (want == v1::STAY_DONE) ++Done()[what];
    return want == v1::STAY_DONE;
  }

  void Admit() {
    const int day = Day();
    const auto want = stay() != nullptr         ? v1::STAY_EXISTS
                      : Overlaps(day, kForever) ? v1::OVERLAPPING_STAY
                                                : v1::STAY_DONE;
    if (Expect("admit", world_.Admit(visit_, day), want)) stays_[{hospital_, visit_}].from = day;
  }
  void Change() {
    const int day = Day();
    ModelStay* const s = stay();
    const auto want = s == nullptr           ? v1::NO_SUCH_STAY
                      : s->any_settled()     ? v1::BATCH_SETTLED
                      : s->first_fee() < day ? v1::STAY_HAS_FEES
                      : s->to < day          ? v1::STAY_REFUSED
                      : Overlaps(day, s->to) ? v1::OVERLAPPING_STAY
                                             : v1::STAY_DONE;
    if (Expect("change", world_.Change(visit_, day), want)) s->from = day;
  }
  void Cancel() {
    const auto want = stay() == nullptr         ? v1::NO_SUCH_STAY
                      : stay()->batches.empty() ? v1::STAY_DONE
                                                : v1::STAY_HAS_FEES;
    if (Expect("cancel", world_.CancelAdmission(visit_), want)) stays_.erase({hospital_, visit_});
  }
  void Upload() {
    const std::string no = absl::StrCat("B", Below(5));
    ModelStay* const s = stay();
    Batch batch;
    std::vector<v1::FeeLine> lines;
    const int count = 1 + Below(2);
    for (int i = 0; i < count; ++i) {
      const int from = s == nullptr ? 1 : s->from;
      const Fee fee{from + Below(kLastDay - from + 1), 100 + Below(20'000)};
      batch.fees.push_back(fee);
      lines.push_back(Line(absl::StrCat("L", ++serials_), fee.day, fee.fen));
    }
    const auto want = s == nullptr               ? v1::NO_SUCH_STAY
                      : s->to != kForever        ? v1::STAY_NOT_OPEN
                      : s->batches.count(no) > 0 ? v1::BATCH_EXISTS
                                                 : v1::STAY_DONE;
    if (Expect("upload", world_.Upload(visit_, no, lines), want)) s->batches[no] = batch;
  }
  void CancelFees() {
    const std::string no = absl::StrCat("B", Below(5));
    ModelStay* const s = stay();
    const auto want = s == nullptr                      ? v1::NO_SUCH_STAY
                      : s->batches.count(no) == 0       ? v1::NO_SUCH_BATCH
                      : !s->batches[no].setl_id.empty() ? v1::BATCH_SETTLED
                                                        : v1::STAY_DONE;
    if (Expect("cancel fees", world_.CancelFees(visit_, no), want)) s->batches.erase(no);
  }
  void Discharge() {
    ModelStay* const s = stay();
    const int from = s == nullptr ? 1 : s->from;
    const int day = from + Below(kLastDay - from + 1);
    const auto want = s == nullptr          ? v1::NO_SUCH_STAY
                      : s->to != kForever   ? v1::STAY_NOT_OPEN
                      : s->last_fee() > day ? v1::DISCHARGE_BEFORE_FEES
                                            : v1::STAY_DONE;
    if (Expect("discharge", world_.Discharge(visit_, day), want)) s->to = day;
  }
  void CancelDischarge() {
    ModelStay* const s = stay();
    const auto want = s == nullptr                  ? v1::NO_SUCH_STAY
                      : s->settled                  ? v1::STAY_NOT_OPEN
                      : s->to == kForever           ? v1::STAY_NOT_DISCHARGED
                      : Overlaps(s->from, kForever) ? v1::OVERLAPPING_STAY
                                                    : v1::STAY_DONE;
    if (Expect("cancel discharge", world_.CancelDischarge(visit_), want)) s->to = kForever;
  }

  void Settle() {
    ModelStay* const s = stay();
    const int until = Below(2) == 0 ? 0 : Day();
    const int64_t wrong = Below(6) == 0 ? 1 : 0;
    int64_t sum = 0;
    bool parted = false;
    std::vector<Batch*> taken;
    if (s != nullptr) {
      for (auto& [no, batch] : s->batches) {
        if (!batch.setl_id.empty() || (until != 0 && batch.after(until))) continue;
        parted = parted || (until != 0 && !batch.before(until));
        sum += batch.sum();
        taken.push_back(&batch);
      }
    }
    const Reply reply = world_.Send(
        Call::kSettleStay, world_.SettleRequest(visit_, std::max<int64_t>(sum + wrong, 1), until));
    if (s == nullptr) {
      EXPECT_EQ(reply.status.code(), absl::StatusCode::kNotFound);
      return;
    }
    const bool timely = until == 0 ? s->to != kForever : until >= s->from && until < s->to;
    const bool ready = !s->settled && timely && !parted && !taken.empty();
    if (ready && wrong != 0) {
      EXPECT_EQ(reply.status.code(), absl::StatusCode::kInvalidArgument);
      return;
    }
    const auto settlement = Parsed<v1::SettleResponse>(reply).settlement();
    EXPECT_EQ(settlement.outcome(), ready ? v1::SETTLED : v1::CLAIM_INCOMPLETE)
        << settlement.reason();
    if (!ready) return;
    ++Done()[until == 0 ? "settle" : "settle a part"];
    EXPECT_EQ(settlement.amounts().medfee_sumamt_fen(), sum);
    for (Batch* const batch : taken) batch->setl_id = settlement.setl_id();
    s->settled = until == 0;
    settlements_.push_back({settlement.setl_id(), {hospital_, visit_}});
  }

  // All settlements share the yearly totals of the scheme, so the newest goes first.
  void Reverse() {
    if (settlements_.empty()) return;
    const auto place =
        static_cast<size_t>(Below(2) == 0 ? static_cast<int>(settlements_.size()) - 1
                                          : Below(static_cast<int>(settlements_.size())));
    const auto [setl_id, key] = settlements_[place];
    hospital_ = key.first;
    visit_ = key.second;
    world_.From(hospital_);
    const bool newest = place + 1 == settlements_.size();
    const v1::Reversal reversal = world_.Reverse(setl_id);
    EXPECT_EQ(reversal.outcome(), newest ? v1::REVERSED : v1::LATER_SETTLEMENT_EXISTS);
    if (!newest) return;
    ++Done()["reverse"];
    settlements_.pop_back();
    ModelStay& s = *stay();
    s.settled = false;
    for (auto& [no, batch] : s.batches) {
      if (batch.setl_id == setl_id) batch.setl_id.clear();
    }
  }

  void Compare() {
    const v1::StayResponse got = world_.Get(visit_);
    const ModelStay* const s = stay();
    ASSERT_EQ(got.outcome(), s == nullptr ? v1::NO_SUCH_STAY : v1::STAY_DONE);
    if (s == nullptr) return;
    EXPECT_EQ(got.stay().open_sum_fen(), s->open());
    EXPECT_EQ(got.stay().settled(), s->settled);
    EXPECT_EQ(got.stay().discharged(), s->to != kForever);
    EXPECT_EQ(got.stay().admission().begndate(), June(s->from));
  }

  std::mt19937_64 random_;
  StayWorld world_;
  std::map<Key, ModelStay> stays_;
  std::vector<std::pair<std::string, Key>> settlements_;  // that stand, oldest first
  std::string hospital_;
  std::string visit_;
  int serials_ = 0;
};

TEST(StayModel, RandomHistoriesComeOutAsInTheModel) {
  const char* const given = std::getenv("YIJIE_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20261122;
  std::printf("YIJIE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  for (uint64_t i = 0; i < kHistories && !HasFailure(); ++i) {
    SCOPED_TRACE(absl::StrCat("YIJIE_SEED=", seed + i, " (first history)"));
    History(seed + i).Run();
  }
  if (given != nullptr) return;
  for (const char* what : {"admit", "change", "cancel", "upload", "cancel fees", "discharge",
                           "cancel discharge", "settle", "settle a part", "reverse"}) {
    EXPECT_GT(History::Done()[what], 5) << what;
  }
}

}  // namespace
}  // namespace yijie::engine
