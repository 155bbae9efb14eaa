#ifndef YIJIE_TESTS_CROSS_CROSS_WORLD_H_
#define YIJIE_TESTS_CROSS_CROSS_WORLD_H_

// A place of care and an insured place in one process, and a way between them that can be cut.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/cross/cross_peer.h"
#include "engine/engine.h"
#include "tests/engine/engine_fixture.h"
#include "tests/memory_store.h"
#include "yijie/v1/cross.pb.h"

namespace yijie::engine {

inline constexpr char kCareArea[] = "620000";
inline constexpr char kCareHospital[] = "H62010000001";
inline constexpr char kHomeArea[] = "410000";
inline constexpr char kVisitor[] = "P1@410199";

// What happens to a message on its way.
enum class Way : uint8_t {
  kOpen,
  kRequestLost,  // the insured place never sees it
  kReplyLost,    // it is done, and the place of care is not told
  kDoubled,      // it comes twice; the second answer counts
};

// Takes messages to `home` in the form they have on the wire.
class LoopbackPeer : public CrossPeer {
 public:
  void Connect(Engine* home) { home_ = home; }
  void Send(Call call, std::shared_ptr<const google::protobuf::Message> request,
            std::chrono::steady_clock::time_point deadline,
            std::function<void(Reply)> done) override;

  // What becomes of the messages of a call from now on; by default all get through.
  std::function<Way(Call)> way = [](Call) { return Way::kOpen; };
  // Changes a request or an answer on its way.
  std::function<void(Call, google::protobuf::Message*)> alter_request;
  std::function<void(Call, Reply*)> alter_reply;
  // Calls sent, in order.
  std::vector<Call> sent;

 private:
  Reply Deliver(Call call, const google::protobuf::Message& request);

  Engine* home_ = nullptr;
};

// What the insured place has of its own; what is empty is that of TestReference().
struct InsuredPlace {
  std::shared_ptr<const rules::RuleBook> policies;
  std::shared_ptr<const AreaBook> areas;
  std::string insutype = "310";  // of P1's basic medical insurance
};

class CrossWorld {
 public:
  explicit CrossWorld(const InsuredPlace& home = {});
  ~CrossWorld();

  Engine& care() { return *care_; }
  Engine& home() { return *home_; }
  LoopbackPeer& peer() { return peer_; }
  storage::MemoryStore& care_store() { return care_store_; }
  storage::MemoryStore& home_store() { return home_store_; }

  template <typename Request>
  Reply AtCare(Call call, const Request& request) {
    return Ask(*care_, call, request);
  }
  template <typename Request>
  Reply AtHome(Call call, const Request& request) {
    return Ask(*home_, call, request);
  }

  // A person of the insured place with 300 yuan of this year and 200 of past years; P1 is there.
  void Enrol(const std::string& psn_no);
  yijie::v1::Settlement Settle(const yijie::v1::SettleRequest& request);
  // What is left open at the place of care is carried on until nothing is being told.
  void Resolve();
  // The place of care reaches the insured place by `way`, which outlives the world, instead of by
  // peer(); `options` beside it.
  void GoBy(CrossPeer& way, CrossOptions options = {});
  // A new engine of the place of care over what is durable.
  void RestartCare();

  // What the insured place judges by.
  const Reference& home_reference() const { return *home_reference_; }

  Person visitor();
  Person insured();
  int open_attempts() { return visitor().rest->cross().open_size(); }
  // Sum of the lines of an account of the ledger over the history of a person.
  int64_t Ledger(storage::MemoryStore& store, const std::string& psn_no,
                 store::v1::LedgerAccount account);
  // The histories of both persons add up: every journal to 0, accounts and totals to their
  // movements.
  void ExpectSoundBooks();

 private:
  void Wait();

  std::string insutype_ = "310";  // of the basic medical insurance of those enrolled

  const QuietLog quiet_;
  Metrics care_metrics_, home_metrics_;
  storage::MemoryStore care_store_, home_store_;
  std::shared_ptr<const Reference> care_reference_, home_reference_;
  LoopbackPeer peer_;
  CrossOptions care_options_;
  std::unique_ptr<Engine> home_, care_;
};

// A bill at the hospital of the place of care for P1, who is insured in kArea.
yijie::v1::SettleRequest BillAway(const std::string& msgid, int64_t fen);
yijie::v1::PreSettleRequest TrialOf(const yijie::v1::SettleRequest& bill);
yijie::v1::ReverseRequest UndoAway(const std::string& msgid, const std::string& setl_id);
yijie::v1::ReverseByMessageRequest UndoAwayByMessage(const std::string& msgid,
                                                     const std::string& omsgid);

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_CROSS_CROSS_WORLD_H_
