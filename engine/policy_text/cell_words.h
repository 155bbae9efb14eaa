#ifndef YIJIE_ENGINE_POLICY_TEXT_CELL_WORDS_H_
#define YIJIE_ENGINE_POLICY_TEXT_CELL_WORDS_H_

// The cells of `When` in words; used by words.cc.

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/policy_text/words.h"

namespace yijie::engine {

// What bounds are called: a number is passed, an age is not yet reached, a day comes before.
enum class BoundWords { kNumber, kAge, kDay };

// "[15..60), 70" -> "15岁及以上、未满60岁或70岁", each bound in the words of `value`.
std::string IntervalWords(absl::string_view text,
                          const std::function<std::string(absl::string_view)>& value,
                          BoundWords words = BoundWords::kNumber);

// All cells but the amounts, in the order of the vocabulary.
std::vector<ConditionWords> FactConditions(const yijie::v1::When& when);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_POLICY_TEXT_CELL_WORDS_H_
