#include "engine/payout/status_file.h"

#include <algorithm>
#include <array>
#include <pugixml.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/date.h"
#include "base/utf8.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr std::array<absl::string_view, 2> kNamespaces = {
    "urn:iso:std:iso:20022:tech:xsd:pain.002.001.03",
    "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"};
constexpr absl::string_view kPaymentMessage = "pain.001.001.09";
constexpr size_t kMaxIdChars = 35;
constexpr size_t kDayChars = 10;
constexpr int kMaxDepth = 16;  // the standard needs 12

// External code set of transaction statuses (ExternalPaymentTransactionStatus1Code). What is not
// here is refused: a code that could mean anything must not be taken for "not yet".
std::optional<BankDecision> DecisionOf(absl::string_view code) {
  // Settled on the account of the agency, or on that of the person.
  if (code == "ACSC" || code == "ACCC") return BankDecision::kPaid;
  if (code == "RJCT") return BankDecision::kReturned;
  for (const absl::string_view pending :
       {"RCVD", "PDNG", "ACTC", "ACCP", "ACSP", "ACFC", "ACWC", "ACWP", "PATC"}) {
    if (code == pending) return BankDecision::kPending;
  }
  return std::nullopt;
}

bool IsId(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxIdChars &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// Every element is of the namespace of the root: same prefix, none declared further down; and no
// deeper than the standard goes.
class NamespaceWalker : public pugi::xml_tree_walker {
 public:
  explicit NamespaceWalker(std::string prefix) : prefix_(std::move(prefix)) {}
  bool for_each(pugi::xml_node& node) override {
    if (node.type() != pugi::node_element) return true;
    if (depth() > kMaxDepth) return false;
    const absl::string_view name = node.name();
    if (!absl::StartsWith(name, prefix_)) return false;
    if (absl::StrContains(name.substr(prefix_.size()), ':')) return false;
    if (depth() == 0) return true;  // the root declares
    for (const pugi::xml_attribute attribute : node.attributes()) {
      if (absl::StartsWith(attribute.name(), "xmlns")) return false;
    }
    return true;
  }

 private:
  std::string prefix_;
};

class Reader {
 public:
  explicit Reader(StatusFileReading* out) : out_(out) {}

  void Read(absl::string_view bytes) {
    pugi::xml_document document;
    if (!Parse(bytes, &document)) return;
    const pugi::xml_node report = One(root_, "", "CstmrPmtStsRpt");
    if (!report) return;
    ReadHeaders(report);
    int number = 0;
    const std::string block_name = Name("OrgnlPmtInfAndSts");  // children() keeps the pointer
    for (const pugi::xml_node block : report.children(block_name.c_str()))
      ReadBlock(absl::StrCat("OrgnlPmtInfAndSts[", ++number, "]"), block);
    if (out_->file.rejected && (!out_->file.rows.empty() || !out_->file.rejected_blocks.empty()))
      Bad("", "整个支付文件被拒，却另有逐笔状态");
  }

 private:
  void Bad(absl::string_view path, absl::string_view reason) {
    v1::StatusFileDefect& defect = out_->defects.emplace_back();
    defect.set_path(std::string(path));
    defect.set_reason(std::string(reason));
  }

  std::string Name(absl::string_view local) const { return absl::StrCat(prefix_, local); }

  bool Parse(absl::string_view bytes, pugi::xml_document* document) {
    const bool large = bytes.size() > kMaxStatusFileBytes ||
                       std::count(bytes.begin(), bytes.end(), '<') > kMaxStatusFileTags;
    if (large) return Bad("", "文件过大"), false;
    absl::ConsumePrefix(&bytes, "\xef\xbb\xbf");
    if (!IsUtf8(bytes) || absl::StrContains(bytes, '\0'))
      return Bad("", "文件不是 UTF-8 编码"), false;
    const pugi::xml_parse_result parsed = document->load_buffer(
        bytes.data(), bytes.size(),
        pugi::parse_default | pugi::parse_doctype | pugi::parse_declaration, pugi::encoding_utf8);
    if (!parsed)
      return Bad("", absl::StrCat("不是完整的 XML 文件（第 ", parsed.offset, " 字节）")), false;
    return CheckProlog(*document) && CheckNamespace(document);
  }

  bool CheckProlog(const pugi::xml_document& document) {
    for (const pugi::xml_node node : document.children()) {
      if (node.type() == pugi::node_doctype) return Bad("", "文件含 DTD，拒绝读取"), false;
      if (node.type() == pugi::node_declaration) {
        const pugi::xml_attribute encoding = node.attribute("encoding");
        if (encoding && !absl::EqualsIgnoreCase(encoding.value(), "UTF-8"))
          return Bad("", "文件声明的编码不是 UTF-8"), false;
      } else if (root_) {
        return Bad("", "文件含多个根元素"), false;
      } else {
        root_ = node;
      }
    }
    return true;
  }

  bool CheckNamespace(pugi::xml_document* document) {
    const absl::string_view name = root_.name();
    const size_t colon = name.find(':');
    std::string declared = "xmlns";
    if (colon != absl::string_view::npos) {
      prefix_ = std::string(name.substr(0, colon + 1));
      declared = absl::StrCat("xmlns:", name.substr(0, colon));
    }
    const absl::string_view uri = root_.attribute(declared.c_str()).value();
    const bool known = name.substr(prefix_.size()) == "Document" &&
                       std::find(kNamespaces.begin(), kNamespaces.end(), uri) != kNamespaces.end();
    if (!known) return Bad("", "不是 pain.002.001.03 或 pain.002.001.10 状态文件"), false;
    NamespaceWalker walker(prefix_);
    if (!document->traverse(walker)) return Bad("", "文件含其他命名空间的元素或层次过深"), false;
    return true;
  }

  // The one child of that name; none if there is none, or if there are several, which is a defect.
  pugi::xml_node OptionalOne(pugi::xml_node parent, absl::string_view path,
                             absl::string_view local) {
    const std::string name = Name(local);
    const pugi::xml_node child = parent.child(name.c_str());
    if (!child || !child.next_sibling(name.c_str())) return child;
    Bad(path, absl::StrCat(local, " 重复"));
    return {};
  }

  pugi::xml_node One(pugi::xml_node parent, absl::string_view path, absl::string_view local) {
    const size_t before = out_->defects.size();
    const pugi::xml_node child = OptionalOne(parent, path, local);
    if (!child && out_->defects.size() == before) Bad(path, absl::StrCat("缺少 ", local));
    return child;
  }

  // Text of an element that holds nothing else. A comment inside would part it in two.
  std::string TextOf(pugi::xml_node element, absl::string_view path) {
    const pugi::xml_node text = element.first_child();
    const bool plain = text && !text.next_sibling() &&
                       (text.type() == pugi::node_pcdata || text.type() == pugi::node_cdata);
    if (plain) return text.value();
    Bad(path,
        absl::StrCat(absl::string_view(element.name()).substr(prefix_.size()), " 不是单一文本"));
    return "";
  }

  // Text of the child, empty if there is none.
  std::string OptionalText(pugi::xml_node parent, absl::string_view path, absl::string_view local) {
    const pugi::xml_node child = OptionalOne(parent, path, local);
    return child ? TextOf(child, path) : "";
  }

  std::string Id(pugi::xml_node parent, absl::string_view path, absl::string_view local) {
    const pugi::xml_node child = One(parent, path, local);
    if (!child) return "";
    std::string text = TextOf(child, path);
    if (IsId(text)) return text;
    Bad(path, absl::StrCat(local, " 应为 1 至 35 个可见字符"));
    return "";
  }

  void ReadHeaders(pugi::xml_node report) {
    const pugi::xml_node header = One(report, "", "GrpHdr");
    out_->file.msg_id = Id(header, "GrpHdr", "MsgId");
    const std::string created = OptionalText(header, "GrpHdr", "CreDtTm").substr(0, kDayChars);
    if (!ParseDate(created).ok()) Bad("GrpHdr", "CreDtTm 不是日期时间");
    out_->file.day = created;
    constexpr absl::string_view kPath = "OrgnlGrpInfAndSts";
    const pugi::xml_node original = One(report, "", kPath);
    out_->file.file_id = Id(original, kPath, "OrgnlMsgId");
    if (OptionalText(original, kPath, "OrgnlMsgNmId") != kPaymentMessage)
      Bad(kPath, absl::StrCat("OrgnlMsgNmId 不是 ", kPaymentMessage));
    const std::string status = OptionalText(original, kPath, "GrpSts");
    // PART: some yes, some no. Only a rejection says something of transfers that have no row.
    if (!status.empty() && status != "PART" && !DecisionOf(status)) Bad(kPath, "GrpSts 无法识别");
    out_->file.rejected = status == "RJCT";
    if (out_->file.rejected) out_->file.reason_code = ReasonCode(original, kPath);
  }

  void ReadBlock(const std::string& path, pugi::xml_node block) {
    const std::string id = Id(block, path, "OrgnlPmtInfId");
    const std::string status = OptionalText(block, path, "PmtInfSts");
    if (!status.empty() && status != "PART" && !DecisionOf(status)) Bad(path, "PmtInfSts 无法识别");
    int rows = 0;
    const bool rejected = status == "RJCT";
    const std::string row_name = Name("TxInfAndSts");
    for (const pugi::xml_node row : block.children(row_name.c_str())) {
      ReadRow(absl::StrCat(path, ".TxInfAndSts[", ++rows, "]"), row);
      if (rejected && out_->file.rows.back().decision != BankDecision::kReturned)
        Bad(out_->file.rows.back().path, "整批被拒，本笔状态却不是 RJCT");
    }
    if (rejected && rows == 0)
      out_->file.rejected_blocks.push_back({path, id, ReasonCode(block, path)});
  }

  void ReadRow(const std::string& path, pugi::xml_node element) {
    StatusRow& row = out_->file.rows.emplace_back();
    row.path = path;
    row.end_to_end_id = Id(element, path, "OrgnlEndToEndId");
    row.instr_id = OptionalText(element, path, "OrgnlInstrId");
    const std::string code = OptionalText(element, path, "TxSts");
    const std::optional<BankDecision> decision = DecisionOf(code);
    if (!decision) Bad(path, "TxSts 缺少或无法识别");
    row.decision = decision.value_or(BankDecision::kPending);
    row.reason_code = ReasonCode(element, path);
    row.amount = Amount(element, path);
  }

  // The first reason told, of StsRsnInf/Rsn/Cd or /Prtry; empty if there is none.
  std::string ReasonCode(pugi::xml_node parent, const absl::string_view path) {
    const pugi::xml_node reason =
        parent.child(Name("StsRsnInf").c_str()).child(Name("Rsn").c_str());
    if (!reason) return "";
    std::string code = OptionalText(reason, path, "Cd");
    if (code.empty()) code = OptionalText(reason, path, "Prtry");
    if (!IsId(code)) Bad(path, "StsRsnInf 中没有可读的原因代码");
    return code;
  }

  std::optional<Fen> Amount(pugi::xml_node row, absl::string_view path) {
    const pugi::xml_node reference = OptionalOne(row, path, "OrgnlTxRef");
    const pugi::xml_node amount = OptionalOne(reference, path, "Amt");
    const pugi::xml_node instructed = OptionalOne(amount, path, "InstdAmt");
    if (!instructed) return std::nullopt;
    if (absl::string_view(instructed.attribute("Ccy").value()) != "CNY") Bad(path, "币种不是 CNY");
    const absl::StatusOr<Fen> fen = ParseYuan(TextOf(instructed, path));
    if (fen.ok()) return *fen;
    Bad(path, "InstdAmt 不是两位小数以内的金额");
    return std::nullopt;
  }

  StatusFileReading* out_;
  pugi::xml_node root_;
  std::string prefix_;  // with its colon; empty if there is none
};

}  // namespace

StatusFileReading ReadStatusFile(absl::string_view bytes) {
  StatusFileReading reading;
  Reader(&reading).Read(bytes);
  return reading;
}

}  // namespace yijie::engine
