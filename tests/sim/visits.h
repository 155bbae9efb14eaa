#ifndef YIJIE_TESTS_SIM_VISITS_H_
#define YIJIE_TESTS_SIM_VISITS_H_

// What hospitals, pharmacies and agencies ask for in a simulation: bills of persons insured here
// and elsewhere, undos of them, and what else happens to the persons meanwhile.

#include <cstdint>
#include <string>
#include <vector>

#include <google/protobuf/message.h>

#include "tests/sim/desk.h"
#include "tests/sim/draws.h"
#include "tests/sim/event_loop.h"
#include "tests/sim/world.h"
#include "yijie/v1/service.pb.h"

namespace yijie::sim {

class Visits {
 public:
  // All outlive it. Desks by place.
  Visits(const World& world, int64_t begins_unix_ms, std::vector<Desk*> desks, EventLoop& loop,
         Draws& draws)
      : world_(world),
        begins_unix_ms_(begins_unix_ms),
        desks_(std::move(desks)),
        loop_(loop),
        draws_(draws.Next()) {}

  // Spreads what happens over the time until `end`.
  void Schedule(Micros end);

 private:
  struct Bill {
    int place = 0;  // of care
    yijie::v1::SettleRequest request;
  };

  const Insured* APerson();
  void Visit();
  void AgencyWork();
  Bill MakeBill();
  void AfterSettling(const Bill& bill, const Errand& errand);
  void Undo(const Bill& bill, const std::string& setl_id);
  void UndoByMessage(const Bill& bill);
  void UndoByAgency(const Bill& bill, const std::string& setl_id);
  void Refund(const Bill& bill, const std::string& setl_id);
  void Inquire(const Bill& bill);
  void Credit(const Insured& person);
  void ChangeCard(const Insured& person);
  void Amend(const Insured& person);
  Errand MakeErrand(engine::Call call, yijie::v1::Transaction transaction,
                    const yijie::v1::MessageHeader& header,
                    const google::protobuf::Message& request);
  yijie::v1::MessageHeader NewHeader(const std::string& institution);
  std::string Day(int64_t days_ago) const;
  Desk& DeskOf(int place) { return *desks_[static_cast<size_t>(place)]; }

  const World& world_;
  const int64_t begins_unix_ms_;
  const std::vector<Desk*> desks_;
  EventLoop& loop_;
  Draws draws_;
  const Insured* only_ = nullptr;  // everything happens to one person
  int next_id_ = 0;
};

}  // namespace yijie::sim

#endif  // YIJIE_TESTS_SIM_VISITS_H_
