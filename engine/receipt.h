#ifndef YIJIE_ENGINE_RECEIPT_H_
#define YIJIE_ENGINE_RECEIPT_H_

// The settlement statement (医保结算单): what a patient gets at the counter. Plain text, 80 columns
// where a Chinese character counts as two, Chinese with English beside it, money in yuan.
//
// The person number, the certificate number and the name are printed masked only. Text that comes
// from outside is printed without control characters.

#include <string>

#include "absl/strings/string_view.h"

namespace yijie::v1 {
class RefundResponse;
class Reversal;
class Settlement;
}  // namespace yijie::v1

namespace yijie::engine {

// A person or certificate number as outputs show it: the first six and the last four characters; of
// numbers too short for that (passports) the last four, or nothing.
std::string MaskNumber(absl::string_view number);

// A name as outputs show it: the family name, and one star however long the rest is.
std::string MaskName(absl::string_view name);

// What the settlement itself does not carry. An empty field is left out of the receipt.
struct ReceiptNames {
  std::string institution_name;
  std::string psn_name;  // printed as 张*
  std::string certno;    // printed as 410105********1234; empty: the person number, masked alike
};

// A settlement, a pre-settlement (settled without `setl_id`) or a refusal; ends with a newline.
std::string PrintReceipt(const v1::Settlement& settlement, const ReceiptNames& names);

// What an undo did, whether by settlement id (撤销) or by message id (冲正).
std::string PrintReversal(const v1::Reversal& reversal);

// What a refund of some lines did (部分退费): what the person gets back and from where, and the
// statement of what remains.
std::string PrintRefund(const v1::RefundResponse& refund);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_RECEIPT_H_
