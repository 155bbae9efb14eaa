#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/commands/client.h"
#include "engine/commands/commands.h"
#include "engine/policy_text/diff.h"
#include "engine/policy_text/read_packages.h"
#include "engine/policy_text/show.h"
#include "engine/policy_text/write_html.h"
#include "engine/policy_text/write_text.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr int kDifferences = 1;
constexpr int kNotCompared = 2;

struct TextOptions {
  std::string older;  // the only one of `show`
  std::string newer;
  std::string html;  // empty: text
};

void AddHtmlOption(CLI::App& command, TextOptions* options) {
  command
      .add_option("--html", options->html,
                  "Write a page that stands alone (no script, no other file) to OUT instead")
      ->type_name("OUT");
}

absl::Status Write(const Document& document, const std::string& html) {
  if (html.empty()) {
    std::cout << WriteText(document);
    return absl::OkStatus();
  }
  std::ofstream file(html, std::ios::binary | std::ios::trunc);
  file << WriteHtml(document);
  file.close();
  return file.good() ? absl::OkStatus()
                     : absl::UnavailableError(absl::StrCat(html, ": cannot be written"));
}

absl::Status Show(const TextOptions& options) {
  YIJIE_ASSIGN_OR_RETURN(const std::vector<v1::Package> packages, ReadPackages(options.older));
  return Write(ShowPackages(packages), options.html);
}

absl::StatusOr<Document> Differences(const TextOptions& options) {
  for (const std::string& path : {options.older, options.newer}) {
    if (!std::filesystem::exists(path))
      return absl::NotFoundError(absl::StrCat(path, ": does not exist"));
  }
  const bool set = std::filesystem::is_directory(options.older);
  if (set != std::filesystem::is_directory(options.newer))
    return absl::InvalidArgumentError("OLD and NEW must be two files or two directories");
  YIJIE_ASSIGN_OR_RETURN(const std::vector<v1::Package> older, ReadPackages(options.older));
  YIJIE_ASSIGN_OR_RETURN(const std::vector<v1::Package> newer, ReadPackages(options.newer));
  return set ? DiffPackageSets(older, newer) : DiffPackages(older.front(), newer.front());
}

// Whether there is a difference.
absl::StatusOr<bool> Diff(const TextOptions& options) {
  YIJIE_ASSIGN_OR_RETURN(Document document, Differences(options));
  const bool differ = !document.blocks.empty();
  if (!differ) document.blocks.push_back(Paragraph{Paragraph::Tone::kPlain, "没有改动。"});
  if (differ || !options.html.empty()) YIJIE_RETURN_IF_ERROR(Write(document, options.html));
  return differ;
}

}  // namespace

void AddPolicyTextCommands(CLI::App& policy) {
  const auto options = std::make_shared<TextOptions>();
  CLI::App* show = policy.add_subcommand(
      "show",
      "Print a package as the tables a clerk would print (政策表打印), in Chinese, 120 columns.");
  show->add_option("PATH", options->older, "A *.policy file, or a directory: all packages in it")
      ->required();
  AddHtmlOption(*show, options.get());
  show->callback([options] {
    if (const absl::Status shown = Show(*options); !shown.ok()) Fail(shown);
  });

  CLI::App* diff = policy.add_subcommand(
      "diff",
      "Say in words what changed from one version of a package to another (政策表改动): header,\n"
      "affected days, steps, rows, figures. Rows are matched by their conditions.");
  diff->add_option("OLD", options->older, "A *.policy file or a directory")->required();
  diff->add_option("NEW", options->newer, "The same, as it is to become")->required();
  AddHtmlOption(*diff, options.get());
  diff->footer(
      "Packages of two directories are matched by id, else by area, scheme and benefit kind.\n"
      "Exit code: 0 no difference (nothing is printed), 1 differences, 2 cannot be compared.");
  diff->callback([options] {
    const absl::StatusOr<bool> differ = Diff(*options);
    if (!differ.ok()) std::cerr << differ.status().message() << "\n";
    if (!differ.ok() || *differ) throw CLI::RuntimeError(differ.ok() ? kDifferences : kNotCompared);
  });
}

}  // namespace yijie::engine
