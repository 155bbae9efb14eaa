#include "engine/card/pin_key_file.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/file.h"
#include "base/status_macros.h"

namespace yijie::engine {
namespace {

bool IsHex(absl::string_view text) {
  return !text.empty() && text.size() % 2 == 0 && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isxdigit(static_cast<unsigned char>(c));
  });
}

absl::Status CheckPermissions(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error || !fs::exists(status))
    return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  if ((status.permissions() & fs::perms::others_all) == fs::perms::none) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(path, ": others may read or write the keys; set its mode to 600"));
}

}  // namespace

absl::StatusOr<HmacPinProofVerifier::Keys> ParsePinKeys(absl::string_view path,
                                                        absl::string_view text) {
  HmacPinProofVerifier::Keys keys;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.empty() || words[0][0] == '#') continue;
    const auto bad = [&](absl::string_view what) {
      return absl::InvalidArgumentError(absl::StrCat(path, ":", number, ": ", what));
    };
    if (words.size() != 2) return bad("needs an issuer and its key");
    if (!IsHex(words[1])) return bad("the key is not written in pairs of hex digits");
    if (!keys.emplace(std::string(words[0]), absl::HexStringToBytes(words[1])).second)
      return bad("the issuer has a key already");
  }
  if (keys.empty()) return absl::InvalidArgumentError(absl::StrCat(path, ": has no key"));
  return keys;
}

absl::StatusOr<std::shared_ptr<const PinProofVerifier>> LoadPinKeys(const std::string& path) {
  YIJIE_RETURN_IF_ERROR(CheckPermissions(path));
  YIJIE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  YIJIE_ASSIGN_OR_RETURN(HmacPinProofVerifier::Keys keys, ParsePinKeys(path, text));
  absl::StatusOr<HmacPinProofVerifier> verifier = HmacPinProofVerifier::Create(std::move(keys));
  if (!verifier.ok())
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", verifier.status().message()));
  return std::make_shared<const HmacPinProofVerifier>(*std::move(verifier));
}

}  // namespace yijie::engine
