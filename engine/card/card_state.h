#ifndef YIJIE_ENGINE_CARD_CARD_STATE_H_
#define YIJIE_ENGINE_CARD_CARD_STATE_H_

// Life of social security cards: two independent functions on each (社保功能、金融功能). Pure: the
// caller reads the time and keeps the state.

#include <cstdint>

#include "absl/strings/string_view.h"
#include "yijie/store/v1/card.pb.h"
#include "yijie/v1/area.pb.h"
#include "yijie/v1/card.pb.h"

namespace yijie::engine {

struct CardDecision {
  yijie::v1::CardRefusal refusal = yijie::v1::CARD_NOT_REFUSED;
  // After the change. If it was refused, as before, but for losses that ended meanwhile.
  yijie::store::v1::PersonCards cards;
};

// What becomes of a person's cards by `change` at the instant `now_ms`, milliseconds since 1970
// UTC. The change has passed ValidateCardChange. `rules`: of the area on that day.
CardDecision ApplyCardChange(const yijie::v1::CardRules& rules,
                             const yijie::store::v1::PersonCards& cards,
                             const yijie::v1::CardChange& change, int64_t now_ms);

// What a function amounts to at an instant: cancelled before lost before locked before sealed.
yijie::v1::CardStatus StatusAt(const yijie::store::v1::CardFunctionState& function, int64_t now_ms);

// For showing: card numbers masked.
yijie::v1::CardView ViewOf(const yijie::store::v1::CardState& card, int64_t now_ms);

// Why, in Chinese, for the clerk. Names no number.
absl::string_view ReasonText(yijie::v1::CardRefusal refusal);

// Refusal of what needs the function in use: replaced, cancelled, lost, locked, sealed, or none.
yijie::v1::CardRefusal RefusalOfUse(const yijie::store::v1::CardState& card,
                                    yijie::v1::CardFunction function, int64_t now_ms);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CARD_CARD_STATE_H_
