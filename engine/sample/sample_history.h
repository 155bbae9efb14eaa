#ifndef YIJIE_ENGINE_SAMPLE_SAMPLE_HISTORY_H_
#define YIJIE_ENGINE_SAMPLE_SAMPLE_HISTORY_H_

// A generated history of a year: persons of engine/sample/generate.h who go to hospitals, clinics
// and pharmacies in 2026. The same seed gives the same history on every machine, person by person
// in any order.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/reference.h"
#include "rules/decision.h"
#include "yijie/v1/person.pb.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {

// Takes the events of one person in order.
class HistoryVisitor {
 public:
  virtual ~HistoryVisitor() = default;
  virtual void Facts(std::shared_ptr<const v1::PersonFacts> facts) = 0;
  virtual void Credit(rules::SubAccount sub_account, Fen amount) = 0;
  // `version` numbers the events of the person; the request passes the checks of validate.h.
  virtual void Settle(int64_t version, const v1::SettleRequest& request) = 0;
  // Of the Settle before it, which may have been refused.
  virtual void Reverse(int64_t version) = 0;
};

// Immutable once made; any number of threads may play it.
class SampleHistory {
 public:
  // `claims` over `persons`, as even as can be. Of a hundred claims two are reversed at once.
  static absl::StatusOr<SampleHistory> Make(int64_t persons, int64_t claims, uint64_t seed);

  int64_t persons() const { return static_cast<int64_t>(facts_.size()); }
  const std::string& psn_no(int64_t person) const {
    return facts_[static_cast<size_t>(person)]->psn_no();
  }
  // Institutions and catalogue of the history with these policies.
  std::shared_ptr<const Reference> WithPolicies(
      std::shared_ptr<const rules::RuleBook> policies) const;

  void Play(int64_t person, HistoryVisitor& visitor) const;

 private:
  // Institutions of one area.
  struct Places {
    std::vector<std::string> hospitals, pharmacies;
  };

  SampleHistory() = default;
  void PlayCredits(int64_t person, HistoryVisitor& visitor) const;

  uint64_t seed_ = 0;
  int64_t claims_ = 0;
  Reference tables_;  // without policies
  std::vector<std::shared_ptr<const v1::PersonFacts>> facts_;
  absl::flat_hash_map<std::string, Places> places_;  // by area
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_SAMPLE_SAMPLE_HISTORY_H_
