#ifndef YIJIE_ENGINE_PAYOUT_STATUS_IMPORT_H_
#define YIJIE_ENGINE_PAYOUT_STATUS_IMPORT_H_

#include <string>
#include <vector>

#include "engine/payout/status_file.h"
#include "yijie/v1/payout.pb.h"

namespace yijie::engine {

struct StatusImport {
  // Every row that cannot be applied, in the order of the file. If there is any, nothing was.
  std::vector<yijie::v1::StatusFileDefect> defects;
  // Otherwise: what changed, in the order of the file.
  std::vector<std::string> paid;      // payout ids, to be booked with PostPaid
  std::vector<std::string> returned;  // payout ids
  int pending = 0;                    // rows that the bank has not decided
  int repeated = 0;                   // rows told before
};

// Applies a status file to `sent`: every payout that was ever in the payment file it is about. All
// or nothing. The same file again changes nothing.
StatusImport ImportStatusFile(const StatusFileReading& reading,
                              std::vector<yijie::v1::Payout>* sent);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_STATUS_IMPORT_H_
