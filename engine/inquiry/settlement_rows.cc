#include "engine/inquiry/settlement_rows.h"

#include <utility>

#include "absl/strings/match.h"
#include "base/status_macros.h"
#include "engine/queries.h"
#include "engine/transactions.h"

namespace yijie::engine {
namespace {

using yijie::store::v1::PersonEvent;
using yijie::store::v1::Stay;

// 41 定点药店购药, with the longer codes that begin with it.
bool IsPurchase(absl::string_view med_type) { return absl::StartsWith(med_type, "41"); }

v1::VisitRow OpenStay(const Stay& stay) {
  v1::VisitRow row;
  row.set_mdtrt_id(stay.mdtrt_id());
  row.set_fixmedins_code(stay.fixmedins_code());
  row.set_insutype(stay.insutype());
  row.set_med_type(stay.med_type());
  row.set_begndate(stay.begndate());
  row.set_enddate(stay.enddate());
  row.set_state(stay.status() == yijie::store::v1::IN_STAY ? v1::VISIT_IN_STAY
                                                           : v1::VISIT_DISCHARGED);
  Fen open;
  for (const yijie::store::v1::FeeBatch& batch : stay.batch()) {
    if (batch.settled_version() == 0) open += Fen(batch.sum_fen());
  }
  row.set_medfee_sumamt_fen(open.value());
  return row;
}

}  // namespace

SettlementRows::SettlementRows(storage::StoreReader& store, const Person& person,
                               const std::string& institution)
    : store_(store), person_(person), institution_(institution) {
  for (const auto& entry : person.reversed)
    undone_by_.emplace(entry.version(), entry.reversed_by_version());
}

bool SettlementRows::IsTold(const PersonEvent& event) const {
  return event.has_settled() && (institution_.empty() || event.fixmedins_code() == institution_);
}

absl::Status SettlementRows::SetState(int64_t version, v1::SettlementRow* row) const {
  const auto undone = undone_by_.find(version);
  if (undone == undone_by_.end()) {
    row->set_state(v1::SETTLEMENT_STANDS);
    return absl::OkStatus();
  }
  YIJIE_ASSIGN_OR_RETURN(const auto record,
                         store_.LoadVersion(person_.facts->psn_no(), undone->second));
  if (!record) return absl::DataLossError("what undid a settlement is not there");
  YIJIE_ASSIGN_OR_RETURN(const PersonEvent undo, ParseEvent(*record));
  row->set_state(undo.reversed().correction() ? v1::SETTLEMENT_CORRECTED : v1::SETTLEMENT_REVERSED);
  row->set_undone_by_setl_id(undo.reversed().setl_id());
  row->set_undone_on(undo.clr_date());
  return absl::OkStatus();
}

absl::StatusOr<v1::SettlementRow> SettlementRows::RowOf(int64_t version,
                                                        const PersonEvent& event) const {
  YIJIE_ASSIGN_OR_RETURN(v1::Settlement settlement, StoredSettlement(event));
  YIJIE_ASSIGN_OR_RETURN(const v1::Claim claim, StoredClaim(event));
  v1::SettlementRow row;
  row.set_version(version);
  row.set_setl_id(event.settled().setl_id());
  YIJIE_RETURN_IF_ERROR(SetState(version, &row));
  row.set_corrects_setl_id(settlement.corrects_setl_id());
  row.set_fixmedins_code(event.fixmedins_code());
  row.set_mdtrt_id(settlement.mdtrt_id());
  row.set_insutype(settlement.insutype());
  row.set_med_type(settlement.med_type());
  row.set_begndate(claim.begndate());
  row.set_enddate(claim.enddate());
  row.set_setl_time(settlement.setl_time());
  row.set_clr_date(event.clr_date());
  *row.mutable_amounts() = settlement.amounts();
  row.mutable_setldetail()->Swap(settlement.mutable_setldetail());
  row.set_balc_fen(settlement.balc_fen());
  return row;
}

absl::StatusOr<v1::VisitRow> SettlementRows::VisitOf(int64_t version,
                                                     const PersonEvent& event) const {
  YIJIE_ASSIGN_OR_RETURN(const v1::SettlementRow settled, RowOf(version, event));
  v1::VisitRow row;
  row.set_version(version);
  row.set_mdtrt_id(settled.mdtrt_id());
  row.set_fixmedins_code(settled.fixmedins_code());
  row.set_insutype(settled.insutype());
  row.set_med_type(settled.med_type());
  row.set_purchase(IsPurchase(settled.med_type()));
  row.set_begndate(settled.begndate());
  row.set_enddate(settled.enddate());
  row.set_state(settled.state() == v1::SETTLEMENT_STANDS ? v1::VISIT_SETTLED : v1::VISIT_UNDONE);
  row.set_setl_id(settled.setl_id());
  row.set_medfee_sumamt_fen(settled.amounts().medfee_sumamt_fen());
  return row;
}

absl::StatusOr<v1::ListSettlementsResponse> SettlementRows::Settlements(
    const PageQuery& query) const {
  v1::ListSettlementsResponse response;
  YIJIE_ASSIGN_OR_RETURN(const int64_t next,
                         VisitPage(store_, person_.facts->psn_no(), person_.version, query,
                                   [&](const storage::PersonVersion& version,
                                       const PersonEvent& event) -> absl::StatusOr<int> {
                                     if (!IsTold(event)) return 0;
                                     YIJIE_ASSIGN_OR_RETURN(*response.add_settlement(),
                                                            RowOf(version.version, event));
                                     return 1;
                                   }));
  response.set_next_version(next);
  return response;
}

absl::StatusOr<v1::ListVisitsResponse> SettlementRows::Visits(const PageQuery& query) const {
  v1::ListVisitsResponse response;
  if (query.after_version == 0) {
    for (const Stay& stay : person_.rest->stays().stay()) {
      const bool told = institution_.empty() || stay.fixmedins_code() == institution_;
      if (told && stay.status() != yijie::store::v1::STAY_SETTLED)
        *response.add_open() = OpenStay(stay);
    }
  }
  YIJIE_ASSIGN_OR_RETURN(const int64_t next,
                         VisitPage(store_, person_.facts->psn_no(), person_.version, query,
                                   [&](const storage::PersonVersion& version,
                                       const PersonEvent& event) -> absl::StatusOr<int> {
                                     if (!IsTold(event)) return 0;
                                     YIJIE_ASSIGN_OR_RETURN(*response.add_visit(),
                                                            VisitOf(version.version, event));
                                     return 1;
                                   }));
  response.set_next_version(next);
  return response;
}

}  // namespace yijie::engine
