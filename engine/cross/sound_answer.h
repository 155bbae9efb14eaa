#ifndef YIJIE_ENGINE_CROSS_SOUND_ANSWER_H_
#define YIJIE_ENGINE_CROSS_SOUND_ANSWER_H_

// Whether what an insured place answers can be booked and told at the place of care. An answer may
// be sealed and about the right bill and still say what cannot be: its numbers go into journals and
// books.

#include "yijie/v1/cross.pb.h"

namespace yijie::engine {

// It settles the whole bill and books can take it in, or refuses in words that this
// release knows.
bool IsSound(const yijie::v1::ReserveRequest& request, const yijie::v1::ReserveResponse& answer);
bool IsSound(const yijie::v1::EvaluateRequest& request, const yijie::v1::EvaluateResponse& answer);
bool IsSound(const yijie::v1::ReserveUndoRequest& request,
             const yijie::v1::ReserveUndoResponse& answer);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CROSS_SOUND_ANSWER_H_
