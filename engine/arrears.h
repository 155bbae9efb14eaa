#ifndef YIJIE_ENGINE_ARREARS_H_
#define YIJIE_ENGINE_ARREARS_H_

// What unpaid premiums (欠费) do to coverage: the arrears regimes of areas (AreaRules.arrears),
// applied to the facts of a person. Pure.

#include <optional>

#include "engine/area/area_book.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {

// The facts as they give benefits: relations that are suspended, or parts of them, have status
// normal where the rules of their area restore them, those in force on the first day of the
// suspended relation. Nothing if no relation comes out differently.
//
// A claim of a gap that was restored afterwards is settled when it is filed again, like any late
// claim; nothing is settled by the back-pay itself.
std::optional<yijie::v1::PersonFacts> FactsAfterArrears(const yijie::v1::PersonFacts& facts,
                                                        const AreaBook& areas);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_ARREARS_H_
