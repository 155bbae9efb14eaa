#include "engine/payout/payment_file.h"

#include <algorithm>
#include <map>
#include <pugixml.hpp>
#include <sstream>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
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
constexpr size_t kMaxBlocks = 9'999;
constexpr size_t kMaxCertificateChars = 35;

// Account of the agency and day of execution; blocks stand in this order.
using BlockKey = std::pair<std::string, std::string>;
using Blocks = std::map<BlockKey, std::vector<v1::Payout*>>;
using Accounts = absl::flat_hash_map<std::string, const v1::FundBankAccount*>;

absl::Status CheckHeader(const PaymentFileHeader& header) {
  const std::string& id = header.file_id;
  const bool shaped =
      !id.empty() && id.size() <= kMaxFileIdChars && std::all_of(id.begin(), id.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-';
      });
  if (!shaped) return absl::InvalidArgumentError("file_id: 1 to 30 of [0-9A-Za-z-]");
  if (!IsPartyName(header.initiator_name))
    return absl::InvalidArgumentError("initiator_name: 1 to 140 characters");
  if (!IsPartyName(header.created_at))
    return absl::InvalidArgumentError("created_at: not a time such as 2026-11-21T08:00:00+08:00");
  if (header.through < header.day) return absl::InvalidArgumentError("through: before day");
  return absl::OkStatus();
}

absl::StatusOr<Accounts> IndexAccounts(const std::vector<v1::FundBankAccount>& accounts) {
  Accounts index;
  for (const v1::FundBankAccount& account : accounts) {
    const bool good = IsAccountNumber(account.acct_no()) && IsPartyName(account.acct_name()) &&
                      IsBankCode(account.bank_code());
    if (!good) {
      return absl::FailedPreconditionError(absl::StrCat(
          "account ", account.id(), ": number, name or bank code cannot stand in a payment file"));
    }
    index[account.id()] = &account;
  }
  return index;
}

bool IsCertificate(const v1::BankAccount& payee) {
  return IsPartyName(payee.certno()) && payee.certno().size() <= kMaxCertificateChars &&
         IsPartyName(payee.psn_cert_type()) && payee.psn_cert_type().size() <= kMaxCertificateChars;
}

absl::Status CheckPayout(const v1::Payout& payout, const Accounts& accounts, Date through) {
  const auto refuse = [&](absl::string_view what) {
    return absl::FailedPreconditionError(absl::StrCat("payout ", payout.payout_id(), ": ", what));
  };
  if (!IsPayable(payout, through)) return refuse("not payable through this day");
  if (!accounts.contains(payout.debtor_account()))
    return refuse("debtor_account is none of the accounts given");
  const v1::BankAccount& payee = payout.payee();
  const bool good = IsAccountNumber(payee.acct_no()) && IsPartyName(payee.acct_name()) &&
                    IsBankCode(payee.bank_code()) && IsCertificate(payee) &&
                    IsPartyName(payout.label());
  return good ? absl::OkStatus() : refuse("payee or label cannot stand in a payment file");
}

absl::StatusOr<Blocks> GroupPayouts(const Accounts& accounts, const PaymentFileHeader& header,
                                    std::vector<v1::Payout>* payouts) {
  Blocks blocks;
  const std::string first_day = FormatDate(header.day);
  absl::flat_hash_set<std::string> seen;
  for (v1::Payout& payout : *payouts) {
    YIJIE_RETURN_IF_ERROR(CheckPayout(payout, accounts, header.through));
    if (!seen.insert(payout.payout_id()).second)
      return absl::FailedPreconditionError(
          absl::StrCat("payout ", payout.payout_id(), ": given twice"));
    const std::string& day = std::max(first_day, payout.due_date());  // ISO days compare as text
    blocks[{payout.debtor_account(), day}].push_back(&payout);
  }
  if (blocks.size() > kMaxBlocks)
    return absl::InvalidArgumentError("payouts: too many accounts and days for one file");
  for (auto& [key, members] : blocks) {
    std::sort(members.begin(), members.end(), [](const v1::Payout* a, const v1::Payout* b) {
      return a->payout_id() < b->payout_id();
    });
  }
  return blocks;
}

Fen Total(const std::vector<v1::Payout*>& payouts) {
  Fen total;
  for (const v1::Payout* payout : payouts) total += Fen(payout->amount_fen());
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

void AddTransfer(pugi::xml_node block, const v1::Payout& payout) {
  pugi::xml_node transfer = Add(block, "CdtTrfTxInf");
  pugi::xml_node id = Add(transfer, "PmtId");
  AddText(id, "InstrId", payout.payout_id());
  AddText(id, "EndToEndId", payout.attempt(payout.attempt_size() - 1).end_to_end_id());
  pugi::xml_node amount = Add(Add(transfer, "Amt"), "InstdAmt");
  amount.append_attribute("Ccy").set_value("CNY");
  amount.text().set(FormatYuan(Fen(payout.amount_fen())).c_str());
  AddBank(transfer, "CdtrAgt", payout.payee().bank_code());
  AddCreditor(transfer, payout.payee());
  AddAccount(transfer, "CdtrAcct", payout.payee().acct_no());
  AddText(Add(transfer, "RmtInf"), "Ustrd", payout.label());
}

void AddBlock(pugi::xml_node initiation, const std::string& id, const BlockKey& key,
              const v1::FundBankAccount& debtor, const std::vector<v1::Payout*>& members) {
  pugi::xml_node block = Add(initiation, "PmtInf");
  AddText(block, "PmtInfId", id);
  AddText(block, "PmtMtd", "TRF");
  AddCount(block, members.size(), Total(members));
  AddText(Add(block, "ReqdExctnDt"), "Dt", key.second);
  AddText(Add(block, "Dbtr"), "Nm", debtor.acct_name());
  AddText(AddAccount(block, "DbtrAcct", debtor.acct_no()), "Ccy", "CNY");
  AddBank(block, "DbtrAgt", debtor.bank_code());
  for (const v1::Payout* payout : members) AddTransfer(block, *payout);
}

void AddGroupHeader(pugi::xml_node initiation, const PaymentFileHeader& header,
                    const std::vector<v1::Payout>& payouts) {
  Fen total;
  for (const v1::Payout& payout : payouts) total += Fen(payout.amount_fen());
  pugi::xml_node group = Add(initiation, "GrpHdr");
  AddText(group, "MsgId", header.file_id);
  AddText(group, "CreDtTm", header.created_at);
  AddCount(group, payouts.size(), total);
  AddText(Add(group, "InitgPty"), "Nm", header.initiator_name);
}

std::string ToText(const pugi::xml_document& document) {
  std::ostringstream text;
  document.save(text, " ", pugi::format_indent, pugi::encoding_utf8);
  return text.str();
}

}  // namespace

absl::StatusOr<std::string> MakePaymentFile(const PaymentFileHeader& header,
                                            const std::vector<v1::FundBankAccount>& accounts,
                                            std::vector<v1::Payout>* payouts) {
  YIJIE_RETURN_IF_ERROR(CheckHeader(header));
  if (payouts->empty() || payouts->size() > kMaxPayoutsOfFile) {
    return absl::InvalidArgumentError(
        absl::StrCat("payouts: 1 to ", kMaxPayoutsOfFile, ", not ", payouts->size()));
  }
  YIJIE_ASSIGN_OR_RETURN(const Accounts index, IndexAccounts(accounts));
  std::vector<v1::Payout> next = *payouts;
  YIJIE_ASSIGN_OR_RETURN(const Blocks blocks, GroupPayouts(index, header, &next));

  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version").set_value("1.0");
  declaration.append_attribute("encoding").set_value("UTF-8");
  pugi::xml_node root = document.append_child("Document");
  root.append_attribute("xmlns").set_value(std::string(kNamespace).c_str());
  pugi::xml_node initiation = Add(root, "CstmrCdtTrfInitn");
  AddGroupHeader(initiation, header, next);
  int number = 0;
  for (const auto& [key, members] : blocks) {
    const std::string id = absl::StrCat(header.file_id, absl::StrFormat("-%04d", ++number));
    for (v1::Payout* payout : members) {
      const PayoutStep step = PutInFile(header.file_id, id, payout);
      if (step.outcome != v1::PAYOUT_DONE)
        return absl::FailedPreconditionError(
            absl::StrCat("payout ", payout->payout_id(), ": ", step.reason));
    }
    AddBlock(initiation, id, key, *index.at(key.first), members);
  }
  *payouts = std::move(next);
  return ToText(document);
}

}  // namespace yijie::engine
