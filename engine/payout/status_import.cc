#include "engine/payout/status_import.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// A transfer of the payment file.
struct Sent {
  v1::Payout* payout;
  std::string end_to_end_id;
  std::string payment_info_id;
};

std::vector<Sent> TransfersOf(const std::string& file_id, std::vector<v1::Payout>* payouts) {
  std::vector<Sent> transfers;
  for (v1::Payout& payout : *payouts) {
    for (const v1::PayoutAttempt& attempt : payout.attempt()) {
      if (attempt.file_id() == file_id)
        transfers.push_back({&payout, attempt.end_to_end_id(), attempt.payment_info_id()});
    }
  }
  return transfers;
}

class Importer {
 public:
  Importer(const StatusFile& file, std::vector<v1::Payout>* next, StatusImport* out)
      : file_(file), transfers_(TransfersOf(file.file_id, next)), out_(out) {
    for (const Sent& sent : transfers_) by_id_[sent.end_to_end_id] = sent.payout;
  }

  void Run() {
    if (transfers_.empty()) return Bad("", v1::PAYOUT_UNKNOWN_ID, "没有发送过这个支付文件");
    if (file_.rejected) RejectAll("", "", file_.reason_code);
    for (const StatusFile::RejectedBlock& block : file_.rejected_blocks)
      RejectAll(block.path, block.payment_info_id, block.reason_code);
    for (const StatusRow& row : file_.rows) ApplyRow(row);
  }

 private:
  void Bad(const std::string& path, v1::PayoutOutcome outcome, const std::string& reason) {
    v1::StatusFileDefect& defect = out_->defects.emplace_back();
    defect.set_path(path);
    defect.set_outcome(outcome);
    defect.set_reason(reason);
  }

  // All transfers of one block; of the whole file if `payment_info_id` is empty.
  void RejectAll(const std::string& path, const std::string& payment_info_id,
                 const std::string& reason_code) {
    bool any = false;
    for (const Sent& sent : transfers_) {
      if (!payment_info_id.empty() && sent.payment_info_id != payment_info_id) continue;
      any = true;
      Apply(path,
            {file_.file_id, sent.end_to_end_id, BankDecision::kReturned, std::nullopt, reason_code,
             file_.day},
            sent.payout);
    }
    if (!any) Bad(path, v1::PAYOUT_UNKNOWN_ID, "支付文件中没有这一批");
  }

  void ApplyRow(const StatusRow& row) {
    if (row.end_to_end_id.empty()) return;  // told as a defect of reading
    const auto found = by_id_.find(row.end_to_end_id);
    if (found == by_id_.end())
      return Bad(row.path, v1::PAYOUT_UNKNOWN_ID, "该支付文件中没有此 EndToEndId");
    if (!row.instr_id.empty() && row.instr_id != found->second->payout_id())
      return Bad(row.path, v1::PAYOUT_UNKNOWN_ID, "InstrId 与 EndToEndId 不是同一支付指令");
    Apply(row.path,
          {file_.file_id, row.end_to_end_id, row.decision, row.amount, row.reason_code, file_.day},
          found->second);
  }

  void Apply(const std::string& path, const BankStatus& status, v1::Payout* payout) {
    if (!told_.insert(status.end_to_end_id).second)
      return Bad(path, v1::PAYOUT_STATUS_CONFLICT, "同一支付指令在文件中重复");
    const PayoutStep step = ApplyBankStatus(status, payout);
    switch (step.outcome) {
      case v1::PAYOUT_DONE:
        (status.decision == BankDecision::kPaid ? out_->paid : out_->returned)
            .push_back(payout->payout_id());
        return;
      case v1::PAYOUT_PENDING:
        ++out_->pending;
        return;
      case v1::PAYOUT_REPEATED:
        ++out_->repeated;
        return;
      default:
        Bad(path, step.outcome, step.reason);
    }
  }

  const StatusFile& file_;
  const std::vector<Sent> transfers_;
  absl::flat_hash_map<std::string, v1::Payout*> by_id_;
  absl::flat_hash_set<std::string> told_;
  StatusImport* out_;
};

}  // namespace

StatusImport ImportStatusFile(const StatusFileReading& reading, std::vector<v1::Payout>* sent) {
  StatusImport import;
  import.defects = reading.defects;
  std::vector<v1::Payout> next = *sent;
  // The rows that can be read are judged even so: a clerk is told everything at once.
  if (!reading.file.file_id.empty()) Importer(reading.file, &next, &import).Run();
  if (!import.defects.empty()) {
    StatusImport refused;
    refused.defects = std::move(import.defects);
    return refused;
  }
  *sent = std::move(next);
  return import;
}

}  // namespace yijie::engine
