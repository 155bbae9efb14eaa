#include "engine/refused_acts.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/call.h"
#include "engine/local_time.h"
#include "storage/visit_rows.h"
#include "yijie/v1/message.pb.h"

namespace yijie::engine {
namespace {

using google::protobuf::FieldDescriptor;
using yijie::store::v1::RefusedAct;

constexpr absl::string_view kZero("\0", 1);

// Times after 1970 sort as the bytes of this.
std::string TimeKey(int64_t unix_ms) {
  std::string key;
  for (int shift = 56; shift >= 0; shift -= 8)
    key += static_cast<char>(static_cast<uint64_t>(unix_ms) >> shift & 0xff);
  return key;
}

// Who asks: a header, or the institution alone.
v1::MessageHeader SenderOf(const google::protobuf::Message& request) {
  const auto* reflection = request.GetReflection();
  v1::MessageHeader sender;
  if (const FieldDescriptor* header = request.GetDescriptor()->FindFieldByName("header")) {
    sender = static_cast<const v1::MessageHeader&>(reflection->GetMessage(request, header));
  } else if (const FieldDescriptor* code =
                 request.GetDescriptor()->FindFieldByName("fixmedins_code")) {
    sender.set_fixmedins_code(reflection->GetString(request, code));
  }
  return sender;
}

RefusedAct ActOf(const Job& job, const RefusedRight& refused) {
  const v1::MessageHeader sender = SenderOf(*job.request);
  RefusedAct act;
  act.set_time_unix_ms(job.now.unix_ms);
  act.set_fixmedins_code(sender.fixmedins_code());
  act.set_call(std::string(CallName(job.call)));
  act.set_msgid(sender.msgid());
  act.set_opter(sender.opter());
  act.set_psn_no(refused.psn_no);
  act.set_setl_id(refused.setl_id);
  act.set_outcome(refused.outcome);
  act.set_reason(refused.reason);
  return act;
}

storage::RowWrite RowOf(const RefusedAct& act) {
  return {std::string(kRefusedActs),
          absl::StrCat(TimeKey(act.time_unix_ms()), act.fixmedins_code(), kZero, act.call(), kZero,
                       act.msgid(), kZero, act.psn_no(), kZero, act.count()),
          act.SerializeAsString()};
}

bool IsWritten(int64_t count) {
  int64_t next = RefusedReads::kReadsInFull;
  while (next < count) next *= 2;
  return count < RefusedReads::kReadsInFull || count == next;
}

}  // namespace

storage::RowWrite RefusedMessage(const Job& job, const RefusedRight& refused) {
  return RowOf(ActOf(job, refused));
}

std::optional<storage::RowWrite> RefusedReads::Take(const Reference& reference, const Job& job,
                                                    const RefusedRight& refused) {
  RefusedAct act = ActOf(job, refused);
  const bool known = reference.FindInstitution(act.fixmedins_code()) != nullptr;
  Count& count = counts_[known ? act.fixmedins_code() : ""];
  if (count.day < job.now.day) count = {job.now.day, 0};
  act.set_count(++count.reads);
  if (!IsWritten(count.reads)) return std::nullopt;
  return RowOf(act);
}

absl::Status VisitRefusedActs(storage::StoreReader& store, int64_t first_ms, int64_t end_ms,
                              const std::function<absl::Status(const RefusedAct&)>& visit) {
  return storage::VisitRows(store, kRefusedActs, TimeKey(first_ms), TimeKey(end_ms),
                            [&visit](const storage::Row& row) -> absl::Status {
                              RefusedAct act;
                              if (!act.ParseFromString(row.value))
                                return absl::DataLossError("a refused act cannot be read");
                              return visit(act);
                            });
}

std::string RefusedActAsText(const RefusedAct& act) {
  const auto named = [](absl::string_view label, absl::string_view text) {
    return text.empty() ? std::string()
                        : absl::StrCat(" ", label, " ", absl::Utf8SafeCHexEscape(text));
  };
  std::string line = absl::StrCat(
      FormatLocalTime(act.time_unix_ms()), " 机构 ", act.fixmedins_code(), " ", act.call(),
      named("报文", act.msgid()), named("经办人", act.opter()), named("人员", act.psn_no()),
      named("结算", act.setl_id()), " 拒绝 ", act.outcome(), "：", act.reason());
  if (act.count() != 0) absl::StrAppend(&line, "（当日第", act.count(), "次查询被拒）");
  return line;
}

}  // namespace yijie::engine
