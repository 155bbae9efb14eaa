#ifndef YIJIE_TESTS_PAYOUT_SAMPLE_PAYOUTS_H_
#define YIJIE_TESTS_PAYOUT_SAMPLE_PAYOUTS_H_

// Invented persons, accounts and payouts.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "engine/payout/make_payouts.h"
#include "engine/payout/payment_file.h"
#include "yijie/v1/payout.pb.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {

// From YIJIE_SEED, else from the machine; printed, so that a failure can be replayed.
uint64_t TestSeed();

yijie::v1::PersonFacts SamplePerson();
// Account of SamplePerson, a card of 19 digits; in force from 2020 on.
yijie::v1::BankAccount SampleBankAccount();
// "A310" pays funds 310100 and 330100, "A410" pays 410100.
std::vector<yijie::v1::FundBankAccount> SampleFundAccounts();

// Terms under which payouts of SamplePerson are made; due on 2026-11-20.
PayoutTerms SampleTerms(int64_t version);
// A created payout of one fund, due on `due_date`.
yijie::v1::Payout SamplePayout(int64_t version, int64_t amount_fen,
                               const std::string& fund_pay_type = "310100",
                               const std::string& due_date = "2026-11-20");
// A file of 2026-11-22 for payouts due up to that day, from SampleFundAccounts.
yijie::v1::PaymentFile SampleFile(const std::string& file_id = "YJ20261122-001");
// Puts all of `payouts` into the file and writes it; FAILED_PRECONDITION if one cannot stand in it.
// After an error no payout has changed.
absl::StatusOr<std::string> MakePaymentFile(const yijie::v1::PaymentFile& file,
                                            std::vector<yijie::v1::Payout>* payouts);

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_PAYOUT_SAMPLE_PAYOUTS_H_
