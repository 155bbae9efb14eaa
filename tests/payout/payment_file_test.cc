#include "engine/payout/payment_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <pugixml.hpp>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "base/fen.h"
#include "base/utf8.h"
#include "tests/payout/sample_payouts.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// Children in their order, as the schema of pain.001.001.09 has them: '!' once, '?' at most once,
// '+' once or more. Elements of the schema that are not written are left out of the lists.
const std::map<std::string, std::vector<std::string>>& Schema() {
  static const auto* const kSchema = new std::map<std::string, std::vector<std::string>>{
      {"Document", {"CstmrCdtTrfInitn!"}},
      {"CstmrCdtTrfInitn", {"GrpHdr!", "PmtInf+"}},
      {"GrpHdr", {"MsgId!", "CreDtTm!", "NbOfTxs!", "CtrlSum?", "InitgPty!"}},
      {"InitgPty", {"Nm?"}},
      {"PmtInf",
       {"PmtInfId!", "PmtMtd!", "NbOfTxs?", "CtrlSum?", "ReqdExctnDt!", "Dbtr!", "DbtrAcct!",
        "DbtrAgt!", "CdtTrfTxInf+"}},
      {"ReqdExctnDt", {"Dt!"}},
      {"Dbtr", {"Nm?"}},
      {"DbtrAcct", {"Id!", "Ccy?"}},
      {"DbtrAgt", {"FinInstnId!"}},
      {"CdtrAgt", {"FinInstnId!"}},
      {"FinInstnId", {"ClrSysMmbId?"}},
      {"ClrSysMmbId", {"ClrSysId?", "MmbId!"}},
      {"ClrSysId", {"Cd!"}},
      {"CdtTrfTxInf", {"PmtId!", "Amt!", "CdtrAgt?", "Cdtr?", "CdtrAcct?", "RmtInf?"}},
      {"PmtId", {"InstrId?", "EndToEndId!"}},
      {"Amt", {"InstdAmt!"}},
      {"Cdtr", {"Nm?", "Id?"}},
      {"Cdtr/Id", {"PrvtId!"}},
      {"PrvtId", {"Othr+"}},
      {"PrvtId/Othr", {"Id!", "SchmeNm?"}},
      {"SchmeNm", {"Prtry!"}},
      {"CdtrAcct", {"Id!"}},
      {"CdtrAcct/Id", {"Othr!"}},
      {"DbtrAcct/Id", {"Othr!"}},
      {"Id/Othr", {"Id!"}},
      {"RmtInf", {"Ustrd?"}}};
  return *kSchema;
}

// Longest text of a leaf, in characters.
const std::map<std::string, size_t>& MaxCharacters() {
  static const auto* const kMax = new std::map<std::string, size_t>{
      {"MsgId", 35},   {"PmtInfId", 35}, {"InstrId", 35}, {"EndToEndId", 35}, {"NbOfTxs", 15},
      {"CtrlSum", 19}, {"InstdAmt", 19}, {"Nm", 140},     {"MmbId", 35},      {"Cd", 5},
      {"Ustrd", 140},  {"Id", 35},       {"Prtry", 35},   {"PmtMtd", 3},      {"CreDtTm", 25},
      {"Dt", 10},      {"Ccy", 3}};
  return *kMax;
}

size_t Characters(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

void CheckElement(const pugi::xml_node& element) {
  const std::string name = element.name();
  const std::string in_parent = std::string(element.parent().name()) + "/" + name;
  auto children = Schema().find(in_parent);
  if (children == Schema().end()) children = Schema().find(name);
  if (!element.first_child() || element.first_child().type() == pugi::node_pcdata) {
    ASSERT_TRUE(MaxCharacters().count(name)) << in_parent << " has no text in the schema";
    const std::string text = element.child_value();
    ASSERT_GE(text.size(), 1U) << in_parent;
    ASSERT_LE(Characters(text), MaxCharacters().at(name)) << in_parent;
    return;
  }
  ASSERT_TRUE(children != Schema().end()) << in_parent;
  pugi::xml_node child = element.first_child();
  for (const std::string& expected : children->second) {
    const std::string child_name = expected.substr(0, expected.size() - 1);
    int count = 0;
    for (; child && child.name() == child_name; child = child.next_sibling(), ++count)
      CheckElement(child);
    const char rule = expected.back();
    EXPECT_TRUE(rule == '!'   ? count == 1
                : rule == '?' ? count <= 1
                              : count >= 1)
        << in_parent << " has " << count << " " << child_name;
  }
  EXPECT_FALSE(child) << in_parent << " has " << child.name() << " out of order";
}

pugi::xml_document Parse(const std::string& bytes) {
  pugi::xml_document document;
  EXPECT_TRUE(
      document.load_buffer(bytes.data(), bytes.size(), pugi::parse_default, pugi::encoding_utf8));
  return document;
}

std::string Make(std::vector<v1::Payout>* payouts) {
  const auto file = MakePaymentFile(SampleFile(), payouts);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.value_or("");
}

// The amount as digits, so that no arithmetic of the writer is used again.
int64_t FenOf(const char* text) {
  std::string digits = text;
  EXPECT_EQ(digits[digits.size() - 3], '.') << text;
  digits.erase(digits.size() - 3, 1);
  return std::stoll(digits);
}

// Structure and totals of files of random payouts, read back.
TEST(PaymentFileTest, ReadBackItAddsUp) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 200; ++round) {
    const auto count = 1 + static_cast<int64_t>(random() % 30);
    std::vector<v1::Payout> payouts;
    std::map<std::string, int64_t> expected;
    int64_t total = 0;
    for (int64_t i = 1; i <= count; ++i) {
      const auto amount =
          static_cast<int64_t>(1 + random() % (i == 1 ? 10'000'000'000'000 : 99'999));
      payouts.push_back(SamplePayout(i, amount, random() % 2 == 0 ? "310100" : "410100",
                                     random() % 2 == 0 ? "2026-11-20" : "2026-11-22"));
      expected[payouts.back().payout_id() + "-01"] = amount;
      total += amount;
    }
    const pugi::xml_document document = Parse(Make(&payouts));
    CheckElement(document.document_element());
    const pugi::xml_node initiation = document.document_element().first_child();
    const pugi::xml_node header = initiation.child("GrpHdr");
    EXPECT_EQ(FenOf(header.child_value("CtrlSum")), total);
    EXPECT_EQ(header.child_value("NbOfTxs"), std::to_string(count));
    std::map<std::string, int64_t> read;
    for (const pugi::xml_node block : initiation.children("PmtInf")) {
      int64_t sum = 0;
      int transfers = 0;
      for (const pugi::xml_node transfer : block.children("CdtTrfTxInf")) {
        const pugi::xml_node amount = transfer.child("Amt").child("InstdAmt");
        EXPECT_STREQ(amount.attribute("Ccy").value(), "CNY");
        const std::string id = transfer.child("PmtId").child_value("EndToEndId");
        EXPECT_TRUE(read.emplace(id, FenOf(amount.child_value())).second) << id;
        sum += read[id];
        ++transfers;
      }
      EXPECT_EQ(FenOf(block.child_value("CtrlSum")), sum);
      EXPECT_EQ(block.child_value("NbOfTxs"), std::to_string(transfers));
    }
    EXPECT_EQ(read, expected);
  }
}

TEST(PaymentFileTest, OneBlockForEachAccount) {
  std::vector<v1::Payout> payouts = {
      SamplePayout(1, 100, "410100", "2026-11-22"), SamplePayout(2, 100, "310100", "2026-11-20"),
      SamplePayout(3, 100, "330100", "2026-11-01"), SamplePayout(4, 100, "410100", "2026-11-22")};
  const pugi::xml_document document = Parse(Make(&payouts));
  std::vector<std::string> blocks;
  for (const pugi::xml_node block : document.document_element().first_child().children("PmtInf")) {
    blocks.push_back(std::string(block.child_value("PmtInfId")) + " " +
                     block.child("DbtrAcct").child("Id").child("Othr").child_value("Id") + " " +
                     block.child("ReqdExctnDt").child_value("Dt") + " " +
                     block.child_value("NbOfTxs"));
  }
  EXPECT_EQ(blocks, (std::vector<std::string>{"YJ20261122-001-0001 99910001 2026-11-22 2",
                                              "YJ20261122-001-0002 99910002 2026-11-22 2"}));
  for (const v1::Payout& payout : payouts) {
    EXPECT_EQ(payout.state(), v1::PAYOUT_IN_FILE);
    EXPECT_EQ(payout.attempt(0).file_id(), "YJ20261122-001");
  }
  EXPECT_EQ(payouts[0].attempt(0).payment_info_id(), "YJ20261122-001-0002");
}

TEST(PaymentFileTest, BytesDoNotDependOnTheOrderOfPayouts) {
  std::mt19937_64 random(TestSeed());
  std::vector<v1::Payout> created;
  for (int64_t i = 1; i <= 12; ++i)
    created.push_back(SamplePayout(i, 100 * i, i % 3 == 0 ? "410100" : "310100"));
  std::vector<v1::Payout> once = created;
  const std::string bytes = Make(&once);
  for (int round = 0; round < 20; ++round) {
    std::shuffle(created.begin(), created.end(), random);
    std::vector<v1::Payout> again = created;
    EXPECT_EQ(Make(&again), bytes);
  }
}

// The whole file, so that any change of its form is seen.
TEST(PaymentFileTest, OnePayout) {
  v1::Payout payout = SamplePayout(1, 5);
  payout.set_label("津贴 <\"&'> ]]>");
  payout.mutable_payee()->set_acct_name("买买提·艾力 & <Co>");
  std::vector<v1::Payout> payouts = {payout};
  const std::string id = payout.payout_id();
  EXPECT_EQ(Make(&payouts), R"(<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">
 <CstmrCdtTrfInitn>
  <GrpHdr>
   <MsgId>YJ20261122-001</MsgId>
   <CreDtTm>2026-11-22T09:30:00+08:00</CreDtTm>
   <NbOfTxs>1</NbOfTxs>
   <CtrlSum>0.05</CtrlSum>
   <InitgPty>
    <Nm>示例市医疗保障经办中心</Nm>
   </InitgPty>
  </GrpHdr>
  <PmtInf>
   <PmtInfId>YJ20261122-001-0001</PmtInfId>
   <PmtMtd>TRF</PmtMtd>
   <NbOfTxs>1</NbOfTxs>
   <CtrlSum>0.05</CtrlSum>
   <ReqdExctnDt>
    <Dt>2026-11-22</Dt>
   </ReqdExctnDt>
   <Dbtr>
    <Nm>示例市医疗保障经办中心 支出户</Nm>
   </Dbtr>
   <DbtrAcct>
    <Id>
     <Othr>
      <Id>99910001</Id>
     </Othr>
    </Id>
    <Ccy>CNY</Ccy>
   </DbtrAcct>
   <DbtrAgt>
    <FinInstnId>
     <ClrSysMmbId>
      <ClrSysId>
       <Cd>CNAPS</Cd>
      </ClrSysId>
      <MmbId>999100000022</MmbId>
     </ClrSysMmbId>
    </FinInstnId>
   </DbtrAgt>
   <CdtTrfTxInf>
    <PmtId>
     <InstrId>)" + id + R"(</InstrId>
     <EndToEndId>)" + id + R"(-01</EndToEndId>
    </PmtId>
    <Amt>
     <InstdAmt Ccy="CNY">0.05</InstdAmt>
    </Amt>
    <CdtrAgt>
     <FinInstnId>
      <ClrSysMmbId>
       <ClrSysId>
        <Cd>CNAPS</Cd>
       </ClrSysId>
       <MmbId>999100000014</MmbId>
      </ClrSysMmbId>
     </FinInstnId>
    </CdtrAgt>
    <Cdtr>
     <Nm>买买提·艾力 &amp; &lt;Co&gt;</Nm>
     <Id>
      <PrvtId>
       <Othr>
        <Id>99999919900307401X</Id>
        <SchmeNm>
         <Prtry>01</Prtry>
        </SchmeNm>
       </Othr>
      </PrvtId>
     </Id>
    </Cdtr>
    <CdtrAcct>
     <Id>
      <Othr>
       <Id>6212345678900000003</Id>
      </Othr>
     </Id>
    </CdtrAcct>
    <RmtInf>
     <Ustrd>津贴 &lt;"&amp;'&gt; ]]&gt;</Ustrd>
    </RmtInf>
   </CdtTrfTxInf>
  </PmtInf>
 </CstmrCdtTrfInitn>
</Document>
)");
}

// Each makes the file impossible; no payout changes.
TEST(PaymentFileTest, RefusalsChangeNothing) {
  struct Row {
    const char* what;
    void (*spoil)(v1::PaymentFile*, std::vector<v1::Payout>*);
    absl::StatusCode code;
  };
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  constexpr auto kFailed = absl::StatusCode::kFailedPrecondition;
  const Row rows[] = {
      {"no payouts", [](auto*, auto* p) { p->clear(); }, kInvalid},
      {"file id too long", [](auto* h, auto*) { h->set_file_id(std::string(31, 'x')); }, kInvalid},
      {"file id with a blank", [](auto* h, auto*) { h->set_file_id("a b"); }, kInvalid},
      {"no initiator", [](auto* h, auto*) { h->mutable_payers()->clear_name(); }, kInvalid},
      {"not due", [](auto*, auto* p) { (*p)[1].set_due_date("2026-12-01"); }, kFailed},
      {"in a file", [](auto*, auto* p) { (*p)[1].set_state(v1::PAYOUT_IN_FILE); }, kFailed},
      {"returned", [](auto*, auto* p) { (*p)[1].set_state(v1::PAYOUT_RETURNED); }, kFailed},
      {"cancelled", [](auto*, auto* p) { (*p)[1].set_state(v1::PAYOUT_CANCELLED); }, kFailed},
      {"paid", [](auto*, auto* p) { (*p)[1].set_state(v1::PAYOUT_PAID); }, kFailed},
      {"twice", [](auto*, auto* p) { p->push_back((*p)[0]); }, kInvalid},
      {"unknown account", [](auto*, auto* p) { (*p)[1].set_debtor_account("A9"); }, kFailed},
      {"bad account",
       [](auto* h, auto*) { h->mutable_payers()->mutable_account(0)->set_acct_no("x"); }, kInvalid},
      {"control character in a name",
       [](auto*, auto* p) { (*p)[1].mutable_payee()->set_acct_name("a\x01"); }, kFailed},
      {"certificate too long",
       [](auto*, auto* p) { (*p)[1].mutable_payee()->set_certno(std::string(36, '1')); }, kFailed},
      {"no label", [](auto*, auto* p) { (*p)[1].clear_label(); }, kFailed},
      {"bank code", [](auto*, auto* p) { (*p)[1].mutable_payee()->set_bank_code("1"); }, kFailed},
  };
  for (const Row& row : rows) {
    v1::PaymentFile header = SampleFile();
    std::vector<v1::Payout> payouts = {SamplePayout(1, 100), SamplePayout(2, 200)};
    row.spoil(&header, &payouts);
    std::string before;
    for (const v1::Payout& payout : payouts) before += payout.SerializeAsString();
    const auto file = MakePaymentFile(header, &payouts);
    EXPECT_EQ(file.status().code(), row.code) << row.what << ": " << file.status();
    std::string after;
    for (const v1::Payout& payout : payouts) after += payout.SerializeAsString();
    EXPECT_EQ(after, before) << row.what;
    EXPECT_FALSE(absl::StrContains(file.status().message(), SampleBankAccount().acct_no()));
  }
}

}  // namespace
}  // namespace yijie::engine
