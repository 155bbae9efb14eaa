#ifndef YIJIE_TESTS_FAMILY_FAMILY_WORLD_H_
#define YIJIE_TESTS_FAMILY_FAMILY_WORLD_H_

// A family and the engine over a store that can fail at any commit.

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "engine/engine.h"
#include "tests/engine/engine_fixture.h"
#include "tests/engine/fault_store.h"
#include "tests/memory_store.h"
#include "yijie/v1/family.pb.h"

namespace yijie::engine {

inline constexpr std::array<const char*, 4> kFamily = {"A", "B", "C", "D"};

// A bill of benefit kind 11, of which the fund pays half; the accounts pay the rest.
yijie::v1::SettleRequest FamilyBill(const std::string& msgid, const std::string& psn_no,
                                    int64_t fen);

yijie::v1::ChangeFamilyBondRequest BondOf(const std::string& msgid, const std::string& giver,
                                          const std::string& relative, int rank = 1);

class FamilyWorld {
 public:
  // What a store does wrong on its way to the disk: changes each commit before it is made.
  using Spoil = std::function<void(storage::Commit&)>;

  struct Options {
    int lanes = 1;
    std::string sharing;  // fields of the area's SharingRules beside the relations
    storage::FaultStore::Options faults;
    Spoil spoil;  // null: the store is right
  };

  explicit FamilyWorld(Options options);
  ~FamilyWorld();

  // Money into an account, without limits.
  void Credit(const std::string& psn_no, int64_t current_fen, int64_t past_fen);
  void Bind(const std::string& giver, const std::string& relative, int rank = 1);

  template <typename Request>
  Reply Send(Call call, const Request& request) {
    return Ask(*engine_, call, request);
  }
  yijie::v1::Settlement Settle(const yijie::v1::SettleRequest& request);
  yijie::v1::Reversal Reverse(const std::string& psn_no, const std::string& setl_id);

  // The `n`-th commit from now on, from 1, ends without an answer, applied or not, and none after
  // it is made.
  void CrashAt(int n, bool applied);
  // The store does not take the `n`-th commit from now on.
  void RefuseNext(int n) { refuse_at_ = n; }
  bool crashed() const { return crashed_; }
  // A new engine over what is durable; open steps are carried out.
  void Restart();
  // The same, but its `n`-th commit ends without an answer.
  void RestartAndCrashAt(int n, bool applied);
  // Until every step is carried out.
  void Quiesce();

  int64_t Balance(const std::string& psn_no);
  std::array<int64_t, 2> SubBalances(const std::string& psn_no);
  store::v1::PersonFamily FamilyOf(const std::string& psn_no);
  // First finding of the audit, or that something is still open; empty if all is well.
  std::string Problem();

  storage::MemoryStore& durable() { return durable_; }
  Engine& engine() { return *engine_; }
  std::string NextId() { return "m" + std::to_string(++messages_); }

 private:
  void Start();

  const QuietLog quiet_;
  const Options options_;
  storage::MemoryStore durable_;
  std::unique_ptr<storage::FaultStore> store_;
  Metrics metrics_;
  std::shared_ptr<const Reference> reference_;
  std::unique_ptr<Engine> engine_;
  std::atomic<int> crash_at_{0};
  std::atomic<bool> crash_applies_{false};
  std::atomic<int> refuse_at_{0};
  std::atomic<bool> crashed_{false};
  std::atomic<int> messages_{0};
};

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_FAMILY_FAMILY_WORLD_H_
