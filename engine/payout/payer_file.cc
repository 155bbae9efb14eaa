#include "engine/payout/payer_file.h"

#include <google/protobuf/text_format.h>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "engine/payout/payment_file.h"

namespace yijie::engine {

absl::StatusOr<std::shared_ptr<const v1::PayerAccounts>> LoadPayers(const std::string& path) {
  YIJIE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  auto payers = std::make_shared<v1::PayerAccounts>();
  if (!google::protobuf::TextFormat::ParseFromString(text, payers.get()))
    return absl::InvalidArgumentError(absl::StrCat(path, ": not a text of PayerAccounts"));
  const absl::Status checked = CheckPayers(*payers);
  if (!checked.ok()) return absl::InvalidArgumentError(absl::StrCat(path, ": ", checked.message()));
  return std::shared_ptr<const v1::PayerAccounts>(std::move(payers));
}

}  // namespace yijie::engine
