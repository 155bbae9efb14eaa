#ifndef YIJIE_ENGINE_POLICY_TEXT_SHEET_H_
#define YIJIE_ENGINE_POLICY_TEXT_SHEET_H_

// A policy package in words, still as data: all that is shown of it, and all that two versions of
// it are compared by.

#include <string>
#include <utility>
#include <vector>

#include "engine/policy_text/words.h"
#include "yijie/v1/policy.pb.h"

namespace yijie::engine {

// `name`: `value`. `wording`: a change of it changes what people read, not what a claim gets on a
// day that both versions cover.
struct Statement {
  std::string name;
  std::string value;
  bool wording = false;
};

struct SheetRow {
  std::vector<ConditionWords> when;
  // Rows with one key are the same row of two versions. Unique in its table.
  std::string key;
  std::vector<Statement> figures;
  std::vector<Statement> bands;  // range of money, ratio; the name of a flat ratio is empty
  std::string cite;              // its own; empty: the step's
};

struct SheetTable {
  std::string key;
  std::string name;
  bool as_sentences = false;  // too short for a table: limits, adjusts
  bool in_order = false;      // the order of the rows matters
  std::vector<SheetRow> rows;
};

struct StepSheet {
  std::string id;
  std::string label;
  std::string kind;
  std::string cite;
  std::vector<Statement> statements;
  std::vector<SheetTable> tables;
};

struct PackageSheet {
  std::string id;
  std::string title;
  bool sample_data = false;
  std::vector<Statement> header;
  std::vector<SheetTable> lists;  // sources, accumulators, given numbers
  std::vector<std::string> missing;
  std::vector<std::pair<std::string, std::string>> grades;  // of sources, by id
  std::vector<StepSheet> steps;
};

// `package` must compile. With `elder` what both have is called as it is there.
PackageSheet MakeSheet(const yijie::v1::Package& package,
                       const yijie::v1::Package* elder = nullptr);

// The conditions of a row in one phrase; "全部" if it has none.
std::string RowPhrase(const SheetRow& row);

// "0~30,000元 85%，30,000元以上 90%"; "85%" of a flat ratio.
std::string BandsPhrase(const SheetRow& row);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_POLICY_TEXT_SHEET_H_
