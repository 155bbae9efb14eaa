#ifndef YIJIE_ENGINE_BOOKS_PAIR_CODE_H_
#define YIJIE_ENGINE_BOOKS_PAIR_CODE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "yijie/store/v1/cross.pb.h"

namespace yijie::engine {

// The code of the book of two areas, under which the place of care (就医地), the gateway and the
// insured place (参保地) each keep what was settled between them: the place of care, then the
// insured place, six digits each. Both are the provinces xx0000; in one province the cities xxyy00;
// in one city the counties. So it is the same on all sides, whichever part of an area a message
// names. Both are codes of areas.
std::string PairCode(absl::string_view care_admdvs, absl::string_view insured_admdvs);

// Of what was settled across areas, on any of the three sides.
std::string PairCode(const store::v1::CrossPart& part);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BOOKS_PAIR_CODE_H_
