#include "engine/policy_text/show.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/columns.h"
#include "engine/policy_text/sheet.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr size_t kMostColumns = 6;  // of conditions, and of bands; more become one column
constexpr int kMostFigureColumns = 18;
constexpr absl::string_view kAnything = "不限";
constexpr absl::string_view kNothing = "—";

using ColumnNames = std::vector<std::string>;

// Columns in the order in which rows have them; a new one goes behind the one before it in its row.
void AddColumns(const ColumnNames& of_row, ColumnNames& columns) {
  auto place = columns.begin();
  for (const std::string& column : of_row) {
    const auto found = std::find(columns.begin(), columns.end(), column);
    place = found == columns.end() ? columns.insert(place, column) : found;
    ++place;
  }
}

// One part of the columns of a table: what they are called, and what a row has in them.
struct Part {
  ColumnNames columns;
  std::vector<std::vector<std::string>> rows;
};

void Append(const Part& part, TableBlock& table) {
  table.header.insert(table.header.end(), part.columns.begin(), part.columns.end());
  for (size_t i = 0; i < part.rows.size(); ++i)
    table.rows[i].insert(table.rows[i].end(), part.rows[i].begin(), part.rows[i].end());
}

template <typename Entry, typename Name, typename Value>
std::vector<std::string> Lookup(const ColumnNames& columns, const std::vector<Entry>& entries,
                                Name name, Value value, absl::string_view none) {
  std::vector<std::string> cells;
  for (const std::string& column : columns) {
    std::vector<std::string> found;
    for (const Entry& entry : entries) {
      if (name(entry) == column) found.push_back(value(entry));
    }
    cells.push_back(found.empty() ? std::string(none) : absl::StrJoin(found, "，"));
  }
  return cells;
}

// Rows that each ask something else, as those of most gates: a phrase says it better than a table.
bool IsSparse(const std::vector<SheetRow>& rows, size_t columns) {
  size_t asked = 0;
  for (const SheetRow& row : rows) asked += row.when.size();
  return columns > 2 && 2 * asked <= columns * rows.size();
}

Part ConditionPart(const std::vector<SheetRow>& rows) {
  Part part;
  for (const SheetRow& row : rows) {
    ColumnNames columns;
    for (const ConditionWords& condition : row.when) columns.push_back(condition.column);
    AddColumns(columns, part.columns);
  }
  const bool folded = part.columns.size() > kMostColumns || IsSparse(rows, part.columns.size());
  for (const SheetRow& row : rows) {
    part.rows.push_back(folded ? std::vector<std::string>{RowPhrase(row)}
                               : Lookup(
                                     part.columns, row.when, [](const auto& c) { return c.column; },
                                     [](const auto& c) { return c.cell; }, kAnything));
  }
  if (folded) part.columns = {"条件"};
  return part;
}

ColumnNames Ranges(const SheetRow& row) {
  ColumnNames ranges;
  for (const Statement& band : row.bands) ranges.push_back(band.name);
  return ranges;
}

Part BandPart(const std::vector<SheetRow>& rows) {
  Part part;
  const ColumnNames ranges = Ranges(rows.front());
  if (ranges.empty()) return part;
  const bool alike = ranges.size() <= kMostColumns &&
                     std::all_of(rows.begin(), rows.end(),
                                 [&](const SheetRow& row) { return Ranges(row) == ranges; });
  part.columns = alike && ranges.size() > 1 ? ranges : ColumnNames{"支付比例"};
  for (const SheetRow& row : rows) {
    std::vector<std::string> cells;
    for (const Statement& band : row.bands) cells.push_back(band.value);
    part.rows.push_back(alike ? cells : std::vector<std::string>{BandsPhrase(row)});
  }
  return part;
}

Part FigurePart(const std::vector<SheetRow>& rows) {
  Part part;
  for (const SheetRow& row : rows) {
    for (const Statement& figure : row.figures) {
      const auto& known = part.columns;
      if (std::find(known.begin(), known.end(), figure.name) == known.end())
        part.columns.push_back(figure.name);
    }
  }
  for (const SheetRow& row : rows) {
    part.rows.push_back(Lookup(
        part.columns, row.figures, [](const auto& f) { return f.name; },
        [](const auto& f) { return f.value; }, kNothing));
  }
  return part;
}

bool IsFigure(const std::string& cell) {
  return cell == kNothing ||
         (cell.front() >= '0' && cell.front() <= '9' && Columns(cell) <= kMostFigureColumns);
}

class PackageShower {
 public:
  PackageShower(const PackageSheet& sheet, std::vector<Block>& blocks)
      : sheet_(sheet), blocks_(blocks) {}

  void Show() {
    if (sheet_.sample_data)
      Say("示例数据：部分数字没有官方文件核实，不是真实待遇", Paragraph::Tone::kWarning);
    Say(absl::StrCat("编号：", sheet_.id), Paragraph::Tone::kNote);
    for (const Statement& statement : sheet_.header) Say(statement);
    for (const SheetTable& list : sheet_.lists) {
      Head(2, list.name);
      blocks_.push_back(TableOf(list, ""));
    }
    if (!sheet_.missing.empty()) Head(2, "来源没有写明的");
    for (const std::string& missing : sheet_.missing) blocks_.push_back(Item{missing, ""});
    Head(2, "步骤，依次执行");
    int number = 0;
    for (const StepSheet& step : sheet_.steps) ShowStep(++number, step);
  }

 private:
  void Head(int level, std::string text) { blocks_.push_back(Heading{level, std::move(text), ""}); }

  void Say(std::string text, Paragraph::Tone tone = Paragraph::Tone::kPlain) {
    blocks_.push_back(Paragraph{tone, std::move(text)});
  }

  void Say(const Statement& statement) { Say(absl::StrCat(statement.name, "：", statement.value)); }

  void ShowStep(int number, const StepSheet& step) {
    Head(3, absl::StrCat(number, ". ", step.label, "〔", step.kind, " ", step.id, "〕"));
    for (const Statement& statement : step.statements) Say(statement);
    for (const SheetTable& table : step.tables) {
      if (table.as_sentences) {
        Sentences(table);
      } else {
        blocks_.push_back(TableOf(table, step.cite));
      }
    }
    if (!step.cite.empty()) Say(absl::StrCat("依据：", Cite(step.cite)), Paragraph::Tone::kNote);
  }

  // The citation with the grade of its source.
  std::string Cite(const std::string& cite) const {
    const std::string id = cite.substr(0, cite.find(' '));
    for (const auto& [source, grade] : sheet_.grades) {
      if (source == id) return absl::StrCat(cite, " [", grade, "]");
    }
    return cite;
  }

  std::string Sentence(const SheetRow& row) const {
    const std::string figures = absl::StrJoin(
        row.figures, "，",
        [](std::string* out, const Statement& figure) { absl::StrAppend(out, figure.value); });
    return absl::StrCat(row.when.empty() ? "" : absl::StrCat(RowPhrase(row), "："), figures,
                        row.cite.empty() ? "" : absl::StrCat("（依据 ", Cite(row.cite), "）"));
  }

  void Sentences(const SheetTable& table) {
    if (table.rows.size() == 1 && table.rows.front().when.empty())
      return Say(absl::StrCat(table.name, "：", Sentence(table.rows.front())));
    Say(absl::StrCat(table.name, "："));
    for (const SheetRow& row : table.rows) blocks_.push_back(Item{Sentence(row), ""});
  }

  Part CitePart(const SheetTable& table, const std::string& step_cite) const {
    Part part;
    part.columns = {"依据"};
    bool any = false;
    for (const SheetRow& row : table.rows) {
      const std::string& cite = row.cite.empty() ? step_cite : row.cite;
      any = any || !cite.empty();
      part.rows.push_back({Cite(cite)});
    }
    return any ? part : Part{};
  }

  TableBlock TableOf(const SheetTable& table, const std::string& step_cite) const {
    TableBlock block;
    block.rows.resize(table.rows.size());
    const Part parts[] = {ConditionPart(table.rows), BandPart(table.rows), FigurePart(table.rows),
                          CitePart(table, step_cite)};
    for (const Part& part : parts) Append(part, block);
    for (size_t i = 0; i < block.header.size(); ++i) {
      block.figures.push_back(std::all_of(block.rows.begin(), block.rows.end(),
                                          [i](const auto& row) { return IsFigure(row[i]); }));
    }
    return block;
  }

  const PackageSheet& sheet_;
  std::vector<Block>& blocks_;
};

}  // namespace

Document ShowPackages(const std::vector<v1::Package>& packages) {
  Document document;
  if (packages.size() == 1) {
    const PackageSheet sheet = MakeSheet(packages.front());
    document.title = sheet.title;
    PackageShower(sheet, document.blocks).Show();
    return document;
  }
  document.title = "政策表";
  for (const v1::Package& package : packages) {
    document.blocks.push_back(
        Item{absl::StrCat(package.title(), "（", package.id(), "）"), package.id()});
  }
  for (const v1::Package& package : packages) {
    const PackageSheet sheet = MakeSheet(package);
    document.blocks.push_back(Heading{1, sheet.title, sheet.id});
    PackageShower(sheet, document.blocks).Show();
  }
  return document;
}

}  // namespace yijie::engine
