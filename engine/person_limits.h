#ifndef YIJIE_ENGINE_PERSON_LIMITS_H_
#define YIJIE_ENGINE_PERSON_LIMITS_H_

// What facts of a person may hold, however they come in: by file or by message. Sizes in bytes.

#include <cstddef>
#include <cstdint>

namespace yijie::engine {

inline constexpr size_t kMaxNameBytes = 150;
inline constexpr size_t kMaxCertificate = 50;
inline constexpr size_t kMaxRecognitionNumberBytes = 60;
inline constexpr size_t kMaxRightCode = 30;
inline constexpr int32_t kMaxPremiumTier = 9;
inline constexpr int32_t kMaxYears = 100;

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PERSON_LIMITS_H_
