#include "tests/house/source_rules.h"

#include <array>
#include <cctype>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace yijie::house {
namespace {

// Folders of ours that the files of a folder may include. "yijie" is generated code.
struct FolderRule {
  absl::string_view folder;
  absl::string_view may_include;
};
constexpr std::array<FolderRule, 6> kFolderRules = {
    {{"base", "base"},
     {"rules", "base rules"},
     {"storage", "base storage"},
     {"engine", "base rules storage engine yijie"},
     {"bench", "base rules storage engine yijie bench tests"},
     {"tests", "base rules storage engine yijie bench tests"}}};

constexpr std::array<absl::string_view, 7> kRulesFilesWithProto = {
    "rules/citations.", "rules/compile.", "rules/compile_rows.", "rules/package_compiler.",
    "rules/place.",     "rules/loader.",  "rules/vocabulary."};
constexpr std::array<absl::string_view, 3> kRocksDbFolders = {"storage/", "tests/storage/",
                                                              "bench/"};
constexpr std::array<absl::string_view, 3> kGrpcFolders = {"engine/", "bench/", "tests/"};

template <size_t kSize>
bool StartsWithAny(absl::string_view text, const std::array<absl::string_view, kSize>& prefixes) {
  for (const absl::string_view prefix : prefixes) {
    if (absl::StartsWith(text, prefix)) return true;
  }
  return false;
}

bool HasWord(absl::string_view words, absl::string_view word) {
  for (const absl::string_view one : absl::StrSplit(words, ' ')) {
    if (one == word) return true;
  }
  return false;
}

absl::string_view FirstFolder(absl::string_view path) { return path.substr(0, path.find('/')); }

bool IsOurs(absl::string_view folder) {
  return HasWord("base rules storage engine yijie bench tests", folder);
}

absl::string_view MayInclude(absl::string_view folder) {
  for (const FolderRule& rule : kFolderRules) {
    if (rule.folder == folder) return rule.may_include;
  }
  return "";
}

// The file named by `#include "x"` or `#include <x>`; empty if the line is not an include.
absl::string_view IncludedFile(absl::string_view line) {
  line = absl::StripLeadingAsciiWhitespace(line);
  if (!absl::ConsumePrefix(&line, "#")) return "";
  line = absl::StripLeadingAsciiWhitespace(line);
  if (!absl::ConsumePrefix(&line, "include")) return "";
  line = absl::StripLeadingAsciiWhitespace(line);
  if (line.empty() || (line[0] != '"' && line[0] != '<')) return "";
  const char close = line[0] == '"' ? '"' : '>';
  line.remove_prefix(1);
  return line.substr(0, line.find(close));
}

// Why `path` may not include `file`; empty if it may.
std::string IncludeProblem(absl::string_view path, absl::string_view line, absl::string_view file) {
  const absl::string_view from = FirstFolder(path);
  const absl::string_view to = FirstFolder(file);
  if (absl::StrContains(file, "../")) return "name files from the root of the repository";
  if (absl::StrContains(line, '"') && !absl::StrContains(file, '/')) {
    return "name files from the root of the repository, and system headers in angle brackets";
  }
  if (IsOurs(to) && !HasWord(MayInclude(from), to)) {
    const bool proto = from == "rules" && to == "yijie";
    if (!proto) return absl::StrCat(from, "/ may not include ", to, "/");
    if (!StartsWithAny(path, kRulesFilesWithProto)) {
      return "in rules/ only the compiler, place, loader and vocabulary see generated messages";
    }
  }
  if (absl::StartsWith(file, "rocksdb/") && !StartsWithAny(path, kRocksDbFolders)) {
    return "RocksDB is seen in storage/ only";
  }
  const bool grpc = absl::StartsWith(file, "grpc") || absl::EndsWith(file, ".grpc.pb.h");
  if (grpc && !StartsWithAny(path, kGrpcFolders)) return "gRPC is seen in engine/ only";
  return "";
}

// Columns as a terminal shows them: characters from U+2E80 on (CJK and beyond) take two.
int Columns(absl::string_view line) {
  int columns = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const auto byte = static_cast<unsigned char>(line[i]);
    if (byte >= 0x80 && byte < 0xc0) continue;
    const auto next = static_cast<unsigned char>(i + 1 < line.size() ? line[i + 1] : 0);
    const bool wide = byte >= 0xe3 || (byte == 0xe2 && next >= 0xba);
    columns += wide ? 2 : 1;
  }
  return columns;
}

std::string GuardOf(absl::string_view path) {
  std::string guard = "YIJIE_";
  for (const char c : path) {
    guard += absl::ascii_isalnum(static_cast<unsigned char>(c))
                 ? absl::ascii_toupper(static_cast<unsigned char>(c))
                 : '_';
  }
  return guard + "_";
}

bool HasGuard(absl::string_view path, absl::string_view text) {
  const std::string guard = GuardOf(path);
  return absl::StrContains(text, absl::StrCat("#ifndef ", guard, "\n#define ", guard, "\n"));
}

}  // namespace

std::vector<std::string> CheckSource(absl::string_view path, absl::string_view text) {
  std::vector<std::string> problems;
  int number = 0;
  const auto problem = [&](absl::string_view what) {
    problems.push_back(absl::StrCat(path, ":", number, ": ", what));
  };
  const std::vector<absl::string_view> lines = absl::StrSplit(absl::StripSuffix(text, "\n"), '\n');
  for (const absl::string_view line : lines) {
    ++number;
    if (absl::StrContains(line, '\t')) problem("a tab");
    if (Columns(line) > kMaxColumns && !absl::StrContains(line, "https://")) {
      problem(absl::StrCat("longer than ", kMaxColumns, " columns"));
    }
    const absl::string_view file = IncludedFile(line);
    if (file.empty()) continue;
    const std::string why = IncludeProblem(path, line, file);
    if (!why.empty()) problem(absl::StrCat(file, ": ", why));
  }
  if (number > kMaxLines) problem(absl::StrCat("longer than ", kMaxLines, " lines"));
  number = 1;
  if (absl::EndsWith(path, ".h") && !HasGuard(path, text)) {
    problem(absl::StrCat("the header guard ", GuardOf(path), " is missing"));
  }
  return problems;
}

}  // namespace yijie::house
