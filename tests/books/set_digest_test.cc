#include "engine/books/set_digest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "absl/strings/escaping.h"
#include "engine/books/book_entry.h"
#include "engine/books/compare.h"
#include "tests/books/book_maker.h"

namespace yijie::engine {
namespace {

SetDigest DigestOf(const std::vector<v1::BookRow>& rows) {
  SetDigest digest;
  for (const v1::BookRow& row : rows) digest.Add(FieldsOf(row));
  return digest;
}

TEST(SetDigestTest, OrderDoesNotMatterAndRemoveUndoesAdd) {
  std::mt19937_64 random(SeedOfRun());
  std::vector<v1::BookRow> rows = MakeRows(300, 30);
  const SetDigest whole = DigestOf(rows);
  for (int round = 0; round < 100; ++round) {
    std::shuffle(rows.begin(), rows.end(), random);
    const size_t part = random() % rows.size();
    SetDigest first, second;
    for (size_t i = 0; i < rows.size(); ++i) (i < part ? first : second).Add(FieldsOf(rows[i]));
    SetDigest merged = first;
    merged.Merge(second);
    EXPECT_EQ(merged, whole);
    for (size_t i = part; i < rows.size(); ++i) merged.Remove(FieldsOf(rows[i]));
    EXPECT_EQ(merged, first);
  }
}

// Carries and borrows over all four words, against sums worked out on byte strings.
TEST(SetDigestTest, SumIsModulo2To256) {
  Digest ones{}, one{};
  ones.fill(0xff);
  one[31] = 1;
  const ComparedFields none;
  SetDigest digest;
  digest.Add(none, ones);
  EXPECT_EQ(digest.Bytes(), std::string(32, '\xff'));
  digest.Add(none, one);
  EXPECT_EQ(digest.Bytes(), std::string(32, '\0'));
  digest.Remove(none, one);
  EXPECT_EQ(digest.Bytes(), std::string(32, '\xff'));
  digest.Remove(none, ones);
  EXPECT_EQ(digest, SetDigest());
  digest.Remove(none, one);
  EXPECT_EQ(digest.Bytes(), std::string(32, '\xff'));
  Digest half{};
  half[0] = 0x80;
  SetDigest twice;
  twice.Add(none, half);
  twice.Add(none, half);
  EXPECT_EQ(twice.Bytes(), std::string(32, '\0'));
  EXPECT_NE(twice, SetDigest()) << "the count tells them apart";
}

TEST(SetDigestTest, WireForm) {
  const SetDigest digest = DigestOf(MakeRows(10, 1));
  const auto back = SetDigest::FromTotals(digest.ToTotals());
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, digest);
  EXPECT_EQ(digest.ShortBytes(), digest.Bytes().substr(16));
  v1::BookTotals totals = digest.ToTotals();
  totals.set_digest("short");
  EXPECT_EQ(SetDigest::FromTotals(totals).status().message(), "digest: must be 32 bytes");
  totals = digest.ToTotals();
  totals.set_count(-1);
  EXPECT_EQ(SetDigest::FromTotals(totals).status().message(), "count: is negative");
}

// The canonical bytes are on the wire between programs of different versions: never change them.
TEST(SetDigestTest, CanonicalBytesAreFixed) {
  ComparedFields fields;
  fields.setl_id = "S1";
  fields.psn_no = "P1";
  fields.clr_date = "2026-11-21";
  fields.insutype = "310";
  fields.clr_type = "21";
  fields.refund = true;
  fields.medfee = Fen(-1);
  fields.fund = Fen(258);
  const std::string bytes = std::string("\x02S1\x02P1\x0a") + "2026-11-21" + "\x03" + "310" +
                            "\x02" + "21" + "\x01" + std::string(8, '\xff') +
                            std::string("\0\0\0\0\0\0\1\2", 8) + std::string(16, '\0');
  EXPECT_EQ(HashOf(fields), Sha256(bytes));
}

using Change = std::function<void(v1::BookRow&)>;

const std::vector<std::pair<const char*, Change>>& Changes() {
  static const auto* const kChanges = new std::vector<std::pair<const char*, Change>>{
      {"setl_id", [](v1::BookRow& row) { row.mutable_setl_id()->back() ^= 1; }},
      {"psn_no", [](v1::BookRow& row) { row.mutable_psn_no()->back() ^= 1; }},
      {"a byte from one text to the next",
       [](v1::BookRow& row) {
         row.mutable_psn_no()->insert(0, 1, row.setl_id().back());
         row.mutable_setl_id()->pop_back();
       }},
      {"clr_date", [](v1::BookRow& row) { row.set_clr_date("2026-11-29"); }},
      {"insutype", [](v1::BookRow& row) { row.set_insutype("510"); }},
      {"clr_type", [](v1::BookRow& row) { row.set_clr_type("41"); }},
      {"refd_setl_flag", [](v1::BookRow& row) { row.set_refd_setl_flag(!row.refd_setl_flag()); }},
      {"medfee", [](v1::BookRow& row) { row.set_medfee_sumamt_fen(row.medfee_sumamt_fen() + 1); }},
      {"fund",
       [](v1::BookRow& row) { row.set_fund_pay_sumamt_fen(row.fund_pay_sumamt_fen() + 1); }},
      {"account", [](v1::BookRow& row) { row.set_acct_pay_fen(row.acct_pay_fen() + 1); }},
      {"cash", [](v1::BookRow& row) { row.set_psn_cash_pay_fen(row.psn_cash_pay_fen() + 1); }}};
  return *kChanges;
}

// A digest that ignores a field would miss one of these.
TEST(SetDigestTest, EveryComparedFieldCounts) {
  const std::vector<v1::BookRow> rows = MakeRows(50, 3);
  const SetDigest before = DigestOf(rows);
  for (const auto& [field, change] : Changes()) {
    std::vector<v1::BookRow> changed = rows;
    change(changed[20]);
    EXPECT_NE(DigestOf(changed).Bytes(), before.Bytes()) << field;
  }
}

// Two errors that cancel in every sum of money and in the count.
TEST(SetDigestTest, AmountsSwappedBetweenTwoRecordsAreSeen) {
  std::vector<v1::BookRow> rows = MakeRows(50, 1);
  const SetDigest before = DigestOf(rows);
  std::string first = rows[3].psn_no();
  rows[3].set_psn_no(rows[30].psn_no());
  rows[30].set_psn_no(first);
  const SetDigest after = DigestOf(rows);
  EXPECT_EQ(CompareTotals(after.ToTotals(), before.ToTotals()), v1::RECORDS_DIFFER);
  v1::BookTotals without = after.ToTotals();
  without.clear_digest();
  EXPECT_EQ(CompareTotals(without, before.ToTotals()), v1::FLAT);
}

TEST(SetDigestTest, EntryAndRowOfItAreTheSame) {
  std::mt19937_64 random(1);
  for (const auto& entry : MakeEntries(50, random)) {
    EXPECT_EQ(HashOf(FieldsOf(entry)), HashOf(FieldsOf(RowOf(entry))));
  }
}

}  // namespace
}  // namespace yijie::engine
