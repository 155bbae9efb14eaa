#ifndef YIJIE_TESTS_PAYOUT_PAYOUT_WORLD_H_
#define YIJIE_TESTS_PAYOUT_PAYOUT_WORLD_H_

// The engine over a store in memory, with persons who are paid to bank accounts.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/payout/file_run.h"
#include "engine/payout/payment_files.h"
#include "tests/engine/engine_fixture.h"
#include "tests/memory_store.h"
#include "yijie/v1/agency.pb.h"
#include "yijie/v1/payout.pb.h"

namespace yijie::engine {

inline constexpr char kAgency[] = "AGENCY01";

// Local noon of a day.
Moment NoonOf(const std::string& day);

// Policies of the world: scheme 310 kinds 21 and 11, half of the bill; scheme 410 kind 21, all of
// it; INJURY_LUMP_SUM, INJURY_DEATH, INJURY_MONTHLY and INJURY_DEPENDANT, the given "amount"; the
// bills of CounterBillOf, and under kind 51 the same with a benefit of a fund nobody pays for. The
// area: papers RECEIPT and
// FEE_LIST, 6 months to file, 10 % less.
class PayoutWorld : public PayoutGateway {
 public:
  explicit PayoutWorld(int persons = 1);

  // "P1", ...; named "test", certificate "T" and the number.
  static std::string Person(int i) { return "P" + std::to_string(i); }
  v1::BankAccount Account(const std::string& psn_no, const std::string& acct_no,
                          const std::string& begndate = "2020-01-01");

  void SetDay(const std::string& day) { now_ = NoonOf(day); }
  const Moment& now() const { return now_; }
  // The engine ends and begins again on what is stored.
  void Restart();
  // Called before every call of a run; an error ends the run there.
  std::function<absl::Status()> before_call = [] { return absl::OkStatus(); };

  v1::MessageHeader NextHeader();
  template <typename Request>
  Reply Send(Call call, const Request& request) {
    auto job = MakeJob(call, std::make_unique<Request>(request), now_);
    if (!job.ok()) return {job.status(), ""};
    Inbox inbox;
    engine_->Submit(inbox.Await(*std::move(job)));
    return inbox.Get();
  }
  template <typename Response, typename Request>
  Response Ok(Call call, const Request& request) {
    const Reply reply = Send(call, request);
    YIJIE_CHECK(reply.status.ok(), std::string(reply.status.message()).c_str());
    Response response;
    YIJIE_CHECK(response.ParseFromString(reply.bytes), "a reply cannot be read");
    return response;
  }

  v1::RegisterBankAccountResponse Register(const std::string& psn_no,
                                           const v1::BankAccount& account);
  v1::ReimburseRequest ReimburseOf(const std::string& psn_no, const std::string& receipt_no,
                                   int64_t fen, const std::string& insutype = "310");
  v1::ApplyBenefitRequest BenefitOf(const std::string& psn_no, const std::string& med_type,
                                    const std::string& begndate, int64_t fen);
  // Scheme 310 kind 52, by kHospital, two units: half of it, 80 % for DIBAO, and `benefit_fen`
  // beside it; `fen` is even.
  v1::SettleRequest CounterBillOf(const std::string& psn_no, int64_t fen, int64_t benefit_fen);
  v1::PersonFacts Facts(const std::string& psn_no);
  v1::AmendPersonResponse Amend(const v1::PersonFacts& facts);
  // Somebody else than the insured, with an account in force.
  v1::Payee PayeeOf(v1::PayeeRelation relation, const std::string& certno);
  v1::WithdrawClaimResponse Withdraw(const std::string& psn_no, const std::string& setl_id);
  v1::ReissuePayoutResponse Reissue(const std::string& psn_no, const std::string& payout_id);
  v1::MakeDuePayoutsResponse MakeMonth(const std::string& psn_no, const std::string& month);
  v1::GetPayoutsResponse Payouts(const std::string& psn_no);
  bool LedgerIsClean();
  storage::MemoryStore& store() { return store_; }

  absl::StatusOr<v1::OpenPaymentFileResponse> Open(
      const v1::OpenPaymentFileRequest& request) override;
  absl::StatusOr<v1::ListPaymentFileResponse> List(
      const v1::ListPaymentFileRequest& request) override;
  absl::StatusOr<v1::ClosePaymentFileResponse> Close(
      const v1::ClosePaymentFileRequest& request) override;
  absl::StatusOr<v1::ListAllowancesResponse> ListAllowances(
      const v1::ListAllowancesRequest& request) override;
  absl::StatusOr<v1::PutPayoutsInFileResponse> Put(
      const v1::PutPayoutsInFileRequest& request) override;
  absl::StatusOr<v1::ApplyPayoutStatusResponse> Apply(
      const v1::ApplyPayoutStatusRequest& request) override;
  absl::StatusOr<v1::MakeDuePayoutsResponse> MakeDue(
      const v1::MakeDuePayoutsRequest& request) override;
  absl::StatusOr<v1::GetPayoutsResponse> Get(const v1::GetPayoutsRequest& request) override;

 private:
  template <typename Response, typename Request>
  absl::StatusOr<Response> Run(Call call, const Request& request);

  const QuietLog quiet_;
  storage::MemoryStore store_;
  Metrics metrics_;
  std::shared_ptr<const Reference> reference_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<PaymentFiles> files_;
  Moment now_;
  int messages_ = 0;
};

// A status file of the bank about `file_id`. Rows: EndToEndId, status ("ACSC", "RJCT", "PDNG"),
// amount in yuan or "".
struct BankRow {
  std::string end_to_end_id;
  std::string status;
  std::string yuan;
};
std::string StatusFileOf(const std::string& msg_id, const std::string& file_id,
                         const std::string& day, const std::vector<BankRow>& rows);

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_PAYOUT_PAYOUT_WORLD_H_
