#include "engine/call.h"

#include <utility>

#include "base/check.h"

namespace yijie::engine {
namespace {

// Rows never move once the table is made.
struct Table {
  std::vector<CallSpec> rows;
  std::vector<const CallSpec*> by_call;
};

const Table* MakeTable() {
  auto* const table = new Table();
  for (std::vector<CallSpec> calls :
       {SettlementCalls(), UndoCalls(), StayCalls(), AgencyCalls(), CorrectionCalls(),
        AccountCalls(), PayoutCalls(), FamilyCalls(), CrossCalls(), NewbornCalls(),
        RegistrationCalls()}) {
    for (CallSpec& spec : calls) table->rows.push_back(std::move(spec));
  }
  table->by_call.resize(kCalls);
  for (const CallSpec& spec : table->rows) table->by_call[static_cast<size_t>(spec.call)] = &spec;
  for (const CallSpec* spec : table->by_call) YIJIE_CHECK(spec != nullptr, "a call has no row");
  return table;
}

}  // namespace

absl::Span<const CallSpec* const> AllCalls() {
  static const Table* const table = MakeTable();
  return table->by_call;
}

const CallSpec& SpecOf(Call call) { return *AllCalls()[static_cast<size_t>(call)]; }

absl::string_view CallName(Call call) {
  const absl::string_view method = SpecOf(call).method;
  return method.substr(method.rfind('.') + 1);
}

}  // namespace yijie::engine
