#include "engine/books/book_entry.h"

#include <algorithm>
#include <array>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/date.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

using yijie::store::v1::BookEntry;

constexpr size_t kMaxId = 30;
constexpr size_t kMaxCode = 6;

void SetShares(const BookedShares& shares, v1::ClearingAmounts* amounts) {
  amounts->set_quality_deposit_fen(shares.quality_deposit.value());
  amounts->set_payable_fen(shares.payable.value());
  amounts->set_psn_clearing_fen(shares.psn_clearing.value());
}

v1::ClearingAmounts AmountsOf(const v1::Amounts& amounts, const BookedShares& shares) {
  v1::ClearingAmounts booked;
  booked.set_medfee_sumamt_fen(amounts.medfee_sumamt_fen());
  booked.set_fund_pay_sumamt_fen(amounts.fund_pay_sumamt_fen());
  booked.set_acct_pay_fen(
      (Fen(amounts.acct_pay_fen()) + Fen(amounts.acct_mulaid_pay_fen())).value());
  booked.set_acct_mulaid_pay_fen(amounts.acct_mulaid_pay_fen());
  booked.set_psn_cash_pay_fen(amounts.psn_cash_pay_fen());
  booked.set_hosp_part_amt_fen(amounts.hosp_part_amt_fen());
  SetShares(shares, &booked);
  return booked;
}

// Without what is owed, which the undo of a correction may leave where it is.
v1::ClearingAmounts Negated(const v1::ClearingAmounts& amounts) {
  v1::ClearingAmounts negated;
  negated.set_medfee_sumamt_fen(-amounts.medfee_sumamt_fen());
  negated.set_fund_pay_sumamt_fen(-amounts.fund_pay_sumamt_fen());
  negated.set_acct_pay_fen(-amounts.acct_pay_fen());
  negated.set_acct_mulaid_pay_fen(-amounts.acct_mulaid_pay_fen());
  negated.set_psn_cash_pay_fen(-amounts.psn_cash_pay_fen());
  negated.set_hosp_part_amt_fen(-amounts.hosp_part_amt_fen());
  return negated;
}

absl::Status CheckPrintable(absl::string_view field, absl::string_view text, size_t max) {
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
  if (!text.empty() && text.size() <= max && printable) return absl::OkStatus();
  return BadField(field, absl::StrCat("must be 1 to ", max, " printable ASCII characters"));
}

// Codes go into keys and paths, where they stand before a separator.
absl::Status CheckCode(absl::string_view field, absl::string_view text, size_t max) {
  const bool good = std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c));
  });
  if (!text.empty() && text.size() <= max && good) return absl::OkStatus();
  return BadField(field, absl::StrCat("must be 1 to ", max, " letters and digits"));
}

absl::Status CheckDay(absl::string_view field, absl::string_view text) {
  return ParseDate(text).ok() ? absl::OkStatus()
                              : BadField(field, "must be a day such as 2026-11-21");
}

absl::Status CheckMonth(absl::string_view field, absl::string_view text) {
  return ClearingMonth::Parse(text).ok() ? absl::OkStatus()
                                         : BadField(field, "must be a month such as 2026-11");
}

bool IsInRange(int64_t fen) { return fen >= -kMaxClaimFen && fen <= kMaxClaimFen; }

absl::Status CheckAmount(absl::string_view field, int64_t fen) {
  if (IsInRange(fen)) return absl::OkStatus();
  return BadField(field, absl::StrCat("must be -", kMaxClaimFen, " to ", kMaxClaimFen));
}

// In range, of the right sign, and as v1::ClearingAmounts says.
absl::Status CheckAmounts(const v1::ClearingAmounts& amounts, int64_t sign) {
  const auto check = [&](absl::string_view name, int64_t fen, bool any_sign) -> absl::Status {
    const std::string field = absl::StrCat("amounts.", name);
    YIJIE_RETURN_IF_ERROR(CheckAmount(field, fen));
    if (!any_sign && fen * sign < 0) return BadField(field, "has the wrong sign");
    return absl::OkStatus();
  };
  YIJIE_RETURN_IF_ERROR(check("medfee_sumamt_fen", amounts.medfee_sumamt_fen(), false));
  YIJIE_RETURN_IF_ERROR(check("fund_pay_sumamt_fen", amounts.fund_pay_sumamt_fen(), false));
  YIJIE_RETURN_IF_ERROR(check("acct_pay_fen", amounts.acct_pay_fen(), false));
  YIJIE_RETURN_IF_ERROR(check("acct_mulaid_pay_fen", amounts.acct_mulaid_pay_fen(), false));
  YIJIE_RETURN_IF_ERROR(check("psn_cash_pay_fen", amounts.psn_cash_pay_fen(), false));
  YIJIE_RETURN_IF_ERROR(check("hosp_part_amt_fen", amounts.hosp_part_amt_fen(), true));
  YIJIE_RETURN_IF_ERROR(check("quality_deposit_fen", amounts.quality_deposit_fen(), false));
  // Only what was taken from the person in cash, or not taken, can turn what is payable round.
  const bool corrected = amounts.psn_clearing_fen() != 0;
  YIJIE_RETURN_IF_ERROR(check("payable_fen", amounts.payable_fen(), corrected));
  YIJIE_RETURN_IF_ERROR(check("psn_clearing_fen", amounts.psn_clearing_fen(), true));
  const Fen paid = Fen(amounts.fund_pay_sumamt_fen()) + Fen(amounts.acct_pay_fen());
  const Fen bill = paid + Fen(amounts.hosp_part_amt_fen()) + Fen(amounts.psn_cash_pay_fen());
  if (bill != Fen(amounts.medfee_sumamt_fen())) {
    return BadField("amounts.medfee_sumamt_fen",
                    "is not what funds, account, cash and hospital pay");
  }
  const Fen shared = Fen(amounts.quality_deposit_fen()) + Fen(amounts.payable_fen()) +
                     Fen(amounts.psn_clearing_fen());
  if (shared != paid) {
    return BadField("amounts.payable_fen",
                    "and the deposit and psn_clearing_fen are not what funds and account pay");
  }
  if ((amounts.acct_pay_fen() - amounts.acct_mulaid_pay_fen()) * sign < 0) {
    return BadField("amounts.acct_mulaid_pay_fen", "is more than acct_pay_fen");
  }
  return absl::OkStatus();
}

absl::Status CheckFunds(const BookEntry& entry, int64_t sign) {
  Fen sum;
  absl::string_view before;
  for (const v1::FundPayment& fund : entry.fund()) {
    YIJIE_RETURN_IF_ERROR(CheckCode("fund.fund_pay_type", fund.fund_pay_type(), 8));
    if (fund.fund_pay_type() <= before) return BadField("fund.fund_pay_type", "is out of order");
    before = fund.fund_pay_type();
    YIJIE_RETURN_IF_ERROR(CheckAmount("fund.fund_payamt_fen", fund.fund_payamt_fen()));
    if (fund.fund_payamt_fen() * sign < 0)
      return BadField("fund.fund_payamt_fen", "has the wrong sign");
    sum += Fen(fund.fund_payamt_fen());
  }
  if (sum == Fen(entry.amounts().fund_pay_sumamt_fen())) return absl::OkStatus();
  return BadField("fund", "does not add up to amounts.fund_pay_sumamt_fen");
}

absl::Status CheckKind(const BookEntry& entry) {
  if (entry.kind() == yijie::store::v1::BOOK_SETTLEMENT) {
    if (!entry.orig_setl_id().empty()) return BadField("orig_setl_id", "is for a reversal");
    if (!entry.orig_setlym().empty()) return BadField("orig_setlym", "is for a reversal");
    return absl::OkStatus();
  }
  if (entry.kind() != yijie::store::v1::BOOK_REVERSAL) return BadField("kind", "is not known");
  YIJIE_RETURN_IF_ERROR(CheckPrintable("orig_setl_id", entry.orig_setl_id(), kMaxId));
  YIJIE_RETURN_IF_ERROR(CheckMonth("orig_setlym", entry.orig_setlym()));
  if (entry.orig_setlym() > entry.setlym()) return BadField("orig_setlym", "is after setlym");
  return absl::OkStatus();
}

// Two steps may pay from one fund.
void SetFunds(const v1::Settlement& settlement, BookEntry* entry) {
  std::map<std::string, Fen> funds;
  for (const v1::FundPayment& fund : settlement.setldetail())
    funds[fund.fund_pay_type()] += Fen(fund.fund_payamt_fen());
  for (const auto& [code, amount] : funds) {
    v1::FundPayment& fund = *entry->add_fund();
    fund.set_fund_pay_type(code);
    fund.set_fund_payamt_fen(amount.value());
  }
}

}  // namespace

bool AreAmountsInRange(const v1::Settlement& settlement) {
  const v1::Amounts& amounts = settlement.amounts();
  const auto* const fields = v1::Amounts::descriptor();
  for (int i = 0; i < fields->field_count(); ++i) {
    if (!IsInRange(amounts.GetReflection()->GetInt64(amounts, fields->field(i)))) return false;
  }
  // Each fund of the dictionary and the steps of a policy that pay from it: far fewer.
  constexpr int kMaxPayments = 1'000;
  return settlement.setldetail_size() <= kMaxPayments &&
         std::all_of(settlement.setldetail().begin(), settlement.setldetail().end(),
                     [](const v1::FundPayment& fund) { return IsInRange(fund.fund_payamt_fen()); });
}

absl::Status CheckBookable(const v1::Settlement& settlement) {
  if (!AreAmountsInRange(settlement)) return BadField("amounts", "are out of range");
  YIJIE_RETURN_IF_ERROR(CheckCode("clr_type", settlement.clr_type(), kMaxCode));
  const v1::Amounts& amounts = settlement.amounts();
  BookedShares shares;
  shares.payable = Fen(amounts.fund_pay_sumamt_fen()) + Fen(amounts.acct_pay_fen()) +
                   Fen(amounts.acct_mulaid_pay_fen());
  BookEntry entry;
  *entry.mutable_amounts() = AmountsOf(amounts, shares);
  SetFunds(settlement, &entry);
  YIJIE_RETURN_IF_ERROR(CheckAmounts(entry.amounts(), 1));
  return CheckFunds(entry, 1);
}

BookEntry BookSettlement(const v1::Settlement& settlement, const BookingFacts& facts) {
  YIJIE_CHECK(settlement.outcome() == v1::SETTLED, "only what was settled is booked");
  BookEntry entry;
  entry.set_setl_id(settlement.setl_id());
  entry.set_psn_no(settlement.psn_no());
  entry.set_version(settlement.version());
  entry.set_fixmedins_code(settlement.fixmedins_code());
  entry.set_insutype(settlement.insutype());
  entry.set_clr_type(settlement.clr_type());
  entry.set_clr_date(settlement.clr_date());
  entry.set_setlym(facts.period.Format());
  entry.set_kind(yijie::store::v1::BOOK_SETTLEMENT);
  entry.set_medins_setl_id(settlement.medins_setl_id());
  entry.set_mdtrt_id(settlement.mdtrt_id());
  *entry.mutable_amounts() = AmountsOf(settlement.amounts(), facts.shares);
  SetFunds(settlement, &entry);
  return entry;
}

BookEntry BookReversal(const BookEntry& original, const v1::Reversal& reversal,
                       absl::string_view msgid, const BookingFacts& facts) {
  YIJIE_CHECK(original.kind() == yijie::store::v1::BOOK_SETTLEMENT, "a settlement is undone");
  BookEntry entry = original;
  entry.set_setl_id(reversal.setl_id());
  entry.set_version(reversal.version());
  entry.set_clr_date(reversal.clr_date());
  entry.set_setlym(facts.period.Format());
  entry.set_kind(yijie::store::v1::BOOK_REVERSAL);
  entry.set_medins_setl_id(msgid.data(), msgid.size());
  entry.set_orig_setl_id(original.setl_id());
  entry.set_orig_setlym(original.setlym());
  *entry.mutable_amounts() = Negated(original.amounts());
  SetShares(facts.shares, entry.mutable_amounts());
  for (v1::FundPayment& fund : *entry.mutable_fund()) {
    fund.set_fund_payamt_fen(-fund.fund_payamt_fen());
  }
  return entry;
}

absl::Status CheckBookEntry(const BookEntry& entry) {
  YIJIE_RETURN_IF_ERROR(CheckPrintable("setl_id", entry.setl_id(), kMaxId));
  YIJIE_RETURN_IF_ERROR(CheckPrintable("psn_no", entry.psn_no(), kMaxId));
  YIJIE_RETURN_IF_ERROR(CheckInstitutionCode("fixmedins_code", entry.fixmedins_code()));
  YIJIE_RETURN_IF_ERROR(CheckCode("insutype", entry.insutype(), kMaxCode));
  YIJIE_RETURN_IF_ERROR(CheckCode("clr_type", entry.clr_type(), kMaxCode));
  YIJIE_RETURN_IF_ERROR(CheckDay("clr_date", entry.clr_date()));
  YIJIE_RETURN_IF_ERROR(CheckMonth("setlym", entry.setlym()));
  // A period ends after its days, never before.
  if (entry.setlym() < absl::string_view(entry.clr_date()).substr(0, 7)) {
    return BadField("setlym", "is before clr_date");
  }
  YIJIE_RETURN_IF_ERROR(CheckKind(entry));
  const int64_t sign = entry.kind() == yijie::store::v1::BOOK_REVERSAL ? -1 : 1;
  YIJIE_RETURN_IF_ERROR(CheckAmounts(entry.amounts(), sign));
  return CheckFunds(entry, sign);
}

absl::Status CheckBookRow(const v1::BookRow& row) {
  YIJIE_RETURN_IF_ERROR(CheckPrintable("setl_id", row.setl_id(), kMaxId));
  YIJIE_RETURN_IF_ERROR(CheckPrintable("psn_no", row.psn_no(), kMaxId));
  YIJIE_RETURN_IF_ERROR(CheckDay("clr_date", row.clr_date()));
  YIJIE_RETURN_IF_ERROR(CheckCode("insutype", row.insutype(), kMaxCode));
  YIJIE_RETURN_IF_ERROR(CheckCode("clr_type", row.clr_type(), kMaxCode));
  YIJIE_RETURN_IF_ERROR(CheckAmount("medfee_sumamt_fen", row.medfee_sumamt_fen()));
  YIJIE_RETURN_IF_ERROR(CheckAmount("fund_pay_sumamt_fen", row.fund_pay_sumamt_fen()));
  YIJIE_RETURN_IF_ERROR(CheckAmount("acct_pay_fen", row.acct_pay_fen()));
  return CheckAmount("psn_cash_pay_fen", row.psn_cash_pay_fen());
}

v1::BookRow RowOf(const BookEntry& entry) {
  v1::BookRow row;
  row.set_setl_id(entry.setl_id());
  row.set_psn_no(entry.psn_no());
  row.set_clr_date(entry.clr_date());
  row.set_insutype(entry.insutype());
  row.set_clr_type(entry.clr_type());
  row.set_refd_setl_flag(entry.kind() == yijie::store::v1::BOOK_REVERSAL);
  row.set_medfee_sumamt_fen(entry.amounts().medfee_sumamt_fen());
  row.set_fund_pay_sumamt_fen(entry.amounts().fund_pay_sumamt_fen());
  row.set_acct_pay_fen(entry.amounts().acct_pay_fen());
  row.set_psn_cash_pay_fen(entry.amounts().psn_cash_pay_fen());
  row.set_medins_setl_id(entry.medins_setl_id());
  row.set_mdtrt_id(entry.mdtrt_id());
  return row;
}

uint16_t BucketOf(absl::string_view setl_id) {
  const Digest digest = Sha256(setl_id);
  return static_cast<uint16_t>(digest[0] << 8 | digest[1]);
}

std::string BookKey(const BookEntry& entry) {
  std::string key =
      BookGroupKey(entry.fixmedins_code(), entry.clr_date(), entry.insutype(), entry.clr_type());
  const uint16_t bucket = BucketOf(entry.setl_id());
  key += static_cast<char>(bucket >> 8);
  key += static_cast<char>(bucket & 0xff);
  return key + entry.setl_id();
}

// No code holds a zero byte, so one ends it and keeps the order of the parts.
std::string BookDayKey(absl::string_view fixmedins_code, absl::string_view clr_date) {
  constexpr absl::string_view kEnd("\0", 1);
  return absl::StrCat(fixmedins_code, kEnd, clr_date, kEnd);
}

std::string BookGroupKey(absl::string_view fixmedins_code, absl::string_view clr_date,
                         absl::string_view insutype, absl::string_view clr_type) {
  constexpr absl::string_view kEnd("\0", 1);
  return absl::StrCat(BookDayKey(fixmedins_code, clr_date), insutype, kEnd, clr_type, kEnd);
}

}  // namespace yijie::engine
