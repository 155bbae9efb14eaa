#ifndef YIJIE_ENGINE_CLAIM_INPUT_H_
#define YIJIE_ENGINE_CLAIM_INPUT_H_

// From a validated claim, its institution and its person to what the rules evaluate.

#include <optional>
#include <string>
#include <vector>

#include "engine/area/area_book.h"
#include "engine/area/care_place.h"
#include "engine/arrears.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "rules/decision.h"
#include "rules/program.h"
#include "yijie/store/v1/cross.pb.h"
#include "yijie/v1/claim.pb.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::engine {

struct ClaimInput {
  ClaimInput() = default;
  ClaimInput(const ClaimInput&) = delete;
  ClaimInput& operator=(const ClaimInput&) = delete;

  // As if new.
  void Clear();

  // Anything but SETTLED: refused before any policy was asked. `reason` is in Chinese.
  yijie::v1::Outcome refusal = yijie::v1::SETTLED;
  std::string reason;

  // What the person's coverage is asked of; and the one that counts, with the rules of its area.
  std::optional<BenefitFacts> facts;
  const yijie::v1::Coverage* coverage = nullptr;  // null: none
  AreaBook::Around area;

  const rules::Program* program = nullptr;
  std::string admdvs;  // insured area; empty without coverage
  rules::Input input;  // points into `lines` and into the person
  std::vector<rules::Line> lines;
  std::vector<rules::CatalogueItem> items;  // of another place's catalogue
  std::vector<rules::Symbol> rights;
  std::vector<int64_t> given;
};

// Where care was given: an institution, and what the catalogue there says about the lines of the
// bill.
struct CareSide {
  const yijie::v1::Institution& institution;
  // Of another area (异地就医): one class for each line. Null: the engine's own catalogue tells.
  const google::protobuf::RepeatedPtrField<yijie::v1::LineClass>* line_class = nullptr;
  bool reimbursed = false;  // filed with the agency (手工报销), not sent by the institution
  // It was settled once and is worked out again: what only decides whether a bill is taken in is
  // not asked.
  bool taken_in = false;
};

// `claim` passed CheckClaim, `care` is where it was sent from, on the day `received`. `person` must
// outlive `out`.
void MakeClaimInput(const Reference& reference, const CareSide& care, const Person& person,
                    const yijie::v1::Claim& claim, Date received, ClaimInput* out);
inline void MakeClaimInput(const Reference& reference, const yijie::v1::Institution& institution,
                           const Person& person, const yijie::v1::Claim& claim, Date received,
                           ClaimInput* out) {
  MakeClaimInput(reference, CareSide{institution}, person, claim, received, out);
}

// What the catalogue says about each line of a claim of the scheme at an institution in
// `care_admdvs`, for another place to settle it by. `claim` passed CheckClaim.
void ClassifyLines(const Reference& reference, absl::string_view care_admdvs,
                   const yijie::v1::Claim& claim,
                   google::protobuf::RepeatedPtrField<yijie::v1::LineClass>* out);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CLAIM_INPUT_H_
