// yijie_generate: generated sample data for `yijie load`, on stdout.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <iostream>
#include <string>

#include "engine/sample/generate.h"

namespace {

using Writer = void (*)(int64_t count, uint64_t seed, std::ostream& out);

constexpr int64_t kMaxInstitutions = 100'000;  // five digits of sequence
constexpr int64_t kMaxRows = 100'000'000;

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("Prints generated sample data, not real, in the CSV formats of `yijie load`.");
  program.require_subcommand(1);
  int64_t count = 0;
  uint64_t seed = 1;
  const auto add = [&](const std::string& name, const std::string& what, Writer write,
                       int64_t default_count, int64_t max_count) {
    CLI::App* const command = program.add_subcommand(name, what);
    command->add_option("--count", count, "how many; default " + std::to_string(default_count))
        ->check(CLI::Range(int64_t{1}, max_count));
    command->add_option("--seed", seed, "same seed, same data; default 1");
    command->callback(
        [=, &count, &seed] { write(count == 0 ? default_count : count, seed, std::cout); });
  };
  add("institutions", "hospitals and pharmacies", yijie::engine::WriteInstitutions, 200,
      kMaxInstitutions);
  add("catalogue", "items; some have two rows", yijie::engine::WriteCatalogue, 50'000, kMaxRows);
  add("persons", "persons, one to three rows each", yijie::engine::WritePersons, 10'000, kMaxRows);
  add("accounts", "credits for the employees among --count persons of the same seed",
      yijie::engine::WriteAccounts, 10'000, kMaxRows);
  CLI11_PARSE(program, argc, argv);
  std::cout.flush();
  return std::cout.good() ? 0 : 1;
}
