#ifndef YIJIE_TESTS_CAMPAIGN_BILL_H_
#define YIJIE_TESTS_CAMPAIGN_BILL_H_

// What a claim comes to in the made-up world: a second telling of the packages of made_world.cc, in
// plain integers, without the engine's rules.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "tests/campaign/calendar.h"
#include "yijie/v1/claim.pb.h"
#include "yijie/v1/person.pb.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::campaign {

// Personal account, fen: this year's money and that of past years.
struct Purse {
  std::array<int64_t, 2> fen{};

  int64_t sum() const { return fen[0] + fen[1]; }
  void Add(const Purse& other, int64_t sign = 1);
  // All of it money of past years.
  Purse CarriedOver() const { return {{0, sum()}}; }
};

// A running total: scheme, name, first day of its period.
using TotalName = std::tuple<std::string, std::string, std::string>;
// By name; a total that is 0 may be there or not.
using Totals = std::map<TotalName, int64_t>;

void AddTo(Totals& totals, const Totals& added, int64_t sign = 1);
Totals WithoutZeros(const Totals& totals);

struct Bill {
  v1::Outcome outcome = v1::SETTLED;
  std::string policy;
  v1::Amounts amounts;
  std::map<std::string, int64_t> funds;  // by fund_pay_type, those that pay something
  std::vector<v1::LineResult> lines;
  Purse paid;               // by the personal account
  int64_t family_most = 0;  // what relatives' accounts may pay, fen
  Totals touched;           // what it adds to running totals; 0 for those it only read
};

// Relatives' accounts pay some of what the person would pay in cash.
void PayByFamily(int64_t fen, v1::Amounts* amounts);

// The bill of a person that may have it settled and is covered by `coverage`. NO_POLICY,
// CLAIM_INCOMPLETE and EXCLUDED_BY_POLICY are the refusals left.
Bill WorkOutBill(const v1::Claim& claim, const v1::Institution& institution,
                 const v1::PersonFacts& facts, const v1::Coverage& coverage, const Purse& purse,
                 const Totals& totals);

// ISO days compare as text.
template <typename Span>
bool Covers(const Span& span, const std::string& day) {
  return span.begndate() <= day && (span.enddate().empty() || day <= span.enddate());
}

// Day of discharge, visit or purchase.
const std::string& LastDay(const v1::Claim& claim);

}  // namespace yijie::campaign

#endif  // YIJIE_TESTS_CAMPAIGN_BILL_H_
