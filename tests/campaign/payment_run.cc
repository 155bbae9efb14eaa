#include "tests/campaign/payment_run.h"

#include <future>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/campaign/made_world.h"

namespace yijie::campaign {
namespace {

bool IsPayable(const Payout& payout) {
  return payout.amount > 0 &&
         (payout.state == v1::PAYOUT_CREATED || payout.state == v1::PAYOUT_REISSUED);
}

engine::Reply Put(EngineUnderTest& engine, const Person& person, const std::string& file,
                  const Now& now, int64_t& counter) {
  v1::PutPayoutsInFileRequest request;
  request.mutable_header()->set_fixmedins_code(kAgency);
  request.mutable_header()->set_msgid(absl::StrCat("p", ++counter));
  request.set_psn_no(person.psn_no);
  request.set_file_id(file);
  std::promise<engine::Reply> reply;
  engine.Submit("yijie.v1.PayoutService.PutPayoutsInFile", request, now,
                [&reply](engine::Reply told) { reply.set_value(std::move(told)); });
  return reply.get_future().get();
}

// The person's payouts are in the file from now on; what stands in it.
std::vector<Payout> PutInFile(Person& person, const std::string& file, const Now& now) {
  const YearTurn turn(person, now);
  ++person.version;
  person.purse_after[now.day_number] = person.purse;
  std::vector<Payout> sent;
  for (Payout& payout : person.payouts) {
    if (!IsPayable(payout)) continue;
    payout.state = v1::PAYOUT_IN_FILE;
    payout.attempts.push_back({file, v1::ATTEMPT_OPEN, "", payout.acct_no});
    sent.push_back(payout);
  }
  return sent;
}

std::string Compare(const std::vector<Payout>& expected, const Person& person,
                    const engine::Reply& reply) {
  v1::PutPayoutsInFileResponse told;
  if (!reply.status.ok() || !told.ParseFromString(reply.bytes)) return reply.status.ToString();
  if (static_cast<size_t>(told.transfer_size()) != expected.size())
    return absl::StrCat(expected.size(), " transfers expected, ", told.transfer_size(), " told");
  for (size_t i = 0; i < expected.size(); ++i) {
    const v1::FileTransfer& transfer = told.transfer(static_cast<int>(i));
    if (transfer.payout_id() != person.PayoutId(expected[i]) ||
        transfer.amount_fen() != expected[i].amount ||
        transfer.payee().acct_no() != expected[i].acct_no || transfer.debtor_account() != kPayer)
      return absl::StrCat("another transfer than expected: ", transfer.ShortDebugString());
  }
  return "";
}

}  // namespace

std::string RunPaymentFile(EngineUnderTest& engine, Model& model, const Now& now,
                           int64_t& counter) {
  v1::OpenPaymentFileRequest open;
  open.set_file_id("F" + now.day);
  const auto opened = engine.payment_files().Open(open, engine::MomentOf(now.unix_ms));
  if (!opened.ok()) return "a payment file: " + opened.status().ToString();
  int64_t members = 0;
  for (const Person& each : model.persons()) {
    bool payable = false;
    for (const Payout& payout : each.payouts) payable = payable || IsPayable(payout);
    if (!payable) continue;
    ++members;
    const engine::Reply reply = Put(engine, each, open.file_id(), now, counter);
    Person& person = model.Find(each.psn_no);
    const std::string difference = Compare(PutInFile(person, open.file_id(), now), person, reply);
    if (!difference.empty())
      return absl::StrCat("payment file of ", now.day, ": ", each.psn_no, ": ", difference);
  }
  if (opened->file().members() != members) {
    return absl::StrCat("payment file of ", now.day, ": ", members, " persons expected, ",
                        opened->file().members(), " told");
  }
  if (members == 0) return "";  // there is no file
  v1::ClosePaymentFileRequest close;
  close.set_file_id(open.file_id());
  return engine.payment_files().Close(close).ok() ? "" : "a payment file cannot be closed";
}

}  // namespace yijie::campaign
