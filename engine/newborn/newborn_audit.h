#ifndef YIJIE_ENGINE_NEWBORN_NEWBORN_AUDIT_H_
#define YIJIE_ENGINE_NEWBORN_NEWBORN_AUDIT_H_

// The part of the audit that looks at bills re-pointed to newborns (新生儿费用改挂). Shares no code
// with what makes them.
//
// What must hold:
//   state    the open departures are the fold of the events
//   bills    a bill that left was undone with it, once; it arrived once, or is open or waits; it
//            arrived with the sum and the cash it left with, and what arrived was settled once
//   rows     a person has a row of open departures if and only if its newest state has one that
//            does not wait
// Open and waiting departures are counted; they are no defect.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "engine/audit/audit.h"
#include "storage/store.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::engine {

class NewbornAudit {
 public:
  // `report` takes the findings and outlives this object.
  explicit NewbornAudit(AuditReport& report) : report_(report) {}

  // Versions come as the ledger has them: those of a person one after the other, in order. `state`
  // as it was stored with `event`.
  void Add(absl::string_view psn_no, int64_t version, const store::v1::PersonState& state,
           const store::v1::PersonEvent& event);

  // After the last version. Fails only if the store cannot be read.
  absl::Status Finish(storage::StoreReader& store);

 private:
  // A bill by its departure, from both sides.
  struct Bill {
    bool left = false;
    bool settled = false;  // it left with a settlement
    int64_t sum = 0;
    int64_t cash = 0;
    int undone = 0;
    int arrivals = 0;
    int settlements = 0;
    int64_t sum_arrived = 0;
    int64_t cash_arrived = 0;
    bool closed = false;
    bool open = false;  // in the newest state
  };
  using BillKey = std::pair<std::string, int64_t>;  // whom it left, and the version

  void Begin(absl::string_view psn_no);
  void EndPerson();
  void FoldNewborn(const store::v1::NewbornEvent& event);
  void FoldDeparted(const store::v1::Departure& departure);
  void FoldUndo(const store::v1::PersonEvent& event);
  void FoldSettlement(const store::v1::PersonEvent& event);
  void CompareState(const store::v1::PersonNewborn& newborn);
  void CheckBill(const BillKey& key, const Bill& bill);
  void Found(absl::string_view what) { report_.Add(psn_no_, version_, what); }

  AuditReport& report_;
  std::string psn_no_;
  int64_t version_ = 0;
  std::map<int64_t, bool> open_;               // of the person: departure -> whether it waits
  std::map<std::string, int64_t> left_setls_;  // settlement -> the departure that undoes it
  std::map<BillKey, Bill> bills_;
  std::set<std::string> open_persons_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_NEWBORN_NEWBORN_AUDIT_H_
