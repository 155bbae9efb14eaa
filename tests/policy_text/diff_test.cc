// What changed between two packages is told, all of it and nothing else.

#include "engine/policy_text/diff.h"

#include <functional>

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/policy_text/read_packages.h"
#include "engine/policy_text/write_html.h"
#include "engine/policy_text/write_text.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

v1::Package Everything() {
  const auto packages = ReadPackages(YIJIE_FOLDER "/everything.policy");
  EXPECT_TRUE(packages.ok()) << packages.status();
  return packages.ok() ? packages->front() : v1::Package();
}

v1::Step* StepOf(v1::Package& package, const std::string& id) {
  for (v1::Step& step : *package.mutable_step()) {
    if (step.id() == id) return &step;
  }
  ADD_FAILURE() << "no step " << id;
  return package.mutable_step(0);
}

// The lines that tell of days and changes, without the headings.
std::vector<std::string> Lines(const Document& document) {
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(WriteText(document), '\n')) {
    if (absl::StartsWith(line, "  ")) lines.emplace_back(line);
  }
  return lines;
}

// What DiffPackages says of a change of the package with everything.
std::vector<std::string> After(const std::function<void(v1::Package&)>& change) {
  v1::Package changed = Everything();
  change(changed);
  return Lines(DiffPackages(Everything(), changed));
}

using Told = std::vector<std::string>;
constexpr char kAllDays[] = "  * 结算结果可能不同：2024-01-01 至 2025-12-31";
constexpr char kNoDays[] = "  * 没有：只有文字改动，结算结果不变";

TEST(PolicyDiff, EqualPackagesHaveNoDifference) {
  EXPECT_TRUE(DiffPackages(Everything(), Everything()).blocks.empty());
  EXPECT_TRUE(DiffPackageSets({Everything()}, {Everything()}).blocks.empty());
}

TEST(PolicyDiff, ARatioOfOneRow) {
  EXPECT_EQ(
      After([](v1::Package& p) {
        StepOf(p, "hifp_pay")->mutable_pay()->mutable_row(0)->mutable_band(0)->set_ratio("87%");
      }),
      (Told{kAllDays, "  * 三级医院、成年居民：0~30,000元 支付比例 85% → 87%"}));
}

TEST(PolicyDiff, ABoundOfBands) {
  EXPECT_EQ(
      After([](v1::Package& p) {
        StepOf(p, "hifp_pay")->mutable_pay()->mutable_row(2)->mutable_band(1)->set_to("50000");
      }),
      (Told{
          kAllDays,
          "  * 除成年居民外：分段支付比例 0~30,000元 80%，30,000~40,000元 81%，40,000元以上 82% → "
          "0~30,000元 80%，30,000~50,000元",
          "    81%，50,000元以上 82%"}));
}

TEST(PolicyDiff, RowsAreMatchedByTheirConditionsNotByPosition) {
  EXPECT_EQ(After([](v1::Package& p) {
              StepOf(p, "hifp_pay")->mutable_pay()->mutable_row()->SwapElements(0, 2);
            }),
            Told{});
  EXPECT_EQ(After([](v1::Package& p) {
              auto* row = StepOf(p, "hifp_pay")->mutable_pay()->mutable_row(1);
              row->mutable_when()->set_hosp_lv("LEVEL_2, LEVEL_1, PRIMARY, LEVEL_NONE");
            }),
            Told{});
}

TEST(PolicyDiff, RowsAddedAndRemoved) {
  EXPECT_EQ(After([](v1::Package& p) {
              auto* deductible = StepOf(p, "act_pay_dedc")->mutable_deductible();
              deductible->mutable_row()->DeleteSubrange(0, 1);
              auto* row = deductible->add_row();
              row->mutable_when()->set_hosp_lv("LEVEL_3");
              row->mutable_when()->set_psn_type("RETIRED");
              row->set_amount("650");
            }),
            (Told{kAllDays, "  - 删除 三级医院：起付线 1,300元",
                  "  + 新增 三级医院、退休：起付线 650元"}));
}

TEST(PolicyDiff, ConditionsOfARow) {
  EXPECT_EQ(After([](v1::Package& p) {
              auto* adjust = StepOf(p, "hifp_pay")->mutable_pay()->mutable_adjust(0);
              adjust->mutable_when()->set_age("[65..)");
            }),
            (Told{kAllDays,
                  "  * 调整（符合的依次适用）：个人负担比例 × 60%，依据 s1 第五条（一）：适用条件 "
                  "年龄60岁及以上 → "
                  "年龄65岁及以上"}));
}

TEST(PolicyDiff, Limits) {
  EXPECT_EQ(After([](v1::Package& p) {
              auto* limit = StepOf(p, "hifp_pay")->mutable_pay()->mutable_limit(0);
              limit->mutable_row(0)->set_amount("160000");
            }),
            (Told{kAllDays,
                  "  * 支付额计入「本年度统筹基金支付累计」，合计不超过：无救助身份：限额 "
                  "150,000元 → 160,000元"}));
}

TEST(PolicyDiff, OrderOfAdjusts) {
  EXPECT_EQ(After([](v1::Package& p) {
              StepOf(p, "hifp_pay")->mutable_pay()->mutable_adjust()->SwapElements(0, 1);
            }).size(),
            2U);
}

TEST(PolicyDiff, Citations) {
  EXPECT_EQ(After([](v1::Package& p) { StepOf(p, "hifp_pay")->set_cite("s1 第五十条"); }),
            (Told{kNoDays, "  * 依据 s1 第五条 → s1 第五十条"}));
}

TEST(PolicyDiff, ALabelIsToldOnceAndNotInEverySumThatNamesIt) {
  EXPECT_EQ(After([](v1::Package& p) { StepOf(p, "act_pay_dedc")->set_label("起付线金额"); }),
            (Told{kNoDays, "  * 名称 起付标准 → 起付线金额"}));
}

TEST(PolicyDiff, StepsAddedRemovedAndMoved) {
  const Told removed = After([](v1::Package& p) { p.mutable_step()->RemoveLast(); });
  EXPECT_EQ(removed, (Told{kAllDays, "  - 删除 类型 个人账户支付", "  - 删除 名称 个人账户支付",
                           "  - 删除 可由账户支付 个人负担 － 全自费",
                           "  - 删除 支付顺序 往年账户 → 当年账户", "  - 删除 适用 医院",
                           "  - 删除 依据 s1 第十一条"}));
  const Told added = After([](v1::Package& p) {
    v1::Step* step = p.add_step();
    step->set_id("rest");
    step->set_label("余额");
    step->mutable_sum()->add_of("psn_part_amt");
  });
  EXPECT_EQ(added,
            (Told{kAllDays, "  + 新增 类型 求和", "  + 新增 名称 余额", "  + 新增 等于 个人负担"}));
  const Told moved = After([](v1::Package& p) {
    for (int i = 9; i < 12; ++i) p.mutable_step()->SwapElements(i, i + 1);
  });
  EXPECT_EQ(moved, (Told{kAllDays, "  * 「个人负担累计」：次序 第 10 步 → 移到第 13 步"}));
}

TEST(PolicyDiff, HeaderSourcesAndWhatIsMissing) {
  EXPECT_EQ(After([](v1::Package& p) { p.set_rounding(v1::FEN_HALF_UP); }),
            (Told{kAllDays, "  * 舍入 舍去元以下尾数 → 四舍五入到分"}));
  EXPECT_EQ(After([](v1::Package& p) { p.mutable_source(1)->set_grade("A"); }),
            (Told{kNoDays, "  * s2：等级 B 政府网站 → A 已读法规全文"}));
  EXPECT_EQ(After([](v1::Package& p) { p.mutable_missing()->RemoveLast(); }),
            (Told{kNoDays, "  - 删除 虚构来源没有写明的第二件事"}));
}

TEST(PolicyDiff, AffectedDays) {
  EXPECT_EQ(After([](v1::Package& p) {
              p.set_valid_from("2024-03-01");
              p.set_valid_to("");
            }),
            (Told{"  * 新增适用：2026-01-01 起", "  * 不再适用：2024-01-01 至 2024-02-29",
                  "  * 有效期 2024-01-01 起，至 2025-12-31 → 2024-03-01 起"}));
  EXPECT_EQ(After([](v1::Package& p) {
              p.set_valid_from("2025-07-01");
              p.set_rounding(v1::FEN_TRUNC);
            }).at(1),
            "  * 结算结果可能不同：2025-07-01 至 2025-12-31");
  // No day in common: nothing is answered differently.
  EXPECT_EQ(After([](v1::Package& p) {
              p.set_valid_from("2026-01-01");
              p.set_valid_to("2026-12-31");
              p.set_rounding(v1::FEN_TRUNC);
            }).at(1),
            "  * 不再适用：2024-01-01 至 2025-12-31");
}

// ---------------------------------------------------------------------------------------------
// Every field of the package, one at a time.

void Change(Message* message, const FieldDescriptor* field, int index) {
  const auto* reflection = message->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (field->is_repeated()) {
        reflection->SetRepeatedString(message, field, index, "zzz");
      } else {
        reflection->SetString(message, field, "zzz");
      }
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      reflection->SetBool(message, field, !reflection->GetBool(*message, field));
      break;
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* type = field->enum_type();
      const int now = reflection->GetEnum(*message, field)->index();
      reflection->SetEnum(message, field, type->value((now + 1) % type->value_count()));
      break;
    }
    default:
      FAIL() << field->full_name();
  }
}

// Calls `each` with a path for every leaf below `message`; the leaf is changed while it runs.
void ForEachChange(Message* message, const std::string& path,
                   const std::function<void(const std::string&)>& each) {
  const auto* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int size = field->is_repeated() ? reflection->FieldSize(*message, field) : 1;
    for (int i = 0; i < size; ++i) {
      const std::string at = absl::StrCat(path, ".", field->name(), "[", i, "]");
      if (field->message_type() != nullptr) {
        ForEachChange(field->is_repeated() ? reflection->MutableRepeatedMessage(message, field, i)
                                           : reflection->MutableMessage(message, field),
                      at, each);
        continue;
      }
      const std::unique_ptr<Message> before(message->New());
      before->CopyFrom(*message);
      Change(message, field, i);
      each(at);
      message->CopyFrom(*before);
    }
  }
}

TEST(PolicyDiff, NoChangeOfAnyFieldIsSilent) {
  const v1::Package older = Everything();
  v1::Package newer = older;
  int changes = 0;
  ForEachChange(&newer, "", [&](const std::string& path) {
    ++changes;
    EXPECT_FALSE(DiffPackages(older, newer).blocks.empty()) << path;
    EXPECT_FALSE(DiffPackages(newer, older).blocks.empty()) << path;
  });
  EXPECT_GT(changes, 250);
  EXPECT_TRUE(DiffPackages(older, newer).blocks.empty());
}

// A change inside a step is told of that step only, unless it changes what the step is called by.
TEST(PolicyDiff, AChangeInsideAStepIsToldOfThatStepOnly) {
  const v1::Package older = Everything();
  v1::Package newer = older;
  for (int i = 0; i < newer.step_size(); ++i) {
    ForEachChange(newer.mutable_step(i), "", [&](const std::string& path) {
      if (absl::StartsWith(path, ".id[") || absl::StrContains(path, ".name[")) return;
      std::vector<std::string> heads;
      for (const Block& block : DiffPackages(older, newer).blocks) {
        const auto* head = std::get_if<Heading>(&block);
        if (head != nullptr && head->level == 2) heads.push_back(head->text);
      }
      ASSERT_EQ(heads.size(), 2U) << path << ": " << absl::StrJoin(heads, ", ");
      EXPECT_TRUE(absl::StrContains(heads[1], absl::StrCat("（", older.step(i).id(), "）")))
          << path << ": " << heads[1];
    });
  }
}

// ---------------------------------------------------------------------------------------------
// Sets of packages.

std::vector<std::string> Heads(const Document& document) {
  std::vector<std::string> heads;
  for (const Block& block : document.blocks) {
    const auto* head = std::get_if<Heading>(&block);
    if (head != nullptr && head->level == 1) heads.push_back(head->text);
  }
  return heads;
}

TEST(PolicyDiffSets, PackagesAreMatchedByIdElseByAreaSchemeAndKind) {
  v1::Package renamed = Everything();
  renamed.set_id("made-up-renamed");
  EXPECT_EQ(Heads(DiffPackageSets({Everything()}, {renamed})),
            Told{"虚构政策（测试）（made-up-everything → made-up-renamed）"});
  v1::Package elsewhere = renamed;
  elsewhere.clear_admdvs();
  elsewhere.add_admdvs("119900");
  const Document apart = DiffPackageSets({Everything()}, {elsewhere});
  EXPECT_EQ(Heads(apart), (Told{"新增政策表：虚构政策（测试）（made-up-renamed）",
                                "删除政策表：虚构政策（测试）（made-up-everything）"}));
  EXPECT_EQ(Lines(apart), (Told{"  * 新增适用：2024-01-01 至 2025-12-31",
                                "  * 不再适用：2024-01-01 至 2025-12-31"}));
}

TEST(PolicyDiffSets, AFurtherVersionIsComparedWithTheOneBefore) {
  v1::Package ended = Everything();
  ended.set_valid_to("2024-12-31");
  v1::Package next = Everything();
  next.set_id("made-up-2025");
  next.set_valid_from("2025-01-01");
  next.set_rounding(v1::FEN_HALF_UP);
  const Document document = DiffPackageSets({Everything()}, {ended, next});
  EXPECT_EQ(Heads(document).size(), 2U);
  EXPECT_EQ(Lines(document),
            (Told{"  * 不再适用：2025-01-01 至 2025-12-31",
                  "  * 有效期 2024-01-01 起，至 2025-12-31 → 2024-01-01 起，至 2024-12-31",
                  "  * 结算结果可能不同：2025-01-01 至 2025-12-31",
                  "  * 编号 made-up-everything → made-up-2025",
                  "  * 有效期 2024-01-01 起，至 2025-12-31 → 2025-01-01 起，至 2025-12-31",
                  "  * 舍入 舍去元以下尾数 → 四舍五入到分"}));
}

TEST(PolicyDiff, HtmlMarksBothSides) {
  v1::Package changed = Everything();
  StepOf(changed, "bounded")->mutable_cap()->mutable_limit(0)->mutable_row(0)->set_amount("7000");
  const std::string html = WriteHtml(DiffPackages(Everything(), changed));
  EXPECT_TRUE(absl::StrContains(html, "<td><del>6,000元</del></td><td><ins>7,000元</ins></td>"));
}

}  // namespace
}  // namespace yijie::engine
