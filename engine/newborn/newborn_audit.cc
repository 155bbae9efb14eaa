#include "engine/newborn/newborn_audit.h"

#include <algorithm>

#include "base/status_macros.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {
namespace {

using store::v1::NewbornEvent;
using store::v1::OpenDeparture;
using store::v1::PersonEvent;

}  // namespace

void NewbornAudit::Add(absl::string_view psn_no, int64_t version,
                       const store::v1::PersonState& state, const PersonEvent& event) {
  if (psn_no_ != psn_no) Begin(psn_no);
  version_ = version;
  if (event.has_newborn()) FoldNewborn(event.newborn());
  if (event.reversed().repointed()) FoldUndo(event);
  if (event.settled().has_repointed_from()) FoldSettlement(event);
  CompareState(state.newborn());
}

void NewbornAudit::Begin(absl::string_view psn_no) {
  EndPerson();
  psn_no_ = std::string(psn_no);
  open_.clear();
  left_setls_.clear();
}

void NewbornAudit::EndPerson() {
  const bool works = std::any_of(open_.begin(), open_.end(),
                                 [](const auto& departure) { return !departure.second; });
  if (works) open_persons_.insert(psn_no_);
  for (const auto& [version, waits] : open_) bills_[{psn_no_, version}].open = true;
}

void NewbornAudit::FoldNewborn(const NewbornEvent& event) {
  switch (event.what_case()) {
    case NewbornEvent::kDeparted:
      return FoldDeparted(event.departed());
    case NewbornEvent::kTakenUp: {
      const auto waiting = open_.find(event.taken_up().version());
      if (waiting == open_.end() || !waiting->second)
        return Found("takes up a departure that does not wait");
      waiting->second = false;
      return;
    }
    case NewbornEvent::kClosed: {
      const auto closing = open_.find(event.closed().version());
      if (closing == open_.end() || closing->second)
        return Found("closes a departure that is not open");
      if (!event.closed().arrived()) {
        closing->second = true;
        return;
      }
      bills_[{psn_no_, closing->first}].closed = true;
      open_.erase(closing);
      return;
    }
    case NewbornEvent::kArrived:
      ++bills_[{event.arrived().from_psn_no(), event.arrived().departure_version()}].arrivals;
      return;
    case NewbornEvent::WHAT_NOT_SET:
      return Found("the newborn event is of no known kind");
  }
}

void NewbornAudit::FoldDeparted(const store::v1::Departure& departure) {
  if (departure.version() != version_ || departure.psn_no() != psn_no_)
    Found("the departure names another person or version");
  Bill& bill = bills_[{psn_no_, version_}];
  bill.left = true;
  bill.settled = departure.has_claim();
  bill.sum = departure.claim().medfee_sumamt_fen();
  bill.cash = departure.cash_paid_fen();
  open_[version_] = false;
  if (bill.settled) left_setls_[departure.setl_id()] = version_;
}

void NewbornAudit::FoldUndo(const PersonEvent& event) {
  const auto left = left_setls_.find(event.reversed().orig_setl_id());
  if (left == left_setls_.end()) return Found("undoes a settlement for a departure that is not");
  ++bills_[{psn_no_, left->second}].undone;
}

void NewbornAudit::FoldSettlement(const PersonEvent& event) {
  const store::v1::SettledEvent& settled = event.settled();
  Bill& bill =
      bills_[{settled.repointed_from().psn_no(), settled.repointed_from().departure_version()}];
  ++bill.settlements;
  v1::SettleResponse reply;
  if (reply.ParseFromString(event.reply()))
    bill.sum_arrived = reply.settlement().amounts().medfee_sumamt_fen();
  bill.cash_arrived = settled.cash_paid_fen();
}

void NewbornAudit::CompareState(const store::v1::PersonNewborn& newborn) {
  std::map<int64_t, bool> open;
  for (const OpenDeparture& departure : newborn.departure())
    open[departure.version()] = departure.waits();
  if (open != open_) Found("open departures are not the fold of the events");
  // Folds on from what the state says, so that one defect is one finding.
  open_ = std::move(open);
}

void NewbornAudit::CheckBill(const BillKey& key, const Bill& bill) {
  const auto found = [&](absl::string_view what) { report_.Add(key.first, key.second, what); };
  if (!bill.left) return found("a bill arrived that never left, or is open without having left");
  if (bill.undone != (bill.settled ? 1 : 0))
    found("a bill left and its settlement was not undone once");
  if (bill.arrivals > 1) found("a bill arrived more than once");
  if (bill.settlements != (bill.settled ? bill.arrivals : 0))
    found("a bill arrived and was not settled once");
  if (bill.settlements == 1 && (bill.sum_arrived != bill.sum || bill.cash_arrived != bill.cash))
    found("a bill arrived with another sum or other cash than it left with");
  if (bill.closed && bill.arrivals == 0) found("a departure is closed and the bill never arrived");
  if (!bill.closed && !bill.open) found("a bill left and is neither open nor arrived");
  if (bill.arrivals > 0) {
    ++report_.repointed;
  } else {
    ++report_.open_departures;
  }
}

absl::Status NewbornAudit::Finish(storage::StoreReader& store) {
  Begin("");
  for (const auto& [key, bill] : bills_) CheckBill(key, bill);
  YIJIE_ASSIGN_OR_RETURN(const std::set<std::string> open, RowKeys(store, "newborn_open"));
  if (open != open_persons_)
    report_.Add("", 0, "the rows of open departures are not those the states have");
  return absl::OkStatus();
}

}  // namespace yijie::engine
