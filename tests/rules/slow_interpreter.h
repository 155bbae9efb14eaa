#ifndef YIJIE_TESTS_RULES_SLOW_INTERPRETER_H_
#define YIJIE_TESTS_RULES_SLOW_INTERPRETER_H_

// Settles a claim by reading the policy table itself, slowly and obviously: texts are compared as
// texts, shares are exact fractions, every cell is read again whenever it is asked. Written from
// the meaning of the steps in proto/yijie/v1/policy.proto; it shares nothing with the compiler and
// the evaluator, which are compared with it.

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "yijie/v1/policy.pb.h"

namespace yijie::slow {

struct Line {
  size_t place = 0;                                  // in the bill
  bool listed = true;                                // in the catalogue on its day
  std::string chrgitm_lv, item_kind, med_list_codg;  // names as in policy tables
  std::string day;                                   // of the fee
  int64_t selfpay_1e6 = 0;
  int64_t price_limit_fen = 0;  // 0: none
  int64_t cnt_1e4 = 0;
  int64_t pric_fen = 0;
  int64_t amount_fen = 0;
  bool outside_restriction = false;
  bool unrelated = false;
};

struct Claim {
  // By the name of the cell that asks for it: "hosp_lv" -> "LEVEL_3", "age" -> "15", "begndate" ->
  // "2022-07-01"; "" for a day that is not known.
  std::map<std::string, std::string> fact;
  std::set<std::string> right;           // codes of what the person holds
  std::map<std::string, int64_t> given;  // by name; fen or counts
  std::string insutype, institution;
  std::vector<Line> line;
  std::map<std::string, int64_t> total;    // running totals before the claim, by TotalName
  std::map<std::string, int64_t> account;  // "CURRENT_YEAR", "PAST_YEARS" before the claim
  bool account_may_pay = false;
  int64_t family_offered = 0;  // by relatives' accounts
};

struct Split {
  int64_t own = 0, over = 0, first = 0, scope = 0;
};

struct Answer {
  // Or EXCLUDED, INCOMPLETE (by a gate), NO_ROW, TWO_ROWS, OUT_OF_RANGE.
  std::string verdict = "SETTLED";
  std::string step;              // that refused
  int row = 0;                   // that refused, counted from 1 where it stands; 0: none
  std::map<size_t, Split> line;  // by Line::place
  std::map<std::string, int64_t> amount;
  std::vector<std::pair<std::string, int64_t>> fund;     // step and payment
  std::vector<std::pair<std::string, int64_t>> benefit;  // the same, but not of 0
  std::map<std::string, int64_t> account_paid;
  int64_t family_paid = 0;
  std::map<std::string, int64_t> added;  // to running totals
  int64_t hospital = 0;
  int64_t deductible = 0;  // act_pay_dedc
};

// Which running total an accumulator is for this claim.
std::string TotalName(const v1::Package& package, const v1::Accumulator& accumulator,
                      const Claim& claim);

Answer Interpret(const v1::Package& package, const Claim& claim);

}  // namespace yijie::slow

#endif  // YIJIE_TESTS_RULES_SLOW_INTERPRETER_H_
