#ifndef YIJIE_TESTS_UNDO_COUNTER_H_
#define YIJIE_TESTS_UNDO_COUNTER_H_

// An engine over a store in memory, asked at whatever moment a test wants, with one person P1.

#include <map>
#include <memory>
#include <string>

#include "engine/edge.h"
#include "engine/engine.h"
#include "engine/metrics.h"
#include "tests/engine/engine_fixture.h"
#include "tests/memory_store.h"
#include "yijie/v1/agency.pb.h"

namespace yijie::engine {

inline constexpr int64_t kDayMs = 86'400'000;

// Noon, `days` after the day of TestNow.
inline Moment DaysLater(int days) { return MomentOf(TestNow().unix_ms + days * kDayMs); }

// The book of tests/correction/world.h under these area rules of kArea, in protobuf text: "clearing
// { cite: \"s1 1\" }".
std::shared_ptr<const Reference> ReferenceWith(const std::string& sections);

class Counter {
 public:
  explicit Counter(std::shared_ptr<const Reference> reference);

  template <typename Request>
  Reply Send(Call call, const Request& request, const Moment& now = TestNow()) {
    auto job = MakeJob(call, std::make_unique<Request>(request), now);
    YIJIE_CHECK(job.ok(), std::string(job.status().message()).c_str());
    Inbox inbox;
    engine_->Submit(inbox.Await(*std::move(job)));
    return inbox.Get();
  }

  yijie::v1::Settlement Settle(const yijie::v1::SettleRequest& request,
                               const Moment& now = TestNow());
  void Credit(const std::string& msgid, yijie::v1::SubAccount sub_account, int64_t fen,
              const Moment& now = TestNow());
  yijie::v1::Reversal Reverse(const std::string& msgid, const std::string& setl_id,
                              const Moment& now = TestNow());
  void Amend(const std::string& msgid, const yijie::v1::PersonFacts& facts, const Moment& now);

  // Another engine over the same store, which judges by `reference`.
  void Restart(std::shared_ptr<const Reference> reference);
  void Restart() { Restart(reference_); }
  storage::MemoryStore& store() { return store_; }
  Person person();
  // Ids of all settlements, oldest first.
  std::vector<std::string> SettlementIds();
  // Sum of an account of the ledger, over all subjects but for PERSONAL_ACCOUNT.
  int64_t Ledger(store::v1::LedgerAccount account);
  // Running totals as text.
  std::string Totals();

 private:
  const QuietLog quiet_;
  std::shared_ptr<const Reference> reference_;
  storage::MemoryStore store_;
  Metrics metrics_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_UNDO_COUNTER_H_
