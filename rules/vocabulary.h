#ifndef YIJIE_RULES_VOCABULARY_H_
#define YIJIE_RULES_VOCABULARY_H_

// The cells of `When` (proto/yijie/v1/policy.proto): which fact each asks for, how its text is
// read, and which values the fact can have at all.

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rules/cell.h"
#include "rules/facts.h"

namespace yijie::rules {

enum class CellForm : uint8_t {
  kEnum,
  kCount,
  kYuan,
  kDay,
  kPercent,
  kCode,  // one code
  kArea,  // six digits, asked for by their beginning
  kHeld   // codes, one of which the person holds
};

// Days from the first to the last of one claim: ten years. Longer stays are settled in parts.
inline constexpr int kMaxStayDays = 3'660;

struct CellSpec {
  const char* field;  // of When
  Fact fact;          // kCount for kHeld, which is no single fact
  CellForm form;
  EnumNames names;  // of kEnum; numbers that no fact can have are empty
  Interval domain;  // of kCount, kYuan, kDay, kPercent, kArea: every value there can be
  bool of_line;     // only a classify step may ask
};

// All of them, in the order in which conditions are tested.
const std::vector<CellSpec>& CellSpecs();

// nullptr if there is none.
const CellSpec* FindCellSpec(absl::string_view field);

absl::StatusOr<Cell> ParseCell(const CellSpec& spec, absl::string_view text);

// A whole number of at most `most`, digits only.
absl::StatusOr<int64_t> ParseCount(absl::string_view text, int64_t most = 1'000'000);

}  // namespace yijie::rules

#endif  // YIJIE_RULES_VOCABULARY_H_
