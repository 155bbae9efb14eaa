#include "engine/payout/status_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/payout/status_import.h"
#include "tests/payout/sample_payouts.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr char kFileId[] = "YJ20261122-001";

// Payouts 1 to `count` of (version x 100 fen), sent in one file; odd ones of fund 310100.
std::vector<v1::Payout> SentPayouts(int count) {
  std::vector<v1::Payout> payouts;
  for (int i = 1; i <= count; ++i)
    payouts.push_back(SamplePayout(i, 100 * i, i % 2 == 1 ? "310100" : "410100"));
  EXPECT_TRUE(MakePaymentFile(SampleFile(kFileId), &payouts).ok());
  return payouts;
}

std::string Row(const v1::Payout& payout, const std::string& status,
                const std::string& reason = "") {
  const v1::PayoutAttempt& attempt = payout.attempt(payout.attempt_size() - 1);
  return absl::StrCat(
      "<TxInfAndSts><OrgnlInstrId>", payout.payout_id(), "</OrgnlInstrId><OrgnlEndToEndId>",
      attempt.end_to_end_id(), "</OrgnlEndToEndId><TxSts>", status, "</TxSts>",
      reason.empty() ? "" : absl::StrCat("<StsRsnInf><Rsn><Cd>", reason, "</Cd></Rsn></StsRsnInf>"),
      "<OrgnlTxRef><Amt><InstdAmt Ccy=\"CNY\">", FormatYuan(Fen(payout.amount_fen())),
      "</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>\n");
}

std::string Block(const std::string& id, const std::string& rows, const std::string& status = "") {
  return absl::StrCat("<OrgnlPmtInfAndSts><OrgnlPmtInfId>", id, "</OrgnlPmtInfId>",
                      status.empty() ? "" : absl::StrCat("<PmtInfSts>", status, "</PmtInfSts>"),
                      rows, "</OrgnlPmtInfAndSts>\n");
}

std::string Report(const std::string& blocks, const std::string& group = "<GrpSts>PART</GrpSts>") {
  return absl::StrCat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt>\n"
      "<GrpHdr><MsgId>BANK-77</MsgId><CreDtTm>2026-11-23T10:00:00+08:00</CreDtTm></GrpHdr>\n"
      "<OrgnlGrpInfAndSts><OrgnlMsgId>",
      kFileId, "</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>", group,
      "</OrgnlGrpInfAndSts>\n", blocks, "</CstmrPmtStsRpt></Document>\n");
}

// Payout 1 paid, 2 returned, 3 pending, the others not mentioned.
std::string GoodReport(const std::vector<v1::Payout>& sent) {
  return Report(Block(absl::StrCat(kFileId, "-0001"),
                      Row(sent[0], "ACSC") + Row(sent[1], "RJCT", "AC01") + Row(sent[2], "PDNG")));
}

std::string Bytes(const std::vector<v1::Payout>& payouts) {
  std::string bytes;
  for (const v1::Payout& payout : payouts) bytes += payout.SerializeAsString();
  return bytes;
}

StatusImport Import(const std::string& bytes, std::vector<v1::Payout>* sent) {
  return ImportStatusFile(ReadStatusFile(bytes), sent);
}

std::string Told(const StatusImport& import) {
  std::string text;
  for (const v1::StatusFileDefect& defect : import.defects)
    absl::StrAppend(&text, defect.path(), " ", v1::PayoutOutcome_Name(defect.outcome()), " ",
                    defect.reason(), "\n");
  return text;
}

TEST(StatusFileTest, GoodFile) {
  std::vector<v1::Payout> sent = SentPayouts(4);
  const StatusImport import = Import(GoodReport(sent), &sent);
  EXPECT_EQ(Told(import), "");
  EXPECT_EQ(import.paid, std::vector<std::string>{sent[0].payout_id()});
  EXPECT_EQ(import.returned, std::vector<std::string>{sent[1].payout_id()});
  EXPECT_EQ(import.pending, 1);
  EXPECT_EQ(import.repeated, 0);
  EXPECT_EQ(sent[0].state(), v1::PAYOUT_PAID);
  EXPECT_EQ(sent[0].attempt(0).decided_on(), "2026-11-23");
  EXPECT_EQ(sent[1].state(), v1::PAYOUT_RETURNED);
  EXPECT_EQ(sent[1].attempt(0).reason_code(), "AC01");
  EXPECT_EQ(sent[2].state(), v1::PAYOUT_IN_FILE);
  EXPECT_EQ(sent[3].state(), v1::PAYOUT_IN_FILE);
}

TEST(StatusFileTest, TheSameFileAgainChangesNothing) {
  std::vector<v1::Payout> sent = SentPayouts(3);
  const std::string report = GoodReport(sent);
  Import(report, &sent);
  const std::string before = Bytes(sent);
  const StatusImport again = Import(report, &sent);
  EXPECT_EQ(Told(again), "");
  EXPECT_EQ(again.repeated, 2);
  EXPECT_TRUE(again.paid.empty() && again.returned.empty());
  EXPECT_EQ(Bytes(sent), before);
}

TEST(StatusFileTest, FormsThatBanksUse) {
  const std::vector<v1::Payout> fresh = SentPayouts(3);
  const std::string good = GoodReport(fresh);
  const std::string prefixed = absl::StrReplaceAll(
      good, {{"</", "</n:"}, {"<?", "<?"}, {"<", "<n:"}, {"xmlns=", "xmlns:n="}});
  const std::string cases[] = {
      prefixed,
      "\xef\xbb\xbf" + good,
      absl::StrReplaceAll(good, {{"pain.002.001.10", "pain.002.001.03"}}),
      absl::StrReplaceAll(good, {{"<GrpSts>PART</GrpSts>", ""}}),
      absl::StrReplaceAll(good, {{"encoding=\"UTF-8\"", "encoding='utf-8'"}}),
      absl::StrReplaceAll(good, {{"\n", "\r\n"}}),
      absl::StrReplaceAll(good, {{"<Cd>AC01</Cd>", "<Prtry>AC01</Prtry>"}}),
      absl::StrReplaceAll(good, {{"ACSC", "<![CDATA[ACCC]]>"}}),
      absl::StrReplaceAll(good, {{"<TxSts>ACSC", "<TxSts>&#65;CSC"}}),
      absl::StrReplaceAll(good, {{"</CstmrPmtStsRpt>", "<SplmtryData/></CstmrPmtStsRpt>"}})};
  for (const std::string& report : cases) {
    std::vector<v1::Payout> sent = fresh;
    const StatusImport import = Import(report, &sent);
    EXPECT_EQ(Told(import), "") << report;
    EXPECT_EQ(import.paid.size() + import.returned.size(), 2U);
    EXPECT_EQ(import.pending, 1);
  }
}

TEST(StatusFileTest, WholeFileRejected) {
  std::vector<v1::Payout> sent = SentPayouts(3);
  const std::string group = "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>FF01</Cd></Rsn></StsRsnInf>";
  const StatusImport import = Import(Report("", group), &sent);
  EXPECT_EQ(Told(import), "");
  EXPECT_EQ(import.returned.size(), 3U);
  for (const v1::Payout& payout : sent) {
    EXPECT_EQ(payout.state(), v1::PAYOUT_RETURNED);
    EXPECT_EQ(payout.attempt(0).reason_code(), "FF01");
  }
}

TEST(StatusFileTest, OneBlockRejected) {
  std::vector<v1::Payout> sent = SentPayouts(4);
  const StatusImport import =
      Import(Report(Block(absl::StrCat(kFileId, "-0002"), "", "RJCT")), &sent);
  EXPECT_EQ(Told(import), "");
  EXPECT_EQ(import.returned, (std::vector<std::string>{sent[1].payout_id(), sent[3].payout_id()}));
}

// A group status without rows says nothing of single transfers, unless it is a rejection.
TEST(StatusFileTest, AcceptedGroupPaysNobody) {
  std::vector<v1::Payout> sent = SentPayouts(2);
  const std::string before = Bytes(sent);
  const StatusImport import = Import(Report("", "<GrpSts>ACSC</GrpSts>"), &sent);
  EXPECT_EQ(Told(import), "");
  EXPECT_TRUE(import.paid.empty());
  EXPECT_EQ(Bytes(sent), before);
}

// Planted defects: each makes the whole file void, is told where it is, and changes nothing, though
// the other rows are good.
TEST(StatusFileTest, PlantedDefects) {
  const std::vector<v1::Payout> fresh = SentPayouts(3);
  const std::string good = GoodReport(fresh);
  const auto with = [&](const std::string& from, const std::string& to) {
    EXPECT_TRUE(absl::StrContains(good, from)) << from;
    return absl::StrReplaceAll(good, {{from, to}});
  };
  const std::string block = absl::StrCat(kFileId, "-0001");
  const std::string id1 = fresh[0].attempt(0).end_to_end_id();
  const std::string row1 = Row(fresh[0], "ACSC");
  struct Planted {
    std::string what;
    std::string report;
    std::string told;  // part of what must be told
  };
  const Planted rows[] = {
      {"empty", "", "XML"},
      {"cut off", good.substr(0, good.size() - 12), "XML"},
      {"no XML", "PAID 1,2,3", "XML"},
      {"two roots", good + "<Document/>", "多个根元素"},
      {"document type", with("<Document", "<!DOCTYPE Document><Document"), "DTD"},
      {"entity", with("<Document", "<!DOCTYPE d [<!ENTITY s \"ACSC\">]><Document"), "DTD"},
      {"entity without a type", with("<TxSts>ACSC", "<TxSts>&s;"), "TxSts"},
      {"other namespace", with("pain.002.001.10", "pain.002.001.99"), "不是 pain.002"},
      {"no namespace", with(" xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"", ""),
       "不是 pain.002"},
      {"payment file given back", with("pain.002.001.10", "pain.001.001.09"), "不是 pain.002"},
      {"element of another namespace", with("<TxSts>ACSC", "<TxSts xmlns=\"urn:x\">ACSC"),
       "命名空间"},
      {"prefix of another namespace", with("<GrpHdr>", "<GrpHdr><x:y/>"), "命名空间"},
      {"too deep",
       with("<GrpHdr>", "<GrpHdr>" + absl::StrReplaceAll(std::string(20, '('), {{"(", "<a>"}}) +
                            absl::StrReplaceAll(std::string(20, ')'), {{")", "</a>"}})),
       "层次过深"},
      {"other encoding", with("encoding=\"UTF-8\"", "encoding=\"GBK\""), "编码"},
      {"bytes that are no UTF-8", with("BANK-77", "BANK\xff"), "UTF-8"},
      {"no file named", with(absl::StrCat("<OrgnlMsgId>", kFileId, "</OrgnlMsgId>"), ""),
       "缺少 OrgnlMsgId"},
      {"another file", with(absl::StrCat("<OrgnlMsgId>", kFileId), "<OrgnlMsgId>YJ-9"),
       "没有发送过"},
      {"about another message", with("pain.001.001.09", "pain.008.001.08"), "OrgnlMsgNmId"},
      {"two files named", with("<OrgnlMsgNmId>", "<OrgnlMsgId>X</OrgnlMsgId><OrgnlMsgNmId>"),
       "OrgnlMsgId 重复"},
      {"unknown group status", with("PART", "WHAT"), "GrpSts"},
      {"rejected group with a paid row", with("PART", "RJCT"), "另有逐笔状态"},
      {"rejected block with a paid row", Report(Block(block, row1, "RJCT")), "整批被拒"},
      {"unknown block rejected", Report(Block("X-0009", "", "RJCT")), "没有这一批"},
      {"unknown id", with(absl::StrCat("Id>", id1), "Id>NOBODY"),
       "TxInfAndSts[1] PAYOUT_UNKNOWN_ID"},
      {"id of another payout",
       with(absl::StrCat("Id>", id1), absl::StrCat("Id>", id1.substr(0, 29), "9", id1.substr(30))),
       "TxInfAndSts[1] PAYOUT_UNKNOWN_ID"},
      {"ids of two payouts",
       with(absl::StrCat("<OrgnlInstrId>", fresh[0].payout_id()),
            absl::StrCat("<OrgnlInstrId>", fresh[1].payout_id())),
       "InstrId"},
      {"attempt never made",
       with(absl::StrCat("Id>", id1), absl::StrCat("Id>", fresh[0].payout_id(), "-02")),
       "PAYOUT_UNKNOWN_ID"},
      {"no id", with(absl::StrCat("<OrgnlEndToEndId>", id1, "</OrgnlEndToEndId>"), ""),
       "缺少 OrgnlEndToEndId"},
      {"two ids", with("<TxSts>ACSC", "<OrgnlEndToEndId>X</OrgnlEndToEndId><TxSts>ACSC"), "重复"},
      {"two statuses", with("<TxSts>ACSC</TxSts>", "<TxSts>ACSC</TxSts><TxSts>RJCT</TxSts>"),
       "TxSts 重复"},
      {"status parted by a comment", with("ACSC", "AC<!-- -->SC"), "不是单一文本"},
      {"status inside a status", with("ACSC", "<a>ACSC</a>"), "不是单一文本"},
      {"unknown status", with("ACSC", "PAID"), "TxSts"},
      {"status in small letters", with("ACSC", "acsc"), "TxSts"},
      {"no status", with("<TxSts>ACSC</TxSts>", ""), "TxSts"},
      {"row told twice", with(row1, row1 + row1), "重复"},
      {"paid and returned", with(row1, row1 + Row(fresh[0], "RJCT", "AC04")), "重复"},
      {"one fen less", with(">1.00<", ">0.99<"), "PAYOUT_AMOUNT_MISMATCH"},
      {"one fen more", with(">1.00<", ">1.01<"), "PAYOUT_AMOUNT_MISMATCH"},
      {"a hundred times", with(">1.00<", ">100<"), "PAYOUT_AMOUNT_MISMATCH"},
      {"exponent", with(">1.00<", ">1e0<"), "InstdAmt"},
      {"below nothing", with(">1.00<", ">-1.00<"), "InstdAmt"},
      {"other currency", with("CNY\">1.00", "USD\">1.00"), "币种"},
      {"no day", with("2026-11-23T", "2026-13-23T"), "CreDtTm"},
      {"reason that is no code", with("AC01", "a\nb"), "原因代码"},
  };
  for (const Planted& planted : rows) {
    std::vector<v1::Payout> sent = fresh;
    const StatusImport import = Import(planted.report, &sent);
    EXPECT_FALSE(import.defects.empty()) << planted.what;
    EXPECT_TRUE(absl::StrContains(Told(import), planted.told))
        << planted.what << ": " << planted.told << " not in\n"
        << Told(import);
    EXPECT_EQ(Bytes(sent), Bytes(fresh)) << planted.what;
    EXPECT_TRUE(import.paid.empty() && import.returned.empty() && import.pending == 0)
        << planted.what;
  }
}

TEST(StatusFileTest, EveryBadRowIsTold) {
  std::vector<v1::Payout> sent = SentPayouts(5);
  const std::string before = Bytes(sent);
  std::string short_by_one = Row(sent[2], "ACSC");
  short_by_one = absl::StrReplaceAll(short_by_one, {{"3.00", "2.99"}});
  const StatusImport import = Import(
      Report(
          Block("b1", Row(sent[0], "ACSC") + Row(sent[1], "NOPE")) +
          Block("b2", short_by_one + Row(sent[3], "ACSC") +
                          absl::StrReplaceAll(Row(sent[4], "RJCT", "AC01"), {{"-01<", "-07<"}}))),
      &sent);
  std::set<std::string> paths;
  for (const v1::StatusFileDefect& defect : import.defects) paths.insert(defect.path());
  EXPECT_EQ(paths, (std::set<std::string>{"OrgnlPmtInfAndSts[1].TxInfAndSts[2]",
                                          "OrgnlPmtInfAndSts[2].TxInfAndSts[1]",
                                          "OrgnlPmtInfAndSts[2].TxInfAndSts[3]"}))
      << Told(import);
  EXPECT_EQ(Bytes(sent), before);
}

// Paid after returned is the way money is paid twice, once the return was sent again.
TEST(StatusFileTest, ContradictionsAreListed) {
  std::vector<v1::Payout> sent = SentPayouts(2);
  const std::string paid = Report(Block("b", Row(sent[0], "ACSC")));
  const std::string returned = Report(Block("b", Row(sent[0], "RJCT", "AC04")));
  std::vector<v1::Payout> first_returned = sent;
  EXPECT_EQ(Told(Import(returned, &first_returned)), "");
  EXPECT_TRUE(absl::StrContains(Told(Import(paid, &first_returned)), "PAYOUT_STATUS_CONFLICT"));
  std::vector<v1::Payout> first_paid = sent;
  EXPECT_EQ(Told(Import(paid, &first_paid)), "");
  EXPECT_TRUE(absl::StrContains(Told(Import(returned, &first_paid)), "PAYOUT_STATUS_CONFLICT"));
  // Sent again and paid; then the bank says the first one was paid, too.
  v1::BankAccount account = sent[0].payee();
  account.set_acct_no("99900001");
  account.set_card(false);
  std::vector<v1::Payout> again = {first_returned[0]};
  ASSERT_EQ(Reissue(account, {}, &again[0]).outcome, v1::PAYOUT_DONE);
  ASSERT_TRUE(MakePaymentFile(SampleFile("YJ20261122-002"), &again).ok());
  const std::string before = Bytes(again);
  EXPECT_TRUE(absl::StrContains(Told(Import(paid, &again)), "PAYOUT_STATUS_CONFLICT"));
  EXPECT_EQ(Bytes(again), before);
}

// The largest payment file has a status file that can be read.
TEST(StatusFileTest, LargestFile) {
  std::vector<v1::Payout> sent = SentPayouts(static_cast<int>(kMaxPayoutsOfFile));
  std::string rows;
  for (const v1::Payout& payout : sent) rows += Row(payout, "ACSC");
  const std::string report = Report(Block("b", rows));
  EXPECT_LT(report.size(), kMaxStatusFileBytes / 2) << "room for what banks add";
  const StatusImport import = Import(report, &sent);
  EXPECT_EQ(Told(import), "");
  EXPECT_EQ(import.paid.size(), kMaxPayoutsOfFile);
}

TEST(StatusFileTest, TooLarge) {
  const std::string tags(static_cast<size_t>(kMaxStatusFileTags) + 1, '<');
  const std::string blanks(kMaxStatusFileBytes + 1, ' ');
  for (const std::string& bytes : {tags, blanks}) {
    const StatusFileReading reading = ReadStatusFile(bytes);
    ASSERT_EQ(reading.defects.size(), 1U);
    EXPECT_EQ(reading.defects[0].reason(), "文件过大");
  }
}

void Mutate(std::mt19937_64* random, std::string* bytes) {
  const auto times = 1 + (*random)() % 3;
  for (uint64_t i = 0; i < times; ++i) {
    const size_t at = (*random)() % bytes->size();
    switch ((*random)() % 5) {
      case 0:
        (*bytes)[at] = static_cast<char>((*random)());
        break;
      case 1:
        (*bytes)[at] = static_cast<char>((*bytes)[at] ^ (1 << (*random)() % 7));
        break;
      case 2:
        bytes->erase(at, 1 + (*random)() % 30);
        break;
      case 3:
        bytes->insert(at, bytes->substr((*random)() % bytes->size(), (*random)() % 60));
        break;
      default:
        (*bytes)[at] = "0123456789ABCJRST<>&/"[(*random)() % 21];
    }
    if (bytes->empty()) bytes->push_back('<');
  }
}

// Damaged files never crash, never touch a payout that the good file does not decide, and apply all
// or nothing. Payouts 4 to 8 were sent too, and one digit of an id leads to them.
TEST(StatusFileTest, DamagedFiles) {
  std::mt19937_64 random(TestSeed());
  const std::vector<v1::Payout> fresh = SentPayouts(8);
  const std::string good = GoodReport(fresh);
  const std::string fresh_bytes = Bytes(fresh);
  int applied = 0;
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good;
    Mutate(&random, &bytes);
    std::vector<v1::Payout> sent = fresh;
    const StatusImport import = Import(bytes, &sent);
    if (!import.defects.empty()) {
      ++refused;
      ASSERT_EQ(Bytes(sent), fresh_bytes) << bytes;
      continue;
    }
    ++applied;
    for (size_t i = 0; i < sent.size(); ++i) {
      // A status may be lost with its row, or, where the damage is to the status itself, become
      // another status of the same payout; what the good file does not decide stays open.
      const bool mentioned = i < 3;
      ASSERT_TRUE(mentioned || sent[i].state() == v1::PAYOUT_IN_FILE) << i << "\n" << bytes;
      ASSERT_EQ(sent[i].amount_fen(), fresh[i].amount_fen());
    }
  }
  EXPECT_GT(applied, 100);
  EXPECT_GT(refused, 10'000);
}

}  // namespace
}  // namespace yijie::engine
