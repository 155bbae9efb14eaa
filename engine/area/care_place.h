#ifndef YIJIE_ENGINE_AREA_CARE_PLACE_H_
#define YIJIE_ENGINE_AREA_CARE_PLACE_H_

#include "absl/strings/string_view.h"
#include "rules/facts.h"
#include "yijie/v1/area.pb.h"

namespace yijie::engine {

// Beijing, Tianjin, Shanghai and Chongqing (直辖市), one city each, by the code of any part.
bool IsMunicipality(absl::string_view admdvs);

// Where care was given, seen from the insured area, by their six-digit codes: the same city (or
// municipality), the same province, or elsewhere. The pool of a province's own institutions
// (省本级, xx9900) has its seat in the capital, xx01: they are at home at each other's.
rules::CarePlace CarePlaceOf(absl::string_view insured_admdvs, absl::string_view care_admdvs);

// Whether the insured area asks for no registration (备案) of care there.
bool IsRegistrationExempt(const yijie::v1::RegistrationRules& registration,
                          absl::string_view insured_admdvs, absl::string_view care_admdvs);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_AREA_CARE_PLACE_H_
