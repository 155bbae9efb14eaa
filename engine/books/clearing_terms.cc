#include "engine/books/clearing_terms.h"

namespace yijie::engine {

ClearingTerms TermsOf(const yijie::v1::ClearingRules& rules) {
  return {Ratio(rules.quality_deposit_1e6()), rules.account_part_subject_to_deposit()};
}

Fen QualityDeposit(Fen due, Fen account_part, const ClearingTerms& terms) {
  const Fen base = terms.account_is_subject ? due : due - account_part;
  return base > Fen(0) ? Apply(base, terms.quality_share, Rounding::kFenHalfUp) : Fen(0);
}

}  // namespace yijie::engine
