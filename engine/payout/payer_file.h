#ifndef YIJIE_ENGINE_PAYOUT_PAYER_FILE_H_
#define YIJIE_ENGINE_PAYOUT_PAYER_FILE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "yijie/v1/payout.pb.h"

namespace yijie::engine {

// The agency's accounts of `path`, protobuf text of yijie.v1.PayerAccounts. Errors name the file.
absl::StatusOr<std::shared_ptr<const yijie::v1::PayerAccounts>> LoadPayers(const std::string& path);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_PAYER_FILE_H_
