#include "tests/campaign/periods.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/campaign/made_world.h"

namespace yijie::campaign {
namespace {

// "2025-01" and -1 make "2024-12".
std::string MonthAfter(const std::string& month, int months) {
  const int sum = std::stoi(month.substr(0, 4)) * 12 + std::stoi(month.substr(5)) - 1 + months;
  return absl::StrFormat("%04d-%02d", sum / 12, sum % 12 + 1);
}

// The month that the institution can close next; empty if it has no records.
std::string NextToClose(Model& model, const std::string& institution) {
  std::string last;
  for (const PeriodName& closed : model.closed_periods()) {
    if (closed.first == institution) last = closed.second;
  }
  if (!last.empty()) return MonthAfter(last, 1);
  for (const auto& [name, period] : model.periods()) {
    if (name.first == institution) return name.second;
  }
  return "";
}

v1::CloseOutcome Expect(Model& model, const PeriodName& name, bool same_digest, const Now& now) {
  const std::string& month = name.second;
  if (month >= now.day.substr(0, 7)) return v1::PERIOD_NOT_OVER;
  const std::string next = NextToClose(model, name.first);
  if (model.closed_periods().count(name) > 0 || month < next) return v1::PERIOD_CLOSED_BEFORE;
  if (!next.empty() && next < month) return v1::EARLIER_PERIOD_OPEN;
  return same_digest ? v1::PERIOD_CLOSED : v1::RECORDS_CHANGED;
}

std::string Compare(const Period& period, const v1::ClearingStatement& statement) {
  int64_t heads = 0;
  for (const auto& [psn_no, standing] : period.standing) heads += standing > 0 ? 1 : 0;
  const v1::ClearingLine& total = statement.total();
  const v1::ClearingAmounts& amounts = total.amounts();
  const v1::BookTotals& records = statement.records();
  struct Figure {
    const char* name;
    int64_t expected;
    int64_t told;
  };
  for (const Figure& figure : {
           Figure{"settlements", period.settlements, total.settlements()},
           {"refunds", period.refunds, total.refunds()},
           {"late corrections", period.late, statement.late_correction_size()},
           {"heads", heads, total.heads()},
           {"medfee_sumamt_fen", period.medfee, amounts.medfee_sumamt_fen()},
           {"fund_pay_sumamt_fen", period.funds, amounts.fund_pay_sumamt_fen()},
           {"acct_pay_fen", period.account, amounts.acct_pay_fen()},
           {"psn_cash_pay_fen", period.cash, amounts.psn_cash_pay_fen()},
           {"payable_fen", period.payable, amounts.payable_fen()},
           {"psn_clearing_fen", period.person_clearing, amounts.psn_clearing_fen()},
           {"records.count", period.settlements + period.refunds, records.count()},
           {"records.medfee_sumamt_fen", period.medfee, records.medfee_sumamt_fen()},
           {"records.acct_pay_fen", period.account, records.acct_pay_fen()},
       }) {
    if (figure.expected == figure.told) continue;
    return absl::StrCat(figure.name, ": ", figure.expected, " expected, ", figure.told, " told");
  }
  return "";
}

}  // namespace

std::string ClosePeriods(EngineUnderTest& engine, Model& model, Draws& draws, const Now& now,
                         int64_t& counter, int64_t& closed) {
  for (const v1::Institution& institution : Institutions()) {
    const std::string& code = institution.fixmedins_code();
    const std::string next = NextToClose(model, code);
    const std::string this_month = now.day.substr(0, 7);
    const std::string month =
        next.empty() || draws.Percent(30) ? MonthAfter(this_month, draws.Number(-4, 0)) : next;
    const PeriodName name{code, month};
    const auto where = [&](const std::string& what) {
      return absl::StrCat("clearing period ", month, " of ", code, ", ", now.day, ": ", what);
    };
    const auto statement = engine.GetStatement(code, month);
    if (!statement.ok()) return where(statement.status().ToString());
    const auto found = model.periods().find(name);
    const std::string difference =
        Compare(found == model.periods().end() ? Period() : found->second, statement->statement());
    if (!difference.empty()) return where(difference);
    if (statement->closed() != (model.closed_periods().count(name) > 0))
      return where(absl::StrCat("closed: told ", statement->closed()));
    if (draws.Percent(30)) continue;

    v1::ClosePeriodRequest request;
    request.mutable_header()->set_fixmedins_code(kAgency);
    request.mutable_header()->set_msgid(absl::StrCat("c", ++counter));
    request.set_fixmedins_code(code);
    request.set_setlym(month);
    request.set_digest(statement->statement().records().digest());
    const bool same_digest = !draws.Percent(10);
    if (!same_digest) (*request.mutable_digest())[0] ^= 1;
    const auto told = engine.ClosePeriod(request, now);
    if (!told.ok()) return where(told.status().ToString());
    const v1::CloseOutcome expected = Expect(model, name, same_digest, now);
    if (told->outcome() != expected) {
      return where(absl::StrCat(v1::CloseOutcome_Name(expected), " expected, ",
                                v1::CloseOutcome_Name(told->outcome()), " told"));
    }
    if (expected != v1::PERIOD_CLOSED) continue;
    model.closed_periods().insert(name);
    ++closed;
  }
  return "";
}

}  // namespace yijie::campaign
