#ifndef YIJIE_TESTS_ACCOUNT_ACCOUNT_WORLD_H_
#define YIJIE_TESTS_ACCOUNT_ACCOUNT_WORLD_H_

// The engine over a store in memory, with a clock of its own, and persons with accounts in it.

#include <memory>
#include <string>

#include "base/date.h"
#include "engine/audit/audit.h"
#include "engine/engine.h"
#include "tests/engine/engine_fixture.h"
#include "tests/memory_store.h"
#include "yijie/v1/account.pb.h"
#include "yijie/v1/agency.pb.h"

namespace yijie::engine {

inline constexpr char kOwner[] = "P1";
inline constexpr char kHeir[] = "P2";
inline constexpr char kAgency[] = "JB410199";

// Years begin on 1 July and roll over; interest of 0.35 % and 1.5 % by 360 days; commercial
// insurance from past years' money, relatives' premiums from any.
inline constexpr absl::string_view kUsualRules =
    "use { purpose: OWN_SHARE } use { purpose: FAMILY_PREMIUM } "
    "use { purpose: COMMERCIAL_INSURANCE past_years_only: true } "
    "credit_retired: YEARLY current_year_interest_1e6: 3500 past_years_interest_1e6: 15000 "
    "day_count: ACTUAL_360 year_rollover: true";

class AccountWorld {
 public:
  // `account_rules`: the `account` section of the area. Policies: benefit kind 11 pays half (of
  // the retired 70 %), and the account the rest as far as it goes; credits are 2 % of the base in
  // service and 900 yuan for the retired. Persons are known since 2025-01-10.
  explicit AccountWorld(absl::string_view account_rules = kUsualRules);

  // A person in service, of employee medical insurance since 2020.
  static yijie::v1::PersonFacts SoundFacts(const std::string& psn_no);

  // The next calls come in on this day, at noon and later.
  void GoTo(const std::string& day);
  void GoTo(Date day);
  Date today() const { return day_; }
  int64_t now_ms() const { return now_ms_; }

  template <typename Request>
  Reply Send(Call call, const Request& request) {
    now_ms_ += 1'000;
    auto job = MakeJob(call, std::make_unique<Request>(request), MomentOf(now_ms_));
    if (!job.ok()) return {job.status(), ""};
    Inbox inbox;
    engine_->Submit(inbox.Await(*std::move(job)));
    return inbox.Get();
  }
  // A call of the account; its header is filled in if it has none.
  template <typename Request>
  yijie::v1::AccountResponse Act(Call call, Request request) {
    if (!request.has_header()) *request.mutable_header() = AgencyHeader();
    return Parsed<yijie::v1::AccountResponse>(Send(call, request));
  }
  yijie::v1::MessageHeader AgencyHeader();

  // Requests without header, about kOwner.
  static yijie::v1::CreditByPolicyRequest CreditFor(const std::string& period, int64_t base_fen);
  static yijie::v1::CloseAccountYearRequest CloseYear(int year);
  static yijie::v1::PayFromAccountRequest Pay(yijie::v1::AccountRules::Purpose purpose,
                                              int64_t fen);
  static yijie::v1::FreezeAccountRequest Freeze(bool frozen, const std::string& begndate);
  static yijie::v1::EndAccountRequest End(yijie::v1::AccountAct act, const std::string& document);
  static yijie::v1::ReceiveIntoAccountRequest TransferIn(const std::string& document,
                                                         int64_t current_fen, int64_t past_fen);
  static yijie::v1::UndoAccountPostingRequest Undo(int64_t version);

  // Credits by hand.
  int64_t Put(int64_t fen, yijie::v1::SubAccount sub_account = yijie::v1::CURRENT_YEAR);
  // A bill of benefit kind 11 of today; half of it is the person's.
  yijie::v1::Settlement Settle(int64_t fen);
  yijie::v1::Reversal Reverse(const std::string& setl_id);
  // New facts of a person, as the agency tells them.
  yijie::v1::AmendPersonResponse Amend(const yijie::v1::PersonFacts& facts);
  yijie::v1::PersonFacts FactsOf(const std::string& psn_no);
  // Debts of kOwner, planted into the newest state.
  void PlantDebt(const std::string& debt_id, const std::string& since, int64_t fen);

  struct Balances {
    int64_t current = 0;
    int64_t past = 0;
    friend bool operator==(const Balances& a, const Balances& b) {
      return a.current == b.current && a.past == b.past;
    }
    friend std::ostream& operator<<(std::ostream& out, const Balances& b) {
      return out << b.current << " + " << b.past;
    }
  };
  Balances Now(const std::string& psn_no = kOwner);
  yijie::v1::GetAccountAsOfResponse AsOf(int64_t unix_ms);
  static Balances Of(const google::protobuf::RepeatedPtrField<yijie::v1::SubBalance>& sub_balances);

  int64_t Version(const std::string& psn_no = kOwner);
  yijie::store::v1::PersonEvent Event(int64_t version, const std::string& psn_no = kOwner);
  storage::MemoryStore& store() { return store_; }
  bool LedgerIsClean();
  // Forgets what is in memory.
  void Restart();

 private:
  const QuietLog quiet_;
  storage::MemoryStore store_;
  Metrics metrics_;
  std::shared_ptr<const Reference> reference_;
  std::unique_ptr<Engine> engine_;
  Date day_;
  int64_t now_ms_ = 0;
  int messages_ = 0;
};

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_ACCOUNT_ACCOUNT_WORLD_H_
