#ifndef YIJIE_ENGINE_LINT_SKETCH_H_
#define YIJIE_ENGINE_LINT_SKETCH_H_

// A claim with only the properties that matter, and its completion to one that the engine can be
// asked about.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/fen.h"
#include "engine/claim_input.h"
#include "engine/lint/narrow.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "rules/decision.h"
#include "rules/program.h"
#include "rules/row_space.h"
#include "yijie/v1/policy.pb.h"

namespace yijie::engine {

struct Sketch {
  std::map<rules::Fact, int64_t> facts;
  std::set<rules::Symbol> rights;
  std::map<uint16_t, int64_t> totals;  // by index of Program::accumulators
  std::map<uint16_t, int64_t> since;   // days before begndate, by the same index
  std::map<uint16_t, int64_t> given;   // by index of Program::given
  Fen bill = Fen(1'000'000);
  Fen unit_price = Fen(100);  // a bill of many cheap units, so that unit prices play no part
  bool class_b = false;       // a tenth of the bill is a class B item with 10 % paid first
  std::array<Fen, rules::kSubAccounts> account{};
  // Amounts that conditions ask for; the bill has to be searched for them.
  std::vector<int64_t> wanted_amounts;
};

// The sketch of one point of a space.
Sketch SketchOf(const rules::RowSpace& space, const rules::RowSpace::Point& point);

// Builds claims for one package and asks the engine about them. Not thread-safe.
class Workbench {
 public:
  explicit Workbench(const rules::Program& program);

  // False if no claim can be like the sketch: its facts exclude each other.
  bool Run(const Sketch& sketch);
  // Of the last Run that returned true.
  const rules::Decision& decision() const { return decision_; }
  const ClaimInput& input() const { return input_; }
  // The claim of the last Run, to be printed and run by `yijie evaluate`.
  yijie::v1::PolicyCase Case() const;
  // What the engine answered to it, in Chinese, one line.
  std::string Answer() const;

  const rules::Program& program() const { return program_; }

 private:
  void MakePerson(const Sketch& sketch);
  void MakeInstitution(const Sketch& sketch);
  void MakeClaim(const Sketch& sketch);
  bool ChooseDays(const Sketch& sketch);
  void ChooseBirth(const Sketch& sketch);
  void AddLines(const Sketch& sketch, Fen amount, size_t item);
  bool FactsAreAsWanted(const Sketch& sketch) const;
  void SetTotals(const Sketch& sketch);

  const rules::Program& program_;
  NarrowProgram narrow_;
  std::string area_;
  Reference reference_;
  Date begndate_;
  Date enddate_;
  Date born_;
  yijie::v1::PolicyCase case_;
  Person person_;
  std::vector<rules::CatalogueItem> items_;  // the line's item, then one of class B
  std::vector<size_t> item_of_line_;
  ClaimInput input_;
  rules::Decision decision_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LINT_SKETCH_H_
