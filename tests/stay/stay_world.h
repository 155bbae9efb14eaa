#ifndef YIJIE_TESTS_STAY_STAY_WORLD_H_
#define YIJIE_TESTS_STAY_STAY_WORLD_H_

// The engine over a store in memory, and stays of one person in it.

#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "tests/engine/engine_fixture.h"
#include "tests/memory_store.h"
#include "yijie/v1/stay.pb.h"

namespace yijie::engine {

inline constexpr char kPatient[] = "P1";

// "2026-06-07" of 7.
std::string June(int day);
yijie::v1::FeeLine Line(const std::string& serial, int day, int64_t fen,
                        const std::string& item = "A");

class StayWorld {
 public:
  // `stay_rules`: what the `stay` section of the area says, such as "overlapping_stay: FLAG"; empty
  // for the defaults. The area also has policies for benefit kinds 11 and 41.
  explicit StayWorld(const std::string& stay_rules = "");

  // The next calls come from this hospital.
  void From(const std::string& hospital) { hospital_ = hospital; }

  yijie::v1::StayResponse Admit(const std::string& visit, int day);
  yijie::v1::StayResponse Change(const std::string& visit, int day);
  yijie::v1::StayResponse CancelAdmission(const std::string& visit);
  yijie::v1::StayResponse Upload(const std::string& visit, const std::string& batch,
                                 std::vector<yijie::v1::FeeLine> lines);
  yijie::v1::StayResponse CancelFees(const std::string& visit, const std::string& batch);
  yijie::v1::StayResponse Discharge(const std::string& visit, int day);
  yijie::v1::StayResponse CancelDischarge(const std::string& visit);
  yijie::v1::StayResponse Get(const std::string& visit);
  // `until` 0: for good.
  yijie::v1::SettleStayRequest SettleRequest(const std::string& visit, int64_t fen, int until = 0);
  yijie::v1::Settlement Settle(const std::string& visit, int64_t fen, int until = 0);
  yijie::v1::Reversal Reverse(const std::string& setl_id);

  // With a new message id.
  yijie::v1::MessageHeader NextHeader();
  template <typename Request>
  Reply Send(Call call, const Request& request) {
    return Ask(*engine_, call, request);
  }

  int64_t Balance();
  int64_t Version();
  // The claim in the event of a settlement.
  yijie::v1::Claim StoredClaim(int64_t version);
  bool LedgerIsClean();
  void Restart();

 private:
  template <typename Request>
  Request About(const std::string& visit);
  template <typename Request>
  yijie::v1::StayResponse SendStay(Call call, const Request& request);

  const QuietLog quiet_;
  storage::MemoryStore store_;
  Metrics metrics_;
  std::shared_ptr<const Reference> reference_;
  std::unique_ptr<Engine> engine_;
  std::string hospital_ = kHospital;
  int messages_ = 0;
};

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_STAY_STAY_WORLD_H_
