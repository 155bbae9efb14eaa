#include "engine/books/set_digest.h"

#include <cstring>

#include "base/check.h"

namespace yijie::engine {
namespace {

constexpr size_t kMaxText = 255;
// Of the compared fields: five texts, the flag, four amounts.
constexpr size_t kMaxCanonical = 5 * (1 + kMaxText) + 1 + 4 * 8;

uint64_t LoadBigEndian(const uint8_t* bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | bytes[i];
  return value;
}

void StoreBigEndian(uint64_t value, uint8_t* bytes) {
  for (int i = 7; i >= 0; --i, value >>= 8) bytes[i] = static_cast<uint8_t>(value);
}

// Writes canonical bytes into a buffer on the stack: this runs at every commit.
class CanonicalBytes {
 public:
  void Append(absl::string_view text) {
    YIJIE_CHECK(text.size() <= kMaxText, "a text of a book record is short");
    bytes_[size_++] = static_cast<uint8_t>(text.size());
    std::memcpy(bytes_ + size_, text.data(), text.size());
    size_ += text.size();
  }
  void Append(bool flag) { bytes_[size_++] = flag ? 1 : 0; }
  void Append(Fen amount) {
    StoreBigEndian(static_cast<uint64_t>(amount.value()), bytes_ + size_);
    size_ += 8;
  }
  absl::string_view view() const { return {reinterpret_cast<const char*>(bytes_), size_}; }

 private:
  uint8_t bytes_[kMaxCanonical];
  size_t size_ = 0;
};

}  // namespace

ComparedFields FieldsOf(const v1::BookRow& row) {
  ComparedFields fields;
  fields.setl_id = row.setl_id();
  fields.psn_no = row.psn_no();
  fields.clr_date = row.clr_date();
  fields.insutype = row.insutype();
  fields.clr_type = row.clr_type();
  fields.refund = row.refd_setl_flag();
  fields.medfee = Fen(row.medfee_sumamt_fen());
  fields.fund = Fen(row.fund_pay_sumamt_fen());
  fields.account = Fen(row.acct_pay_fen());
  fields.cash = Fen(row.psn_cash_pay_fen());
  return fields;
}

ComparedFields FieldsOf(const yijie::store::v1::BookEntry& entry) {
  ComparedFields fields;
  fields.setl_id = entry.setl_id();
  fields.psn_no = entry.psn_no();
  fields.clr_date = entry.clr_date();
  fields.insutype = entry.insutype();
  fields.clr_type = entry.clr_type();
  fields.refund = entry.kind() == yijie::store::v1::BOOK_REVERSAL;
  fields.medfee = Fen(entry.amounts().medfee_sumamt_fen());
  fields.fund = Fen(entry.amounts().fund_pay_sumamt_fen());
  fields.account = Fen(entry.amounts().acct_pay_fen());
  fields.cash = Fen(entry.amounts().psn_cash_pay_fen());
  return fields;
}

Digest HashOf(const ComparedFields& fields) {
  CanonicalBytes bytes;
  bytes.Append(fields.setl_id);
  bytes.Append(fields.psn_no);
  bytes.Append(fields.clr_date);
  bytes.Append(fields.insutype);
  bytes.Append(fields.clr_type);
  bytes.Append(fields.refund);
  bytes.Append(fields.medfee);
  bytes.Append(fields.fund);
  bytes.Append(fields.account);
  bytes.Append(fields.cash);
  return Sha256(bytes.view());
}

SetDigest::Sum SetDigest::SumOf(const uint8_t* bytes) {
  Sum sum;
  for (size_t i = 0; i < sum.size(); ++i) sum[i] = LoadBigEndian(bytes + 8 * (3 - i));
  return sum;
}

void SetDigest::AddSum(const Sum& other) {
  unsigned __int128 carry = 0;
  for (size_t i = 0; i < sum_.size(); ++i) {
    carry += sum_[i];
    carry += other[i];
    sum_[i] = static_cast<uint64_t>(carry);
    carry >>= 64;
  }
}

void SetDigest::SubtractSum(const Sum& other) {
  uint64_t borrow = 0;
  for (size_t i = 0; i < sum_.size(); ++i) {
    const unsigned __int128 take = static_cast<unsigned __int128>(other[i]) + borrow;
    borrow = take > sum_[i] ? 1 : 0;
    sum_[i] -= static_cast<uint64_t>(take);
  }
}

void SetDigest::Add(const ComparedFields& fields, const Digest& hash) {
  ++count_;
  medfee_ += fields.medfee;
  fund_ += fields.fund;
  account_ += fields.account;
  cash_ += fields.cash;
  AddSum(SumOf(hash.data()));
}

void SetDigest::Remove(const ComparedFields& fields, const Digest& hash) {
  --count_;
  medfee_ -= fields.medfee;
  fund_ -= fields.fund;
  account_ -= fields.account;
  cash_ -= fields.cash;
  SubtractSum(SumOf(hash.data()));
}

void SetDigest::Merge(const SetDigest& other) {
  count_ += other.count_;
  medfee_ += other.medfee_;
  fund_ += other.fund_;
  account_ += other.account_;
  cash_ += other.cash_;
  AddSum(other.sum_);
}

std::string SetDigest::Bytes() const {
  uint8_t bytes[kBytes];
  for (size_t i = 0; i < sum_.size(); ++i) StoreBigEndian(sum_[i], bytes + 8 * (3 - i));
  return {reinterpret_cast<const char*>(bytes), kBytes};
}

v1::BookTotals SetDigest::ToTotals() const {
  v1::BookTotals totals;
  totals.set_count(count_);
  totals.set_medfee_sumamt_fen(medfee_.value());
  totals.set_fund_pay_sumamt_fen(fund_.value());
  totals.set_acct_pay_fen(account_.value());
  totals.set_psn_cash_pay_fen(cash_.value());
  totals.set_digest(Bytes());
  return totals;
}

absl::StatusOr<SetDigest> SetDigest::FromTotals(const v1::BookTotals& totals) {
  if (totals.count() < 0) return absl::InvalidArgumentError("count: is negative");
  if (totals.digest().size() != kBytes) {
    return absl::InvalidArgumentError("digest: must be 32 bytes");
  }
  SetDigest set;
  set.count_ = totals.count();
  set.medfee_ = Fen(totals.medfee_sumamt_fen());
  set.fund_ = Fen(totals.fund_pay_sumamt_fen());
  set.account_ = Fen(totals.acct_pay_fen());
  set.cash_ = Fen(totals.psn_cash_pay_fen());
  set.sum_ = SumOf(reinterpret_cast<const uint8_t*>(totals.digest().data()));
  return set;
}

}  // namespace yijie::engine
