// Hostile requests: each is refused with the right status and the path of the field, writes
// nothing, and leaves a server that serves.

#include <functional>
#include <limits>
#include <random>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/e2e_test.h"

namespace yijie::e2e {
namespace {

constexpr char kPerson[] = "S4301000001";
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

// A request, and how it must be refused. With an empty path the text is not ours.
struct Hostile {
  std::string name;
  std::string call;
  std::string request;
  std::string path;
  grpc::StatusCode code = grpc::INVALID_ARGUMENT;
};

template <typename Request>
Hostile HostileOf(const std::string& path, const Request& request,
                  grpc::StatusCode code = grpc::INVALID_ARGUMENT) {
  return {request.ShortDebugString().substr(0, 400), CallOf<Request>::kName,
          request.SerializeAsString(), path, code};
}

// A good bill of two lines, with one thing changed.
Hostile Bill(const std::string& path, const std::function<void(v1::SettleRequest*)>& change,
             grpc::StatusCode code = grpc::INVALID_ARGUMENT) {
  v1::SettleRequest bill = OutpatientBill(kPerson, "bad", 50'000);
  v1::FeeLine line = bill.claim().fee_line(0);
  line.set_feedetl_sn("2");
  *bill.mutable_claim()->add_fee_line() = line;
  bill.mutable_claim()->set_medfee_sumamt_fen(100'000);
  change(&bill);
  return HostileOf(path, bill, code);
}

Hostile Header(const std::string& field, const std::function<void(v1::MessageHeader*)>& change) {
  return Bill(absl::StrCat("header", field.empty() ? "" : ".", field),
              [&](v1::SettleRequest* r) { change(r->mutable_header()); });
}

Hostile Claim(const std::string& field, const std::function<void(v1::Claim*)>& change,
              grpc::StatusCode code = grpc::INVALID_ARGUMENT) {
  return Bill(
      absl::StrCat("claim", field.empty() ? "" : ".", field),
      [&](v1::SettleRequest* r) { change(r->mutable_claim()); }, code);
}

// Of the second line.
Hostile Line(const std::string& field, const std::function<void(v1::FeeLine*)>& change) {
  return Claim(absl::StrCat("fee_line[1]", field.empty() ? "" : ".", field),
               [&](v1::Claim* c) { change(c->mutable_fee_line(1)); });
}

void AddUnknownField(google::protobuf::Message* message) {
  message->GetReflection()->MutableUnknownFields(message)->AddVarint(1999, 7);
}

std::vector<Hostile> BadHeaders() {
  return {Header("fixmedins_code", [](auto* h) { h->clear_fixmedins_code(); }),
          Header("fixmedins_code", [](auto* h) { h->set_fixmedins_code("H430100999041"); }),
          Header("fixmedins_code", [](auto* h) { h->set_fixmedins_code("H43-10099904"); }),
          Header("fixmedins_code", [](auto* h) { h->set_fixmedins_code("医院"); }),
          Header("fixmedins_code", [](auto* h) { h->set_fixmedins_code(std::string("H\0", 2)); }),
          Header("msgid", [](auto* h) { h->clear_msgid(); }),
          Header("msgid", [](auto* h) { h->set_msgid(std::string(31, 'm')); }),
          Header("msgid", [](auto* h) { h->set_msgid("a b"); }),
          Header("msgid", [](auto* h) { h->set_msgid("a\nb"); }),
          Header("opter", [](auto* h) { h->set_opter(std::string(31, 'o')); }),
          Header("", [](auto* h) { AddUnknownField(h); }),
          Bill("header.fixmedins_code", [](auto* r) { r->clear_header(); }),
          Bill(
              "header.fixmedins_code",
              [](auto* r) { r->mutable_header()->set_fixmedins_code("NOSUCH"); }, grpc::NOT_FOUND),
          Bill("request", [](auto* r) { AddUnknownField(r); }),
          Bill("claim.psn_no", [](auto* r) { r->clear_claim(); })};
}

std::vector<Hostile> BadClaims() {
  return {
      Claim("psn_no", [](auto* c) { c->clear_psn_no(); }),
      Claim("psn_no", [](auto* c) { c->set_psn_no(std::string(31, '1')); }),
      Claim("psn_no", [](auto* c) { c->set_psn_no("S43 1"); }),
      Claim(
          "psn_no", [](auto* c) { c->set_psn_no("NOBODY"); }, grpc::NOT_FOUND),
      Claim("insutype", [](auto* c) { c->set_insutype("31"); }),
      Claim("insutype", [](auto* c) { c->set_insutype("abc"); }),
      Claim("med_type", [](auto* c) { c->set_med_type("1"); }),
      Claim("med_type", [](auto* c) { c->set_med_type("1234567"); }),
      Claim("mdtrt_id", [](auto* c) { c->set_mdtrt_id(std::string(31, 'v')); }),
      Claim("dise_codg", [](auto* c) { c->set_dise_codg(std::string(31, 'd')); }),
      Claim("injury_no", [](auto* c) { c->set_injury_no(std::string(61, 'i')); }),
      Claim("begndate", [](auto* c) { c->clear_begndate(); }),
      Claim("begndate", [](auto* c) { c->set_begndate("2026-02-30"); }),
      Claim("begndate", [](auto* c) { c->set_begndate("2026-13-01"); }),
      Claim("begndate", [](auto* c) { c->set_begndate("2026-6-1"); }),
      Claim("begndate", [](auto* c) { c->set_begndate("20260601"); }),
      Claim("begndate", [](auto* c) { c->set_begndate("2026-06-01T00:00"); }),
      Claim("begndate", [](auto* c) { c->set_begndate("0000-00-00"); }),
      Claim("begndate", [](auto* c) { c->set_begndate("2199-12-31"); }),
      Claim("enddate", [](auto* c) { c->set_enddate("2025-02-29"); }),
      Claim("enddate", [](auto* c) { c->set_enddate("2026-05-31"); }),
      Claim("enddate", [](auto* c) { c->set_enddate("2199-12-31"); }),
      Claim("medfee_sumamt_fen", [](auto* c) { c->set_medfee_sumamt_fen(0); }),
      Claim("medfee_sumamt_fen", [](auto* c) { c->set_medfee_sumamt_fen(-100'000); }),
      Claim("medfee_sumamt_fen", [](auto* c) { c->set_medfee_sumamt_fen(100'001); }),
      Claim("medfee_sumamt_fen", [](auto* c) { c->set_medfee_sumamt_fen(10'000'000'000'001); }),
      Claim("medfee_sumamt_fen", [](auto* c) { c->set_medfee_sumamt_fen(kMax); }),
      Claim("acct_used_flag", [](auto* c) { c->set_acct_used_flag(static_cast<v1::AcctUse>(7)); }),
      Claim("acct_used_flag", [](auto* c) { c->set_acct_used_flag(static_cast<v1::AcctUse>(-1)); }),
      Claim("delivery.mode",
            [](auto* c) { c->mutable_delivery()->set_mode(static_cast<v1::DeliveryMode>(99)); }),
      Claim("delivery.fetus_cnt", [](auto* c) { c->mutable_delivery()->set_fetus_cnt(10); }),
      Claim("delivery.fetus_cnt", [](auto* c) { c->mutable_delivery()->set_fetus_cnt(-1); }),
      Claim("delivery.geso_weeks", [](auto* c) { c->mutable_delivery()->set_geso_weeks(46); }),
      Claim("delivery", [](auto* c) { AddUnknownField(c->mutable_delivery()); }),
      Claim("", [](auto* c) { AddUnknownField(c); }),
      Claim("fee_line", [](auto* c) { c->clear_fee_line(); })};
}

std::vector<Hostile> BadLines() {
  return {Line("feedetl_sn", [](auto* l) { l->clear_feedetl_sn(); }),
          Line("feedetl_sn", [](auto* l) { l->set_feedetl_sn("1"); }),  // of the first line
          Line("feedetl_sn", [](auto* l) { l->set_feedetl_sn(std::string(31, '1')); }),
          Line("med_list_codg", [](auto* l) { l->clear_med_list_codg(); }),
          Line("med_list_codg", [](auto* l) { l->set_med_list_codg(std::string(51, 'X')); }),
          Line("fee_ocur_date", [](auto* l) { l->set_fee_ocur_date("2026-05-31"); }),
          Line("fee_ocur_date", [](auto* l) { l->set_fee_ocur_date("2026-06-02"); }),
          Line("fee_ocur_date", [](auto* l) { l->set_fee_ocur_date("2026-06-31"); }),
          Line("cnt_1e4", [](auto* l) { l->set_cnt_1e4(0); }),
          Line("cnt_1e4", [](auto* l) { l->set_cnt_1e4(-10'000); }),
          Line("cnt_1e4", [](auto* l) { l->set_cnt_1e4(10'000'000'001); }),
          Line("cnt_1e4", [](auto* l) { l->set_cnt_1e4(kMin); }),
          Line("pric_fen_1e4", [](auto* l) { l->set_pric_fen_1e4(-1); }),
          Line("pric_fen_1e4", [](auto* l) { l->set_pric_fen_1e4(1'000'000'000'000'001); }),
          Line("pric_fen_1e4", [](auto* l) { l->set_pric_fen_1e4(kMax); }),
          Line("det_item_fee_sumamt_fen", [](auto* l) { l->set_det_item_fee_sumamt_fen(-50'000); }),
          Line("det_item_fee_sumamt_fen", [](auto* l) { l->set_det_item_fee_sumamt_fen(kMax); }),
          Line("det_item_fee_sumamt_fen", [](auto* l) { l->set_det_item_fee_sumamt_fen(50'002); }),
          Line("det_item_fee_sumamt_fen", [](auto* l) { l->set_det_item_fee_sumamt_fen(49'998); }),
          // The largest count and price there are: 10^25 / 10^8 is above any amount.
          Line("det_item_fee_sumamt_fen",
               [](auto* l) {
                 l->set_cnt_1e4(10'000'000'000);
                 l->set_pric_fen_1e4(1'000'000'000'000'000);
                 l->set_det_item_fee_sumamt_fen(1'000'000'000'000);
               }),
          Line("", [](auto* l) { AddUnknownField(l); }), Claim("fee_line", [](auto* c) {
            for (int i = 2; i < 10'000; ++i) {
              *c->add_fee_line() = c->fee_line(0);
              c->mutable_fee_line(i)->set_feedetl_sn(absl::StrCat(i + 1));
            }
            c->set_medfee_sumamt_fen(10'000 * 50'000);
          })};
}

template <typename Request>
Hostile Changed(const std::string& path, Request request,
                const std::function<void(Request*)>& change,
                grpc::StatusCode code = grpc::INVALID_ARGUMENT) {
  change(&request);
  return HostileOf(path, request, code);
}

std::vector<Hostile> BadCredits() {
  using R = v1::CreditAccountRequest;
  const R good = CreditOf(kPerson, "bad", 5);
  return {Changed<R>("amount_fen", good, [](auto* r) { r->set_amount_fen(0); }),
          Changed<R>("amount_fen", good, [](auto* r) { r->set_amount_fen(-5); }),
          Changed<R>("amount_fen", good, [](auto* r) { r->set_amount_fen(1'000'000'000'001); }),
          Changed<R>("amount_fen", good, [](auto* r) { r->set_amount_fen(kMax); }),
          Changed<R>("amount_fen", good, [](auto* r) { r->set_amount_fen(kMin); }),
          Changed<R>("sub_account", good, [](auto* r) { r->clear_sub_account(); }),
          Changed<R>("sub_account", good,
                     [](auto* r) { r->set_sub_account(static_cast<v1::SubAccount>(3)); }),
          Changed<R>("memo", good, [](auto* r) { r->set_memo(std::string(101, 'm')); }),
          Changed<R>("psn_no", good, [](auto* r) { r->clear_psn_no(); }),
          Changed<R>(
              "psn_no", good, [](auto* r) { r->set_psn_no("NOBODY"); }, grpc::NOT_FOUND),
          Changed<R>("header.msgid", good, [](auto* r) { r->mutable_header()->clear_msgid(); }),
          Changed<R>("header.fixmedins_code", good, [](auto* r) { r->clear_header(); }),
          Changed<R>("request", good, [](auto* r) { AddUnknownField(r); })};
}

std::vector<Hostile> BadUndos() {
  using R = v1::ReverseRequest;
  using U = v1::ReverseByMessageRequest;
  const R reverse = ReverseOf(kHospital, kPerson, std::string(30, '0'), "bad");
  const U undo = UndoOf(OutpatientBill(kPerson, "o", 1), "bad");
  return {Changed<R>(
              "header.fixmedins_code", reverse,
              [](auto* r) { r->mutable_header()->set_fixmedins_code("NOSUCH"); }, grpc::NOT_FOUND),
          Changed<R>("setl_id", reverse, [](auto* r) { r->set_setl_id(std::string(30, '\n')); }),
          Changed<R>("setl_id", reverse, [](auto* r) { r->set_setl_id("short"); }),
          Changed<R>("setl_id", reverse, [](auto* r) { r->clear_setl_id(); }),
          Changed<R>("psn_no", reverse, [](auto* r) { r->clear_psn_no(); }),
          Changed<R>("header.msgid", reverse, [](auto* r) { r->mutable_header()->clear_msgid(); }),
          Changed<U>("omsgid", undo, [](auto* r) { r->clear_omsgid(); }),
          Changed<U>("omsgid", undo, [](auto* r) { r->set_omsgid(std::string(31, 'o')); }),
          Changed<U>("psn_no", undo, [](auto* r) { r->clear_psn_no(); }),
          Changed<U>(
              "psn_no", undo, [](auto* r) { r->set_psn_no("NOBODY"); }, grpc::NOT_FOUND),
          Changed<U>("request", undo, [](auto* r) { AddUnknownField(r); })};
}

std::vector<Hostile> BadRefunds() {
  using F = v1::RefundRequest;
  F refund;
  *refund.mutable_header() = ReverseOf(kHospital, kPerson, "", "bad").header();
  refund.set_psn_no(kPerson);
  refund.set_setl_id(std::string(30, '0'));
  refund.add_line()->set_line(1);
  refund.mutable_line(0)->set_cnt_1e4(10'000);
  return {
      Changed<F>("header.msgid", refund, [](auto* r) { r->mutable_header()->clear_msgid(); }),
      Changed<F>("header.fixmedins_code", refund, [](auto* r) { r->clear_header(); }),
      Changed<F>(
          "header.fixmedins_code", refund,
          [](auto* r) { r->mutable_header()->set_fixmedins_code("NOSUCH"); }, grpc::NOT_FOUND),
      Changed<F>("psn_no", refund, [](auto* r) { r->clear_psn_no(); }),
      Changed<F>(
          "psn_no", refund, [](auto* r) { r->set_psn_no("NOBODY"); }, grpc::NOT_FOUND),
      Changed<F>("setl_id", refund, [](auto* r) { r->clear_setl_id(); }),
      Changed<F>("setl_id", refund, [](auto* r) { r->set_setl_id(std::string(31, '0')); }),
      Changed<F>("line", refund, [](auto* r) { r->clear_line(); }),
      Changed<F>("line", refund,
                 [](auto* r) {
                   for (int i = 2; i <= 5'001; ++i) {
                     v1::RefundLine* line = r->add_line();
                     line->set_line(i);
                     line->set_cnt_1e4(1);
                   }
                 }),
      Changed<F>("line[0].line", refund, [](auto* r) { r->mutable_line(0)->clear_line(); }),
      Changed<F>("line[0].line", refund, [](auto* r) { r->mutable_line(0)->set_line(-1); }),
      Changed<F>("line[1].line", refund, [](auto* r) { *r->add_line() = r->line(0); }),
      Changed<F>("line[0].cnt_1e4", refund, [](auto* r) { r->mutable_line(0)->set_cnt_1e4(0); }),
      Changed<F>("line[0].cnt_1e4", refund, [](auto* r) { r->mutable_line(0)->set_cnt_1e4(-1); }),
      Changed<F>("line[0].cnt_1e4", refund,
                 [](auto* r) { r->mutable_line(0)->set_cnt_1e4(10'000'000'001); }),
      Changed<F>("line[0].cnt_1e4", refund, [](auto* r) { r->mutable_line(0)->set_cnt_1e4(kMax); }),
      Changed<F>("request", refund, [](auto* r) { AddUnknownField(r); })};
}

std::vector<Hostile> BadQueries() {
  using P = v1::PreSettleRequest;
  using L = v1::ListPostingsRequest;
  using Q = v1::QueryMessageRequest;
  using G = v1::GetSettlementRequest;
  const P pre = PreSettleOf(OutpatientBill(kPerson, "bad", 50'000));
  L list;
  list.set_psn_no(kPerson);
  const Q query = QueryOf(kHospital, v1::SETTLE, "bad");
  const G get = GetSettlementOf(kHospital, kPerson, std::string(30, '0'));
  return {
      Changed<P>("fixmedins_code", pre, [](auto* r) { r->clear_fixmedins_code(); }),
      Changed<P>(
          "fixmedins_code", pre, [](auto* r) { r->set_fixmedins_code("NOSUCH"); }, grpc::NOT_FOUND),
      Changed<P>(
          "claim.psn_no", pre, [](auto* r) { r->mutable_claim()->set_psn_no("NOBODY"); },
          grpc::NOT_FOUND),
      Changed<P>("claim.begndate", pre,
                 [](auto* r) { r->mutable_claim()->set_begndate("2199-01-01"); }),
      Changed<L>("page_size", list, [](auto* r) { r->set_page_size(-1); }),
      Changed<L>("page_size", list, [](auto* r) { r->set_page_size(1001); }),
      Changed<L>("after_version", list, [](auto* r) { r->set_after_version(-1); }),
      Changed<L>(
          "psn_no", list, [](auto* r) { r->set_psn_no("NOBODY"); }, grpc::NOT_FOUND),
      Changed<Q>("transaction", query, [](auto* r) { r->clear_transaction(); }),
      Changed<Q>("transaction", query,
                 [](auto* r) { r->set_transaction(static_cast<v1::Transaction>(9)); }),
      Changed<Q>("transaction", query,
                 [](auto* r) { r->set_transaction(static_cast<v1::Transaction>(-1)); }),
      Changed<Q>("transaction", query,
                 [](auto* r) { r->set_transaction(static_cast<v1::Transaction>(257)); }),
      Changed<Q>("msgid", query, [](auto* r) { r->clear_msgid(); }),
      Changed<Q>("fixmedins_code", query, [](auto* r) { r->clear_fixmedins_code(); }),
      Changed<G>(
          "setl_id", get, [](auto*) {}, grpc::NOT_FOUND),
      Changed<G>("setl_id", get, [](auto* r) { r->set_setl_id("x"); }),
      Changed<G>("psn_no", get, [](auto* r) { r->clear_psn_no(); }),
      HostileOf("psn_no", GetAccountOf("")),
      HostileOf("psn_no", GetAccountOf("NOBODY"), grpc::NOT_FOUND),
      HostileOf("psn_no", GetAccountOf("S43\xE4\xBA\xBA"))};
}

std::vector<Hostile> NotMessages() {
  const std::string good = OutpatientBill(kPerson, "bad", 50'000).SerializeAsString();
  std::string no_utf8 = good;
  no_utf8.replace(no_utf8.find("e2e"), 3, "\xff\xfe\xfd");
  std::string no_utf8_person = GetAccountOf("abc").SerializeAsString();
  no_utf8_person.replace(no_utf8_person.find("abc"), 3, "\xc3\x28\x80");
  const std::string group_without_end = "\x0b";
  return {{"text that is not UTF-8", "Settle", no_utf8, "request"},
          {"number that is not UTF-8", "GetAccount", no_utf8_person, "request"},
          {"group without an end", "Settle", group_without_end, "request"},
          {"length past the end", "Settle", std::string("\x0a\xff\xff\xff\xff\x0f"), "request"},
          {"nothing", "Settle", "", "header.fixmedins_code"},
          {"too large", "Settle", std::string(3 << 20, '\0'), "", grpc::RESOURCE_EXHAUSTED},
          {"no such call", "Unsettle", good, "", grpc::UNIMPLEMENTED}};
}

class BadInputTest : public E2eTest {
 protected:
  void SetUp() override {
    MakeSampleData(data());
    before_ = ExpectCleanLedger(data());
    StartServer();
  }

  void ExpectRefused(const Hostile& hostile) {
    const RawReply reply = client().Call(hostile.call, hostile.request);
    EXPECT_EQ(reply.status.error_code(), hostile.code)
        << hostile.path << " of " << hostile.call << " " << hostile.name << ": "
        << reply.status.error_message();
    if (hostile.path.empty()) return;
    EXPECT_TRUE(absl::StartsWith(reply.status.error_message(), absl::StrCat(hostile.path, ": ")))
        << hostile.path << " of " << hostile.call << " " << hostile.name << ": "
        << reply.status.error_message();
  }

  // The server serves, and the ledger has not one record more.
  void ExpectNothingWritten() {
    EXPECT_TRUE(client().Send(PreSettleOf(OutpatientBill(kPerson, "x", 50'000))).ok());
    const engine::AuditReport after = EndAndAudit();
    EXPECT_EQ(after.persons, before_.persons);
    EXPECT_EQ(after.versions, before_.versions);
    EXPECT_EQ(after.messages, before_.messages);
    StartServer();
    Settle(OutpatientBill(kPerson, "bad", 50'000));  // the id the hostile ones used
  }

 private:
  engine::AuditReport before_;
};

TEST_F(BadInputTest, BadHeaders) {
  for (const Hostile& hostile : BadHeaders()) ExpectRefused(hostile);
  ExpectNothingWritten();
}

TEST_F(BadInputTest, BadClaims) {
  for (const Hostile& hostile : BadClaims()) ExpectRefused(hostile);
  ExpectNothingWritten();
}

TEST_F(BadInputTest, BadLines) {
  for (const Hostile& hostile : BadLines()) ExpectRefused(hostile);
  ExpectNothingWritten();
}

TEST_F(BadInputTest, BadOtherCalls) {
  for (const Hostile& hostile : BadCredits()) ExpectRefused(hostile);
  for (const Hostile& hostile : BadUndos()) ExpectRefused(hostile);
  for (const Hostile& hostile : BadRefunds()) ExpectRefused(hostile);
  for (const Hostile& hostile : BadQueries()) ExpectRefused(hostile);
  ExpectNothingWritten();
}

TEST_F(BadInputTest, NotMessages) {
  for (const Hostile& hostile : NotMessages()) ExpectRefused(hostile);
  ExpectNothingWritten();
}

// An area and a scheme nobody has are business refusals, not malformed: they are kept as answers.
TEST_F(BadInputTest, UnknownScheme) {
  v1::SettleRequest bill = OutpatientBill(kPerson, "bad-scheme", 50'000);
  bill.mutable_claim()->set_insutype("999");
  const auto answer = client().Send(bill);
  ASSERT_TRUE(answer.ok()) << answer.status.error_message();
  EXPECT_EQ(answer->settlement().outcome(), v1::NOT_INSURED);
}

constexpr const char* kCalls[] = {"PreSettle",        "Settle",        "Reverse",
                                  "ReverseByMessage", "GetSettlement", "QueryMessage",
                                  "GetAccount",       "CreditAccount", "ListPostings"};

TEST_F(BadInputTest, RandomBytes) {
  std::mt19937_64 random(SeedOfTest(19981214));
  std::uniform_int_distribution<size_t> length(0, 300);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int i = 0; i < 1000; ++i) {
    std::string bytes(length(random), '\0');
    for (char& c : bytes) c = static_cast<char>(byte(random));
    const RawReply reply = client().Call(kCalls[random() % std::size(kCalls)], bytes);
    EXPECT_EQ(reply.status.error_code(), grpc::INVALID_ARGUMENT)
        << "message " << i << ": " << reply.status.error_message();
    EXPECT_TRUE(absl::StrContains(reply.status.error_message(), ": "))
        << reply.status.error_message();
  }
  ExpectNothingWritten();
}

TEST_F(BadInputTest, TruncatedMessages) {
  std::vector<std::pair<std::string, std::string>> messages = {
      {"Settle", SampleBill("01-pharmacy-purchase.json").SerializeAsString()},
      {"PreSettle", PreSettleOf(OutpatientBill(kPerson, "x", 50'000)).SerializeAsString()},
      {"Reverse", ReverseOf(kHospital, kPerson, std::string(30, '0'), "t").SerializeAsString()},
      {"ReverseByMessage", UndoOf(OutpatientBill(kPerson, "x", 1), "t").SerializeAsString()},
      {"CreditAccount", CreditOf(kPerson, "t", 1'000'000).SerializeAsString()}};
  for (const auto& [call, bytes] : messages) {
    // A shorter id of a message or of a person is one, too: those cuts are inside a string, and
    // its length tells.
    for (size_t size = 0; size < bytes.size(); ++size) {
      const RawReply reply = client().Call(call, bytes.substr(0, size));
      EXPECT_EQ(reply.status.error_code(), grpc::INVALID_ARGUMENT)
          << call << " cut to " << size << ": " << reply.status.error_message();
      EXPECT_TRUE(absl::StrContains(reply.status.error_message(), ": "));
    }
  }
  ExpectNothingWritten();
}

// Real messages with bytes changed may be good messages. Whatever they are, the server says so with
// a status of the contract and the ledger stays clean.
TEST_F(BadInputTest, MutatedMessages) {
  std::mt19937_64 random(SeedOfTest(20010911));
  const std::vector<std::string> bills = {
      SampleBill("01-pharmacy-purchase.json").SerializeAsString(),
      SampleBill("05-delivery-hunan.json").SerializeAsString(),
      OutpatientBill(kPerson, "mutant", 50'000).SerializeAsString()};
  int accepted = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string bytes = bills[random() % bills.size()];
    for (uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    const RawReply reply = client().Call("Settle", bytes);
    const grpc::StatusCode code = reply.status.error_code();
    accepted += code == grpc::OK ? 1 : 0;
    EXPECT_TRUE(code == grpc::OK || code == grpc::INVALID_ARGUMENT || code == grpc::NOT_FOUND ||
                code == grpc::ALREADY_EXISTS)
        << code << " " << reply.status.error_message();
  }
  std::cout << accepted << " of 2000 were good messages\n";
  EXPECT_TRUE(EndAndAudit().clean());
}

// The most lines and the largest amounts there may be do settle.
TEST_F(BadInputTest, LargestBillSettles) {
  v1::SettleRequest bill = OutpatientBill("S4301000003", "large", 1);
  v1::Claim& claim = *bill.mutable_claim();
  claim.mutable_fee_line(0)->set_pric_fen_1e4(2'000'000'000LL * 10'000);
  claim.mutable_fee_line(0)->set_det_item_fee_sumamt_fen(2'000'000'000);
  for (int i = 1; i < 5000; ++i) {
    *claim.add_fee_line() = claim.fee_line(0);
    claim.mutable_fee_line(i)->set_feedetl_sn(absl::StrCat(i + 1));
  }
  claim.set_medfee_sumamt_fen(10'000'000'000'000);
  Settle(bill);
  *claim.add_fee_line() = claim.fee_line(0);
  claim.mutable_fee_line(5000)->set_feedetl_sn("5001");
  ExpectRefused(HostileOf("claim.fee_line", PreSettleOf(bill)));
}

// An account holds at most 10^15 fen.
TEST_F(BadInputTest, CreditsStopBeforeTheyOverflow) {
  constexpr int kThreads = 16;
  constexpr int kCreditsOfAThread = 64;  // 1,024 of 10^12 in all
  std::atomic<int> done{0};
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kCreditsOfAThread; ++i) {
        const auto answer =
            client().Send(CreditOf("S4116000001", absl::StrCat("c", t, "-", i), 1'000'000'000'000));
        (answer.ok() ? done : refused) += 1;
        if (answer.ok()) continue;
        EXPECT_EQ(answer.status.error_code(), grpc::INVALID_ARGUMENT);
        EXPECT_TRUE(absl::StartsWith(answer.status.error_message(), "amount_fen: "));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 1000);
  EXPECT_EQ(refused, 24);
  EXPECT_EQ(Account("S4116000001").balc_fen(), 1'000'000'000'000'000);
  EXPECT_TRUE(EndAndAudit().clean());
}

}  // namespace
}  // namespace yijie::e2e
