#include "tests/e2e/bills.h"

#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "tests/e2e/data_folder.h"
#include "tests/e2e/server_process.h"

namespace yijie::e2e {
namespace {

constexpr char kDay[] = "2026-06-01";

v1::MessageHeader Header(absl::string_view institution, absl::string_view msgid) {
  v1::MessageHeader header;
  header.set_fixmedins_code(std::string(institution));
  header.set_msgid(std::string(msgid));
  header.set_opter("e2e");
  return header;
}

v1::SettleRequest OneLineBill(absl::string_view institution, absl::string_view psn_no,
                              absl::string_view msgid, absl::string_view med_type, int64_t fen) {
  v1::SettleRequest request;
  *request.mutable_header() = Header(institution, msgid);
  v1::Claim& claim = *request.mutable_claim();
  claim.set_psn_no(std::string(psn_no));
  claim.set_insutype("310");
  claim.set_med_type(std::string(med_type));
  claim.set_mdtrt_id("E2E");
  claim.set_begndate(kDay);
  claim.set_medfee_sumamt_fen(fen);
  claim.set_acct_used_flag(v1::ACCT_OWN);
  v1::FeeLine& line = *claim.add_fee_line();
  line.set_feedetl_sn("1");
  line.set_med_list_codg("XA00SAMPLE010");
  line.set_cnt_1e4(10'000);
  line.set_pric_fen_1e4(fen * 10'000);
  line.set_det_item_fee_sumamt_fen(fen);
  return request;
}

}  // namespace

v1::SettleRequest SampleBill(const std::string& name) {
  v1::SettleRequest request;
  const std::string json = ReadWholeFile(absl::StrCat(TablesDirectory(), "/sample/bills/", name));
  YIJIE_CHECK(google::protobuf::util::JsonStringToMessage(json, &request).ok(), "a sample bill");
  return request;
}

v1::SettleRequest PharmacyBill(absl::string_view psn_no, absl::string_view msgid, int64_t fen) {
  return OneLineBill(kPharmacy, psn_no, msgid, "41", fen);
}

v1::SettleRequest OutpatientBill(absl::string_view psn_no, absl::string_view msgid, int64_t fen) {
  return OneLineBill(kHospital, psn_no, msgid, "11", fen);
}

v1::PreSettleRequest PreSettleOf(const v1::SettleRequest& settle) {
  v1::PreSettleRequest request;
  request.set_fixmedins_code(settle.header().fixmedins_code());
  *request.mutable_claim() = settle.claim();
  return request;
}

v1::ReverseRequest ReverseOf(absl::string_view institution, absl::string_view psn_no,
                             absl::string_view setl_id, absl::string_view msgid) {
  v1::ReverseRequest request;
  *request.mutable_header() = Header(institution, msgid);
  request.set_psn_no(std::string(psn_no));
  request.set_setl_id(std::string(setl_id));
  return request;
}

v1::ReverseByMessageRequest UndoOf(const v1::SettleRequest& original, absl::string_view msgid) {
  v1::ReverseByMessageRequest request;
  *request.mutable_header() = Header(original.header().fixmedins_code(), msgid);
  request.set_psn_no(original.claim().psn_no());
  request.set_omsgid(original.header().msgid());
  return request;
}

v1::CreditAccountRequest CreditOf(absl::string_view psn_no, absl::string_view msgid, int64_t fen) {
  v1::CreditAccountRequest request;
  *request.mutable_header() = Header(kAgency, msgid);
  request.set_psn_no(std::string(psn_no));
  request.set_sub_account(v1::CURRENT_YEAR);
  request.set_amount_fen(fen);
  return request;
}

v1::QueryMessageRequest QueryOf(absl::string_view institution, v1::Transaction transaction,
                                absl::string_view msgid, bool fence) {
  v1::QueryMessageRequest request;
  request.set_fixmedins_code(std::string(institution));
  request.set_transaction(transaction);
  request.set_msgid(std::string(msgid));
  request.set_fence(fence);
  return request;
}

v1::GetSettlementRequest GetSettlementOf(absl::string_view institution, absl::string_view psn_no,
                                         absl::string_view setl_id) {
  v1::GetSettlementRequest request;
  request.set_fixmedins_code(std::string(institution));
  request.set_psn_no(std::string(psn_no));
  request.set_setl_id(std::string(setl_id));
  return request;
}

v1::GetAccountRequest GetAccountOf(absl::string_view psn_no) {
  v1::GetAccountRequest request;
  request.set_psn_no(std::string(psn_no));
  return request;
}

}  // namespace yijie::e2e
