#ifndef YIJIE_ENGINE_CROSS_CROSS_AUDIT_H_
#define YIJIE_ENGINE_CROSS_CROSS_AUDIT_H_

// The part of the audit that looks at settlements across areas (异地就医): what is reserved and
// held of a person, and the open attempts of a visitor, are the fold of the events.

#include <map>
#include <set>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "engine/audit/audit.h"
#include "storage/store.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::engine {

class CrossAudit {
 public:
  // `report` takes the findings and outlives this object.
  explicit CrossAudit(AuditReport& report) : report_(report) {}

  // Versions of a person come in order, persons one after the other.
  void Add(absl::string_view psn_no, int64_t version, const store::v1::PersonState& state,
           const store::v1::PersonEvent& event);

  // After the last version: the rows of open visitors are those that the states stand for.
  absl::Status Finish(storage::StoreReader& store);

 private:
  void Fold(const store::v1::PersonEvent& event);
  void Find(absl::string_view what) { report_.Add(psn_no_, version_, what); }

  AuditReport& report_;
  std::string psn_no_;
  int64_t version_ = 0;
  std::string reserved_;                       // resv_id
  absl::int128 held_ = 0;                      // in CROSS_HOLD, a credit
  std::set<std::string> attempts_;             // open, by resv_id
  std::map<std::string, bool> open_visitors_;  // of every visitor: whether anything is open
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CROSS_CROSS_AUDIT_H_
