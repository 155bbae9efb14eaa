#include "tests/payout/sample_payouts.h"

#include <cstdio>
#include <cstdlib>

#include "base/check.h"
#include "engine/settlement_id.h"

namespace yijie::engine {

namespace v1 = yijie::v1;

uint64_t TestSeed() {
  const char* given = std::getenv("YIJIE_SEED");
  const uint64_t seed =
      given == nullptr ? std::random_device()() : std::strtoull(given, nullptr, 10);
  std::printf("YIJIE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

v1::PersonFacts SamplePerson() {
  v1::PersonFacts person;
  person.set_psn_no("99990000000000000000000042");
  person.set_psn_name("王小兰");
  person.set_psn_cert_type("01");
  person.set_certno("99999919900307401X");
  person.set_brdy("1990-03-07");
  return person;
}

v1::BankAccount SampleBankAccount() {
  v1::BankAccount account;
  account.set_holder(v1::SELF);
  account.set_acct_no("6212345678900000003");
  account.set_card(true);
  account.set_acct_name("王小兰");
  account.set_psn_cert_type("01");
  account.set_certno("99999919900307401X");
  account.set_bank_code("999100000014");
  account.set_begndate("2020-01-01");
  account.set_confirmed_on("2020-01-01");
  return account;
}

std::vector<v1::FundBankAccount> SampleFundAccounts() {
  v1::FundBankAccount medical;
  medical.set_id("A310");
  medical.set_acct_no("99910001");
  medical.set_acct_name("示例市医疗保障经办中心 支出户");
  medical.set_bank_code("999100000022");
  medical.add_fund_pay_type("310100");
  medical.add_fund_pay_type("330100");
  v1::FundBankAccount injury = medical;
  injury.set_id("A410");
  injury.set_acct_no("99910002");
  injury.clear_fund_pay_type();
  injury.add_fund_pay_type("410100");
  return {medical, injury};
}

PayoutTerms SampleTerms(int64_t version) {
  PayoutTerms terms;
  terms.psn_no = SamplePerson().psn_no();
  terms.commit_id =
      MakeSettlementId("999999", Date::FromCivil(2026, 11, 20), terms.psn_no, version);
  terms.payee = SampleBankAccount();
  terms.due = Date::FromCivil(2026, 11, 20);
  terms.accounts = SampleFundAccounts();
  return terms;
}

v1::Payout SamplePayout(int64_t version, int64_t amount_fen, const std::string& fund_pay_type,
                        const std::string& due_date) {
  PayoutTerms terms = SampleTerms(version);
  terms.due = *ParseDate(due_date);
  v1::PayoutPart part;
  part.set_fund_pay_type(fund_pay_type);
  part.set_amount_fen(amount_fen);
  const auto made = MakePayout(PayoutMoney::kFromExpense, v1::PAYOUT_MATERNITY_ALLOWANCE,
                               "生育津贴", "source", "", part, terms);
  YIJIE_CHECK(made.ok(), "a sample payout");
  return made->payouts[0];
}

v1::PaymentFile SampleFile(const std::string& file_id) {
  v1::PaymentFile file;
  file.set_file_id(file_id);
  file.set_created_at("2026-11-22T09:30:00+08:00");
  file.set_day("2026-11-22");
  file.set_through_date("2026-11-22");
  file.mutable_payers()->set_name("示例市医疗保障经办中心");
  for (const v1::FundBankAccount& account : SampleFundAccounts())
    *file.mutable_payers()->add_account() = account;
  return file;
}

absl::StatusOr<std::string> MakePaymentFile(const v1::PaymentFile& file,
                                            std::vector<v1::Payout>* payouts) {
  std::vector<v1::Payout> next = *payouts;
  std::vector<v1::FileTransfer> transfers;
  for (v1::Payout& payout : next) {
    if (!PutInPaymentFile(file, &payout)) return absl::FailedPreconditionError(payout.payout_id());
    for (v1::FileTransfer& transfer : TransfersOf(payout, file.file_id()))
      transfers.push_back(std::move(transfer));
  }
  absl::StatusOr<std::string> bytes = WritePaymentFile(file, std::move(transfers));
  if (bytes.ok()) *payouts = std::move(next);
  return bytes;
}

}  // namespace yijie::engine
