// Packages told in words: nothing is left in English, no figure is left out, no line is too long.

#include "engine/policy_text/show.h"

#include <cstdlib>
#include <fstream>
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/file.h"
#include "engine/columns.h"
#include "engine/policy_text/cell_words.h"
#include "engine/policy_text/names.h"
#include "engine/policy_text/read_packages.h"
#include "engine/policy_text/write_html.h"
#include "engine/policy_text/write_text.h"
#include "rules/vocabulary.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kEverything[] = YIJIE_FOLDER "/everything.policy";

std::vector<v1::Package> Read(const std::string& path) {
  auto packages = ReadPackages(path);
  EXPECT_TRUE(packages.ok()) << packages.status();
  return packages.ok() ? *std::move(packages) : std::vector<v1::Package>();
}

// The shipped packages, those of the published examples, and the one with everything.
std::vector<v1::Package> AllPackages() {
  std::vector<v1::Package> packages = Read(kEverything);
  for (const char* folder : {"/rules/tables", "/tests/oracle", "/tests/shapes"}) {
    for (v1::Package& package : Read(absl::StrCat(YIJIE_SOURCE_DIR, folder)))
      packages.push_back(std::move(package));
  }
  return packages;
}

// Maximal runs of the characters that `in` accepts.
std::set<std::string> Runs(absl::string_view text, const std::function<bool(char)>& in) {
  std::set<std::string> runs;
  std::string run;
  for (const char c : text) {
    if (in(c)) {
      run += c;
    } else if (!run.empty()) {
      runs.insert(std::move(run));
      run.clear();
    }
  }
  if (!run.empty()) runs.insert(run);
  return runs;
}

std::set<std::string> Words(absl::string_view text) {
  return Runs(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::set<std::string> Numbers(absl::string_view text) {
  std::set<std::string> numbers;
  const auto in = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  for (const std::string& run : Runs(absl::StrReplaceAll(text, {{",", ""}, {"..", " "}}), in)) {
    // "20000.5" is printed as 20,000.50.
    const bool point = absl::StrContains(run, ".");
    numbers.insert(point ? std::string(absl::StripSuffix(run, "0")) : run);
  }
  return numbers;
}

// Every enum that a package may name.
std::set<const EnumDescriptor*> Enums() {
  std::set<const EnumDescriptor*> enums;
  std::set<const Descriptor*> seen;
  const std::function<void(const Descriptor*)> visit = [&](const Descriptor* type) {
    if (!seen.insert(type).second) return;
    for (int i = 0; i < type->field_count(); ++i) {
      if (type->field(i)->enum_type() != nullptr) enums.insert(type->field(i)->enum_type());
      if (type->field(i)->message_type() != nullptr) visit(type->field(i)->message_type());
    }
  };
  visit(v1::Package::descriptor());
  return enums;
}

// "Accumulator.Period" of yijie.v1.Accumulator.Period.
std::string GroupOf(const EnumDescriptor* type) {
  return std::string(absl::StripPrefix(type->full_name(), "yijie.v1."));
}

TEST(PolicyNames, EveryCellAndEveryValueOfItHasAName) {
  for (const rules::CellSpec& spec : rules::CellSpecs()) {
    EXPECT_NE(FindFactName(spec.field), nullptr) << spec.field;
    for (const absl::string_view value : spec.names) {
      if (!value.empty()) {
        EXPECT_NE(FindValueName(spec.field, value), nullptr) << spec.field << " " << value;
      }
    }
  }
}

TEST(PolicyNames, EveryEnumValueOfTheSchemaHasAName) {
  ASSERT_GE(Enums().size(), 8U);
  for (const EnumDescriptor* type : Enums()) {
    for (int i = 0; i < type->value_count(); ++i) {
      const std::string& value = type->value(i)->name();
      EXPECT_NE(FindValueName(GroupOf(type), value), nullptr) << GroupOf(type) << " " << value;
    }
  }
}

TEST(PolicyNames, EveryKindOfStepHasAName) {
  const auto* kinds = v1::Step::descriptor()->FindOneofByName("kind");
  for (int i = 0; i < kinds->field_count(); ++i)
    EXPECT_NE(FindValueName("step", kinds->field(i)->name()), nullptr) << kinds->field(i)->name();
}

TEST(PolicyNames, AreasAreNamedByTheirCodeOrItsBeginning) {
  EXPECT_EQ(AreaWords("411699"), "河南省周口市（411699）");
  EXPECT_EQ(AreaWords("11"), "北京市（11）");
  EXPECT_EQ(AreaWords("999999"), "999999");
  EXPECT_EQ(AreaWords("*"), "全部统筹区");
}

std::string Age(absl::string_view bound) { return absl::StrCat(bound, "岁"); }

TEST(CellWords, IntervalsSayWhetherTheirEndsBelong) {
  EXPECT_EQ(IntervalWords("[15..60)", Age, BoundWords::kAge), "15岁及以上、未满60岁");
  EXPECT_EQ(IntervalWords("(14..60]", Age, BoundWords::kAge), "超过14岁、60岁及以下");
  EXPECT_EQ(IntervalWords("[0..14]", Age, BoundWords::kAge), "0至14岁");
  EXPECT_EQ(IntervalWords("(..6), [60..)", Age, BoundWords::kAge), "未满6岁或60岁及以上");
  EXPECT_EQ(IntervalWords("3", Age, BoundWords::kAge), "3岁");
  EXPECT_EQ(IntervalWords("(100000..)", YuanWords), "超过100,000元");
  EXPECT_EQ(IntervalWords("[0.50..1000)", YuanWords), "0.50元及以上、不到1,000元");
  EXPECT_EQ(IntervalWords("not(1)", CountWords), "除1外");
}

v1::When HospLv(const std::string& text) {
  v1::When when;
  when.set_hosp_lv(text);
  return when;
}

TEST(CellWords, TwoWaysOfWritingACellHaveOneKey) {
  const auto key = [](const std::string& text) { return FactConditions(HospLv(text)).front().key; };
  EXPECT_EQ(key("LEVEL_1, LEVEL_2"), key("LEVEL_2,LEVEL_1"));
  EXPECT_EQ(key("not(LEVEL_3)"), key("LEVEL_2, LEVEL_1, PRIMARY, LEVEL_NONE"));
  EXPECT_NE(key("not(LEVEL_3)"), key("LEVEL_3"));
  EXPECT_EQ(FactConditions(HospLv("not(LEVEL_3)")).front().phrase, "除三级医院外");
  EXPECT_TRUE(FactConditions(HospLv("-")).empty());
}

// What a clerk wrote for people to read is printed as it is.
std::string ClerksText(const v1::Package& package) {
  std::string text = absl::StrCat(package.title(), "\n");
  for (const std::string& missing : package.missing()) absl::StrAppend(&text, missing, "\n");
  for (const v1::Source& source : package.source())
    absl::StrAppend(&text, source.title(), "\n", source.url(), "\n", source.note(), "\n");
  for (const v1::Step& step : package.step()) {
    for (const v1::Gate::Row& row : step.gate().row()) absl::StrAppend(&text, row.reason(), "\n");
  }
  return text;
}

TEST(PolicyShow, NoEnglishNameIsLeft) {
  std::set<std::string> names;
  for (const EnumDescriptor* type : Enums()) {
    for (int i = 0; i < type->value_count(); ++i) names.insert(type->value(i)->name());
  }
  for (const rules::CellSpec& spec : rules::CellSpecs())
    names.insert(spec.names.begin(), spec.names.end());
  ASSERT_GT(names.size(), 80U);
  for (const v1::Package& package : AllPackages()) {
    const Document document = ShowPackages({package});
    const std::set<std::string> of_clerk = Words(ClerksText(package));
    for (const std::string& page : {WriteText(document), WriteHtml(document)}) {
      for (const std::string& word : Words(page)) {
        EXPECT_TRUE(names.count(word) == 0 || of_clerk.count(word) == 1)
            << package.id() << ": " << word;
      }
    }
  }
}

// Numbers of the fields in which a step has figures and bounds.
void AddFigures(const Message& message, std::set<std::string>* figures) {
  static const auto* const kNames = new std::set<std::string>{
      "id",   "label", "cite",        "reason",  "base",   "start",        "of",
      "name", "fund",  "accumulator", "already", "bucket", "fund_pay_type"};
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int size = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      if (field->message_type() != nullptr) {
        AddFigures(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                        : reflection->GetMessage(message, field),
                   figures);
      } else if (field->type() == FieldDescriptor::TYPE_STRING &&
                 kNames->count(field->name()) == 0) {
        const std::string text = field->is_repeated()
                                     ? reflection->GetRepeatedString(message, field, i)
                                     : reflection->GetString(message, field);
        // Of names such as LEVEL_1 and codes the digits are none.
        for (const std::string& number : Numbers(text)) {
          if (!absl::StrContains(text, "_")) figures->insert(number);
        }
      }
    }
  }
}

TEST(PolicyShow, EveryFigureOfAStepIsInItsPart) {
  int figures_seen = 0;
  for (const v1::Package& package : AllPackages()) {
    const Document document = ShowPackages({package});
    const std::string html = WriteHtml(document);
    const std::string text = WriteText(document);
    const std::vector<std::string> html_parts = absl::StrSplit(html, "<h4>");
    const std::vector<std::string> text_parts = absl::StrSplit(text, "〔");
    ASSERT_EQ(html_parts.size(), static_cast<size_t>(package.step_size()) + 1) << package.id();
    for (int i = 0; i < package.step_size(); ++i) {
      std::set<std::string> figures;
      AddFigures(package.step(i), &figures);
      figures_seen += static_cast<int>(figures.size());
      const std::set<std::string> told = Numbers(html_parts[static_cast<size_t>(i) + 1]);
      for (const std::string& figure : figures) {
        EXPECT_EQ(told.count(figure), 1U)
            << package.id() << " " << package.step(i).id() << ": " << figure << " in\n"
            << html_parts[static_cast<size_t>(i) + 1];
      }
      // In text the steps' heads may look like words of a source, so the whole page is searched.
      for (const std::string& figure : figures)
        EXPECT_EQ(Numbers(text).count(figure), 1U) << package.id() << ": " << figure;
    }
  }
  EXPECT_GT(figures_seen, 500);
}

TEST(PolicyShow, NoLineIsLongerThanThePage) {
  for (const v1::Package& package : AllPackages()) {
    for (const absl::string_view line : absl::StrSplit(WriteText(ShowPackages({package})), '\n'))
      EXPECT_LE(Columns(line), kDocumentColumns) << package.id() << ": " << line;
  }
}

TEST(PolicyShow, HtmlStandsAlone) {
  const std::string html = WriteHtml(ShowPackages(AllPackages()));
  for (const char* outside : {"<script", "<link", "<img", "src=", "href=\"http", "@import", "url("})
    EXPECT_FALSE(absl::StrContains(html, outside)) << outside;
  EXPECT_TRUE(absl::StrContains(html, "<a href=\"#made-up-everything\">"));
  EXPECT_TRUE(absl::StrContains(html, "<h2 id=\"made-up-everything\">"));
}

TEST(PolicyShow, WhatClerksWriteIsEscaped) {
  v1::Package package = Read(kEverything).front();
  package.set_title("<b>&\x1b[31m");
  const Document document = ShowPackages({package});
  EXPECT_TRUE(absl::StrContains(WriteHtml(document), "&lt;b&gt;&amp;[31m"));
  EXPECT_FALSE(absl::StrContains(WriteText(document), "\x1b"));
}

// Cells that line up: the second column begins where its header does.
TEST(WriteText, AChineseCharacterTakesTwoColumns) {
  const Document document{
      "表", {TableBlock{{"甲", "乙"}, {false, true}, {{"三级医院", "85%"}, {"a", "100%"}}}}};
  EXPECT_TRUE(absl::EndsWith(WriteText(document),
                             "甲          乙\n"
                             "--------  ----\n"
                             "三级医院   85%\n"
                             "a         100%\n"));
}

TEST(PolicyShow, PackageWithDefectsIsRefusedWithFileAndLine) {
  const auto package = ParsePackage("bad.policy", "id: \"x\"\nvalid_from: \"2022-02-30\"\n");
  ASSERT_FALSE(package.ok());
  EXPECT_TRUE(absl::StrContains(package.status().message(), "bad.policy:2:"));
}

// Every field that a package can have is in everything.policy, so that the tests on it see it.
TEST(PolicyShow, EverythingHasEveryField) {
  std::set<const FieldDescriptor*> used;
  const std::function<void(const Message&)> visit = [&](const Message& message) {
    const auto* reflection = message.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection->ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      used.insert(field);
      if (field->message_type() == nullptr) continue;
      const int size = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
      for (int i = 0; i < size; ++i) {
        visit(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                   : reflection->GetMessage(message, field));
      }
    }
  };
  visit(Read(kEverything).front());
  std::set<const Descriptor*> types;
  for (const FieldDescriptor* field : used) types.insert(field->containing_type());
  for (const Descriptor* type : types) {
    for (int i = 0; i < type->field_count(); ++i)
      EXPECT_EQ(used.count(type->field(i)), 1U) << type->field(i)->full_name();
  }
}

TEST(PolicyShow, GoldenPage) {
  const std::string path = YIJIE_FOLDER "/golden/everything.txt";
  const std::string page = WriteText(ShowPackages(Read(kEverything)));
  if (std::getenv("YIJIE_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << page;
  const auto golden = ReadFile(path);
  ASSERT_TRUE(golden.ok()) << golden.status();
  EXPECT_EQ(page, *golden);
}

}  // namespace
}  // namespace yijie::engine
