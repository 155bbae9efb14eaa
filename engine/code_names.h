#ifndef YIJIE_ENGINE_CODE_NAMES_H_
#define YIJIE_ENGINE_CODE_NAMES_H_

// What the national codes stand for, for people to read.

#include "absl/strings/string_view.h"

namespace yijie::engine {

struct CodeName {
  absl::string_view code;
  absl::string_view chinese;
  absl::string_view english;
};

// nullptr if the code is not known.
const CodeName* FindScheme(absl::string_view insutype);
// A longer code that is not listed has the name of the code it begins with.
const CodeName* FindBenefitKind(absl::string_view med_type);
const CodeName* FindFund(absl::string_view fund_pay_type);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CODE_NAMES_H_
