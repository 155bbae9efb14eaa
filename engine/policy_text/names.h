#ifndef YIJIE_ENGINE_POLICY_TEXT_NAMES_H_
#define YIJIE_ENGINE_POLICY_TEXT_NAMES_H_

// The vocabulary of policy tables in Chinese: every cell of `When`, every value, every kind of
// step. One table; tests hold it against rules/vocabulary.h and the schema.

#include <string>

#include "absl/strings/string_view.h"

namespace yijie::engine {

// A cell of `When`.
struct FactName {
  absl::string_view field;
  absl::string_view name;
  absl::string_view unit;  // of numbers, such as 岁
};

// A value of a cell or of an enum of the schema.
struct ValueName {
  absl::string_view group;   // the cell, or the enum ("Rounding", "Accumulator.Period")
  absl::string_view value;   // as it is written in a package
  absl::string_view word;    // under a heading: 三级
  absl::string_view phrase;  // alone: 三级医院; empty if the word is clear enough
};

// nullptr if there is none.
const FactName* FindFactName(absl::string_view field);
const ValueName* FindValueName(absl::string_view group, absl::string_view value);

// The word of a value; the value itself if it has no name.
std::string ValueWord(absl::string_view group, absl::string_view value);

// An amount that every claim brings along (inscp_scp_amt, ...); empty if it is none of them.
absl::string_view AmountName(absl::string_view amount);

// A pooling area or the beginning of its code, "河南省周口市（411699）"; the code alone if not
// known.
std::string AreaWords(absl::string_view admdvs);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_POLICY_TEXT_NAMES_H_
