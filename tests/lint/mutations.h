#ifndef YIJIE_TESTS_LINT_MUTATIONS_H_
#define YIJIE_TESTS_LINT_MUTATIONS_H_

// Slips of the pen in a package: what a clerk gets wrong when copying a document.

#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include "yijie/v1/policy.pb.h"

namespace yijie::engine {

enum class Slip : uint8_t { kBound, kRow, kDate, kPercentages, kClass };
inline constexpr Slip kSlips[] = {Slip::kBound, Slip::kRow, Slip::kDate, Slip::kPercentages,
                                  Slip::kClass};
const char* SlipName(Slip slip);

// Makes one such slip somewhere in the package and says what it did; nothing if the package has no
// place for it.
std::optional<std::string> MakeSlip(Slip slip, std::mt19937_64& random,
                                    yijie::v1::Package* package);

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_LINT_MUTATIONS_H_
