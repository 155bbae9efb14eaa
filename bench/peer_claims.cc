#include "bench/peer_claims.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "engine/transactions.h"

namespace yijie::bench {
namespace {

constexpr uint64_t kDecidedSeed = 16, kLoadSeed = 17;

// A column of the lines of a claim as an array of PostgreSQL. Codes and days need no quotes.
template <typename Value>
std::string Column(const v1::Claim& claim, Value value) {
  return absl::StrCat("{",
                      absl::StrJoin(claim.fee_line(), ",",
                                    [&](std::string* out, const v1::FeeLine& line) {
                                      absl::StrAppend(out, value(line));
                                    }),
                      "}");
}

std::string ClaimColumns(const v1::SettleRequest& request) {
  const v1::Claim& claim = request.claim();
  const Digest hash = Sha256(claim.SerializeAsString());
  return absl::StrJoin(
      {request.header().fixmedins_code(), claim.psn_no(), claim.insutype(), claim.med_type(),
       claim.mdtrt_id(), claim.begndate(), claim.enddate(), absl::StrCat(claim.medfee_sumamt_fen()),
       std::string(claim.acct_used_flag() == v1::ACCT_OWN ? "t" : "f"),
       absl::StrCat("\\\\x", HexPrefix(hash, static_cast<int>(hash.size()))),
       Column(claim, [](const auto& line) { return line.feedetl_sn(); }),
       Column(claim, [](const auto& line) { return line.med_list_codg(); }),
       Column(claim, [](const auto& line) { return line.fee_ocur_date(); }),
       Column(claim, [](const auto& line) { return line.cnt_1e4(); }),
       Column(claim, [](const auto& line) { return line.pric_fen_1e4(); }),
       Column(claim, [](const auto& line) { return line.det_item_fee_sumamt_fen(); })},
      "\t");
}

// The columns expected_ of the table `claim`.
std::string DecisionColumns(const v1::Settlement& settlement) {
  const v1::Amounts& amounts = settlement.amounts();
  std::string lines;
  for (const v1::LineResult& line : settlement.line()) {
    absl::StrAppendFormat(&lines, "%s%d,%d,%d,%d", lines.empty() ? "" : ",",
                          line.fulamt_ownpay_amt_fen(), line.overlmt_amt_fen(),
                          line.preselfpay_amt_fen(), line.inscp_scp_amt_fen());
  }
  return absl::StrFormat(
      "%s\t{%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d}\t{%s}", v1::Outcome_Name(settlement.outcome()),
      amounts.medfee_sumamt_fen(), amounts.fulamt_ownpay_amt_fen(), amounts.overlmt_selfpay_fen(),
      amounts.preselfpay_amt_fen(), amounts.inscp_scp_amt_fen(), amounts.act_pay_dedc_fen(),
      amounts.hifp_pay_fen(), amounts.hifmi_pay_fen(), amounts.maf_pay_fen(),
      amounts.psn_part_amt_fen(), amounts.acct_pay_fen(), settlement.balc_fen(), lines);
}

absl::Status WriteFile(const std::string& path, const engine::InputFile& file) {
  std::ofstream out(path, std::ios::binary);
  out << file.bytes;
  out.close();
  return out.good() ? absl::OkStatus() : absl::UnknownError(absl::StrCat("cannot write ", path));
}

}  // namespace

absl::StatusOr<std::vector<DecidedClaim>> DecideClaims(const World& world, storage::Store& store,
                                                       int persons, int for_each) {
  Random random(kDecidedSeed);
  const engine::Moment now = engine::MomentOf(absl::ToUnixMillis(absl::Now()));
  std::vector<DecidedClaim> decided;
  // In the order of the world, so that no person comes twice.
  for (const auto* group : {&world.residents, &world.employees}) {
    for (size_t i = 0; i < group->size() && i < static_cast<size_t>(persons) / 2; ++i) {
      const v1::PersonFacts& facts = (*group)[i];
      YIJIE_ASSIGN_OR_RETURN(const auto record, store.LoadLatest(facts.psn_no()));
      if (!record) return absl::InternalError("a person of the benchmark is not loaded");
      YIJIE_ASSIGN_OR_RETURN(engine::Person person, engine::ParsePerson(*record));
      for (int n = 0; n < for_each; ++n) {
        v1::SettleRequest request = MakeRequest(world, facts, BillSize::kAny, random);
        request.mutable_header()->set_msgid(absl::StrFormat("PEER%016d", decided.size() + 1));
        YIJIE_ASSIGN_OR_RETURN(
            engine::Effect effect,
            engine::Settle(*world.reference, request, request.SerializeAsString(), person, now));
        v1::SettleResponse response;
        if (!response.ParseFromString(effect.reply)) return absl::InternalError("not a reply");
        if (response.settlement().outcome() == v1::SETTLED) person = std::move(effect.next);
        decided.push_back({std::move(request), std::move(*response.mutable_settlement())});
      }
    }
  }
  return decided;
}

absl::StatusOr<ClaimRange> WritePeerFiles(const World& world,
                                          const std::vector<DecidedClaim>& decided,
                                          const std::string& directory) {
  YIJIE_RETURN_IF_ERROR(WriteFile(directory + "/institutions.csv", world.institutions));
  YIJIE_RETURN_IF_ERROR(WriteFile(directory + "/catalogue.csv", world.catalogue));
  YIJIE_RETURN_IF_ERROR(WriteFile(directory + "/persons.csv", world.persons));
  YIJIE_RETURN_IF_ERROR(WriteFile(directory + "/accounts.csv", world.accounts));
  std::ofstream out(directory + "/claims.copy");
  int64_t id = 0;
  for (const DecidedClaim& claim : decided) {
    out << ++id << "\tt\t" << ClaimColumns(claim.request) << "\t"
        << DecisionColumns(claim.settlement) << "\n";
  }
  ClaimRange range{id + 1, id};
  Random random(kLoadSeed);
  for (const auto* group : {&world.residents, &world.employees}) {
    for (const v1::PersonFacts& person : *group) {
      const auto request = MakeRequest(world, person, BillSize::kSmall, random);
      out << ++range.last << "\tf\t" << ClaimColumns(request) << "\t\t{}\t{}\n";
    }
  }
  out.close();
  if (!out.good()) return absl::UnknownError("the disk is full");
  return range;
}

}  // namespace yijie::bench
