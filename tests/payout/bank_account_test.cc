#include "engine/payout/bank_account.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/payout/sample_payouts.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

const Date kToday = Date::FromCivil(2026, 11, 22);

BankAccountMatch Match(const v1::BankAccount& account) {
  return MatchBankAccount(&account, SamplePerson(), nullptr, {}, kToday);
}

TEST(BankAccountTest, OwnAccountMatches) {
  const BankAccountMatch match = Match(SampleBankAccount());
  EXPECT_TRUE(match.ok()) << match.reason;
  EXPECT_EQ(match.reason, "");
}

// Every subset of what can be wrong is told, whole and in order.
TEST(BankAccountTest, TellsEverythingThatIsWrong) {
  for (unsigned wrong = 0; wrong < 16; ++wrong) {
    v1::BankAccount account = SampleBankAccount();
    std::vector<v1::BankAccountOutcome> expected;
    if (wrong & 1U) account.set_acct_name("王小蓝"), expected.push_back(v1::NAME_MISMATCH);
    if (wrong & 2U)
      account.set_certno("999999199003074011"), expected.push_back(v1::CERTNO_MISMATCH);
    if (wrong & 4U)
      account.set_acct_no("6212345678900000004"), expected.push_back(v1::ACCOUNT_INVALID);
    if (wrong & 8U) account.set_enddate("2026-11-21"), expected.push_back(v1::ACCOUNT_NOT_IN_FORCE);
    const BankAccountMatch match = Match(account);
    EXPECT_EQ(match.wrong, expected) << wrong;
    EXPECT_EQ(absl::StrContains(match.reason, "名称不符"), (wrong & 1U) != 0);
    EXPECT_EQ(absl::StrContains(match.reason, "证件号码不符"), (wrong & 2U) != 0);
    EXPECT_EQ(absl::StrContains(match.reason, "账号无效"), (wrong & 4U) != 0);
    // Numbers are not printed, whatever is wrong.
    EXPECT_FALSE(absl::StrContains(match.reason, account.acct_no()));
    EXPECT_FALSE(absl::StrContains(match.reason, account.certno()));
    EXPECT_FALSE(absl::StrContains(match.reason, SamplePerson().certno()));
  }
}

TEST(BankAccountTest, HostileNumbersAreNotQuoted) {
  v1::BankAccount account = SampleBankAccount();
  account.set_acct_no("<script>");
  EXPECT_FALSE(absl::StrContains(Match(account).reason, "script"));
}

TEST(BankAccountTest, DetailsOfMatching) {
  struct Row {
    const char* what;
    void (*change)(v1::BankAccount*);
    std::vector<v1::BankAccountOutcome> wrong;
  };
  const Row rows[] = {
      {"lower-case check character", [](auto* a) { a->set_certno("99999919900307401x"); }, {}},
      {"other kind of certificate",
       [](auto* a) { a->set_psn_cert_type("02"); },
       {v1::CERTNO_MISMATCH}},
      {"no certificate", [](auto* a) { a->clear_certno(); }, {v1::CERTNO_MISMATCH}},
      {"passbook is not checked by Luhn",
       [](auto* a) { a->set_card(false), a->set_acct_no("6212345678900000004"); },
       {}},
      {"15 digits are not checked", [](auto* a) { a->set_acct_no("621234567890001"); }, {}},
      {"34 digits", [](auto* a) { a->set_acct_no(std::string(34, '1')); }, {}},
      {"35 digits", [](auto* a) { a->set_acct_no(std::string(35, '1')); }, {v1::ACCOUNT_INVALID}},
      {"no number", [](auto* a) { a->clear_acct_no(); }, {v1::ACCOUNT_INVALID}},
      {"bank code of 11 digits",
       [](auto* a) { a->set_bank_code("99910000001"); },
       {v1::ACCOUNT_INVALID}},
      {"begins tomorrow",
       [](auto* a) { a->set_begndate("2026-11-23"); },
       {v1::ACCOUNT_NOT_IN_FORCE}},
      {"begins today", [](auto* a) { a->set_begndate("2026-11-22"); }, {}},
      {"ends today", [](auto* a) { a->set_enddate("2026-11-22"); }, {}},
      {"end is no day", [](auto* a) { a->set_enddate("soon"); }, {v1::ACCOUNT_NOT_IN_FORCE}},
      {"holder not told", [](auto* a) { a->clear_holder(); }, {v1::GUARDIAN_NOT_ALLOWED}},
  };
  for (const Row& row : rows) {
    v1::BankAccount account = SampleBankAccount();
    row.change(&account);
    EXPECT_EQ(Match(account).wrong, row.wrong) << row.what;
  }
  const BankAccountMatch none = MatchBankAccount(nullptr, SamplePerson(), nullptr, {}, kToday);
  EXPECT_EQ(none.wrong, std::vector<v1::BankAccountOutcome>{v1::NO_BANK_ACCOUNT});
}

TEST(BankAccountTest, NamelessPersonMatchesNoAccount) {
  v1::PersonFacts person = SamplePerson();
  person.clear_psn_name();
  v1::BankAccount account = SampleBankAccount();
  account.clear_acct_name();
  EXPECT_FALSE(MatchBankAccount(&account, person, nullptr, {}, kToday).ok());
}

TEST(BankAccountTest, GuardianOfAChild) {
  v1::PersonFacts child = SamplePerson();
  child.set_brdy("2010-11-23");  // 16 tomorrow
  v1::BankAccount account = SampleBankAccount();
  account.set_holder(v1::GUARDIAN);
  account.set_acct_name("王大山");
  account.set_certno("999999196501014011");
  Guardian guardian{"王大山", "01", "999999196501014011", kFirstDate, kLastDate};
  const BankAccountPolicy policy{16};
  const auto wrong = [&](const Guardian* of, Date on) {
    return MatchBankAccount(&account, child, of, policy, on).wrong;
  };
  const std::vector<v1::BankAccountOutcome> not_allowed = {v1::GUARDIAN_NOT_ALLOWED};
  EXPECT_TRUE(wrong(&guardian, kToday).empty());
  EXPECT_EQ(wrong(&guardian, Date(kToday.days() + 1)), not_allowed) << "16th birthday";
  EXPECT_EQ(MatchBankAccount(&account, child, &guardian, {}, kToday).wrong, not_allowed)
      << "a policy without guardians";
  // Nobody recorded: the account is compared with the child itself.
  EXPECT_EQ(wrong(nullptr, kToday),
            (std::vector<v1::BankAccountOutcome>{v1::GUARDIAN_NOT_ALLOWED, v1::NAME_MISMATCH,
                                                 v1::CERTNO_MISMATCH}));
  guardian.end = Date(kToday.days() - 1);
  EXPECT_EQ(wrong(&guardian, kToday), not_allowed) << "guardianship ended";
  guardian.end = kLastDate;
  guardian.name = "李大山";
  EXPECT_EQ(wrong(&guardian, kToday), std::vector<v1::BankAccountOutcome>{v1::NAME_MISMATCH});
  // A child's own account is an own account.
  account = SampleBankAccount();
  EXPECT_TRUE(wrong(nullptr, kToday).empty());
}

// What a check digit is for: any one digit changed, or two unequal neighbours swapped, is noticed
// (09 and 90 apart, which Luhn cannot tell).
TEST(BankAccountTest, CheckDigitCatchesSlips) {
  EXPECT_TRUE(PassesLuhn("79927398713"));  // the example of ISO/IEC 7812-1 in textbooks
  const std::string good = SampleBankAccount().acct_no();
  ASSERT_TRUE(PassesLuhn(good));
  for (size_t i = 0; i < good.size(); ++i) {
    for (char digit = '0'; digit <= '9'; ++digit) {
      std::string changed = good;
      changed[i] = digit;
      EXPECT_EQ(PassesLuhn(changed), changed == good) << i << digit;
    }
    if (i == 0) continue;
    std::string swapped = good;
    std::swap(swapped[i], swapped[i - 1]);
    const std::string pair = good.substr(i - 1, 2);
    if (pair == "09" || pair == "90") continue;
    EXPECT_EQ(PassesLuhn(swapped), swapped == good) << i;
  }
}

TEST(BankAccountTest, NamesThatXmlCannotHold) {
  EXPECT_TRUE(IsPartyName("买买提·艾力 & <Co>"));
  std::string longest;
  for (int i = 0; i < 140; ++i) longest += "兰";
  EXPECT_TRUE(IsPartyName(longest));
  EXPECT_FALSE(IsPartyName(longest + "兰"));
  for (const std::string& bad :
       {std::string(), std::string("a\nb"), std::string("a\0b", 3), std::string("\xff"),
        std::string("\xef\xbf\xbe"), std::string("\xed\xa0\x80")}) {
    EXPECT_FALSE(IsPartyName(bad));
  }
}

TEST(BankAccountTest, OutputsAreMasked) {
  v1::Payout payout = SamplePayout(1, 100);
  *payout.add_attempt()->mutable_payee() = SampleBankAccount();
  v1::AllowanceSchedule schedule;
  for (v1::Payee* payee : {payout.mutable_other_payee(), schedule.mutable_payee()}) {
    payee->set_name(SampleBankAccount().acct_name());
    payee->set_certno(SampleBankAccount().certno());
    payee->set_proof_no("PROOF-20260601-1");
    *payee->mutable_account() = SampleBankAccount();
  }
  const std::string shown = absl::StrCat(MaskedForOutput(payout).Utf8DebugString(),
                                         MaskedForOutput(schedule).Utf8DebugString());
  EXPECT_TRUE(absl::StrContains(shown, "王*")) << shown;
  for (const std::string& whole : {SampleBankAccount().acct_no(), SampleBankAccount().acct_name(),
                                   SampleBankAccount().certno(), std::string("PROOF-20260601-1")})
    EXPECT_FALSE(absl::StrContains(shown, whole)) << shown;
}

}  // namespace
}  // namespace yijie::engine
