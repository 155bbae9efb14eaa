#ifndef YIJIE_ENGINE_BOOKS_CLEARING_TERMS_H_
#define YIJIE_ENGINE_BOOKS_CLEARING_TERMS_H_

#include "base/fen.h"
#include "base/ratio.h"
#include "yijie/v1/area.pb.h"

namespace yijie::engine {

// Of the agreement with the institution (定点协议), as the rules of its area tell it; there is no
// national value.
struct ClearingTerms {
  // Share of what is due that is held back as quality deposit (质量保证金), 0 to 1.
  Ratio quality_share;
  // Whether what personal accounts pay is subject to it as well.
  bool account_is_subject = false;
};

ClearingTerms TermsOf(const yijie::v1::ClearingRules& rules);

// What is held back of `due`, all that the agency owes the institution for a settlement;
// `account_part` of it comes from personal accounts. Rounded half-up, once for each settlement;
// nothing where nothing is due.
Fen QualityDeposit(Fen due, Fen account_part, const ClearingTerms& terms);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BOOKS_CLEARING_TERMS_H_
