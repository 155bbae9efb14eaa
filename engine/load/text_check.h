#ifndef YIJIE_ENGINE_LOAD_TEXT_CHECK_H_
#define YIJIE_ENGINE_LOAD_TEXT_CHECK_H_

#include "absl/strings/string_view.h"

namespace yijie::engine {

// The number of a resident identity card (公民身份号码, GB 11643): 17 digits and the right check
// character, `X` for ten. Does not look at region and birthday.
bool IsIdentityCardNumber(absl::string_view number);

// Check character of GB 11643 for the first 17 digits.
char IdentityCardCheckCharacter(absl::string_view digits);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOAD_TEXT_CHECK_H_
