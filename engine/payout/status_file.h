#ifndef YIJIE_ENGINE_PAYOUT_STATUS_FILE_H_
#define YIJIE_ENGINE_PAYOUT_STATUS_FILE_H_

// Status file of the bank: ISO 20022 pain.002, CustomerPaymentStatusReport, versions 03 and 10.
// Comes from outside and is hostile until read.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/fen.h"
#include "engine/payout/payout_state.h"
#include "yijie/v1/payout.pb.h"

namespace yijie::engine {

// About 800 bytes for each of kMaxPayoutsOfFile transfers.
inline constexpr size_t kMaxStatusFileBytes = 16 << 20;
// Tags, so that a file of nothing but tags cannot take more than 150 MB of memory.
inline constexpr ptrdiff_t kMaxStatusFileTags = 2'000'000;

// TxInfAndSts: the bank's word on one transfer.
struct StatusRow {
  std::string path;      // "OrgnlPmtInfAndSts[1].TxInfAndSts[3]", counted from 1
  std::string instr_id;  // empty if not told
  std::string end_to_end_id;
  BankDecision decision = BankDecision::kPending;
  std::string reason_code;
  std::optional<Fen> amount;  // if told
};

struct StatusFile {
  std::string msg_id;     // of the status file
  std::string day;        // ISO day it was made
  std::string file_id;    // of the payment file it is about
  bool rejected = false;  // the whole payment file (GrpSts RJCT); then there are no rows
  std::string reason_code;
  struct RejectedBlock {  // PmtInfSts RJCT without rows
    std::string path;
    std::string payment_info_id;
    std::string reason_code;
  };
  std::vector<RejectedBlock> rejected_blocks;
  std::vector<StatusRow> rows;
};

struct StatusFileReading {
  StatusFile file;
  std::vector<yijie::v1::StatusFileDefect> defects;  // if any, `file` must not be used
};

// Refuses what is larger than kMaxStatusFileBytes, not UTF-8, carries a document type (and so
// entities), another namespace, or two of what must be one. Thread-safe.
StatusFileReading ReadStatusFile(absl::string_view bytes);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_STATUS_FILE_H_
