#ifndef YIJIE_ENGINE_REFERENCE_H_
#define YIJIE_ENGINE_REFERENCE_H_

// What all claims are judged by: institutions, catalogue and policy tables. Immutable; lanes share
// one and keep theirs while a claim is in flight.

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "engine/area/area_book.h"
#include "engine/card/pin_proof.h"
#include "rules/catalogue.h"
#include "rules/rule_book.h"
#include "yijie/v1/payout.pb.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {

struct Reference {
  std::shared_ptr<const rules::RuleBook> policies;
  std::shared_ptr<const AreaBook> areas = std::make_shared<const AreaBook>();
  // Null: no proof of a PIN is genuine.
  std::shared_ptr<const PinProofVerifier> pin_proofs;
  // Accounts of the agency that payouts are paid from. Null: nothing is paid out.
  std::shared_ptr<const yijie::v1::PayerAccounts> payers;
  // Areas whose insured persons are kept here: six digits, a city xxyy00 or xxyy99, a province
  // xx0000 or xx9900. Empty: all persons are.
  std::vector<std::string> own_areas;
  rules::Catalogue catalogue;
  absl::flat_hash_map<std::string, yijie::v1::Institution> institutions;  // by fixmedins_code

  const yijie::v1::Institution* FindInstitution(absl::string_view code) const {
    const auto found = institutions.find(code);
    return found == institutions.end() ? nullptr : &found->second;
  }

  // Whether persons insured in `admdvs`, six digits, are kept by another engine.
  bool IsElsewhere(absl::string_view admdvs) const;

  // The area rules that the agreement with an institution is under: those of its own area, whoever
  // insures the person. The defaults for one that is not known.
  const yijie::v1::AreaRules& AreaOfInstitution(absl::string_view code, Date day) const {
    const yijie::v1::Institution* institution = FindInstitution(code);
    return institution == nullptr ? AreaBook::Default() : areas->Find(institution->admdvs(), day);
  }
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REFERENCE_H_
