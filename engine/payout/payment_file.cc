#include "engine/payout/payment_file.h"

#include <algorithm>
#include <map>
#include <pugixml.hpp>
#include <sstream>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/date.h"
#include "base/fen.h"
#include "base/status_macros.h"
#include "engine/payout/bank_account.h"
#include "engine/payout/payout_state.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr absl::string_view kNamespace = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";
// CNAPS in the external code set of clearing systems (ExternalClearingSystemIdentification1Code).
constexpr absl::string_view kClearingSystem = "CNAPS";
constexpr size_t kMaxFileIdChars = 30;  // a PmtInfId of 35 characters is MsgId, "-" and four digits
constexpr int kMaxPayers = 100;
constexpr size_t kMaxCertificateChars = 35;

std::string BlockId(absl::string_view file_id, int number) {
  return absl::StrCat(file_id, absl::StrFormat("-%04d", number));
}

// Place of an account of the agency among those of the file, from 1; 0 if it is none of them.
int NumberOf(const v1::PaymentFile& file, absl::string_view debtor_account) {
  for (int i = 0; i < file.payers().account_size(); ++i) {
    if (file.payers().account(i).id() == debtor_account) return i + 1;
  }
  return 0;
}

bool CanStandInFile(const v1::BankAccount& payee, absl::string_view label) {
  return IsAccountNumber(payee.acct_no()) && IsPartyName(payee.acct_name()) &&
         IsBankCode(payee.bank_code()) && IsPartyName(payee.certno()) &&
         payee.certno().size() <= kMaxCertificateChars && IsPartyName(payee.psn_cert_type()) &&
         payee.psn_cert_type().size() <= kMaxCertificateChars && IsPartyName(label);
}

absl::Status CheckTransfers(const v1::PaymentFile& file,
                            const std::vector<v1::FileTransfer>& transfers) {
  if (transfers.empty() || transfers.size() > kMaxPayoutsOfFile) {
    return absl::InvalidArgumentError(
        absl::StrCat("transfers: 1 to ", kMaxPayoutsOfFile, ", not ", transfers.size()));
  }
  for (size_t i = 0; i < transfers.size(); ++i) {
    const v1::FileTransfer& each = transfers[i];
    const int number = NumberOf(file, each.debtor_account());
    const bool good = number > 0 && each.payment_info_id() == BlockId(file.file_id(), number) &&
                      each.amount_fen() > 0 && CanStandInFile(each.payee(), each.label());
    if (!good) {
      return absl::InvalidArgumentError(
          absl::StrCat("transfer ", each.end_to_end_id(), ": cannot stand in this file"));
    }
    if (i > 0 && transfers[i - 1].end_to_end_id() == each.end_to_end_id()) {
      return absl::InvalidArgumentError(
          absl::StrCat("transfer ", each.end_to_end_id(), ": given twice"));
    }
  }
  return absl::OkStatus();
}

Fen Total(const std::vector<const v1::FileTransfer*>& transfers) {
  Fen total;
  for (const v1::FileTransfer* transfer : transfers) total += Fen(transfer->amount_fen());
  return total;
}

pugi::xml_node Add(pugi::xml_node parent, const char* name) { return parent.append_child(name); }

void AddText(pugi::xml_node parent, const char* name, const std::string& text) {
  Add(parent, name).text().set(text.c_str());
}

void AddCount(pugi::xml_node parent, size_t transactions, Fen total) {
  AddText(parent, "NbOfTxs", absl::StrCat(transactions));
  AddText(parent, "CtrlSum", FormatYuan(total));
}

void AddBank(pugi::xml_node parent, const char* name, const std::string& bank_code) {
  pugi::xml_node member = Add(Add(Add(parent, name), "FinInstnId"), "ClrSysMmbId");
  AddText(Add(member, "ClrSysId"), "Cd", std::string(kClearingSystem));
  AddText(member, "MmbId", bank_code);
}

pugi::xml_node AddAccount(pugi::xml_node parent, const char* name, const std::string& acct_no) {
  pugi::xml_node account = Add(parent, name);
  AddText(Add(Add(account, "Id"), "Othr"), "Id", acct_no);
  return account;
}

// Name and certificate: the bank compares both with the holder of the account.
void AddCreditor(pugi::xml_node transfer, const v1::BankAccount& payee) {
  pugi::xml_node creditor = Add(transfer, "Cdtr");
  AddText(creditor, "Nm", payee.acct_name());
  pugi::xml_node other = Add(Add(Add(creditor, "Id"), "PrvtId"), "Othr");
  AddText(other, "Id", payee.certno());
  AddText(Add(other, "SchmeNm"), "Prtry", payee.psn_cert_type());
}

void AddTransfer(pugi::xml_node block, const v1::FileTransfer& transfer) {
  pugi::xml_node out = Add(block, "CdtTrfTxInf");
  pugi::xml_node id = Add(out, "PmtId");
  AddText(id, "InstrId", transfer.payout_id());
  AddText(id, "EndToEndId", transfer.end_to_end_id());
  pugi::xml_node amount = Add(Add(out, "Amt"), "InstdAmt");
  amount.append_attribute("Ccy").set_value("CNY");
  amount.text().set(FormatYuan(Fen(transfer.amount_fen())).c_str());
  AddBank(out, "CdtrAgt", transfer.payee().bank_code());
  AddCreditor(out, transfer.payee());
  AddAccount(out, "CdtrAcct", transfer.payee().acct_no());
  AddText(Add(out, "RmtInf"), "Ustrd", transfer.label());
}

void AddBlock(pugi::xml_node initiation, const v1::PaymentFile& file, const std::string& id,
              const std::vector<const v1::FileTransfer*>& members) {
  const int number = NumberOf(file, members[0]->debtor_account());
  const v1::FundBankAccount& debtor = file.payers().account(number - 1);
  pugi::xml_node block = Add(initiation, "PmtInf");
  AddText(block, "PmtInfId", id);
  AddText(block, "PmtMtd", "TRF");
  AddCount(block, members.size(), Total(members));
  AddText(Add(block, "ReqdExctnDt"), "Dt", file.day());
  AddText(Add(block, "Dbtr"), "Nm", debtor.acct_name());
  AddText(AddAccount(block, "DbtrAcct", debtor.acct_no()), "Ccy", "CNY");
  AddBank(block, "DbtrAgt", debtor.bank_code());
  for (const v1::FileTransfer* member : members) AddTransfer(block, *member);
}

void AddGroupHeader(pugi::xml_node initiation, const v1::PaymentFile& file, size_t transfers,
                    Fen total) {
  pugi::xml_node group = Add(initiation, "GrpHdr");
  AddText(group, "MsgId", file.file_id());
  AddText(group, "CreDtTm", file.created_at());
  AddCount(group, transfers, total);
  AddText(Add(group, "InitgPty"), "Nm", file.payers().name());
}

std::string ToText(const pugi::xml_document& document) {
  std::ostringstream text;
  document.save(text, " ", pugi::format_indent, pugi::encoding_utf8);
  return text.str();
}

}  // namespace

absl::Status CheckFileId(absl::string_view path, absl::string_view file_id) {
  const bool shaped = !file_id.empty() && file_id.size() <= kMaxFileIdChars &&
                      std::all_of(file_id.begin(), file_id.end(), [](char c) {
                        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-';
                      });
  return shaped ? absl::OkStatus()
                : absl::InvalidArgumentError(absl::StrCat(path, ": 1 to 30 of [0-9A-Za-z-]"));
}

absl::Status CheckPayers(const v1::PayerAccounts& payers) {
  if (!IsPartyName(payers.name())) return absl::InvalidArgumentError("name: 1 to 140 characters");
  if (payers.account().empty() || payers.account_size() > kMaxPayers)
    return absl::InvalidArgumentError(absl::StrCat("account: 1 to ", kMaxPayers));
  absl::flat_hash_set<std::string> ids;
  absl::flat_hash_set<std::string> funds;
  for (const v1::FundBankAccount& account : payers.account()) {
    const auto bad = [&](absl::string_view what) {
      return absl::InvalidArgumentError(absl::StrCat("account ", account.id(), ": ", what));
    };
    const bool shaped = !account.id().empty() && account.id().size() <= kMaxFileIdChars &&
                        std::all_of(account.id().begin(), account.id().end(), [](char c) {
                          return absl::ascii_isalnum(static_cast<unsigned char>(c));
                        });
    if (!shaped) return bad("id: 1 to 30 of [0-9A-Za-z]");
    if (!ids.insert(account.id()).second) return bad("id: there twice");
    if (!IsAccountNumber(account.acct_no()) || !IsPartyName(account.acct_name()) ||
        !IsBankCode(account.bank_code())) {
      return bad("number, name or bank code cannot stand in a payment file");
    }
    if (account.fund_pay_type().empty()) return bad("fund_pay_type: none");
    for (const std::string& fund : account.fund_pay_type()) {
      const bool code = fund.size() == 6 && std::all_of(fund.begin(), fund.end(), [](char c) {
                          return absl::ascii_isdigit(static_cast<unsigned char>(c));
                        });
      if (!code) return bad("fund_pay_type: six digits");
      if (!funds.insert(fund).second)
        return bad(absl::StrCat("fund_pay_type: ", fund, " is paid for twice"));
    }
  }
  return absl::OkStatus();
}

bool PutInPaymentFile(const v1::PaymentFile& file, v1::Payout* payout) {
  const int number = NumberOf(file, payout->debtor_account());
  const absl::StatusOr<Date> through = ParseDate(file.through_date());
  if (number == 0 || !through.ok() || !IsPayable(*payout, *through)) return false;
  if (!CanStandInFile(payout->payee(), payout->label())) return false;
  return PutInFile(file.file_id(), BlockId(file.file_id(), number), payout).outcome ==
         v1::PAYOUT_DONE;
}

std::vector<v1::FileTransfer> TransfersOf(const v1::Payout& payout, absl::string_view file_id) {
  std::vector<v1::FileTransfer> transfers;
  for (const v1::PayoutAttempt& attempt : payout.attempt()) {
    if (attempt.file_id() != file_id) continue;
    v1::FileTransfer& transfer = transfers.emplace_back();
    transfer.set_payout_id(payout.payout_id());
    transfer.set_end_to_end_id(attempt.end_to_end_id());
    transfer.set_payment_info_id(attempt.payment_info_id());
    transfer.set_debtor_account(payout.debtor_account());
    transfer.set_amount_fen(payout.amount_fen());
    *transfer.mutable_payee() = attempt.payee();
    transfer.set_label(payout.label());
  }
  return transfers;
}

absl::StatusOr<std::string> WritePaymentFile(const v1::PaymentFile& file,
                                             std::vector<v1::FileTransfer> transfers) {
  YIJIE_RETURN_IF_ERROR(CheckFileId("file_id", file.file_id()));
  YIJIE_RETURN_IF_ERROR(CheckPayers(file.payers()));
  std::sort(transfers.begin(), transfers.end(),
            [](const v1::FileTransfer& a, const v1::FileTransfer& b) {
              return a.end_to_end_id() < b.end_to_end_id();
            });
  YIJIE_RETURN_IF_ERROR(CheckTransfers(file, transfers));
  std::vector<const v1::FileTransfer*> all;
  std::map<std::string, std::vector<const v1::FileTransfer*>> blocks;
  for (const v1::FileTransfer& transfer : transfers) {
    all.push_back(&transfer);
    blocks[transfer.payment_info_id()].push_back(&transfer);
  }
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version").set_value("1.0");
  declaration.append_attribute("encoding").set_value("UTF-8");
  pugi::xml_node root = document.append_child("Document");
  root.append_attribute("xmlns").set_value(std::string(kNamespace).c_str());
  pugi::xml_node initiation = Add(root, "CstmrCdtTrfInitn");
  AddGroupHeader(initiation, file, all.size(), Total(all));
  for (const auto& [id, members] : blocks) AddBlock(initiation, file, id, members);
  return ToText(document);
}

}  // namespace yijie::engine
