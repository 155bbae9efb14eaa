// Checks every source file of the repository against the rules of the house, and the rules against
// planted defects.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/house/source_rules.h"

namespace yijie::house {
namespace {

namespace fs = std::filesystem;

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<fs::path> Sources(const fs::path& root) {
  std::vector<fs::path> sources;
  for (const char* folder : {"base", "rules", "storage", "engine", "bench", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const fs::path extension = entry.path().extension();
      if (entry.is_regular_file() && (extension == ".h" || extension == ".cc")) {
        sources.push_back(entry.path());
      }
    }
  }
  std::sort(sources.begin(), sources.end());
  return sources;
}

TEST(HouseTest, EverySourceKeepsTheRules) {
  const fs::path root = YIJIE_SOURCE_ROOT;
  const std::vector<fs::path> sources = Sources(root);
  ASSERT_GE(sources.size(), 40U) << "sources were not found under " << root;
  for (const fs::path& source : sources) {
    const std::string path = source.lexically_relative(root).generic_string();
    for (const std::string& problem : CheckSource(path, Read(source))) ADD_FAILURE() << problem;
  }
}

// Only the folders named in the rules hold sources: no src/, common/, util/.
TEST(HouseTest, NoSourcesElsewhere) {
  const fs::path root = YIJIE_SOURCE_ROOT;
  const std::vector<std::string> known = {"base",  "rules", "storage", "engine",
                                          "bench", "tests", "build",   "proto"};
  for (const auto& entry : fs::directory_iterator(root)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_directory() || name[0] == '.') continue;
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    for (const auto& inner : fs::recursive_directory_iterator(entry.path())) {
      const fs::path extension = inner.path().extension();
      EXPECT_FALSE(extension == ".h" || extension == ".cc") << inner.path();
    }
  }
}

struct Planted {
  std::string path;
  std::string text;
  std::string complaint;  // empty: nothing may be wrong
};

std::string Repeat(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

const std::vector<Planted>& Defects() {
  static const auto* const kDefects = new std::vector<Planted>{
      {"base/fen.cc", "#include \"rules/evaluate.h\"\n", "base/ may not include rules/"},
      {"base/fen.cc", "#include \"yijie/v1/claim.pb.h\"\n", "base/ may not include yijie/"},
      {"rules/cell.cc", "#include \"storage/store.h\"\n", "rules/ may not include storage/"},
      {"rules/cell.cc", "\n#include <engine/x.h>\n", "rules/cell.cc:2: "},
      {"rules/evaluate.cc", "#include \"yijie/v1/policy.pb.h\"\n", "only the compiler"},
      {"rules/facts.cc", "#include \"tests/x.h\"\n", "rules/ may not include tests/"},
      {"storage/a.cc", "#include \"rules/cell.h\"\n", "storage/ may not include rules/"},
      {"storage/a.cc", "  #  include \"engine/x.h\"\n", "storage/ may not include engine/"},
      {"storage/a.cc", "#include \"yijie/v1/claim.pb.h\"\n", "storage/ may not include yijie/"},
      {"storage/a.cc", "#include <grpcpp/grpcpp.h>\n", "gRPC is seen in engine/ only"},
      {"engine/a.cc", "#include \"bench/x.h\"\n", "engine/ may not include bench/"},
      {"engine/a.cc", "#include \"tests/x.h\"\n", "engine/ may not include tests/"},
      {"engine/a.cc", "#include <rocksdb/db.h>\n", "RocksDB is seen in storage/ only"},
      {"tests/flow/a.cc", "#include \"rocksdb/db.h\"\n", "RocksDB is seen in storage/ only"},
      {"rules/loader.cc", "#include \"yijie/v1/service.grpc.pb.h\"\n", "gRPC is seen"},
      {"engine/a.cc", "#include \"receipt.h\"\n", "from the root of the repository"},
      {"engine/a.cc", "#include \"../base/fen.h\"\n", "from the root of the repository"},
      {"engine/a.cc", "\tint i;\n", "a tab"},
      {"engine/a.cc", Repeat(121, "x") + "\n", "longer than 120 columns"},
      {"engine/a.cc", "// " + Repeat(59, "险") + "\n", "longer than 120 columns"},
      {"engine/a.cc", Repeat(901, "\n"), "longer than 900 lines"},
      {"engine/a.h", "#pragma once\n", "YIJIE_ENGINE_A_H_ is missing"},
      {"engine/a.h", "#ifndef A_H_\n#define A_H_\n#endif\n", "YIJIE_ENGINE_A_H_ is missing"}};
  return *kDefects;
}

TEST(HouseTest, PlantedDefectsAreFound) {
  for (const Planted& planted : Defects()) {
    const std::vector<std::string> problems = CheckSource(planted.path, planted.text);
    ASSERT_EQ(problems.size(), 1U) << planted.path << "\n" << absl::StrJoin(problems, "\n");
    EXPECT_TRUE(absl::StrContains(problems[0], planted.complaint)) << problems[0];
  }
}

TEST(HouseTest, GoodSourcesPass) {
  const std::vector<Planted> good = {
      {"base/fen.h", "#ifndef YIJIE_BASE_FEN_H_\n#define YIJIE_BASE_FEN_H_\n#endif\n", ""},
      {"base/fen.cc", "#include <string>\n#include \"absl/strings/match.h\"\n", ""},
      {"base/fen.cc", "// #include \"rules/evaluate.h\"\n", ""},
      {"rules/loader.cc", "#include \"yijie/v1/policy.pb.h\"\n#include \"base/fen.h\"\n", ""},
      {"storage/a.cc", "#include \"rocksdb/db.h\"\n#include <isa-l/crc.h>\n", ""},
      {"tests/storage/a.cc", "#include \"rocksdb/file_system.h\"\n", ""},
      {"engine/a.cc", "#include <grpcpp/server.h>\n#include \"storage/store.h\"\n", ""},
      {"bench/a.cc", "#include \"rules/evaluate.h\"\n#include \"engine/receipt.h\"\n", ""},
      {"engine/a.cc", Repeat(120, "x") + "\n" + Repeat(899, "\n"), ""},
      {"engine/a.cc", Repeat(60, "险") + "\n", ""},
      {"engine/a.cc", "// https://example.org/" + Repeat(120, "x") + "\n", ""}};
  for (const Planted& planted : good) {
    EXPECT_EQ(absl::StrJoin(CheckSource(planted.path, planted.text), "\n"), "");
  }
}

// A relative link of a page leads to a file of the repository.
TEST(HouseTest, LinksOfPagesLeadSomewhere) {
  const fs::path root = YIJIE_SOURCE_ROOT;
  std::vector<fs::path> pages;
  for (const auto& entry : fs::directory_iterator(root)) pages.push_back(entry.path());
  for (const char* folder : {"docs", "deploy", "rules"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      pages.push_back(entry.path());
    }
  }
  int links = 0;
  for (const fs::path& page : pages) {
    if (page.extension() != ".md") continue;
    const std::string text = Read(page);
    for (size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at + 2)) {
      std::string target = text.substr(at + 2, text.find_first_of(")\n", at + 2) - at - 2);
      target = target.substr(0, target.find('#'));
      if (target.empty() || absl::StrContains(target, "://")) continue;
      ++links;
      EXPECT_TRUE(fs::exists(page.parent_path() / target)) << page << " links to " << target;
    }
  }
  EXPECT_GE(links, 5);
}

// What CMakeLists.txt reads beside it is copied into the container image, or the image cannot be
// built.
TEST(HouseTest, ContainerHasWhatTheBuildReads) {
  const fs::path root = YIJIE_SOURCE_ROOT;
  const std::string build = Read(root / "CMakeLists.txt");
  const std::string container = Read(root / "deploy" / "Containerfile");
  const std::vector<std::string> calls = {"\n  include(", "\ninclude(", "\nadd_subdirectory("};
  std::vector<std::string> needed = {"CMakeLists.txt", "CMakePresets.json"};
  for (const std::string& call : calls) {
    for (size_t at = build.find(call); at != std::string::npos; at = build.find(call, at + 1)) {
      const size_t begin = at + call.size();
      const std::string name = build.substr(begin, build.find(')', begin) - begin);
      if (fs::exists(root / name)) needed.push_back(name);  // else a module of CMake
    }
  }
  EXPECT_GE(needed.size(), 5U) << "the calls of CMakeLists.txt were not found";
  for (const std::string& name : needed) {
    bool copied = false;
    for (size_t at = container.find("\nCOPY "); at != std::string::npos;
         at = container.find("\nCOPY ", at + 1)) {
      const std::string line = container.substr(at + 1, container.find('\n', at + 1) - at - 1);
      copied = copied || absl::StrContains(line + " ", " " + name + " ");
    }
    EXPECT_TRUE(copied) << "deploy/Containerfile does not copy " << name;
  }
}

}  // namespace
}  // namespace yijie::house
