#ifndef YIJIE_ENGINE_ARREARS_H_
#define YIJIE_ENGINE_ARREARS_H_

// What unpaid premiums (欠费) do to coverage: the arrears regimes of areas (AreaRules.arrears),
// applied to the facts of a person. Pure.

#include <optional>

#include "absl/strings/string_view.h"
#include "base/date.h"
#include "engine/area/area_book.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {

// The facts of a person as they give benefits: relations that are suspended, or parts of them, have
// status normal where the rules of their area restore them, those in force on the first day of the
// suspended relation. Whoever asks for coverage asks this, so that a gap that was paid in time is
// none anywhere.
//
// A claim of a gap that was restored afterwards is settled when it is filed again, like any late
// claim; nothing is settled by the back-pay itself.
class BenefitFacts {
 public:
  // `stored`, the facts as they are recorded, outlives this object.
  BenefitFacts(const AreaBook& areas, const yijie::v1::PersonFacts& stored);
  BenefitFacts(const BenefitFacts&) = delete;
  BenefitFacts& operator=(const BenefitFacts&) = delete;

  const yijie::v1::PersonFacts& operator*() const { return restored_ ? *restored_ : stored_; }
  const yijie::v1::PersonFacts* operator->() const { return &**this; }

  // Whether any relation comes out differently than it is recorded.
  bool restored() const { return restored_.has_value(); }

 private:
  const yijie::v1::PersonFacts& stored_;
  const std::optional<yijie::v1::PersonFacts> restored_;
};

// The coverage in the scheme that counts on `day`: a normal one before any other; nullptr if there
// is none. Valid while `facts` live.
const yijie::v1::Coverage* FindCoverage(const BenefitFacts& facts, absl::string_view insutype,
                                        Date day);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_ARREARS_H_
