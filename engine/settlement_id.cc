#include "engine/settlement_id.h"

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/digest.h"

namespace yijie::engine {
namespace {

// Crockford's base 32: no I, L, O, U, so that an id can be read out on the telephone.
constexpr absl::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr int kAreaChars = 6;
constexpr int kDayChars = 6;
constexpr int kHashChars = 13;
constexpr int kVersionChars = 5;
constexpr size_t kIdChars = kAreaChars + kDayChars + kHashChars + kVersionChars;

std::string Base32(uint64_t value, int chars) {
  std::string text(static_cast<size_t>(chars), '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value >>= 5)
    *digit = kDigits[value & 31];
  return text;
}

std::string HashOf(absl::string_view psn_no) {
  const Digest digest = Sha256(psn_no);
  uint64_t hash = 0;
  for (int i = 0; i < 8; ++i) hash = hash << 8 | digest[static_cast<size_t>(i)];
  return Base32(hash, kHashChars);
}

}  // namespace

std::string MakeSettlementId(absl::string_view admdvs, Date day, absl::string_view psn_no,
                             int64_t version) {
  YIJIE_CHECK(admdvs.size() == kAreaChars && version > 0 && version <= kMaxVersion,
              "parts of a settlement id");
  const std::string iso = FormatDate(day);  // 2026-11-21
  const absl::string_view digits = iso;
  return absl::StrCat(admdvs, digits.substr(2, 2), digits.substr(5, 2), digits.substr(8, 2),
                      HashOf(psn_no), Base32(static_cast<uint64_t>(version), kVersionChars));
}

std::optional<int64_t> VersionOfSettlementId(absl::string_view setl_id, absl::string_view psn_no) {
  if (setl_id.size() != kIdChars) return std::nullopt;
  if (setl_id.substr(kAreaChars + kDayChars, kHashChars) != HashOf(psn_no)) return std::nullopt;
  int64_t version = 0;
  for (const char c : setl_id.substr(kIdChars - kVersionChars)) {
    const size_t digit = kDigits.find(c);
    if (digit == absl::string_view::npos) return std::nullopt;
    version = version << 5 | static_cast<int64_t>(digit);
  }
  if (version == 0) return std::nullopt;
  return version;
}

}  // namespace yijie::engine
