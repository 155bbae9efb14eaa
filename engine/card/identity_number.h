#ifndef YIJIE_ENGINE_CARD_IDENTITY_NUMBER_H_
#define YIJIE_ENGINE_CARD_IDENTITY_NUMBER_H_

// Citizen numbers (公民身份号码, GB 11643): six digits of the place of birth, eight of the
// birthday, three of a sequence, a check character. The place is that of birth: it says nothing
// about where somebody is insured.

#include <string>

#include "absl/strings/string_view.h"

namespace yijie::engine {

// Kind of certificate (证件类型) of the resident identity card.
inline constexpr absl::string_view kIdentityCard = "01";

// The number as it is stored, with `X` for a check of ten also where `x` was written. Empty if it
// is none: its characters, its birthday (an existing day from 1800 on) or its check are wrong.
std::string NormalIdentityNumber(absl::string_view number);

// Check character for the first 17 digits.
char IdentityCardCheckCharacter(absl::string_view digits);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CARD_IDENTITY_NUMBER_H_
